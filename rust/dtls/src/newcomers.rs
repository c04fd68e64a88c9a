//! Whom a server begins a handshake with, and when.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use rtc_dtls::config::HandshakeConfig;

use super::alert;
use super::cookie::{Cookies, Hello};
use super::error::SetupError;
use super::session::Outgoing;
use crate::Time;

/// Most handshakes that are under way at a time.
const MAX_PENDING: usize = 1024;
/// Most of them from one address: it takes eight to shut the others out.
const MAX_PENDING_PER_ADDRESS: usize = MAX_PENDING / 8;
/// Most handshakes that wait to be begun.
const MAX_WAITING: usize = 1024;
/// Most of them from one address.
const MAX_WAITING_PER_ADDRESS: usize = MAX_WAITING / 8;

/// What a server knows of those who want a session. Of who has no good cookie it knows nothing.
pub struct Newcomers {
    pub config: Arc<HandshakeConfig>,
    cookies: Cookies,
    pub is_refusing: bool,
    /// Hellos with a good cookie, and where they came from.
    waiting: VecDeque<(SocketAddr, Vec<u8>)>,
    waiting_from: HashSet<SocketAddr>,
    waiting_per_address: Counts,
    pending: usize,
    pending_per_address: Counts,
}

impl Newcomers {
    pub fn new(config: Arc<HandshakeConfig>, now: Time) -> Result<Self, SetupError> {
        Ok(Self {
            config,
            cookies: Cookies::new(now)?,
            is_refusing: false,
            waiting: VecDeque::new(),
            waiting_from: HashSet::new(),
            waiting_per_address: Counts::default(),
            pending: 0,
            pending_per_address: Counts::default(),
        })
    }

    /// How many wait for their handshake to begin.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Answers a hello: with a cookie, with a refusal, or by noting it; true if it was noted.
    pub fn greet(
        &mut self,
        now: Time,
        from: SocketAddr,
        hello: &Hello<'_>,
        datagram: &[u8],
        outgoing: &mut Outgoing,
    ) -> bool {
        self.cookies.renew(now);
        if !self.cookies.knows(from, hello) {
            let answer = self.cookies.request(from, hello);
            // Nobody can use this host to send more than he sends himself.
            if answer.len() <= datagram.len() {
                outgoing.push_back((from, answer.as_slice().into()));
            }
            return false;
        }
        if self.is_refusing {
            let refusal = alert::refusal(hello.record_sequence);
            outgoing.push_back((from, refusal.as_slice().into()));
            return false;
        }
        // A cookie comes with the second message of a client, and only then.
        if hello.message_sequence != 1
            || self.waiting.len() >= MAX_WAITING
            || self.waiting_per_address.of(from) >= MAX_WAITING_PER_ADDRESS
            || !self.waiting_from.insert(from)
        {
            return false;
        }
        self.waiting_per_address.add(from);
        self.waiting.push_back((from, datagram.to_vec()));
        true
    }

    /// Whether the hello carries the cookie that its sender was given.
    pub fn knows(&self, from: SocketAddr, hello: &Hello<'_>) -> bool {
        self.cookies.knows(from, hello)
    }

    /// The next hello to begin a handshake with.
    pub fn next(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        while let Some((from, datagram)) = self.waiting.pop_front() {
            self.waiting_from.remove(&from);
            self.waiting_per_address.subtract(from);
            if self.pending < MAX_PENDING
                && self.pending_per_address.of(from) < MAX_PENDING_PER_ADDRESS
            {
                return Some((from, datagram));
            }
        }
        None
    }

    /// A handshake has begun.
    pub fn begun(&mut self, with: SocketAddr) {
        self.pending += 1;
        self.pending_per_address.add(with);
    }

    /// A handshake is over.
    pub fn ended(&mut self, with: SocketAddr) {
        self.pending -= 1;
        self.pending_per_address.subtract(with);
    }
}

/// Counts by IP address; nothing is kept of what is gone. One subscriber has a whole network of 64 bits
/// in IPv6, which counts as an address.
#[derive(Default)]
struct Counts(HashMap<IpAddr, usize>);

fn subscriber(address: SocketAddr) -> IpAddr {
    match address.ip() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        ip => ip,
    }
}

impl Counts {
    fn of(&self, address: SocketAddr) -> usize {
        self.0.get(&subscriber(address)).copied().unwrap_or(0)
    }

    fn add(&mut self, address: SocketAddr) {
        *self.0.entry(subscriber(address)).or_default() += 1;
    }

    fn subtract(&mut self, address: SocketAddr) {
        if let Some(count) = self.0.get_mut(&subscriber(address)) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&subscriber(address));
            }
        }
    }
}
