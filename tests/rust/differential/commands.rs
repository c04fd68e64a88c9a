//! Comparison of the datagrams themselves, where the protocol determines them.

use enet_proto::Disconnect;
use enet_proto::{HostConfig, PacketFlags, Throttle};
use proptest::prelude::*;
use proptest::sample::select;

use super::arena::{Arena, PAIRINGS, Pairing, REFERENCE, SERVER, all_pairings};
use super::cases;
use super::script::{Contents, IN_PARTS, RELIABLE, UNRELIABLE, UNSEQUENCED};
use super::wire::{Body, Command, Decoded, decode};

/// Takes the datagrams sent since the last call, each with time and sender. The connection token is
/// replaced, because the engines draw it differently.
fn take_sent(arena: &mut Arena) -> Vec<(u64, usize, Decoded)> {
    let sent = std::mem::take(&mut arena.sent);
    let decoded = sent.into_iter().map(|sent| {
        let mut datagram = decode(&sent.bytes);
        for command in &mut datagram.commands {
            if let Body::Connect(terms, _) | Body::VerifyConnect(terms) = &mut command.body {
                terms.token = 0;
            }
        }
        (sent.at, sent.from, datagram)
    });
    decoded.collect()
}

/// The commands without their datagrams, ordered by time and sender with acknowledgements first: an
/// acknowledgement may or may not share a datagram with other commands.
fn commands(sent: Vec<(u64, usize, Decoded)>) -> Vec<(u64, usize, bool, Command)> {
    let mut commands = Vec::new();
    for (at, from, datagram) in sent {
        for command in datagram.commands {
            let is_ack = matches!(command.body, Body::Acknowledge { .. });
            commands.push((at, from, !is_ack, command));
        }
    }
    commands.sort_by_key(|&(at, from, is_no_ack, _)| (at, from, is_no_ack));
    commands
}

fn recorded(pairing: Pairing, change: impl Fn(usize, &mut HostConfig)) -> Arena {
    let mut arena = Arena::with(pairing, 7, 2, change);
    arena.weather.latency = 10;
    arena.records = true;
    arena
}

/// Checks that every pairing sends the reference's commands during `run`.
fn same(change: impl Fn(usize, &mut HostConfig), run: impl Fn(&mut Arena)) {
    let mut reference = recorded(REFERENCE, &change);
    run(&mut reference);
    let expected = commands(take_sent(&mut reference));
    assert!(!expected.is_empty());
    for pairing in PAIRINGS {
        let mut arena = recorded(pairing, &change);
        run(&mut arena);
        assert_eq!(
            expected,
            commands(take_sent(&mut arena)),
            "{}",
            pairing.name
        );
    }
}

#[test]
fn a_connection_begins_with_the_same_commands() {
    for (incoming, outgoing) in [(0, 0), (0, 200_000), (57_600, 0), (100_000, 3_000_000)] {
        same(
            |_, config| {
                config.max_channels = 3;
                config.in_bandwidth = incoming;
                config.out_bandwidth = outgoing;
            },
            |arena| {
                arena.connect(1, 5, 0xABCD);
                arena.pass(1500, 5);
                arena.connect(2, 1, 0);
                arena.pass(1500, 5);
            },
        );
    }
}

#[test]
fn header_slots_sessions_and_times_agree() {
    let headers = |pairing| {
        let mut arena = recorded(pairing, |_, _| {});
        // The session numbers of a slot wrap around with its connections.
        for _ in 0..6 {
            arena.join(1, 2);
            arena.pass(600, 5);
            let (now, peer) = (arena.time(), arena.peer(1, SERVER));
            let engine = &mut arena.nodes[1].engine;
            engine.disconnect(now, peer, 1, Disconnect::Acknowledged);
            arena.flush(1);
            arena.pass(200, 5);
        }
        let sent = take_sent(&mut arena)
            .into_iter()
            .filter(|(_, _, datagram)| {
                let mut bodies = datagram.commands.iter().map(|command| &command.body);
                !bodies.all(|body| matches!(body, Body::Acknowledge { .. }))
            });
        let header = |(at, from, it): (u64, usize, Decoded)| {
            (at, from, it.slot, it.session, it.sent_time, it.compressed)
        };
        sent.map(header).collect::<Vec<_>>()
    };
    let expected = headers(REFERENCE);
    for pairing in PAIRINGS {
        assert_eq!(expected, headers(pairing), "{}", pairing.name);
    }
}

#[test]
fn connections_end_with_the_same_commands() {
    for how in [
        Disconnect::Acknowledged,
        Disconnect::Later,
        Disconnect::Now,
        Disconnect::Silent,
    ] {
        for (node, remote) in [(SERVER, 1), (1, SERVER)] {
            same(
                |_, _| {},
                |arena| {
                    arena.join(1, 2);
                    arena.pass(700, 5);
                    arena.send(node, remote, 0, RELIABLE, &[1; 3000]);
                    arena.flush(node);
                    let (now, peer) = (arena.time(), arena.peer(node, remote));
                    let engine = &mut arena.nodes[node].engine;
                    engine.disconnect(now, peer, 0x0102_0304, how);
                    arena.flush(node);
                    arena.pass(200, 5);
                },
            );
        }
    }
    // Disconnects before the connection is up.
    for how in [Disconnect::Acknowledged, Disconnect::Later, Disconnect::Now] {
        same(
            |_, _| {},
            |arena| {
                arena.connect(1, 2, 0);
                let (now, peer) = (arena.time(), arena.peer(1, SERVER));
                arena.nodes[1].engine.disconnect(now, peer, 9, how);
                arena.flush(1);
                arena.pass(50, 5);
            },
        );
    }
}

#[test]
fn settings_are_sent_with_the_same_commands() {
    same(
        |_, _| {},
        |arena| {
            arena.join(1, 2);
            arena.join(2, 2);
            let (now, peer) = (arena.time(), arena.peer(SERVER, 1));
            let throttle = Throttle {
                interval: 1234,
                acceleration: 5,
                deceleration: 6,
            };
            let engine = &mut arena.nodes[SERVER].engine;
            engine.configure_throttle(now, peer, throttle);
            arena.nodes[SERVER].set_bandwidth(90_000, 80_000);
            arena.nodes[1].set_bandwidth(70_000, 10_000);
            arena.pass(2500, 5);
        },
    );
}

#[test]
fn packets_around_the_fragment_size_have_the_same_fragments() {
    for flags in [RELIABLE, UNRELIABLE, UNSEQUENCED, IN_PARTS] {
        for size in [0, 1, 1363, 1364, 1365, 2728, 2729, 40_000] {
            assert_eq!(alone(REFERENCE, flags, size).len(), fragments(size));
            for pairing in PAIRINGS {
                let expected = alone(REFERENCE, flags, size);
                assert_eq!(expected, alone(pairing, flags, size), "{}", pairing.name);
            }
        }
    }
}

fn fragments(size: usize) -> usize {
    size.div_ceil(1364).max(1)
}

/// The commands of a single packet sent by a client, per datagram.
fn alone(pairing: Pairing, flags: PacketFlags, size: usize) -> Vec<Vec<Command>> {
    let mut arena = recorded(pairing, |_, _| {});
    arena.join(1, 2);
    arena.pass(300, 5);
    take_sent(&mut arena);
    let data = Contents::default().next(size);
    arena.send(1, SERVER, 1, flags, &data);
    arena.flush(1);
    let sent = take_sent(&mut arena).into_iter();
    sent.map(|(_, _, datagram)| datagram.commands).collect()
}

#[test]
fn small_packets_share_datagrams_in_the_same_way() {
    let run = |pairing| {
        let mut arena = recorded(pairing, |_, _| {});
        arena.join(1, 2);
        arena.pass(300, 5);
        take_sent(&mut arena);
        for number in 0..100 {
            let flags = [RELIABLE, UNRELIABLE][number % 2];
            arena.send(1, SERVER, 0, flags, &vec![7; number * 7 % 90]);
        }
        arena.flush(1);
        let sent = take_sent(&mut arena).into_iter();
        sent.map(|(_, _, datagram)| datagram).collect::<Vec<_>>()
    };
    let expected = run(REFERENCE);
    for pairing in PAIRINGS {
        assert_eq!(expected, run(pairing), "{}", pairing.name);
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn a_single_packet_has_the_same_fragments(
        flags in select(vec![RELIABLE, UNRELIABLE, UNSEQUENCED, IN_PARTS]),
        size in 0..65_536usize,
    ) {
        let runs = all_pairings().map(|pairing| alone(pairing, flags, size));
        let runs: Vec<_> = runs.collect();
        prop_assert!(runs.iter().all(|run| *run == runs[0]));
        prop_assert_eq!(runs[0].concat().len(), fragments(size));
    }
}
