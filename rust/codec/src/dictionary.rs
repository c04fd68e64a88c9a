//! Dictionaries: what many datagrams have in common, known to both ends beforehand.

use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;

use thiserror::Error;
use zstd_safe::{CDict, DDict, get_dict_id_from_dict, get_error_name, train_from_buffer};

/// A dictionary that zstd's trainer made. Clones share the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Dictionary {
    bytes: Arc<[u8]>,
    id: NonZeroU32,
}

/// What is no dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a dictionary of zstd's trainer, or damaged")]
pub struct BadDictionary;

impl Dictionary {
    /// Takes a dictionary as the trainer makes it. Any other bytes would do for zstd as well, but
    /// without a name in each datagram nobody would notice that the ends have different ones.
    pub fn new(bytes: &[u8]) -> Result<Self, BadDictionary> {
        let id = get_dict_id_from_dict(bytes).ok_or(BadDictionary)?;
        // Its tables are read when a codec is made of it. Whether they can be shows here.
        CDict::try_create(bytes, super::zstd::LEVEL).ok_or(BadDictionary)?;
        DDict::try_create(bytes).ok_or(BadDictionary)?;
        Ok(Self {
            bytes: bytes.into(),
            id,
        })
    }

    /// As the trainer made it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A hash of the content, as the trainer put it in.
    pub fn id(&self) -> u32 {
        self.id.get()
    }

    /// What datagrams name it by.
    pub(super) fn name(&self) -> u16 {
        self.id.get() as u16 & 0x7FFF
    }
}

impl std::fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dictionary({}, {} bytes)", self.id, self.bytes.len())
    }
}

/// Makes a dictionary of at most `size` bytes from datagrams as a codec sees them. It takes some
/// hundred samples, and a hundred times as many bytes as the dictionary shall have to be good.
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
