//! Establishing connections and keeping them alive.

use super::in_each_role;
use super::node::{How, Kind, RELIABLE, Seen, Sending, Settings};
use super::program;
use super::world::World;

const HELLO: Sending = Sending {
    channel: 0,
    flags: RELIABLE,
    size: 40,
    seed: 1,
};

#[test]
fn both_ends_agree_on_data_and_channels() {
    in_each_role(|server, client| {
        for (offered, wanted) in [(255, 1), (255, 2), (255, 255), (2, 255), (1, 2)] {
            let mut world = World::new(1);
            let settings = Settings {
                max_channels: offered,
                ..Settings::default()
            };
            let server = world.host(server, settings);
            let client = world.host(client, Settings::default());
            let data = 0xFEDC_BA98 - wanted as u32;
            let at_client = world.connect(client, server, wanted, data).expect("a slot");
            world.until(20_000, "connection", |world| {
                world.seen(server).len() + world.seen(client).len() == 2
            });
            let (slot, zero) = (at_client, 0);
            assert_eq!(world.take(client), [Seen::Connected { slot, data: zero }]);
            let at_server = match world.take(server)[..] {
                [Seen::Connected { slot, data: shown }] if shown == data => slot,
                ref other => panic!("{other:?}"),
            };
            let granted = offered.min(wanted);
            assert_eq!(world.channels(server, at_server), granted);
            assert_eq!(world.channels(client, at_client), granted);
        }
    });
}

#[test]
fn the_c_library_measures_plausible_statistics() {
    in_each_role(|server, client| {
        let mut world = World::new(2);
        let pair = world.pair(server, client, Settings::default());
        let (host, slot) = pair.end(server == Kind::C);
        for seed in 1..=30 {
            for ((from, at), _) in pair.directions() {
                let size = 3000;
                assert!(world.send(
                    from,
                    at,
                    Sending {
                        size,
                        seed,
                        ..HELLO
                    }
                ));
            }
            world.run(10);
        }
        world.until(10_000, "packets", |world| {
            world.seen(pair.server).len() == 30 && world.seen(pair.client).len() == 30
        });
        // Time for the last acknowledgements.
        world.run(200);
        assert_eq!(world.statistic(host, slot, "mtu"), 1392);
        assert_eq!(world.statistic(host, slot, "windowSize"), 65536);
        assert_eq!(world.statistic(host, slot, "reliableDataInTransit"), 0);
        assert_eq!(world.statistic(host, slot, "totalWaitingData"), 0);
        let mean = world.statistic(host, slot, "roundTripTime");
        assert!(mean < 250, "{mean} ms, initially 500");
        let lost = world.statistic(host, slot, "packetLoss");
        assert!(lost < 6554, "{lost} of 65536 lost where nothing is lost");
    });
}

#[test]
fn several_peers_are_served_at_once() {
    const CLIENTS: u16 = 5;
    in_each_role(|server, client| {
        let mut world = World::new(3);
        let server = world.host(server, Settings::default());
        let mut clients = Vec::new();
        for number in 0..CLIENTS {
            let client = world.host(client, Settings::default());
            let data = 100 + u32::from(number);
            let at_client = world.connect(client, server, 3, data).expect("a slot");
            clients.push((client, at_client, data));
        }
        world.until(20_000, "connections", |world| {
            world.seen(server).len() == clients.len()
                && clients
                    .iter()
                    .all(|&(client, ..)| world.seen(client).len() == 1)
        });
        let connected = world.take(server);
        let slot_of = |wanted| {
            let slot = connected.iter().find_map(|seen| match seen {
                Seen::Connected { slot, data } if *data == wanted => Some(*slot),
                _ => None,
            });
            slot.expect("a slot")
        };
        for &(client, at_client, data) in &clients {
            for channel in 0..3 {
                let seed = data * 10 + u32::from(channel);
                let size = 2000;
                let packet = Sending {
                    channel,
                    seed,
                    size,
                    ..HELLO
                };
                assert!(world.send(client, at_client, packet));
                assert!(world.send(server, slot_of(data), packet));
            }
        }
        world.until(20_000, "packets", |world| {
            world.seen(server).len() == 3 * clients.len()
                && clients
                    .iter()
                    .all(|&(client, ..)| world.seen(client).len() == 4)
        });
        let at_server = world.arrivals(server);
        for &(client, at_client, data) in &clients {
            for channel in 0..3 {
                let seed = data * 10 + u32::from(channel);
                let size = 2000;
                let packet = Sending {
                    channel,
                    seed,
                    size,
                    ..HELLO
                };
                assert!(world.arrivals(client).contains(&packet.arrival(at_client)));
                assert!(at_server.contains(&packet.arrival(slot_of(data))));
            }
        }
    });
}

/// The two session numbers of a slot change with each connection in it.
#[test]
fn one_slot_has_many_connections_in_turn() {
    in_each_role(|server, client| {
        let mut world = World::new(4);
        let settings = Settings {
            max_peers: 1,
            // Slots in order.
            is_guarded: false,
            ..Settings::default()
        };
        let server = world.host(server, settings);
        let client = world.host(client, settings);
        for round in 1..=9 {
            let slot = world.connect(client, server, 2, round);
            assert_eq!(slot, Some(0), "round {round}");
            world.until(20_000, "connection", |world| {
                world.seen(server).len() + world.seen(client).len() == 2
            });
            let packet = Sending {
                seed: round,
                ..HELLO
            };
            assert!(world.send(client, 0, packet) && world.send(server, 0, packet));
            world.until(20_000, "packets", |world| {
                world.seen(server).len() + world.seen(client).len() == 4
            });
            // The sides take turns, so that each is sometimes the first to free its slot.
            let (first, second) = match round % 2 {
                0 => (server, client),
                _ => (client, server),
            };
            world.disconnect(first, 0, round, How::Acked);
            world.until(20_000, "end", |world| {
                world.seen(server).len() + world.seen(client).len() == 6
            });
            let arrived = Seen::Received(packet.arrival(0));
            let ended = |data| Seen::Disconnected { slot: 0, data };
            assert_eq!(world.take(first)[1..], [arrived, ended(0)]);
            assert_eq!(world.take(second)[1..], [arrived, ended(round)]);
        }
    });
}

#[test]
fn two_hosts_connect_to_each_other_at_the_same_time() {
    if !program::is_there() {
        return;
    }
    let mut world = World::new(5);
    let ours = world.host(Kind::Ours, Settings::default());
    let theirs = world.host(Kind::C, Settings::default());
    let there = world.connect(ours, theirs, 2, 11).expect("a slot");
    let back = world.connect(theirs, ours, 2, 22).expect("a slot");
    world.until(20_000, "connections", |world| {
        world.seen(ours).len() == 2 && world.seen(theirs).len() == 2
    });
    for (host, own, data) in [(ours, there, 22), (theirs, back, 11)] {
        let seen = world.take(host);
        let began = Seen::Connected { slot: own, data: 0 };
        assert!(seen.contains(&began), "{seen:?}");
        let accepted = |seen: &Seen| {
            matches!(seen, Seen::Connected { slot, data: shown }
            if *slot != own && *shown == data)
        };
        assert!(seen.iter().any(accepted), "{seen:?}");
    }
}

#[test]
fn a_full_server_does_not_answer() {
    in_each_role(|server, client| {
        let mut world = World::new(6);
        let settings = Settings {
            max_peers: 1,
            is_guarded: false,
            ..Settings::default()
        };
        let pair = world.pair(server, client, settings);
        let late = world.host(client, settings);
        assert_eq!(world.connect(late, pair.server, 2, 0), Some(0));
        world.run(1500);
        assert!(world.seen(late).is_empty() && world.seen(pair.server).is_empty());
        // The late client connects as soon as a slot is free.
        world.disconnect(pair.client, 0, 7, How::Acked);
        world.until(20_000, "connection", |world| {
            world.seen(late) == [Seen::Connected { slot: 0, data: 0 }]
        });
    });
}

#[test]
fn pings_keep_an_idle_connection_alive() {
    in_each_role(|server, client| {
        let mut world = World::new(7);
        let pair = world.pair(server, client, Settings::default());
        let (host, slot) = pair.end(server == Kind::C);
        world.ask(host, format_args!("ping_interval {slot} 100"));
        world.ask(host, format_args!("timeout {slot} 4 1500 3000"));
        world.run(4500);
        assert!(world.seen(pair.server).is_empty(), "{world:?}");
        assert!(world.seen(pair.client).is_empty(), "{world:?}");
        let mean = world.statistic(host, slot, "roundTripTime");
        assert!(mean < 250, "{mean} ms, initially 500");
    });
}

/// Commands that only configure reach the remote and disturb nothing.
#[test]
fn throttle_and_bandwidth_can_change_at_any_time() {
    in_each_role(|server, client| {
        let mut world = World::new(8);
        let pair = world.pair(server, client, Settings::default());
        let (host, slot) = pair.end(server == Kind::C);
        for seed in 1..=20 {
            match seed {
                5 => drop(world.ask(host, format_args!("throttle {slot} 1000 8 4"))),
                10 => drop(world.ask(host, "bandwidth 200000 300000")),
                15 => drop(world.ask(host, "bandwidth 0 0")),
                _ => {}
            }
            for ((from, at), _) in pair.directions() {
                let packet = Sending {
                    seed,
                    size: 1500,
                    ..HELLO
                };
                assert!(world.send(from, at, packet));
            }
            world.run(150);
        }
        world.until(20_000, "packets", |world| {
            world.seen(pair.server).len() == 20 && world.seen(pair.client).len() == 20
        });
        for (_, (to, slot)) in pair.directions() {
            for (seed, arrival) in (1..).zip(world.arrivals(to)) {
                let packet = Sending {
                    seed,
                    size: 1500,
                    ..HELLO
                };
                assert_eq!(arrival, packet.arrival(slot));
            }
        }
    });
}

/// A host with checksums and one without drop each other's datagrams.
#[test]
fn hosts_with_and_without_checksums_cannot_connect() {
    in_each_role(|server, client| {
        for server_has_them in [true, false] {
            let mut world = World::new(9);
            let checksum = |checksum| Settings {
                checksum,
                ..Settings::default()
            };
            let server = world.host(server, checksum(server_has_them));
            let client = world.host(client, checksum(!server_has_them));
            assert!(world.connect(client, server, 2, 3).is_some());
            world.run(1000);
            assert!(world.seen(server).is_empty() && world.seen(client).is_empty());
        }
    });
}
