//! Compression of datagrams: the modes, and what a codec is.
//!
//! ENet compresses what follows a datagram's header, each datagram for itself, and only if that
//! makes it smaller. Both ends must use the same codec: nothing is negotiated.

#![forbid(unsafe_code)]

mod dictionary;
mod fastlz;
mod lz4;
mod range_coder;
mod recorder;
mod zlib;
mod zstd;
mod zstd_dict;

pub use dictionary::{BadDictionary, Dictionary, train_dictionary};
pub use fastlz::FastLz;
pub use lz4::Lz4;
pub use range_coder::RangeCoder;
pub use recorder::Recorder;
pub use zlib::Zlib;
pub use zstd::Zstd;
pub use zstd_dict::ZstdDict;

/// Which codec a host applies to its datagrams. Both ends must use the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compression {
    /// Datagrams travel as they are, and compressed ones that arrive are dropped.
    #[default]
    None,
    /// ENet's own order-2 range coder.
    RangeCoder,
    /// FastLZ, the fastest of Godot's.
    FastLz,
    /// Zlib streams.
    Zlib,
    /// Zstandard frames.
    Zstd,
    /// LZ4 blocks, faster than any of Godot's. Both ends must be ours.
    Lz4,
    /// Zstandard with a dictionary, the smallest. Both ends must be ours.
    ZstdDict(Dictionary),
}

impl Compression {
    /// Its name in Godot's enum.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "COMPRESS_NONE",
            Self::RangeCoder => "COMPRESS_RANGE_CODER",
            Self::FastLz => "COMPRESS_FASTLZ",
            Self::Zlib => "COMPRESS_ZLIB",
            Self::Zstd => "COMPRESS_ZSTD",
            Self::Lz4 => "COMPRESS_LZ4",
            Self::ZstdDict(_) => "COMPRESS_ZSTD_DICT",
        }
    }

    /// A codec of this mode, if it has one.
    pub fn codec(&self) -> Option<Box<dyn Codec + Send>> {
        match self {
            Self::None => None,
            Self::RangeCoder => Some(Box::new(RangeCoder::new())),
            Self::FastLz => Some(Box::new(FastLz::new())),
            Self::Zlib => Some(Box::new(Zlib::new())),
            Self::Zstd => Some(Box::new(Zstd::new())),
            Self::Lz4 => Some(Box::new(Lz4::new())),
            Self::ZstdDict(dictionary) => Some(Box::new(ZstdDict::new(dictionary))),
        }
    }
}

/// Packs and unpacks one datagram at a time. Each can be unpacked without any other.
pub trait Codec {
    /// Packs `input` into `output` and says how many bytes it took; `None` if it does not fit, or
    /// the output is so small that it hardly ever would.
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize>;

    /// Unpacks `input` into `output` and says how many bytes came out; `None` if it is nothing the
    /// codec made, or does not fit. Any bytes may come in.
    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize>;
}
