//! Codecs for ENet datagrams: ENet's own range coder, the codecs that Godot adds to it, and two more.
//!
//! ENet compresses the part of a datagram that follows the header, each datagram on its own, and only
//! if compression makes it smaller. Both ends must use the same codec: ENet negotiates nothing.
//!
//! The crate knows neither ENet's headers nor sockets. Which part of a datagram is compressed, and how
//! the datagram says so, is the business of the crate `enet_proto`.
//!
//! [`Compression`] names the mode of a host and makes the [`Codec`] for it. [`MODES`] lists all modes,
//! with their numbers and names in Godot. The codecs `zlib`, `zstd` (with and without a dictionary) and
//! `lz4` are features of this crate, on by default. A mode without its feature stays in [`MODES`], but
//! [`Compression::by_number`] refuses it with an error that names the feature.
//!
//! ```
//! use enet_codec::{Codec, Compression};
//!
//! let mode = Compression::by_number(1, None)?;
//! assert_eq!(mode.name(), "COMPRESS_RANGE_CODER");
//! let mut codec = mode.codec().expect("every mode but COMPRESS_NONE has a codec");
//!
//! let datagram = [7; 100];
//! let mut packed = [0; 100];
//! let size = codec.compress(&datagram, &mut packed).expect("repetitions shrink");
//! assert!(size < 20);
//!
//! let mut plain = [0; 100];
//! assert_eq!(codec.decompress(&packed[..size], &mut plain), Some(100));
//! assert_eq!(plain, datagram);
//! # Ok::<(), enet_codec::ModeError>(())
//! ```
//!
//! A new codec takes a file in `codecs/`, an entry in `codecs.rs`, and a feature in `Cargo.toml`.

#![forbid(unsafe_code)]

mod codecs;
mod compression;
mod dictionary;
mod recorder;
#[cfg(test)]
mod testing;

pub use codecs::*;
pub use compression::{Mode, ModeError};
pub use dictionary::Dictionary;
#[cfg(feature = "zstd")]
pub use dictionary::{BadDictionary, train_dictionary};
pub use recorder::Recorder;

/// Packs and unpacks one datagram at a time, independently of all others.
///
/// A codec keeps its working memory between calls, and no state that later datagrams depend on.
/// Datagrams are never empty; an empty input may be refused.
pub trait Codec {
    /// Packs `input` into `output` and returns the number of bytes written.
    ///
    /// Returns `None` if the packed bytes do not fit, or if `output` is so small that hardly any
    /// input would. The content of `output` is unspecified then.
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize>;

    /// Unpacks `input` into `output` and returns the number of bytes written. `input` may be
    /// anything: it comes from the network.
    ///
    /// Returns `None` if `input` is nothing the codec made, or if the plain bytes do not fit. The
    /// content of `output` is unspecified then.
    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize>;
}
