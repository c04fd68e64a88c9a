//! The first round trip of a server, without any state: a client has to show that it receives what is
//! sent to its address, before anything is kept of it or computed for it (RFC 6347, 4.2.1).
//!
//! The cookie is a keyed hash of the client's address and the beginning of its hello. The key changes
//! every minute; the one before is still accepted.

use std::net::{IpAddr, SocketAddr};

use ring::hmac;
use ring::rand::SystemRandom;

use super::error::SetupError;
use super::record::{HANDSHAKE, HEADER_SIZE, Record, VERSION, records};
use crate::Time;

/// Bytes of a cookie.
pub const COOKIE_SIZE: usize = 20;
/// A cookie.
pub type Cookie = [u8; COOKIE_SIZE];

const KEY_LIFETIME: Time = Time::from_secs(60);
const CLIENT_HELLO: u8 = 1;
const HELLO_VERIFY_REQUEST: u8 = 3;
/// DTLS 1.0: what a HelloVerifyRequest names, whatever comes to be spoken.
const FIRST_VERSION: [u8; 2] = [254, 255];
/// Bytes of a handshake message's header.
const MESSAGE_HEADER_SIZE: usize = 12;

/// Makes and knows cookies.
pub struct Cookies {
    key: hmac::Key,
    previous: hmac::Key,
    /// When the key was made.
    since: Time,
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
            since: now,
            random,
        })
    }

    /// Changes the key when it is time.
    pub fn renew(&mut self, now: Time) {
        if now.saturating_sub(self.since) < KEY_LIFETIME {
            return;
        }
        // Without randomness the old one stays; the next call tries again.
        if let Ok(key) = hmac::Key::generate(hmac::HMAC_SHA256, &self.random) {
            self.previous = std::mem::replace(&mut self.key, key);
            self.since = now;
        }
    }

    /// Whether the hello carries the cookie that its sender was given.
    pub fn knows(&self, from: SocketAddr, hello: &Hello<'_>) -> bool {
        hello.cookie.len() == COOKIE_SIZE
            && [&self.key, &self.previous].into_iter().any(|key| {
                rtc_crypto::constant_time_eq(&cookie_for(key, from, hello), hello.cookie)
            })
    }

    /// The answer to a hello without a cookie, shorter than the hello.
    pub fn request(&self, from: SocketAddr, hello: &Hello<'_>) -> Vec<u8> {
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

/// A ClientHello in one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello<'a> {
    pub record_sequence: u64,
    pub message_sequence: u16,
    /// Version, random number and session.
    pub before_cookie: &'a [u8],
    pub cookie: &'a [u8],
    after_cookie: &'a [u8],
}

impl<'a> Hello<'a> {
    /// Reads a datagram that consists of one.
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
        // Version and random number, then the session and the cookie with a byte of length each.
        let session = usize::from(*body.get(34)?);
        let (before_cookie, rest) = body.split_at_checked(35 + session)?;
        let (&length, rest) = rest.split_first()?;
        let (cookie, after_cookie) = rest.split_at_checked(usize::from(length))?;
        (is_whole && session <= 32 && !after_cookie.is_empty()).then_some(Self {
            record_sequence: sequence,
            message_sequence: u16::from_be_bytes([m0, m1]),
            before_cookie,
            cookie,
            after_cookie,
        })
    }

    /// The same hello as it was before the client had a cookie.
    pub fn without_cookie(&self) -> Vec<u8> {
        let body = [self.before_cookie, &[0], self.after_cookie].concat();
        message(CLIENT_HELLO, 0, 0, &body)
    }
}

/// A record with one whole message of a handshake.
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
