//! Zlib streams (RFC 1950): Godot's `COMPRESS_ZLIB`.
//!
//! What strangers send is unpacked in Rust, by flate2 on zlib-rs. Packing is libdeflate's, which
//! takes half of zlib-rs's time for what is as small as a datagram, and makes it smaller.

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::{CompressionLvl, Compressor};

use super::Codec;

/// What zlib takes where none is chosen, as Godot does.
const LEVEL: i32 = 6;
/// With less room than this it is not tried. The framing is 8 bytes, so next to nothing of what is
/// that small shrinks, and acknowledgements, which are, are many.
const LEAST_ROOM: usize = 40;

/// Zlib, the state of both directions used again for every datagram.
pub struct Zlib {
    packer: Compressor,
    unpacker: Decompress,
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
            packer: Compressor::new(CompressionLvl::new(LEVEL).expect("a level")),
            unpacker: Decompress::new(true),
        }
    }
}

impl std::fmt::Debug for Zlib {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Zlib").finish_non_exhaustive()
    }
}

impl Codec for Zlib {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        if output.len() < LEAST_ROOM {
            return None;
        }
        self.packer.zlib_compress(input, output).ok()
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.unpacker.reset(true);
        let status = self
            .unpacker
            .decompress(input, output, FlushDecompress::Finish)
            .ok()?;
        (status == Status::StreamEnd).then_some(self.unpacker.total_out() as usize)
    }
}
