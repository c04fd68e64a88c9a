//! LZ4 blocks, without a size or a frame. Godot has no such mode: both ends must be ours.

use lz4_flex::block::get_maximum_output_size;
use lz4_flex::block::{CompressTable, compress_into_with_table, decompress_into};

use super::Codec;

/// LZ4, its table used again for every datagram.
pub struct Lz4 {
    table: CompressTable,
    /// The library starts only with room for the worst case.
    packed: Vec<u8>,
}

impl Default for Lz4 {
    fn default() -> Self {
        Self::new()
    }
}

impl Lz4 {
    /// A codec; it holds 8 kB, and room for the largest datagram it has seen.
    pub fn new() -> Self {
        Self {
            table: CompressTable::small(),
            packed: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Lz4 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lz4").finish_non_exhaustive()
    }
}

impl Codec for Lz4 {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        let most = get_maximum_output_size(input.len());
        if self.packed.len() < most {
            self.packed.resize(most, 0);
        }
        let size = compress_into_with_table(input, &mut self.packed, &mut self.table).ok()?;
        output
            .get_mut(..size)?
            .copy_from_slice(&self.packed[..size]);
        Some(size)
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        decompress_into(input, output).ok()
    }
}
