//! Round-trip times to proxies by QCMP, the ping of Quilkin's proxies (UDP, port 7600).
//!
//! A ping has 17 bytes: "QLKN", version 0, type 0, the length of the rest (2 bytes), a nonce (1 byte), and the client's time
//! (8 bytes). The answer has 33: type 1, nonce and time as they came, the times of arrival and answer (8 bytes each). Times are
//! nanoseconds since 1970, and numbers are big-endian.
//!
//! [`rounds`] decides what is sent when, and counts; [`measuring`] has the thread and the socket. The proxy's times are
//! not used: one that tells wrong ones cannot seem to be nearer than it is.

use std::net::SocketAddr;
use std::time::Duration;

mod measuring;
mod rounds;

pub use measuring::{MAX_MEASUREMENTS, Measurement, stop_all};

const PING_SIZE: usize = 17;
const ANSWER_SIZE: usize = 33;
const PING_HEAD: [u8; 8] = *b"QLKN\0\0\0\x09";
const ANSWER_HEAD: [u8; 8] = *b"QLKN\0\x01\0\x19";

/// What makes an answer the answer to one ping: the nonce and the client's time, as they are on the wire.
type Key = [u8; 9];

/// What to measure.
#[derive(Debug, Clone)]
pub struct PingPlan {
    /// Names or addresses of proxies, with ports.
    pub targets: Vec<(String, u16)>,
    /// Pings of each.
    pub pings: u32,
    /// The time after which a ping is lost, and a name has no address.
    pub timeout: Duration,
    /// Gives numbers that nobody can predict.
    pub random: fn() -> u64,
}

/// What was measured of a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PingResult {
    /// Its address, if there is one.
    pub address: Option<SocketAddr>,
    /// Why there is none.
    pub error: Option<String>,
    /// The median of the round trips; `None` if no ping was answered.
    pub round_trip: Option<Duration>,
    /// Pings that it got.
    pub pings: u32,
    /// Pings that were answered in time.
    pub answers: u32,
}

/// A ping of these bytes.
fn ping(key: Key) -> [u8; PING_SIZE] {
    let mut ping = [0; PING_SIZE];
    ping[..8].copy_from_slice(&PING_HEAD);
    ping[8..].copy_from_slice(&key);
    ping
}

/// Which ping a datagram answers. `None` for anything that is no answer.
fn answered(datagram: &[u8]) -> Option<Key> {
    let is_answer = datagram.len() == ANSWER_SIZE && datagram.starts_with(&ANSWER_HEAD);
    is_answer
        .then(|| datagram[8..PING_SIZE].try_into().ok())
        .flatten()
}

/// The bytes of a ping that is sent at a time (nanoseconds since 1970). Its last 20 bits, about a millisecond, and
/// the nonce are random, so that nobody who has not seen the ping can answer it.
fn key(nanos: u64, random: u64) -> Key {
    const RANDOM_BITS: u64 = (1 << 20) - 1;
    let time = (nanos & !RANDOM_BITS) | (random & RANDOM_BITS);
    let mut key = [0; 9];
    key[0] = random.to_be_bytes()[0];
    key[1..].copy_from_slice(&time.to_be_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ping and an answer of Quilkin's own documentation of the format.
    #[test]
    fn pings_and_answers_have_their_form() {
        let key = [0xBF, 0, 0, 0, 0, 0x63, 0xB6, 0xE9, 0x57];
        let sent = ping(key);
        assert_eq!(sent, *b"QLKN\0\0\0\x09\xBF\0\0\0\0\x63\xB6\xE9\x57");
        let mut answer = Vec::from(*b"QLKN\0\x01\0\x19");
        answer.extend(key);
        answer.extend([7; 16]);
        assert_eq!(answered(&answer), Some(key));
        assert_eq!(answered(&sent), None, "a ping");
        assert_eq!(answered(&answer[..32]), None, "too short");
        for place in 0..8 {
            let mut wrong = answer.clone();
            wrong[place] ^= 1;
            assert_eq!(answered(&wrong), None, "{place}");
        }
        answer.push(0);
        assert_eq!(answered(&answer), None, "too long");
    }

    #[test]
    fn the_time_is_true_to_a_millisecond_and_the_rest_is_random() {
        let nanos = 1_700_000_000_123_456_789;
        for random in [0, u64::MAX, 0x1234_5678_9ABC_DEF0] {
            let [nonce, time @ ..] = key(nanos, random);
            assert_eq!(nonce, (random >> 56) as u8);
            assert!(u64::from_be_bytes(time).abs_diff(nanos) < 1 << 20);
        }
        assert_ne!(key(nanos, 1), key(nanos, 2));
    }
}
