//! Dictionaries: byte sequences that many datagrams have in common, known to both ends beforehand.

use std::num::NonZeroU32;
use std::sync::Arc;

/// A dictionary that zstd's trainer made. Clones share the bytes.
///
/// Without the feature `zstd` the type exists, so that no signature depends on features, and has no
/// values.
#[derive(Clone, PartialEq, Eq)]
pub struct Dictionary {
    bytes: Arc<[u8]>,
    id: NonZeroU32,
}

impl Dictionary {
    /// The bytes, as the trainer made them.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A hash of the content, which the trainer put in.
    pub fn id(&self) -> u32 {
        self.id.get()
    }
}

impl std::fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dictionary({}, {} bytes)", self.id, self.bytes.len())
    }
}

#[cfg(feature = "zstd")]
pub use training::{BadDictionary, train_dictionary};

#[cfg(feature = "zstd")]
mod training {
    use std::io;

    use thiserror::Error;
    use zstd_safe::{CDict, DDict, get_dict_id_from_dict, get_error_name, train_from_buffer};

    use super::Dictionary;
    use crate::codecs::ZSTD_LEVEL;

    /// The bytes are no dictionary.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
    #[error("not a dictionary of zstd's trainer, or damaged")]
    pub struct BadDictionary;

    impl Dictionary {
        /// Takes a dictionary as the trainer makes it. Zstd would accept any other bytes as well, but
        /// without the trainer's id nobody would notice that the two ends have different ones.
        pub fn new(bytes: &[u8]) -> Result<Self, BadDictionary> {
            let id = get_dict_id_from_dict(bytes).ok_or(BadDictionary)?;
            // A codec reads the tables when it is made, which must not fail then.
            CDict::try_create(bytes, ZSTD_LEVEL).ok_or(BadDictionary)?;
            DDict::try_create(bytes).ok_or(BadDictionary)?;
            Ok(Self {
                bytes: bytes.into(),
                id,
            })
        }

        /// The 15 bits by which datagrams name the dictionary.
        pub(crate) fn short_id(&self) -> u16 {
            self.id.get() as u16 & 0x7FFF
        }
    }

    /// Makes a dictionary of at most `size` bytes from `samples`: datagrams as a codec sees them. Some
    /// hundred samples are needed; for a good dictionary, a hundred times as many bytes as it shall
    /// have. Fails with the trainer's reason if the samples are too few or too much alike.
    pub fn train_dictionary(samples: &[impl AsRef<[u8]>], size: usize) -> io::Result<Vec<u8>> {
        let sizes: Vec<usize> = samples.iter().map(|sample| sample.as_ref().len()).collect();
        let mut all = Vec::with_capacity(sizes.iter().sum());
        for sample in samples {
            all.extend_from_slice(sample.as_ref());
        }
        let mut dictionary = vec![0; size];
        let trained = train_from_buffer(&mut dictionary[..], &all, &sizes);
        let size = trained.map_err(|code| io::Error::other(get_error_name(code)))?;
        dictionary.truncate(size);
        Ok(dictionary)
    }
}

#[cfg(all(test, feature = "zstd"))]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_trained_dictionary_is_read() {
        let trained = testing::trained(1, 1024);
        assert!(trained.len() <= 1024);
        let dictionary = Dictionary::new(&trained).expect("a dictionary");
        assert_eq!(dictionary.bytes(), trained);
        assert_eq!(dictionary.short_id(), (dictionary.id() & 0x7FFF) as u16);
        let other = Dictionary::new(&testing::trained(2, 1024)).expect("a dictionary");
        assert_ne!(dictionary, other);
        assert_ne!(dictionary.id(), other.id());
    }

    #[test]
    fn other_bytes_are_no_dictionary() {
        let trained = testing::trained(1, 1024);
        for bad in [&[][..], b"any text", &trained[1..], &trained[..60]] {
            assert_eq!(Dictionary::new(bad), Err(BadDictionary));
        }
    }

    #[test]
    fn training_without_enough_samples_fails() {
        let none: [&[u8]; 0] = [];
        assert!(train_dictionary(&none, 1024).is_err());
        assert!(train_dictionary(&[b"one"], 1024).is_err());
        assert!(train_dictionary(&[b""; 100], 1024).is_err());
        assert!(train_dictionary(&testing::game_samples(1), 0).is_err());
    }
}
