//! Zstandard with a dictionary. Godot has no such mode: both ends must be ours, and have the same
//! dictionary.
//!
//! Datagrams are frames without the magic number, four bytes that say nothing here. They name the
//! dictionary: what was packed with another one, or none, is refused, not unpacked to garbage.

use zstd_safe::{CCtx, CParameter, DCtx, DParameter, FrameFormat};

use super::zstd::compressor;
use super::{Codec, Dictionary};

/// Zstd with a dictionary, the contexts of both directions used again for every datagram.
pub struct ZstdDict {
    compress: CCtx<'static>,
    decompress: DCtx<'static>,
    dictionary: Dictionary,
}

impl ZstdDict {
    /// A codec of zstd's default level.
    pub fn new(dictionary: Dictionary) -> Self {
        let mut compress = compressor();
        let mut decompress = DCtx::create();
        let magicless = CParameter::Format(FrameFormat::Magicless);
        compress
            .set_parameter(magicless)
            .expect("a valid parameter");
        let magicless = DParameter::Format(FrameFormat::Magicless);
        decompress
            .set_parameter(magicless)
            .expect("a valid parameter");
        // These only fail where memory ends, and in the midst of a frame.
        compress
            .load_dictionary(dictionary.bytes())
            .expect("memory for a dictionary");
        decompress
            .load_dictionary(dictionary.bytes())
            .expect("memory for a dictionary");
        Self {
            compress,
            decompress,
            dictionary,
        }
    }
}

impl std::fmt::Debug for ZstdDict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ZstdDict")
            .field("dictionary", &self.dictionary)
            .finish_non_exhaustive()
    }
}

impl Codec for ZstdDict {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.compress.compress2(output, input).ok()
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        if dictionary_id(input)? != self.dictionary.id() {
            return None;
        }
        self.decompress.decompress(output, input).ok()
    }
}

/// The dictionary that a frame without magic number was packed with; 0 for none.
pub(super) fn dictionary_id(frame: &[u8]) -> Option<u32> {
    let (descriptor, mut rest) = frame.split_first()?;
    let is_single_segment = descriptor & 0x20 != 0;
    if !is_single_segment {
        rest = rest.split_first()?.1;
    }
    let mut id = [0; 4];
    let size = [0, 1, 2, 4][usize::from(descriptor & 3)];
    id[..size].copy_from_slice(rest.get(..size)?);
    Some(u32::from_le_bytes(id))
}
