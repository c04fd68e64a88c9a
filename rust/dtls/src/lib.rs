//! DTLS 1.2 below an ENet host: each of its datagrams travels as one encrypted record, as with Godot's
//! built-in ENet.
//!
//! The protocol is the `rtc-dtls` crate's, verification rustls's, the ciphers ring's. This module
//! decides who gets a session, and for how long. A server keeps and computes nothing for an address
//! before it has shown that it receives there; so much is begun in one go and no more, so
//! that newcomers do not hold up a game; and whatever gets no ENet peer goes again.
//!
//! Sans-IO, like the engine: datagrams and times go in, datagrams and [`DtlsEvent`]s come out.

#![forbid(unsafe_code)]

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ConfigBuilder, HandshakeConfig};
use rtc_shared::error::Error;
use rustls::pki_types::UnixTime;

mod alert;
mod cookie;
mod cost;
mod error;
mod identity;
mod newcomers;
mod provider;
mod record;
mod session;
mod verify;

pub use error::{CertificateProblem, Failed, Failure, SetupError};
pub use identity::Identity;
pub use record::{OVERHEAD, is_application_data};
pub use session::HANDSHAKE_TIMEOUT;
pub use verify::{Trust, Verification, first_certificate};

use cookie::Hello;
use newcomers::Newcomers;
use provider::Provider;
use session::{Outgoing, Problem, RETRANSMISSION, Session, Step, is_handshake};

/// A point in time: the duration since an epoch that the caller chooses. It never goes back.
pub type Time = std::time::Duration;

/// Largest datagram that is read: a handshake's may have some certificates in one.
pub const MAX_DATAGRAM_SIZE: usize = 16 * 1024;

/// Most handshakes that are begun at a time: each costs a signature, about a millisecond.
const MAX_BEGUN: usize = 8;
/// Time between two looks for sessions without a peer.
const SWEEP_INTERVAL: Time = Time::from_secs(1);
/// Bytes of a handshake's datagrams, which also small paths carry whole.
const HANDSHAKE_MTU: usize = 1200;

/// What a host has to know of its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DtlsEvent {
    /// Datagrams can be sent there from now on.
    Ready(SocketAddr),
    /// The session is gone: closed by the remote, or replaced by a new one.
    Ended(SocketAddr),
    /// A handshake failed.
    Failed(Failed),
}

/// How many sessions there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sessions {
    /// Encrypted ones.
    pub ready: usize,
    /// Handshakes under way.
    pub pending: usize,
    /// Handshakes that wait to be begun.
    pub waiting: usize,
}

enum Role {
    Server(Box<Newcomers>),
    Client(Verification),
}

/// The encrypted sessions of a host. See the module's head.
pub struct Dtls {
    role: Role,
    provider: Arc<Provider>,
    zero: Instant,
    ready: HashMap<SocketAddr, Session>,
    pending: HashMap<SocketAddr, Session>,
    outgoing: Outgoing,
    events: VecDeque<DtlsEvent>,
    /// When something is due. Possibly early.
    timer: Option<Time>,
    swept: Time,
    /// When handshakes were begun last, and how many.
    begun: (Time, usize),
}

impl Dtls {
    /// The accepting side.
    pub fn server(identity: &Identity, now: Time) -> Result<Self, SetupError> {
        let provider = Arc::new(Provider::new());
        let config = builder(&provider)
            .with_certificates(vec![identity.certificate.clone()])
            .build(false, None)
            .map_err(|error| SetupError::Library(error.to_string()))?;
        let newcomers = Newcomers::new(Arc::new(config), now)?;
        let role = Role::Server(Box::new(newcomers));
        Ok(Self::new(role, provider, now))
    }

    /// The connecting side.
    pub fn client(verification: Verification, now: Time) -> Self {
        Self::new(Role::Client(verification), Arc::new(Provider::new()), now)
    }

    fn new(role: Role, provider: Arc<Provider>, now: Time) -> Self {
        Self {
            role,
            provider,
            zero: Instant::now(),
            ready: HashMap::new(),
            pending: HashMap::new(),
            outgoing: Outgoing::new(),
            events: VecDeque::new(),
            timer: None,
            swept: now,
            begun: (now, 0),
        }
    }

    /// Whether it is the connecting side.
    pub fn is_client(&self) -> bool {
        matches!(self.role, Role::Client(_))
    }

    /// Whether new sessions are refused. Handshakes under way go on.
    pub fn refuse(&mut self, refuse: bool) {
        if let Role::Server(newcomers) = &mut self.role {
            newcomers.is_refusing = refuse;
        }
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> Sessions {
        Sessions {
            ready: self.ready.len(),
            pending: self.pending.len(),
            waiting: match &self.role {
                Role::Server(newcomers) => newcomers.waiting(),
                Role::Client(_) => 0,
            },
        }
    }

    /// Begins a handshake, unless there is a session; true if datagrams can be sent at once. On a server
    /// this does nothing.
    pub fn connect(&mut self, now: Time, to: SocketAddr) -> bool {
        if self.ready.contains_key(&to) {
            return true;
        }
        if self.is_client() && !self.pending.contains_key(&to) {
            self.attempt(to, now, now);
        }
        false
    }

    /// Begins a client's handshake, or goes on with an attempt that nobody has answered `since`.
    fn attempt(&mut self, to: SocketAddr, since: Time, now: Time) {
        let Role::Client(verification) = &self.role else {
            return;
        };
        let problem = Problem::default();
        let times = (since, now);
        let begun = client_config(&self.provider, verification, &problem)
            .and_then(|config| Session::connect(to, self.zero, times, config, problem));
        match begun {
            Ok(mut session) => {
                session.drain(now, &mut self.outgoing);
                self.pending.insert(to, session);
                self.timer = Some(now);
            }
            Err(reason) => self.fail(to, reason),
        }
    }

    /// Takes a datagram in; what it held is handed out decrypted.
    pub fn receive(
        &mut self,
        now: Time,
        from: SocketAddr,
        datagram: &[u8],
        plain: &mut dyn FnMut(SocketAddr, &[u8]),
    ) {
        if is_handshake(datagram)
            && !self.is_client()
            && let Some(hello) = Hello::read(datagram)
        {
            return self.greet(now, from, &hello, datagram);
        }
        let plain = &mut |bytes: &[u8]| plain(from, bytes);
        // A client that begins anew from the same address has two for a while.
        if let Some(session) = self.pending.get_mut(&from) {
            let step = session.receive(now, datagram, plain);
            session.drain(now, &mut self.outgoing);
            match step {
                Step::None | Step::Unanswered => {}
                Step::Ready => self.promote(from),
                Step::Closed => {
                    self.take_pending(from);
                    // Nobody has signed that, and an older session knows nothing of it.
                    if !self.ready.contains_key(&from) {
                        self.events.push_back(DtlsEvent::Ended(from));
                    }
                }
                Step::Failed(reason) => {
                    self.take_pending(from);
                    self.fail(from, reason);
                }
            }
        }
        if let Some(session) = self.ready.get_mut(&from) {
            let step = session.receive(now, datagram, plain);
            session.drain(now, &mut self.outgoing);
            if let Step::Closed | Step::Failed(_) = step {
                self.ready.remove(&from);
                self.events.push_back(DtlsEvent::Ended(from));
            }
        }
    }

    /// Answers a hello, or notes that a handshake is to be begun.
    fn greet(&mut self, now: Time, from: SocketAddr, hello: &Hello<'_>, datagram: &[u8]) {
        let Role::Server(newcomers) = &mut self.role else {
            return;
        };
        // Said again because the answer got lost, which is repeated by itself.
        if (self.pending.get(&from)).is_some_and(|session| session.began_with(hello)) {
            return;
        }
        if newcomers.greet(now, from, hello, datagram, &mut self.outgoing) {
            self.timer = Some(now);
        }
    }

    /// Begins some of the handshakes that wait. A burst of datagrams has many services at one time.
    fn begin(&mut self, now: Time) {
        if self.begun.0 != now {
            self.begun = (now, 0);
        }
        while self.begun.1 < MAX_BEGUN {
            let Role::Server(newcomers) = &mut self.role else {
                return;
            };
            let Some((from, datagram)) = newcomers.next() else {
                return;
            };
            // The keys may have changed meanwhile.
            let Some(hello) = Hello::read(&datagram) else {
                continue;
            };
            if !newcomers.knows(from, &hello) {
                continue;
            }
            // Its client begins anew.
            if self.pending.remove(&from).is_some() {
                newcomers.ended(from);
            }
            self.begun.1 += 1;
            let config = newcomers.config.clone();
            let hello = (&hello, datagram.as_slice());
            match Session::accept(from, self.zero, now, config, &self.provider, hello) {
                Ok(mut session) => {
                    session.drain(now, &mut self.outgoing);
                    self.pending.insert(from, session);
                    newcomers.begun(from);
                }
                Err(reason) => self.fail(from, reason),
            }
        }
    }

    /// The handshake is done; the session takes the place of an older one.
    fn promote(&mut self, address: SocketAddr) {
        let Some(session) = self.take_pending(address) else {
            return;
        };
        if self.ready.insert(address, session).is_some() {
            self.events.push_back(DtlsEvent::Ended(address));
        }
        self.events.push_back(DtlsEvent::Ready(address));
    }

    fn take_pending(&mut self, address: SocketAddr) -> Option<Session> {
        let session = self.pending.remove(&address)?;
        if let Role::Server(newcomers) = &mut self.role {
            newcomers.ended(address);
        }
        Some(session)
    }

    fn fail(&mut self, address: SocketAddr, reason: Failure) {
        let is_client = self.is_client();
        self.events.push_back(DtlsEvent::Failed(Failed {
            address,
            reason,
            is_client,
        }));
    }

    /// Encrypts a datagram for an address; false where there is no session, and the datagram is lost.
    pub fn send(&mut self, now: Time, to: SocketAddr, datagram: &[u8]) -> bool {
        let Some(session) = self.ready.get_mut(&to) else {
            return false;
        };
        let step = session.send(now, datagram);
        session.drain(now, &mut self.outgoing);
        if step != Step::None {
            self.ready.remove(&to);
            self.events.push_back(DtlsEvent::Ended(to));
            return false;
        }
        true
    }

    /// Does what is due.
    pub fn service(&mut self, now: Time) {
        if self.timer.is_none_or(|timer| now < timer) {
            return;
        }
        self.begin(now);
        let due: Vec<_> = self
            .pending
            .iter()
            .filter(|(_, session)| session.next_timer().is_some_and(|timer| timer <= now))
            .map(|(&address, _)| address)
            .collect();
        for address in due {
            let Some(session) = self.pending.get_mut(&address) else {
                continue;
            };
            let step = session.work(now, &mut self.outgoing);
            let since = session.since();
            match step {
                Step::Failed(reason) => {
                    self.take_pending(address);
                    self.fail(address, reason);
                }
                Step::Unanswered => {
                    self.take_pending(address);
                    self.attempt(address, since, now);
                }
                Step::None | Step::Ready | Step::Closed => {}
            }
        }
        let begins = self.sessions().waiting > 0;
        self.timer = match begins {
            true => Some(now),
            false => self.pending.values().filter_map(Session::next_timer).min(),
        };
    }

    /// Whether [`Dtls::sweep`] is due.
    pub fn wants_peers(&self, now: Time) -> bool {
        now >= self.swept + SWEEP_INTERVAL
    }

    /// Ends sessions that no ENet peer uses; `in_use` has the peers' addresses.
    pub fn sweep(&mut self, now: Time, in_use: &[SocketAddr]) {
        self.swept = now;
        for address in in_use {
            if let Some(session) = self.ready.get_mut(address) {
                session.is_needed(now);
            }
        }
        let over = self.ready.iter().filter(|(_, it)| it.is_over(now));
        let over: Vec<_> = over.map(|(&address, _)| address).collect();
        for address in over {
            if let Some(mut session) = self.ready.remove(&address) {
                session.close(now);
                session.drain(now, &mut self.outgoing);
            }
        }
    }

    /// When [`Self::service`] has something to do next, if no datagram comes before.
    pub fn next_timer(&self) -> Option<Time> {
        let sweep = (!self.ready.is_empty()).then_some(self.swept + SWEEP_INTERVAL);
        [self.timer, sweep].into_iter().flatten().min()
    }

    /// The next datagram to send; its bytes replace those of `datagram`.
    pub fn next_datagram(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        let (to, bytes) = self.outgoing.pop_front()?;
        datagram.clear();
        datagram.extend_from_slice(&bytes);
        Some(to)
    }

    /// What happened, oldest first.
    pub fn next_event(&mut self) -> Option<DtlsEvent> {
        self.events.pop_front()
    }

    /// Takes leave of every remote.
    pub fn close(&mut self, now: Time) {
        for mut session in self.ready.drain().map(|(_, session)| session) {
            session.close(now);
            session.drain(now, &mut self.outgoing);
        }
        for mut session in self.pending.drain().map(|(_, session)| session) {
            session.close(now);
            session.drain(now, &mut self.outgoing);
        }
    }
}

impl std::fmt::Debug for Dtls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dtls")
            .field("is_client", &self.is_client())
            .field("sessions", &self.sessions())
            .finish_non_exhaustive()
    }
}

/// Forward secrecy and authenticated encryption, or nothing.
fn builder(provider: &Arc<Provider>) -> ConfigBuilder {
    ConfigBuilder::default()
        .with_crypto_provider(provider.clone())
        .with_cipher_suites(vec![
            CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256,
            CipherSuiteId::Tls_Ecdhe_Rsa_With_Aes_128_Gcm_Sha256,
            CipherSuiteId::Tls_Ecdhe_Ecdsa_With_ChaCha20_Poly1305_Sha256,
            CipherSuiteId::Tls_Ecdhe_Rsa_With_ChaCha20_Poly1305_Sha256,
        ])
        .with_flight_interval(RETRANSMISSION)
        .with_mtu(HANDSHAKE_MTU)
}

fn client_config(
    provider: &Arc<Provider>,
    verification: &Verification,
    problem: &Problem,
) -> Result<Arc<HandshakeConfig>, Failure> {
    let (verification, problem) = (verification.clone(), problem.clone());
    let check = move |chain: &[Vec<u8>], _: &[_]| {
        verification.check(chain, UnixTime::now()).map_err(|found| {
            let text = found.to_string();
            *problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
            Error::Other(text)
        })
    };
    let config = builder(provider)
        // The library's own verifier knows no certificates that signed themselves.
        .with_insecure_skip_verify(true)
        .with_verify_peer_certificate(Some(Arc::new(check)))
        .build(true, None)
        .map_err(|error| Failure::Protocol(error.to_string()))?;
    Ok(Arc::new(config))
}
