//! Godot's `ENetConnection` without an engine: a host that can be made and destroyed, and the list of
//! its peers.
//!
//! A peer is listed from the moment it is known: from [`Connection::connect`] or from the event that
//! reports a newcomer. It is active until its connection ends, whichever way; it leaves the list at
//! the next service. Who drives the connection takes its events with [`Connection::next_event`]: that
//! can be a script's loop, or a [`crate::Multiplayer`] that shares the connection.

use std::cell::RefCell;
use std::rc::Rc;

use crate::{ConnectError, CreateError, HostOptions, Inactive, RawSendError};
use crate::{config::host_config, config::remote_port};
use enet_codec::Recorder;
use enet_net::Clock;
use enet_net::{BindAddress, Host, Network, Totals};
use enet_proto::{Admission, Disconnect, MAX_CHANNELS};
use enet_proto::{Event, HostConfig, PeerId, PeerState, Time};

mod members;
mod peer;
mod settings;
mod trouble;
mod waiting;
mod watched;

use members::Members;
use peer::unsigned;
pub use trouble::Undecoded;

/// A connection that a session and a script's objects hold together.
pub type SharedConnection = Rc<RefCell<Connection>>;

/// A host's peer list, and the host while there is one. See the module's head.
pub struct Connection {
    network: Rc<dyn Network>,
    seed: u32,
    /// That of the thread which serves the hosts, if one does.
    clock: Option<Clock>,
    host: Option<Host>,
    /// Counts hosts, to tell their peers apart.
    hosts: u32,
    channel_limit: usize,
    members: Members,
    /// What a session has to hear of.
    missed: Vec<Missed>,
    /// Whom a session admits, if one takes part.
    watched: Option<Admission>,
    is_refusing: bool,
    popped: Totals,
    recorder: Option<Recorder>,
    /// Whether packets of a session wait for its flush.
    has_waiting: bool,
    /// When it was last warned of datagrams that cannot be decoded, and how many there were.
    warned: Option<(Time, u64)>,
    /// When it was last warned of a handshake that a stranger did not complete.
    warned_of_failed: Option<Time>,
}

/// What happened to a peer without the session that shares the host.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Missed {
    /// A script took the event of its connection.
    Joined(PeerId, u32),
    /// A script ended it, or took the event of its end.
    Ended(PeerId),
}

/// Godot's `ENetConnection.HostStatistic`, with its numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostStatistic {
    /// Bytes sent.
    SentData = 0,
    /// Datagrams sent.
    SentPackets = 1,
    /// Bytes received.
    ReceivedData = 2,
    /// Datagrams received.
    ReceivedPackets = 3,
}

impl Connection {
    /// A connection without a host. `seed` makes the connection tokens: give each another one.
    pub fn new(network: Rc<dyn Network>, seed: u32) -> Self {
        Self {
            network,
            seed,
            clock: None,
            host: None,
            hosts: 0,
            channel_limit: 0,
            members: Members::default(),
            missed: Vec::new(),
            watched: None,
            is_refusing: false,
            popped: Totals::default(),
            recorder: None,
            has_waiting: false,
            warned: None,
            warned_of_failed: None,
        }
    }

    /// Makes the host.
    pub fn create(&mut self, options: &HostOptions, now: Time) -> Result<(), CreateError> {
        let (address, port) = options.bind_address()?;
        if self.host.is_some() {
            return Err(CreateError::AlreadyActive);
        }
        let config = host_config(options, self.seed, now)?;
        self.open(&config, address, port)
    }

    /// The same from checked settings.
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
        // Any odd step gives every host another seed.
        self.seed = self.seed.wrapping_add(0x9E37_79B9);
        let mut host = Host::new(config, transport);
        if let Some(clock) = self.clock {
            host.start_thread(clock).map_err(CreateError::Thread)?;
        }
        self.host = Some(host);
        self.hosts += 1;
        self.channel_limit = config.max_channels;
        self.popped = Totals::default();
        self.recorder = None;
        self.warned = None;
        self.warned_of_failed = None;
        self.is_refusing = false;
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

    /// Which of the connection's successive hosts it has, or had last. Peers of one are strangers to the
    /// next, though their ids may be the same.
    pub fn host_number(&self) -> u32 {
        self.hosts
    }

    /// Ends the host and every peer, without a word to the remotes.
    pub fn destroy(&mut self) -> Result<(), Inactive> {
        self.flush_waiting();
        self.host.take().ok_or(Inactive)?;
        if self.watched.is_some() {
            let ended = self.members.iter().map(|member| Missed::Ended(member.id));
            self.missed.extend(ended);
        }
        self.members.clear();
        Ok(())
    }

    /// Tells every connected remote once, then destroys the host.
    pub fn close(&mut self, now: Time) -> Result<(), Inactive> {
        self.say_goodbye(now);
        self.destroy()
    }

    /// Tells every connected remote once that its connection is over; false if there was none.
    pub fn say_goodbye(&mut self, now: Time) -> bool {
        self.flush_waiting();
        // Newcomers that were not reported yet believe to be connected.
        while self.next_event(now).is_some() {}
        let mut is_told = false;
        for peer in self.peers() {
            if let PeerState::Connected | PeerState::DisconnectLater = self.state(peer) {
                self.disconnect(now, peer, 0, Disconnect::Now);
                is_told = true;
            }
        }
        if let Some(host) = &mut self.host {
            host.with_engine(|engine| engine.reject_pending(now));
            host.flush(now);
        }
        is_told
    }

    /// Begins to connect. Only one peer at a time, and none where somebody connected: that is Godot's
    /// rule. Resolving the name may block. `channels` of 0 asks for as many as there are.
    pub fn connect(
        &mut self,
        address: &str,
        port: i32,
        channels: i32,
        data: u32,
        now: Time,
    ) -> Result<PeerId, ConnectError> {
        if self.host.is_none() {
            return Err(ConnectError::Inactive);
        }
        if !self.members.is_empty() {
            return Err(ConnectError::HasPeer);
        }
        let encrypts = self.host.as_ref().and_then(Host::encrypts_as_client);
        if encrypts == Some(false) {
            return Err(ConnectError::DtlsServer);
        }
        let port = remote_port(port).ok_or(ConnectError::RemotePort(port))?;
        let address =
            self.network
                .resolve(address, port)
                .map_err(|error| ConnectError::Resolve {
                    host: address.to_owned(),
                    error,
                })?;
        let channels = match usize::try_from(channels) {
            Ok(count @ 1..=MAX_CHANNELS) => count,
            _ => MAX_CHANNELS,
        };
        let host = self.host.as_mut().ok_or(ConnectError::Inactive)?;
        let id = host
            .connect(now, address, channels, data)
            .ok_or(ConnectError::NoFreeSlot)?;
        self.members.list(id, data, true);
        Ok(id)
    }

    /// Takes the peers that ended off the list. Whoever services the host begins with this.
    pub fn begin_service(&mut self) {
        let ended = self.members.unlist_ended();
        if self.watched.is_some() {
            self.missed.extend(ended.into_iter().map(Missed::Ended));
        }
    }

    /// One turn of a script's loop: the next event, or what a service brings; `None` when `timeout`
    /// passed without one. Waits on the socket meanwhile.
    pub fn service(
        &mut self,
        timeout: Time,
        clock: impl Fn() -> Time,
    ) -> Result<Option<Event>, Inactive> {
        self.begin_service();
        let deadline = clock() + timeout;
        let mut event = self.next_event(clock());
        while event.is_none() {
            let host = self.host.as_mut().ok_or(Inactive)?;
            let now = clock();
            host.service(now);
            event = self.next_event(now);
            if event.is_none() {
                if now >= deadline {
                    return Ok(None);
                }
                if let Some(host) = &mut self.host {
                    host.wait(now, deadline - now);
                }
            }
        }
        // A session that shares the host hears of it at its next poll.
        if self.watched.is_some() {
            match event {
                Some(Event::Connected { peer, data }) => {
                    self.missed.push(Missed::Joined(peer, data));
                }
                Some(Event::Disconnected { peer, .. }) => self.missed.push(Missed::Ended(peer)),
                _ => {}
            }
        }
        Ok(event)
    }

    /// The next thing that happened, oldest first. What concerns a peer that was ended from this side
    /// is left out.
    pub fn next_event(&mut self, now: Time) -> Option<Event> {
        loop {
            let event = self.host.as_mut()?.next_event()?;
            match event {
                Event::Connected { peer, data } => match self.members.get(peer) {
                    Some(member) if !member.is_active => continue,
                    Some(_) => {
                        let throttle = self.members.set_up(peer);
                        if let (Some(throttle), Some(host)) = (throttle, &mut self.host) {
                            host.with_engine(|engine| {
                                engine.configure_throttle(now, peer, throttle);
                            });
                        }
                    }
                    None => self.members.list(peer, data, false),
                },
                Event::Received { peer, .. } if self.is_active_peer(peer) => {}
                Event::Disconnected { peer, .. } if self.is_active_peer(peer) => {
                    self.members.unlist(peer);
                }
                Event::Received { data, .. } => {
                    if let Some(host) = &mut self.host {
                        host.recycle(data);
                    }
                    continue;
                }
                Event::Disconnected { .. } => continue,
            }
            return Some(event);
        }
    }

    /// The listed peers, in the order in which they became known.
    pub fn peers(&self) -> Vec<PeerId> {
        self.members.in_order()
    }

    /// Whether the peer is listed.
    pub fn contains(&self, peer: PeerId) -> bool {
        self.members.get(peer).is_some()
    }

    /// Changes whenever peers left the list.
    pub fn departures(&self) -> u64 {
        self.members.departures()
    }

    /// Whether the peer's connection, or attempt, goes on.
    pub fn is_active_peer(&self, peer: PeerId) -> bool {
        self.members.is_active(peer)
    }

    /// Whether this side began the connection.
    pub fn is_outgoing(&self, peer: PeerId) -> bool {
        self.members
            .get(peer)
            .is_some_and(|member| member.is_outgoing)
    }

    /// The peer's state. Those that ENet has between an event and its being taken included.
    pub fn state(&self, peer: PeerId) -> PeerState {
        let (Some(member), Some(host)) = (self.members.get(peer), &self.host) else {
            return PeerState::Disconnected;
        };
        match host.state(peer) {
            _ if !member.is_active => PeerState::Disconnected,
            PeerState::Connected if !member.is_up => PeerState::ConnectionSucceeded,
            PeerState::Disconnected => PeerState::Zombie,
            state => state,
        }
    }

    /// Ends a peer's connection. Without a remote to wait for, the peer is inactive at once.
    pub fn disconnect(&mut self, now: Time, peer: PeerId, data: u32, how: Disconnect) {
        self.flush_waiting();
        let Some(host) = &mut self.host else {
            return;
        };
        let waits = matches!(how, Disconnect::Acknowledged | Disconnect::Later);
        let state = host.disconnect(now, peer, data, how);
        // If it had ended, just now in the thread perhaps, that is told anyway.
        if !waits || state == Some(PeerState::Disconnected) {
            self.members.end(peer);
        }
    }

    /// Sends a datagram of the caller's own, past the protocol: to open a way through a router, say.
    pub fn send_raw(
        &mut self,
        now: Time,
        address: &str,
        port: i32,
        data: &[u8],
    ) -> Result<(), RawSendError> {
        let host = self.host.as_mut().ok_or(RawSendError::Inactive)?;
        let port = remote_port(port).ok_or(RawSendError::RemotePort(port))?;
        let to = self
            .network
            .resolve(address, port)
            .map_err(|error| RawSendError::Resolve {
                host: address.to_owned(),
                error,
            })?;
        host.send_raw(now, to, data).map_err(RawSendError::Send)
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
