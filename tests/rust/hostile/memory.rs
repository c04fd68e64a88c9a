//! Memory that connected clients make a server hold: what waits for reassembly, and what waits to be sent.

use enet_proto::{Disconnect, Limit, Limits, PacketFlags, PeerId, QueueError};
use proptest::prelude::*;
use sim::Random;

use super::stage::{RELIABLE, Stage, fragment, fragments, reliable};

/// Each fragment is as long as the packet, and claims its place at the beginning or behind the middle.
#[test]
fn overlapping_fragments_hold_nothing() {
    for offset in [0, 700] {
        let mut stage = Stage::new(1, Limits::new(16));
        let total: u32 = 1_000_000;
        for number in (2..500).rev() {
            let place = [total, total, number, offset];
            stage.forge(0, &fragment(0, 1, place, &[7; 1300]));
            assert!(stage.waiting(0) < 3000, "{}", stage.waiting(0));
        }
        assert!(stage.server.drops().malformed > 0);
        assert!(stage.is_up(0));
    }
}

#[test]
fn a_packet_of_the_largest_size_arrives_in_any_order_of_its_fragments() {
    const SIZE: usize = 4 * 1024 * 1024;
    let data = Random::new(1).bytes(SIZE);
    // The fragments of the smallest datagrams.
    let in_order = fragments(0, 1, &data, 548);
    let mut shuffled = in_order.clone();
    let mut random = Random::new(2);
    for index in (1..shuffled.len()).rev() {
        shuffled.swap(index, random.below(index as u64 + 1) as usize);
    }
    let reversed: Vec<_> = in_order.iter().rev().cloned().collect();
    for order in [in_order, reversed, shuffled] {
        let mut stage = Stage::with(2, |config| {
            config.max_packet_size = SIZE;
            config.limits = Limits {
                waiting_bytes: SIZE,
                waiting_bytes_in_all: 4 * SIZE,
                ..Limits::new(16)
            };
        });
        for (number, part) in order.iter().enumerate() {
            stage.forge(0, part);
            // Duplicates change nothing.
            if number % 5 == 0 {
                stage.forge(0, part);
            }
        }
        stage.read();
        assert!(stage.packets_of(0) == [&data[..]]);
        assert_eq!((stage.waiting(0), stage.server.waiting_data()), (0, 0));
        assert_eq!(stage.server.drops(), enet_proto::Drops::default());
    }
}

#[test]
fn hostile_clients_leave_each_honest_one_its_share_of_the_waiting_bytes() {
    const ALL: usize = 4 * 1024 * 1024;
    let mut stage = Stage::new(
        8,
        Limits {
            waiting_bytes_in_all: ALL,
            ..Limits::new(16)
        },
    );
    // Seven clients send a packet of 16 MiB without its first fragment.
    for number in 1..8000u32 {
        for client in 1..8 {
            let place = [12_800, 12_800 * 1300, number, number * 1300];
            stage.forge(client, &fragment(0, 1, place, &[7; 1300]));
        }
    }
    let held = stage.server.waiting_data();
    assert!((ALL / 2..=ALL).contains(&held), "{held}");
    assert!(stage.server.drops().over_limit > 10_000);
    // The last one sends a large packet backwards.
    let data = vec![9; 150_000];
    for part in fragments(0, 1, &data, 1300).iter().rev() {
        stage.forge(0, part);
        assert!(stage.server.waiting_data() <= ALL);
    }
    stage.read();
    assert!(stage.packets_of(0) == [&data[..]]);
    for client in 1..8 {
        let peer = stage.clients[client].peer;
        stage
            .server
            .disconnect(stage.now, peer, 0, Disconnect::Silent);
    }
    assert_eq!(stage.server.waiting_data(), 0);
}

/// Clients leave large packets incomplete, and stay.
#[test]
fn packets_that_nobody_goes_on_with_make_room_for_an_honest_one() {
    const ALL: usize = 1024 * 1024;
    let mut stage = Stage::new(
        8,
        Limits {
            waiting_bytes_in_all: ALL,
            ..Limits::new(16)
        },
    );
    for number in 1..1000u32 {
        for client in 4..8 {
            let place = [12_800, 12_800 * 1300, number, number * 1300];
            stage.forge(client, &fragment(0, 1, place, &[7; 1300]));
        }
    }
    stage.run(10_000);
    // Its share is 64 KiB. Another one holds little, and a third goes on with what it holds.
    let data = Random::new(1).bytes(400_000);
    stage.send(0, RELIABLE, &data);
    stage.forge(1, &fragment(0, 1, [9, 9 * 1300, 1, 1300], &[7; 1300]));
    stage.run(20_000);
    assert!(stage.packets_of(0) == [&data[..]]);
    assert!((0..4).all(|client| stage.is_up(client)));
    assert!((4..8).all(|client| stage.dropped_for(client) == Some(Limit::Flood)));
    assert!(stage.server.waiting_data() <= ALL / 2);
}

/// The memory is short for long, and an honest client needs a minute for its packet.
#[test]
fn a_slow_packet_is_not_dropped_while_it_goes_on() {
    const ALL: usize = 256 * 1024;
    let mut stage = Stage::new(
        4,
        Limits {
            waiting_bytes_in_all: ALL,
            ..Limits::new(16)
        },
    );
    let data = Random::new(1).bytes(150_000);
    for part in fragments(0, 1, &data, 1300) {
        stage.forge(0, &part);
        // Another client's fourth packet finds no room.
        for number in [1, 5000, 9000, 13_000] {
            let place = [12_800, 12_800 * 1300, 0, 0];
            stage.forge(1, &fragment(number as u8 % 3, number, place, &[7; 1300]));
        }
        stage.run(500);
    }
    assert!(stage.server.drops().over_limit > 100);
    assert!(stage.packets_of(0) == [&data[..]]);
    assert!(stage.is_up(0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever clients send, and however they go, the sum is that of the peers, within its limit, and nothing stays.
    #[test]
    fn the_waiting_bytes_of_all_peers_are_their_sum(
        script in prop::collection::vec((0..4usize, 0..9u8, 0..40u16, 0..1300usize), 1..300)
    ) {
        const ALL: usize = 60_000;
        let mut stage = Stage::new(4, Limits {
            waiting_bytes: 40_000,
            waiting_bytes_in_all: ALL,
            ..Limits::new(16)
        });
        for (client, act, number, size) in script {
            let count = 41;
            let total = 41 * 1300;
            let place = [count, total, u32::from(number), u32::from(number) * 1300];
            match act {
                0..4 => stage.forge(client, &fragment(act, 2, place, &[1; 1300])),
                4 => stage.forge(client, &fragment(3, 2, place, &[1; 1000])),
                5 | 6 => stage.forge(client, &reliable(act, number, &vec![2; size])),
                7 => {
                    let [high, low] = number.to_be_bytes();
                    let length = (size as u16).to_be_bytes();
                    let command = [7, 3, 0, 1, high, low, length[0], length[1]];
                    stage.forge(client, &[&command[..], &vec![3; size]].concat());
                }
                _ => {
                    let peer = stage.clients[client].peer;
                    let how = [Disconnect::Now, Disconnect::Silent, Disconnect::Acknowledged];
                    stage.server.disconnect(stage.now, peer, 0, how[size % 3]);
                }
            }
            let sum: usize = (0..4).map(|client| stage.waiting(client)).sum();
            prop_assert_eq!(stage.server.waiting_data(), sum);
            // The buffer of a packet may grow when early fragments join it.
            prop_assert!(sum <= ALL + total as usize);
        }
        for client in 0..4 {
            let peer = stage.clients[client].peer;
            stage.server.disconnect(stage.now, peer, 0, Disconnect::Silent);
        }
        prop_assert_eq!(stage.server.waiting_data(), 0);
    }
}

#[test]
fn what_waits_to_be_sent_to_a_silent_client_is_limited() {
    const LIMIT: usize = 100_000;
    for size in [0, 100, 5000] {
        let mut stage = Stage::new(
            1,
            Limits {
                unsent_bytes: LIMIT,
                ..Limits::new(16)
            },
        );
        let peer = stage.clients[0].peer;
        let data = vec![5; size];
        let mut queued = 0;
        let result = loop {
            let sent = stage.server.send(stage.now, peer, 0, RELIABLE, &data);
            match sent {
                Ok(()) => queued += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(result, QueueError::Full);
        assert!(
            queued * size <= LIMIT && queued <= LIMIT / 256 + 1,
            "{queued}"
        );
        assert!(queued * (size + 300 * size.div_ceil(1000).max(1)) + size + 2000 >= LIMIT);
        let flags = PacketFlags::default();
        let unreliable = stage.server.send(stage.now, peer, 0, flags, &data);
        assert_eq!(unreliable, Err(QueueError::Full));
        // All of them arrive, and then there is room for one that is larger than the limit.
        stage.run(3000);
        assert_eq!(stage.clients[0].packets.len(), queued);
        let large = vec![6; 10 * LIMIT];
        let sent = stage.server.send(stage.now, peer, 0, RELIABLE, &large);
        assert_eq!(sent, Ok(()));
        let more = stage.server.send(stage.now, peer, 0, RELIABLE, b"");
        assert_eq!(more, Err(QueueError::Full));
        stage.run(3000);
        assert!(stage.clients[0].packets.last() == Some(&large));
        assert!(stage.is_up(0));
    }
}

#[test]
fn a_broadcast_drops_a_client_that_acknowledges_nothing_and_tells_why() {
    let mut stage = Stage::new(
        3,
        Limits {
            unsent_bytes: 100_000,
            ..Limits::new(16)
        },
    );
    let peers: Vec<PeerId> = stage.clients.iter().map(|client| client.peer).collect();
    stage.clients[1].is_connected = false;
    for round in 0..200 {
        let sent = (stage.server).send_to_all(stage.now, &peers, 0, RELIABLE, &[5; 1000]);
        let reached = if round < 79 { 3 } else { 2 };
        assert_eq!(sent, Ok(reached), "{round}");
        stage.step(2);
    }
    assert_eq!(stage.dropped_for(1), Some(Limit::Unsent));
    assert_eq!(stage.clients[0].packets.len(), 200);
    assert!(stage.is_up(0) && stage.is_up(2));
}
