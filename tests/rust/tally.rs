//! Joins and ends as metrics count them: whoever has joined and not left is connected, however the end came about.

use enet_multiplayer::{Multiplayer, Reason, ServerOptions, Signal};
use sim::{NodeId, World};

/// Peers that joined and have not left.
fn present(peer: &Multiplayer) -> u64 {
    let leaves: u64 = peer.tally().leaves().map(|(_, count)| count).sum();
    peer.tally().joins - leaves
}

fn left_for(peer: &Multiplayer, reason: Reason) -> u64 {
    let mut leaves = peer.tally().leaves();
    leaves
        .find(|&(it, _)| it == reason)
        .map_or(0, |(_, count)| count)
}

fn assert_agreement(world: &World, server: NodeId) {
    let peer = &world[server].peer;
    assert_eq!(present(peer), peer.peer_ids().count() as u64);
}

#[test]
fn every_way_to_leave_is_counted_once() {
    let mut world = World::new(110);
    let (server, clients) = world.connected(5);
    assert_eq!(present(&world[server].peer), 5);
    // One closes, one is asked to go, one is forced out, one is asked and then forced.
    let id = |world: &World, index: usize| world[clients[index]].peer.unique_id();
    let now = world.now();
    world[clients[0]].peer.close(now);
    for (index, force) in [(1, false), (2, true), (3, false), (3, true)] {
        let id = id(&world, index);
        assert_eq!(world[server].peer.disconnect_peer(id, force, now), Ok(()));
    }
    world.run(1000);
    assert_agreement(&world, server);
    assert_eq!(present(&world[server].peer), 1);
    assert_eq!(left_for(&world[server].peer, Reason::Remote), 1);
    assert_eq!(left_for(&world[server].peer, Reason::Local), 3);
    let now = world.now();
    world[server].peer.close(now);
    world[server].peer.close(now);
    assert_agreement(&world, server);
    assert_eq!(left_for(&world[server].peer, Reason::Local), 4);
    assert_eq!(world[server].peer.tally().joins, 5);
}

#[test]
fn handlers_that_end_what_has_ended_count_nothing() {
    for closes in [false, true] {
        let mut world = World::new(111);
        let (server, clients) = world.connected(2);
        let now = world.now();
        world[clients[0]].peer.close(now);
        let mut handled = 0;
        for _ in 0..50 {
            world.network.advance_to(world.now());
            world.poll(clients[1]);
            let now = world.now();
            let peer = &mut world[server].peer;
            if peer.begin_poll(now).is_err() {
                break;
            }
            while let Some(notice) = peer.next_notice(now) {
                if let Signal::PeerDisconnected(id) = notice.signal() {
                    handled += 1;
                    match closes {
                        true => peer.close(now),
                        false => assert_eq!(peer.disconnect_peer(id, true, now), Ok(())),
                    }
                }
                peer.finish(notice, now);
            }
        }
        assert_eq!(handled, 1);
        assert_agreement(&world, server);
        assert_eq!(present(&world[server].peer), u64::from(!closes));
        assert_eq!(left_for(&world[server].peer, Reason::Remote), 1);
    }
}

#[test]
fn a_client_counts_its_server_and_its_failures() {
    let mut world = World::new(112);
    let (server, clients) = world.connected(1);
    let now = world.now();
    assert_eq!(present(&world[clients[0]].peer), 1);
    world[server].peer.close(now);
    world.run(1000);
    assert_eq!(present(&world[clients[0]].peer), 0);
    let server = world.server(&ServerOptions::default());
    let client = world.client(server);
    let now = world.now();
    world[server].peer.close(now);
    assert!(world.run_until(120_000, |world| !world[client].peer.is_active()));
    let failures: u64 = world[client]
        .peer
        .tally()
        .failures()
        .map(|(_, count)| count)
        .sum();
    assert_eq!((failures, world[client].peer.tally().joins), (1, 0));
}
