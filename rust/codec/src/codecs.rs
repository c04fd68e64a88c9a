//! The codecs, and the table of the modes that select them.

use crate::compression::{Mode, ModeError, modes};
use crate::{Codec, Dictionary};

mod fastlz;
#[cfg(feature = "lz4")]
mod lz4;
mod range_coder;
#[cfg(feature = "zlib")]
mod zlib;
#[cfg(feature = "zstd")]
mod zstd;
#[cfg(feature = "zstd")]
mod zstd_dict;

pub use fastlz::FastLz;
#[cfg(feature = "lz4")]
pub use lz4::Lz4;
pub use range_coder::RangeCoder;
#[cfg(feature = "zlib")]
pub use zlib::Zlib;
#[cfg(feature = "zstd")]
pub use zstd::Zstd;
#[cfg(feature = "zstd")]
pub use zstd_dict::ZstdDict;

#[cfg(feature = "zstd")]
pub(crate) use zstd::LEVEL as ZSTD_LEVEL;

modes! {
    /// Datagrams are sent as they are, and compressed ones that arrive are dropped.
    #[default]
    None = 0 {
        name: "COMPRESS_NONE",
        summary: "Datagrams are sent uncompressed.",
        is_in_godot: true,
        codec: None,
    }
    /// ENet's own order-2 range coder.
    RangeCoder = 1 {
        name: "COMPRESS_RANGE_CODER",
        summary: "ENet's own range coder: saves a little even on datagrams of 30 bytes. The slowest codec per byte.",
        is_in_godot: true,
        codec: Some(Box::new(RangeCoder::new())),
    }
    /// FastLZ, the fastest of Godot's codecs.
    FastLz = 2 {
        name: "COMPRESS_FASTLZ",
        summary: "FastLZ: the fastest of Godot's codecs, and the one that saves the least.",
        is_in_godot: true,
        codec: Some(Box::new(FastLz::new())),
    }
    /// Zlib streams.
    Zlib = 3 {
        name: "COMPRESS_ZLIB",
        summary: "Zlib: saves much on large datagrams, and takes some three times as long as zstd.",
        is_in_godot: true,
        feature: "zlib",
        codec: Some(Box::new(Zlib::new())),
    }
    /// Zstandard frames.
    Zstd = 4 {
        name: "COMPRESS_ZSTD",
        summary: "Zstandard: saves as much as zlib in a third of the time.",
        is_in_godot: true,
        feature: "zstd",
        codec: Some(Box::new(Zstd::new())),
    }
    /// LZ4 blocks, faster than any codec of Godot's. Both ends must be this extension.
    Lz4 = 5 {
        name: "COMPRESS_LZ4",
        summary: "LZ4: faster than FastLZ, and saves a little more.",
        is_in_godot: false,
        feature: "lz4",
        codec: Some(Box::new(Lz4::new())),
    }
    /// Zstandard with a dictionary, the smallest of all. Both ends must be this extension.
    ZstdDict(dictionary: Dictionary) = 6 {
        name: "COMPRESS_ZSTD_DICT",
        summary: "Zstandard with a dictionary of what the game's datagrams have in common: saves the most, on small datagrams, too.",
        is_in_godot: false,
        feature: "zstd",
        codec: Some(Box::new(ZstdDict::new(dictionary))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_agrees_with_the_enum() {
        for (number, mode) in (0..).zip(MODES) {
            assert_eq!(mode.number, number);
            match Compression::by_number(number, None) {
                Ok(value) => {
                    assert!(mode.is_available && !mode.needs_dictionary, "{mode:?}");
                    assert_eq!((value.number(), value.name()), (number, mode.name));
                    assert_eq!(value.codec().is_none(), number == 0, "{mode:?}");
                }
                Err(ModeError::NoDictionary { name }) => {
                    assert!(mode.is_available && mode.needs_dictionary, "{mode:?}");
                    assert_eq!(name, mode.name);
                }
                Err(ModeError::Unavailable { name, feature }) => {
                    assert!(!mode.is_available, "{mode:?}");
                    assert_eq!((name, Some(feature)), (mode.name, mode.feature));
                }
                Err(error) => panic!("{error}"),
            }
        }
        let unavailable = MODES.iter().filter(|mode| !mode.is_available).count();
        let needing = MODES.iter().filter(|mode| mode.needs_dictionary);
        let without = needing.filter(|mode| mode.is_available).count();
        let all = Compression::all(None).count();
        assert_eq!(all, MODES.len() - unavailable - without);
    }

    #[test]
    fn every_feature_decides_over_its_modes() {
        for (feature, is_on, numbers) in [
            ("zlib", cfg!(feature = "zlib"), &[3][..]),
            ("zstd", cfg!(feature = "zstd"), &[4, 6]),
            ("lz4", cfg!(feature = "lz4"), &[5]),
        ] {
            let of_feature = MODES.iter().filter(|mode| mode.feature == Some(feature));
            let seen: Vec<i64> = of_feature.clone().map(|mode| mode.number).collect();
            assert_eq!(seen, numbers);
            assert!(
                of_feature
                    .into_iter()
                    .all(|mode| mode.is_available == is_on)
            );
        }
        let always = MODES.iter().filter(|mode| mode.feature.is_none());
        assert_eq!(always.filter(|mode| mode.is_available).count(), 3);
    }

    #[test]
    fn a_number_of_no_mode_is_an_error() {
        for number in [-1, MODES.len() as i64, i64::MAX] {
            let error = Compression::by_number(number, None);
            assert_eq!(error, Err(ModeError::Unknown(number)));
        }
    }
}
