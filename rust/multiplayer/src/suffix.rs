//! Bytes behind each datagram that a host sends, by which a proxy on the way knows where the datagram is to go.

use std::ops::Deref;

use enet_net::MAX_SUFFIX;

use crate::SuffixError;

/// A checked suffix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Suffix(Box<[u8]>);

impl Deref for Suffix {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Suffix {
    /// Checks the length.
    pub fn new(bytes: &[u8]) -> Result<Self, SuffixError> {
        match bytes.len() {
            0..=MAX_SUFFIX => Ok(Self(bytes.into())),
            length => Err(SuffixError::TooLong(length)),
        }
    }
}
