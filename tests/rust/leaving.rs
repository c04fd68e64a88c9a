//! Every way to end a connection.

use std::time::Duration;

use enet_multiplayer::{PeerError, ServerOptions, Signal, Status, TransferMode};
use sim::{Conditions, World};

#[test]
fn a_server_disconnects_a_client() {
    let mut world = World::new(70);
    let (server, clients) = world.connected(2);
    let id = world[clients[0]].peer.unique_id();
    let now = world.now();
    assert_eq!(world[server].peer.disconnect_peer(id, false, now), Ok(()));
    assert!(
        world[server].peer.peer_ids().any(|peer| peer == id),
        "the client is known until it answers"
    );
    world.run(500);
    assert!(!world[server].peer.peer_ids().any(|peer| peer == id));
    assert!(
        world[server]
            .signals
            .contains(&Signal::PeerDisconnected(id))
    );
    assert_eq!(world[clients[0]].signals[1], Signal::PeerDisconnected(1));
    assert_eq!(world[clients[0]].peer.status(), Status::Disconnected);
    assert!(world[clients[1]].is_up());
}

#[test]
fn force_removes_a_peer_at_once_and_without_a_signal() {
    let mut world = World::new(71);
    let (server, clients) = world.connected(1);
    let id = world[clients[0]].peer.unique_id();
    let now = world.now();
    assert_eq!(world[server].peer.disconnect_peer(id, true, now), Ok(()));
    assert_eq!(world[server].peer.peer_ids().count(), 0);
    world.run(500);
    assert_eq!(world[server].signals, [Signal::PeerConnected(id)]);
    assert_eq!(world[clients[0]].signals[1], Signal::PeerDisconnected(1));
}

#[test]
fn a_client_leaves_with_or_without_force() {
    for force in [false, true] {
        let mut world = World::new(72);
        let (server, clients) = world.connected(1);
        let id = world[clients[0]].peer.unique_id();
        let now = world.now();
        assert_eq!(
            world[clients[0]].peer.disconnect_peer(1, force, now),
            Ok(())
        );
        assert_eq!(world[clients[0]].peer.is_active(), !force);
        world.run(500);
        assert!(!world[clients[0]].peer.is_active());
        let expected = [Signal::PeerConnected(id), Signal::PeerDisconnected(id)];
        assert_eq!(world[server].signals, expected);
        let own_signals = if force { 1 } else { 2 };
        assert_eq!(
            world[clients[0]].signals.len(),
            own_signals,
            "force {force}"
        );
    }
}

#[test]
fn a_connection_attempt_can_be_cancelled() {
    let mut world = World::new(73);
    let (server, _) = world.connected(0);
    let client = world.client(server);
    let now = world.now();
    assert_eq!(world[client].peer.disconnect_peer(1, false, now), Ok(()));
    assert_eq!(world[client].peer.status(), Status::Disconnected);
    assert!(world[client].signals.is_empty());
}

#[test]
fn unknown_peers_are_reported() {
    let mut world = World::new(74);
    let (server, _) = world.connected(1);
    let idle = world.idle();
    let now = world.now();
    let error = world[server].peer.disconnect_peer(9, false, now);
    assert_eq!(error, Err(PeerError::UnknownPeer(9)));
    let error = world[idle].peer.disconnect_peer(9, true, now);
    assert_eq!(error, Err(PeerError::Inactive));
}

#[test]
fn a_lost_disconnect_is_retransmitted() {
    for seed in 75..80 {
        let conditions = Conditions {
            latency: Duration::from_millis(20),
            loss: 0.5,
            ..Conditions::default()
        };
        let mut world = World::new(seed);
        let (server, clients) = world.connected(1);
        world.network.set_conditions(conditions);
        let id = world[clients[0]].peer.unique_id();
        let now = world.now();
        assert_eq!(world[server].peer.disconnect_peer(id, false, now), Ok(()));
        let both = world.run_until(60_000, |world| {
            !world[clients[0]].peer.is_active() && world[server].signals.len() == 2
        });
        assert!(both, "seed {seed}");
    }
}

#[test]
fn a_silent_peer_times_out_within_the_protocols_bounds() {
    let mut world = World::new(81);
    let (server, clients) = world.connected(2);
    let address = world.address(clients[0]);
    world.network.cut_off(address, true);
    let begun = world.now();
    assert!(world.run_until(40_000, |world| world[server].signals.len() == 3));
    let silence = (world.now() - begun).as_secs_f64();
    assert!((5.0..31.6).contains(&silence), "{silence} s");
    let noticed = world.run_until(40_000, |world| !world[clients[0]].peer.is_active());
    assert!(noticed, "the other side notices too");
    assert!(world[clients[1]].is_up());
}

#[test]
fn closing_informs_every_client_once_and_emits_no_local_signal() {
    let mut world = World::new(82);
    let (server, clients) = world.connected(3);
    world[server].peer.set_refuse_new_connections(true);
    let now = world.now();
    world[server].peer.close(now);
    assert_eq!(world[server].peer.unique_id(), 0);
    assert!(!world[server].peer.refuses_new_connections());
    world.run(200);
    assert_eq!(world[server].signals.len(), 3);
    for client in clients {
        assert_eq!(world[client].signals[1], Signal::PeerDisconnected(1));
        assert!(!world[client].peer.is_active());
    }
    // A second close does nothing.
    world[server].peer.close(now);
}

/// ENet itself drops packets that arrive together with the DISCONNECT.
#[test]
fn packets_of_a_client_can_be_read_after_it_left() {
    let mut world = World::new(83);
    let (server, clients) = world.connected(1);
    world
        .send(clients[0], 1, TransferMode::Reliable, 0, b"last words")
        .expect("sent");
    world.run(10);
    let now = world.now();
    world[clients[0]].peer.close(now);
    world.run(100);
    assert_eq!(world[server].signals.len(), 2);
    assert_eq!(world[server].packets[0].data, b"last words");
}

#[test]
fn a_hundred_rejoins_leave_nothing_behind() {
    let mut world = World::new(84);
    let server = world.server(&ServerOptions {
        max_clients: 1,
        ..ServerOptions::default()
    });
    let client = world.idle();
    let mut expected = Vec::new();
    for round in 0..100 {
        let id = world.join(client, server);
        let up = world.run_until(5000, |world| {
            world[client].is_up() && world[server].signals.len() == 2 * round + 1
        });
        assert!(up, "round {round}");
        let now = world.now();
        world[client].peer.close(now);
        assert!(world.run_until(5000, |world| world[server].signals.len() == 2 * round + 2));
        expected.extend([Signal::PeerConnected(id), Signal::PeerDisconnected(id)]);
    }
    assert_eq!(world[server].signals, expected);
    assert_eq!(world[server].peer.peer_ids().count(), 0);
}
