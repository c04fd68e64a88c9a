//! Cryptography for the DTLS library: ring's, with a say in two random numbers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rtc_crypto::providers::RingProvider;
use rtc_crypto::{CryptoError, RTCCrypto, RTCCryptoProvider, RTCRandom};

use super::cookie::{COOKIE_SIZE, Cookie};

/// Bytes of a record's explicit nonce.
const NONCE_SIZE: usize = 8;

/// Ring's algorithms and randomness. See [`Random`] for what is different.
pub struct Provider {
    ring: RingProvider,
    random: Random,
}

/// Random bytes, with two exceptions that the library's lengths tell apart.
///
/// Nonces are counted: a nonce must never come twice under a key, and of random ones of eight bytes two
/// are the same after some billions of records. Nobody has to be unable to foresee them. It also spares
/// the system call per record.
///
/// A session's cookie is the one the client already has, from [`super::cookie`].
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

    /// The cookie for the next session; `None` leaves it to chance.
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
