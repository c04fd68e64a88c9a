//! Zstandard with a dictionary. Godot has no such mode: both ends must be ours, and have the same
//! dictionary.
//!
//! Small datagrams are what a dictionary is for, so every byte of framing counts. A frame's header
//! says nothing here, and the header of its block, where there is but one, follows from the
//! size. A datagram has neither, but begins with two bytes that name the dictionary: what was packed
//! with another one is refused, not unpacked to garbage. The topmost bit says whether the block's
//! header is left out.

use zstd_safe::{CParameter, DCtx, DParameter, FrameFormat};

use super::zstd::Packer;
use super::{Codec, Dictionary};

/// A window of 2 KiB, as a frame's header has it.
const WINDOW: u8 = 0x08;
/// A frame without magic number, size, dictionary and checksum.
const FRAME_HEADER: [u8; 2] = [0, WINDOW];
const BLOCK_HEADER_SIZE: usize = 3;
/// In a block's header: that it is the last one, and compressed.
const LAST_COMPRESSED: u32 = 0b101;
/// Bits below the size in a block's header.
const SIZE_SHIFT: u32 = 3;
const ONE_BLOCK: u16 = 0x8000;

/// Zstd with a dictionary, the contexts of both directions used again for every datagram.
pub struct ZstdDict {
    packer: Packer,
    unpacker: DCtx<'static>,
    /// A frame with its headers.
    frame: Vec<u8>,
    name: u16,
}

impl ZstdDict {
    /// A codec of zstd's default level.
    pub fn new(dictionary: &Dictionary) -> Self {
        let mut packer = Packer::new();
        let mut unpacker = DCtx::create();
        // None of this fails, except where memory ends.
        for parameter in [
            CParameter::Format(FrameFormat::Magicless),
            CParameter::ContentSizeFlag(false),
            CParameter::DictIdFlag(false),
        ] {
            let set = packer.context.set_parameter(parameter);
            set.expect("a valid parameter");
        }
        let set = unpacker.set_parameter(DParameter::Format(FrameFormat::Magicless));
        set.expect("a valid parameter");
        let loaded = packer.context.load_dictionary(dictionary.bytes());
        loaded.expect("memory for a dictionary");
        let loaded = unpacker.load_dictionary(dictionary.bytes());
        loaded.expect("memory for a dictionary");
        Self {
            packer,
            unpacker,
            frame: Vec::new(),
            name: dictionary.name(),
        }
    }
}

impl std::fmt::Debug for ZstdDict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ZstdDict")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Codec for ZstdDict {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        // Tiny ones would have a smaller window, for which a larger one does.
        self.packer.pack(input)?;
        let [0, ..=WINDOW, blocks @ ..] = self.packer.packed() else {
            return None;
        };
        let (name, rest) = match after_only_header(blocks) {
            Some(block) => (self.name | ONE_BLOCK, block),
            None => (self.name, blocks),
        };
        let (start, room) = output.split_first_chunk_mut::<2>()?;
        *start = name.to_be_bytes();
        room.get_mut(..rest.len())?.copy_from_slice(rest);
        Some(start.len() + rest.len())
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        let (name, rest) = input.split_first_chunk::<2>()?;
        let name = u16::from_be_bytes(*name);
        if name & !ONE_BLOCK != self.name {
            return None;
        }
        self.frame.clear();
        self.frame.extend(FRAME_HEADER);
        if name & ONE_BLOCK != 0 {
            self.frame.extend(only_header(rest.len())?);
        }
        self.frame.extend_from_slice(rest);
        self.unpacker.decompress(output, &self.frame).ok()
    }
}

/// The header of a frame's only block, which is compressed.
fn only_header(size: usize) -> Option<[u8; BLOCK_HEADER_SIZE]> {
    let header = u32::try_from(size).ok()?.checked_shl(SIZE_SHIFT)? | LAST_COMPRESSED;
    let [low @ .., 0] = header.to_le_bytes() else {
        return None;
    };
    Some(low)
}

/// What is behind the header, where `only_header` can restore that.
fn after_only_header(blocks: &[u8]) -> Option<&[u8]> {
    let (header, block) = blocks.split_first_chunk::<BLOCK_HEADER_SIZE>()?;
    (only_header(block.len()) == Some(*header)).then_some(block)
}
