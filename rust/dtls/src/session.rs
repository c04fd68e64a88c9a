//! One encrypted session: an association of the DTLS library, kept within bounds.
//!
//! The library is handed nothing that is not needed: malformed datagrams, floods before the handshake
//! is done, and messages of a handshake long after it end here. It may panic on what nobody foresaw;
//! then this session fails, and no other.

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

use super::alert;
use super::cookie::{Cookie, Hello};
use super::cost;
use super::error::{CertificateProblem, Failure};
use super::provider::Provider;
use super::record::{HANDSHAKE, records, renumber};
use crate::Time;

/// A handshake that is not done by then never will be.
pub const HANDSHAKE_TIMEOUT: Time = Time::from_secs(8);
/// Most datagrams, and bytes, that a remote may send until its handshake is done. A chain of four large
/// certificates, sent thrice, stays below.
const MAX_DATAGRAMS: u32 = 128;
const MAX_BYTES: usize = 96 * 1024;
/// The same of a client, which sends no certificates: many may do so at a time.
const MAX_BYTES_OF_CLIENT: usize = 16 * 1024;
/// How long a session stays after its peer: the last words may have to be said again.
const GRACE: Time = Time::from_secs(2);
/// Shorter than the usual second: players wait.
pub const RETRANSMISSION: Time = Time::from_millis(500);

/// Datagrams to send.
pub type Outgoing = VecDeque<(SocketAddr, BytesMut)>;
/// Where the verification of a certificate leaves its reason.
pub type Problem = Arc<Mutex<Option<CertificateProblem>>>;

/// What a datagram did to the session.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing that others have to know.
    None,
    /// The handshake is done.
    Ready,
    /// The remote closed the session.
    Closed,
    /// Nobody answered, often enough for the library, but not for long.
    Unanswered,
    /// It is over.
    Failed(Failure),
}

pub struct Session {
    endpoint: Endpoint,
    remote: SocketAddr,
    /// The instant of time zero, for the library.
    zero: Instant,
    is_ready: bool,
    since: Time,
    datagrams: u32,
    bytes: usize,
    /// See [`cost`]. Goes on after the handshake: its end is repeated where the last answer was lost.
    cost: usize,
    /// What is added to the numbers of records that are not encrypted: those the client used up before
    /// there was a session.
    offset: u64,
    problem: Option<Problem>,
    /// The beginning of the client's hello, which nobody else's has.
    hello: Vec<u8>,
    /// What was sent last of the handshake, and when.
    flight: Vec<BytesMut>,
    flight_sent: Time,
    /// Whether the ENet host has, or had, a peer at this address.
    had_peer: bool,
    /// When it had one last, or the handshake was done.
    last_needed: Time,
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
            since: now,
            datagrams: 0,
            bytes: 0,
            cost: 0,
            offset: 0,
            problem: None,
            hello: Vec::new(),
            flight: Vec::new(),
            flight_sent: now,
            had_peer: false,
            last_needed: now,
        }
    }

    /// Begins a handshake. `problem` is where the configuration's verification leaves its reason. An
    /// attempt that goes on from an earlier one began `since`.
    pub fn connect(
        remote: SocketAddr,
        zero: Instant,
        (since, now): (Time, Time),
        config: Arc<HandshakeConfig>,
        problem: Problem,
    ) -> Result<Self, Failure> {
        let mut session = Self::new(remote, zero, since, None);
        session.problem = Some(problem);
        session
            .guard(|endpoint| endpoint.connect(zero + now, remote, config, None))?
            .map_err(|error| Failure::Protocol(error.to_string()))?;
        Ok(session)
    }

    /// Takes a handshake up where the client has shown its cookie: `datagram` is the `hello` with it.
    pub fn accept(
        remote: SocketAddr,
        zero: Instant,
        now: Time,
        config: Arc<HandshakeConfig>,
        provider: &Provider,
        (hello, datagram): (&Hello<'_>, &[u8]),
    ) -> Result<Self, Failure> {
        let mut session = Self::new(remote, zero, now, Some(config));
        // The library has a cookie exchange of its own, with state. It gets to see the first hello, as
        // it must have been, and its answer is the one that the client already has.
        provider.set_cookie(Cookie::try_from(hello.cookie).ok());
        let first = session.give(now, &hello.without_cookie(), &mut |_| {});
        provider.set_cookie(None);
        while session.endpoint.poll_transmit().is_some() {}
        if first != Step::None {
            return Err(Failure::Protocol("the hello is malformed".to_owned()));
        }
        session.hello = hello.before_cookie.to_vec();
        session.offset = hello.record_sequence.saturating_sub(1);
        match session.give(now, datagram, &mut |_| {}) {
            Step::None => Ok(session),
            Step::Failed(failure) => Err(failure),
            _ => Err(Failure::Protocol("the hello is malformed".to_owned())),
        }
    }

    /// When the attempt began.
    pub fn since(&self) -> Time {
        self.since
    }

    /// Whether the hello is the one that it began with.
    pub fn began_with(&self, hello: &Hello<'_>) -> bool {
        self.hello == hello.before_cookie
    }

    /// Notes that the ENet host has a peer at this address.
    pub fn is_needed(&mut self, now: Time) {
        self.had_peer = true;
        self.last_needed = now;
    }

    /// Whether nobody needs it any more: its peer is gone, or never came.
    pub fn is_over(&self, now: Time) -> bool {
        let patience = match self.had_peer {
            true => GRACE,
            false => HANDSHAKE_TIMEOUT,
        };
        now >= self.last_needed + patience
    }

    /// Takes a datagram in. Decrypted ones are handed out.
    pub fn receive(&mut self, now: Time, datagram: &[u8], plain: &mut dyn FnMut(&[u8])) -> Step {
        // Only a client verifies certificates.
        let to_server = self.problem.is_none();
        let costs = records(datagram).and_then(|records| {
            records
                .map(|it| cost::of(&it, to_server))
                .sum::<Option<usize>>()
        });
        let Some(cost) = costs else {
            return Step::None;
        };
        self.cost = self.cost.saturating_add(cost);
        if self.is_ready {
            return match cost > 0 && self.cost > cost::MAX_COST {
                true => Step::None,
                false => self.give(now, datagram, plain),
            };
        }
        self.datagrams += 1;
        self.bytes += datagram.len();
        let max_bytes = match to_server {
            true => MAX_BYTES_OF_CLIENT,
            false => MAX_BYTES,
        };
        if self.datagrams > MAX_DATAGRAMS || self.bytes > max_bytes || self.cost > cost::MAX_COST {
            return Step::Failed(Failure::TooMuch);
        }
        self.give(now, datagram, plain)
    }

    fn give(&mut self, now: Time, datagram: &[u8], plain: &mut dyn FnMut(&[u8])) -> Step {
        let at = self.zero + now;
        let remote = self.remote;
        let given = self.guard(|endpoint| endpoint.read(at, remote, None, datagram.into()));
        let read = match given {
            Ok(read) => read,
            Err(failure) => return Step::Failed(failure),
        };
        let events = match read {
            Ok(events) => events,
            Err(error) => return self.failed(&error, datagram),
        };
        let mut step = Step::None;
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete => {
                    self.is_ready = true;
                    self.last_needed = now;
                    step = Step::Ready;
                }
                EndpointEvent::ApplicationData(bytes) => plain(&bytes),
                EndpointEvent::PeerClosed => step = Step::Closed,
                _ => {}
            }
        }
        step
    }

    /// What an error means. Once the session is up only what was decrypted can end it.
    fn failed(&mut self, error: &Error, datagram: &[u8]) -> Step {
        if self.is_ready {
            return match error {
                Error::ErrAlertFatalOrClose => Step::Closed,
                _ => Step::None,
            };
        }
        let problem = self.problem.as_ref();
        let problem =
            problem.and_then(|it| it.lock().unwrap_or_else(PoisonError::into_inner).take());
        Step::Failed(match (problem, alert::find(datagram)) {
            (Some(problem), _) => Failure::Certificate(problem),
            (None, Some(alert)) => Failure::Refused(alert),
            (None, None) => Failure::Protocol(error.to_string()),
        })
    }

    /// Encrypts a datagram.
    pub fn send(&mut self, now: Time, datagram: &[u8]) -> Step {
        self.is_needed(now);
        let (at, remote) = (self.zero + now, self.remote);
        match self.guard(|endpoint| endpoint.write(at, remote, datagram)) {
            Ok(Ok(())) => Step::None,
            Ok(Err(error)) => Step::Failed(Failure::Protocol(error.to_string())),
            Err(failure) => Step::Failed(failure),
        }
    }

    /// When [`Self::work`] has something to do.
    pub fn next_timer(&self) -> Option<Time> {
        if self.is_ready {
            return None;
        }
        let deadline = self.since + HANDSHAKE_TIMEOUT;
        let timer = match self.endpoint.poll_timeout(&self.remote) {
            Some(timer) => timer.saturating_duration_since(self.zero),
            None => self.flight_sent + RETRANSMISSION,
        };
        Some(timer.min(deadline))
    }

    /// Sends again what got no answer, and gives up in time.
    pub fn work(&mut self, now: Time, outgoing: &mut Outgoing) -> Step {
        if self.is_ready {
            return Step::None;
        }
        if now >= self.since + HANDSHAKE_TIMEOUT {
            return Step::Failed(Failure::TimedOut(HANDSHAKE_TIMEOUT.as_secs()));
        }
        let (at, remote) = (self.zero + now, self.remote);
        if self.endpoint.poll_timeout(&remote).is_none() {
            if now >= self.flight_sent + RETRANSMISSION {
                self.send_again(now, outgoing);
            }
            return Step::None;
        }
        let step = match self.guard(|endpoint| endpoint.handle_timeout(remote, at)) {
            Ok(Ok(())) => Step::None,
            Ok(Err(_)) => Step::Unanswered,
            Err(failure) => Step::Failed(failure),
        };
        self.drain(now, outgoing);
        step
    }

    /// Takes leave of the remote.
    pub fn close(&mut self, now: Time) {
        let (at, remote) = (self.zero + now, self.remote);
        // A panic while leaving changes nothing.
        let _ = self.guard(|endpoint| endpoint.stop(at, remote).is_some());
    }

    /// Hands out what is to be sent.
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
                }
                self.flight.push(datagram.clone());
            }
            if self.offset > 0 {
                renumber(&mut datagram, self.offset);
            }
            outgoing.push_back((self.remote, datagram));
        }
    }

    /// Sends the last flight again, in the library's place: it forgets its timer when the remote says
    /// something again. Under numbers of their own, or the remote would not look at its records.
    fn send_again(&mut self, now: Time, outgoing: &mut Outgoing) {
        let sizes = self.flight.iter().filter_map(|it| records(it));
        self.offset += sizes.map(|it| it.count() as u64).sum::<u64>();
        self.flight_sent = now;
        for datagram in &self.flight {
            let mut datagram = datagram.clone();
            renumber(&mut datagram, self.offset);
            outgoing.push_back((self.remote, datagram));
        }
    }

    fn guard<T>(&mut self, call: impl FnOnce(&mut Endpoint) -> T) -> Result<T, Failure> {
        // The endpoint is given up after a panic, so nobody sees it half changed.
        catch_unwind(AssertUnwindSafe(|| call(&mut self.endpoint)))
            .map_err(|_| Failure::Protocol("the DTLS library gave up on it".to_owned()))
    }
}

/// Whether a datagram begins a handshake, or goes on with one.
pub fn is_handshake(datagram: &[u8]) -> bool {
    datagram.first() == Some(&HANDSHAKE)
}
