//! Zlib streams (RFC 1950): Godot's `COMPRESS_ZLIB`.

use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};

use super::Codec;

/// What zlib takes where none is chosen, as Godot does.
const LEVEL: u32 = 6;
/// Header, an empty block and checksum: nothing fits into less.
const SMALLEST: usize = 8;

/// Zlib, the state of both directions used again for every datagram.
#[derive(Debug)]
pub struct Zlib {
    compress: Compress,
    decompress: Decompress,
}

impl Default for Zlib {
    fn default() -> Self {
        Self::new()
    }
}

impl Zlib {
    /// A codec of zlib's default level.
    pub fn new() -> Self {
        Self {
            compress: Compress::new(flate2::Compression::new(LEVEL), true),
            decompress: Decompress::new(true),
        }
    }
}

impl Codec for Zlib {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        if output.len() < SMALLEST {
            return None;
        }
        self.compress.reset();
        let status = self
            .compress
            .compress(input, output, FlushCompress::Finish)
            .ok()?;
        (status == Status::StreamEnd).then_some(self.compress.total_out() as usize)
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.decompress.reset(true);
        let status = self
            .decompress
            .decompress(input, output, FlushDecompress::Finish)
            .ok()?;
        (status == Status::StreamEnd).then_some(self.decompress.total_out() as usize)
    }
}
