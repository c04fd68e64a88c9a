//! Godot's `ENetMultiplayerPeer` without an engine: peer ids, modes, targets, channels, the queue of
//! received packets, and the signals.
//!
//! A [`Multiplayer`] is inactive, a server, a client or a mesh. A server has id 1 and one host that
//! accepts connections. A client has a random id, which travels as the data of ENet's CONNECT, and
//! one host with one connection, to peer 1. A mesh has a host of one connection per peer, made and
//! connected by the game. Each host is a [`Connection`], which others may hold and use too: what they
//! end there, the next poll reports.
//!
//! Signals are where games call back in: from a handler they close, send, disconnect and poll. So a
//! poll never emits. It hands out a [`Notice`] at a time, each with the state already as a handler
//! must find it, and what is to happen after the handlers is done by [`Multiplayer::finish`].

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;

use crate::{
    ClientOptions, ConnectError, Connection, CreateError, MeshError, PeerError, ServerOptions,
    SharedConnection, TransferMode,
};
use crate::{config::engine_config, config::port};
use enet_codec::Compression;
use enet_net::Clock;
use enet_net::{BindAddress, Network};
use enet_proto::{Admission, Disconnect};
use enet_proto::{Event, HostConfig, PeerId, PeerState, Time};

mod flush;
mod godot3;
mod legacy;
mod poll;
mod send;
mod state;

pub use flush::FlushMode;
pub use godot3::WireProtocol;
pub use poll::{Notice, Signal};

/// Id of the server.
pub const SERVER_ID: i32 = 1;

/// Key of the one host of a server or client; a mesh keys its hosts by peer id.
const MAIN_HOST: i32 = 0;
/// A server accepts clients whose connect data is a free unique id; 1 is the server's own.
const UNIQUE_IDS: Admission = Admission::UniqueData {
    min: 2,
    max: i32::MAX as u32,
};

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
    network: Rc<dyn Network>,
    seed: u32,
    clock: Option<Clock>,
    mode: Mode,
    status: Status,
    unique_id: i32,
    bind_address: BindAddress,
    compression: Compression,
    refuse_new_connections: bool,
    transfer_mode: TransferMode,
    transfer_channel: i32,
    target: i32,
    legacy: legacy::Settings,
    relay: godot3::Relay,
    flush_mode: FlushMode,
    hosts: BTreeMap<i32, SharedConnection>,
    peers: BTreeMap<i32, PeerId>,
    /// The way back from a server's connections.
    ids: HashMap<PeerId, i32>,
    inbox: VecDeque<Packet>,
    /// What waits for the next poll: ends of connections whose last packets, or whose beginning, nobody
    /// could see yet, and who comes back after such an end.
    postponed: VecDeque<(i32, Event)>,
    /// Those whose poll has come.
    due: VecDeque<(i32, Event)>,
    /// Peers that others ended, by host.
    lost: VecDeque<(i32, PeerId)>,
    /// The channel of the packet taken last, until the next poll.
    last_packet_channel: Option<i32>,
    /// Whether this poll found a client connected.
    came_up: bool,
    /// A signal that is due after another.
    outcome: Option<Signal>,
    /// How many packets of each peer are in `inbox`.
    unread: HashMap<i32, usize>,
    /// Bytes that the packets in `inbox` hold.
    unread_bytes: usize,
    /// Events of the hosts that this poll worked on.
    events_taken: usize,
    /// Counts creations and closings: a [`Notice`] of an earlier one has nothing left to finish.
    epoch: u64,
    is_polling: bool,
    last_time: Time,
    recipients: Vec<PeerId>,
}

impl Multiplayer {
    /// An inactive peer. `seed` makes the connection tokens: give each peer another one.
    pub fn new(network: Box<dyn Network>, seed: u32) -> Self {
        Self {
            network: Rc::from(network),
            seed,
            clock: None,
            mode: Mode::Inactive,
            status: Status::Disconnected,
            unique_id: 0,
            bind_address: BindAddress::Any,
            compression: Compression::None,
            refuse_new_connections: false,
            transfer_mode: TransferMode::Reliable,
            transfer_channel: 0,
            target: 0,
            legacy: legacy::Settings::default(),
            relay: godot3::Relay::default(),
            flush_mode: FlushMode::default(),
            hosts: BTreeMap::new(),
            peers: BTreeMap::new(),
            ids: HashMap::new(),
            inbox: VecDeque::new(),
            postponed: VecDeque::new(),
            due: VecDeque::new(),
            lost: VecDeque::new(),
            last_packet_channel: None,
            came_up: false,
            outcome: None,
            unread: HashMap::new(),
            unread_bytes: 0,
            events_taken: 0,
            epoch: 0,
            is_polling: false,
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
            self.wire_count(options.max_channels),
            options.in_bandwidth,
            options.out_bandwidth,
            self.next_seed(),
            now,
        )?;
        let mut host = self.open(&config, self.bind_address, port)?;
        host.watch(Some(UNIQUE_IDS));
        self.serve(Rc::new(RefCell::new(host)));
        Ok(())
    }

    /// Becomes a client and starts to connect. Nothing is sent before the next poll. Resolving the
    /// name may block. Clears the refuse flag, also when it fails.
    pub fn create_client(&mut self, options: &ClientOptions, now: Time) -> Result<(), CreateError> {
        self.begin_create(now)?;
        let local_port = port(options.local_port)?;
        let config = engine_config(
            1,
            self.wire_count(options.channels),
            options.in_bandwidth,
            options.out_bandwidth,
            self.next_seed(),
            now,
        )?;
        if options.unique_id <= SERVER_ID {
            return Err(CreateError::UniqueId {
                id: options.unique_id.into(),
                least: SERVER_ID + 1,
            });
        }
        let bind_address = match local_port {
            0 => BindAddress::Any,
            _ => self.bind_address,
        };
        let mut host = self.open(&config, bind_address, local_port)?;
        let channels = config.max_channels as i32;
        let peer = host
            .connect(
                &options.address,
                options.port,
                channels,
                options.unique_id as u32,
                now,
            )
            .map_err(|error| match error {
                ConnectError::RemotePort(port) => CreateError::RemotePort(port),
                ConnectError::Resolve { host, error } => CreateError::Resolve { host, error },
                _ => CreateError::NoFreeSlot,
            })?;
        host.watch(Some(Admission::Nobody));
        self.join(Rc::new(RefCell::new(host)), peer, options.unique_id);
        Ok(())
    }

    /// Becomes the server on a host that was made elsewhere. Whoever is connected already is reported
    /// by the next poll.
    pub fn serve(&mut self, host: SharedConnection) {
        self.leave();
        self.hosts.insert(MAIN_HOST, host);
        self.activate(Mode::Server, Status::Connected, SERVER_ID);
    }

    /// Becomes the client on a host that began to connect elsewhere. If it is connected already, the
    /// next poll says so.
    pub fn join(&mut self, host: SharedConnection, peer: PeerId, unique_id: i32) {
        self.leave();
        self.hosts.insert(MAIN_HOST, host);
        self.peers.insert(SERVER_ID, peer);
        self.activate(Mode::Client, Status::Connecting, unique_id);
    }

    /// Becomes inactive and leaves the hosts alone, unlike [`Multiplayer::close`].
    pub fn leave(&mut self) {
        for host in self.hosts.values() {
            let mut host = host.borrow_mut();
            host.flush_waiting();
            // Hosts that were never polled may belong to another session by now.
            if self.is_polling {
                host.watch(None);
            }
        }
        self.forget();
    }

    /// Becomes a mesh without peers, connected at once.
    pub fn create_mesh(&mut self, unique_id: i64, now: Time) -> Result<(), CreateError> {
        let Ok(id @ 1..) = i32::try_from(unique_id) else {
            return Err(CreateError::UniqueId {
                id: unique_id,
                least: 1,
            });
        };
        self.last_time = now;
        if self.is_active() {
            return Err(CreateError::AlreadyActive);
        }
        self.check_mesh()?;
        self.activate(Mode::Mesh, Status::Connected, id);
        Ok(())
    }

    /// Adds a host with its one, connected peer to a mesh, in place of an earlier one of that id. The
    /// caller then emits the returned signal.
    pub fn add_mesh_peer(&mut self, id: i32, host: SharedConnection) -> Result<Signal, MeshError> {
        if self.mode != Mode::Mesh {
            return Err(MeshError::NotAMesh);
        }
        let is_replaced = (self.hosts.get(&id)).is_some_and(|known| Rc::ptr_eq(known, &host));
        let peers = host.borrow().peers();
        let &[peer] = peers.as_slice() else {
            return Err(MeshError::PeerCount(peers.len()));
        };
        if host.borrow().state(peer) != PeerState::Connected {
            return Err(MeshError::NotConnected);
        }
        if host.borrow().is_watched() && !is_replaced {
            return Err(MeshError::InUse);
        }
        if self.clock.is_some() {
            let started = host.borrow_mut().set_thread(self.clock);
            started.map_err(|error| MeshError::Thread(error.kind()))?;
        }
        if !is_replaced && let Some(former) = self.hosts.get(&id) {
            let mut former = former.borrow_mut();
            former.flush_waiting();
            former.watch(None);
        }
        host.borrow_mut().watch(Some(Admission::Nobody));
        self.hosts.insert(id, host);
        self.peers.insert(id, peer);
        Ok(Signal::PeerConnected(id))
    }

    /// Ends a connection. What is queued for that peer is delivered first, and what it sends meanwhile
    /// dropped. Without `force`, the signal follows when the remote acknowledges; with it, the peer is
    /// gone at once and no signal follows, and a client closes.
    pub fn disconnect_peer(&mut self, id: i32, force: bool, now: Time) -> Result<(), PeerError> {
        self.last_time = now;
        if !self.is_active() {
            return Err(PeerError::Inactive);
        }
        let Some((host, peer)) = self.connection_to(id) else {
            return Err(PeerError::UnknownPeer(id));
        };
        // ENet drops an attempt without an event, and nothing else would end the waiting.
        let ends_attempt = self.mode == Mode::Client && self.status == Status::Connecting;
        // A client that closes and a mesh without this host have no time to deliver anything.
        let how = match self.mode {
            Mode::Client | Mode::Mesh if force => Disconnect::Acknowledged,
            _ => Disconnect::Later,
        };
        {
            let mut host = host.borrow_mut();
            host.disconnect(now, peer, 0, how);
            if let Some(host) = host.host() {
                host.flush(now);
            }
        }
        if ends_attempt || (force && self.mode == Mode::Client) {
            self.close(now);
        } else if force {
            self.remove(id);
            self.send_relayed(now);
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
        for host in self.hosts.values() {
            // It may have been destroyed by others.
            let _ = host.borrow_mut().close(now);
        }
        self.forget();
    }

    fn forget(&mut self) {
        self.hosts.clear();
        self.peers.clear();
        self.ids.clear();
        self.inbox.clear();
        self.unread.clear();
        self.unread_bytes = 0;
        self.postponed.clear();
        self.due.clear();
        self.lost.clear();
        self.relay.clear();
        self.last_packet_channel = None;
        self.came_up = false;
        self.refuse_new_connections = false;
        self.activate(Mode::Inactive, Status::Disconnected, 0);
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
        self.is_polling = false;
        self.epoch += 1;
    }

    fn open(
        &mut self,
        config: &HostConfig,
        address: BindAddress,
        port: u16,
    ) -> Result<Connection, CreateError> {
        let network = Rc::clone(&self.network);
        let mut host = Connection::new(network, self.seed);
        host.set_thread(self.clock).map_err(CreateError::Thread)?;
        host.open(config, address, port)?;
        // It is open, so it has a codec to choose.
        let _ = host.set_compression(self.compression.clone());
        Ok(host)
    }

    fn next_seed(&mut self) -> u32 {
        // Any odd step gives every one of a peer's hosts another seed.
        self.seed = self.seed.wrapping_add(0x9E37_79B9);
        self.seed
    }

    /// Which host an id belongs to.
    pub fn host_key(&self, id: i32) -> i32 {
        if self.mode == Mode::Mesh {
            id
        } else {
            MAIN_HOST
        }
    }

    fn remove(&mut self, id: i32) {
        if let Some(peer) = self.peers.remove(&id) {
            self.ids.remove(&peer);
            self.announce_leave(id, self.last_time);
        }
        if self.mode == Mode::Mesh
            && let Some(host) = self.hosts.remove(&id)
        {
            // It may serve others, or come back.
            let mut host = host.borrow_mut();
            host.flush_waiting();
            host.watch(None);
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
