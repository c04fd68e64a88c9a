//! LZ4 blocks, without a size or a frame. Godot has no such mode: both ends must be this extension.

use lz4_flex::block::get_maximum_output_size;
use lz4_flex::block::{CompressTable, compress_into_with_table, decompress_into};

use crate::Codec;

/// The LZ4 codec. It reuses its hash table for every datagram.
pub struct Lz4 {
    table: CompressTable,
    /// Output buffer: the library refuses to start without room for the worst case.
    packed: Vec<u8>,
}

impl Default for Lz4 {
    fn default() -> Self {
        Self::new()
    }
}

impl Lz4 {
    /// A codec. It holds 8 kB, and a buffer as large as its largest datagram so far.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn lz4_passes_the_common_checks() {
        testing::check(&mut Lz4::new());
    }

    #[test]
    fn a_length_that_goes_on_for_the_whole_datagram_is_refused() {
        let mut endless = [0xFF; 4096];
        for first in [0x1F, 0xF0, 0xFF] {
            endless[0] = first;
            assert_eq!(Lz4::new().decompress(&endless, &mut [0; 4096]), None);
        }
    }

    #[test]
    fn a_match_before_the_beginning_is_refused() {
        // A literal, then a match of four bytes from two bytes back.
        let packed = [0x10, 7, 2, 0, 0];
        assert_eq!(Lz4::new().decompress(&packed, &mut [0; 64]), None);
    }
}
