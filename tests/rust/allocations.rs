//! No allocation per packet in the steady state, and none per refused client. The tests have a binary
//! of their own, because the counting allocator serves the whole program.

use std::net::SocketAddr;
use std::time::Duration;

use enet_codec::Compression;
use enet_codec::{Dictionary, MODES, train_dictionary};
use enet_proto::{Admission, Event, HostConfig, PacketFlags, PeerId, Time};
use sim::Traffic;
use sim::oracle::Engine;
use sim::oracle::OwnEngine;

#[path = "allocations/sockets.rs"]
mod sockets;

const UNSEQUENCED: PacketFlags = PacketFlags {
    reliable: false,
    unsequenced: true,
    unreliable_fragment: true,
};
const ORDERED: PacketFlags = PacketFlags {
    reliable: false,
    unsequenced: false,
    unreliable_fragment: true,
};

fn modes() -> Vec<Compression> {
    let mut traffic = Traffic::new(1);
    let samples: Vec<Vec<u8>> = (0..600).map(|_| traffic.datagram()).collect();
    let trained = train_dictionary(&samples, 4096).expect("enough samples");
    let dictionary = Dictionary::new(&trained).expect("a dictionary");
    let all: Vec<Compression> = Compression::all(Some(&dictionary)).collect();
    assert_eq!(all.len(), MODES.len(), "all features are on");
    all
}

/// A host and its peers.
struct End {
    engine: OwnEngine,
    address: SocketAddr,
    peers: Vec<PeerId>,
    received: usize,
}

impl End {
    fn new(port: u16, max_peers: usize, compression: &Compression) -> Self {
        let config = HostConfig::new(max_peers, port.into(), Time::ZERO);
        let mut engine = OwnEngine::new(&config);
        engine.set_compression(compression);
        Self {
            engine,
            address: ([10, 0, 0, 1], port).into(),
            peers: Vec::new(),
            received: 0,
        }
    }

    fn work(&mut self, now: Time) {
        self.engine.service(now);
        while let Some(event) = self.engine.next_event() {
            match event {
                Event::Connected { peer, .. } => self.peers.push(peer),
                Event::Received { data, .. } => {
                    self.received += 1;
                    self.engine.recycle(data);
                }
                Event::Disconnected { .. } | Event::OverLimit { .. } => panic!("no peer leaves"),
            }
        }
    }

    fn send(&mut self, now: Time, data: &[u8]) {
        for &peer in &self.peers {
            let small = &data[..data.len().min(100)];
            for flags in [PacketFlags::RELIABLE, UNSEQUENCED, ORDERED] {
                for channel in [0, 1, 2] {
                    let sent = self.engine.send(now, peer, channel, flags, small);
                    sent.expect("queued");
                }
            }
            for flags in [PacketFlags::RELIABLE, ORDERED] {
                let sent = self.engine.send(now, peer, 3, flags, data);
                sent.expect("queued");
            }
        }
        let everybody = std::mem::take(&mut self.peers);
        let sent = self
            .engine
            .send_to_all(now, &everybody, 4, PacketFlags::RELIABLE, data);
        assert_eq!(sent, Ok(everybody.len()));
        self.peers = everybody;
        self.engine.flush(now);
    }
}

/// Delivers the datagrams of one host to their destinations.
fn deliver(now: Time, from: &mut End, to: &mut [End], datagram: &mut Vec<u8>) {
    while let Some(address) = from.engine.next_datagram(datagram) {
        let end = to.iter_mut().find(|end| end.address == address);
        end.expect("a host")
            .engine
            .receive(now, from.address, datagram);
    }
}

fn allocations_per_tick(compression: &Compression, ticks: u32) -> f64 {
    const CLIENTS: u16 = 4;
    let mut server = [End::new(1, CLIENTS.into(), compression)];
    let mut clients: Vec<End> = (0..CLIENTS)
        .map(|index| End::new(2 + index, 1, compression))
        .collect();
    for client in &mut clients {
        let address = server[0].address;
        let begun = client.engine.connect(Time::ZERO, address, 5, 0);
        begun.expect("a slot");
        client.engine.flush(Time::ZERO);
    }
    let data: Vec<u8> = (0..4000u32).map(|n| (n * n / 7) as u8).collect();
    let mut datagram = Vec::new();
    let mut now = Time::ZERO;
    let mut tick = || {
        now += Duration::from_millis(16);
        for client in &mut clients {
            deliver(now, client, &mut server, &mut datagram);
        }
        server[0].work(now);
        server[0].send(now, &data);
        deliver(now, &mut server[0], &mut clients, &mut datagram);
        for client in &mut clients {
            client.work(now);
            client.send(now, &data);
        }
        server[0].received
    };
    // Connecting, and filling the pools.
    let before = (0..ticks).map(|_| tick()).last().unwrap_or_default();
    let mut after = 0;
    let counted = allocation_counter::measure(|| {
        after = (0..ticks).map(|_| tick()).last().unwrap_or_default();
    });
    let packets = after - before;
    assert!(
        packets as u32 >= ticks * u32::from(CLIENTS) * 9,
        "{packets}"
    );
    counted.count_total as f64 / f64::from(ticks)
}

#[test]
fn packets_of_every_kind_reuse_the_memory_of_earlier_ones() {
    for compression in modes() {
        // Codecs are slow in a debug build.
        let ticks = if compression == Compression::None {
            200
        } else {
            40
        };
        let allocations = allocations_per_tick(&compression, ticks);
        // 48 packets go each way in a tick. The remaining allocations are pings and growing tables.
        assert!(
            allocations < 1.0,
            "{compression:?}: {allocations} in a tick"
        );
    }
}

#[test]
fn refusals_keep_no_memory_and_reuse_that_of_earlier_ones() {
    const FLOOD: u32 = 10_000;
    let mut server = OwnEngine::new(&HostConfig {
        answers_refused: true,
        ..HostConfig::new(4, 1, Time::ZERO)
    });
    let mut datagram = Vec::new();
    let mut flood = |server: &mut OwnEngine, name: u32| {
        let mut stranger = OwnEngine::new(&HostConfig::new(1, name, Time::ZERO));
        let begun = stranger.connect(Time::ZERO, ([10, 0, 0, 1], 1).into(), 1, 0);
        begun.expect("a slot");
        stranger.flush(Time::ZERO);
        let mut connect = Vec::new();
        assert!(stranger.next_datagram(&mut connect).is_some());
        let counted = allocation_counter::measure(|| {
            for number in 0..FLOOD {
                // Each CONNECT has another token and address. The token precedes the data, which
                // are the last four bytes.
                let end = connect.len() - 4;
                connect[end - 4..end].copy_from_slice(&number.to_be_bytes());
                let from = ([10, 0, 1, 1], number as u16).into();
                server.receive(Time::ZERO, from, &connect);
                assert_eq!(server.next_datagram(&mut datagram), Some(from));
            }
        });
        (counted.count_total, counted.bytes_current)
    };
    // The first clients take all the slots.
    flood(&mut server, 1);
    for admission in [
        Admission::Everybody,
        sim::oracle::UNIQUE_IDS,
        Admission::Nobody,
    ] {
        server.set_admission(admission);
        assert_eq!(flood(&mut server, 2), (0, 0), "{admission:?}");
    }
}

#[test]
fn datagrams_of_any_size_reuse_the_memory_of_earlier_ones() {
    let mut traffic = Traffic::new(2);
    // Long runs of tiny datagrams between large ones: a codec must not free memory that seems too large.
    let mut datagrams: Vec<Vec<u8>> = (0..300).map(|_| traffic.datagram()).collect();
    datagrams.extend((0..300).map(|at| vec![7; 8 + at % 20]));
    datagrams.push((0..4092u32).map(|n| (n * n / 7) as u8).collect());
    let (mut packed, mut plain) = (vec![0; 8192], vec![0; 4096]);
    for mode in modes() {
        let Some(mut codec) = mode.codec() else {
            continue;
        };
        let mut pass = || {
            for datagram in &datagrams {
                let size = codec.compress(datagram, &mut packed).expect("fits");
                let size = codec.decompress(&packed[..size], &mut plain);
                assert_eq!(size, Some(datagram.len()));
                // Input of a stranger, and output that does not fit.
                codec.decompress(datagram, &mut plain);
                codec.compress(datagram, &mut packed[..datagram.len() / 2]);
            }
        };
        pass();
        let counted = allocation_counter::measure(|| {
            pass();
            pass();
        });
        assert_eq!(counted.count_total, 0, "{mode:?}");
    }
}

/// Buffers left over from a burst of one size must not prevent the reuse of others.
#[test]
fn a_burst_of_large_packets_leaves_room_for_small_ones() {
    bursts_leave_room(2100, 1000);
}

#[test]
fn a_burst_of_small_packets_leaves_room_for_large_ones() {
    bursts_leave_room(1000, 8000);
}

fn bursts_leave_room(burst_size: usize, size: usize) {
    const BURST: usize = 5_000_000;
    const ROUNDS: usize = 100;
    let config = |seed| HostConfig::new(1, seed, Time::ZERO);
    let mut engine = OwnEngine::new(&config(1));
    // A game returns all buffers of a frame at once.
    for _ in 0..BURST / burst_size {
        engine.recycle(vec![0; burst_size]);
    }
    let mut remote = End::new(2, 1, &Compression::None);
    let mut end = End {
        engine,
        address: ([10, 0, 0, 1], 1).into(),
        peers: Vec::new(),
        received: 0,
    };
    let begun = remote.engine.connect(Time::ZERO, end.address, 5, 0);
    begun.expect("a slot");
    let data = vec![1; size];
    let (mut now, mut datagram) = (Time::ZERO, Vec::new());
    let mut round = || {
        now += Duration::from_millis(16);
        for &peer in &remote.peers {
            for _ in 0..4 {
                let sent = (remote.engine).send(now, peer, 0, PacketFlags::RELIABLE, &data);
                sent.expect("queued");
            }
        }
        remote.engine.flush(now);
        deliver(
            now,
            &mut remote,
            std::slice::from_mut(&mut end),
            &mut datagram,
        );
        end.work(now);
        end.engine.flush(now);
        deliver(
            now,
            &mut end,
            std::slice::from_mut(&mut remote),
            &mut datagram,
        );
        remote.work(now);
    };
    (0..ROUNDS).for_each(|_| round());
    let counted = allocation_counter::measure(|| (0..ROUNDS).for_each(|_| round()));
    let allocations = counted.count_total as f64 / ROUNDS as f64;
    assert!(allocations < 1.0, "{allocations} in a round");
    assert!(end.received >= 4 * ROUNDS, "the packets arrive");
}
