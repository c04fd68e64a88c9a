//! Godot's `ENetMultiplayerPeer` without Godot: peer ids, modes, targets, channels, the inbox, and the
//! signals.
//!
//! A [`Multiplayer`] is inactive, a server, a client or a mesh. A server has id 1 and one host that
//! accepts connections. A client has a random id, which travels as the data of ENet's CONNECT, and
//! one host with one connection, to peer 1. A mesh has a host with one connection for each peer; the
//! game makes and connects these hosts. Each host is a [`crate::Connection`], which a script may hold and use
//! as well: the next poll reports the connections that the script ended.
//!
//! Handlers of signals call back into the session: they close it, send, disconnect and poll. So a poll
//! emits no signal itself. A poll returns one [`Notice`] at a time, and a handler finds the session in
//! the state that its signal tells of. [`Multiplayer::finish`] then does what has to follow the handlers.

use std::rc::Rc;

use crate::TransferMode;
use crate::capture::CaptureSlot;
use enet_net::Network;
use enet_proto::{PeerId, Seed, Time};

mod capture;
mod closing;
mod creating;
mod events;
mod facts;
mod figures;
mod flush;
mod frame_plan;
mod godot3;
mod guard;
mod host_map;
mod inbox;
mod legacy;
mod mesh;
mod notice;
mod poll;
mod queues;
mod reasons;
mod reports;
mod roster;
mod send;
mod settings;
mod simulation;
mod state;
mod tally;

use guard::Guard;
use host_map::HostMap;
use queues::EventQueues;
use reasons::Reasons;
use reports::Reports;
use roster::Roster;
use settings::Settings;

pub use facts::{Facts, PacketHead};
pub use flush::FlushMode;
pub use frame_plan::{FramePlan, Leave};
pub use godot3::WireProtocol;
pub use notice::{Notice, Signal};
pub use tally::Tally;

/// Id of the server.
pub const SERVER_ID: i32 = 1;

/// Key of the one host of a server or client; a mesh keys its hosts by peer id.
const MAIN_HOST: i32 = 0;

/// The kind of session that a peer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// None yet, or it was closed.
    #[default]
    Inactive,
    /// A server, which accepts clients.
    Server,
    /// A client, which connects or is connected to a server.
    Client,
    /// A mesh, which holds one host per peer.
    Mesh,
}

/// Godot's `MultiplayerPeer.ConnectionStatus`, with its numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// The session is inactive.
    #[default]
    Disconnected = 0,
    /// The client waits for its server.
    Connecting = 1,
    /// The session can send.
    Connected = 2,
}

/// A received packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Id of the sender.
    pub peer: i32,
    /// The transfer channel, 0 for the modes' own channels.
    pub channel: i32,
    /// The transfer mode in which it arrived.
    pub mode: TransferMode,
    /// The payload, possibly empty.
    pub data: Vec<u8>,
}

/// A multiplayer peer. See the [module's documentation](self).
pub struct Multiplayer {
    network: Rc<dyn Network>,
    seed: Seed,
    settings: Settings,
    facts: Rc<Facts>,
    hosts: HostMap,
    roster: Roster,
    relay: godot3::Relay,
    queues: EventQueues,
    reasons: Reasons,
    guard: Guard,
    capture: CaptureSlot,
    /// Whether this poll found that a client's connection is up.
    came_up: bool,
    reports: Reports,
    tally: Tally,
    /// A signal that follows the one of the last notice.
    outcome: Option<Signal>,
    /// Number of times that a session began or ended. A [`Notice`] of an earlier session has nothing
    /// left to finish.
    epoch: u64,
    was_polled: bool,
    last_time: Time,
    /// Reused by calls that send to several peers.
    recipients: Vec<PeerId>,
}

impl Multiplayer {
    /// An inactive peer whose random numbers are easily guessed, for tests and simulations. Each peer needs
    /// another seed.
    pub fn new(network: Box<dyn Network>, seed: u32) -> Self {
        Self::with_seed(network, seed.into())
    }

    /// An inactive peer. All random numbers derive from `seed`: see [`crate::system_seed`].
    pub fn with_seed(network: Box<dyn Network>, seed: Seed) -> Self {
        Self {
            network: Rc::from(network),
            seed,
            settings: Settings::default(),
            facts: Rc::new(Facts::new()),
            hosts: HostMap::default(),
            roster: Roster::default(),
            relay: godot3::Relay::default(),
            queues: EventQueues::default(),
            reasons: Reasons::default(),
            guard: Guard::default(),
            capture: CaptureSlot::default(),
            came_up: false,
            reports: Reports::default(),
            tally: Tally::default(),
            outcome: None,
            epoch: 0,
            was_polled: false,
            last_time: Time::ZERO,
            recipients: Vec::new(),
        }
    }

    /// Begins or ends a session.
    fn activate(&mut self, mode: Mode, status: Status, unique_id: i32) {
        self.facts.mode.set(mode);
        self.facts.status.set(status);
        self.facts.unique_id.set(unique_id);
        self.was_polled = false;
        self.epoch += 1;
        if mode != Mode::Inactive {
            self.reasons.clear();
            self.reports.begin();
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
            .field("mode", &self.mode())
            .field("status", &self.status())
            .field("unique_id", &self.unique_id())
            .field("peers", &self.roster.len())
            .field("inbox", &self.available_packets())
            .finish_non_exhaustive()
    }
}
