//! Zstandard with a dictionary. Godot has no such mode: both ends must be this extension, and have the
//! same dictionary.
//!
//! A dictionary pays for small datagrams, where every byte of framing counts. The frame header is
//! constant here, and the block header of a frame with one block follows from the size. A packed
//! datagram leaves both out. Two bytes at its start name the dictionary, so that the codec refuses a
//! datagram packed with another dictionary instead of unpacking it to garbage. Their topmost bit says
//! whether the block header is left out.

use zstd_safe::{CParameter, DCtx, DParameter, FrameFormat};

use super::zstd::Packer;
use crate::{Codec, Dictionary};

/// A window of 2 KiB, in the encoding of a frame header.
const WINDOW: u8 = 0x08;
/// A frame without magic number, size, dictionary and checksum.
const FRAME_HEADER: [u8; 2] = [0, WINDOW];
const BLOCK_HEADER_SIZE: usize = 3;
/// Flags of a block header: the last block, compressed.
const LAST_COMPRESSED: u32 = 0b101;
/// Bits below the size in a block header.
const SIZE_SHIFT: u32 = 3;
/// Flag in the dictionary's name: the block header is left out.
const ONE_BLOCK: u16 = 0x8000;

/// The zstd codec with a dictionary. It reuses the contexts of both directions for every datagram.
pub struct ZstdDict {
    packer: Packer,
    unpacker: DCtx<'static>,
    /// A frame whose headers were put back.
    frame: Vec<u8>,
    name: u16,
}

impl ZstdDict {
    /// A codec with zstd's default level.
    pub fn new(dictionary: &Dictionary) -> Self {
        let mut packer = Packer::new();
        let mut unpacker = DCtx::create();
        // None of these calls fails, unless memory runs out.
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
            name: dictionary.short_id(),
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
        // Tiny datagrams get a smaller window, and unpack with a larger one just as well.
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

/// The block header of a frame with one compressed block.
fn only_header(size: usize) -> Option<[u8; BLOCK_HEADER_SIZE]> {
    let header = u32::try_from(size).ok()?.checked_shl(SIZE_SHIFT)? | LAST_COMPRESSED;
    let [low @ .., 0] = header.to_le_bytes() else {
        return None;
    };
    Some(low)
}

/// The bytes after the block header, if `only_header` can restore the header from their count.
fn after_only_header(blocks: &[u8]) -> Option<&[u8]> {
    let (header, block) = blocks.split_first_chunk::<BLOCK_HEADER_SIZE>()?;
    (only_header(block.len()) == Some(*header)).then_some(block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Zstd, testing};

    fn codec(seed: u32) -> ZstdDict {
        ZstdDict::new(&Dictionary::new(&testing::trained(seed, 1024)).expect("a dictionary"))
    }

    #[test]
    fn zstd_with_a_dictionary_passes_the_common_checks() {
        testing::check(&mut codec(1));
    }

    #[test]
    fn a_dictionary_makes_small_datagrams_smaller() {
        let (mut with, mut without) = (codec(1), Zstd::new());
        let mut sizes = [0, 0];
        for plain in testing::game_samples(1) {
            sizes[0] += testing::packed(&mut with, &plain).len();
            sizes[1] += testing::packed(&mut without, &plain).len();
        }
        assert!(sizes[0] * 10 < sizes[1] * 8, "{sizes:?}");
    }

    #[test]
    fn datagrams_of_another_dictionary_or_of_none_are_refused() {
        let (mut ours, mut theirs, mut none) = (codec(1), codec(2), Zstd::new());
        for plain in testing::samples() {
            for packed in [
                testing::packed(&mut theirs, &plain),
                testing::packed(&mut none, &plain),
            ] {
                assert_eq!(ours.decompress(&packed, &mut [0; 4096]), None);
            }
        }
    }

    #[test]
    fn only_a_derivable_block_header_is_left_out() {
        let block = [7; 300];
        let header = only_header(block.len()).expect("a size");
        let whole = [&header[..], &block].concat();
        assert_eq!(after_only_header(&whole), Some(&block[..]));
        let longer = [&whole[..], &[0]].concat();
        assert_eq!(after_only_header(&longer), None);
        assert_eq!(after_only_header(&header[..2]), None);
        assert_eq!(only_header(1 << 21), None, "the size has 21 bits");
    }
}
