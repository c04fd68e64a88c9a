//! The stateless first round trip of a server: a client has to prove that it receives at its address
//! before the server keeps state or computes a signature for it (RFC 6347, 4.2.1).
//!
//! The cookie is a keyed hash of the client's address and the beginning of its hello. The key changes
//! every minute; cookies of the previous key are still accepted.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ring::hmac;
use ring::rand::SystemRandom;

use crate::Time;
use crate::error::SetupError;
use crate::provider::ReplacedHello;
use crate::record::{HANDSHAKE, HEADER_SIZE, Record, VERSION, records};

/// Bytes of a cookie.
pub const COOKIE_SIZE: usize = 20;
/// A cookie.
pub type Cookie = [u8; COOKIE_SIZE];

const KEY_LIFETIME: Time = Time::from_secs(60);
const CLIENT_HELLO: u8 = 1;
const HELLO_VERIFY_REQUEST: u8 = 3;
/// DTLS 1.0, the version in every HelloVerifyRequest.
const FIRST_VERSION: [u8; 2] = [254, 255];
/// Where the session id's length is in a hello, behind version and random number.
const SESSION_ID_AT: usize = 2 + 32;
/// Bytes of a handshake message's header.
const MESSAGE_HEADER_SIZE: usize = 12;

/// Makes and verifies cookies.
pub struct Cookies {
    key: hmac::Key,
    previous: hmac::Key,
    /// When the current key was made.
    key_made: Time,
    random: SystemRandom,
}

impl Cookies {
    pub fn new(now: Time) -> Result<Self, SetupError> {
        let random = SystemRandom::new();
        let key = || hmac::Key::generate(hmac::HMAC_SHA256, &random);
        let failed = |_| SetupError::Library("the system gives no random numbers".to_owned());
        Ok(Self {
            key: key().map_err(failed)?,
            previous: key().map_err(failed)?,
            key_made: now,
            random,
        })
    }

    /// Replaces the key if it is too old.
    pub fn renew(&mut self, now: Time) {
        if now.saturating_sub(self.key_made) < KEY_LIFETIME {
            return;
        }
        // Without random numbers the old key stays, and the next call tries again.
        if let Ok(key) = hmac::Key::generate(hmac::HMAC_SHA256, &self.random) {
            self.previous = std::mem::replace(&mut self.key, key);
            self.key_made = now;
        }
    }

    /// Whether the hello carries the cookie that was sent to its address.
    pub fn verify(&self, from: SocketAddr, hello: &Hello<'_>) -> bool {
        hello.cookie.len() == COOKIE_SIZE
            && [&self.key, &self.previous].into_iter().any(|key| {
                rtc_crypto::constant_time_eq(&cookie_for(key, from, hello), hello.cookie)
            })
    }

    /// The answer to a hello without a cookie. A hello is longer, unless it is a malformed one.
    pub fn hello_verify_request(&self, from: SocketAddr, hello: &Hello<'_>) -> Vec<u8> {
        let mut body = FIRST_VERSION.to_vec();
        body.push(COOKIE_SIZE as u8);
        body.extend_from_slice(&cookie_for(&self.key, from, hello));
        message(HELLO_VERIFY_REQUEST, hello.record_sequence, 0, &body)
    }
}

fn cookie_for(key: &hmac::Key, from: SocketAddr, hello: &Hello<'_>) -> Cookie {
    let mut context = hmac::Context::with_key(key);
    match from.ip() {
        IpAddr::V4(ip) => context.update(&ip.to_ipv6_mapped().octets()),
        IpAddr::V6(ip) => context.update(&ip.octets()),
    }
    context.update(&from.port().to_be_bytes());
    context.update(hello.before_cookie);
    let mut cookie = [0; COOKIE_SIZE];
    cookie.copy_from_slice(&context.sign().as_ref()[..COOKIE_SIZE]);
    cookie
}

/// A ClientHello that is not fragmented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello<'a> {
    pub record_sequence: u64,
    pub message_sequence: u16,
    /// Version, random number and session id.
    pub before_cookie: &'a [u8],
    pub cookie: &'a [u8],
    after_cookie: &'a [u8],
}

impl<'a> Hello<'a> {
    /// Reads a datagram that consists of one ClientHello.
    pub fn read(datagram: &'a [u8]) -> Option<Self> {
        let mut records = records(datagram)?;
        let (record, None) = (records.next()?, records.next()) else {
            return None;
        };
        let Record {
            content_type: HANDSHAKE,
            epoch: 0,
            sequence,
            content,
        } = record
        else {
            return None;
        };
        let (header, body) = content.split_first_chunk::<MESSAGE_HEADER_SIZE>()?;
        let &[CLIENT_HELLO, l0, l1, l2, m0, m1, 0, 0, 0, f0, f1, f2] = header else {
            return None;
        };
        let is_whole = [l0, l1, l2] == [f0, f1, f2]
            && u32::from_be_bytes([0, l0, l1, l2]) as usize == body.len();
        // Version and random number, then session id and cookie with a length byte each.
        let session_id = usize::from(*body.get(SESSION_ID_AT)?);
        let (before_cookie, rest) = body.split_at_checked(SESSION_ID_AT + 1 + session_id)?;
        let (&length, rest) = rest.split_first()?;
        let (cookie, after_cookie) = rest.split_at_checked(usize::from(length))?;
        (is_whole && session_id <= 32 && !after_cookie.is_empty()).then_some(Self {
            record_sequence: sequence,
            message_sequence: u16::from_be_bytes([m0, m1]),
            before_cookie,
            cookie,
            after_cookie,
        })
    }

    /// The client's previous hello: the same without the cookie, and without the session id, which the library
    /// cannot read.
    pub fn without_cookie(&self) -> Vec<u8> {
        let body = [self.version_and_random(), &[0, 0], self.after_cookie].concat();
        message(CLIENT_HELLO, 0, 0, &body)
    }

    /// The same hello without its session id, in a record; `None` if it has none.
    pub fn without_session_id(&self) -> Option<(Arc<ReplacedHello>, Vec<u8>)> {
        let record = |before: &[u8]| {
            let size = [self.cookie.len() as u8];
            let body = [before, &size, self.cookie, self.after_cookie].concat();
            let (record, message_number) = (self.record_sequence, self.message_sequence);
            message(CLIENT_HELLO, record, message_number, &body)
        };
        if self.before_cookie.len() == SESSION_ID_AT + 1 {
            return None;
        }
        let given = record(&[self.version_and_random(), &[0]].concat());
        let replaced = ReplacedHello {
            sent: record(self.before_cookie).split_off(HEADER_SIZE),
            given: given[HEADER_SIZE..].to_vec(),
        };
        Some((Arc::new(replaced), given))
    }

    fn version_and_random(&self) -> &'a [u8] {
        &self.before_cookie[..SESSION_ID_AT]
    }
}

/// A record with one handshake message in one fragment.
fn message(kind: u8, record_sequence: u64, message_sequence: u16, body: &[u8]) -> Vec<u8> {
    let size = &(body.len() as u32).to_be_bytes()[1..];
    let mut bytes = Vec::with_capacity(HEADER_SIZE + MESSAGE_HEADER_SIZE + body.len());
    bytes.push(HANDSHAKE);
    bytes.extend_from_slice(&VERSION);
    bytes.extend_from_slice(&record_sequence.to_be_bytes());
    bytes.extend_from_slice(&((MESSAGE_HEADER_SIZE + body.len()) as u16).to_be_bytes());
    bytes.push(kind);
    bytes.extend_from_slice(size);
    bytes.extend_from_slice(&message_sequence.to_be_bytes());
    bytes.extend_from_slice(&[0; 3]);
    bytes.extend_from_slice(size);
    bytes.extend_from_slice(body);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        ([10, 0, 0, 1], port).into()
    }

    /// A hello with a session id and one cipher suite.
    fn hello(random: u8, cookie: &[u8]) -> Vec<u8> {
        let mut body = VERSION.to_vec();
        body.extend([random; 32]);
        body.extend([2, 8, 9]);
        body.push(cookie.len() as u8);
        body.extend(cookie);
        body.extend([0, 2, 0xC0, 0x2B, 1, 0]);
        message(CLIENT_HELLO, 5, 1, &body)
    }

    /// The cookie in a HelloVerifyRequest.
    fn cookie_in(request: &[u8]) -> &[u8] {
        &request[HEADER_SIZE + MESSAGE_HEADER_SIZE + 3..]
    }

    #[test]
    fn a_hello_is_read() {
        let datagram = hello(7, b"cookie");
        let read = Hello::read(&datagram).expect("a hello");
        assert_eq!((read.record_sequence, read.message_sequence), (5, 1));
        assert_eq!(read.before_cookie.len(), 2 + 32 + 3);
        assert_eq!(read.cookie, b"cookie");
        assert_eq!(read.after_cookie, [0, 2, 0xC0, 0x2B, 1, 0]);
        let first = read.without_cookie();
        let first = Hello::read(&first).expect("a hello");
        assert_eq!((first.record_sequence, first.message_sequence), (0, 0));
        assert_eq!(first.before_cookie[..34], read.before_cookie[..34]);
        assert_eq!(first.before_cookie[34..], [0], "no session id");
        assert_eq!(first.cookie, b"");
        assert_eq!(first.after_cookie, read.after_cookie);
    }

    #[test]
    fn a_session_id_is_left_out_for_the_library() {
        let datagram = hello(7, b"cookie");
        let read = Hello::read(&datagram).expect("a hello");
        let (replaced, shorter) = read.without_session_id().expect("it has one");
        assert_eq!(replaced.sent, datagram[HEADER_SIZE..]);
        assert_eq!(replaced.given, shorter[HEADER_SIZE..]);
        let second = Hello::read(&shorter).expect("a hello");
        assert_eq!(second.before_cookie[..34], read.before_cookie[..34]);
        assert_eq!(second.before_cookie[34..], [0]);
        assert_eq!((second.record_sequence, second.message_sequence), (5, 1));
        assert_eq!(
            (second.cookie, second.after_cookie),
            (read.cookie, read.after_cookie)
        );
        assert!(second.without_session_id().is_none());
    }

    #[test]
    fn other_datagrams_are_no_hello() {
        let good = hello(7, b"cookie");
        for size in 0..good.len() {
            assert_eq!(Hello::read(&good[..size]), None, "{size}");
        }
        assert_eq!(Hello::read(&good.repeat(2)), None, "two records");
        let changed = |at: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[at] = value;
            bytes
        };
        assert!(Hello::read(&changed(30, 1)).is_some());
        for (at, value) in [
            (0, 21),
            (1, 3),
            (4, 1),
            (HEADER_SIZE, 2),
            // A fragment: other length, offset, fragment length.
            (HEADER_SIZE + 3, 1),
            (HEADER_SIZE + 8, 1),
            (HEADER_SIZE + 11, 1),
            // A session id of 33 bytes, and one that is longer than the message.
            (HEADER_SIZE + MESSAGE_HEADER_SIZE + 34, 33),
            (HEADER_SIZE + MESSAGE_HEADER_SIZE + 34, 255),
        ] {
            assert_eq!(Hello::read(&changed(at, value)), None, "{at}: {value}");
        }
    }

    #[test]
    fn a_cookie_is_for_one_address_and_one_hello() {
        let cookies = Cookies::new(Time::ZERO).expect("random numbers");
        let first = hello(7, b"");
        let first = Hello::read(&first).expect("a hello");
        assert!(!cookies.verify(address(1), &first), "no cookie");
        let request = cookies.hello_verify_request(address(1), &first);
        let cookie = cookie_in(&request);
        assert_eq!(cookie.len(), COOKIE_SIZE);
        let verify = |from, random, cookie: &[u8]| {
            let datagram = hello(random, cookie);
            cookies.verify(from, &Hello::read(&datagram).expect("a hello"))
        };
        assert!(verify(address(1), 7, cookie));
        assert!(!verify(address(2), 7, cookie), "another port");
        assert!(!verify(([10, 0, 0, 2], 1).into(), 7, cookie), "another IP");
        assert!(!verify(address(1), 8, cookie), "another hello");
        assert!(!verify(address(1), 7, &cookie[1..]), "cut off");
        let mut changed = cookie.to_vec();
        changed[19] ^= 1;
        assert!(!verify(address(1), 7, &changed), "changed");
        let others = Cookies::new(Time::ZERO).expect("random numbers");
        let request = others.hello_verify_request(address(1), &first);
        assert!(!verify(address(1), 7, cookie_in(&request)), "another key");
    }

    #[test]
    fn a_cookie_outlives_one_change_of_the_key() {
        let mut cookies = Cookies::new(Time::ZERO).expect("random numbers");
        let first = hello(7, b"");
        let first = Hello::read(&first).expect("a hello");
        let request = cookies.hello_verify_request(address(1), &first);
        let second = hello(7, cookie_in(&request));
        let second = Hello::read(&second).expect("a hello");
        cookies.renew(KEY_LIFETIME - Time::from_millis(1));
        let same = cookies.hello_verify_request(address(1), &first);
        assert_eq!(same, request, "the key is not too old");
        cookies.renew(KEY_LIFETIME);
        assert_ne!(cookies.hello_verify_request(address(1), &first), request);
        assert!(cookies.verify(address(1), &second));
        cookies.renew(KEY_LIFETIME * 2);
        assert!(!cookies.verify(address(1), &second));
    }

    #[test]
    fn a_request_repeats_the_sequence_number_and_is_shorter_than_the_hello() {
        let cookies = Cookies::new(Time::ZERO).expect("random numbers");
        let first = hello(7, b"");
        let request = cookies.hello_verify_request(address(1), &Hello::read(&first).expect("one"));
        assert!(request.len() < first.len());
        let record = records(&request).and_then(|mut records| records.next());
        let record = record.expect("a record");
        assert_eq!((record.content_type, record.sequence), (HANDSHAKE, 5));
        assert_eq!(record.content[0], HELLO_VERIFY_REQUEST);
    }
}
