//! Several peers on one network, polled in turn as time passes.

use std::net::SocketAddr;
use std::ops::{Index, IndexMut};
use std::time::Duration;

use enet_multiplayer::{
    ClientOptions, End, FlushMode, Multiplayer, Packet, SendError, ServerOptions, Signal, Status,
    TransferMode,
};
use enet_net::Host;
use enet_proto::Time;

use crate::{Conditions, Random, SERVER_IP, SimNetwork};

/// Time between two polls of a peer.
const STEP: Duration = Duration::from_millis(5);

/// Names a peer of a [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(usize);

/// A peer with the signals and packets it received.
pub struct Node {
    /// The peer itself.
    pub peer: Multiplayer,
    /// The peer's signals about other peers so far.
    pub signals: Vec<Signal>,
    /// The peer's signals about its own connection so far: established, failed or ended.
    pub outcomes: Vec<Signal>,
    /// Signals that tell of an end so far, each with the end and the text of a failure.
    pub ends: Vec<(Signal, End, String)>,
    /// The packets received so far.
    pub packets: Vec<Packet>,
}

/// Peers, their network and the time.
pub struct World {
    /// The network between the peers.
    pub network: SimNetwork,
    /// Random numbers for the test itself.
    pub random: Random,
    nodes: Vec<Node>,
}

impl World {
    /// A world with a perfect network.
    pub fn new(seed: u64) -> Self {
        // The test harness shows the seed when a test fails.
        println!("seed {seed}");
        Self {
            network: SimNetwork::new(seed),
            random: Random::new(seed ^ 0x5EED),
            nodes: Vec::new(),
        }
    }

    /// A world with a network of the given conditions.
    pub fn with(seed: u64, conditions: Conditions) -> Self {
        let world = Self::new(seed);
        world.network.set_conditions(conditions);
        world
    }

    /// The simulated time.
    pub fn now(&self) -> Time {
        self.network.now()
    }

    /// Runs `work` on the host of a server or client.
    pub fn with_host<T>(&self, node: NodeId, work: impl FnOnce(&mut Host) -> T) -> T {
        let connection = self[node].peer.host().expect("a server or client");
        let mut connection = connection.borrow_mut();
        work(connection.host().expect("active"))
    }

    /// A new peer, still inactive.
    pub fn idle(&mut self) -> NodeId {
        let seed = self.random.number() as u32;
        let peer = Multiplayer::new(Box::new(self.network.clone()), seed);
        self.nodes.push(Node {
            peer,
            signals: Vec::new(),
            outcomes: Vec::new(),
            ends: Vec::new(),
            packets: Vec::new(),
        });
        NodeId(self.nodes.len() - 1)
    }

    /// A new server.
    pub fn server(&mut self, options: &ServerOptions) -> NodeId {
        let id = self.idle();
        let now = self.now();
        let created = self[id].peer.create_server(options, now);
        created.expect("the server is created");
        id
    }

    /// A new client of a server, still connecting.
    pub fn client(&mut self, server: NodeId) -> NodeId {
        let id = self.idle();
        self.join(id, server);
        id
    }

    /// Lets an inactive peer connect to a server; returns the client's id.
    pub fn join(&mut self, client: NodeId, server: NodeId) -> i32 {
        let port = self[server]
            .peer
            .local_port()
            .expect("the server is active");
        let unique_id = 2 + self.random.below(i32::MAX as u64 - 2) as i32;
        let options = ClientOptions {
            unique_id,
            ..ClientOptions::new("server", port.into())
        };
        let now = self.now();
        let created = self[client].peer.create_client(&options, now);
        created.expect("the client is created");
        unique_id
    }

    /// A server with `clients` connected clients.
    pub fn connected(&mut self, clients: usize) -> (NodeId, Vec<NodeId>) {
        // All share one address, which may have eight of the clients, or half of them.
        let max_clients = if clients > 8 {
            2 * clients
        } else {
            clients.max(1)
        };
        let server = self.server(&ServerOptions {
            max_clients: max_clients as i32,
            ..ServerOptions::default()
        });
        let clients: Vec<_> = (0..clients).map(|_| self.client(server)).collect();
        let count = clients.len();
        let all = self.run_until(30_000, |world| {
            world[server].signals.len() == count
                && clients.iter().all(|&client| world[client].is_up())
        });
        assert!(all, "every client connects");
        (server, clients)
    }

    /// The address of an active server or client.
    pub fn address(&self, node: NodeId) -> SocketAddr {
        let port = self[node].peer.local_port().expect("the peer is active");
        SocketAddr::new(SERVER_IP, port)
    }

    /// Sends a packet with the given settings.
    pub fn send(
        &mut self,
        from: NodeId,
        target: i32,
        mode: TransferMode,
        channel: i32,
        data: &[u8],
    ) -> Result<(), SendError> {
        let now = self.now();
        let peer = &mut self[from].peer;
        peer.set_target(target);
        peer.set_transfer_mode(mode);
        peer.set_transfer_channel(channel);
        peer.send(data, now)
    }

    /// Lets time pass and polls every peer.
    pub fn run(&mut self, milliseconds: u64) {
        self.run_until(milliseconds, |_| false);
    }

    /// Lets time pass and polls every peer until `holds` is true; false if it never is.
    pub fn run_until(&mut self, milliseconds: u64, holds: impl Fn(&Self) -> bool) -> bool {
        let end = self.now() + Duration::from_millis(milliseconds);
        loop {
            for index in 0..self.nodes.len() {
                self.poll(NodeId(index));
            }
            if holds(self) {
                return true;
            }
            if self.now() >= end {
                return false;
            }
            self.network.advance_to(self.now() + STEP);
        }
    }

    /// Polls one peer and sends the datagrams that the poll produced.
    pub fn poll(&mut self, id: NodeId) {
        let now = self.now();
        let node = &mut self[id];
        if node.peer.begin_poll(now).is_err() {
            return;
        }
        while let Some(notice) = node.peer.next_notice(now) {
            if notice.end() != End::default() {
                let failure = notice.failure().to_owned();
                node.ends.push((notice.signal(), notice.end(), failure));
            }
            match notice.signal() {
                signal @ (Signal::PeerConnected(_) | Signal::PeerDisconnected(_)) => {
                    node.signals.push(signal);
                }
                signal => node.outcomes.push(signal),
            }
            node.peer.finish(notice, now);
        }
        while let Some(packet) = node.peer.take_packet() {
            node.packets.push(packet);
        }
        if node.peer.flush_mode() == FlushMode::OnFlush {
            node.peer.flush(now);
        }
    }
}

impl Node {
    /// Whether the peer is connected.
    pub fn is_up(&self) -> bool {
        self.peer.status() == Status::Connected
    }

    /// The packets received on a channel.
    pub fn on_channel(&self, channel: i32) -> impl Iterator<Item = &Packet> {
        self.packets
            .iter()
            .filter(move |packet| packet.channel == channel)
    }
}

impl Index<NodeId> for World {
    type Output = Node;

    fn index(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }
}

impl IndexMut<NodeId> for World {
    fn index_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0]
    }
}
