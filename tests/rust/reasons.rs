//! Why connections end, at both ends: this side's judgement, and what was said.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use enet_multiplayer::{
    ClientOptions, End, Reason, ServerOptions, SharedLimits, Signal, Status, TransferMode,
    WireProtocol,
};
use enet_proto::{Cause, Disconnect, Event, Host, HostConfig, IpNet, Limit, Refusal, Time};
use sim::{NodeId, World};

mod encrypted;

/// Longer than any timeout of these tests.
const LONG: u64 = 60_000;

fn end(reason: Reason, data: u32) -> End {
    End { reason, data }
}

/// A server and its one client, with the client's id.
fn pair(seed: u64) -> (World, NodeId, NodeId, i32) {
    let mut world = World::new(seed);
    let (server, clients) = world.connected(1);
    let id = world[clients[0]].peer.unique_id();
    (world, server, clients[0], id)
}

/// The ends that server and client know.
fn ends(world: &World, server: NodeId, client: NodeId, id: i32) -> [End; 2] {
    [world[server].peer.ended(id), world[client].peer.ended(1)]
}

/// Lets time pass while only one of the peers is polled.
fn run_only(world: &mut World, node: NodeId, milliseconds: u64) {
    for _ in 0..milliseconds / 10 {
        let now = world.now() + Duration::from_millis(10);
        world.network.advance_to(now);
        world.poll(node);
    }
}

#[test]
fn a_goodbye_without_data_is_no_timeout() {
    for ender in 0..2 {
        let (mut world, server, client, id) = pair(1000);
        let now = world.now();
        let peer = &mut world[[server, client][ender]].peer;
        let other = [id, 1][ender];
        assert_eq!(peer.disconnect_peer(other, false, now), Ok(()));
        world.run(1000);
        let mut expected = [end(Reason::Remote, 0); 2];
        expected[ender].reason = Reason::Local;
        assert_eq!(ends(&world, server, client, id), expected);

        let (mut world, server, client, id) = pair(1001);
        let address = world.address(client);
        world.network.cut_off(address, true);
        world.run(LONG);
        let expected = [end(Reason::Timeout, 0); 2];
        assert_eq!(ends(&world, server, client, id), expected);
    }
}

#[test]
fn the_signals_tell_the_reason() {
    let (mut world, server, client, id) = pair(1002);
    let now = world.now();
    let done = (world[server].peer).disconnect_peer_with(id, 77, false, now);
    assert_eq!(done, Ok(()));
    world.run(1000);
    let told = |node: NodeId| {
        let ends = world[node].ends.iter();
        ends.map(|(signal, end, _)| (*signal, *end))
            .collect::<Vec<_>>()
    };
    let local = end(Reason::Local, 77);
    assert_eq!(told(server), [(Signal::PeerDisconnected(id), local)]);
    let kicked = end(Reason::Kicked, 77);
    let expected = [
        (Signal::PeerDisconnected(1), kicked),
        (Signal::ServerDisconnected, kicked),
    ];
    assert_eq!(told(client), expected);
}

/// The number of a ban, from a client: the server does not believe it. A client believes its server.
#[test]
fn a_client_cannot_choose_the_servers_reason() {
    let banned = Reason::Banned.code();
    for from_server in [false, true] {
        let (mut world, server, client, id) = pair(1003);
        let now = world.now();
        let (node, other) = if from_server {
            (server, id)
        } else {
            (client, 1)
        };
        let done = (world[node].peer).disconnect_peer_with(other, banned, false, now);
        assert_eq!(done, Ok(()));
        world.run(1000);
        let expected = match from_server {
            false => [end(Reason::Remote, banned), end(Reason::Local, banned)],
            true => [end(Reason::Local, banned), end(Reason::Banned, banned)],
        };
        assert_eq!(ends(&world, server, client, id), expected);
    }
}

#[test]
fn a_ban_is_the_reason_at_both_ends() {
    let (mut world, server, client, id) = pair(1004);
    let network = IpNet::from(world.address(client).ip());
    let now = world.now();
    assert!(world[server].peer.ban(now, network, None).is_ok());
    world.run(1000);
    let banned = end(Reason::Banned, Limit::Banned.code());
    assert_eq!(ends(&world, server, client, id), [banned; 2]);
}

#[test]
fn a_limit_is_the_reason_at_both_ends() {
    let mut world = World::new(1005);
    let (server, clients) = world.connected(2);
    let limits = Rc::new(SharedLimits::default());
    limits.change(|it| it.limits.unsent_bytes = 64 * 1024);
    world[server].peer.set_limits(limits);
    world.run(100);
    // To several, so that the call succeeds for the others.
    for _ in 0..200 {
        let sent = world.send(server, 0, TransferMode::Reliable, 0, &[0; 1000]);
        assert_eq!(sent, Ok(()));
    }
    world.run(1000);
    let unsent = end(Reason::Unsent, Limit::Unsent.code());
    for client in clients {
        let [told] = &world[client].ends[..1] else {
            panic!("told");
        };
        assert_eq!(told.1, unsent);
    }
    let left = world[server].ends.iter().map(|(_, end, _)| *end);
    assert_eq!(left.collect::<Vec<_>>(), [unsent; 2]);
}

/// The server is not polled until its client has given up.
#[test]
fn who_was_not_polled_learns_that_this_was_the_reason() {
    let (mut world, server, client, id) = pair(1006);
    run_only(&mut world, client, LONG);
    assert_eq!(world[client].peer.ended(1), end(Reason::Timeout, 0));
    world.run(LONG);
    assert_eq!(world[server].peer.ended(id), end(Reason::Stalled, 0));
}

/// A ping is due since the epoch when a connection begins, and the clock may be far from there.
#[test]
fn a_clock_that_starts_late_is_no_stall() {
    let start = Time::from_secs(3600);
    let mut server = Host::new(&HostConfig::new(2, 1, start));
    let mut client = Host::new(&HostConfig::new(1, 1, start));
    let (at_server, at_client) = (([10, 0, 0, 1], 1).into(), ([10, 0, 0, 2], 2).into());
    client.connect(start, at_server, 1, 0).expect("a slot");
    let mut datagram = Vec::new();
    for step in 0..10_000 {
        let now = start + Duration::from_millis(step * 10);
        server.service(now);
        client.service(now);
        server.flush(now);
        client.flush(now);
        while client.next_datagram(&mut datagram).is_some() {
            server.receive(now, at_client, &datagram);
        }
        while server.next_datagram(&mut datagram).is_some() {
            // The client hears nothing any more after a second.
            if step < 100 {
                client.receive(now, at_server, &datagram);
            }
        }
    }
    let cause = |host: &mut Host| {
        std::iter::from_fn(|| host.next_event()).find_map(|event| match event {
            Event::Disconnected { cause, .. } => Some(cause),
            _ => None,
        })
    };
    assert_eq!(cause(&mut client), Some(Cause::Timeout));
    assert_eq!(cause(&mut server), Some(Cause::Timeout));
}

#[test]
fn a_stall_that_the_connection_survived_is_not_the_reason() {
    let (mut world, server, client, id) = pair(1007);
    let set = world[client]
        .peer
        .set_peer_timeout(1, 32, 30_000, LONG as i64);
    assert!(set.is_ok());
    run_only(&mut world, client, 6000);
    world.run(2000);
    assert_eq!(world[server].peer.peer_ids().count(), 1);
    let address = world.address(client);
    world.network.cut_off(address, true);
    world.run(LONG);
    assert_eq!(world[server].peer.ended(id), end(Reason::Timeout, 0));
}

#[test]
fn attempts_fail_with_the_reason_of_the_server() {
    let refused = |world: &mut World, server: NodeId| {
        let client = world.client(server);
        world.run(LONG);
        assert_eq!(world[client].peer.status(), Status::Disconnected);
        let ends = &world[client].ends;
        assert_eq!(ends.len(), 1, "{ends:?}");
        assert_eq!(ends[0].0, Signal::ConnectionFailed);
        assert_eq!(ends[0].1, world[client].peer.ended(1));
        assert_eq!(ends[0].2, ends[0].1.text());
        ends[0].1
    };
    let mut world = World::new(1008);
    let (server, _) = world.connected(1);
    let full = end(Reason::Full, Refusal::Full.code());
    assert_eq!(refused(&mut world, server), full);

    let mut world = World::new(1009);
    let server = world.server(&ServerOptions::default());
    world[server].peer.set_refuse_new_connections(true);
    let not_welcome = end(Reason::Refused, Refusal::NotWelcome.code());
    assert_eq!(refused(&mut world, server), not_welcome);
    let address = world.address(server);
    world.network.cut_off(address, true);
    assert_eq!(refused(&mut world, server), end(Reason::Timeout, 0));
}

/// The attempt takes its time all the same: a server that starts meanwhile gets its client.
#[test]
fn a_closed_port_is_no_silence() {
    for starts in [false, true] {
        let mut world = World::new(1013);
        let server = world.server(&ServerOptions::default());
        let (port, now) = (world.address(server).port(), world.now());
        let client = world.client(server);
        world[server].peer.close(now);
        world.run(2000);
        assert_eq!(world[client].peer.status(), Status::Connecting);
        if starts {
            world.server(&ServerOptions {
                port: port.into(),
                ..ServerOptions::default()
            });
        }
        world.run(LONG);
        assert_eq!(world[client].is_up(), starts);
        let closed = if starts {
            Reason::None
        } else {
            Reason::PortClosed
        };
        assert_eq!(world[client].peer.ended(1), end(closed, 0));
    }
}

/// The server was never heard: the connection that a stall could have ended did not exist.
#[test]
fn a_stall_ends_no_attempt_that_nobody_answered() {
    let mut world = World::new(1014);
    let server = world.server(&ServerOptions::default());
    let now = world.now();
    let client = world.client(server);
    world[server].peer.close(now);
    world.run(2000);
    let later = world.now() + Duration::from_millis(5200);
    world.network.advance_to(later);
    world.run(LONG);
    assert_eq!(world[client].peer.ended(1), end(Reason::PortClosed, 0));
}

#[test]
fn a_server_that_answers_late_is_asked_about_no_longer() {
    let mut world = World::new(1015);
    let server = world.server(&ServerOptions::default());
    let client = world.client(server);
    run_only(&mut world, client, 1000);
    assert_eq!(world.network.probes(), 1);
    assert!(world.run_until(LONG, |world| world[client].is_up()));
    world.run(100);
    assert_eq!(world.network.probes(), 0);
}

#[test]
fn a_name_without_an_address_is_named() {
    let mut world = World::new(1010);
    let client = world.idle();
    let now = world.now();
    let options = ClientOptions {
        unique_id: 77,
        ..ClientOptions::new("slow", 9)
    };
    let created = world[client].peer.create_client(&options, now);
    created.expect("goes on to resolve");
    world.run(100);
    world.network.answer_lookups(false);
    world.run(100);
    let text = "could not resolve \"slow\": no such name";
    let told = (
        Signal::ConnectionFailed,
        end(Reason::Unresolved, 0),
        text.to_owned(),
    );
    assert_eq!(world[client].ends, [told]);
    // The line for the log is still to come: closing the host did not drop it.
    let line = world[client].peer.next_name_error().expect("a line");
    assert_eq!(line.to_string(), text);
}

#[test]
fn a_relayed_end_has_no_reason_and_the_servers_has_one() {
    let mut world = World::new(1011);
    let nodes = [world.idle(), world.idle(), world.idle()];
    for node in nodes {
        let set = world[node].peer.set_wire_protocol(WireProtocol::Godot3);
        set.expect("inactive");
    }
    let now = world.now();
    let created = (world[nodes[0]].peer).create_server(&ServerOptions::default(), now);
    created.expect("created");
    let id = world.join(nodes[1], nodes[0]);
    world.join(nodes[2], nodes[0]);
    world.run(1000);
    assert_eq!(world[nodes[2]].signals.len(), 2);
    let now = world.now();
    world[nodes[1]].peer.close(now);
    world.run(1000);
    let left = Signal::PeerDisconnected(id);
    assert_eq!(world[nodes[2]].signals.last(), Some(&left));
    assert!(world[nodes[2]].ends.is_empty());
    assert_eq!(world[nodes[2]].peer.ended(id), End::default());
    assert_eq!(world[nodes[0]].peer.ended(id), end(Reason::Remote, 0));
}

/// As an object of a script sees it, which outlives its peer.
#[test]
fn what_outlives_a_peer_learns_how_it_ended() {
    let (mut world, server, client, id) = pair(1012);
    let watch = |world: &World, node: NodeId, id: i32| -> Rc<Cell<End>> {
        let (host, peer) = world[node].peer.connection_to(id).expect("connected");
        host.borrow_mut().watch_end(peer)
    };
    let seen = [watch(&world, server, id), watch(&world, client, 1)];
    assert_eq!(seen[0].get(), End::default());
    let (host, peer) = world[server].peer.connection_to(id).expect("connected");
    let now = world.now();
    host.borrow_mut().disconnect(now, peer, 5, Disconnect::Now);
    assert_eq!(seen[0].get(), end(Reason::Local, 5), "at once");
    host.borrow_mut().flush(now).expect("a host");
    world.run(1000);
    assert_eq!(seen[0].get(), end(Reason::Local, 5));
    assert_eq!(seen[1].get(), end(Reason::Kicked, 5));
    // It was closed.
    assert!(!world[client].peer.is_active());
}

/// A host that answers with a throttle that was not asked for. Neither C nor our hosts do.
#[test]
fn an_answer_that_does_not_fit_is_a_violation() {
    let now = Time::from_secs(1);
    let mut hosts = [2, 1].map(|peers| Host::new(&HostConfig::new(peers, 1, now)));
    let [server, client] = &mut hosts;
    let (at_server, at_client) = (([10, 0, 0, 1], 1).into(), ([10, 0, 0, 2], 2).into());
    let peer = client.connect(now, at_server, 1, 0).expect("a slot");
    client.flush(now);
    let mut datagram = Vec::new();
    client.next_datagram(&mut datagram).expect("a CONNECT");
    server.receive(now, at_client, &datagram);
    server.flush(now);
    server.next_datagram(&mut datagram).expect("an answer");
    // The last fields are the throttle's interval, acceleration and deceleration, and the token.
    let place = datagram.len() - 5;
    datagram[place] ^= 1;
    client.receive(now, at_server, &datagram);
    let (data, cause) = (0, Cause::Protocol);
    assert_eq!(
        client.next_event(),
        Some(Event::Disconnected { peer, data, cause })
    );
}
