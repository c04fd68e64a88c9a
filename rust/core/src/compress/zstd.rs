//! Zstandard frames (RFC 8878): Godot's `COMPRESS_ZSTD`.

use zstd_safe::{CCtx, DCtx};

use super::Codec;

/// Zstd's default, as Godot's.
const LEVEL: i32 = 3;
/// The headers of a frame and its block: nothing fits into less.
const SMALLEST: usize = 9;

/// Zstd, the contexts of both directions used again for every datagram.
pub struct Zstd {
    compress: CCtx<'static>,
    decompress: DCtx<'static>,
}

impl Default for Zstd {
    fn default() -> Self {
        Self::new()
    }
}

impl Zstd {
    /// A codec of zstd's default level.
    pub fn new() -> Self {
        Self {
            compress: CCtx::create(),
            decompress: DCtx::create(),
        }
    }
}

impl std::fmt::Debug for Zstd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Zstd").finish_non_exhaustive()
    }
}

impl Codec for Zstd {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        if output.len() < SMALLEST {
            return None;
        }
        self.compress.compress(output, input, LEVEL).ok()
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.decompress.decompress(output, input).ok()
    }
}
