//! Zstandard frames (RFC 8878): Godot's `COMPRESS_ZSTD`.

use zstd_safe::{CCtx, CParameter, DCtx, compress_bound};

use super::Codec;

/// Zstd's default, as Godot's.
pub(super) const LEVEL: i32 = 3;
/// Bytes that a match can reach back, as a power of two: enough for the datagrams of the default
/// MTU. A context that many small ones have used gives memory up that only a large one would need,
/// and takes it again for the next. With this no datagram needs that much more than another.
const WINDOW_LOG: u32 = 11;
/// With less room than this it is not tried. The framing is 9 bytes, so next to nothing of what is
/// that small shrinks, and acknowledgements, which are, are many.
const LEAST_ROOM: usize = 40;

/// Zstd, the contexts of both directions used again for every datagram.
pub struct Zstd {
    packer: Packer,
    unpacker: DCtx<'static>,
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
            packer: Packer::new(),
            unpacker: DCtx::create(),
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
        if output.len() < LEAST_ROOM {
            return None;
        }
        let packed = self.packer.packed(input)?;
        output.get_mut(..packed.len())?.copy_from_slice(packed);
        Some(packed.len())
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.unpacker.decompress(output, input).ok()
    }
}

/// A context for packing, and where it packs.
pub(super) struct Packer {
    pub context: CCtx<'static>,
    /// With less room than for the worst case zstd gives up on what would have fitted.
    packed: Vec<u8>,
}

impl Packer {
    pub fn new() -> Self {
        let mut context = CCtx::create();
        for parameter in [
            CParameter::CompressionLevel(LEVEL),
            CParameter::WindowLog(WINDOW_LOG),
        ] {
            context.set_parameter(parameter).expect("a valid parameter");
        }
        Self {
            context,
            packed: Vec::new(),
        }
    }

    /// The frame that a datagram makes.
    pub fn packed(&mut self, input: &[u8]) -> Option<&[u8]> {
        let most = compress_bound(input.len());
        if self.packed.len() < most {
            self.packed.resize(most, 0);
        }
        let size = self.context.compress2(&mut self.packed[..], input).ok()?;
        Some(&self.packed[..size])
    }
}
