//! The sessions of one host, and the way of a datagram through them.

mod client;
mod server;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::ConfigBuilder;

use crate::cookie::Hello;
use crate::error::{FailedHandshake, HandshakeError, SetupError};
use crate::identity::Identity;
use crate::limits::DtlsLimits;
use crate::provider::Provider;
use crate::record::{is_application_data, is_of_handshake};
use crate::session::{
    Outcome, Outgoing, RETRANSMISSION_TIMEOUT, SLOW_HANDSHAKE, Session, is_handshake,
};
use crate::verify::Verification;
use crate::{DtlsEvent, Sessions, Time};
use server::Server;

/// Time between two sweeps for sessions without a peer.
const SWEEP_INTERVAL: Time = Time::from_secs(1);
/// Size of handshake datagrams in bytes, small enough for every usual path.
const HANDSHAKE_MTU: usize = 1200;

enum Role {
    Server(Box<Server>),
    Client(Verification),
}

/// The encrypted sessions of one host, which is either a server or a client.
///
/// After each call the caller fetches what the call produced, with [`Self::next_event`] and
/// [`Self::next_datagram`]. At [`Self::next_timer`] the caller does this:
///
/// 1. If [`Self::wants_peers`], it collects the addresses of its ENet peers, and passes them to
///    [`Self::sweep`].
/// 2. It calls [`Self::service`].
pub struct Dtls {
    role: Role,
    provider: Arc<Provider>,
    /// The instant of [`Time`] zero, for the DTLS library.
    zero: Instant,
    ready: HashMap<SocketAddr, Session>,
    pending: HashMap<SocketAddr, Session>,
    outgoing: Outgoing,
    events: VecDeque<DtlsEvent>,
    /// When handshakes need service next. May be too early, never too late.
    timer: Option<Time>,
    last_sweep: Time,
    /// Handshakes that failed.
    failed: u64,
}

impl Dtls {
    /// The accepting side. Fails if the DTLS library refuses the identity, or if the system has no
    /// random numbers.
    pub fn server(identity: &Identity, now: Time) -> Result<Self, SetupError> {
        let provider = Arc::new(Provider::server());
        let config = config_builder(&provider)
            .with_certificates(vec![identity.certificate.clone()])
            .build(false, None)
            .map_err(|error| SetupError::Library(error.to_string()))?;
        let server = Server::new(Arc::new(config), now)?;
        Ok(Self::new(Role::Server(Box::new(server)), provider, now))
    }

    /// The connecting side.
    pub fn client(verification: Verification, now: Time) -> Self {
        Self::new(
            Role::Client(verification),
            Arc::new(Provider::client()),
            now,
        )
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
            last_sweep: now,
            failed: 0,
        }
    }

    /// Whether this is the connecting side.
    pub fn is_client(&self) -> bool {
        matches!(self.role, Role::Client(_))
    }

    /// Sets whether a server refuses new sessions. Handshakes in progress go on.
    pub fn refuse(&mut self, refuse: bool) {
        if let Role::Server(server) = &mut self.role {
            server.is_refusing = refuse;
        }
    }

    /// Sets what handshakes may cost a server from now on.
    pub fn set_limits(&mut self, limits: DtlsLimits) {
        if let Role::Server(server) = &mut self.role {
            server.limits = limits;
        }
    }

    /// Counts of the sessions.
    pub fn sessions(&self) -> Sessions {
        let mut sessions = Sessions {
            ready: self.ready.len(),
            pending: self.pending.len(),
            failed: self.failed,
            ..Sessions::default()
        };
        if let Role::Server(server) = &self.role {
            server.count(&mut sessions);
        }
        sessions
    }

    /// Takes in a datagram from the socket. Calls `plain` with the sender's address and the decrypted
    /// datagram, for each that `datagram` holds.
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
            return self.answer_hello(now, from, &hello, datagram);
        }
        let plain = &mut |bytes: &[u8]| plain(from, bytes);
        // A client that starts over from the same address has two sessions for a while. The new one has the handshake
        // to itself, and cannot have data before its end; the old one goes on as if nothing were.
        let has_both = self.pending.contains_key(&from) && self.ready.contains_key(&from);
        let is_for_old = has_both && is_application_data(datagram);
        let is_for_new = has_both && is_of_handshake(datagram);
        if !is_for_old && let Some(session) = self.pending.get_mut(&from) {
            let outcome = session.receive(now, datagram, plain);
            session.drain(now, &mut self.outgoing);
            match outcome {
                Outcome::None | Outcome::Slow => {}
                Outcome::Ready => self.establish(now, from),
                Outcome::Closed => {
                    self.remove_pending(from);
                    // The alert is not authenticated, and does not concern an older session.
                    if !self.ready.contains_key(&from) {
                        self.events.push_back(DtlsEvent::Ended(from));
                    }
                }
                Outcome::Failed(reason) => {
                    self.remove_pending(from);
                    self.fail(from, reason);
                }
            }
        }
        if !is_for_new && let Some(session) = self.ready.get_mut(&from) {
            let outcome = session.receive(now, datagram, plain);
            session.drain(now, &mut self.outgoing);
            if let Outcome::Closed | Outcome::Failed(_) = outcome {
                self.ready.remove(&from);
                self.events.push_back(DtlsEvent::Ended(from));
            }
        }
    }

    /// Encrypts a datagram for an address. Returns false if there is no session, and drops the datagram.
    pub fn send(&mut self, now: Time, to: SocketAddr, datagram: &[u8]) -> bool {
        self.seal(now, to, datagram).is_some()
    }

    /// The same; returns how many bytes the encrypted datagram has.
    pub fn seal(&mut self, now: Time, to: SocketAddr, datagram: &[u8]) -> Option<usize> {
        let session = self.ready.get_mut(&to)?;
        let waiting = self.outgoing.len();
        let outcome = session.send(now, datagram);
        session.drain(now, &mut self.outgoing);
        if outcome != Outcome::None {
            self.ready.remove(&to);
            self.events.push_back(DtlsEvent::Ended(to));
            return None;
        }
        let sealed = self.outgoing.iter().skip(waiting);
        Some(sealed.map(|(_, datagram)| datagram.len()).sum())
    }

    /// Starts waiting handshakes, and retransmits or gives up those that got no answer.
    pub fn service(&mut self, now: Time) {
        if self.timer.is_none_or(|timer| now < timer) {
            return;
        }
        self.start_handshakes(now);
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
            let outcome = session.handle_timeout(now, &mut self.outgoing);
            match outcome {
                Outcome::Failed(reason) => {
                    self.remove_pending(address);
                    self.fail(address, reason);
                }
                Outcome::Slow => self.events.push_back(DtlsEvent::Slow(FailedHandshake {
                    address,
                    reason: HandshakeError::Slow(SLOW_HANDSHAKE.as_secs()),
                    is_client: true,
                })),
                _ => {}
            }
        }
        let next_start = match &self.role {
            Role::Server(server) => server.next_start(now),
            Role::Client(_) => None,
        };
        let timers = self.pending.values().filter_map(Session::next_timer);
        self.timer = timers.chain(next_start).min();
    }

    /// Whether a sweep is due, for which the caller collects the addresses of its ENet peers. Once a
    /// second while there are sessions.
    pub fn wants_peers(&self, now: Time) -> bool {
        self.next_sweep().is_some_and(|sweep| now >= sweep)
    }

    /// Closes the sessions that have had no ENet peer for some seconds, and ends a client's handshakes that have none. `in_use` are the addresses of
    /// all peers there are, each with whether the peer is or was connected. The addresses may be slightly out of
    /// date: a new session gets time enough to be used.
    ///
    /// What clients sent while the host was not served is read after this call. So that time does not count.
    pub fn sweep(&mut self, now: Time, in_use: &[(SocketAddr, bool)]) {
        let unserved = now.saturating_sub(self.last_sweep + SWEEP_INTERVAL);
        self.last_sweep = now;
        if unserved > Time::ZERO {
            for session in self.ready.values_mut() {
                session.excuse(now, unserved);
            }
        }
        for (address, is_connected) in in_use {
            if let Some(session) = self.ready.get_mut(address) {
                session.mark_used(now, *is_connected);
            }
        }
        let unused = self
            .ready
            .iter()
            .filter(|(_, session)| session.is_unused(now));
        let unused: Vec<_> = unused.map(|(&address, _)| address).collect();
        for address in unused {
            if let Some(mut session) = self.ready.remove(&address) {
                session.close(now, &mut self.outgoing);
            }
        }
        self.sweep_attempts(now, in_use);
    }

    fn next_sweep(&self) -> Option<Time> {
        let has_attempts = self.is_client() && !self.pending.is_empty();
        (has_attempts || !self.ready.is_empty()).then_some(self.last_sweep + SWEEP_INTERVAL)
    }

    /// When the next sweep or call of [`Self::service`] is due, unless a datagram comes before.
    pub fn next_timer(&self) -> Option<Time> {
        [self.timer, self.next_sweep()].into_iter().flatten().min()
    }

    /// The next datagram for the socket, and its destination. The bytes replace those of `datagram`.
    pub fn next_datagram(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        let (to, bytes) = self.outgoing.pop_front()?;
        datagram.clear();
        datagram.extend_from_slice(&bytes);
        Some(to)
    }

    /// The next event, oldest first.
    pub fn next_event(&mut self) -> Option<DtlsEvent> {
        self.events.pop_front()
    }

    /// Closes all sessions and handshakes. The alerts for the remotes wait in [`Self::next_datagram`].
    ///
    /// A server sends none to a client whose ENet connection has ended: Godot's client drops a disconnect that it reads
    /// together with the alert, and would not tell its game. `connected` says whether an address has an ENet peer
    /// whose end its remote does not know of.
    pub fn close(&mut self, now: Time, connected: impl Fn(&SocketAddr) -> bool) {
        let is_client = self.is_client();
        let is_told = |address: &SocketAddr, session: &Session| {
            !is_client && session.has_been_used() && !connected(address)
        };
        let ready = self.ready.drain();
        let ready = ready.filter(|(address, session)| !is_told(address, session));
        for (_, mut session) in ready.chain(self.pending.drain()) {
            session.close(now, &mut self.outgoing);
        }
    }

    /// Moves a session whose handshake is done to the ready ones, in the place of an older session.
    fn establish(&mut self, now: Time, address: SocketAddr) {
        let Some(session) = self.remove_pending(address) else {
            return;
        };
        if self.next_sweep().is_none() {
            self.last_sweep = now;
        }
        if self.ready.insert(address, session).is_some() {
            self.events.push_back(DtlsEvent::Ended(address));
        }
        self.events.push_back(DtlsEvent::Ready(address));
    }

    fn remove_pending(&mut self, address: SocketAddr) -> Option<Session> {
        let session = self.pending.remove(&address)?;
        if let Role::Server(server) = &mut self.role {
            server.handshake_ended(address);
        }
        Some(session)
    }

    fn fail(&mut self, address: SocketAddr, reason: HandshakeError) {
        let is_client = self.is_client();
        self.failed += 1;
        self.events.push_back(DtlsEvent::Failed(FailedHandshake {
            address,
            reason,
            is_client,
        }));
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

/// Settings of both roles. Only cipher suites with forward secrecy and authenticated encryption are
/// offered.
fn config_builder(provider: &Arc<Provider>) -> ConfigBuilder {
    ConfigBuilder::default()
        .with_crypto_provider(provider.clone())
        .with_cipher_suites(vec![
            CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256,
            CipherSuiteId::Tls_Ecdhe_Rsa_With_Aes_128_Gcm_Sha256,
            CipherSuiteId::Tls_Ecdhe_Ecdsa_With_ChaCha20_Poly1305_Sha256,
            CipherSuiteId::Tls_Ecdhe_Rsa_With_ChaCha20_Poly1305_Sha256,
        ])
        .with_flight_interval(RETRANSMISSION_TIMEOUT)
        .with_mtu(HANDSHAKE_MTU)
}

#[cfg(test)]
mod tests;
