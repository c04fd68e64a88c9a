//! `cargo xtask bench engines`: enet_proto against crate rusty_enet, without sockets.
//!
//! A server with many clients in memory runs in lockstep: every client sends, then the server receives
//! everything and answers every client. Only the server's calls are timed. Both implementations run the
//! same load in turn, several times. The table shows the medians, and the ratio of enet_proto's time to
//! rusty_enet's.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use enet_proto::{Event, HostConfig, PacketFlags, PeerId, Time};
use sim::oracle::Engine;
use sim::oracle::EngineFactory;
use sim::oracle::OwnEngine;
use sim::oracle::RustyEngine;

const ROUNDS: usize = 7;
const TICK: Duration = Duration::from_millis(16);
const UNRELIABLE: PacketFlags = PacketFlags {
    reliable: false,
    unsequenced: true,
    unreliable_fragment: true,
};

struct Load {
    name: &'static str,
    slots: usize,
    clients: usize,
    size: usize,
    packets: usize,
    flags: PacketFlags,
    ticks: usize,
}

struct Arena {
    server: Box<dyn Engine>,
    clients: Vec<(SocketAddr, Box<dyn Engine>, PeerId)>,
    peers: Vec<PeerId>,
    now: Time,
    spent: Duration,
}

impl Arena {
    fn new(make: EngineFactory, load: &Load) -> Self {
        let config = |max_peers, seed| HostConfig::new(max_peers, seed, Time::ZERO);
        let clients = (0..load.clients as u16).map(|index| {
            let mut client = make(&config(1, u32::from(index) + 2));
            let peer = client
                .connect(Time::ZERO, address(0), 3, 7)
                .expect("a slot");
            (address(index + 1), client, peer)
        });
        let mut arena = Self {
            server: make(&config(load.slots, 1)),
            clients: clients.collect(),
            peers: Vec::new(),
            now: Time::ZERO,
            spent: Duration::ZERO,
        };
        while arena.peers.len() < load.clients {
            arena.tick(0, 0, UNRELIABLE);
        }
        for _ in 0..20 {
            arena.tick(1, load.size, load.flags);
        }
        arena.spent = Duration::ZERO;
        arena
    }

    /// Runs one tick; returns the number of packets that the server received.
    fn tick(&mut self, packets: usize, size: usize, flags: PacketFlags) -> usize {
        self.now += TICK;
        let data = vec![0x5A; size];
        let mut arriving = Vec::new();
        let mut datagram = Vec::new();
        for (from, client, peer) in &mut self.clients {
            for _ in 0..packets {
                // The call fails until the client is connected.
                let _ = client.send(self.now, *peer, 0, flags, &data);
            }
            client.service(self.now);
            client.flush(self.now);
            while client.next_datagram(&mut datagram).is_some() {
                arriving.push((*from, datagram.clone()));
            }
            while client.next_event().is_some() {}
        }
        let mut leaving = Vec::new();
        let mut received = 0;
        let begun = Instant::now();
        for (from, bytes) in &arriving {
            self.server.receive(self.now, *from, bytes);
        }
        self.server.service(self.now);
        while let Some(event) = self.server.next_event() {
            match event {
                Event::Connected { peer, .. } => self.peers.push(peer),
                Event::Received { data, .. } => {
                    self.server.recycle(data);
                    received += 1;
                }
                Event::Disconnected { .. } | Event::OverLimit { .. } => panic!("a client was lost"),
            }
        }
        for &peer in &self.peers {
            for _ in 0..packets {
                let sent = self.server.send(self.now, peer, 0, flags, &data);
                assert!(sent.is_ok());
            }
        }
        self.server.flush(self.now);
        while let Some(to) = self.server.next_datagram(&mut datagram) {
            leaving.push((to, std::mem::take(&mut datagram)));
        }
        self.spent += begun.elapsed();
        let by_address: HashMap<_, _> = self
            .clients
            .iter()
            .enumerate()
            .map(|(index, (address, ..))| (*address, index))
            .collect();
        for (to, bytes) in leaving {
            let (_, client, _) = &mut self.clients[by_address[&to]];
            client.receive(self.now, address(0), &bytes);
        }
        received
    }
}

fn address(index: u16) -> SocketAddr {
    ([10, 0, 0, 1], 10_000 + index).into()
}

/// Returns the nanoseconds of server time per packet received and sent, or per tick without packets.
fn measure(make: EngineFactory, load: &Load) -> f64 {
    let mut arena = Arena::new(make, load);
    let mut received = 0;
    for _ in 0..load.ticks {
        received += arena.tick(load.packets, load.size, load.flags);
    }
    assert!(received >= load.ticks * load.packets * load.clients * 9 / 10);
    arena.spent.as_nanos() as f64 / received.max(load.ticks) as f64
}

fn main() {
    let load = |name, slots, clients, size, packets, flags, ticks| Load {
        name,
        slots,
        clients,
        size,
        packets,
        flags,
        ticks,
    };
    let loads = [
        load(
            "256 peers, 100 bytes unreliable",
            256,
            256,
            100,
            1,
            UNRELIABLE,
            100,
        ),
        load(
            "256 peers, 100 bytes reliable",
            256,
            256,
            100,
            1,
            PacketFlags::RELIABLE,
            100,
        ),
        load(
            "256 peers, 8 x 100 bytes unreliable",
            256,
            256,
            100,
            8,
            UNRELIABLE,
            30,
        ),
        load(
            "256 peers, 8 x 100 bytes reliable",
            256,
            256,
            100,
            8,
            PacketFlags::RELIABLE,
            30,
        ),
        load(
            "32 peers, 20 kB reliable",
            32,
            32,
            20_000,
            1,
            PacketFlags::RELIABLE,
            50,
        ),
        load("32 peers in 4095 slots", 4095, 32, 100, 1, UNRELIABLE, 100),
        load(
            "1000 peers, idle (per tick)",
            4095,
            1000,
            0,
            0,
            UNRELIABLE,
            100,
        ),
    ];
    println!(
        "{:<38}{:>12}{:>12}{:>8}",
        "server time, ns per packet", "rusty_enet", "own", "ratio"
    );
    for load in &loads {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            times[0].push(measure(RustyEngine::boxed, load));
            times[1].push(measure(OwnEngine::boxed, load));
        }
        let [rusty, own] = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2]
        });
        println!(
            "{:<38}{rusty:>12.0}{own:>12.0}{:>8.2}",
            load.name,
            own / rusty
        );
    }
}
