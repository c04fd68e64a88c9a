//! Cryptography for the DTLS library: that of ring, with two kinds of random bytes replaced, and with checks that
//! the library leaves out.

mod records;
mod transcript;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rtc_crypto::providers::RingProvider;
use rtc_crypto::{
    ActiveKeyExchange, AeadAlgorithm, AeadCipher, CryptoAlgorithm, CryptoError, HashAlgorithm,
    HmacAlgorithm, KeyExchangeAlgorithm, Mac, PublicKey, RTCCrypto, RTCCryptoProvider, RTCRandom,
    SignatureScheme, SigningKey,
};

use crate::cookie::{COOKIE_SIZE, Cookie};
use records::CheckedCipher;
pub use transcript::ReplacedHello;
use transcript::{CheckedMac, Transcript};

/// Bytes of a record's explicit nonce.
const NONCE_SIZE: usize = 8;

/// Ring's algorithms and random bytes, with the exceptions of [`Crypto`] and [`Random`].
pub struct Provider {
    crypto: Crypto,
    random: Random,
}

/// Ring's algorithms, with two exceptions.
///
/// A server's calls for the Finished messages also check that of the client, which the library does not: see
/// [`transcript`].
///
/// Of handshake messages that are encrypted, the ciphers let Finished alone through: see [`records`].
struct Crypto {
    ring: RingProvider,
    /// Of a server.
    transcript: Option<Arc<Mutex<Transcript>>>,
}

/// Random bytes with two exceptions, which the requested length tells apart.
///
/// Nonces are counted. A nonce must never repeat under a key, and random nonces of eight bytes collide
/// after some billions of records; nonces need not be unpredictable. Counting also saves a system call
/// per record.
///
/// The cookie of a session is the one that the client already has, from [`crate::cookie`].
struct Random {
    ring: RingProvider,
    nonces: AtomicU64,
    cookie: Mutex<Option<Cookie>>,
}

impl Provider {
    pub fn server() -> Self {
        Self::new(Some(Arc::default()))
    }

    pub fn client() -> Self {
        Self::new(None)
    }

    fn new(transcript: Option<Arc<Mutex<Transcript>>>) -> Self {
        Self {
            crypto: Crypto {
                ring: RingProvider::new(),
                transcript,
            },
            random: Random {
                ring: RingProvider::new(),
                nonces: AtomicU64::new(0),
                cookie: Mutex::new(None),
            },
        }
    }

    /// Sets the cookie for the next session; `None` makes it random.
    pub fn set_cookie(&self, cookie: Option<Cookie>) {
        *lock(&self.random.cookie) = cookie;
    }

    /// Begins a call of the library for a session, whose hello may have been replaced.
    pub fn begin_call(&self, hello: Option<Arc<ReplacedHello>>) {
        if let Some(transcript) = &self.crypto.transcript {
            *lock(transcript) = Transcript::new(hello);
        }
    }
}

impl RTCCryptoProvider for Provider {
    fn name(&self) -> &'static str {
        "ring"
    }

    fn crypto(&self) -> &dyn RTCCrypto {
        &self.crypto
    }

    fn random(&self) -> &dyn RTCRandom {
        &self.random
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RTCCrypto for Crypto {
    fn supports(&self, algorithm: CryptoAlgorithm) -> bool {
        self.ring.crypto().supports(algorithm)
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let ring = self.ring.crypto();
        match &self.transcript {
            Some(transcript) => lock(transcript).hash(ring, algorithm, data),
            None => ring.hash(algorithm, data),
        }
    }

    fn new_hmac(&self, algorithm: HmacAlgorithm, key: &[u8]) -> Result<Box<dyn Mac>, CryptoError> {
        let mac = self.ring.crypto().new_hmac(algorithm, key)?;
        Ok(match &self.transcript {
            Some(transcript) => Box::new(CheckedMac::new(mac, transcript.clone())),
            None => mac,
        })
    }

    fn new_aead(
        &self,
        algorithm: AeadAlgorithm,
        key: &[u8],
    ) -> Result<Box<dyn AeadCipher>, CryptoError> {
        let cipher = self.ring.crypto().new_aead(algorithm, key)?;
        Ok(Box::new(CheckedCipher(cipher)))
    }

    fn start_key_exchange(
        &self,
        algorithm: KeyExchangeAlgorithm,
    ) -> Result<Box<dyn ActiveKeyExchange>, CryptoError> {
        self.ring.crypto().start_key_exchange(algorithm)
    }

    fn import_signing_key(
        &self,
        scheme: SignatureScheme,
        pkcs8_der: &[u8],
    ) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.ring.crypto().import_signing_key(scheme, pkcs8_der)
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        public_key: PublicKey<'_>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let ring = self.ring.crypto();
        ring.verify_signature(scheme, public_key, message, signature)
    }
}

impl RTCRandom for Random {
    fn fill(&self, output: &mut [u8]) -> Result<(), CryptoError> {
        match output.len() {
            NONCE_SIZE => {
                let nonce = self.nonces.fetch_add(1, Ordering::Relaxed);
                output.copy_from_slice(&nonce.to_be_bytes());
                return Ok(());
            }
            COOKIE_SIZE => {
                if let Some(cookie) = lock(&self.cookie).take() {
                    output.copy_from_slice(&cookie);
                    return Ok(());
                }
            }
            _ => {}
        }
        self.ring.random().fill(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill<const SIZE: usize>(provider: &Provider) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        provider.random().fill(&mut bytes).expect("random bytes");
        bytes
    }

    #[test]
    fn nonces_are_counted() {
        let provider = Provider::client();
        for number in 0..300u64 {
            assert_eq!(fill::<NONCE_SIZE>(&provider), number.to_be_bytes());
        }
    }

    #[test]
    fn a_cookie_is_used_once() {
        let provider = Provider::client();
        let cookie = [7; COOKIE_SIZE];
        provider.set_cookie(Some(cookie));
        assert_ne!(fill::<32>(&provider), [7; 32], "another length");
        assert_eq!(fill::<COOKIE_SIZE>(&provider), cookie);
        assert_ne!(fill::<COOKIE_SIZE>(&provider), cookie);
        provider.set_cookie(Some(cookie));
        provider.set_cookie(None);
        assert_ne!(fill::<COOKIE_SIZE>(&provider), cookie);
    }
}
