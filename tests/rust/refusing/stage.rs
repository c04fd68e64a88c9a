//! A server of our engine with clients of either engine, in memory.

use std::net::SocketAddr;
use std::time::Duration;

use enet_codec::Compression;
use enet_proto::{Event, HostConfig, PeerId, Time};
use sim::oracle::Engine;
use sim::oracle::EngineFactory;
use sim::oracle::OwnEngine;
use sim::oracle::RustyEngine;

pub const SERVER: u16 = 1;
pub const BOTH: [EngineFactory; 2] = [OwnEngine::boxed, RustyEngine::boxed];
/// Start time of every test: C reads several times of 0 as "never".
pub const START: Time = Duration::from_secs(5);

pub fn address(port: u16) -> SocketAddr {
    ([10, 0, 0, 1], port).into()
}

pub struct Client {
    pub engine: Box<dyn Engine>,
    pub address: SocketAddr,
    pub peer: PeerId,
    pub is_connected: bool,
    pub is_over: bool,
}

/// The settings of the hosts.
#[derive(Debug, Clone)]
pub struct Settings {
    pub max_peers: usize,
    pub peers_per_address: usize,
    pub answers: bool,
    pub has_checksum: bool,
    pub compression: Compression,
}

pub const USUAL: Settings = Settings {
    max_peers: 4,
    peers_per_address: 4095,
    answers: true,
    has_checksum: false,
    compression: Compression::None,
};

pub struct Stage {
    settings: Settings,
    make: EngineFactory,
    pub server: OwnEngine,
    pub clients: Vec<Client>,
    pub now: Time,
    pub loses_answers: bool,
    /// Sizes of the datagrams that the server sent.
    pub sizes_out: Vec<usize>,
}

impl Stage {
    pub fn new(make: EngineFactory, settings: Settings) -> Self {
        let config = HostConfig {
            answers_refused: settings.answers,
            limits: enet_proto::Limits {
                peers_per_address: settings.peers_per_address,
                ..enet_proto::Limits::none()
            },
            checksum: settings.has_checksum,
            ..HostConfig::new(settings.max_peers, 1, START)
        };
        let mut server = OwnEngine::new(&config);
        server.set_compression(&settings.compression);
        Self {
            settings,
            make,
            server,
            clients: Vec::new(),
            now: START,
            loses_answers: false,
            sizes_out: Vec::new(),
        }
    }

    /// Starts a client that connects with this data, and delivers all datagrams at once.
    pub fn join(&mut self, data: u32) -> usize {
        let index = self.begin(data);
        self.exchange();
        index
    }

    pub fn begin(&mut self, data: u32) -> usize {
        let index = self.clients.len();
        let config = HostConfig {
            checksum: self.settings.has_checksum,
            ..HostConfig::new(1, 100 + index as u32, START)
        };
        let mut engine = (self.make)(&config);
        engine.set_compression(&self.settings.compression);
        let peer = engine.connect(self.now, address(SERVER), 2, data);
        self.clients.push(Client {
            engine,
            address: address(SERVER + 1 + index as u16),
            peer: peer.expect("a slot"),
            is_connected: false,
            is_over: false,
        });
        index
    }

    /// Delivers datagrams until no host has more to send.
    pub fn exchange(&mut self) {
        let mut datagram = Vec::new();
        let mut is_quiet = false;
        while !is_quiet {
            is_quiet = true;
            for client in &mut self.clients {
                client.engine.service(self.now);
                client.engine.flush(self.now);
                while client.engine.next_datagram(&mut datagram).is_some() {
                    is_quiet = false;
                    self.server.receive(self.now, client.address, &datagram);
                }
                while let Some(event) = client.engine.next_event() {
                    match event {
                        Event::Connected { .. } => client.is_connected = true,
                        Event::Disconnected { data, .. } => {
                            assert_eq!(data, 0);
                            client.is_over = true;
                        }
                        Event::Received { .. } | Event::OverLimit { .. } => {
                            panic!("nobody sends packets")
                        }
                    }
                }
            }
            self.server.service(self.now);
            self.server.flush(self.now);
            while let Some(to) = self.server.next_datagram(&mut datagram) {
                is_quiet = false;
                self.sizes_out.push(datagram.len());
                let mut clients = self.clients.iter_mut();
                if let Some(client) = clients.find(|client| client.address == to)
                    && !self.loses_answers
                {
                    client.engine.receive(self.now, address(SERVER), &datagram);
                }
            }
        }
    }

    /// Lets time pass; every datagram arrives at once.
    pub fn run(&mut self, milliseconds: u64) {
        for _ in 0..milliseconds / 10 {
            self.now += Duration::from_millis(10);
            self.exchange();
        }
    }

    /// The peers that the server reported as connected since the last call.
    pub fn connected(&mut self) -> Vec<PeerId> {
        let events = std::iter::from_fn(|| self.server.next_event());
        let connected = events.filter_map(|event| match event {
            Event::Connected { peer, .. } => Some(peer),
            _ => None,
        });
        connected.collect()
    }

    pub fn is_in(&self, client: usize) -> bool {
        let client = &self.clients[client];
        client.is_connected && !client.is_over
    }

    /// Whether a client was refused.
    pub fn is_refused(&self, client: usize) -> bool {
        let client = &self.clients[client];
        client.is_over && !client.is_connected
    }
}
