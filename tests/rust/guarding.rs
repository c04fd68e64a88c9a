//! What protects sessions from their remotes: limits, bans, judged newcomers, reasons, and lines of the log.

use std::net::IpAddr;
use std::rc::Rc;

use enet_multiplayer::{
    ClientOptions, SendError, ServerOptions, SharedLimits, Signal, Status, TransferMode,
    WireProtocol,
};
use enet_proto::{Disconnect, IpNet, Limit, Time, Verdict};
use sim::{NodeId, World};

const RELIABLE: TransferMode = TransferMode::Reliable;
const UNSENT: usize = 64 * 1024;

/// Limits with which a queue is soon full.
fn short_queues() -> Rc<SharedLimits> {
    let limits = Rc::new(SharedLimits::default());
    limits.change(|it| it.limits.unsent_bytes = UNSENT);
    limits
}

fn network_of(world: &World, node: NodeId) -> IpNet {
    IpNet::from(world.address(node).ip())
}

#[test]
fn either_side_says_why_it_ends_a_connection() {
    let mut world = World::new(900);
    let (server, clients) = world.connected(3);
    let ids: Vec<i32> = (clients.iter())
        .map(|&client| world[client].peer.unique_id())
        .collect();
    let now = world.now();
    for (index, force) in [false, true].into_iter().enumerate() {
        let peer = &mut world[server].peer;
        let done = peer.disconnect_peer_with(ids[index], 77 + index as u32, force, now);
        assert_eq!(done, Ok(()));
    }
    let done = (world[clients[2]].peer).disconnect_peer_with(1, 88, false, now);
    assert_eq!(done, Ok(()));
    world.run(1000);
    for (index, reason) in [77, 78, 88].into_iter().enumerate() {
        assert_eq!(world[server].peer.ended(ids[index]).data, reason);
        assert_eq!(world[clients[index]].peer.ended(1).data, reason);
    }
    assert_eq!(world[server].peer.ended(12).data, 0);
}

/// As a script does with the packet peers of a session's host.
#[test]
fn the_session_knows_the_reasons_that_another_holder_of_the_host_gives() {
    use Disconnect::{Acknowledged, Later, Now, Silent};
    let mut world = World::new(909);
    let (server, clients) = world.connected(4);
    let ids: Vec<i32> = (clients.iter())
        .map(|&client| world[client].peer.unique_id())
        .collect();
    let now = world.now();
    for (index, how) in [Acknowledged, Later, Now, Silent].into_iter().enumerate() {
        let (host, peer) = (world[server].peer.connection_to(ids[index])).expect("connected");
        let mut host = host.borrow_mut();
        host.disconnect(now, peer, 77 + index as u32, how);
        // The remote knows already.
        host.disconnect(now, peer, 99, Acknowledged);
        host.flush(now).expect("a host");
    }
    world.run(1000);
    for (index, reason) in [77, 78, 79].into_iter().enumerate() {
        assert_eq!(world[server].peer.ended(ids[index]).data, reason);
        assert_eq!(world[clients[index]].peer.ended(1).data, reason);
    }
    assert_eq!(world[server].peer.peer_ids().count(), 0);
    assert_eq!(world[server].peer.ended(ids[3]).data, 0);
}

#[test]
fn an_end_without_a_reason_has_none_and_a_new_session_forgets() {
    let mut world = World::new(901);
    let (server, clients) = world.connected(1);
    let id = world[clients[0]].peer.unique_id();
    let now = world.now();
    let done = (world[server].peer).disconnect_peer_with(id, 77, false, now);
    assert_eq!(done, Ok(()));
    world.run(1000);
    assert_eq!(world[clients[0]].peer.ended(1).data, 77);
    world.join(clients[0], server);
    assert_eq!(world[clients[0]].peer.ended(1).data, 0);
    world.run(1000);
    assert!(world[clients[0]].is_up());
    let now = world.now();
    world[clients[0]].peer.close(now);
    world.run(1000);
    assert_eq!(world[server].peer.ended(id).data, 77, "another id");
    assert_eq!(world[server].peer.peer_ids().count(), 0);
}

#[test]
fn a_client_with_few_channels_makes_a_line_in_ten_seconds() {
    let mut world = World::new(902);
    let (server, _) = world.connected(0);
    let client = world.idle();
    let address = world.address(server);
    let options = ClientOptions {
        channels: 1,
        unique_id: 42,
        ..ClientOptions::new("server", address.port().into())
    };
    let now = world.now();
    world[client]
        .peer
        .create_client(&options, now)
        .expect("created");
    world.run(1000);
    assert!(world[client].is_up());
    let mut lines = 0;
    for _ in 0..250 {
        let sent = world.send(server, 42, RELIABLE, 9, b"lost");
        let error = sent.expect_err("the client has no such channel");
        assert!(
            matches!(error, SendError::NoSuchChannel { .. }),
            "{error:?}"
        );
        let now = world.now();
        lines += usize::from(world[server].peer.print_due(error, now).is_some());
        world.run(100);
    }
    assert_eq!(lines, 3, "in 25 seconds");
    // A mistake of the caller's own is told each time.
    for _ in 0..5 {
        let error = world.send(server, 42, RELIABLE, 254, b"lost");
        let error = error.expect_err("there is no such channel");
        let now = world.now();
        assert!(world[server].peer.print_due(error, now).is_some());
    }
}

/// A server with two clients, of which the second is cut off.
fn with_a_slow_client(seed: u64, wire: WireProtocol) -> (World, NodeId, [NodeId; 2], [i32; 2]) {
    let mut world = World::new(seed);
    let nodes = [(); 3].map(|()| world.idle());
    let now = world.now();
    for &node in &nodes {
        let set = world[node].peer.set_wire_protocol(wire);
        set.expect("inactive");
    }
    let [server, clients @ ..] = nodes;
    world[server].peer.set_limits(short_queues());
    let created = world[server]
        .peer
        .create_server(&ServerOptions::default(), now);
    created.expect("created");
    let ids = clients.map(|client| world.join(client, server));
    world.run(1000);
    assert!(clients.iter().all(|&client| world[client].is_up()));
    let address = world.address(clients[1]);
    world.network.cut_off(address, true);
    (world, server, clients, ids)
}

#[test]
fn a_full_queue_is_an_error_for_the_one_recipient() {
    let (mut world, server, clients, [_, slow]) = with_a_slow_client(903, WireProtocol::Godot4);
    let mut taken = 0;
    let mut lines = 0;
    for _ in 0..200 {
        match world.send(server, slow, RELIABLE, 0, &[7; 1000]) {
            Ok(()) => taken += 1,
            Err(error) => {
                assert_eq!(error, SendError::QueueFull(slow));
                let now = world.now();
                lines += usize::from(world[server].peer.print_due(error, now).is_some());
            }
        }
    }
    assert!((32..=70).contains(&taken), "{taken}");
    assert_eq!(lines, 1);
    assert!(world[server].peer.peer_ids().any(|id| id == slow));
    let address = world.address(clients[1]);
    world.network.cut_off(address, false);
    world.run(5000);
    assert_eq!(world[clients[1]].packets.len(), taken);
    assert_eq!(world.send(server, slow, RELIABLE, 0, b"room"), Ok(()));
}

#[test]
fn of_several_recipients_a_full_one_is_dropped_and_the_others_miss_nothing() {
    let (mut world, server, clients, [_, slow]) = with_a_slow_client(904, WireProtocol::Godot4);
    for _ in 0..100 {
        assert_eq!(world.send(server, 0, RELIABLE, 0, &[7; 1000]), Ok(()));
        world.run(20);
    }
    world.run(1000);
    assert_eq!(world[clients[0]].packets.len(), 100);
    assert_dropped(&mut world, server, slow);
}

/// Client A has the server pass packets on to client B, which takes in nothing for a while.
#[test]
fn a_godot3_server_drops_a_client_that_floods_another_and_not_the_other() {
    let (mut world, server, clients, [from, slow]) = with_a_slow_client(905, WireProtocol::Godot3);
    for _ in 0..100 {
        if world[clients[0]].is_up() {
            let sent = world.send(clients[0], slow, RELIABLE, 0, &[7; 1000]);
            assert_eq!(sent, Ok(()));
        }
        world.run(10);
    }
    world.run(300);
    let reason = world[server].peer.ended(from).data;
    assert_eq!(reason, Limit::Flood.code());
    // It comes again, and is dropped at its first packets.
    let again = world.join(clients[0], server);
    world.run(500);
    for _ in 0..3 {
        let _ = world.send(clients[0], slow, RELIABLE, 0, &[7; 1000]);
        world.run(20);
    }
    world.run(300);
    let reason = world[server].peer.ended(again).data;
    assert_eq!(reason, Limit::Flood.code());
    let address = world.address(clients[1]);
    world.network.cut_off(address, false);
    world.run(5000);
    let ids: Vec<i32> = world[server].peer.peer_ids().collect();
    assert_eq!(ids, [slow]);
    assert_eq!(world.send(server, slow, RELIABLE, 0, b"room"), Ok(()));
    world.run(500);
    let last = world[clients[1]].packets.last();
    assert!(last.is_some_and(|packet| packet.data == b"room"));
}

/// What a server sends itself, and little that it relays, still ends a receiver that takes in nothing.
#[test]
fn a_godot3_server_drops_a_receiver_that_is_full_without_a_flood() {
    let (mut world, server, clients, [from, slow]) = with_a_slow_client(909, WireProtocol::Godot3);
    for _ in 0..100 {
        assert_eq!(world.send(server, 0, RELIABLE, 0, &[7; 1000]), Ok(()));
        world.run(20);
    }
    let _ = world.send(clients[0], slow, RELIABLE, 0, &[7; 1000]);
    world.run(1000);
    assert_dropped(&mut world, server, slow);
    assert!(world[server].peer.peer_ids().any(|id| id == from));
}

fn assert_dropped(world: &mut World, server: NodeId, slow: i32) {
    // The client is cut off: it cannot acknowledge its end.
    world.run(40_000);
    assert!(
        world[server]
            .signals
            .contains(&Signal::PeerDisconnected(slow))
    );
    let reason = world[server].peer.ended(slow).data;
    assert_eq!(reason, Limit::Unsent.code());
    let warning = world[server].peer.take_over_limit();
    let text = warning.map(|warning| warning.to_string());
    let text = text.expect("a warning");
    assert!(text.starts_with(&format!("peer {slow}")), "{text}");
    assert!(text.contains("REASON_UNSENT"), "{text}");
}

#[test]
fn bans_outlive_hosts_and_end() {
    let mut world = World::new(906);
    let (server, clients) = world.connected(1);
    let id = world[clients[0]].peer.unique_id();
    let network = network_of(&world, clients[0]);
    let (now, hour) = (world.now(), Time::from_secs(3600));
    let banned = world[server].peer.ban(now, network, Some(now + hour));
    assert_eq!(banned, Ok(()));
    world.run(40_000);
    assert_eq!(world[server].peer.peer_ids().count(), 0);
    let reason = world[server].peer.ended(id).data;
    assert_eq!(reason, Limit::Banned.code());
    let now = world.now();
    world[server].peer.close(now);
    assert_eq!(world[server].peer.banned(now), [network]);
    let created = world[server]
        .peer
        .create_server(&ServerOptions::default(), now);
    created.expect("created");
    world.join(clients[0], server);
    world.run(40_000);
    assert_eq!(world[clients[0]].peer.status(), Status::Disconnected);
    let dropped = world[server].peer.drops().expect("active");
    assert!(dropped.banned > 0, "{dropped:?}");
    let now = world.now();
    assert!(world[server].peer.banned(now + hour).is_empty());
    assert_eq!(world[server].peer.ban(now, network, None), Ok(()));
    assert!(world[server].peer.unban(network));
    world.join(clients[0], server);
    world.run(1000);
    assert!(world[clients[0]].is_up());
}

#[test]
fn newcomers_are_judged_before_they_occupy_a_slot() {
    let mut world = World::new(907);
    let server = world.server(&ServerOptions::default());
    world[server].peer.set_judged(true);
    let clients = [(); 3].map(|()| world.client(server));
    let ids = clients.map(|client| world[client].peer.unique_id());
    let mut judged = Vec::new();
    for _ in 0..200 {
        world.run(20);
        while let Some(newcomer) = {
            let now = world.now();
            world[server].peer.next_newcomer(now)
        } {
            let id = newcomer.request.data as i32;
            assert_eq!(
                newcomer.request.address.ip(),
                ip_of(&world, &clients, &ids, id)
            );
            judged.push(id);
            let now = world.now();
            let host = world[server].peer.host().cloned().expect("a host");
            let verdict = match id == ids[1] {
                true => Verdict::Refuse(77),
                false => Verdict::Accept,
            };
            host.borrow_mut().judge(now, newcomer, verdict);
        }
    }
    judged.sort_unstable();
    let mut expected = ids;
    expected.sort_unstable();
    assert_eq!(judged, expected, "each is judged once");
    assert!(world[clients[0]].is_up() && world[clients[2]].is_up());
    assert_eq!(world[clients[1]].peer.status(), Status::Disconnected);
    assert_eq!(world[clients[1]].peer.ended(1).data, 77);
    assert!(
        world[clients[1]]
            .outcomes
            .contains(&Signal::ConnectionFailed)
    );
    assert_eq!(world[server].signals.len(), 2);
}

fn ip_of(world: &World, clients: &[NodeId], ids: &[i32], id: i32) -> IpAddr {
    let index = ids.iter().position(|&known| known == id);
    world.address(clients[index.expect("a client")]).ip()
}

/// A verdict comes too late when the host has been replaced.
#[test]
fn a_verdict_is_for_the_host_of_the_request() {
    let mut world = World::new(908);
    let (server, _) = world.connected(0);
    world[server].peer.set_judged(true);
    world.client(server);
    world.run(200);
    let now = world.now();
    let newcomer = world[server].peer.next_newcomer(now);
    let newcomer = newcomer.expect("a newcomer");
    let host = world[server].peer.host().cloned().expect("a host");
    world[server].peer.close(now);
    host.borrow_mut().judge(now, newcomer, Verdict::Accept);
    assert!(!host.borrow().is_active());
}
