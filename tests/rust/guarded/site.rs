//! A guarded server, clients of either engine some milliseconds away, and whatever a test forges.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use enet_proto::{Event, HostConfig, Limits, PeerId, Time};
use sim::oracle::{Engine, EngineFactory, OwnEngine, RustyEngine};

pub const BOTH: [EngineFactory; 2] = [OwnEngine::boxed, RustyEngine::boxed];
/// Start time of every test: C reads several times of 0 as "never".
pub const START: Time = Duration::from_secs(5);
/// Milliseconds from any end to any other.
const LATENCY: u64 = 20;

pub fn server_address() -> SocketAddr {
    (Ipv4Addr::new(127, 0, 0, 1), 7777).into()
}

/// The settings of a guarded host with the usual limits.
pub fn guarded(max_peers: usize, seed: u32) -> HostConfig {
    HostConfig {
        answers_refused: true,
        is_guarded: true,
        limits: Limits::new(max_peers),
        ..HostConfig::new(max_peers, seed, START)
    }
}

/// A CONNECT, as a stock client sends it.
pub fn connect(token: u32, data: u32) -> Vec<u8> {
    let mut bytes = vec![0x8F, 0xFF, 0, 0, 0x82, 0xFF, 0, 1, 0, 0, 0xFF, 0xFF];
    for field in [1392, 65536, 4, 0, 0, 5000, 2, 2, token, data] {
        bytes.extend(field.to_be_bytes());
    }
    bytes
}

/// What a VERIFY_CONNECT says: header of the answers to it, and the number of the command.
pub fn granted(answer: &[u8]) -> ([u8; 2], u16) {
    assert_eq!(answer[4] & 0x0F, 3, "a VERIFY_CONNECT");
    let header = [answer[11] << 4 | answer[8], answer[9]];
    (header, u16::from_be_bytes([answer[6], answer[7]]))
}

pub struct Client {
    pub engine: Box<dyn Engine>,
    pub address: SocketAddr,
    pub peer: PeerId,
    pub events: Vec<Event>,
}

impl Client {
    pub fn is_up(&self) -> bool {
        matches!(self.events[..], [Event::Connected { .. }])
    }
}

pub struct Site {
    pub server: OwnEngine,
    pub events: Vec<Event>,
    pub clients: Vec<Client>,
    pub now: Time,
    /// Datagrams that the server sent to addresses without a client, and their bytes.
    pub reflected: (usize, usize),
    /// Whether the next datagram of a client is lost that acknowledges something.
    pub loses_acknowledgement: bool,
    travelling: BTreeMap<(Time, u64), (SocketAddr, SocketAddr, Vec<u8>)>,
    sent: u64,
}

impl Site {
    pub fn new(config: &HostConfig) -> Self {
        Self {
            server: OwnEngine::new(config),
            events: Vec::new(),
            clients: Vec::new(),
            now: START,
            reflected: (0, 0),
            loses_acknowledgement: false,
            travelling: BTreeMap::new(),
            sent: 0,
        }
    }

    /// Starts a client of its own address, and returns its index.
    pub fn join(&mut self, make: EngineFactory, ip: Ipv4Addr) -> usize {
        let index = self.clients.len();
        let config = HostConfig {
            is_guarded: true,
            offers_proof: true,
            ..HostConfig::new(1, 100 + index as u32, START)
        };
        let mut engine = make(&config);
        let peer = engine.connect(self.now, server_address(), 2, 7);
        self.clients.push(Client {
            engine,
            address: (ip, 10_000 + index as u16).into(),
            peer: peer.expect("a slot"),
            events: Vec::new(),
        });
        index
    }

    /// Has a datagram arrive at the server now.
    pub fn forge(&mut self, from: SocketAddr, datagram: &[u8]) {
        self.server.receive(self.now, from, datagram);
    }

    fn carry(&mut self, from: SocketAddr, to: SocketAddr, datagram: &[u8]) {
        self.sent += 1;
        let due = self.now + Duration::from_millis(LATENCY);
        (self.travelling).insert((due, self.sent), (from, to, datagram.to_vec()));
    }

    fn step(&mut self) {
        let later = self.travelling.split_off(&(self.now, u64::MAX));
        for (_, (from, to, datagram)) in std::mem::replace(&mut self.travelling, later) {
            if to == server_address() {
                self.server.receive(self.now, from, &datagram);
            } else if let Some(client) = self.clients.iter_mut().find(|it| it.address == to) {
                client.engine.receive(self.now, from, &datagram);
            } else {
                self.reflected.0 += 1;
                self.reflected.1 += datagram.len();
            }
        }
        let mut out = Vec::new();
        let mut datagram = Vec::new();
        self.server.service(self.now);
        self.server.flush(self.now);
        while let Some(to) = self.server.next_datagram(&mut datagram) {
            out.push((server_address(), to, datagram.clone()));
        }
        self.events
            .extend(std::iter::from_fn(|| self.server.next_event()));
        for client in &mut self.clients {
            client.engine.service(self.now);
            client.engine.flush(self.now);
            while client.engine.next_datagram(&mut datagram).is_some() {
                let acknowledges = [2, 4].map(|at| datagram.get(at).is_some_and(|it| it & 15 == 1));
                let start = if datagram[0] & 0x80 != 0 { 1 } else { 0 };
                if self.loses_acknowledgement && acknowledges[start] {
                    self.loses_acknowledgement = false;
                    continue;
                }
                out.push((client.address, server_address(), datagram.clone()));
            }
            (client.events).extend(std::iter::from_fn(|| client.engine.next_event()));
        }
        for (from, to, datagram) in out {
            self.carry(from, to, &datagram);
        }
    }

    /// Lets milliseconds pass; `each` is called at each of them.
    pub fn run(&mut self, milliseconds: u64, mut each: impl FnMut(&mut Self, u64)) {
        for millisecond in 0..milliseconds {
            self.now += Duration::from_millis(1);
            each(self, millisecond);
            self.step();
        }
    }

    /// Lets milliseconds pass.
    pub fn wait(&mut self, milliseconds: u64) {
        self.run(milliseconds, |_, _| {});
    }
}
