//! A server and clients, whose datagrams a test may also forge. Engines run without a network, on simulated time.

use std::net::SocketAddr;
use std::time::Duration;

use enet_proto::{Cause, Event, Host, HostConfig, Limit, Limits, PacketFlags, PeerId};
use enet_proto::{PeerState, Time};

pub const RELIABLE: PacketFlags = PacketFlags::RELIABLE;

/// A client, which a test may also forge datagrams for.
pub struct Client {
    pub host: Host,
    pub address: SocketAddr,
    /// The server at the client, and the client at the server.
    pub server: PeerId,
    pub peer: PeerId,
    /// Slot and session.
    pub header: [u8; 2],
    /// Whether its datagrams reach the server, and the server's datagrams it.
    pub is_connected: bool,
    pub packets: Vec<Vec<u8>>,
    pub ended: Option<u32>,
}

pub struct Stage {
    pub server: Host,
    pub clients: Vec<Client>,
    pub now: Time,
    /// Whether the server's application takes events.
    pub reads: bool,
    /// Whether further clients come from one address.
    pub is_one_subscriber: bool,
    pub events: Vec<Event>,
}

impl Stage {
    pub fn new(clients: usize, limits: Limits) -> Self {
        Self::with(clients, |config| config.limits = limits)
    }

    pub fn with(clients: usize, change: impl FnOnce(&mut HostConfig)) -> Self {
        let mut config = HostConfig::new(16, 1, Time::ZERO);
        change(&mut config);
        let mut stage = Self {
            server: Host::new(&config),
            clients: Vec::new(),
            now: Time::from_secs(1),
            reads: true,
            is_one_subscriber: false,
            events: Vec::new(),
        };
        for _ in 0..clients {
            stage.join();
        }
        stage
    }

    /// Connects one more client.
    pub fn join(&mut self) -> usize {
        let number = self.clients.len() as u16;
        let mut host = Host::new(&HostConfig::new(1, 50 + u32::from(number), self.now));
        let server = host.connect(self.now, server_address(), 255, 0);
        self.clients.push(Client {
            host,
            address: match self.is_one_subscriber {
                true => ([10, 2, 0, 0], 100 + number).into(),
                false => ([10, 1, (number >> 8) as u8, number as u8], 7).into(),
            },
            server: server.expect("a slot"),
            peer: PeerId {
                slot: u16::MAX,
                generation: 0,
            },
            header: [0; 2],
            is_connected: true,
            packets: Vec::new(),
            ended: None,
        });
        for _ in 0..20 {
            self.step(10);
            if let Some(Event::Connected { peer, .. }) = self.events.last() {
                let client = self.clients.last_mut().expect("a client");
                client.peer = *peer;
                self.events.clear();
                return usize::from(number);
            }
        }
        panic!("client {number} does not connect");
    }

    /// Lets time pass; every datagram arrives at once.
    pub fn step(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
        let mut datagram = Vec::new();
        for client in &mut self.clients {
            client.host.service(self.now);
            client.host.flush(self.now);
            while client.host.next_datagram(&mut datagram).is_some() {
                client.header = [datagram[0] & 0x3F, datagram[1]];
                if client.is_connected {
                    self.server.receive(self.now, client.address, &datagram);
                }
            }
        }
        self.server.service(self.now);
        self.server.flush(self.now);
        while let Some(to) = self.server.next_datagram(&mut datagram) {
            let mut clients = self.clients.iter_mut();
            let client = clients.find(|client| client.address == to);
            if let Some(client) = client.filter(|client| client.is_connected) {
                client.host.receive(self.now, server_address(), &datagram);
            }
        }
        for client in &mut self.clients {
            while let Some(event) = client.host.next_event() {
                match event {
                    Event::Received { data, .. } => client.packets.push(data),
                    Event::Disconnected { data, .. } => client.ended = Some(data),
                    _ => {}
                }
            }
        }
        if self.reads {
            self.read();
        }
    }

    pub fn read(&mut self) {
        while let Some(event) = self.server.next_event() {
            self.events.push(event);
        }
    }

    pub fn run(&mut self, milliseconds: u64) {
        for _ in 0..milliseconds / 10 {
            self.step(10);
        }
    }

    /// Delivers a datagram in a client's name, which says when it was sent.
    pub fn forge(&mut self, client: usize, commands: &[u8]) {
        let size = commands.len() + 4;
        self.forge_packed(client, commands, size);
    }

    /// The same; it came over the network in `wire_size` bytes.
    pub fn forge_packed(&mut self, client: usize, commands: &[u8], wire_size: usize) {
        let client = &self.clients[client];
        let [slot, session] = client.header;
        let bytes = [&[slot | 0x80, session, 0, 0], commands].concat();
        (self.server).receive_decompressed(self.now, client.address, &bytes, wire_size);
    }

    pub fn send(&mut self, client: usize, flags: PacketFlags, data: &[u8]) {
        let client = &mut self.clients[client];
        let queued = client.host.send(self.now, client.server, 0, flags, data);
        queued.expect("queued");
    }

    pub fn waiting(&self, client: usize) -> usize {
        let statistics = self.server.statistics(self.clients[client].peer);
        statistics.map_or(0, |statistics| statistics.waiting_data)
    }

    pub fn packets_of(&self, client: usize) -> Vec<&[u8]> {
        let from = self.clients[client].peer;
        let data =
            |event: &'_ Event| matches!(event, Event::Received { peer, .. } if *peer == from);
        let received = self.events.iter().filter(|event| data(event));
        received
            .map(|event| match event {
                Event::Received { data, .. } => data.as_slice(),
                _ => &[],
            })
            .collect()
    }

    pub fn is_up(&self, client: usize) -> bool {
        self.server.state(self.clients[client].peer) == PeerState::Connected
    }

    /// How the server dropped a client, if it did.
    pub fn dropped_for(&self, client: usize) -> Option<Limit> {
        let dropped = self.clients[client].peer;
        let mut events = self.events.iter();
        let limit = events.find_map(|event| match event {
            Event::OverLimit { peer, limit } if *peer == dropped => Some(*limit),
            _ => None,
        })?;
        let end = Event::Disconnected {
            peer: dropped,
            data: limit.code(),
            cause: Cause::Limit(limit),
        };
        assert_eq!(events.next(), Some(&end), "at once");
        Some(limit)
    }
}

pub fn server_address() -> SocketAddr {
    ([10, 0, 0, 1], 1).into()
}

/// A fragment: its channel, its packet's first number, count, total, its number and offset.
pub fn fragment(channel: u8, start: u16, numbers: [u32; 4], bytes: &[u8]) -> Vec<u8> {
    let [count, total, number, offset] = numbers;
    let mut command = vec![0x88, channel];
    let sequence = start.wrapping_add(number as u16);
    for field in [sequence, start, bytes.len() as u16] {
        command.extend(field.to_be_bytes());
    }
    for field in [count, number, total, offset] {
        command.extend(field.to_be_bytes());
    }
    command.extend(bytes);
    command
}

/// The fragments of a packet, in order.
pub fn fragments(channel: u8, start: u16, data: &[u8], largest: usize) -> Vec<Vec<u8>> {
    let count = data.len().div_ceil(largest) as u32;
    let part = |(number, bytes): (usize, &[u8])| {
        let offset = (number * largest) as u32;
        fragment(
            channel,
            start,
            [count, data.len() as u32, number as u32, offset],
            bytes,
        )
    };
    data.chunks(largest).enumerate().map(part).collect()
}

pub fn reliable(channel: u8, sequence: u16, bytes: &[u8]) -> Vec<u8> {
    let [high, low] = sequence.to_be_bytes();
    let length = (bytes.len() as u16).to_be_bytes();
    [&[0x86, channel, high, low][..], &length, bytes].concat()
}
