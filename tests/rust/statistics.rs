//! Figures of sessions, hosts and peers, compared with what the simulated network saw.

use std::net::SocketAddr;
use std::time::Duration;

use enet_codec::Compression;
use enet_multiplayer::{Figures, FlushMode, TransferMode};
use enet_proto::{PeerFigures, Time};
use sim::{Conditions, NodeId, World};

const MODES: [TransferMode; 3] = [
    TransferMode::Unreliable,
    TransferMode::UnreliableOrdered,
    TransferMode::Reliable,
];
const LATENCY: Conditions = Conditions {
    latency: Duration::from_millis(50),
    jitter: Duration::ZERO,
    loss: 0.0,
    duplication: 0.0,
};

type Datagrams = Vec<(SocketAddr, SocketAddr, Vec<u8>)>;

fn figures(world: &World, node: NodeId) -> Figures {
    world[node].peer.figures(world.now()).expect("active")
}

/// Figures of the only peer.
fn only_peer(world: &World, node: NodeId) -> PeerFigures {
    match figures(world, node).peers[..] {
        [(_, figures)] => figures,
        ref peers => panic!("{} peers", peers.len()),
    }
}

/// Number and bytes of the datagrams that an address sent, and that it was sent.
pub fn on_wire(datagrams: &Datagrams, address: SocketAddr) -> [(u64, u64); 2] {
    let sum = |is_counted: &dyn Fn(&SocketAddr, &SocketAddr) -> bool| {
        let counted = datagrams
            .iter()
            .filter(|(from, to, _)| is_counted(from, to));
        counted.fold((0, 0), |(count, bytes), (_, _, datagram)| {
            (count + 1, bytes + datagram.len() as u64)
        })
    };
    [
        sum(&|from, _| *from == address),
        sum(&|_, to| *to == address),
    ]
}

/// The same as a host counted it.
pub fn counted(traffic: &enet_proto::Traffic) -> [(u64, u64); 2] {
    [
        (traffic.datagrams_out, traffic.bytes_out),
        (traffic.datagrams_in, traffic.bytes_in),
    ]
}

/// A server and a client that exchange packets of all modes for three seconds, and all datagrams.
fn exchange(world: &mut World, compression: &Compression) -> (NodeId, NodeId, Datagrams) {
    world.network.record();
    let (server, clients) = world.connected(1);
    let client = clients[0];
    for node in [server, client] {
        world[node]
            .peer
            .set_flush_mode(FlushMode::OnFlush, Time::ZERO);
        world.with_host(node, |host| host.set_compression(compression.clone()));
    }
    for round in 0..30 {
        for (index, mode) in MODES.into_iter().enumerate() {
            let size = [10, 200, 3000][(round + index) % 3];
            world
                .send(client, 1, mode, 2, &vec![7; size])
                .expect("sent");
            world
                .send(server, 0, mode, 0, &vec![8; size + 1])
                .expect("sent");
        }
        world.run(100);
    }
    world.run(1000);
    let datagrams = world.network.take_recording();
    (server, client, datagrams)
}

#[test]
fn the_sums_of_both_ends_and_of_the_network_agree() {
    for compression in [Compression::None, Compression::RangeCoder] {
        let mut world = World::with(950, LATENCY);
        let (server, client, datagrams) = exchange(&mut world, &compression);
        let [ours, theirs] = [server, client].map(|node| figures(&world, node).host);
        for (node, host) in [(server, &ours), (client, &theirs)] {
            let wire = on_wire(&datagrams, world.address(node));
            assert_eq!(counted(&host.traffic), wire, "{compression:?}");
        }
        let size = 30 * (10 + 200 + 3000);
        let (up, down) = (&theirs.traffic, &ours.traffic);
        assert_eq!((up.packets_out, up.payload_out), (90, size));
        assert_eq!((down.packets_in, down.payload_in), (90, size));
        assert_eq!((down.packets_out, down.payload_out), (90, size + 90));
        assert_eq!((up.packets_in, up.payload_in), (90, size + 90));
        assert_eq!(up.codec_saved_out, down.codec_saved_in);
        assert_eq!(down.codec_saved_out, up.codec_saved_in);
        assert_eq!(
            up.codec_saved_out > 50_000,
            compression != Compression::None
        );
        assert_eq!((up.retransmissions, down.retransmissions), (0, 0));
        // The peer's counts lack the beginning: CONNECT and its answer.
        let peer = only_peer(&world, server);
        let (all, one) = (counted(&down.to_owned()), counted(&peer.traffic));
        for ((datagrams, bytes), (part, part_bytes)) in all.into_iter().zip(one) {
            assert!((1..=2).contains(&(datagrams - part)), "{datagrams} {part}");
            assert!(
                (40..=100).contains(&(bytes - part_bytes)),
                "{bytes} {part_bytes}"
            );
        }
        assert_eq!(peer.traffic.packets_in, 90);
        assert_eq!(peer.traffic.codec_saved_out, down.codec_saved_out);
        assert_eq!(peer.traffic.codec_saved_in, down.codec_saved_in);
    }
}

/// Without compression the datagrams are larger by what it saves.
#[test]
fn the_codecs_saving_is_the_difference_on_the_wire() {
    let mut sizes = [Compression::None, Compression::RangeCoder].map(|compression| {
        let mut world = World::with(951, LATENCY);
        let (server, _, datagrams) = exchange(&mut world, &compression);
        let sent = on_wire(&datagrams, world.address(server))[0];
        (sent, figures(&world, server).host.traffic.codec_saved_out)
    });
    sizes.sort_unstable_by_key(|&(_, saved)| saved);
    let [((plain_count, plain), zero), ((count, packed), saved)] = sizes;
    assert_eq!((zero, count), (0, plain_count));
    assert!(saved > 50_000);
    assert_eq!(plain - packed, saved);
}

#[test]
fn packets_that_share_a_datagram_save_one_each() {
    let mut world = World::with(952, LATENCY);
    let (server, clients) = world.connected(1);
    world[server]
        .peer
        .set_flush_mode(FlushMode::OnFlush, Time::ZERO);
    let before = figures(&world, server).host.traffic;
    for mode in [TransferMode::Reliable; 10] {
        world.send(server, 0, mode, 0, b"ten bytes.").expect("sent");
    }
    // Two datagrams: the first one is full with the 32nd command.
    for _ in 0..30 {
        let mode = TransferMode::Unreliable;
        world.send(server, 0, mode, 0, b"ten bytes.").expect("sent");
    }
    world.run(5);
    let after = figures(&world, server).host.traffic;
    assert_eq!(after.datagrams_out - before.datagrams_out, 2);
    assert_eq!(after.datagrams_saved - before.datagrams_saved, 38);
    world.run(1000);
    assert_eq!(world[clients[0]].packets.len(), 40);
}

/// The server is cut off for a while: nobody else causes retransmissions.
#[test]
fn retransmissions_are_those_on_the_wire() {
    let mut world = World::with(953, LATENCY);
    let (server, clients) = world.connected(1);
    let client = clients[0];
    world.run(2000);
    let address = world.address(server);
    let is_marked = |datagram: &[u8]| datagram.windows(6).any(|part| part == b"marked");
    world.network.record();
    world.network.cut_off(address, true);
    let mode = TransferMode::Reliable;
    world.send(client, 1, mode, 0, b"marked").expect("sent");
    world.run(1000);
    let lost = only_peer(&world, client);
    assert!(lost.loss > 0.1, "{}", lost.loss);
    world.network.cut_off(address, false);
    world.run(3000);
    let datagrams = world.network.take_recording();
    let sent = datagrams
        .iter()
        .filter(|(_, to, bytes)| *to == address && is_marked(bytes));
    let again = sent.count() as u64 - 1;
    let peer = only_peer(&world, client);
    assert!(again >= 2, "{again}");
    assert_eq!(peer.traffic.retransmissions, again);
    assert_eq!(figures(&world, client).host.traffic.retransmissions, again);
    assert_eq!(world[server].packets.len(), 1);
    world.run(30_000);
    assert_eq!(only_peer(&world, client).loss, 0.0);
}

#[test]
fn round_trips_are_those_of_the_network() {
    let mut world = World::with(954, LATENCY);
    let (server, clients) = world.connected(1);
    assert_eq!(figures(&world, server).host.peers, 1);
    for _ in 0..200 {
        let mode = TransferMode::Reliable;
        world.send(clients[0], 1, mode, 0, b"hello").expect("sent");
        world.run(50);
    }
    // Each end looks at its socket every 5 ms.
    let expected = 100..=110;
    let peer = only_peer(&world, clients[0]);
    for rtt in [peer.rtt_last, peer.rtt_smoothed, peer.rtt_p50] {
        let rtt = rtt.expect("measured");
        assert!(expected.contains(&rtt), "{peer:?}");
    }
    // Three of a hundred take longer.
    for number in 0..100 {
        let latency = if number % 33 == 0 { 200 } else { 50 };
        world.network.set_conditions(Conditions {
            latency: Duration::from_millis(latency),
            ..LATENCY
        });
        let mode = TransferMode::Reliable;
        world.send(clients[0], 1, mode, 0, b"hello").expect("sent");
        world.run(500);
    }
    let peer = only_peer(&world, clients[0]);
    let [half, most] = [peer.rtt_p50, peer.rtt_p99].map(|rtt| rtt.expect("measured"));
    assert!((96..=114).contains(&half), "{half}");
    assert!((380..=440).contains(&most), "{most}");
    let host = figures(&world, clients[0]).host;
    assert_eq!(host.rtt_mean, host.rtt_max);
    assert_eq!(host.rtt_max, peer.rtt_smoothed.map(|rtt| rtt as f32));
}

#[test]
fn what_waits_is_counted_where_it_waits() {
    let mut world = World::with(955, LATENCY);
    let (server, clients) = world.connected(1);
    let client = clients[0];
    let address = world.address(server);
    world.network.cut_off(address, true);
    let payload = vec![1; 100_000];
    let mode = TransferMode::Reliable;
    world.send(client, 1, mode, 0, &payload).expect("sent");
    world.send(client, 1, mode, 3, &[1; 10]).expect("sent");
    world.run(10);
    let waiting = only_peer(&world, client).waiting;
    assert_eq!(waiting.queued.bytes + waiting.in_flight.bytes, 100_010);
    assert!(waiting.in_flight.bytes > 10_000 && waiting.queued.bytes > 10_000);
    assert_eq!(figures(&world, client).host.waiting, waiting);
    let channels = {
        let (connection, peer) = world[client].peer.connection_to(1).expect("a peer");
        let connection = connection.borrow();
        connection.channel_figures(peer)
    };
    let [(0, bulk), (4, last)] = channels[..] else {
        panic!("{channels:?}");
    };
    assert_eq!(bulk.queued.bytes + bulk.in_flight.bytes, 100_000);
    assert_eq!((last.queued.packets, last.queued.bytes), (1, 10));
    // What was in flight is lost, and waits to be sent again.
    world.run(800);
    let lost = only_peer(&world, client).waiting;
    assert_eq!(lost.queued.bytes + lost.in_flight.bytes, 100_010);
    world.network.cut_off(address, false);
    world.run(8000);
    let waiting = only_peer(&world, client).waiting;
    assert!(waiting.is_empty(), "{waiting:?}");
    assert_eq!(world[server].packets.len(), 2);
}

#[test]
fn unread_packets_are_counted_until_they_are_read() {
    let mut world = World::with(956, LATENCY);
    let (server, clients) = world.connected(1);
    for (channel, size) in [(0, 10), (0, 20), (5, 300)] {
        let mode = TransferMode::Reliable;
        world
            .send(clients[0], 1, mode, channel, &vec![1; size])
            .expect("sent");
    }
    let now = world.now() + Duration::from_millis(100);
    world.network.advance_to(now);
    let unread = |world: &World| {
        let all = figures(world, server);
        let [(id, peer)] = all.peers[..] else {
            panic!("one peer");
        };
        assert_eq!(all.host.waiting.unread, peer.waiting.unread);
        let (connection, peer_id) = world[server].peer.connection_to(id).expect("a peer");
        let connection = connection.borrow();
        let alone = connection.peer_figures(now, peer_id).expect("active");
        assert_eq!(alone.waiting.unread, peer.waiting.unread);
        let channels = connection.channel_figures(peer_id);
        let channels = channels
            .iter()
            .map(|(number, it)| (*number, it.unread.bytes));
        (
            peer.waiting.unread,
            Vec::from_iter(channels.filter(|it| it.1 > 0)),
        )
    };
    // In the host, before the session has looked at the events.
    world.with_host(server, |host| host.receive(now));
    let (all, channels) = unread(&world);
    assert_eq!((all.packets, all.bytes), (3, 330));
    assert_eq!(channels, [(0, 30), (6, 300)]);
    // In the inbox of the session.
    let peer = &mut world[server].peer;
    peer.begin_poll(now).expect("active");
    assert!(peer.next_notice(now).is_none());
    let (all, channels) = unread(&world);
    assert_eq!((all.packets, all.bytes), (3, 330));
    assert_eq!(channels, [(0, 30), (6, 300)]);
    assert!(world[server].peer.take_packet().is_some());
    let (all, channels) = unread(&world);
    assert_eq!((all.packets, all.bytes), (2, 320));
    assert_eq!(channels, [(0, 20), (6, 300)]);
}

#[test]
fn the_longest_gap_is_that_of_the_polls() {
    let mut world = World::with(957, LATENCY);
    let (server, _) = world.connected(1);
    world.run(1000);
    let begin = world.now();
    let later = begin + Duration::from_millis(370);
    world.network.advance_to(later);
    world.run(20);
    let gaps = |world: &World, since| {
        let peer = &world[server].peer;
        let figures = peer.figures_since(world.now(), since).expect("active");
        (
            figures.host.poll_gap.as_millis(),
            figures.host.send_gap.as_millis(),
        )
    };
    assert_eq!(gaps(&world, begin).0, 370);
    assert_eq!(gaps(&world, later - Duration::from_millis(1)).0, 370);
    assert_eq!(gaps(&world, later).0, 5);
    world.run(3000);
    let since = later + Duration::from_millis(1000);
    let (poll, send) = gaps(&world, since);
    assert_eq!(poll, 5);
    // Pings, and the answers to the other's.
    assert!((100..=700).contains(&send), "{send}");
    let minute = figures(&world, server).host.poll_gap_minute;
    assert_eq!(minute.as_millis(), 370);
    world.run(60_000);
    let minute = figures(&world, server).host.poll_gap_minute;
    assert_eq!(minute.as_millis(), 5);
}

#[test]
fn a_host_keeps_the_counts_of_those_who_left() {
    let mut world = World::with(958, LATENCY);
    let (server, clients) = world.connected(2);
    for client in &clients {
        let mode = TransferMode::Reliable;
        world.send(*client, 1, mode, 0, &[1; 1000]).expect("sent");
    }
    world.run(500);
    let now = world.now();
    world[clients[0]].peer.close(now);
    world.run(1000);
    let all = figures(&world, server);
    assert_eq!((all.host.peers, all.peers.len()), (1, 1));
    assert_eq!(all.host.traffic.packets_in, 2);
    assert_eq!(all.host.traffic.payload_in, 2000);
    let [(_, left)] = all.peers[..] else {
        panic!("one peer");
    };
    assert_eq!(left.traffic.payload_in, 1000);
}

/// The limit of the server's bandwidth has its throttle drop packets.
#[test]
fn throttled_packets_are_those_that_did_not_arrive() {
    let mut world = World::with(959, LATENCY);
    let (server, clients) = world.connected(1);
    world.with_host(server, |host| {
        host.with_protocol(|protocol| protocol.set_bandwidth(0, 20_000));
    });
    for _ in 0..400 {
        let mode = TransferMode::Unreliable;
        world.send(server, 0, mode, 0, &[1; 1000]).expect("sent");
        world.run(10);
    }
    world.run(500);
    let peer = only_peer(&world, server);
    let arrived = only_peer(&world, clients[0]).traffic.packets_in;
    assert!(peer.throttle < 1.0, "{}", peer.throttle);
    assert_eq!(peer.traffic.packets_out, 400);
    assert_eq!(peer.traffic.throttled_packets, 400 - arrived);
    assert!(arrived > 0 && arrived < 300, "{arrived}");
}
