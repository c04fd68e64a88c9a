//! One encrypted session: an association of the DTLS library, kept within limits.
//!
//! The session drops malformed datagrams, floods before the handshake is done, and handshake messages
//! long after it, before the library sees them. If the library panics nevertheless, this session fails,
//! and no other.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::BytesMut;
use rtc_dtls::config::HandshakeConfig;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_shared::TransportProtocol;
use rtc_shared::error::Error;

use crate::Time;
use crate::alert;
use crate::cookie::{Cookie, Hello};
use crate::cost;
use crate::error::{CertificateError, HandshakeError};
use crate::provider::{Provider, ReplacedHello};
use crate::record::{HANDSHAKE, records, renumber};

/// Time after which a server gives a handshake up. A client goes on while its ENet peer does.
pub const HANDSHAKE_TIMEOUT: Time = Time::from_secs(8);
/// Time after which a client says that its handshake is not done.
pub const SLOW_HANDSHAKE: Time = Time::from_secs(4);
/// Most datagrams, and bytes, that a server may send until the handshake is done. A chain of four large
/// certificates, sent three times, stays below.
const MAX_DATAGRAMS: u32 = 128;
const MAX_BYTES: usize = 96 * 1024;
/// Most bytes of a client. A client sends no certificates, and a server has many clients at a time.
const MAX_BYTES_OF_CLIENT: usize = 16 * 1024;
/// Time that a session outlives its peer, whose last datagrams may have to be retransmitted.
const GRACE_PERIOD: Time = Time::from_secs(2);
/// The same for a peer that was never connected. Its client waits up to eight seconds before it tries again, longer
/// than the peer lasts.
const CONNECT_PERIOD: Time = Time::from_secs(10);
/// Retransmission timeout of handshake messages. Shorter than the usual second, because players wait.
pub const RETRANSMISSION_TIMEOUT: Time = Time::from_millis(500);

/// Retransmissions of a client after which each pause is twice as long as the one before, and the longest pause. The
/// first ones come fast because players wait.
const FAST_RETRANSMISSIONS: u32 = MAX_RETRANSMISSIONS;
const MAX_PAUSE: Time = Time::from_secs(8);

const SERVER_HELLO: u8 = 2;

/// Retransmissions of a flight by the library, which fails at the next. They come first, because the library
/// encrypts the Finished message anew.
const MAX_RETRANSMISSIONS: u32 = 7;

/// Datagrams for the socket.
pub type Outgoing = VecDeque<(SocketAddr, BytesMut)>;
/// The place where the check of a certificate stores the reason for a rejection.
pub type Rejection = Arc<Mutex<Option<CertificateError>>>;

/// The effect of a call on the session.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The state of the session is as before.
    None,
    /// A client's handshake has gone on for [`SLOW_HANDSHAKE`].
    Slow,
    /// The handshake is done.
    Ready,
    /// The remote closed the session.
    Closed,
    /// The session failed, and must be removed.
    Failed(HandshakeError),
}

/// How far a session's ENet peer has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Usage {
    None,
    Connecting,
    Connected,
}

/// The session with one remote, from the first datagram of the handshake on.
pub struct Session {
    endpoint: Endpoint,
    remote: SocketAddr,
    /// The instant of [`Time`] zero, for the library.
    zero: Instant,
    is_ready: bool,
    started: Time,
    datagrams: u32,
    bytes: usize,
    /// Sum of [`cost`]. It also counts after the handshake, whose end the remote retransmits if the last
    /// answer was lost.
    cost: usize,
    /// Added to the sequence numbers of records that are not encrypted. Accounts for the answers to the
    /// client's hellos, which repeated the client's numbers, and for retransmissions.
    offset: u64,
    /// Only a client has one.
    rejection: Option<Rejection>,
    /// The beginning of the client's hello, which is unique to the client.
    hello: Vec<u8>,
    /// The whole hello, if the library has another version of it.
    replaced: Option<Arc<ReplacedHello>>,
    /// Only a server has it.
    provider: Option<Arc<Provider>>,
    /// The last flight of the handshake, when it was sent, and how often the library has retransmitted it.
    flight: Vec<BytesMut>,
    flight_sent: Time,
    retransmissions: u32,
    /// How often the flight was retransmitted in all.
    repeats: u32,
    /// Whether [`Outcome::Slow`] was said.
    is_slow: bool,
    /// The farthest that the ENet host has got with this address.
    usage: Usage,
    /// When the host had a peer last, or when the handshake was done.
    last_used: Time,
}

impl Session {
    fn new(
        remote: SocketAddr,
        zero: Instant,
        now: Time,
        config: Option<Arc<HandshakeConfig>>,
    ) -> Self {
        // The library only repeats the local address in what it gives out.
        let local = SocketAddr::from(([0, 0, 0, 0], 0));
        Self {
            endpoint: Endpoint::new(local, TransportProtocol::UDP, config),
            remote,
            zero,
            is_ready: false,
            started: now,
            datagrams: 0,
            bytes: 0,
            cost: 0,
            offset: 0,
            rejection: None,
            hello: Vec::new(),
            replaced: None,
            provider: None,
            flight: Vec::new(),
            flight_sent: now,
            retransmissions: 0,
            repeats: 0,
            is_slow: false,
            usage: Usage::None,
            last_used: now,
        }
    }

    /// Starts a client's handshake. The certificate check of `config` stores its reason in `rejection`.
    pub fn connect(
        remote: SocketAddr,
        zero: Instant,
        now: Time,
        config: Arc<HandshakeConfig>,
        rejection: Rejection,
    ) -> Result<Self, HandshakeError> {
        let mut session = Self::new(remote, zero, now, None);
        session.rejection = Some(rejection);
        session
            .guard(|endpoint| endpoint.connect(zero + now, remote, config, None))?
            .map_err(|error| HandshakeError::Protocol(error.to_string()))?;
        Ok(session)
    }

    /// Continues a handshake whose client has sent a valid cookie. `datagram` holds the `hello` with the
    /// cookie.
    pub fn accept(
        remote: SocketAddr,
        zero: Instant,
        now: Time,
        config: Arc<HandshakeConfig>,
        provider: Arc<Provider>,
        (hello, datagram): (&Hello<'_>, &[u8]),
        outgoing: &mut Outgoing,
    ) -> Result<Self, HandshakeError> {
        let mut session = Self::new(remote, zero, now, Some(config));
        // The library has a cookie exchange of its own, with state. It gets a reconstruction of the first
        // hello, and the same cookie, so that its answer is the one that the client already has.
        session.provider = Some(provider.clone());
        provider.set_cookie(Cookie::try_from(hello.cookie).ok());
        let first = session.feed(now, &hello.without_cookie(), &mut |_| {});
        provider.set_cookie(None);
        while session.endpoint.poll_transmit().is_some() {}
        let malformed = || HandshakeError::Protocol("the hello is malformed".to_owned());
        if first != Outcome::None {
            return Err(malformed());
        }
        session.hello = hello.before_cookie.to_vec();
        session.offset = hello.record_sequence.saturating_sub(1);
        let readable = hello.without_session_id();
        session.replaced = readable.as_ref().map(|(replaced, _)| replaced.clone());
        let datagram = readable.as_ref().map_or(datagram, |(_, it)| it);
        let outcome = session.feed(now, datagram, &mut |_| {});
        let mut answer = Outgoing::new();
        session.drain(now, &mut answer);
        match outcome {
            // The library drops a hello that it cannot read, and would wait for another.
            Outcome::None if session.has_sent_hello() => {
                outgoing.append(&mut answer);
                Ok(session)
            }
            Outcome::Failed(failure) => {
                // The alert.
                outgoing.append(&mut answer);
                Err(failure)
            }
            _ => Err(malformed()),
        }
    }

    /// Whether the last flight begins with a ServerHello.
    fn has_sent_hello(&self) -> bool {
        let first = self.flight.first().and_then(|it| records(it)?.next());
        first.is_some_and(|record| record.content.first() == Some(&SERVER_HELLO))
    }

    /// Whether the session began with this hello.
    pub fn began_with(&self, hello: &Hello<'_>) -> bool {
        self.hello == hello.before_cookie
    }

    /// Records that the ENet host has a peer at this address, and whether it is or was connected.
    pub fn mark_used(&mut self, now: Time, is_connected: bool) {
        let usage = if is_connected {
            Usage::Connected
        } else {
            Usage::Connecting
        };
        self.usage = self.usage.max(usage);
        self.last_used = now;
    }

    /// Leaves out `unserved` of the time that the session has gone without a peer.
    pub fn excuse(&mut self, now: Time, unserved: Time) {
        self.last_used = (self.last_used + unserved).min(now);
    }

    /// Whether there ever was a peer, or something was sent.
    pub fn has_been_used(&self) -> bool {
        self.usage > Usage::None
    }

    /// Whether the peer has been gone for long, or never came.
    pub fn is_unused(&self, now: Time) -> bool {
        let timeout = match self.usage {
            Usage::None => HANDSHAKE_TIMEOUT,
            Usage::Connecting => CONNECT_PERIOD,
            Usage::Connected => GRACE_PERIOD,
        };
        now >= self.last_used + timeout
    }

    /// Takes in a datagram. Calls `plain` with each decrypted datagram in it.
    pub fn receive(&mut self, now: Time, datagram: &[u8], plain: &mut dyn FnMut(&[u8])) -> Outcome {
        let to_server = self.rejection.is_none();
        let costs = records(datagram).and_then(|records| {
            records
                .map(|it| cost::of(&it, to_server))
                .sum::<Option<usize>>()
        });
        let Some(cost) = costs else {
            return Outcome::None;
        };
        self.cost = self.cost.saturating_add(cost);
        if self.is_ready {
            return match cost > 0 && self.cost > cost::MAX_COST {
                true => Outcome::None,
                false => self.feed(now, datagram, plain),
            };
        }
        self.datagrams += 1;
        self.bytes += datagram.len();
        let max_bytes = match to_server {
            true => MAX_BYTES_OF_CLIENT,
            false => MAX_BYTES,
        };
        if self.datagrams > MAX_DATAGRAMS || self.bytes > max_bytes || self.cost > cost::MAX_COST {
            return Outcome::Failed(HandshakeError::LimitExceeded);
        }
        self.feed(now, datagram, plain)
    }

    fn feed(&mut self, now: Time, datagram: &[u8], plain: &mut dyn FnMut(&[u8])) -> Outcome {
        let at = self.zero + now;
        let remote = self.remote;
        if !self.is_ready
            && let Some(provider) = &self.provider
        {
            provider.begin_call(self.replaced.clone());
        }
        let given = self.guard(|endpoint| endpoint.read(at, remote, None, datagram.into()));
        let read = match given {
            Ok(read) => read,
            Err(failure) => return Outcome::Failed(failure),
        };
        let events = match read {
            Ok(events) => events,
            Err(error) => return self.outcome_of(&error, datagram),
        };
        let mut outcome = Outcome::None;
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete => {
                    self.is_ready = true;
                    self.last_used = now;
                    outcome = Outcome::Ready;
                }
                EndpointEvent::ApplicationData(bytes) => plain(&bytes),
                EndpointEvent::PeerClosed => outcome = Outcome::Closed,
                _ => {}
            }
        }
        outcome
    }

    /// The outcome of an error of the library. Only an authenticated alert ends a session that is up.
    fn outcome_of(&mut self, error: &Error, datagram: &[u8]) -> Outcome {
        if self.is_ready {
            return match error {
                Error::ErrAlertFatalOrClose => Outcome::Closed,
                _ => Outcome::None,
            };
        }
        let rejection = self.rejection.as_ref();
        let rejection =
            rejection.and_then(|it| it.lock().unwrap_or_else(PoisonError::into_inner).take());
        Outcome::Failed(match (rejection, alert::describe(datagram)) {
            (Some(reason), _) => HandshakeError::Certificate(reason),
            (None, Some(alert)) => HandshakeError::Refused(alert),
            (None, None) => HandshakeError::Protocol(error.to_string()),
        })
    }

    /// Encrypts a datagram.
    pub fn send(&mut self, now: Time, datagram: &[u8]) -> Outcome {
        self.mark_used(now, false);
        let (at, remote) = (self.zero + now, self.remote);
        match self.guard(|endpoint| endpoint.write(at, remote, datagram)) {
            Ok(Ok(())) => Outcome::None,
            Ok(Err(error)) => Outcome::Failed(HandshakeError::Protocol(error.to_string())),
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn next_timer(&self) -> Option<Time> {
        if self.is_ready {
            return None;
        }
        let timer = match self.library_timer() {
            Some(timer) => timer,
            None => self.flight_sent + self.pause(),
        };
        let deadline = match self.is_client() {
            true => self.started + SLOW_HANDSHAKE,
            false => self.started + HANDSHAKE_TIMEOUT,
        };
        Some(match self.is_slow {
            true => timer,
            false => timer.min(deadline),
        })
    }

    fn is_client(&self) -> bool {
        self.rejection.is_some()
    }

    /// Whether this is a client's handshake that began so long ago that its peer must be known.
    pub fn has_begun_before(&self, time: Time) -> bool {
        self.started <= time
    }

    /// Time from the last transmission of the flight to the next one.
    fn pause(&self) -> Time {
        let doublings = match self.is_client() {
            true => self.repeats.saturating_sub(FAST_RETRANSMISSIONS - 1).min(8),
            false => 0,
        };
        (RETRANSMISSION_TIMEOUT * (1 << doublings)).min(MAX_PAUSE)
    }

    /// When the library retransmits, if it still does.
    fn library_timer(&self) -> Option<Time> {
        let timer = self.endpoint.poll_timeout(&self.remote)?;
        (self.retransmissions < MAX_RETRANSMISSIONS)
            .then(|| timer.saturating_duration_since(self.zero))
    }

    /// Retransmits what got no answer. A server gives up when the handshake takes too long.
    pub fn handle_timeout(&mut self, now: Time, outgoing: &mut Outgoing) -> Outcome {
        if self.is_ready {
            return Outcome::None;
        }
        if !self.is_client() && now >= self.started + HANDSHAKE_TIMEOUT {
            return Outcome::Failed(HandshakeError::TimedOut(HANDSHAKE_TIMEOUT.as_secs()));
        }
        if self.is_client() && !self.is_slow && now >= self.started + SLOW_HANDSHAKE {
            self.is_slow = true;
            return Outcome::Slow;
        }
        let has_repeated = self.retransmissions >= MAX_RETRANSMISSIONS;
        if has_repeated && !self.is_client() {
            // A server's flight is large, and its client may be gone.
            let seconds = now.saturating_sub(self.started).as_secs();
            return Outcome::Failed(HandshakeError::TimedOut(seconds));
        }
        if self.library_timer().is_none() {
            if now >= self.flight_sent + self.pause() {
                self.retransmit(now, outgoing);
            }
            return Outcome::None;
        }
        let (at, remote) = (self.zero + now, self.remote);
        let done = self.guard(|endpoint| endpoint.handle_timeout(remote, at));
        let (retransmissions, repeats) = (self.retransmissions + 1, self.repeats + 1);
        self.drain(now, outgoing);
        self.retransmissions = retransmissions;
        self.repeats = repeats;
        match done {
            Ok(Ok(())) => Outcome::None,
            Ok(Err(error)) => Outcome::Failed(HandshakeError::Protocol(error.to_string())),
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// Closes the session. The alert for the remote goes to `outgoing`.
    pub fn close(&mut self, now: Time, outgoing: &mut Outgoing) {
        let (at, remote) = (self.zero + now, self.remote);
        // The session ends in any case, also if the library panics.
        let _ = self.guard(|endpoint| endpoint.stop(at, remote).is_some());
        self.drain(now, outgoing);
    }

    /// Moves the datagrams that the library made to `outgoing`.
    pub fn drain(&mut self, now: Time, outgoing: &mut Outgoing) {
        let mut is_first = true;
        while let Some(transmit) = self.endpoint.poll_transmit() {
            let mut datagram = transmit.message;
            if self.is_ready {
                self.flight = Vec::new();
            } else {
                if std::mem::take(&mut is_first) {
                    self.flight.clear();
                    self.flight_sent = now;
                    self.retransmissions = 0;
                    self.repeats = 0;
                }
                self.flight.push(datagram.clone());
            }
            if self.offset > 0 {
                renumber(&mut datagram, self.offset);
            }
            outgoing.push_back((self.remote, datagram));
        }
    }

    /// Retransmits the last flight, in place of the library, which stops its timer when the remote
    /// retransmits, and gives the handshake up after some retransmissions. The records get new sequence numbers, because the
    /// remote drops old ones as replays.
    fn retransmit(&mut self, now: Time, outgoing: &mut Outgoing) {
        let sizes = self.flight.iter().filter_map(|it| records(it));
        self.offset += sizes.map(|it| it.count() as u64).sum::<u64>();
        self.flight_sent = now;
        self.repeats += 1;
        for datagram in &self.flight {
            let mut datagram = datagram.clone();
            renumber(&mut datagram, self.offset);
            outgoing.push_back((self.remote, datagram));
        }
    }

    fn guard<T>(&mut self, call: impl FnOnce(&mut Endpoint) -> T) -> Result<T, HandshakeError> {
        // The endpoint is dropped after a panic, so its broken invariants are never seen.
        catch_unwind(AssertUnwindSafe(|| call(&mut self.endpoint)))
            .map_err(|_| HandshakeError::Protocol("the DTLS library gave up on it".to_owned()))
    }
}

/// Whether the first record of a datagram belongs to a handshake.
pub fn is_handshake(datagram: &[u8]) -> bool {
    datagram.first() == Some(&HANDSHAKE)
}
