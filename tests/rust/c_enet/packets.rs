//! Packets on a network without losses.

use super::in_each_role;
use super::node::{Kind, RELIABLE, Seen, Sending, Settings, UNRELIABLE_FRAGMENT, UNSEQUENCED};
use super::world::{Direction, World};

/// Sizes around the fragment size, and far beyond.
const SIZES: [usize; 7] = [0, 1, 100, 1364, 1365, 5000, 65536];
const LARGE: [usize; 2] = [1_000_000, 4_000_000];
/// Largest size of an unreliable packet: the datagrams of a larger one may overflow the system's
/// buffers.
const MOST_UNRELIABLE: usize = 60_000;

#[test]
fn reliable_packets_of_any_size_arrive() {
    all_sizes(10, RELIABLE, false, &[&SIZES[..], &LARGE].concat());
}

#[test]
fn reliable_packets_of_any_size_arrive_through_the_range_coder() {
    all_sizes(11, RELIABLE, true, &[&SIZES[..], &LARGE].concat());
}

#[test]
fn packets_arrive_with_checksums() {
    for range_coder in [false, true] {
        let settings = Settings {
            range_coder,
            checksum: true,
            ..Settings::default()
        };
        all_sizes_with(settings, 16, RELIABLE, &SIZES);
        // The checksum leaves four bytes less for an unsplit packet.
        all_sizes_with(settings, 17, 0, &[0, 1, 1000, 1360]);
    }
}

#[test]
fn unreliable_packets_arrive() {
    for range_coder in [false, true] {
        // Split packets travel reliably.
        all_sizes(12, 0, range_coder, &SIZES);
        all_sizes(13, UNSEQUENCED, range_coder, &SIZES);
    }
}

#[test]
fn unreliable_fragments_arrive() {
    let mut sizes = SIZES;
    sizes[6] = MOST_UNRELIABLE;
    for range_coder in [false, true] {
        all_sizes(14, UNRELIABLE_FRAGMENT, range_coder, &sizes);
        all_sizes(15, UNRELIABLE_FRAGMENT | UNSEQUENCED, range_coder, &sizes);
    }
}

fn all_sizes(seed: u32, flags: u32, range_coder: bool, sizes: &[usize]) {
    let settings = Settings {
        range_coder,
        ..Settings::default()
    };
    all_sizes_with(settings, seed, flags, sizes);
}

fn all_sizes_with(settings: Settings, seed: u32, flags: u32, sizes: &[usize]) {
    let range_coder = settings.range_coder;
    in_each_role(|server, client| {
        let mut world = World::new(seed);
        let pair = world.pair(server, client, settings);
        for &size in sizes {
            // With a range coder also compressible content.
            for short in [0, 1 << 31].into_iter().take(1 + usize::from(range_coder)) {
                let seed = (seed + size as u32) | short;
                let packet = Sending {
                    channel: (size % 255) as u8,
                    flags,
                    size,
                    seed,
                };
                for direction in pair.directions() {
                    // With a range coder the C library crashes on sending an empty packet: the coder
                    // reads a byte before it checks the length of the buffer, which is at address 0.
                    if !range_coder || size > 0 || world.is_ours(direction.0.0) {
                        goes(&mut world, direction, packet);
                    }
                }
            }
        }
    });
}

/// Sends a packet and checks that exactly this packet arrives unchanged.
fn goes(world: &mut World, ((from, at), (to, slot)): Direction, packet: Sending) {
    let expected = packet.arrival(slot);
    let is_reliable = expected.flags & RELIABLE != 0;
    // A busy machine looks like a bad network, and the throttle then drops unreliable packets.
    let (attempts, patience) = if is_reliable { (1, 30_000) } else { (10, 500) };
    let arrives = (0..attempts).any(|_| {
        assert!(world.send(from, at, packet), "{packet:?}");
        world.holds(patience, |world| !world.seen(to).is_empty())
    });
    assert!(arrives, "{packet:?} from {from} to {to}: {world:?}");
    assert_eq!(world.take(to), [Seen::Received(expected)], "{packet:?}");
}

#[test]
fn the_range_coder_makes_datagrams_shorter() {
    in_each_role(|server, client| {
        let mut world = World::new(16);
        let settings = Settings {
            range_coder: true,
            ..Settings::default()
        };
        let pair = world.pair(server, client, settings);
        let packet = Sending {
            channel: 0,
            flags: RELIABLE,
            size: 300_000,
            seed: (1 << 31) + 5,
        };
        for direction in pair.directions() {
            goes(&mut world, direction, packet);
        }
        // Compression leaves two bits of each byte. A busy machine may retransmit some.
        let (host, slot) = pair.end(server == Kind::Ours);
        let (host, _) = world.ours(host, slot);
        let totals = host.totals();
        assert!(totals.sent_bytes < 250_000, "{totals:?}");
        assert!(totals.received_bytes < 250_000, "{totals:?}");
    });
}

#[test]
fn every_channel_carries_packets() {
    in_each_role(|server, client| {
        for channels in [1, 2, 255] {
            let mut world = World::new(17);
            let settings = Settings {
                max_channels: channels,
                ..Settings::default()
            };
            let pair = world.pair(server, client, settings);
            for ((from, at), (to, slot)) in pair.directions() {
                let packet = |channel: u8| Sending {
                    channel,
                    flags: RELIABLE,
                    size: 20,
                    seed: 1 + u32::from(channel),
                };
                for channel in 0..channels {
                    assert!(world.send(from, at, packet(channel as u8)));
                }
                if channels < 255 {
                    assert!(!world.send(from, at, packet(channels as u8)));
                }
                assert!(!world.send(from, at, packet(255)));
                world.until(20_000, "packets", |world| world.seen(to).len() >= channels);
                let mut arrivals = world.arrivals(to);
                arrivals.sort_by_key(|arrival| arrival.channel);
                for (channel, arrival) in arrivals.iter().enumerate() {
                    assert_eq!(*arrival, packet(channel as u8).arrival(slot));
                }
                assert_eq!(world.take(to).len(), channels);
            }
        }
    });
}

/// One datagram holds up to 32 commands.
#[test]
fn small_packets_share_datagrams_and_keep_their_order() {
    in_each_role(|server, client| {
        let mut world = World::new(18);
        let pair = world.pair(server, client, Settings::default());
        let kinds = [RELIABLE, 0];
        let packet = |number: u32| Sending {
            channel: 3,
            flags: kinds[number as usize % 2],
            size: number as usize % 60,
            seed: 1 + number,
        };
        for ((from, at), (to, slot)) in pair.directions() {
            // Few enough packets for the system's buffers, so that none is lost.
            for number in 0..300 {
                assert!(world.send(from, at, packet(number)));
            }
            world.until(20_000, "packets", |world| {
                let reliable = |seen: &&Seen| matches!(seen, Seen::Received(it) if it.flags == 1);
                world.seen(to).iter().filter(reliable).count() == 150
            });
            world.run(50);
            let mut numbers = 0..300;
            for arrival in world.arrivals(to) {
                // Only unreliable packets may be missing, and none may be out of order.
                let found = numbers.find(|&number| packet(number).arrival(slot) == arrival);
                assert!(found.is_some(), "{arrival:?} is out of order");
            }
            world.take(to);
        }
    });
}
