//! What ENet promises, where datagrams are lost, doubled, late and in another order.

use std::collections::HashMap;
use std::time::Duration;

use sim::{Conditions, Random};

use super::ROLES;
use super::node::{
    Arrival, Kind, RELIABLE, Seen, Sending, Settings, UNRELIABLE_FRAGMENT, UNSEQUENCED,
};
use super::world::{Pair, World};

const BAD_NETWORK: Conditions = Conditions {
    latency: Duration::from_millis(5),
    jitter: Duration::from_millis(25),
    loss: 0.08,
    duplication: 0.05,
};

fn bad_world(seed: u32, roles: (Kind, Kind), range_coder: bool) -> Option<(World, Pair)> {
    let mut world = World::new(seed)?;
    world.set_conditions(BAD_NETWORK);
    let settings = Settings {
        range_coder,
        ..Settings::default()
    };
    let pair = world.pair(roles.0, roles.1, settings);
    Some((world, pair))
}

#[test]
fn reliable_packets_arrive_once_and_in_order_from_a_server_of_the_c_library() {
    reliable_packets(20, ROLES[0]);
}

#[test]
fn reliable_packets_arrive_once_and_in_order_from_a_server_of_ours() {
    reliable_packets(24, ROLES[1]);
}

fn reliable_packets(seed: u32, roles: (Kind, Kind)) {
    const COUNT: u32 = 240;
    for range_coder in [false, true] {
        let seed = seed + u32::from(range_coder);
        let Some((mut world, pair)) = bad_world(seed, roles, range_coder) else {
            return;
        };
        let mut random = Random::new(seed.into());
        let packets: Vec<Sending> = (1..=COUNT)
            .map(|seed| Sending {
                channel: (seed % 3) as u8,
                flags: RELIABLE,
                // Every tenth is split. None is empty: see packets.rs.
                size: 1 + random.below(if seed % 10 == 0 { 9000 } else { 900 }) as usize,
                seed: seed | (seed % 2) << 31,
            })
            .collect();
        for packets in packets.chunks(8) {
            for &packet in packets {
                for ((from, at), _) in pair.directions() {
                    assert!(world.send(from, at, packet));
                }
            }
            world.run(15);
        }
        world.until(50_000, "packets", |world| {
            world.seen(pair.server).len() >= packets.len()
                && world.seen(pair.client).len() >= packets.len()
        });
        // Long enough for whatever would come twice.
        world.run(300);
        for (_, (to, slot)) in pair.directions() {
            assert_eq!(world.seen(to).len(), packets.len(), "{world:?}");
            for channel in 0..3 {
                let arrived = world.arrivals(to).into_iter();
                let arrived: Vec<Arrival> = arrived.filter(|it| it.channel == channel).collect();
                let sent = packets.iter().filter(|packet| packet.channel == channel);
                let sent: Vec<Arrival> = sent.map(|packet| packet.arrival(slot)).collect();
                assert!(arrived == sent, "channel {channel} at host {to}");
            }
        }
    }
}

#[test]
fn a_large_packet_arrives() {
    for (seed, roles) in (30..).zip(ROLES) {
        let Some((mut world, pair)) = bad_world(seed, roles, false) else {
            return;
        };
        let packet = Sending {
            channel: 1,
            flags: RELIABLE,
            size: 200_000,
            seed,
        };
        for ((from, at), _) in pair.directions() {
            assert!(world.send(from, at, packet));
        }
        world.until(50_000, "packets", |world| {
            !world.seen(pair.server).is_empty() && !world.seen(pair.client).is_empty()
        });
        for (_, (to, slot)) in pair.directions() {
            assert_eq!(world.take(to), [Seen::Received(packet.arrival(slot))]);
        }
    }
}

#[test]
fn sequenced_packets_never_go_back() {
    for (seed, roles) in (32..).zip(ROLES) {
        let numbers = unreliable_packets(seed, roles, 0, |number| number as usize % 800 + 8);
        for numbers in numbers {
            assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
        }
    }
}

#[test]
fn split_sequenced_packets_never_go_back() {
    for (seed, roles) in (34..).zip(ROLES) {
        let size = |number| number as usize % 4000 + 8;
        let numbers = unreliable_packets(seed, roles, UNRELIABLE_FRAGMENT, size);
        for numbers in numbers {
            assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
        }
    }
}

#[test]
fn unsequenced_packets_come_at_most_once() {
    for (seed, roles) in (36..).zip(ROLES) {
        let size = |number| number as usize % 800 + 8;
        for mut numbers in unreliable_packets(seed, roles, UNSEQUENCED, size) {
            assert!(!numbers.is_sorted(), "they do not wait for each other");
            numbers.sort_unstable();
            let count = numbers.len();
            numbers.dedup();
            assert_eq!(numbers.len(), count);
        }
    }
}

/// Sends 500 packets each way; the numbers of those that arrived, for either way. What arrives is
/// what was sent.
fn unreliable_packets(
    seed: u32,
    roles: (Kind, Kind),
    flags: u32,
    size: fn(u32) -> usize,
) -> Vec<Vec<u32>> {
    const COUNT: u32 = 500;
    let Some((mut world, pair)) = bad_world(seed, roles, false) else {
        return Vec::new();
    };
    let packet = |number: u32| Sending {
        channel: 1,
        flags,
        size: size(number),
        seed: 1 + number,
    };
    for number in 0..COUNT {
        for ((from, at), _) in pair.directions() {
            assert!(world.send(from, at, packet(number)));
        }
        if number % 4 == 0 {
            world.run(5);
        }
    }
    world.run(500);
    let arrived = pair.directions().map(|(_, (to, slot))| {
        let sent: HashMap<u32, (u32, Arrival)> = (0..COUNT)
            .map(|number| (number, packet(number).arrival(slot)))
            .map(|(number, arrival)| (arrival.crc, (number, arrival)))
            .collect();
        let numbers = world.arrivals(to).into_iter().map(|arrival| {
            let (number, expected) = sent.get(&arrival.crc).expect("a packet that was sent");
            assert_eq!(arrival, *expected);
            *number
        });
        let numbers: Vec<u32> = numbers.collect();
        assert!(numbers.len() > 50, "{} of {COUNT}", numbers.len());
        assert!(numbers.len() < COUNT as usize, "the network does lose some");
        numbers
    });
    arrived.into()
}
