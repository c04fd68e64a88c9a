//! Handlers may make any call between a notice and its `finish`.

use enet_multiplayer::{Multiplayer, ServerOptions, Signal, Status, TransferMode};
use enet_proto::Time;
use sim::{NodeId, World};

/// Polls one peer with a handler.
fn poll(world: &mut World, node: NodeId, mut handler: impl FnMut(&mut Multiplayer, Signal, Time)) {
    let now = world.now();
    let peer = &mut world[node].peer;
    if peer.begin_poll(now).is_err() {
        return;
    }
    while let Some(notice) = peer.next_notice(now) {
        handler(peer, notice.signal(), now);
        peer.finish(notice, now);
    }
}

/// A server to which `count` clients have connected since its last poll.
fn waiting_newcomers(world: &mut World, count: usize) -> (NodeId, Vec<NodeId>) {
    let server = world.server(&ServerOptions::default());
    let clients: Vec<_> = (0..count).map(|_| world.client(server)).collect();
    for _ in 0..3 {
        for &client in &clients {
            world.poll(client);
        }
        world.network.advance_to(world.now());
        let now = world.now();
        world.with_host(server, |host| host.service(now));
        world.network.advance_to(now);
    }
    (server, clients)
}

#[test]
fn many_newcomers_are_reported_in_one_poll() {
    let mut world = World::new(100);
    let (server, _) = waiting_newcomers(&mut world, 10);
    let mut signals = 0;
    poll(&mut world, server, |_, _, _| signals += 1);
    assert_eq!(signals, 10);
}

#[test]
fn closing_ends_the_poll() {
    let mut world = World::new(101);
    let (server, clients) = waiting_newcomers(&mut world, 3);
    let mut signals = 0;
    poll(&mut world, server, |peer, _, now| {
        signals += 1;
        peer.close(now);
    });
    assert_eq!(signals, 1);
    assert!(!world[server].peer.is_active());
    // Clients whose connection was not yet reported are disconnected too.
    world.run(1000);
    assert!(
        clients
            .iter()
            .all(|&client| !world[client].peer.is_active())
    );
}

#[test]
fn a_server_created_in_a_handler_survives_the_end_of_the_old_one() {
    let mut world = World::new(102);
    let (server, clients) = world.connected(1);
    let now = world.now();
    world[server].peer.close(now);
    let mut created = false;
    for _ in 0..20 {
        world.network.advance_to(world.now());
        poll(&mut world, clients[0], |peer, _, now| {
            peer.close(now);
            created = peer.create_server(&ServerOptions::default(), now).is_ok();
        });
    }
    assert!(created);
    assert_eq!(world[clients[0]].peer.status(), Status::Connected);
    assert_eq!(world[clients[0]].peer.unique_id(), 1);
}

#[test]
fn a_leaving_peer_is_known_in_the_handler_and_gone_afterwards() {
    let mut world = World::new(103);
    let (server, clients) = world.connected(1);
    let id = world[clients[0]].peer.unique_id();
    let now = world.now();
    world[clients[0]].peer.close(now);
    world.network.advance_to(now);
    let mut seen = Vec::new();
    poll(&mut world, server, |peer, signal, now| {
        seen.push((signal, peer.peer_ids().collect::<Vec<_>>()));
        peer.set_target(id);
        assert_eq!(peer.send(b"too late", now), Ok(()));
    });
    assert_eq!(seen, [(Signal::PeerDisconnected(id), vec![id])]);
    assert_eq!(world[server].peer.peer_ids().count(), 0);
}

#[test]
fn nested_polls_lose_and_repeat_no_signal() {
    let mut world = World::new(104);
    let (server, clients) = waiting_newcomers(&mut world, 5);
    let mut order = Vec::new();
    nested(&mut world[server].peer, Time::ZERO, 0, &mut order);
    let mut expected: Vec<i32> = clients
        .iter()
        .map(|&client| world[client].peer.unique_id())
        .collect();
    let mut seen: Vec<i32> = order
        .iter()
        .map(|signal| match signal {
            Signal::PeerConnected(id) | Signal::PeerDisconnected(id) => *id,
            signal => panic!("a server emits no {signal:?}"),
        })
        .collect();
    seen.sort_unstable();
    expected.sort_unstable();
    assert_eq!(seen, expected);
}

fn nested(peer: &mut Multiplayer, now: Time, depth: usize, order: &mut Vec<Signal>) {
    assert!(peer.begin_poll(now).is_ok());
    while let Some(notice) = peer.next_notice(now) {
        order.push(notice.signal());
        if depth < 4 {
            nested(peer, now, depth + 1, order);
        }
        peer.finish(notice, now);
    }
}

#[test]
fn handlers_can_send_and_disconnect() {
    let mut world = World::new(105);
    let (server, clients) = waiting_newcomers(&mut world, 2);
    poll(&mut world, server, |peer, signal, now| {
        if let Signal::PeerConnected(id) = signal {
            peer.set_target(id);
            peer.set_transfer_mode(TransferMode::Reliable);
            assert_eq!(peer.send(b"welcome", now), Ok(()));
        }
    });
    world.run(100);
    for &client in &clients {
        assert_eq!(world[client].packets[0].data, b"welcome");
    }
    let ids: Vec<i32> = world[server].peer.peer_ids().collect();
    let now = world.now();
    world[clients[0]].peer.close(now);
    world.network.advance_to(now);
    poll(&mut world, server, |peer, _, now| {
        for &id in &ids {
            // The leaving client is still known, so both calls succeed.
            assert_eq!(peer.disconnect_peer(id, false, now), Ok(()));
        }
    });
    world.run(500);
    assert_eq!(world[server].peer.peer_ids().count(), 0);
}
