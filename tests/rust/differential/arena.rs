//! Engines on a simulated network whose decisions do not depend on the engine.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;

use enet_proto::{Event, QueueError};
use enet_proto::{HostConfig, PacketFlags, PeerId, PeerState, PeerStatistics, Time};
use sim::oracle::Engine;
use sim::oracle::EngineFactory;
use sim::oracle::OwnEngine;
use sim::oracle::RustyEngine;
use sim::{Random, SERVER_IP};

/// The engine of the server and the engine of the clients.
#[derive(Debug, Clone, Copy)]
pub struct Pairing {
    pub name: &'static str,
    server: EngineFactory,
    client: EngineFactory,
}

/// The pairing that defines the expected results.
pub const REFERENCE: Pairing = Pairing {
    name: "rusty-rusty",
    server: RustyEngine::boxed,
    client: RustyEngine::boxed,
};

/// The pairings compared with the reference; the name gives the server's engine first.
pub const PAIRINGS: [Pairing; 3] = [
    Pairing {
        name: "own-own",
        server: OwnEngine::boxed,
        client: OwnEngine::boxed,
    },
    Pairing {
        name: "own-rusty",
        server: OwnEngine::boxed,
        client: RustyEngine::boxed,
    },
    Pairing {
        name: "rusty-own",
        server: RustyEngine::boxed,
        client: OwnEngine::boxed,
    },
];

pub fn all_pairings() -> impl Iterator<Item = Pairing> {
    [REFERENCE].into_iter().chain(PAIRINGS)
}

/// One engine at both ends.
pub fn only(make: EngineFactory) -> Pairing {
    Pairing {
        name: "one",
        server: make,
        client: make,
    }
}

/// Node 0 is the server.
pub const SERVER: usize = 0;
/// Index of a node whose address is no longer known.
const NOBODY: usize = usize::MAX;
/// Start time of every run in milliseconds. C reads several times of 0 as "never", and its first
/// bandwidth second begins at 0, so after one second both engines' bandwidth seconds are aligned.
pub const START: u64 = 1000;

/// The network's conditions: milliseconds, and probabilities in thousandths.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    pub latency: u64,
    pub jitter: u64,
    pub loss: u64,
    pub duplication: u64,
    /// Decide for each datagram alone instead of once for all of a direction in a millisecond.
    pub each: bool,
}

/// One connection as one node sees it: the node, the other node, and the connection's number.
pub type Link = (usize, usize, u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Connected(u32),
    Disconnected(u32),
    Packet {
        channel: u8,
        flags: PacketFlags,
        size: usize,
        content: u64,
    },
    Refused(QueueError),
    /// The engine had no slot for a connection.
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub at: u64,
    pub what: What,
}

/// A sent datagram.
#[derive(Debug, Clone)]
pub struct Sent {
    pub at: u64,
    pub from: usize,
    pub bytes: Vec<u8>,
}

pub struct Node {
    pub engine: Box<dyn Engine>,
    links: HashMap<PeerId, Link>,
    /// The latest connection with each node.
    pub peers: BTreeMap<usize, PeerId>,
    counts: BTreeMap<usize, u32>,
    cut_off: bool,
    bandwidth: (u32, u32),
    connected: usize,
}

pub struct Arena {
    pub now: u64,
    pub nodes: Vec<Node>,
    pub weather: Weather,
    /// A node whose datagrams are neither lost, duplicated nor delayed by jitter.
    pub spared: Option<usize>,
    pub log: BTreeMap<Link, Vec<Entry>>,
    pub statistics: Vec<(u64, Link, PeerState, PeerStatistics)>,
    /// Clients that are no longer compared, with the time from which they are not.
    pub strays: BTreeMap<usize, u64>,
    pub sent: Vec<Sent>,
    pub records: bool,
    seed: u64,
    counter: u64,
    travelling: BTreeMap<(u64, u64), (usize, usize, Vec<u8>)>,
}

impl Arena {
    pub fn new(pairing: Pairing, seed: u64, clients: usize) -> Self {
        Self::with(pairing, seed, clients, |_, _| {})
    }

    /// An arena with settings adjusted per node by `change`.
    pub fn with(
        pairing: Pairing,
        seed: u64,
        clients: usize,
        change: impl Fn(usize, &mut HostConfig),
    ) -> Self {
        let nodes = (0..=clients).map(|index| {
            let (make, slots) = match index {
                SERVER => (pairing.server, 2 * clients + 1),
                _ => (pairing.client, 1),
            };
            let now = Time::from_millis(START);
            let mut config = HostConfig::new(slots, seed as u32 ^ index as u32, now);
            change(index, &mut config);
            Node {
                engine: make(&config),
                links: HashMap::new(),
                peers: BTreeMap::new(),
                counts: BTreeMap::new(),
                cut_off: false,
                bandwidth: (config.in_bandwidth, config.out_bandwidth),
                connected: 0,
            }
        });
        let mut arena = Self {
            now: START,
            nodes: nodes.collect(),
            weather: Weather::default(),
            spared: None,
            log: BTreeMap::new(),
            statistics: Vec::new(),
            strays: BTreeMap::new(),
            sent: Vec::new(),
            records: false,
            seed,
            counter: 0,
            travelling: BTreeMap::new(),
        };
        arena.step(0);
        arena
    }

    pub fn time(&self) -> Time {
        Time::from_millis(self.now)
    }

    /// Advances the time by `milliseconds` in one step.
    pub fn step(&mut self, milliseconds: u64) {
        self.now += milliseconds;
        let mut due: Vec<Vec<_>> = self.nodes.iter().map(|_| Vec::new()).collect();
        while let Some(first) = self.travelling.first_entry() {
            if first.key().0 > self.now {
                break;
            }
            let (from, to, bytes) = first.remove();
            due[to].push((from, bytes));
        }
        let now = self.time();
        for (index, due) in due.into_iter().enumerate() {
            let engine = &mut self.nodes[index].engine;
            // C checks its timers before it reads: an overdue command is retransmitted even if its
            // acknowledgement has arrived.
            service_if_due(&mut **engine, now);
            self.flush(index);
            let engine = &mut self.nodes[index].engine;
            for (from, bytes) in due {
                engine.receive(now, address(from), &bytes);
            }
            service_if_due(&mut **engine, now);
            self.flush(index);
            self.take_events(index);
        }
    }

    /// Advances in steps of equal length until `holds` is true; false if it never is within the time.
    pub fn run(&mut self, time: u64, step: u64, holds: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + time;
        while !holds(self) {
            if self.now >= end {
                return false;
            }
            self.step(step.min(end - self.now));
        }
        true
    }

    pub fn pass(&mut self, time: u64, step: u64) {
        self.run(time, step, |_| false);
    }

    /// Flushes one node, updates its bandwidth shares, and sends its datagrams.
    pub fn flush(&mut self, index: usize) {
        let now = self.time();
        self.nodes[index].engine.flush(now);
        self.nodes[index].announce();
        let mut bytes = Vec::new();
        while let Some(to) = self.nodes[index].engine.next_datagram(&mut bytes) {
            if self.records {
                self.sent.push(Sent {
                    at: self.now,
                    from: index,
                    bytes: bytes.clone(),
                });
            }
            self.carry(index, node_at(to), &bytes);
        }
    }

    fn carry(&mut self, from: usize, to: usize, bytes: &[u8]) {
        if to >= self.nodes.len() || self.nodes[from].cut_off || self.nodes[to].cut_off {
            return;
        }
        let mut weather = self.weather;
        if self.spared == Some(from) || self.spared == Some(to) {
            weather.loss = 0;
            weather.duplication = 0;
            weather.jitter = 0;
        }
        let number = if weather.each { self.counter } else { 0 };
        let mut random = Random::new(digest(&(self.seed, from, to, self.now, number)));
        let copies = 1 + u64::from(random.below(1000) < weather.duplication);
        for _ in 0..copies {
            let is_lost = random.below(1000) < weather.loss;
            let delay = weather.latency.max(1) + random.below(weather.jitter + 1);
            if !is_lost {
                self.counter += 1;
                let key = (self.now + delay, self.counter);
                self.travelling.insert(key, (from, to, bytes.to_vec()));
            }
        }
    }

    fn take_events(&mut self, index: usize) {
        while let Some(event) = self.nodes[index].engine.next_event() {
            let (peer, what) = match event {
                Event::Connected { peer, data } => {
                    self.on_connected(index, peer);
                    (peer, What::Connected(data))
                }
                Event::Disconnected { peer, data, .. } => (peer, What::Disconnected(data)),
                Event::OverLimit { .. } => unreachable!("there are no limits"),
                Event::Received {
                    peer,
                    channel,
                    flags,
                    data,
                } => {
                    let packet = What::Packet {
                        channel,
                        flags,
                        size: data.len(),
                        content: digest(&data),
                    };
                    self.nodes[index].engine.recycle(data);
                    (peer, packet)
                }
            };
            let link = self.nodes[index].links[&peer];
            self.note(link, what);
            if let What::Disconnected(_) = what {
                self.nodes[index].connected = usize::MAX;
                self.nodes[index].announce();
            }
        }
    }

    fn on_connected(&mut self, index: usize, peer: PeerId) {
        if index == SERVER {
            // The address is unknown if the connection ended in the same step.
            let remote = self.nodes[index].engine.address(peer);
            let remote = remote.map_or(NOBODY, node_at);
            self.nodes[index].open(index, remote, peer);
        }
    }

    pub fn note(&mut self, link: Link, what: What) {
        let entry = Entry { at: self.now, what };
        self.log.entry(link).or_default().push(entry);
    }

    /// Makes a client start a connection.
    pub fn connect(&mut self, client: usize, channels: usize, data: u32) -> Option<PeerId> {
        let now = self.time();
        let node = &mut self.nodes[client];
        let peer = node.engine.connect(now, address(SERVER), channels, data);
        let Some(peer) = peer else {
            self.note((client, SERVER, u32::MAX), What::Full);
            return None;
        };
        node.open(client, SERVER, peer);
        // Calls refer to the new connection from here on.
        self.nodes[SERVER].peers.remove(&client);
        self.flush(client);
        Some(peer)
    }

    /// Connects a client and waits until both sides report it.
    pub fn join(&mut self, client: usize, channels: usize) {
        self.connect(client, channels, 0).expect("a free slot");
        let both = self.run(10_000, 1, |arena| arena.is_up(client));
        assert!(both, "client {client} connects");
    }

    pub fn is_up(&self, client: usize) -> bool {
        [(client, SERVER), (SERVER, client)]
            .iter()
            .all(|&(node, remote)| {
                let node = &self.nodes[node];
                let peer = node.peers.get(&remote);
                peer.is_some_and(|&peer| node.engine.state(peer) == PeerState::Connected)
            })
    }

    pub fn peer(&self, node: usize, remote: usize) -> PeerId {
        self.nodes[node].peers[&remote]
    }

    pub fn statistics_of(&self, node: usize, remote: usize) -> PeerStatistics {
        let statistics = self.nodes[node].engine.statistics(self.peer(node, remote));
        statistics.expect("the peer exists")
    }

    /// Queues a packet without a flush.
    pub fn send(
        &mut self,
        node: usize,
        remote: usize,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) {
        let now = self.time();
        let Some(&peer) = self.nodes[node].peers.get(&remote) else {
            return;
        };
        let engine = &mut self.nodes[node].engine;
        if let Err(error) = engine.send(now, peer, channel, flags, data) {
            let link = self.nodes[node].links[&peer];
            self.note(link, What::Refused(error));
        }
    }

    pub fn cut_off(&mut self, node: usize, cut: bool) {
        self.nodes[node].cut_off = cut;
    }

    /// Records the state and statistics of every connection.
    pub fn take_statistics(&mut self) {
        for node in &self.nodes {
            for (&peer, &link) in &node.links {
                if let Some(statistics) = node.engine.statistics(peer) {
                    let state = node.engine.state(peer);
                    self.statistics.push((self.now, link, state, statistics));
                }
            }
        }
        self.statistics.sort_by_key(|&(at, link, ..)| (at, link));
    }
}

impl Node {
    pub fn set_bandwidth(&mut self, incoming: u32, outgoing: u32) {
        self.bandwidth = (incoming, outgoing);
        self.engine.set_bandwidth(incoming, outgoing);
    }

    /// Makes the engine inform every peer of its bandwidth share whenever a connection begins or ends.
    /// Our engine does so anyway; C does not when it ends one itself without an event.
    fn announce(&mut self) {
        let is_up = |peer: &&PeerId| {
            let state = self.engine.state(**peer);
            matches!(state, PeerState::Connected | PeerState::DisconnectLater)
        };
        let connected = self.links.keys().filter(is_up).count();
        if connected != self.connected {
            self.connected = connected;
            let (incoming, outgoing) = self.bandwidth;
            self.engine.set_bandwidth(incoming, outgoing);
        }
    }

    fn open(&mut self, index: usize, remote: usize, peer: PeerId) {
        let count = self.counts.entry(remote).or_default();
        *count += 1;
        self.links.insert(peer, (index, remote, *count));
        self.peers.insert(remote, peer);
    }
}

/// Services the engine like a caller that waits for its next timer. The timer must never be late, or
/// some events would not fall into the same millisecond as in C.
fn service_if_due(engine: &mut dyn Engine, now: Time) {
    if engine.next_timer().is_none_or(|timer| timer <= now) {
        engine.service(now);
        assert!(engine.next_timer().is_none_or(|timer| timer > now));
    }
}

pub fn address(index: usize) -> SocketAddr {
    SocketAddr::new(SERVER_IP, 1000 + index as u16)
}

fn node_at(address: SocketAddr) -> usize {
    usize::from(address.port()) - 1000
}

pub fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
