//! A client that our host refuses learns it from one datagram, also a client of the C library.

use enet_proto::{Admission, Refusal};

use super::node::{How, Kind, RELIABLE, Seen, Sending, Settings};
use super::program;
use super::world::World;

/// Milliseconds in which a refusal must arrive: an unanswered client gives up after 31.5 seconds.
const AT_ONCE: u64 = 10_000;

const ANSWERS: Settings = Settings {
    max_peers: 4,
    max_channels: 255,
    range_coder: false,
    checksum: false,
    answers_refused: true,
    is_guarded: true,
};

/// Runs a test with a client of each engine and every combination of codec and checksum.
fn with_each_client(test: impl Fn(Kind, Settings)) {
    if !program::is_there() {
        return;
    }
    for client in [Kind::C, Kind::Ours] {
        for (range_coder, checksum) in [(false, false), (true, false), (false, true), (true, true)]
        {
            println!("client {client:?}, coder {range_coder}, checksum {checksum}");
            let settings = Settings {
                range_coder,
                checksum,
                ..ANSWERS
            };
            test(client, settings);
        }
    }
}

/// Connects a client and checks that its packet arrives; returns its slot at the server.
fn comes_in(world: &mut World, kind: Kind, settings: Settings, server: usize, data: u32) -> u16 {
    let client = world.host(kind, settings);
    let at_client = world.connect(client, server, 2, data).expect("a slot");
    world.until(20_000, "connection", |world| {
        !world.seen(server).is_empty() && !world.seen(client).is_empty()
    });
    let began = Seen::Connected {
        slot: at_client,
        data: 0,
    };
    assert_eq!(world.take(client), [began]);
    let at_server = match world.take(server)[..] {
        [Seen::Connected { slot, data: shown }] if shown == data => slot,
        ref other => panic!("{other:?}"),
    };
    let packet = Sending {
        channel: 1,
        flags: RELIABLE,
        size: 40,
        seed: data,
    };
    assert!(world.send(client, at_client, packet));
    let arrived = Seen::Received(packet.arrival(at_server));
    world.until(20_000, "packet", |world| world.seen(server) == [arrived]);
    world.take(server);
    at_server
}

/// Checks that a client is refused twice: each attempt ends with the reason, and the server reports nothing.
fn is_refused(
    world: &mut World,
    (kind, settings): (Kind, Settings),
    server: usize,
    data: u32,
    reason: Refusal,
) {
    let before = world.connected_peers(server);
    let client = world.host(kind, settings);
    for _ in 0..2 {
        let slot = world.connect(client, server, 2, data).expect("a slot");
        world.until(AT_ONCE, "refusal", |world| !world.seen(client).is_empty());
        let ended = Seen::Disconnected {
            slot,
            data: reason.code(),
        };
        assert_eq!(world.take(client), [ended], "data {data}");
    }
    assert!(world.seen(server).is_empty());
    assert_eq!(world.connected_peers(server), before);
}

#[test]
fn a_full_host_sends_a_refusal() {
    with_each_client(|kind, settings| {
        let mut world = World::new(1);
        let server = world.host(
            Kind::Ours,
            Settings {
                max_peers: 1,
                ..settings
            },
        );
        let first = comes_in(&mut world, kind, settings, server, 7);
        is_refused(&mut world, (kind, settings), server, 8, Refusal::Full);
        world.disconnect(server, first, 0, How::Now);
        comes_in(&mut world, kind, settings, server, 9);
    });
}

#[test]
fn a_host_that_admits_nobody_sends_a_refusal() {
    with_each_client(|kind, settings| {
        let mut world = World::new(2);
        let server = world.host(Kind::Ours, settings);
        comes_in(&mut world, kind, settings, server, 7);
        world.set_admission(server, Admission::Nobody);
        is_refused(&mut world, (kind, settings), server, 8, Refusal::NotWelcome);
        world.set_admission(server, Admission::Everybody);
        comes_in(&mut world, kind, settings, server, 7);
    });
}

#[test]
fn taken_and_invalid_ids_are_refused() {
    with_each_client(|kind, settings| {
        let mut world = World::new(3);
        let server = world.host(Kind::Ours, settings);
        world.set_admission(server, sim::oracle::UNIQUE_IDS);
        let first = comes_in(&mut world, kind, settings, server, 7);
        for data in [7, 0, 1, 1 << 31, u32::MAX] {
            is_refused(&mut world, (kind, settings), server, data, Refusal::IdInUse);
        }
        comes_in(&mut world, kind, settings, server, 8);
        world.disconnect(server, first, 3, How::Now);
        comes_in(&mut world, kind, settings, server, 7);
    });
}
