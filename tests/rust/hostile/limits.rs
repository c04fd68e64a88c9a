//! Limits of what connected clients may cost a server, and honest clients that never meet them. Engines run without a
//! network, on simulated time; bounds are counts and bytes.

use std::net::SocketAddr;
use std::time::Duration;

use enet_proto::{Disconnect, Event, Host, HostConfig, Limit, Limits, PacketFlags, PeerId};
use enet_proto::{PeerState, QueueError, Time};
use proptest::prelude::*;
use sim::Random;

const RELIABLE: PacketFlags = PacketFlags::RELIABLE;

/// A client, which a test may also forge datagrams for.
struct Client {
    host: Host,
    address: SocketAddr,
    /// The server at the client, and the client at the server.
    server: PeerId,
    peer: PeerId,
    /// Slot and session.
    header: [u8; 2],
    /// Whether its datagrams reach the server, and the server's datagrams it.
    is_connected: bool,
    packets: Vec<Vec<u8>>,
    ended: Option<u32>,
}

struct Stage {
    server: Host,
    clients: Vec<Client>,
    now: Time,
    /// Whether the server's application takes events.
    reads: bool,
    events: Vec<Event>,
}

impl Stage {
    fn new(clients: usize, limits: Limits) -> Self {
        Self::with(clients, |config| config.limits = limits)
    }

    fn with(clients: usize, change: impl FnOnce(&mut HostConfig)) -> Self {
        let mut config = HostConfig::new(16, 1, Time::ZERO);
        change(&mut config);
        let mut stage = Self {
            server: Host::new(&config),
            clients: Vec::new(),
            now: Time::from_secs(1),
            reads: true,
            events: Vec::new(),
        };
        for _ in 0..clients {
            stage.join();
        }
        stage
    }

    /// Connects one more client.
    fn join(&mut self) -> usize {
        let number = self.clients.len() as u16;
        let mut host = Host::new(&HostConfig::new(1, 50 + u32::from(number), self.now));
        let server = host.connect(self.now, server_address(), 255, 0);
        self.clients.push(Client {
            host,
            address: ([10, 1, (number >> 8) as u8, number as u8], 7).into(),
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
    fn step(&mut self, milliseconds: u64) {
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

    fn read(&mut self) {
        while let Some(event) = self.server.next_event() {
            self.events.push(event);
        }
    }

    fn run(&mut self, milliseconds: u64) {
        for _ in 0..milliseconds / 10 {
            self.step(10);
        }
    }

    /// Delivers a datagram in a client's name, which says when it was sent.
    fn forge(&mut self, client: usize, commands: &[u8]) {
        let size = commands.len() + 4;
        self.forge_packed(client, commands, size);
    }

    /// The same; it came over the network in `wire_size` bytes.
    fn forge_packed(&mut self, client: usize, commands: &[u8], wire_size: usize) {
        let client = &self.clients[client];
        let [slot, session] = client.header;
        let bytes = [&[slot | 0x80, session, 0, 0], commands].concat();
        (self.server).receive_decompressed(self.now, client.address, &bytes, wire_size);
    }

    fn send(&mut self, client: usize, flags: PacketFlags, data: &[u8]) {
        let client = &mut self.clients[client];
        let queued = client.host.send(self.now, client.server, 0, flags, data);
        queued.expect("queued");
    }

    fn waiting(&self, client: usize) -> usize {
        let statistics = self.server.statistics(self.clients[client].peer);
        statistics.map_or(0, |statistics| statistics.waiting_data)
    }

    fn packets_of(&self, client: usize) -> Vec<&[u8]> {
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

    fn is_up(&self, client: usize) -> bool {
        self.server.state(self.clients[client].peer) == PeerState::Connected
    }

    /// How the server dropped a client, if it did.
    fn dropped_for(&self, client: usize) -> Option<Limit> {
        let dropped = self.clients[client].peer;
        let mut events = self.events.iter();
        let limit = events.find_map(|event| match event {
            Event::OverLimit { peer, limit } if *peer == dropped => Some(*limit),
            _ => None,
        })?;
        let end = Event::Disconnected {
            peer: dropped,
            data: limit.code(),
        };
        assert_eq!(events.next(), Some(&end), "at once");
        Some(limit)
    }
}

fn server_address() -> SocketAddr {
    ([10, 0, 0, 1], 1).into()
}

/// A fragment: its channel, its packet's first number, count, total, its number and offset.
fn fragment(channel: u8, start: u16, numbers: [u32; 4], bytes: &[u8]) -> Vec<u8> {
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
fn fragments(channel: u8, start: u16, data: &[u8], largest: usize) -> Vec<Vec<u8>> {
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

fn reliable(channel: u8, sequence: u16, bytes: &[u8]) -> Vec<u8> {
    let [high, low] = sequence.to_be_bytes();
    let length = (bytes.len() as u16).to_be_bytes();
    [&[0x86, channel, high, low][..], &length, bytes].concat()
}

/// Each fragment is as long as the packet, and claims its place at the beginning or behind the middle.
#[test]
fn overlapping_fragments_hold_nothing() {
    for offset in [0, 700] {
        let mut stage = Stage::new(1, Limits::new(16));
        let total: u32 = 1_000_000;
        for number in (2..500).rev() {
            let place = [total, total, number, offset];
            stage.forge(0, &fragment(0, 1, place, &[7; 1300]));
            assert!(stage.waiting(0) < 3000, "{}", stage.waiting(0));
        }
        assert!(stage.server.drops().malformed > 0);
        assert!(stage.is_up(0));
    }
}

#[test]
fn a_packet_of_the_largest_size_arrives_in_any_order_of_its_fragments() {
    const SIZE: usize = 4 * 1024 * 1024;
    let data = Random::new(1).bytes(SIZE);
    // The fragments of the smallest datagrams.
    let in_order = fragments(0, 1, &data, 548);
    let mut shuffled = in_order.clone();
    let mut random = Random::new(2);
    for index in (1..shuffled.len()).rev() {
        shuffled.swap(index, random.below(index as u64 + 1) as usize);
    }
    let reversed: Vec<_> = in_order.iter().rev().cloned().collect();
    for order in [in_order, reversed, shuffled] {
        let mut stage = Stage::with(2, |config| {
            config.max_packet_size = SIZE;
            config.limits = Limits {
                waiting_bytes: SIZE,
                waiting_bytes_in_all: 4 * SIZE,
                ..Limits::new(16)
            };
        });
        for (number, part) in order.iter().enumerate() {
            stage.forge(0, part);
            // Duplicates change nothing.
            if number % 5 == 0 {
                stage.forge(0, part);
            }
        }
        stage.read();
        assert!(stage.packets_of(0) == [&data[..]]);
        assert_eq!((stage.waiting(0), stage.server.waiting_data()), (0, 0));
        assert_eq!(stage.server.drops(), enet_proto::Drops::default());
    }
}

#[test]
fn hostile_clients_leave_each_honest_one_its_share_of_the_waiting_bytes() {
    const ALL: usize = 4 * 1024 * 1024;
    let mut stage = Stage::new(
        8,
        Limits {
            waiting_bytes_in_all: ALL,
            ..Limits::new(16)
        },
    );
    // Seven clients send a packet of 16 MiB without its first fragment.
    for number in 1..8000u32 {
        for client in 1..8 {
            let place = [12_800, 12_800 * 1300, number, number * 1300];
            stage.forge(client, &fragment(0, 1, place, &[7; 1300]));
        }
    }
    let held = stage.server.waiting_data();
    assert!((ALL / 2..=ALL).contains(&held), "{held}");
    assert!(stage.server.drops().over_limit > 10_000);
    // The last one sends a large packet backwards.
    let data = vec![9; 150_000];
    for part in fragments(0, 1, &data, 1300).iter().rev() {
        stage.forge(0, part);
        assert!(stage.server.waiting_data() <= ALL);
    }
    stage.read();
    assert!(stage.packets_of(0) == [&data[..]]);
    for client in 1..8 {
        let peer = stage.clients[client].peer;
        stage
            .server
            .disconnect(stage.now, peer, 0, Disconnect::Silent);
    }
    assert_eq!(stage.server.waiting_data(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever clients send, and however they go, the sum is that of the peers, within its limit, and nothing stays.
    #[test]
    fn the_waiting_bytes_of_all_peers_are_their_sum(
        script in prop::collection::vec((0..4usize, 0..9u8, 0..40u16, 0..1300usize), 1..300)
    ) {
        const ALL: usize = 60_000;
        let mut stage = Stage::new(4, Limits {
            waiting_bytes: 40_000,
            waiting_bytes_in_all: ALL,
            ..Limits::new(16)
        });
        for (client, act, number, size) in script {
            let count = 41;
            let total = 41 * 1300;
            let place = [count, total, u32::from(number), u32::from(number) * 1300];
            match act {
                0..4 => stage.forge(client, &fragment(act, 2, place, &[1; 1300])),
                4 => stage.forge(client, &fragment(3, 2, place, &[1; 1000])),
                5 | 6 => stage.forge(client, &reliable(act, number, &vec![2; size])),
                7 => {
                    let [high, low] = number.to_be_bytes();
                    let length = (size as u16).to_be_bytes();
                    let command = [7, 3, 0, 1, high, low, length[0], length[1]];
                    stage.forge(client, &[&command[..], &vec![3; size]].concat());
                }
                _ => {
                    let peer = stage.clients[client].peer;
                    let how = [Disconnect::Now, Disconnect::Silent, Disconnect::Acknowledged];
                    stage.server.disconnect(stage.now, peer, 0, how[size % 3]);
                }
            }
            let sum: usize = (0..4).map(|client| stage.waiting(client)).sum();
            prop_assert_eq!(stage.server.waiting_data(), sum);
            // The buffer of a packet may grow when early fragments join it.
            prop_assert!(sum <= ALL + total as usize);
        }
        for client in 0..4 {
            let peer = stage.clients[client].peer;
            stage.server.disconnect(stage.now, peer, 0, Disconnect::Silent);
        }
        prop_assert_eq!(stage.server.waiting_data(), 0);
    }
}

#[test]
fn what_waits_to_be_sent_to_a_silent_client_is_limited() {
    const LIMIT: usize = 100_000;
    for size in [0, 100, 5000] {
        let mut stage = Stage::new(
            1,
            Limits {
                unsent_bytes: LIMIT,
                ..Limits::new(16)
            },
        );
        let peer = stage.clients[0].peer;
        let data = vec![5; size];
        let mut queued = 0;
        let result = loop {
            let sent = stage.server.send(stage.now, peer, 0, RELIABLE, &data);
            match sent {
                Ok(()) => queued += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(result, QueueError::Full);
        assert!(
            queued * size <= LIMIT && queued <= LIMIT / 256 + 1,
            "{queued}"
        );
        assert!(queued * (size + 300 * size.div_ceil(1000).max(1)) + size + 2000 >= LIMIT);
        let flags = PacketFlags::default();
        let unreliable = stage.server.send(stage.now, peer, 0, flags, &data);
        assert_eq!(unreliable, Err(QueueError::Full));
        // All of them arrive, and then there is room for one that is larger than the limit.
        stage.run(3000);
        assert_eq!(stage.clients[0].packets.len(), queued);
        let large = vec![6; 10 * LIMIT];
        let sent = stage.server.send(stage.now, peer, 0, RELIABLE, &large);
        assert_eq!(sent, Ok(()));
        let more = stage.server.send(stage.now, peer, 0, RELIABLE, b"");
        assert_eq!(more, Err(QueueError::Full));
        stage.run(3000);
        assert!(stage.clients[0].packets.last() == Some(&large));
        assert!(stage.is_up(0));
    }
}

#[test]
fn a_broadcast_drops_a_client_that_acknowledges_nothing_and_tells_why() {
    let mut stage = Stage::new(
        3,
        Limits {
            unsent_bytes: 100_000,
            ..Limits::new(16)
        },
    );
    let peers: Vec<PeerId> = stage.clients.iter().map(|client| client.peer).collect();
    stage.clients[1].is_connected = false;
    for round in 0..200 {
        let sent = (stage.server).send_to_all(stage.now, &peers, 0, RELIABLE, &[5; 1000]);
        let reached = if round < 79 { 3 } else { 2 };
        assert_eq!(sent, Ok(reached), "{round}");
        // The DISCONNECT arrives.
        stage.clients[1].is_connected = round > 70;
        stage.step(2);
        stage.clients[1].is_connected = false;
        if round == 75 {
            stage.clients[1].is_connected = false;
        }
    }
    assert_eq!(stage.dropped_for(1), Some(Limit::Unsent));
    assert_eq!(stage.clients[0].packets.len(), 200);
    assert!(stage.is_up(0) && stage.is_up(2));
}

#[test]
fn a_dropped_client_learns_the_limit() {
    let mut stage = Stage::new(1, Limits::new(16));
    let peer = stage.clients[0].peer;
    stage.server.drop_over_limit(stage.now, peer, Limit::Flood);
    stage.read();
    assert_eq!(stage.dropped_for(0), Some(Limit::Flood));
    stage.step(10);
    assert_eq!(stage.clients[0].ended, Some(Limit::Flood.code()));
    // A stale id.
    stage.server.drop_over_limit(stage.now, peer, Limit::Flood);
    stage.events.clear();
    stage.read();
    assert!(stage.events.is_empty());
}

/// The application takes nothing for half a minute, in which one client sends all it can.
#[test]
fn an_honest_client_loses_nothing_while_another_floods_a_server_that_does_not_read() {
    const MEGABYTE: usize = 1024 * 1024;
    let mut stage = Stage::with(2, |config| {
        config.max_unread_data = 8 * MEGABYTE;
        config.limits = Limits {
            unread_bytes: usize::MAX,
            unread_packets: usize::MAX,
            packets_per_second: 0,
            ..Limits::new(16)
        };
    });
    stage.reads = false;
    let mut sent = 0u32;
    for frame in 0..1800 {
        for _ in 0..100 {
            let group = (frame * 100 % 0x7FFF) as u16;
            let [high, low] = group.to_be_bytes();
            let packet = [0x49, 0, 0, 0, high, low, 0, 4, 1, 2, 3, 4];
            stage.forge(0, &packet.repeat(100));
        }
        if frame % 2 == 0 {
            stage.send(1, RELIABLE, &sent.to_be_bytes());
            sent += 1;
        }
        stage.step(16);
    }
    stage.reads = true;
    stage.run(3000);
    let packets = stage.packets_of(1);
    assert!(stage.is_up(1));
    assert!((0..sent).map(u32::to_be_bytes).eq(packets.iter().copied()));
}

#[test]
fn an_honest_packet_waits_behind_few_packets_of_a_flood() {
    let mut stage = Stage::new(2, Limits::none());
    stage.reads = false;
    for sequence in 1..20_000u16 {
        stage.forge(0, &reliable(0, sequence, b"flood"));
    }
    stage.forge(1, &reliable(0, 1, b"honest"));
    stage.read();
    let honest = stage.clients[1].peer;
    let mut events = stage.events.iter();
    let place =
        events.position(|event| matches!(event, Event::Received { peer, .. } if *peer == honest));
    assert!(place.is_some_and(|place| place <= 2 * 256), "{place:?}");
    assert_eq!(stage.packets_of(0).len(), 19_999);
}

/// 31 Mbit/s of tiny packets.
#[test]
fn a_flood_of_tiny_packets_is_limited_and_then_dropped() {
    let mut stage = Stage::new(2, Limits::new(16));
    let packet = |number: u32| {
        let [_, _, high, low] = number.to_be_bytes();
        [0x49, 0, 0, 0, high, low, 0, 2, 7, 7]
    };
    let mut number = 0;
    let mut most = 0;
    let mut seconds = 0;
    while stage.is_up(0) && seconds < 20 {
        let before = stage.events.len();
        for frame in 0..60 {
            for _ in 0..46 {
                let commands: Vec<u8> = (0..140).flat_map(|it| packet(number + it)).collect();
                stage.forge(0, &commands);
                number += 140;
            }
            if frame % 10 == 0 {
                stage.send(1, RELIABLE, b"echo");
            }
            stage.step(if frame % 3 == 0 { 16 } else { 17 });
        }
        most = most.max(stage.events.len() - before);
        seconds += 1;
    }
    assert_eq!(stage.dropped_for(0), Some(Limit::Flood));
    assert!(most < 32_000, "{most} packets a second");
    assert_eq!(stage.packets_of(1).len(), 6 * seconds);
    assert!(stage.is_up(1));
    assert!(stage.server.drops().over_limit > 100_000);
}

/// The budget is low, and the client sends without a pause.
#[test]
fn an_honest_client_that_is_held_back_is_not_dropped_and_loses_nothing() {
    let mut stage = Stage::new(
        1,
        Limits {
            packets_per_second: 1000,
            ..Limits::new(16)
        },
    );
    for number in 0..6000u32 {
        stage.send(0, RELIABLE, &number.to_be_bytes());
    }
    stage.run(60_000);
    assert!(stage.is_up(0), "{:?}", stage.events.last());
    let packets = stage.packets_of(0);
    assert!((0..6000).map(u32::to_be_bytes).eq(packets.iter().copied()));
    assert!(
        stage
            .server
            .peer_drops(stage.clients[0].peer)
            .is_some_and(|it| it.over_limit > 0)
    );
}

#[test]
fn a_client_is_not_dropped_while_the_application_reads_nothing_for_a_minute() {
    let mut stage = Stage::new(
        1,
        Limits {
            unread_packets: 1000,
            ..Limits::new(16)
        },
    );
    stage.reads = false;
    // ENet makes some of the others reliable, and gives up when they are not acknowledged for ten seconds.
    let unsequenced = PacketFlags {
        unsequenced: true,
        ..PacketFlags::default()
    };
    for _ in 0..6000 {
        for _ in 0..50 {
            stage.send(0, unsequenced, b"news");
        }
        stage.step(10);
    }
    stage.reads = true;
    stage.run(1000);
    assert!(stage.is_up(0));
    assert_eq!(stage.dropped_for(0), None);
    assert_eq!(stage.packets_of(0).len(), 1000);
}

#[test]
fn compressed_pings_are_answered_with_a_few_times_their_bytes() {
    const WIRE: usize = 24;
    let mut stage = Stage::new(1, Limits::none());
    stage.run(1000);
    let mut answer = |commands: &[u8], wire: usize| {
        stage.forge_packed(0, commands, wire);
        stage.server.flush(stage.now);
        let (mut bytes, mut datagrams) = (0, 0);
        let mut datagram = Vec::new();
        while stage.server.next_datagram(&mut datagram).is_some() {
            bytes += datagram.len();
            datagrams += 1;
        }
        (bytes, datagrams)
    };
    // A ping, and one with the channel of packets.
    for channel in [0xFF, 0] {
        let pings: Vec<u8> = (0..1000u16)
            .flat_map(|number| [0x85, channel, (number >> 8) as u8, number as u8])
            .collect();
        let (bytes, datagrams) = answer(&pings, WIRE);
        assert_eq!(datagrams, 1);
        assert!(bytes <= 3 * WIRE, "{bytes}");
        // Plain datagrams are answered in full.
        let (bytes, _) = answer(&pings[..400], 404);
        assert!(bytes >= 100 * 8, "{bytes}");
    }
    // The packets of a full datagram of any ENet.
    let packets: Vec<u8> = (1..=32).flat_map(|it| reliable(0, it, b"same")).collect();
    let (bytes, datagrams) = answer(&packets, WIRE);
    assert_eq!((bytes, datagrams), (2 + 32 * 8, 1));
    let more: Vec<u8> = (1..=300).flat_map(|it| reliable(1, it, b"")).collect();
    assert!(answer(&more, WIRE).0 <= 2 + 32 * 8);
    assert!(
        answer(&more[32 * 6..], WIRE).0 > 0,
        "the next ones are acknowledged when they come again"
    );
}

#[test]
fn a_client_of_which_nothing_can_be_decompressed_is_dropped() {
    let mut stage = Stage::new(
        2,
        Limits {
            undecodable: 20,
            ..Limits::new(16)
        },
    );
    stage.clients[0].is_connected = false;
    for round in 0..100 {
        for client in 0..2 {
            let Client {
                header, address, ..
            } = stage.clients[client];
            let start = [header[0] | 0x40, header[1]];
            stage.server.note_undecodable(stage.now, address, &start);
        }
        assert_eq!(stage.is_up(0), round < 60, "{round}");
        stage.step(if round < 59 { 50 } else { 2100 });
        stage.clients[1].is_connected = true;
    }
    assert_eq!(stage.dropped_for(0), Some(Limit::Undecodable));
    assert!(stage.is_up(1), "its other datagrams are good");
    let drops = stage.server.drops();
    assert!(drops.undecodable > 100);
    let of_peer = stage.server.peer_drops(stage.clients[1].peer);
    assert_eq!(of_peer.map(|drops| drops.undecodable), Some(100));
    stage
        .server
        .note_undecodable(stage.now, server_address(), &[0x40, 1]);
    assert_eq!(stage.server.drops().strangers, drops.strangers + 1);
}

#[test]
fn dropped_datagrams_are_counted_by_cause() {
    let mut stage = Stage::new(1, Limits::new(16));
    let before = stage.server.drops();
    assert_eq!(before, enet_proto::Drops::default());
    let stranger = ([10, 9, 9, 9], 9).into();
    let Client {
        header,
        address,
        peer,
        ..
    } = stage.clients[0];
    let whole = [&header[..], &[5, 0xFF, 0, 1]].concat();
    stage.server.receive(stage.now, stranger, &whole);
    stage
        .server
        .receive(stage.now, stranger, &[0x0F, 0xFF, 5, 0xFF, 0, 1]);
    assert_eq!(stage.server.drops().strangers, 2);
    stage.server.receive(stage.now, address, &[]);
    stage.server.receive(stage.now, address, &[0; 5000]);
    assert_eq!(stage.server.drops().malformed, 2);
    // No command, a cut one, and a packet for no channel.
    for rest in [
        &[0, 0, 0, 0, 0][..],
        &[6, 0, 0, 1],
        &[7, 255, 0, 0, 0, 1, 0, 0],
    ] {
        stage
            .server
            .receive(stage.now, address, &[&header[..], rest].concat());
    }
    assert_eq!(stage.server.drops().malformed, 5);
    assert_eq!(
        stage.server.peer_drops(peer).map(|drops| drops.malformed),
        Some(3)
    );
    assert!(stage.is_up(0));
}
