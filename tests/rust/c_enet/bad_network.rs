//! ENet's delivery guarantees on a network that loses, duplicates, delays and reorders datagrams.

use std::collections::HashMap;
use std::time::Duration;

use sim::{Conditions, Random};

use super::in_each_role;
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

fn bad_world(seed: u32, server: Kind, client: Kind, range_coder: bool) -> (World, Pair) {
    let mut world = World::new(seed);
    world.set_conditions(BAD_NETWORK);
    let settings = Settings {
        range_coder,
        ..Settings::default()
    };
    let pair = world.pair(server, client, settings);
    (world, pair)
}

#[test]
fn reliable_packets_arrive_once_and_in_order() {
    reliable_packets(20, false);
}

#[test]
fn reliable_packets_arrive_once_and_in_order_through_the_range_coder() {
    reliable_packets(21, true);
}

fn reliable_packets(seed: u32, range_coder: bool) {
    const COUNT: u32 = 240;
    in_each_role(|server, client| {
        let (mut world, pair) = bad_world(seed, server, client, range_coder);
        let mut random = Random::new(seed.into());
        let packets: Vec<Sending> = (1..=COUNT)
            .map(|seed| Sending {
                channel: (seed % 3) as u8,
                flags: RELIABLE,
                // Every tenth packet may be split. None is empty: see packets.rs.
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
        // Time for possible duplicates to arrive.
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
    });
}

#[test]
fn a_large_packet_arrives() {
    in_each_role(|server, client| {
        let (mut world, pair) = bad_world(30, server, client, false);
        let packet = Sending {
            channel: 1,
            flags: RELIABLE,
            size: 200_000,
            seed: 30,
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
    });
}

#[test]
fn sequenced_packets_never_arrive_out_of_order() {
    in_each_role(|server, client| {
        let size = |number| number as usize % 800 + 8;
        for numbers in unreliable_packets(32, server, client, 0, size) {
            assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
        }
    });
}

#[test]
fn split_sequenced_packets_never_arrive_out_of_order() {
    in_each_role(|server, client| {
        let size = |number| number as usize % 4000 + 8;
        for numbers in unreliable_packets(33, server, client, UNRELIABLE_FRAGMENT, size) {
            assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
        }
    });
}

#[test]
fn unsequenced_packets_arrive_at_most_once() {
    in_each_role(|server, client| {
        let size = |number| number as usize % 800 + 8;
        for mut numbers in unreliable_packets(34, server, client, UNSEQUENCED, size) {
            assert!(!numbers.is_sorted(), "packets do not wait for each other");
            numbers.sort_unstable();
            let count = numbers.len();
            numbers.dedup();
            assert_eq!(numbers.len(), count);
        }
    });
}

/// Unreliable packets keep their order relative to reliable packets of the same channel.
#[test]
fn kinds_that_share_a_channel_keep_their_order() {
    const COUNT: u32 = 400;
    in_each_role(|server, client| {
        let (mut world, pair) = bad_world(35, server, client, false);
        let kinds = [RELIABLE, 0, 0, UNRELIABLE_FRAGMENT];
        let packet = |number: u32| Sending {
            channel: 2,
            flags: kinds[number as usize % 4],
            // Every fourth packet may be split.
            size: 8 + number as usize * 37 % [1300, 1300, 1300, 2500][number as usize % 4],
            seed: 1 + number,
        };
        for number in 0..COUNT {
            for ((from, at), _) in pair.directions() {
                assert!(world.send(from, at, packet(number)));
            }
            world.run(u64::from(number % 4 == 0) * 15);
        }
        let is_reliable = |seen: &&Seen| matches!(seen, Seen::Received(it) if it.flags == RELIABLE);
        let reliable = (0..COUNT).filter(|&number| packet(number).arrival(0).flags == RELIABLE);
        let reliable = reliable.count();
        world.until(50_000, "packets", |world| {
            [pair.server, pair.client]
                .into_iter()
                .all(|host| world.seen(host).iter().filter(is_reliable).count() >= reliable)
        });
        world.run(300);
        for (_, (to, slot)) in pair.directions() {
            let arrived = world.arrivals(to);
            let mut sent = (0..COUNT).map(|number| packet(number).arrival(slot));
            for arrival in &arrived {
                assert!(sent.any(|it| it == *arrival), "{arrival:?} at host {to}");
            }
            // Some unreliable packets must have arrived, or the order was not tested.
            assert!(arrived.len() > reliable, "{}", arrived.len());
        }
    });
}

/// Sends 500 packets each way; returns the numbers of those that arrived, per direction. Checks that
/// the contents are unchanged.
fn unreliable_packets(
    seed: u32,
    server: Kind,
    client: Kind,
    flags: u32,
    size: fn(u32) -> usize,
) -> [Vec<u32>; 2] {
    const COUNT: u32 = 500;
    let (mut world, pair) = bad_world(seed, server, client, false);
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
    pair.directions().map(|(_, (to, slot))| {
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
        assert!(numbers.len() < COUNT as usize, "the network loses some");
        numbers
    })
}
