//! Malicious prefixes and system messages. A peer that uses Godot 4's format sends bytes without a
//! prefix, so it can forge anything in Godot 3's format.

use enet_multiplayer::{ServerOptions, Signal, TransferMode};
use sim::{NodeId, World};

use super::{Client, RELIABLE, client, connected, heard, server};

const ADD: i32 = 0;
const REMOVE: i32 = 1;

fn two(first: i32, second: i32) -> Vec<u8> {
    [first.to_le_bytes(), second.to_le_bytes()].concat()
}

fn said(source: i32, target: i32, data: &[u8]) -> Vec<u8> {
    [&two(source, target), data].concat()
}

/// Sends a packet on ENet channel 2 of three, the one for unreliable packets. The receiver does not
/// check how packets of a channel were sent.
fn say(world: &mut World, from: NodeId, target: i32, bytes: &[u8]) {
    world.send(from, target, RELIABLE, 1, bytes).expect("sent");
}

/// Sends a packet on ENet channel 0, the one for system messages.
fn command(world: &mut World, from: NodeId, bytes: &[u8]) {
    world.send(from, 0, RELIABLE, 0, bytes).expect("sent");
}

/// A server with two honest clients and a hostile one, each with its id.
fn with_hostile_client(seed: u64) -> (World, NodeId, [Client; 2], Client) {
    let mut world = World::new(seed);
    let (server, clients) = connected(&mut world, 2, true);
    let hostile = world.idle();
    let id = world.join(hostile, server);
    let met = world.run_until(1000, |world| {
        world[hostile].is_up() && world[clients[1].0].peer.relayed_ids().count() == 2
    });
    assert!(met);
    (world, server, [clients[0], clients[1]], (hostile, id))
}

fn still_works(world: &mut World, server: NodeId, clients: &[Client; 2]) {
    for node in [server, clients[1].0] {
        world[node].packets.clear();
    }
    let (first, from) = clients[0];
    world.send(first, 0, RELIABLE, 0, b"here").expect("sent");
    world.run(500);
    for node in [server, clients[1].0] {
        assert_eq!(heard(world, node), [(from, &b"here"[..])]);
    }
}

#[test]
fn a_client_cannot_send_in_anothers_name() {
    let (mut world, server, clients, (hostile, own)) = with_hostile_client(330);
    let others = [
        clients[0].1,
        clients[1].1,
        1,
        0,
        -1,
        -own,
        i32::MIN,
        i32::MAX,
    ];
    for source in others {
        for target in [0, 1, -1, clients[0].1, -clients[0].1] {
            say(&mut world, hostile, 1, &said(source, target, b"forged"));
        }
    }
    world.run(500);
    for node in [server, clients[0].0, clients[1].0] {
        assert!(heard(&world, node).is_empty());
    }
    still_works(&mut world, server, &clients);
}

#[test]
fn packets_for_unknown_targets_reach_nobody() {
    let (mut world, server, clients, (hostile, own)) = with_hostile_client(331);
    world[hostile].packets.clear();
    for target in [own, 2, i32::MAX] {
        say(&mut world, hostile, 1, &said(own, target, b"for nobody"));
    }
    // A packet for all but an unknown peer reaches every peer.
    for target in [-2, i32::MIN, -i32::MAX] {
        say(&mut world, hostile, 1, &said(own, target, b"for all"));
    }
    world.run(500);
    for node in [server, clients[0].0, clients[1].0] {
        assert_eq!(heard(&world, node), [(own, &b"for all"[..]); 3]);
    }
    assert!(heard(&world, hostile).is_empty(), "the sender gets nothing");
}

#[test]
fn packets_without_a_whole_prefix_are_dropped() {
    let (mut world, server, clients, (hostile, own)) = with_hostile_client(332);
    for size in 0..8 {
        say(&mut world, hostile, 1, &said(own, 0, b"")[..size]);
    }
    world.run(500);
    assert!(heard(&world, server).is_empty());
    // A packet with a prefix may be empty.
    say(&mut world, hostile, 1, &said(own, 0, b""));
    world.run(500);
    assert_eq!(heard(&world, server), [(own, &b""[..])]);
    still_works(&mut world, server, &clients);
}

#[test]
fn a_server_ignores_system_messages_of_clients() {
    let (mut world, server, clients, (hostile, own)) = with_hostile_client(333);
    let id = clients[0].1;
    for bytes in [
        two(ADD, 77),
        two(REMOVE, id),
        two(REMOVE, own),
        said(own, 0, b"hello"),
        vec![0; 3],
        Vec::new(),
    ] {
        let mode = RELIABLE;
        world.send(hostile, 1, mode, 0, &bytes).expect("sent");
    }
    world.run(500);
    assert_eq!(world[server].signals.len(), 3);
    assert!(heard(&world, server).is_empty());
    assert!(heard(&world, clients[1].0).is_empty());
    still_works(&mut world, server, &clients);
}

/// An honest client of a hostile server.
fn with_hostile_server(seed: u64) -> (World, NodeId, NodeId, i32) {
    let mut world = World::new(seed);
    let hostile = world.server(&ServerOptions::default());
    let (node, id) = client(&mut world, hostile);
    assert!(world.run_until(1000, |world| world[node].is_up()
        && !world[hostile].signals.is_empty()));
    (world, hostile, node, id)
}

#[test]
fn impossible_peers_are_not_announced() {
    let (mut world, hostile, node, own) = with_hostile_server(334);
    for id in [own, 1, 0, -1, i32::MIN, -own] {
        command(&mut world, hostile, &two(ADD, id));
    }
    for bytes in [two(2, 5), two(-1, 5), two(i32::MAX, 5), vec![0; 7], vec![]] {
        command(&mut world, hostile, &bytes);
    }
    // Peers that were never announced cannot leave, nor can the server.
    for id in [1, own, 5] {
        command(&mut world, hostile, &two(REMOVE, id));
    }
    world.run(500);
    assert_eq!(world[node].signals, [Signal::PeerConnected(1)]);
    // A repeated announcement counts once, and trailing bytes are ignored.
    for bytes in [
        two(ADD, i32::MAX),
        two(ADD, i32::MAX),
        said(ADD, 7, b"and more"),
    ] {
        command(&mut world, hostile, &bytes);
    }
    world.run(500);
    let expected = [Signal::PeerConnected(i32::MAX), Signal::PeerConnected(7)];
    assert_eq!(world[node].signals[1..], expected);
}

#[test]
fn a_client_remembers_no_more_peers_than_a_server_can_have() {
    let (mut world, hostile, node, _) = with_hostile_server(335);
    for id in 0..5000 {
        command(&mut world, hostile, &two(ADD, 1_000_000 + id));
        if id % 500 == 0 {
            world.run(100);
        }
    }
    world.run(2000);
    assert_eq!(world[node].peer.relayed_ids().count(), 4095);
    assert_eq!(world[node].signals.len(), 4096);
}

#[test]
fn packets_from_impossible_sources_are_dropped() {
    let (mut world, hostile, node, own) = with_hostile_server(336);
    for source in [own, 0, -1, i32::MIN] {
        say(&mut world, hostile, 0, &said(source, 0, b"forged"));
    }
    for size in 0..8 {
        say(&mut world, hostile, 0, &said(1, 0, b"")[..size]);
    }
    say(&mut world, hostile, 0, &said(1, own, b"honest"));
    world.run(500);
    assert_eq!(heard(&world, node), [(1, &b"honest"[..])]);
}

#[test]
fn packets_of_unannounced_sources_are_bounded() {
    let (mut world, hostile, node, own) = with_hostile_server(337);
    // First too many packets, then too large ones.
    for (count, size) in [(1000, 1), (10, 300_000)] {
        for source in 0..count {
            let packet = said(100 + source, own, &vec![7; size]);
            say(&mut world, hostile, 0, &packet);
        }
        world.run(5000);
        for source in 0..count {
            command(&mut world, hostile, &two(ADD, 100 + source));
        }
        world.run(2000);
        let packets = &world[node].packets;
        let bytes: usize = packets.iter().map(|packet| packet.data.len()).sum();
        assert!(!packets.is_empty() && packets.len() <= 256);
        assert!(bytes <= 1024 * 1024);
        // The latest packets are kept.
        assert_eq!(packets.last().map(|packet| packet.peer), Some(99 + count));
        for source in 0..count {
            command(&mut world, hostile, &two(REMOVE, 100 + source));
        }
        world.run(2000);
        world[node].packets.clear();
    }
}

/// Random bytes on every channel, towards both roles.
#[test]
fn noise_ends_no_session() {
    for seed in 340..344 {
        let mut world = World::new(seed);
        let honest = server(&mut world, true);
        let (friend, _) = client(&mut world, honest);
        let hostile = world.idle();
        world.join(hostile, honest);
        assert!(world.run_until(1000, |world| world[hostile].is_up()));
        let (mut other, loud, node, _) = with_hostile_server(seed);
        for _ in 0..500 {
            for (world, from) in [(&mut world, hostile), (&mut other, loud)] {
                let size = world.random.below(24) as usize;
                let mut bytes = world.random.bytes(size);
                // Small numbers are more often valid.
                for byte in &mut bytes {
                    *byte = if world.random.chance(0.6) {
                        0
                    } else {
                        *byte & 3
                    };
                }
                let mode = match world.random.below(3) {
                    0 => TransferMode::Unreliable,
                    1 => TransferMode::UnreliableOrdered,
                    _ => RELIABLE,
                };
                let channel = world.random.below(2) as i32;
                world.send(from, 0, mode, channel, &bytes).expect("sent");
                world.run(5);
            }
        }
        assert!(world[friend].is_up() && world[honest].is_up());
        assert!(other[node].is_up());
    }
}
