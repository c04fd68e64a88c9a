//! The messages of a server's handshake, which both sides hash for their Finished messages.
//!
//! The library compares the server's Finished at the client, and leaves out the comparison of the client's at the
//! server. The hash and the key for it are in the calls that the library makes for its own Finished, so the comparison
//! is made there. A server that sends its Finished has therefore seen the very messages that the client
//! sent: nobody on the way has removed a cipher suite or an extension from them.
//!
//! The library cannot read a hello with a session id. It gets the hello without the id, and the hashes are those of the
//! hello that the client sent.

use std::sync::{Arc, Mutex};

use rtc_crypto::{CryptoError, HashAlgorithm, Mac, RTCCrypto};

use super::lock;
use super::records::{Finished, is_finished};

/// Bytes of a hash.
const HASH_SIZE: usize = 32;
/// Bytes of a Finished message that are its proof.
const PROOF_SIZE: usize = 12;
const SERVER_LABEL: &[u8] = b"server finished";
const CLIENT_LABEL: &[u8] = b"client finished";

/// A hello of which the library has another version.
#[derive(Debug)]
pub struct ReplacedHello {
    /// The message that the client sent.
    pub sent: Vec<u8>,
    /// The message that the library has.
    pub given: Vec<u8>,
}

/// The messages of a session, as far as the current call of the library hashed them.
#[derive(Debug, Default)]
pub struct Transcript {
    hello: Option<Arc<ReplacedHello>>,
    last: Option<Hashed>,
}

/// Messages that end in a client's Finished.
#[derive(Debug)]
struct Hashed {
    hash: Vec<u8>,
    /// The hash of the messages before Finished.
    before: Vec<u8>,
    finished: Finished,
}

impl Transcript {
    pub fn new(hello: Option<Arc<ReplacedHello>>) -> Self {
        Self { hello, last: None }
    }

    /// Hashes messages for the library.
    pub fn hash(
        &mut self,
        crypto: &dyn RTCCrypto,
        algorithm: HashAlgorithm,
        messages: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let replaced = self.hello.as_ref().and_then(|hello| {
            let rest = messages.strip_prefix(hello.given.as_slice())?;
            Some([hello.sent.as_slice(), rest].concat())
        });
        let messages = replaced.as_deref().unwrap_or(messages);
        let hash = crypto.hash(algorithm, messages)?;
        self.last = match messages.split_last_chunk() {
            Some((before, finished)) if is_finished(finished) => Some(Hashed {
                hash: hash.clone(),
                before: crypto.hash(algorithm, before)?,
                finished: *finished,
            }),
            _ => None,
        };
        Ok(hash)
    }

    /// Whether the client's Finished is that of the messages before it. `hash` is that of the messages with it,
    /// and `mac` is keyed with the session's master secret.
    fn is_finished_right(&mut self, mac: &mut dyn Mac, hash: &[u8]) -> Result<bool, CryptoError> {
        let Some(last) = self.last.take().filter(|last| last.hash == hash) else {
            return Ok(false);
        };
        // RFC 5246, 5: one round of the pseudorandom function.
        let (mut first, mut proof) = ([0; HASH_SIZE], [0; HASH_SIZE]);
        mac.sign(&[CLIENT_LABEL, &last.before], &mut first)?;
        mac.sign(&[&first, CLIENT_LABEL, &last.before], &mut proof)?;
        let sent = &last.finished[size_of::<Finished>() - PROOF_SIZE..];
        Ok(rtc_crypto::constant_time_eq(&proof[..PROOF_SIZE], sent))
    }
}

/// A keyed hash that fails for the server's Finished if the client's is wrong.
pub struct CheckedMac {
    mac: Box<dyn Mac>,
    transcript: Arc<Mutex<Transcript>>,
}

impl CheckedMac {
    pub fn new(mac: Box<dyn Mac>, transcript: Arc<Mutex<Transcript>>) -> Self {
        Self { mac, transcript }
    }
}

impl Mac for CheckedMac {
    fn output_len(&self) -> usize {
        self.mac.output_len()
    }

    fn sign(&mut self, input: &[&[u8]], output: &mut [u8]) -> Result<(), CryptoError> {
        // The pseudorandom function begins with its label and seed.
        if let [seed] = input
            && let Some(hash) = seed.strip_prefix(SERVER_LABEL)
            && !lock(&self.transcript).is_finished_right(&mut *self.mac, hash)?
        {
            return Err(CryptoError::Provider(
                "the client's Finished message is wrong".to_owned(),
            ));
        }
        self.mac.sign(input, output)
    }

    fn verify(&mut self, input: &[&[u8]], expected: &[u8]) -> Result<(), CryptoError> {
        self.mac.verify(input, expected)
    }
}
