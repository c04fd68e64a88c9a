//! Godot's `ENetConnection` without Godot: a host that can be made and destroyed, and the list of its
//! peers.
//!
//! A peer is listed from the moment it is known: from [`Connection::connect`], or from the event that
//! reports a newcomer. A peer is active until its connection ends, whichever side ends it, and leaves the
//! list at the next service. Whoever drives the connection takes its events with
//! [`Connection::next_event`]: a script's loop, or a [`crate::Multiplayer`] that shares the connection.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use crate::config::host_config;
use crate::{CreateError, DEFAULT_STALL_TIMEOUT, Facts, HostOptions, Inactive};
use enet_codec::Recorder;
use enet_net::{BindAddress, Clock, Host, Network, Totals};
use enet_proto::{Disconnect, HostConfig, PeerState, Seed, Time};

mod capture;
mod connecting;
mod events;
mod figures;
mod guard;
mod members;
mod names;
mod peer;
mod probing;
mod session;
mod settings;
mod simulation;
mod warnings;

use capture::Captures;
use guard::Guard;
use members::Members;
use names::Names;
use peer::unsigned;
use probing::Probing;
use session::SessionPart;
use simulation::Simulated;
use warnings::Warned;

pub(crate) use events::PeerChange;
pub use guard::Newcomer;
pub use names::NameError;
pub use settings::HostStatistic;
#[cfg(feature = "dtls")]
pub use warnings::FailedWarning;
pub use warnings::{
    OverLimitWarning, ServerIsEncrypted, SocketWarning, UndecodedWarning, UnencryptedWarning,
};

/// A connection that a session and a script's objects hold together.
pub type SharedConnection = Rc<RefCell<Connection>>;

/// The list of a host's peers, and the host while there is one. See the [module's documentation](self).
pub struct Connection {
    network: Rc<dyn Network>,
    seed: Seed,
    /// The clock of the thread that serves the hosts; `None` if the caller serves them.
    thread_clock: Option<Clock>,
    stall_timeout: Option<Time>,
    /// See [`Connection::set_connect_timeout`].
    connect_timeout: Option<Time>,
    host: Option<Host>,
    /// Number of hosts so far, which tells their peers apart.
    hosts: u32,
    channel_limit: usize,
    members: Members,
    names: Names,
    /// The session that shares the host, if there is one.
    session: Option<SessionPart>,
    /// The session's facts with its inbox, and its key of the host.
    session_inbox: Option<(i32, Weak<Facts>)>,
    /// Changes that the session has not heard of yet.
    changes: Vec<PeerChange>,
    is_refusing: bool,
    /// The totals at the last call of [`Connection::pop_statistic`].
    popped: Totals,
    recorder: Option<Recorder>,
    warned: Warned,
    guard: Guard,
    simulated: Simulated,
    captures: Captures,
    /// `None` if no attempt is to be asked about.
    probing: Option<Probing>,
}

impl Connection {
    /// A connection without a host, whose random numbers are easily guessed, for tests and simulations. Each
    /// connection needs another seed.
    pub fn new(network: Rc<dyn Network>, seed: u32) -> Self {
        Self::with_seed(network, seed.into())
    }

    /// A connection without a host. All random numbers derive from `seed`: see [`crate::system_seed`].
    pub fn with_seed(network: Rc<dyn Network>, seed: Seed) -> Self {
        Self {
            network,
            seed,
            thread_clock: None,
            stall_timeout: Some(DEFAULT_STALL_TIMEOUT),
            connect_timeout: None,
            host: None,
            hosts: 0,
            channel_limit: 0,
            members: Members::default(),
            names: Names::default(),
            session: None,
            session_inbox: None,
            changes: Vec::new(),
            is_refusing: false,
            popped: Totals::default(),
            recorder: None,
            warned: Warned::default(),
            guard: Guard::new(),
            simulated: Simulated::default(),
            captures: Captures::default(),
            probing: None,
        }
    }

    /// Makes the host.
    pub fn create(&mut self, options: &HostOptions, now: Time) -> Result<(), CreateError> {
        let (address, port) = options.bind_address()?;
        if self.host.is_some() {
            return Err(CreateError::AlreadyActive);
        }
        let config = host_config(options, self.seed.split(), now)?;
        self.open(&config, address, port)
    }

    /// Makes the host from checked settings.
    pub(crate) fn open(
        &mut self,
        config: &HostConfig,
        address: BindAddress,
        port: u16,
    ) -> Result<(), CreateError> {
        let transport = self
            .network
            .bind(address, port)
            .map_err(|error| CreateError::Bind {
                address: match address {
                    BindAddress::Any => "*".to_owned(),
                    BindAddress::Ip(ip) => ip.to_string(),
                },
                port,
                error,
            })?;
        let mut host = Host::new(&self.guard.config(config), transport);
        self.guard.equip(&mut host, config.now);
        host.set_stall_timeout(self.stall_timeout);
        if let Some(clock) = self.thread_clock {
            host.start_thread(clock).map_err(CreateError::Thread)?;
        }
        self.host = Some(host);
        self.hosts += 1;
        self.channel_limit = config.max_channels;
        self.popped = Totals::default();
        self.recorder = None;
        self.warned = Warned::default();
        self.is_refusing = false;
        self.simulated.renew();
        self.update_simulation();
        self.describe_in_captures();
        Ok(())
    }

    /// Whether there is a host.
    pub fn is_active(&self) -> bool {
        self.host.is_some()
    }

    /// The host, while there is one.
    pub fn host(&mut self) -> Option<&mut Host> {
        self.host.as_mut()
    }

    /// The host, while there is one, for a question.
    pub fn host_ref(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    /// Number of the present host among the successive hosts of this connection, or of the last one.
    /// Peers of another host are strangers, though their ids may be equal.
    pub fn host_number(&self) -> u32 {
        self.hosts
    }

    /// Ends the host and every peer without telling the remotes.
    pub fn destroy(&mut self) -> Result<(), Inactive> {
        self.flush_waiting();
        self.host.take().ok_or(Inactive)?;
        self.end_captures();
        if self.session.is_some() {
            let ended = self
                .members
                .listed()
                .into_iter()
                .map(PeerChange::ended_here);
            self.changes.extend(ended);
        }
        self.members.clear();
        self.names = Names::default();
        self.probing = None;
        Ok(())
    }

    /// Tells every connected remote once, then destroys the host.
    pub fn close(&mut self, now: Time) -> Result<(), Inactive> {
        self.say_goodbye(now);
        self.destroy()
    }

    /// Tells every connected remote once that its connection is over. Returns whether there was one.
    pub fn say_goodbye(&mut self, now: Time) -> bool {
        self.flush_waiting();
        // Newcomers whose event was not taken yet are connected as well, and have to be told.
        while self.next_event(now).is_some() {}
        let mut is_told = false;
        for peer in self.peers() {
            if let PeerState::Connected | PeerState::DisconnectLater = self.state(peer) {
                self.disconnect(now, peer, 0, Disconnect::Now);
                is_told = true;
            }
        }
        if let Some(host) = &mut self.host {
            host.with_protocol(|protocol| protocol.reject_pending(now));
            host.flush(now);
        }
        is_told
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("host", &self.host)
            .field("peers", &self.peers().len())
            .finish_non_exhaustive()
    }
}
