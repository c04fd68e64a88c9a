//! Order between channels: announcements and the announced peer's packets travel on different ones.

use enet_multiplayer::{ServerOptions, Signal, TransferMode};
use sim::{NodeId, World};

use super::{RELIABLE, client, heard};

const ADD: i32 = 0;
const REMOVE: i32 = 1;

/// A server whose messages the test writes itself, and its client.
fn by_hand(seed: u64) -> (World, NodeId, NodeId) {
    let mut world = World::new(seed);
    let server = world.server(&ServerOptions::default());
    let (node, _) = client(&mut world, server);
    assert!(world.run_until(1000, |world| world[node].is_up()
        && !world[server].signals.is_empty()));
    (world, server, node)
}

fn announce(world: &mut World, server: NodeId, kind: i32, id: i32) {
    let bytes = [kind.to_le_bytes(), id.to_le_bytes()].concat();
    world.send(server, 0, RELIABLE, 0, &bytes).expect("sent");
}

fn relay(world: &mut World, server: NodeId, source: i32, data: &[u8]) {
    let bytes = [&source.to_le_bytes()[..], &[0; 4], data].concat();
    let mode = TransferMode::Reliable;
    world.send(server, 0, mode, 1, &bytes).expect("sent");
}

#[test]
fn a_packet_that_overtakes_its_announcement_waits_for_it() {
    let (mut world, server, node) = by_hand(350);
    relay(&mut world, server, 7, b"first");
    relay(&mut world, server, 8, b"of another");
    relay(&mut world, server, 7, b"second");
    world.run(100);
    assert!(heard(&world, node).is_empty());
    announce(&mut world, server, ADD, 7);
    world.run(100);
    assert_eq!(heard(&world, node), [(7, &b"first"[..]), (7, b"second")]);
    announce(&mut world, server, ADD, 8);
    world.run(100);
    assert_eq!(heard(&world, node)[2..], [(8, &b"of another"[..])]);
}

/// A game reads packets after the poll and must still know their sender then.
#[test]
fn a_peer_leaves_only_after_its_last_packets_could_be_read() {
    let (mut world, server, node) = by_hand(351);
    announce(&mut world, server, ADD, 7);
    world.run(100);
    relay(&mut world, server, 7, b"last words");
    announce(&mut world, server, REMOVE, 7);
    world.network.advance_to(world.now());
    let poll = |world: &mut World| -> Vec<Signal> {
        let now = world.now();
        let peer = &mut world[node].peer;
        peer.begin_poll(now).expect("active");
        let mut signals = Vec::new();
        while let Some(notice) = peer.next_notice(now) {
            signals.push(notice.signal());
            peer.finish(notice, now);
        }
        signals
    };
    assert_eq!(poll(&mut world), []);
    let packet = world[node].peer.take_packet().expect("last words");
    assert_eq!((packet.peer, &packet.data[..]), (7, &b"last words"[..]));
    assert_eq!(poll(&mut world), [Signal::PeerDisconnected(7)]);
}

#[test]
fn relayed_packets_can_be_read_after_the_server_left() {
    let (mut world, server, node) = by_hand(352);
    announce(&mut world, server, ADD, 7);
    world.run(100);
    relay(&mut world, server, 7, b"last words");
    let id = world[node].peer.unique_id();
    let now = world.now();
    let gone = world[server].peer.disconnect_peer(id, false, now);
    assert_eq!(gone, Ok(()));
    world.run(500);
    assert_eq!(heard(&world, node), [(7, &b"last words"[..])]);
    assert_eq!(world[node].outcomes[1..], [Signal::ServerDisconnected]);
}
