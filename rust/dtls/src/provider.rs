//! Cryptography for the DTLS library: that of ring, with two kinds of random bytes replaced.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rtc_crypto::providers::RingProvider;
use rtc_crypto::{CryptoError, RTCCrypto, RTCCryptoProvider, RTCRandom};

use crate::cookie::{COOKIE_SIZE, Cookie};

/// Bytes of a record's explicit nonce.
const NONCE_SIZE: usize = 8;

/// Ring's algorithms and random bytes, with the exceptions of [`Random`].
pub struct Provider {
    ring: RingProvider,
    random: Random,
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
    pub fn new() -> Self {
        Self {
            ring: RingProvider::new(),
            random: Random {
                ring: RingProvider::new(),
                nonces: AtomicU64::new(0),
                cookie: Mutex::new(None),
            },
        }
    }

    /// Sets the cookie for the next session; `None` makes it random.
    pub fn set_cookie(&self, cookie: Option<Cookie>) {
        let place = self.random.cookie.lock();
        *place.unwrap_or_else(PoisonError::into_inner) = cookie;
    }
}

impl RTCCryptoProvider for Provider {
    fn name(&self) -> &'static str {
        "ring"
    }

    fn crypto(&self) -> &dyn RTCCrypto {
        self.ring.crypto()
    }

    fn random(&self) -> &dyn RTCRandom {
        &self.random
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
                let mut place = self.cookie.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(cookie) = place.take() {
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
        let provider = Provider::new();
        for number in 0..300u64 {
            assert_eq!(fill::<NONCE_SIZE>(&provider), number.to_be_bytes());
        }
    }

    #[test]
    fn a_cookie_is_used_once() {
        let provider = Provider::new();
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
