//! The recipients of a packet.

use enet_multiplayer::{SendError, TransferMode};
use sim::World;

const MODE: TransferMode = TransferMode::Reliable;

#[test]
fn a_server_reaches_all_one_or_all_but_one() {
    let mut world = World::new(60);
    let (server, clients) = world.connected(3);
    let id = world[clients[0]].peer.unique_id();
    for (target, data) in [(0, b"all"), (id, b"one"), (-id, b"but")] {
        world.send(server, target, MODE, 0, data).expect("sent");
    }
    world.run(500);
    let heard = |node| -> Vec<Vec<u8>> {
        let packets = &world[node].packets;
        packets.iter().map(|packet| packet.data.clone()).collect()
    };
    assert_eq!(heard(clients[0]), [b"all", b"one"]);
    assert_eq!(heard(clients[1]), [b"all", b"but"]);
    assert_eq!(heard(clients[2]), [b"all", b"but"]);
}

#[test]
fn a_client_reaches_only_the_server() {
    let mut world = World::new(61);
    let (server, clients) = world.connected(2);
    for target in [0, 1, -1] {
        assert_eq!(world.send(clients[0], target, MODE, 0, b"x"), Ok(()));
    }
    let own = world[clients[0]].peer.unique_id();
    let other = world[clients[1]].peer.unique_id();
    for target in [own, -own, other, 2, i32::MIN, i32::MAX] {
        let error = world.send(clients[0], target, MODE, 0, b"x");
        assert_eq!(error, Err(SendError::UnknownTarget(target)));
    }
    world.run(500);
    assert_eq!(world[server].packets.len(), 3);
    assert!(world[clients[1]].packets.is_empty());
}

#[test]
fn a_server_refuses_targets_it_does_not_have() {
    let mut world = World::new(62);
    let (server, _) = world.connected(1);
    for target in [1, -1, 5, -5, i32::MIN] {
        let error = world.send(server, target, MODE, 0, b"x");
        assert_eq!(error, Err(SendError::UnknownTarget(target)));
    }
}

#[test]
fn nothing_is_sent_before_the_connection_is_up() {
    let mut world = World::new(63);
    let idle = world.idle();
    assert_eq!(world.send(idle, 0, MODE, 0, b"x"), Err(SendError::Inactive));
    let (server, _) = world.connected(1);
    let client = world.client(server);
    assert_eq!(
        world.send(client, 1, MODE, 0, b"x"),
        Err(SendError::NotConnected)
    );
}

#[test]
fn a_server_without_clients_sends_to_nobody() {
    let mut world = World::new(64);
    let (server, _) = world.connected(0);
    assert_eq!(world.send(server, 0, MODE, 0, b"x"), Ok(()));
}
