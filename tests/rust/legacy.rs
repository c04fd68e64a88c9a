//! Features of Godot 3's class that Godot 4's lacks.

use std::time::Duration;

use enet_multiplayer::{
    ClientOptions, LegacyError, PeerError, SendError, ServerOptions, Signal, Status, TransferMode,
    WireProtocol,
};
use sim::{Conditions, NodeId, World};

/// Sends numbered packets in the unreliable mode over a network that reorders them; returns their
/// numbers in order of arrival, and their modes.
fn order_of_unreliable(always_ordered: bool) -> (Vec<u32>, Vec<TransferMode>) {
    let mut world = World::new(300);
    let (server, clients) = world.connected(1);
    world.network.set_conditions(Conditions {
        latency: Duration::from_millis(50),
        jitter: Duration::from_millis(45),
        ..Conditions::default()
    });
    let client = clients[0];
    world[client].peer.set_always_ordered(always_ordered);
    for number in 0..100u32 {
        let data = number.to_be_bytes();
        world
            .send(client, 1, TransferMode::Unreliable, 0, &data)
            .expect("sent");
        world.run(5);
    }
    world.run(500);
    let packets = &world[server].packets;
    let number = |data: &Vec<u8>| u32::from_be_bytes(data[..].try_into().expect("four bytes"));
    (
        packets.iter().map(|packet| number(&packet.data)).collect(),
        packets.iter().map(|packet| packet.mode).collect(),
    )
}

#[test]
fn always_ordered_puts_unreliable_packets_in_order() {
    let (numbers, modes) = order_of_unreliable(false);
    assert!(!numbers.is_sorted(), "the network changes the order");
    assert!(modes.iter().all(|&mode| mode == TransferMode::Unreliable));
    let (numbers, modes) = order_of_unreliable(true);
    assert!(numbers.len() > 10 && numbers.is_sorted());
    let ordered = TransferMode::UnreliableOrdered;
    assert!(modes.iter().all(|&mode| mode == ordered));
}

/// Whether a client can send to its server on this transfer channel.
fn has_channel(world: &mut World, client: NodeId, channel: i32) -> bool {
    match world.send(client, 1, TransferMode::Reliable, channel, b"x") {
        Ok(()) => true,
        Err(SendError::NoSuchChannel { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn channel_count_limits_hosts_without_a_number_of_their_own() {
    // The set channel_count, the maximum given to create_server, and the resulting highest transfer
    // channel.
    let cases = [
        (None, 0, 253),
        (Some(3), 0, 1),
        (Some(5), 0, 3),
        (Some(255), 0, 253),
        (Some(5), 1, 1),
    ];
    for (count, asked, highest) in cases {
        let mut world = World::new(301);
        let server = world.idle();
        if let Some(count) = count {
            let set = world[server].peer.set_channel_count(count);
            assert_eq!(set, Ok(()));
        }
        let options = ServerOptions {
            max_channels: asked,
            ..ServerOptions::default()
        };
        let now = world.now();
        let created = world[server].peer.create_server(&options, now);
        created.expect("created");
        let client = world.client(server);
        assert!(world.run_until(1000, |world| world[client].is_up()));
        assert!(has_channel(&mut world, client, highest), "{count:?}");
        if highest < 253 {
            assert!(!has_channel(&mut world, client, highest + 1), "{count:?}");
        }
    }
}

#[test]
fn channel_count_applies_to_clients_too() {
    let mut world = World::new(302);
    let server = world.server(&ServerOptions::default());
    let client = world.idle();
    assert_eq!(world[client].peer.channel_count(), 3);
    assert_eq!(world[client].peer.set_channel_count(4), Ok(()));
    world.join(client, server);
    assert!(world.run_until(1000, |world| world[client].is_up()));
    assert!(has_channel(&mut world, client, 2));
    assert!(!has_channel(&mut world, client, 3));
}

#[test]
fn channel_counts_out_of_range_change_nothing() {
    let mut world = World::new(303);
    let node = world.idle();
    let peer = &mut world[node].peer;
    for count in [i64::MIN, -1, 0, 2, 256, i64::MAX] {
        let set = peer.set_channel_count(count);
        assert_eq!(set, Err(LegacyError::ChannelCount(count)));
    }
    assert_eq!(peer.channel_count(), 3);
}

#[test]
fn settings_of_a_session_cannot_change_while_it_is_active() {
    let mut world = World::new(304);
    let (server, _) = world.connected(0);
    let now = world.now();
    let peer = &mut world[server].peer;
    for _ in 0..2 {
        assert_eq!(peer.set_channel_count(4), Err(LegacyError::Active));
        let set = peer.set_server_relay_enabled(false);
        assert_eq!(set, Err(LegacyError::Active));
        let set = peer.set_wire_protocol(WireProtocol::Godot3);
        assert_eq!(set, Err(LegacyError::Active));
    }
    assert!(peer.is_server_relay_enabled() && peer.supports_server_relay());
    peer.close(now);
    assert_eq!(peer.set_server_relay_enabled(false), Ok(()));
    let created = peer.create_server(&ServerOptions::default(), now);
    created.expect("created");
    assert!(!peer.supports_server_relay());
}

#[test]
fn a_negative_transfer_channel_selects_the_modes_own() {
    let mut world = World::new(305);
    let (server, clients) = world.connected(1);
    let mode = TransferMode::Reliable;
    world.send(clients[0], 1, mode, -1, b"x").expect("sent");
    assert_eq!(world[clients[0]].peer.transfer_channel(), -1);
    assert!(world.run_until(1000, |world| !world[server].packets.is_empty()));
    assert_eq!(world[server].packets[0].channel, 0);
}

#[test]
fn the_channel_of_the_last_packet_is_known_until_the_next_poll() {
    let mut world = World::new(306);
    let (server, clients) = world.connected(1);
    for channel in [2, 5] {
        let mode = TransferMode::Reliable;
        world
            .send(clients[0], 1, mode, channel, b"x")
            .expect("sent");
    }
    world.network.advance_to(world.now());
    let now = world.now();
    let peer = &mut world[server].peer;
    peer.begin_poll(now).expect("active");
    assert!(peer.next_notice(now).is_none());
    assert_eq!(peer.last_packet_channel(), None);
    for channel in [2, 5] {
        assert!(peer.take_packet().is_some());
        assert_eq!(peer.last_packet_channel(), Some(channel));
    }
    peer.begin_poll(now).expect("active");
    assert_eq!(peer.last_packet_channel(), None);
}

#[test]
fn addresses_are_known_of_connected_peers_only() {
    let mut world = World::new(307);
    let (server, clients) = world.connected(2);
    let id = world[clients[1]].peer.unique_id();
    let port = world.address(clients[1]).port();
    let address = world[server].peer.peer_address(id).expect("there");
    assert_eq!(address.port(), port);
    let address = world[clients[0]].peer.peer_address(1).expect("there");
    assert_eq!(address, world.address(server));
    let stranger = world[clients[0]].peer.peer_address(id);
    assert_eq!(stranger, Err(PeerError::UnknownPeer(id)));
    let idle = world.idle();
    let error = world[idle].peer.peer_address(1);
    assert_eq!(error, Err(PeerError::Inactive));
}

#[test]
fn a_peers_timeout_can_be_set() {
    let mut world = World::new(308);
    let (server, clients) = world.connected(2);
    let ids = [0, 1].map(|index| world[clients[index]].peer.unique_id());
    let peer = &mut world[server].peer;
    let set = peer.set_peer_timeout(ids[0], 1, 50, 300);
    assert_eq!(set, Ok(()));
    let set = peer.set_peer_timeout(ids[0], 2, 1, 300);
    assert!(matches!(set, Err(LegacyError::Setting(_))));
    let set = peer.set_peer_timeout(7, 1, 50, 300);
    assert_eq!(set, Err(PeerError::UnknownPeer(7).into()));
    for &client in &clients {
        let address = world.address(client);
        world.network.cut_off(address, true);
    }
    world.run(3000);
    let known: Vec<i32> = world[server].peer.peer_ids().collect();
    assert_eq!(known, [ids[1]], "the other one has its five seconds");
}

#[test]
fn a_goodbye_reaches_every_client_before_the_close() {
    let mut world = World::new(309);
    let (server, clients) = world.connected(2);
    let now = world.now();
    assert!(world[server].peer.say_goodbye(now));
    assert!(world[server].peer.is_active());
    for &client in &clients {
        world.network.advance_to(now);
        world.poll(client);
        assert!(!world[client].peer.is_active());
    }
    assert!(!world[server].peer.say_goodbye(now), "all were told");
    world[server].peer.close(now);
    assert!(!world[server].peer.say_goodbye(now), "no clients");
}

#[test]
fn a_client_reports_how_its_connection_succeeds_fails_or_ends() {
    let mut world = World::new(310);
    let (server, clients) = world.connected(1);
    let client = clients[0];
    assert_eq!(world[client].outcomes, [Signal::ConnectionSucceeded]);
    let now = world.now();
    world[server].peer.close(now);
    world.run(100);
    let expected = [Signal::ConnectionSucceeded, Signal::ServerDisconnected];
    assert_eq!(world[client].outcomes, expected);
    assert!(world[server].outcomes.is_empty());
    // The server no longer exists.
    let options = ClientOptions {
        unique_id: 2,
        ..ClientOptions::new("server", 1)
    };
    let now = world.now();
    let created = world[client].peer.create_client(&options, now);
    created.expect("created");
    assert!(world.run_until(40_000, |world| world[client].outcomes.len() == 3));
    assert_eq!(world[client].outcomes[2], Signal::ConnectionFailed);
    assert_eq!(world[client].peer.status(), Status::Disconnected);
}

/// Each signal is emitted only if it still holds after the handlers of earlier signals.
#[test]
fn handlers_that_change_the_session_change_the_signals_that_follow() {
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Handler {
        Watches,
        Closes,
        StartsAnew,
        Polls,
    }
    use Handler::{Closes, Polls, StartsAnew, Watches};
    let (connected, gone) = (Signal::ConnectionSucceeded, Signal::ServerDisconnected);
    for (handler, after_joining, after_leaving) in [
        (Watches, vec![connected], vec![gone]),
        (Closes, vec![], vec![gone]),
        (StartsAnew, vec![], vec![]),
        (Polls, vec![connected], vec![gone]),
    ] {
        for leaves in [false, true] {
            let mut world = World::new(311);
            let (server, _) = world.connected(0);
            let client = world.client(server);
            if leaves {
                let is_known = world.run_until(1000, |world| world[server].signals.len() == 1);
                assert!(is_known);
                let now = world.now();
                world[server].peer.close(now);
            }
            let mut seen = Vec::new();
            for _ in 0..20 {
                world.poll(server);
                let now = world.now();
                let peer = &mut world[client].peer;
                if peer.begin_poll(now).is_ok() {
                    while let Some(notice) = peer.next_notice(now) {
                        let signal = notice.signal();
                        let is_first = matches!(
                            signal,
                            Signal::PeerConnected(_) | Signal::PeerDisconnected(_)
                        );
                        if !is_first {
                            seen.push(signal);
                        } else if handler == Polls {
                            peer.begin_poll(now).expect("active");
                            while let Some(notice) = peer.next_notice(now) {
                                seen.push(notice.signal());
                                peer.finish(notice, now);
                            }
                        } else if handler != Watches {
                            peer.close(now);
                            if handler == StartsAnew {
                                let options = ServerOptions::default();
                                peer.create_server(&options, now).expect("created");
                            }
                        }
                        peer.finish(notice, now);
                    }
                }
                world.network.advance_to(now + Duration::from_millis(5));
            }
            let expected = if leaves {
                &after_leaving
            } else {
                &after_joining
            };
            assert_eq!(&seen, expected, "{handler:?}, leaves {leaves}");
        }
    }
}
