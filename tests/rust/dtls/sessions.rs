//! Encrypted sessions: handshakes, all kinds of packets, and endings.

use std::net::SocketAddr;
use std::time::Duration;

use enet_dtls::{Dtls, HandshakeError};
use enet_multiplayer::{ConnectError, EncryptError, SharedConnection};
use enet_proto::Disconnect;
use enet_proto::{Cause, Event, PacketFlags, PeerState, Refusal, Time};
use sim::{Conditions, SERVER_IP, World};

use super::{
    client, connect, failed, host, identity, inactive, is_connected, is_disconnected, joined,
    only_peer, own, serve_until, server, sessions, trusting,
};
use crate::connection::options;

/// The handshake takes three round trips, and the connection one more. The RTT statistic covers
/// the connection's round trip alone.
#[test]
fn joining_takes_round_trips_and_waits_for_no_timer() {
    let mut world = World::with(
        1,
        Conditions {
            latency: Duration::from_millis(50),
            ..Conditions::default()
        },
    );
    let pair = own();
    let server = server(&mut world, &pair);
    let client = client(&mut world, &server, trusting(&pair));
    serve_until(&mut world, &[&server, &client], 5, is_connected(1));
    let took = world.now().as_millis();
    assert!((400..460).contains(&took), "{took} ms");
    serve_until(&mut world, &[&server, &client], 1, |_| false);
    let peer = only_peer(&client);
    let statistics = client
        .borrow_mut()
        .host()
        .and_then(|host| host.statistics(peer));
    let round_trip = statistics.expect("connected").round_trip_time;
    assert!((95..130).contains(&round_trip), "{round_trip} ms");
}

#[test]
fn no_plaintext_is_on_the_wire() {
    let mut world = World::new(2);
    world.network.record();
    let (server, client) = joined(&mut world);
    let secret = b"the treasure lies below the old oak";
    let peer = only_peer(&client);
    let now = world.now();
    let sent = client.borrow_mut().send(peer, 0, 1, secret, now);
    sent.expect("sent");
    let events = serve_until(&mut world, &[&server, &client], 5, |events| {
        events
            .iter()
            .any(|(_, event)| matches!(event, Event::Received { .. }))
    });
    let received = events.iter().find_map(|(_, event)| match event {
        Event::Received { data, .. } => Some(data.clone()),
        _ => None,
    });
    assert_eq!(received.as_deref(), Some(&secret[..]));
    for (_, _, bytes) in world.network.take_recording() {
        assert!(!bytes.windows(8).any(|part| part == &secret[..8]));
    }
}

/// A record is larger than its content, but still fits where a plain datagram did.
#[test]
fn encrypted_datagrams_are_no_larger_than_plain_ones() {
    let mut world = World::new(3);
    let (server, client) = joined(&mut world);
    world.network.record();
    let peer = only_peer(&client);
    let packet: Vec<u8> = (0..100_000u32).map(|it| (it / 7) as u8).collect();
    let now = world.now();
    for flags in [1, 0] {
        let sent = client.borrow_mut().send(peer, 0, flags, &packet, now);
        sent.expect("sent");
    }
    let events = serve_until(&mut world, &[&server, &client], 20, |events| {
        events
            .iter()
            .any(|(_, event)| matches!(event, Event::Received { .. }))
    });
    let whole = events
        .iter()
        .any(|(_, event)| matches!(event, Event::Received { data, .. } if *data == packet));
    assert!(whole);
    let recording = world.network.take_recording();
    let largest = recording.iter().map(|(_, _, bytes)| bytes.len()).max();
    assert_eq!(largest, Some(1392));
}

#[test]
fn everything_arrives_in_order_over_a_bad_network() {
    for seed in 10..14 {
        let conditions = Conditions {
            latency: Duration::from_millis(20),
            jitter: Duration::from_millis(30),
            loss: 0.1,
            duplication: 0.1,
        };
        let mut world = World::with(seed, conditions);
        let (server, client) = joined(&mut world);
        let peers = [only_peer(&server), only_peer(&client)];
        let hosts = [&server, &client];
        for number in 0..300u32 {
            for (host, peer) in hosts.into_iter().zip(peers) {
                let size = 4 + (number as usize * 37) % 1500;
                let mut packet = vec![number as u8; size];
                packet[..4].copy_from_slice(&number.to_be_bytes());
                let now = world.now();
                let sent = host.borrow_mut().send(peer, 0, 1, &packet, now);
                sent.expect("sent");
            }
        }
        let received = |events: &[(usize, Event)], of: usize| -> Vec<Vec<u8>> {
            let events = events.iter().filter(|(index, _)| *index == of);
            let packets = events.filter_map(|(_, event)| match event {
                Event::Received { data, .. } => Some(data.clone()),
                _ => None,
            });
            packets.collect()
        };
        let events = serve_until(&mut world, &hosts, 120, |events| {
            (0..2).all(|of| received(events, of).len() == 300)
        });
        for of in 0..2 {
            let packets = received(&events, of);
            assert_eq!(packets.len(), 300, "seed {seed}");
            for (number, packet) in (0u32..).zip(packets) {
                assert_eq!(packet[..4], number.to_be_bytes());
                assert_eq!(packet.len(), 4 + (number as usize * 37) % 1500);
                assert!(packet[4..].iter().all(|byte| *byte == number as u8));
            }
        }
    }
}

/// Any datagram of a handshake may be lost, also the last ones.
#[test]
fn handshakes_complete_on_a_network_that_loses_a_fifth() {
    for seed in 100..600 {
        let conditions = Conditions {
            latency: Duration::from_millis(30),
            jitter: Duration::from_millis(10),
            loss: 0.2,
            duplication: 0.05,
        };
        let mut world = World::with(seed, conditions);
        let pair = own();
        let server = server(&mut world, &pair);
        let client = client(&mut world, &server, trusting(&pair));
        let is_ready = |host| sessions(host).0 == 1;
        serve_until(&mut world, &[&server, &client], 8, |_| {
            is_ready(&server) && is_ready(&client)
        });
        let failed = failed(&world, &client);
        assert!(is_ready(&server) && is_ready(&client), "{seed}: {failed:?}");
    }
}

/// The peer at the server is given up before the client, whose pauses double, tries again. The session has to be
/// there then.
#[test]
fn a_session_waits_for_a_client_whose_connecting_is_cut_off() {
    let conditions = Conditions {
        latency: Duration::from_millis(50),
        ..Conditions::default()
    };
    let mut world = World::with(15, conditions);
    let pair = own();
    let server = server(&mut world, &pair);
    let client = client(&mut world, &server, trusting(&pair));
    let hosts = [&server, &client];
    serve_until(&mut world, &hosts, 5, |_| sessions(&client).0 == 1);
    let port = server.borrow().local_port().expect("active");
    let address = SocketAddr::new(SERVER_IP, port);
    let (network, sent) = (
        world.network.clone(),
        world.now() + Duration::from_millis(20),
    );
    serve_until(&mut world, &hosts, 1, |_| network.now() >= sent);
    // The client's request is under way, and the answer is lost.
    world.network.cut_off(address, true);
    let events = serve_until(&mut world, &hosts, 7, |_| false);
    assert_eq!(events, []);
    world.network.cut_off(address, false);
    let events = serve_until(&mut world, &hosts, 20, |events| {
        is_connected(0)(events) && is_connected(1)(events)
    });
    let both = is_connected(0)(&events) && is_connected(1)(&events);
    assert!(both, "{events:?}");
}

#[test]
fn a_session_ends_with_its_peer() {
    let mut world = World::new(4);
    let (server, client) = joined(&mut world);
    assert_eq!(sessions(&server), (1, 0));
    serve_until(&mut world, &[&server, &client], 2, |_| false);
    let (peer, now) = (only_peer(&client), world.now());
    client
        .borrow_mut()
        .disconnect(now, peer, 3, Disconnect::Acknowledged);
    let events = serve_until(&mut world, &[&server, &client], 2, is_disconnected(0));
    assert!(matches!(
        events.last(),
        Some((0, Event::Disconnected { data: 3, .. }))
    ));
    serve_until(&mut world, &[&server, &client], 4, |_| false);
    assert_eq!((sessions(&server), sessions(&client)), ((0, 0), (0, 0)));
    // Another session can follow.
    connect(&world, &client, &server);
    let events = serve_until(&mut world, &[&server, &client], 5, is_connected(0));
    assert!(is_connected(0)(&events));
}

#[test]
fn the_end_of_a_host_is_noticed_at_once() {
    for server_goes in [true, false] {
        let mut world = World::new(5);
        let (server, client) = joined(&mut world);
        let (goes, stays) = match server_goes {
            true => (server, client),
            false => (client, server),
        };
        let before = world.now();
        // The host ends without an ENet disconnect.
        goes.borrow_mut().destroy().expect("active");
        let events = serve_until(&mut world, &[&stays], 5, is_disconnected(0));
        assert!(is_disconnected(0)(&events));
        assert!(world.now() - before < Duration::from_millis(50));
    }
}

/// The kinds of the records that a host sends to its peer, by the time from now in milliseconds.
fn kinds_sent(
    world: &mut World,
    from: &SharedConnection,
    to: &SharedConnection,
    act: impl FnOnce(Time),
    serves: bool,
) -> Vec<(u64, u8)> {
    let port = from.borrow().local_port().expect("active");
    let begun = world.now();
    let mut kinds = Vec::new();
    world.network.record();
    act(begun);
    for _ in 0..5000 {
        let passed = (world.now() - begun).as_millis() as u64;
        let sent = world.network.take_recording();
        let sent = sent.iter().filter(|(source, ..)| source.port() == port);
        kinds.extend(sent.map(|(_, _, bytes)| (passed, bytes[0])));
        let now = world.now();
        if serves {
            while let Ok(Some(_)) = from.borrow_mut().service(Time::ZERO, || now) {}
        }
        while let Ok(Some(_)) = to.borrow_mut().service(Time::ZERO, || now) {}
        world.run(1);
    }
    kinds
}

const ALERT: u8 = 21;
const DATA: u8 = 23;

/// Godot's client loses a disconnect that it reads together with the alert that closes the session.
#[test]
fn no_alert_follows_a_servers_disconnect_closely() {
    // Closed at once, and after a disconnect that the client could not acknowledge.
    for disconnects_first in [false, true] {
        let mut world = World::new(40);
        let (server, client) = joined(&mut world);
        let peer = only_peer(&server);
        let act = |now| {
            let mut server = server.borrow_mut();
            if disconnects_first {
                server.disconnect(now, peer, 0, Disconnect::Acknowledged);
                server.flush(now).expect("active");
            }
            server.close(now).expect("active");
        };
        let kinds = kinds_sent(&mut world, &server, &client, act, false);
        assert!(kinds.contains(&(0, DATA)), "{kinds:?}");
        assert!(kinds.iter().all(|(_, kind)| *kind == DATA), "{kinds:?}");
        assert!(client.borrow().peers().is_empty());
    }
    for how in [Disconnect::Now, Disconnect::Acknowledged, Disconnect::Later] {
        let mut world = World::new(41);
        let (server, client) = joined(&mut world);
        serve_until(&mut world, &[&server, &client], 2, |_| false);
        let peer = only_peer(&server);
        let act = |now| server.borrow_mut().disconnect(now, peer, 0, how);
        let kinds = kinds_sent(&mut world, &server, &client, act, true);
        let alerts: Vec<_> = kinds.iter().filter(|(_, kind)| *kind == ALERT).collect();
        // It ends the session for clients that wait for it.
        assert!(
            matches!(alerts[..], [(1000..4000, _)]),
            "{how:?}: {kinds:?}"
        );
        assert_eq!(sessions(&server), (0, 0));
    }
}

/// A session that the remote may take for usable is closed.
#[test]
fn an_alert_closes_what_no_disconnect_ended() {
    // A host that says nothing, and a client: Godot's server keeps a session until the alert.
    for (server_goes, says_goodbye) in [(true, false), (false, false), (false, true)] {
        let mut world = World::new(42);
        let (server, client) = joined(&mut world);
        let (goes, stays) = match server_goes {
            true => (server, client),
            false => (client, server),
        };
        let act = |now| {
            let mut goes = goes.borrow_mut();
            if says_goodbye {
                goes.say_goodbye(now);
            }
            goes.destroy().expect("active");
        };
        let kinds = kinds_sent(&mut world, &goes, &stays, act, false);
        assert_eq!(kinds.last(), Some(&(0, ALERT)), "{kinds:?}");
        assert_eq!(kinds.contains(&(0, DATA)), says_goodbye);
    }
}

/// The client's last packets arrive before the end of its session.
#[test]
fn the_last_packets_of_a_leaving_client_arrive() {
    let mut world = World::new(6);
    let (server, client) = joined(&mut world);
    let (peer, now) = (only_peer(&client), world.now());
    let mut leaving = client.borrow_mut();
    let sent = leaving.send(peer, 0, 1, b"farewell", now);
    sent.expect("sent");
    leaving.flush(now).expect("active");
    leaving.close(now).expect("active");
    let events = serve_until(&mut world, &[&server], 5, is_disconnected(0));
    assert!(
        matches!(
            &events[..],
            [(0, Event::Received { data, .. }), (0, Event::Disconnected { .. })] if data == b"farewell"
        ),
        "{events:?}"
    );
}

#[test]
fn a_refusing_server_refuses_handshakes() {
    let mut world = World::new(7);
    let pair = own();
    let server = server(&mut world, &pair);
    server.borrow_mut().set_refusing(true);
    let one = client(&mut world, &server, trusting(&pair));
    let events = serve_until(&mut world, &[&server, &one], 20, is_disconnected(1));
    assert!(is_disconnected(1)(&events) && world.now() < Duration::from_millis(100));
    let reason = failed(&world, &one).expect("a reason").reason;
    assert_eq!(
        reason,
        HandshakeError::Refused("access denied (alert 49)".to_owned())
    );
    assert_eq!(sessions(&server), (0, 0));
    let drops = |host: &mut enet_net::Host| host.drops().handshakes;
    assert_eq!(server.borrow_mut().host().map(drops), Some(1));
    server.borrow_mut().set_refusing(false);
    let other = client(&mut world, &server, trusting(&pair));
    let events = serve_until(&mut world, &[&server, &other], 5, is_connected(1));
    assert!(is_connected(1)(&events));
}

/// The host's limits are those of the handshakes: two connections a second from an address, and so one handshake.
#[test]
fn limits_of_a_host_hold_for_handshakes() {
    let mut world = World::new(16);
    let pair = own();
    let server = server(&mut world, &pair);
    let limits = enet_proto::Limits {
        connects_per_second_per_address: 2,
        ..enet_proto::Limits::new(32)
    };
    let set = |host: &mut enet_net::Host| host.set_limits(limits);
    server.borrow_mut().host().map(set).expect("active");
    let (one, other) = (
        client(&mut world, &server, trusting(&pair)),
        client(&mut world, &server, trusting(&pair)),
    );
    let hosts = [&server, &one, &other];
    serve_until(&mut world, &hosts, 1, |_| sessions(&server).0 == 2);
    let second = world.now();
    assert!(
        sessions(&server).0 < 2 || second >= Duration::from_millis(900),
        "{second:?}"
    );
    serve_until(&mut world, &hosts, 2, |_| sessions(&server).0 == 2);
    assert_eq!(sessions(&server), (2, 0));
}

#[test]
fn a_client_without_encryption_cannot_connect() {
    let mut world = World::new(9);
    let server = server(&mut world, &own());
    let plain = host(&mut world, 1);
    let peer = connect(&world, &plain, &server);
    let events = serve_until(&mut world, &[&server, &plain], 10, |_| false);
    let (data, cause) = (Refusal::NotEncrypted.code(), Cause::Remote);
    assert_eq!(events, [(1, Event::Disconnected { peer, data, cause })]);
    assert_eq!(sessions(&server), (0, 0));
}

/// A client that never connects within its session must not hold a server's memory.
#[test]
fn a_session_without_a_peer_is_freed() {
    let mut world = World::new(10);
    let pair = own();
    let server = server(&mut world, &pair);
    let client = client(&mut world, &server, trusting(&pair));
    let hosts = [&server, &client];
    serve_until(&mut world, &hosts, 5, |_| sessions(&server).0 == 1);
    // The client sends nothing from now on.
    drop(client);
    let port = server.borrow().local_port().expect("active");
    let address = SocketAddr::new(SERVER_IP, port);
    world.network.cut_off(address, true);
    let before = world.now();
    serve_until(&mut world, &[&server], 60, |_| sessions(&server).0 == 0);
    assert_eq!(sessions(&server), (0, 0));
    assert!(world.now() - before < Duration::from_secs(10));
}

/// A game restarted after a crash has the same address and new keys.
#[test]
fn a_client_can_reconnect_from_its_old_address() {
    let mut world = World::new(11);
    let pair = own();
    let server = server(&mut world, &pair);
    let port = 41_000;
    let connect = |world: &mut World| {
        let client = inactive(world);
        let bound = enet_multiplayer::HostOptions {
            bind: Some(("*".to_owned(), port)),
            max_peers: 1,
            ..options()
        };
        let done = client.borrow_mut().create(&bound, world.now());
        done.expect("a host");
        let dtls = Dtls::client(trusting(&pair), world.now());
        let done = client.borrow_mut().encrypt(dtls, world.now());
        done.expect("encrypted");
        super::connect(world, &client, &server);
        client
    };
    let first = connect(&mut world);
    let events = serve_until(&mut world, &[&server, &first], 5, is_connected(0));
    assert!(is_connected(0)(&events));
    // The first client's close_notify is lost.
    let address = SocketAddr::new(SERVER_IP, port as u16);
    world.network.cut_off(address, true);
    drop(first);
    world.network.cut_off(address, false);
    let second = connect(&mut world);
    let mut events = serve_until(&mut world, &[&server, &second], 5, |events| {
        is_connected(0)(events) && is_connected(1)(events)
    });
    events.retain(|(index, _)| *index == 0);
    assert!(
        matches!(
            events[..],
            [
                (0, Event::Disconnected { .. }),
                (0, Event::Connected { .. })
            ]
        ),
        "{events:?}"
    );
    assert_eq!(sessions(&server), (1, 0));
}

#[test]
fn encryption_is_set_up_once_and_on_an_active_host_only() {
    let mut world = World::new(12);
    let pair = own();
    let server = server(&mut world, &pair);
    let now = world.now();
    let again = Dtls::client(trusting(&pair), now);
    let done = server.borrow_mut().encrypt(again, now);
    assert_eq!(done, Err(EncryptError::AlreadyEncrypted));
    let begun = server.borrow_mut().connect("server", 1, 1, 0, now);
    assert!(matches!(begun, Err(ConnectError::DtlsServer)));
    let none = inactive(&mut world);
    let done = none
        .borrow_mut()
        .encrypt(Dtls::client(trusting(&pair), now), now);
    assert_eq!(done, Err(EncryptError::Inactive));
}

/// The order of `create_client` followed by `host.dtls_client_setup`, also with a service between.
#[test]
fn a_connection_that_began_before_encryption_waits_for_it() {
    for serviced in [false, true] {
        let mut world = World::new(13);
        let pair = own();
        let server = server(&mut world, &pair);
        let client = host(&mut world, 1);
        let peer = connect(&world, &client, &server);
        if serviced {
            // Some frames, in which the server refuses what is not encrypted.
            let end = world.now() + Duration::from_millis(200);
            let clock = world.network.clone();
            let is_over = |_: &[(usize, Event)]| clock.now() >= end;
            serve_until(&mut world, &[&server, &client], 1, is_over);
            assert!(server.borrow_mut().unencrypted(world.now()).is_some());
        }
        let now = world.now();
        let dtls = Dtls::client(trusting(&pair), now);
        let done = client.borrow_mut().encrypt(dtls, now);
        done.expect("encrypted");
        assert_eq!(client.borrow().state(peer), PeerState::Connecting);
        let before = world.now();
        let events = serve_until(&mut world, &[&server, &client], 5, is_connected(1));
        assert!(is_connected(1)(&events), "{events:?}");
        assert!(world.now() - before < Duration::from_millis(100));
    }
}

/// Unsequenced and broadcast packets take the same path.
#[test]
fn every_kind_of_packet_is_carried() {
    let mut world = World::new(14);
    let (server, client) = joined(&mut world);
    let now = world.now();
    let peers = server.borrow().peers();
    let kinds = [
        PacketFlags::RELIABLE,
        PacketFlags::default(),
        PacketFlags {
            unsequenced: true,
            ..PacketFlags::default()
        },
    ];
    for flags in kinds {
        let mut server = server.borrow_mut();
        let host = server.host().expect("active");
        let queued = host.send_to_all(now, &peers, 1, flags, &[1, 2, 3]);
        assert_eq!(queued, Ok(1));
    }
    let events = serve_until(&mut world, &[&server, &client], 2, |_| false);
    let received = events.iter().filter(|(index, event)| {
        *index == 1 && matches!(event, Event::Received { data, .. } if data == &[1, 2, 3])
    });
    assert_eq!(received.count(), 3);
}

#[test]
fn keys_are_never_printed() {
    let pair = own();
    let identity = identity(&pair);
    let dtls = Dtls::server(&identity, Time::ZERO).expect("a server");
    let printed = format!("{identity:?} {dtls:?}");
    assert!(printed.len() < 200, "{printed}");
}
