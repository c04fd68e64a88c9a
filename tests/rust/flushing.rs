//! The moment queued packets leave: the number of datagrams, and that no packet is forgotten.

use enet_codec::Compression;
use enet_multiplayer::{FlushMode, Multiplayer, TransferMode};
use enet_proto::Disconnect;
use sim::{NodeId, World};

const MODES: [TransferMode; 3] = [
    TransferMode::Unreliable,
    TransferMode::UnreliableOrdered,
    TransferMode::Reliable,
];

/// A server whose packets wait for its flush, with idle connected clients.
fn world(seed: u64, clients: usize) -> (World, NodeId, Vec<NodeId>) {
    let mut world = World::new(seed);
    let (server, clients) = world.connected(clients);
    let now = world.now();
    world[server].peer.set_flush_mode(FlushMode::OnFlush, now);
    world.run(50);
    world.network.record();
    (world, server, clients)
}

/// Sizes of the datagrams that a peer sent since the last call.
fn sent_by(world: &World, node: NodeId) -> Vec<usize> {
    let from = world.address(node);
    let recording = world.network.take_recording();
    let own = recording.iter().filter(|datagram| datagram.0 == from);
    own.map(|datagram| datagram.2.len()).collect()
}

fn flush(world: &mut World, node: NodeId) {
    let now = world.now();
    world[node].peer.flush(now);
}

#[test]
fn packets_share_a_datagram_for_each_peer() {
    let (mut world, server, clients) = world(700, 3);
    for mode in MODES {
        for target in [0, 1] {
            let target = target * world[clients[0]].peer.unique_id();
            for number in 0..20u8 {
                world
                    .send(server, target, mode, 0, &[number; 30])
                    .expect("sent");
            }
            assert!(
                sent_by(&world, server).is_empty(),
                "nothing before the flush"
            );
            assert!(world[server].peer.has_unsent());
            flush(&mut world, server);
            assert!(!world[server].peer.has_unsent());
            let expected = if target == 0 { clients.len() } else { 1 };
            assert_eq!(
                sent_by(&world, server).len(),
                expected,
                "{mode:?} to {target}"
            );
            flush(&mut world, server);
            assert!(sent_by(&world, server).is_empty(), "nothing is left");
            let count = |world: &World, client: usize| world[clients[client]].packets.len();
            let before = (count(&world, 0), count(&world, 1));
            world.run(50);
            assert_eq!(count(&world, 0) - before.0, 20, "{mode:?} to {target}");
            assert_eq!(
                count(&world, 1) - before.1,
                if target == 0 { 20 } else { 0 }
            );
            sent_by(&world, server);
        }
    }
}

#[test]
fn in_immediate_mode_each_packet_is_a_datagram() {
    let (mut world, server, _) = world(701, 1);
    let now = world.now();
    world[server].peer.set_flush_mode(FlushMode::Immediate, now);
    for _ in 0..20 {
        world
            .send(server, 0, TransferMode::Reliable, 0, &[1; 30])
            .expect("sent");
    }
    assert_eq!(sent_by(&world, server).len(), 20);
}

#[test]
fn changing_the_mode_sends_waiting_packets() {
    let (mut world, server, _) = world(702, 1);
    world
        .send(server, 0, TransferMode::Reliable, 0, b"x")
        .expect("sent");
    let now = world.now();
    world[server].peer.set_flush_mode(FlushMode::Immediate, now);
    assert_eq!(sent_by(&world, server).len(), 1);
}

#[test]
fn full_datagrams_do_not_wait() {
    let (mut world, server, clients) = world(703, 1);
    for _ in 0..40 {
        world
            .send(server, 0, TransferMode::Unreliable, 0, &[1; 100])
            .expect("sent");
    }
    let early = sent_by(&world, server);
    assert_eq!(early.len(), 3, "12 packets fit: {early:?}");
    assert!(
        early.iter().all(|&size| size > 1200 && size <= 1392),
        "{early:?}"
    );
    flush(&mut world, server);
    assert_eq!(sent_by(&world, server).len(), 1);
    world.run(50);
    assert_eq!(world[clients[0]].packets.len(), 40);
}

#[test]
fn acknowledgements_share_a_datagram_with_the_answer() {
    let (mut world, server, clients) = world(704, 1);
    world
        .send(clients[0], 1, TransferMode::Reliable, 0, b"question")
        .expect("sent");
    sent_by(&world, server);
    let now = world.now();
    world.network.advance_to(now);
    world[server].peer.begin_poll(now).expect("active");
    assert!(world[server].peer.next_notice(now).is_none());
    assert!(
        world[server].peer.take_packet().is_some(),
        "the question has arrived"
    );
    assert!(sent_by(&world, server).is_empty(), "the poll sends nothing");
    world
        .send(server, 0, TransferMode::Reliable, 0, b"answer")
        .expect("sent");
    flush(&mut world, server);
    assert_eq!(sent_by(&world, server).len(), 1, "one datagram has both");
}

type End = fn(&mut World, NodeId, i32);

/// Operations of a server that drop queued packets, or change how they would leave.
const ENDS: [(&str, End); 7] = [
    ("close", |world, server, _| {
        let now = world.now();
        world[server].peer.close(now);
    }),
    ("disconnect_peer", |world, server, id| {
        let now = world.now();
        let done = world[server].peer.disconnect_peer(id, false, now);
        done.expect("the peer is known");
    }),
    ("the host's disconnect", |world, server, id| {
        let now = world.now();
        let (host, peer) = world[server].peer.connection_to(id).expect("known");
        host.borrow_mut().disconnect(now, peer, 0, Disconnect::Now);
    }),
    ("the host's end", |world, server, _| {
        let host = world[server].peer.host().expect("a server").clone();
        host.borrow_mut().destroy().expect("active");
    }),
    ("leaving the host", |world, server, _| {
        world[server].peer.leave()
    }),
    ("dropping", |world, server, _| {
        let network = Box::new(world.network.clone());
        world[server].peer = Multiplayer::new(network, 1);
    }),
    ("another codec", |world, server, _| {
        world[server].peer.set_compression(Compression::Zlib);
    }),
];

#[test]
fn operations_that_drop_or_change_packets_send_them_first() {
    for (name, end) in ENDS {
        let (mut world, server, clients) = world(705, 1);
        let id = world[clients[0]].peer.unique_id();
        for mode in MODES {
            for _ in 0..3 {
                world.send(server, id, mode, 0, &[1; 50]).expect("sent");
            }
        }
        assert!(sent_by(&world, server).is_empty(), "{name}: packets wait");
        end(&mut world, server, id);
        world.run(500);
        assert_eq!(world[clients[0]].packets.len(), 9, "{name}");
    }
}

#[test]
fn a_mesh_sends_before_it_releases_a_host() {
    for is_replaced in [false, true] {
        let mut world = World::new(706);
        let (server, clients) = world.connected(2);
        let now = world.now();
        let mesh = world.idle();
        world[mesh].peer.create_mesh(7, now).expect("created");
        let hosts: Vec<_> = clients
            .iter()
            .map(|&client| {
                let host = world[client].peer.host().expect("a client").clone();
                world[client].peer.leave();
                host
            })
            .collect();
        let peer = &mut world[mesh].peer;
        peer.set_flush_mode(FlushMode::OnFlush, now);
        let _ = peer.add_mesh_peer(3, hosts[0].clone()).expect("connected");
        world
            .send(mesh, 3, TransferMode::Reliable, 0, b"words")
            .expect("sent");
        let peer = &mut world[mesh].peer;
        if is_replaced {
            let _ = peer.add_mesh_peer(3, hosts[1].clone()).expect("connected");
        } else {
            peer.leave();
        }
        world.run(50);
        assert_eq!(world[server].packets.len(), 1, "replaced: {is_replaced}");
    }
}
