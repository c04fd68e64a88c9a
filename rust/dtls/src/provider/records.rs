//! Of the handshake messages that are encrypted, Finished alone is let through.
//!
//! The library allocates as much memory as a message claims to need before it looks whether the bytes are there: 16 MiB
//! for a Certificate in a record of 83 bytes. A message that is not encrypted is checked before the library gets it
//! ([`crate::cost`]); an encrypted one can be looked at only here. No other message is encrypted: neither side
//! begins a second handshake within a session.

use rtc_crypto::{AeadCipher, CryptoError};

use crate::record::HANDSHAKE;

/// Bytes of the data that a record's tag covers in addition.
const ADDITIONAL_SIZE: usize = 13;
/// Where the record's content type is in it.
const CONTENT_TYPE_AT: usize = 8;

/// A Finished message.
pub type Finished = [u8; 24];

/// A cipher to which the record of any other handshake message is a forged one.
pub struct CheckedCipher(pub Box<dyn AeadCipher>);

impl AeadCipher for CheckedCipher {
    fn tag_len(&self) -> usize {
        self.0.tag_len()
    }

    fn seal_in_place(
        &mut self,
        nonce: &[u8],
        aad: &[u8],
        bytes: &mut [u8],
        tag_out: &mut [u8],
    ) -> Result<(), CryptoError> {
        self.0.seal_in_place(nonce, aad, bytes, tag_out)
    }

    fn open_in_place(
        &mut self,
        nonce: &[u8],
        aad: &[u8],
        bytes: &mut [u8],
        tag: &[u8],
    ) -> Result<(), CryptoError> {
        self.0.open_in_place(nonce, aad, bytes, tag)?;
        let is_expected = aad.len() == ADDITIONAL_SIZE
            && (aad[CONTENT_TYPE_AT] != HANDSHAKE || is_finished(bytes));
        is_expected
            .then_some(())
            .ok_or(CryptoError::AuthenticationFailed)
    }
}

/// Whether the bytes are a whole Finished message.
pub fn is_finished(bytes: &[u8]) -> bool {
    matches!(bytes, [20, 0, 0, 12, _, _, 0, 0, 0, 0, 0, 12, ..] if bytes.len() == size_of::<Finished>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc_crypto::{AeadAlgorithm, RTCCrypto, RTCCryptoProvider, providers::RingProvider};

    /// Whether a record of this type and content comes through.
    fn comes_through(content_type: u8, content: &[u8]) -> bool {
        let ring = RingProvider::new();
        let crypto: &dyn RTCCrypto = ring.crypto();
        let new = || crypto.new_aead(AeadAlgorithm::Aes128Gcm, &[7; 16]);
        let mut cipher = CheckedCipher(new().expect("a cipher"));
        let mut additional = [0; ADDITIONAL_SIZE];
        additional[CONTENT_TYPE_AT] = content_type;
        let (mut bytes, mut tag) = (content.to_vec(), [0; 16]);
        let sealed = cipher.seal_in_place(&[0; 12], &additional, &mut bytes, &mut tag);
        sealed.expect("sealed");
        let opened = cipher.open_in_place(&[0; 12], &additional, &mut bytes, &tag);
        opened.is_ok() && bytes == content
    }

    #[test]
    fn of_handshake_messages_finished_alone_comes_through() {
        let mut finished: Finished = [7; 24];
        finished[..12].copy_from_slice(&[20, 0, 0, 12, 0, 3, 0, 0, 0, 0, 0, 12]);
        assert!(comes_through(HANDSHAKE, &finished));
        assert!(!comes_through(HANDSHAKE, &finished[..23]));
        assert!(!comes_through(HANDSHAKE, &finished.repeat(2)));
        for at in [0, 1, 2, 3, 6, 7, 8, 9, 10, 11] {
            let mut other = finished;
            other[at] ^= 1;
            assert!(!comes_through(HANDSHAKE, &other), "{at}");
        }
        for content in [&finished[..], &[2, 40], &[0; 1000]] {
            assert!(comes_through(21, content) && comes_through(23, content));
        }
    }
}
