//! Servers and clients that use Godot 3's wire format, among themselves.

use std::time::Duration;

use enet_codec::Compression;
use enet_multiplayer::{
    CreateError, Mode, SendError, ServerOptions, Signal, TransferMode, WireProtocol,
};
use sim::{Conditions, NodeId, World};

mod hostile;
mod late;

const RELIABLE: TransferMode = TransferMode::Reliable;

/// A client and its id.
type Client = (NodeId, i32);

fn idle(world: &mut World) -> NodeId {
    let node = world.idle();
    let set = world[node].peer.set_wire_protocol(WireProtocol::Godot3);
    set.expect("inactive");
    node
}

fn server(world: &mut World, relays: bool) -> NodeId {
    let node = idle(world);
    let now = world.now();
    let peer = &mut world[node].peer;
    peer.set_server_relay_enabled(relays).expect("inactive");
    let created = peer.create_server(&ServerOptions::default(), now);
    created.expect("created");
    node
}

fn client(world: &mut World, server: NodeId) -> Client {
    let node = idle(world);
    let id = world.join(node, server);
    (node, id)
}

/// A server and connected clients with their ids. If the server relays, the clients know each other.
fn connected(world: &mut World, count: usize, relays: bool) -> (NodeId, Vec<Client>) {
    let server = server(world, relays);
    let clients: Vec<_> = (0..count).map(|_| client(world, server)).collect();
    let known = if relays { count - 1 } else { 0 };
    let met = world.run_until(10_000, |world| {
        let know_all = |&(node, _): &Client| {
            world[node].is_up() && world[node].peer.relayed_ids().count() == known
        };
        world[server].signals.len() == count && clients.iter().all(know_all)
    });
    assert!(met, "every client connects");
    (server, clients)
}

fn heard(world: &World, node: NodeId) -> Vec<(i32, &[u8])> {
    let packets = &world[node].packets;
    packets
        .iter()
        .map(|packet| (packet.peer, &packet.data[..]))
        .collect()
}

#[test]
fn a_server_reaches_all_one_or_all_but_one() {
    let mut world = World::new(320);
    let (server, clients) = connected(&mut world, 3, true);
    let id = clients[0].1;
    for (target, data) in [(0, b"all"), (id, b"one"), (-id, b"but")] {
        world.send(server, target, RELIABLE, 0, data).expect("sent");
    }
    world.run(500);
    assert_eq!(heard(&world, clients[0].0), [(1, &b"all"[..]), (1, b"one")]);
    for &(node, _) in &clients[1..] {
        assert_eq!(heard(&world, node), [(1, &b"all"[..]), (1, b"but")]);
    }
}

#[test]
fn a_client_reaches_everybody_through_the_server() {
    let mut world = World::new(321);
    let (server, clients) = connected(&mut world, 3, true);
    let [(first, from), (second, one), (third, _)] = clients[..] else {
        unreachable!()
    };
    for (target, data) in [
        (0, b"all"),
        (1, b"srv"),
        (-1, b"cli"),
        (one, b"one"),
        (-one, b"but"),
    ] {
        world.send(first, target, RELIABLE, 0, data).expect("sent");
    }
    world.run(500);
    let expect = |node, said: &[&[u8]]| {
        let expected: Vec<_> = said.iter().map(|&data| (from, data)).collect();
        assert_eq!(heard(&world, node), expected);
    };
    expect(server, &[b"all", b"srv", b"but"]);
    expect(second, &[b"all", b"cli", b"one"]);
    expect(third, &[b"all", b"cli", b"but"]);
    expect(first, &[]);
}

#[test]
fn without_relay_only_the_server_hears_clients() {
    let mut world = World::new(322);
    let (server, clients) = connected(&mut world, 2, false);
    let (first, from) = clients[0];
    for (target, data) in [(0, b"all"), (1, b"srv"), (-1, b"cli")] {
        world.send(first, target, RELIABLE, 0, data).expect("sent");
    }
    let other = clients[1].1;
    let unknown = world.send(first, other, RELIABLE, 0, b"one");
    assert_eq!(unknown, Err(SendError::UnknownTarget(other)));
    world.run(500);
    assert_eq!(heard(&world, server), [(from, &b"all"[..]), (from, b"srv")]);
    assert!(heard(&world, clients[1].0).is_empty());
    for &(node, _) in &clients {
        assert_eq!(world[node].signals, [Signal::PeerConnected(1)]);
    }
}

#[test]
fn joins_and_leaves_are_announced_to_the_other_clients() {
    let mut world = World::new(323);
    let (server, clients) = connected(&mut world, 3, true);
    let [(first, first_id), (second, second_id), (third, third_id)] = clients[..] else {
        unreachable!()
    };
    for &(node, own) in &clients {
        let mut others: Vec<i32> = world[node].peer.relayed_ids().collect();
        others.push(own);
        others.sort_unstable();
        let mut everybody = [first_id, second_id, third_id];
        everybody.sort_unstable();
        assert_eq!(others, everybody);
        assert_eq!(world[node].signals[0], Signal::PeerConnected(1));
        assert_eq!(world[node].signals.len(), 3);
    }
    // One client leaves by itself, the others are disconnected with and without force.
    let now = world.now();
    world[first].peer.close(now);
    world.run(500);
    let gone = Signal::PeerDisconnected(first_id);
    assert_eq!(world[second].signals[3..], [gone]);
    assert_eq!(world[third].signals[3..], [gone]);
    let now = world.now();
    let sent_away = world[server].peer.disconnect_peer(second_id, true, now);
    assert_eq!(sent_away, Ok(()));
    world.run(500);
    let gone = Signal::PeerDisconnected(second_id);
    assert_eq!(world[third].signals[4..], [gone]);
    assert_eq!(world[third].peer.relayed_ids().count(), 0);
    assert_eq!(world[second].signals[4..], [Signal::PeerDisconnected(1)]);
    let (late, _) = client(&mut world, server);
    assert!(world.run_until(1000, |world| world[third].signals.len() == 6));
    let now = world.now();
    let sent_away = world[server].peer.disconnect_peer(third_id, false, now);
    assert_eq!(sent_away, Ok(()));
    world.run(500);
    let last = world[late].signals.last();
    assert_eq!(last, Some(&Signal::PeerDisconnected(third_id)));
}

#[test]
fn packets_of_every_size_and_mode_are_relayed_intact() {
    for compression in [Compression::None, Compression::RangeCoder] {
        let mut world = World::new(324);
        let (server, clients) = connected(&mut world, 2, true);
        for node in [server, clients[0].0, clients[1].0] {
            world.with_host(node, |host| host.set_compression(compression.clone()));
        }
        for size in [0, 1, 1356, 1357, 5000, 300_000] {
            for mode in [
                TransferMode::Unreliable,
                TransferMode::UnreliableOrdered,
                RELIABLE,
            ] {
                let data = world.random.bytes(size);
                world[clients[1].0].packets.clear();
                let sent = world.send(clients[0].0, clients[1].1, mode, 0, &data);
                sent.expect("sent");
                let receiver = clients[1].0;
                let arrived = world.run_until(20_000, |world| !world[receiver].packets.is_empty());
                assert!(arrived, "{size} bytes, {mode:?}");
                let packet = &world[receiver].packets[0];
                assert!(packet.data == data, "{size} bytes, {mode:?}");
                assert_eq!((packet.peer, packet.channel), (clients[0].1, 0));
                // The prefix makes the largest unsplit packet eight bytes smaller.
                let expected = match mode {
                    TransferMode::Unreliable if size > 1356 => TransferMode::UnreliableOrdered,
                    mode => mode,
                };
                assert_eq!(packet.mode, expected, "{size} bytes");
            }
        }
    }
}

#[test]
fn the_channels_of_a_game_follow_the_first_three() {
    let mut world = World::new(325);
    let server = idle(&mut world);
    assert_eq!(world[server].peer.set_channel_count(5), Ok(()));
    let now = world.now();
    let created = world[server]
        .peer
        .create_server(&ServerOptions::default(), now);
    created.expect("created");
    let node = idle(&mut world);
    assert_eq!(world[node].peer.set_channel_count(9), Ok(()));
    let id = world.join(node, server);
    assert!(world.run_until(1000, |world| !world[server].signals.is_empty()));
    let (connection, peer) = (world[server].peer.connection_to(id)).expect("there");
    assert_eq!(connection.borrow().channels(peer), Some(5));
    for channel in [1, 2] {
        world.send(node, 1, RELIABLE, channel, b"x").expect("sent");
    }
    let error = world.send(node, 1, RELIABLE, 3, b"x");
    let expected = SendError::NoSuchChannel {
        peer: 1,
        channel: 3,
    };
    assert_eq!(error, Err(expected));
    let error = world.send(node, 1, RELIABLE, 253, b"x");
    assert_eq!(error, Err(SendError::InvalidChannel(253)));
    world.run(100);
    let channels: Vec<i32> = world[server].packets.iter().map(|p| p.channel).collect();
    assert_eq!(channels, [1, 2]);
}

#[test]
fn reliable_packets_are_relayed_once_and_in_order_on_a_bad_network() {
    let mut world = World::with(
        326,
        Conditions {
            latency: Duration::from_millis(40),
            jitter: Duration::from_millis(30),
            loss: 0.1,
            duplication: 0.05,
        },
    );
    let (_, clients) = connected(&mut world, 2, true);
    for number in 0..200u32 {
        let data = number.to_be_bytes();
        let sent = world.send(clients[0].0, clients[1].1, RELIABLE, 0, &data);
        sent.expect("sent");
        world.run(5);
    }
    let receiver = clients[1].0;
    assert!(world.run_until(60_000, |world| world[receiver].packets.len() >= 200));
    let numbers: Vec<u32> = (world[receiver].packets.iter())
        .map(|packet| u32::from_be_bytes(packet.data[..].try_into().expect("four bytes")))
        .collect();
    assert!(numbers.iter().copied().eq(0..200));
}

#[test]
fn the_peer_does_not_ask_the_layer_above_to_relay() {
    let mut world = World::new(327);
    let (server, clients) = connected(&mut world, 1, true);
    for node in [server, clients[0].0] {
        assert!(!world[node].peer.supports_server_relay());
    }
}

#[test]
fn a_mesh_is_refused() {
    let mut world = World::new(328);
    let node = idle(&mut world);
    let now = world.now();
    let created = world[node].peer.create_mesh(5, now);
    assert!(matches!(created, Err(CreateError::MeshOfGodot3)));
    assert_eq!(world[node].peer.mode(), Mode::Inactive);
}

#[test]
fn a_new_session_forgets_the_peers_of_the_last() {
    let mut world = World::new(329);
    let (first, clients) = connected(&mut world, 2, true);
    let now = world.now();
    let (node, _) = clients[0];
    world[node].peer.close(now);
    assert_eq!(world[node].peer.relayed_ids().count(), 0);
    world.run(100);
    world.join(node, first);
    assert!(world.run_until(1000, |world| world[node].peer.relayed_ids().count() == 1));
}

/// A client that uses Godot 4's format sees the raw packets of the wire.
#[test]
fn without_relay_nothing_is_relayed_or_announced() {
    let mut world = World::new(353);
    let (server, clients) = connected(&mut world, 1, false);
    let raw = world.idle();
    let raw_id = world.join(raw, server);
    assert!(world.run_until(1000, |world| world[server].signals.len() == 2));
    let own = clients[0].1;
    for target in [0, -1, raw_id, -own] {
        let said = [own.to_le_bytes(), target.to_le_bytes()].concat();
        world.send(raw, 1, RELIABLE, 1, &said).expect("sent");
    }
    for target in [0, 1, -1] {
        world
            .send(clients[0].0, target, RELIABLE, 0, b"x")
            .expect("sent");
    }
    world.run(500);
    let now = world.now();
    world[clients[0].0].peer.close(now);
    world.run(500);
    assert!(heard(&world, raw).is_empty());
}

#[test]
fn a_forced_disconnect_is_announced_at_once() {
    let mut world = World::new(354);
    let (server, clients) = connected(&mut world, 2, true);
    let now = world.now();
    let gone = world[server].peer.disconnect_peer(clients[0].1, true, now);
    assert_eq!(gone, Ok(()));
    // The announcement arrives before the server polls again.
    world.network.advance_to(now);
    world.poll(clients[1].0);
    assert_eq!(world[clients[1].0].peer.relayed_ids().count(), 0);
}

#[test]
fn relayed_packets_leave_with_the_poll_that_receives_them() {
    let mut world = World::new(355);
    let (server, clients) = connected(&mut world, 2, true);
    let (receiver, target) = clients[1];
    let sent = world.send(clients[0].0, target, RELIABLE, 0, b"x");
    sent.expect("sent");
    for node in [server, receiver] {
        let now = world.now();
        world.network.advance_to(now);
        world.poll(node);
    }
    assert_eq!(heard(&world, receiver), [(clients[0].1, &b"x"[..])]);
}

#[test]
fn a_leave_is_announced_with_the_poll_that_finds_it() {
    let mut world = World::new(356);
    let (server, clients) = connected(&mut world, 2, true);
    let (other, _) = clients[1];
    let now = world.now();
    world[clients[0].0].peer.close(now);
    for node in [server, other] {
        world.network.advance_to(now);
        world.poll(node);
    }
    assert_eq!(world[other].peer.relayed_ids().count(), 0);
}
