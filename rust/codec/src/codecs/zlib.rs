//! Zlib streams (RFC 1950): Godot's `COMPRESS_ZLIB`.
//!
//! Input from the network is unpacked in Rust, by flate2 on zlib-rs. Packing is done by libdeflate,
//! which for inputs as small as a datagram takes half of zlib-rs's time and packs smaller.

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::{CompressionLvl, Compressor};

use crate::Codec;

/// Zlib's default level, which Godot uses.
const LEVEL: i32 = 6;
/// With less room than this, compression is not tried. The framing takes 8 bytes, so hardly any input
/// that small shrinks, and acknowledgements are small and many.
const MIN_ROOM: usize = 40;

/// The zlib codec. It reuses the state of both directions for every datagram.
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
    /// A codec with zlib's default level.
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
        if output.len() < MIN_ROOM {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn zlib_passes_the_common_checks() {
        testing::check(&mut Zlib::new());
    }

    #[test]
    fn a_stream_that_is_cut_off_is_refused() {
        let mut codec = Zlib::new();
        let packed = testing::packed(&mut codec, &b"position, ".repeat(30));
        for size in 0..packed.len() {
            assert_eq!(codec.decompress(&packed[..size], &mut [0; 4096]), None);
        }
    }

    #[test]
    fn a_wrong_checksum_is_refused() {
        let mut codec = Zlib::new();
        let mut packed = testing::packed(&mut codec, &[7; 300]);
        *packed.last_mut().expect("a checksum") ^= 1;
        assert_eq!(codec.decompress(&packed, &mut [0; 4096]), None);
    }

    #[test]
    fn little_room_is_refused_at_once() {
        let mut codec = Zlib::new();
        let plain = [0; 300];
        assert_eq!(codec.compress(&plain, &mut [0; MIN_ROOM - 1]), None);
        assert!(codec.compress(&plain, &mut [0; MIN_ROOM]).is_some());
    }
}
