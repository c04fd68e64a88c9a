//! Godot's `ENetMultiplayerPeer` without an engine: peer ids, modes, targets, channels, the queue of
//! received packets, and the signals.
//!
//! A [`Multiplayer`] is inactive, a server, a client or a mesh. A server has id 1 and one host that
//! accepts connections. A client has a random id, which travels as the data of ENet's CONNECT, and
//! one host with one connection, to peer 1. A mesh has a host of one connection per peer, made and
//! connected by the game.
//!
//! Signals are where games call back in: from a handler they close, send, disconnect and poll. So a
//! poll never emits. It hands out a [`Notice`] at a time, each with the state already as a handler
//! must find it, and what is to happen after the handlers is done by [`Multiplayer::finish`].

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::config::{engine_config, port, remote_port};
use crate::engine::Disconnect;
use crate::host::{DEFAULT_ENGINE, EngineFactory};
use crate::{
    BindAddress, ClientOptions, CreateError, EngineConfig, Event, Host, MeshError, Network,
    PeerError, PeerId, PeerState, ServerOptions, Time, TransferMode,
};

mod poll;
mod send;

pub use poll::{Notice, Signal};

/// Id of the server.
pub const SERVER_ID: i32 = 1;

/// Key of the one host of a server or client; a mesh keys its hosts by peer id.
const MAIN_HOST: i32 = 0;

/// What the peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Nothing yet, or closed.
    #[default]
    Inactive,
    /// Accepts clients.
    Server,
    /// Connects, or is connected, to a server.
    Client,
    /// Holds one host per peer.
    Mesh,
}

/// Godot's `MultiplayerPeer.ConnectionStatus`, with its numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// Inactive.
    #[default]
    Disconnected = 0,
    /// A client waits for its server.
    Connecting = 1,
    /// Ready to send.
    Connected = 2,
}

/// A packet as a game sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Who sent it.
    pub peer: i32,
    /// The transfer channel, 0 for the modes' own.
    pub channel: i32,
    /// How it travelled.
    pub mode: TransferMode,
    /// Its bytes, possibly none.
    pub data: Vec<u8>,
}

/// A multiplayer peer. See the module's head.
pub struct Multiplayer {
    network: Box<dyn Network>,
    engine: EngineFactory,
    seed: u32,
    mode: Mode,
    status: Status,
    unique_id: i32,
    bind_address: BindAddress,
    refuse_new_connections: bool,
    transfer_mode: TransferMode,
    transfer_channel: i32,
    target: i32,
    hosts: BTreeMap<i32, Host>,
    peers: BTreeMap<i32, PeerId>,
    /// The way back from a server's connections.
    ids: HashMap<PeerId, i32>,
    inbox: VecDeque<Packet>,
    /// Ends of connections whose last packets nobody could read yet: they wait for the next poll.
    postponed: VecDeque<(i32, Event)>,
    /// Those whose poll has come.
    due: VecDeque<(i32, Event)>,
    /// Bytes that the packets in `inbox` hold.
    unread_bytes: usize,
    /// Counts creations and closings: a [`Notice`] of an earlier one has nothing left to finish.
    epoch: u64,
    last_time: Time,
    recipients: Vec<PeerId>,
}

impl Multiplayer {
    /// An inactive peer. `seed` makes the connection tokens: give each peer another one.
    pub fn new(network: Box<dyn Network>, seed: u32) -> Self {
        Self::with_engine(network, seed, DEFAULT_ENGINE)
    }

    /// The same, on an engine of the caller's choice.
    pub fn with_engine(network: Box<dyn Network>, seed: u32, engine: EngineFactory) -> Self {
        Self {
            network,
            engine,
            seed,
            mode: Mode::Inactive,
            status: Status::Disconnected,
            unique_id: 0,
            bind_address: BindAddress::Any,
            refuse_new_connections: false,
            transfer_mode: TransferMode::Reliable,
            transfer_channel: 0,
            target: 0,
            hosts: BTreeMap::new(),
            peers: BTreeMap::new(),
            ids: HashMap::new(),
            inbox: VecDeque::new(),
            postponed: VecDeque::new(),
            due: VecDeque::new(),
            unread_bytes: 0,
            epoch: 0,
            last_time: Time::ZERO,
            recipients: Vec::new(),
        }
    }

    /// Becomes a server, connected at once. Clears the refuse flag, also when it fails.
    pub fn create_server(&mut self, options: &ServerOptions, now: Time) -> Result<(), CreateError> {
        self.begin_create(now)?;
        let port = port(options.port)?;
        let config = engine_config(
            options.max_clients,
            options.max_channels,
            options.in_bandwidth,
            options.out_bandwidth,
            self.next_seed(),
            now,
        )?;
        let host = self.open(&config, self.bind_address, port)?;
        self.hosts.insert(MAIN_HOST, host);
        self.activate(Mode::Server, Status::Connected, SERVER_ID);
        Ok(())
    }

    /// Becomes a client and starts to connect. Nothing is sent before the next poll. Resolving the
    /// name may block. Clears the refuse flag, also when it fails.
    pub fn create_client(&mut self, options: &ClientOptions, now: Time) -> Result<(), CreateError> {
        self.begin_create(now)?;
        let local_port = port(options.local_port)?;
        let config = engine_config(
            1,
            options.channels,
            options.in_bandwidth,
            options.out_bandwidth,
            self.next_seed(),
            now,
        )?;
        if options.unique_id <= SERVER_ID {
            return Err(CreateError::UniqueId {
                id: options.unique_id,
                least: SERVER_ID + 1,
            });
        }
        let bind_address = match local_port {
            0 => BindAddress::Any,
            _ => self.bind_address,
        };
        let mut host = self.open(&config, bind_address, local_port)?;
        let remote_port = remote_port(options.port)?;
        let address = self
            .network
            .resolve(&options.address, remote_port)
            .map_err(|error| CreateError::Resolve {
                host: options.address.clone(),
                error,
            })?;
        let peer = host
            .connect(now, address, config.max_channels, options.unique_id as u32)
            .ok_or(CreateError::NoFreeSlot)?;
        self.hosts.insert(MAIN_HOST, host);
        self.peers.insert(SERVER_ID, peer);
        self.activate(Mode::Client, Status::Connecting, options.unique_id);
        Ok(())
    }

    /// Becomes a mesh without peers, connected at once.
    pub fn create_mesh(&mut self, unique_id: i32, now: Time) -> Result<(), CreateError> {
        if unique_id <= 0 {
            return Err(CreateError::UniqueId {
                id: unique_id,
                least: 1,
            });
        }
        self.begin_create(now)?;
        self.activate(Mode::Mesh, Status::Connected, unique_id);
        Ok(())
    }

    /// Adds a host with its one, connected peer to a mesh, in place of an earlier one of that id. The
    /// caller then emits the returned signal.
    pub fn add_mesh_peer(
        &mut self,
        id: i32,
        host: Host,
        peer: PeerId,
    ) -> Result<Signal, MeshError> {
        if self.mode != Mode::Mesh {
            return Err(MeshError::NotAMesh);
        }
        if host.state(peer) != PeerState::Connected {
            return Err(MeshError::NotConnected);
        }
        self.hosts.insert(id, host);
        self.peers.insert(id, peer);
        Ok(Signal::PeerConnected(id))
    }

    /// Ends a connection. What is still queued for that peer is dropped. Without `force`, the signal
    /// follows when the remote acknowledges; with it, the peer is gone at once and no signal follows,
    /// and a client closes.
    pub fn disconnect_peer(&mut self, id: i32, force: bool, now: Time) -> Result<(), PeerError> {
        self.last_time = now;
        if !self.is_active() {
            return Err(PeerError::Inactive);
        }
        let key = self.host_key(id);
        let (Some(&peer), Some(host)) = (self.peers.get(&id), self.hosts.get_mut(&key)) else {
            return Err(PeerError::UnknownPeer(id));
        };
        // ENet drops an attempt without an event, and nothing else would end the waiting.
        let ends_attempt = self.mode == Mode::Client && self.status == Status::Connecting;
        host.disconnect(now, peer, 0, Disconnect::Acknowledged);
        host.flush(now);
        if ends_attempt || (force && self.mode == Mode::Client) {
            self.close(now);
        } else if force {
            self.remove(id);
        }
        Ok(())
    }

    /// Becomes inactive: tells every connected peer once, then forgets everything but the bind
    /// address, the target and the transfer settings. No signals.
    pub fn close(&mut self, now: Time) {
        self.last_time = now;
        if !self.is_active() {
            return;
        }
        for (&id, &peer) in &self.peers {
            let key = if self.mode == Mode::Mesh {
                id
            } else {
                MAIN_HOST
            };
            if let Some(host) = self.hosts.get_mut(&key)
                && host.state(peer) == PeerState::Connected
            {
                host.disconnect(now, peer, 0, Disconnect::Now);
            }
        }
        for host in self.hosts.values_mut() {
            // Newcomers that were not reported yet believe to be connected.
            while let Some(event) = host.next_event() {
                if let Event::Connected { peer, .. } = event {
                    host.disconnect(now, peer, 0, Disconnect::Now);
                }
            }
            host.flush(now);
        }
        self.hosts.clear();
        self.peers.clear();
        self.ids.clear();
        self.inbox.clear();
        self.unread_bytes = 0;
        self.postponed.clear();
        self.due.clear();
        self.refuse_new_connections = false;
        self.activate(Mode::Inactive, Status::Disconnected, 0);
    }

    /// Packets that wait.
    pub fn available_packets(&self) -> usize {
        self.inbox.len()
    }

    /// The packet that [`Multiplayer::take_packet`] would return.
    pub fn next_packet(&self) -> Option<&Packet> {
        self.inbox.front()
    }

    /// Takes the next packet.
    pub fn take_packet(&mut self) -> Option<Packet> {
        let packet = self.inbox.pop_front()?;
        self.unread_bytes -= packet.data.capacity() + poll::PACKET_COST;
        Some(packet)
    }

    /// Gives the bytes of a packet back when they are read: later packets use their memory again.
    pub fn recycle(&mut self, bytes: Vec<u8>) {
        if let Some(host) = self.hosts.values_mut().next() {
            host.recycle(bytes);
        }
    }

    /// What the peer is.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether it is anything but inactive.
    pub fn is_active(&self) -> bool {
        self.mode != Mode::Inactive
    }

    /// Whether it is connected.
    pub fn status(&self) -> Status {
        self.status
    }

    /// This peer's id, 0 while inactive. A client has one from the start.
    pub fn unique_id(&self) -> i32 {
        self.unique_id
    }

    /// Whether a server passes packets on between its clients: not in a mesh.
    pub fn supports_server_relay(&self) -> bool {
        matches!(self.mode, Mode::Server | Mode::Client)
    }

    /// Ids of the peers this one can send to, ascending.
    pub fn peer_ids(&self) -> impl Iterator<Item = i32> {
        self.peers.keys().copied()
    }

    /// The UDP port of a server or client.
    pub fn local_port(&self) -> Option<u16> {
        self.hosts.get(&MAIN_HOST).map(Host::local_port)
    }

    /// The host of a server or client.
    pub fn host_mut(&mut self) -> Option<&mut Host> {
        self.hosts.get_mut(&MAIN_HOST)
    }

    /// Where the next server, or client with a local port, listens.
    pub fn set_bind_address(&mut self, address: BindAddress) {
        self.bind_address = address;
    }

    /// Whether newcomers are turned away. Creating and closing clear it.
    pub fn refuses_new_connections(&self) -> bool {
        self.refuse_new_connections
    }

    /// Turns newcomers away, or stops doing so.
    pub fn set_refuse_new_connections(&mut self, refuse: bool) {
        self.refuse_new_connections = refuse;
    }

    /// How packets are sent.
    pub fn transfer_mode(&self) -> TransferMode {
        self.transfer_mode
    }

    /// Chooses how packets are sent.
    pub fn set_transfer_mode(&mut self, mode: TransferMode) {
        self.transfer_mode = mode;
    }

    /// The transfer channel as it was set.
    pub fn transfer_channel(&self) -> i32 {
        self.transfer_channel
    }

    /// Chooses the transfer channel. Sending checks it.
    pub fn set_transfer_channel(&mut self, channel: i32) {
        self.transfer_channel = channel;
    }

    /// Chooses who gets the next packets: 0 everybody, an id that peer, a negative id everybody else.
    /// Sending checks it.
    pub fn set_target(&mut self, target: i32) {
        self.target = target;
    }

    fn begin_create(&mut self, now: Time) -> Result<(), CreateError> {
        self.last_time = now;
        if self.is_active() {
            return Err(CreateError::AlreadyActive);
        }
        self.refuse_new_connections = false;
        Ok(())
    }

    fn activate(&mut self, mode: Mode, status: Status, unique_id: i32) {
        self.mode = mode;
        self.status = status;
        self.unique_id = unique_id;
        self.epoch += 1;
    }

    fn open(
        &self,
        config: &EngineConfig,
        address: BindAddress,
        port: u16,
    ) -> Result<Host, CreateError> {
        let transport = self
            .network
            .bind(address, port)
            .map_err(|error| CreateError::Bind { port, error })?;
        Ok(Host::new((self.engine)(config), transport))
    }

    fn next_seed(&mut self) -> u32 {
        // Any odd step gives every one of a peer's hosts another seed.
        self.seed = self.seed.wrapping_add(0x9E37_79B9);
        self.seed
    }

    fn host_key(&self, id: i32) -> i32 {
        if self.mode == Mode::Mesh {
            id
        } else {
            MAIN_HOST
        }
    }

    fn remove(&mut self, id: i32) {
        if let Some(peer) = self.peers.remove(&id) {
            self.ids.remove(&peer);
        }
        if self.mode == Mode::Mesh {
            self.hosts.remove(&id);
        }
    }
}

impl Drop for Multiplayer {
    fn drop(&mut self) {
        self.close(self.last_time);
    }
}

impl std::fmt::Debug for Multiplayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Multiplayer")
            .field("mode", &self.mode)
            .field("status", &self.status)
            .field("unique_id", &self.unique_id)
            .field("peers", &self.peers.len())
            .field("inbox", &self.inbox.len())
            .finish_non_exhaustive()
    }
}
