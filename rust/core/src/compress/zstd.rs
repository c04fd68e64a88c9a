//! Zstandard frames (RFC 8878): Godot's `COMPRESS_ZSTD`.

use zstd_safe::{CCtx, CParameter, DCtx};

use super::Codec;

/// Zstd's default, as Godot's.
pub(super) const LEVEL: i32 = 3;
/// What the level has for inputs of up to 2048 bytes. Datagrams can be larger; but a context that
/// many small ones have used gives up memory it would only need for a large one, so all need alike.
const HASH_LOG: u32 = 12;
const CHAIN_LOG: u32 = 11;
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
            compress: compressor(),
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
        self.compress.compress2(output, input).ok()
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.decompress.decompress(output, input).ok()
    }
}

/// A context for packing, of zstd's default level.
pub(super) fn compressor() -> CCtx<'static> {
    let mut context = CCtx::create();
    for parameter in [
        CParameter::CompressionLevel(LEVEL),
        CParameter::HashLog(HASH_LOG),
        CParameter::ChainLog(CHAIN_LOG),
    ] {
        context.set_parameter(parameter).expect("a valid parameter");
    }
    context
}
