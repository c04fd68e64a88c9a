//! Compression of datagrams: the modes, and what a codec is.
//!
//! ENet compresses what follows a datagram's header, each datagram for itself, and only if that
//! makes it smaller. Both ends must use the same codec: nothing is negotiated.

mod fastlz;
mod range_coder;
mod zlib;
mod zstd;

pub use fastlz::FastLz;
pub use range_coder::RangeCoder;
pub use zlib::Zlib;
pub use zstd::Zstd;

/// Which codec a host applies to its datagrams. Both ends must use the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
}

impl Compression {
    /// A codec of this mode, if it has one.
    pub fn codec(self) -> Option<Box<dyn Codec + Send>> {
        match self {
            Self::None => None,
            Self::RangeCoder => Some(Box::new(RangeCoder::new())),
            Self::FastLz => Some(Box::new(FastLz::new())),
            Self::Zlib => Some(Box::new(Zlib::new())),
            Self::Zstd => Some(Box::new(Zstd::new())),
        }
    }
}

/// Packs and unpacks one datagram at a time. No state outlives a call.
pub trait Codec {
    /// Packs `input` into `output` and says how many bytes it took; `None` if it does not fit.
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize>;

    /// Unpacks `input` into `output` and says how many bytes came out; `None` if it is nothing the
    /// codec made, or does not fit. Any bytes may come in.
    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize>;
}
