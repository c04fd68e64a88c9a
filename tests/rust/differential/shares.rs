//! The throttle, the reliable window and the shares of a limited bandwidth, pinned for every pairing.

use enet_proto::{PeerStatistics, Throttle};

use super::arena::{Arena, PAIRINGS, Pairing, REFERENCE, SERVER, What, all_pairings};
use super::script::{Contents, RELIABLE, UNRELIABLE, UNSEQUENCED};

/// Checks that every pairing gives the reference's result, and returns it.
fn agreed<T: PartialEq + std::fmt::Debug>(run: impl Fn(Pairing) -> T) -> T {
    let expected = run(REFERENCE);
    for pairing in PAIRINGS {
        assert_eq!(expected, run(pairing), "{}", pairing.name);
    }
    expected
}

fn joined(pairing: Pairing, clients: usize) -> Arena {
    let mut arena = Arena::new(pairing, 1, clients);
    arena.weather.latency = 20;
    for client in 1..=clients {
        arena.join(client, 2);
    }
    arena
}

fn configure(arena: &mut Arena, throttle: Throttle) {
    let (now, peer) = (arena.time(), arena.peer(1, SERVER));
    arena.nodes[1]
        .engine
        .configure_throttle(now, peer, throttle);
    arena.flush(1);
}

#[test]
fn bad_round_trips_lower_the_throttle_and_good_ones_raise_it() {
    let run = |pairing| {
        let mut arena = joined(pairing, 1);
        configure(
            &mut arena,
            Throttle {
                interval: 1_000_000,
                acceleration: 3,
                deceleration: 5,
            },
        );
        arena.pass(2000, 5);
        let mut throttles = Vec::new();
        for latency in [20, 300, 20] {
            arena.weather.latency = latency;
            for _ in 0..20 {
                arena.pass(500, 5);
                throttles.push(arena.statistics_of(1, SERVER).packet_throttle);
            }
        }
        throttles
    };
    let throttles = agreed(run);
    assert_eq!(throttles[0], 32);
    assert_eq!(throttles.iter().min(), Some(&0));
    let falls = throttles.windows(2).any(|it| it[0] == it[1] + 5);
    let rises = throttles.windows(2).any(|it| it[0] + 3 == it[1]);
    assert!(falls && rises, "{throttles:?}");
}

/// A connection whose throttle has fallen from 32 by a multiple of `deceleration` and stays there.
fn throttled(pairing: Pairing, deceleration: u32) -> Arena {
    let mut arena = joined(pairing, 1);
    let throttle = Throttle {
        interval: 1_000_000,
        acceleration: 0,
        deceleration,
    };
    arena.pass(1000, 5);
    configure(&mut arena, throttle);
    arena.weather.latency = 400;
    let low = arena.run(20_000, 5, |arena| {
        arena.statistics_of(1, SERVER).packet_throttle < 32
    });
    assert!(low, "the throttle falls");
    arena
}

#[test]
fn unreliable_packets_are_dropped_in_steps_of_seven() {
    for (flags, deceleration) in [(UNRELIABLE, 20), (UNSEQUENCED, 20), (UNRELIABLE, 8)] {
        let run = |pairing| {
            let mut arena = throttled(pairing, deceleration);
            let throttle = arena.statistics_of(1, SERVER).packet_throttle;
            let counter = arena.statistics_of(1, SERVER).packet_throttle_counter;
            let mut contents = Contents::default();
            arena.records = true;
            let mut leaves = Vec::new();
            for _ in 0..64 {
                arena.send(1, SERVER, 0, flags, &contents.next(20));
                arena.flush(1);
                leaves.push(!std::mem::take(&mut arena.sent).is_empty());
            }
            let steps = (1..=64).map(|n| (counter + 7 * n) % 32 <= throttle);
            assert_eq!(leaves, steps.collect::<Vec<_>>(), "{}", pairing.name);
            (throttle, leaves)
        };
        let (throttle, leaves) = agreed(run);
        assert!(throttle < 32);
        assert!(leaves.contains(&false) && leaves.contains(&true));
    }
}

/// An intended difference: see the head of `differential.rs`.
#[test]
fn only_c_drops_further_packets_with_a_throttled_unsequenced_one() {
    let leaving = |pairing| {
        let mut arena = throttled(pairing, 20);
        arena.records = true;
        arena.sent.clear();
        for _ in 0..32 {
            arena.send(1, SERVER, 0, UNSEQUENCED, b"x");
        }
        arena.flush(1);
        let bytes = arena.sent.iter().map(|sent| sent.bytes.len());
        // Each command has a header of eight bytes and one byte of data.
        bytes.map(|bytes| (bytes - 2) / 9).sum::<usize>()
    };
    let own = leaving(PAIRINGS[0]);
    assert!((10..=22).contains(&own), "{own}");
    assert!(leaving(REFERENCE) < own);
}

#[test]
fn no_more_than_the_window_is_in_flight() {
    let windows = [
        (0, 65_536),
        (4000, 4096),
        (65_536, 4096),
        (131_072, 8192),
        (400_000, 24_576),
        (3_000_000, 65_536),
    ];
    for (bandwidth, window) in windows {
        let run = |pairing| {
            let mut arena = Arena::with(pairing, 1, 1, |node, config| {
                if node == 1 {
                    config.out_bandwidth = bandwidth;
                }
            });
            arena.weather.latency = 20;
            arena.join(1, 1);
            let mut contents = Contents::default();
            let mut flights = Vec::new();
            for _ in 0..100 {
                arena.send(1, SERVER, 0, RELIABLE, &contents.next(1000));
            }
            arena.flush(1);
            for _ in 0..40 {
                let it = arena.statistics_of(1, SERVER);
                flights.push((it.reliable_data_in_transit, it.window_size));
                arena.pass(10, 10);
            }
            flights
        };
        let flights = agreed(run);
        assert_eq!(flights[0], (window / 1000 * 1000, window), "{bandwidth}");
        assert!(flights.iter().all(|it| it.0 <= window));
    }
}

#[test]
fn the_window_shrinks_with_the_throttle() {
    let run = |pairing| {
        let mut arena = throttled(pairing, 24);
        arena.run(5000, 5, |arena| {
            arena.statistics_of(1, SERVER).reliable_data_in_transit == 0
        });
        let mut contents = Contents::default();
        for _ in 0..100 {
            arena.send(1, SERVER, 0, RELIABLE, &contents.next(1000));
        }
        arena.flush(1);
        let it = arena.statistics_of(1, SERVER);
        (it.packet_throttle, it.reliable_data_in_transit)
    };
    let (throttle, in_flight) = agreed(run);
    let window = throttle * 65_536 / 32;
    assert!(throttle < 32);
    assert_eq!(in_flight, window.max(1392) / 1000 * 1000);
}

/// Three clients with different incoming limits; the server sends each `load` bytes a second.
fn shares(pairing: Pairing, outgoing: u32, limits: [u32; 3], load: [usize; 3]) -> Vec<Numbers> {
    let mut arena = joined(pairing, 3);
    for (client, limit) in (1..).zip(limits) {
        arena.nodes[client].set_bandwidth(limit, 0);
    }
    arena.nodes[SERVER].set_bandwidth(0, outgoing);
    let mut seen = Vec::new();
    let mut contents = Contents::default();
    for second in 0..6 {
        for _ in 0..20 {
            for (client, load) in (1..).zip(load) {
                let data = contents.next(load / 20);
                arena.send(SERVER, client, 0, UNRELIABLE, &data);
            }
            arena.flush(SERVER);
            arena.pass(50, 5);
        }
        if second == 3 {
            // From here on there is no limit.
            for client in 1..=3 {
                arena.nodes[client].set_bandwidth(0, 0);
            }
            arena.nodes[SERVER].set_bandwidth(0, 0);
        }
        for client in 1..=3 {
            seen.push(numbers(&arena.statistics_of(SERVER, client)));
            seen.push(numbers(&arena.statistics_of(client, SERVER)));
        }
    }
    seen
}

/// Throttle, throttle limit, window, incoming and outgoing bandwidth.
type Numbers = [u32; 5];

fn numbers(it: &PeerStatistics) -> Numbers {
    let throttle = [it.packet_throttle, it.packet_throttle_limit];
    let rest = [it.window_size, it.in_bandwidth, it.out_bandwidth];
    [throttle[0], throttle[1], rest[0], rest[1], rest[2]]
}

#[test]
fn a_limited_bandwidth_is_shared_alike() {
    let cases = [
        (0, [0, 0, 0], [20_000, 20_000, 20_000]),
        (30_000, [0, 0, 0], [20_000, 20_000, 2000]),
        (0, [5000, 0, 15_000], [20_000, 20_000, 20_000]),
        (40_000, [5000, 60_000, 15_000], [20_000, 25_000, 20_000]),
        (10_000, [1000, 1000, 1000], [20_000, 100, 9000]),
        (1000, [0, 300, 0], [20_000, 25_000, 0]),
    ];
    for (outgoing, limits, load) in cases {
        let seen = agreed(|pairing| shares(pairing, outgoing, limits, load));
        // Only senders that name an outgoing limit are held to a client's incoming limit.
        let is_limited = outgoing != 0;
        let lowest = seen.iter().map(|it| it[1]).min();
        assert_eq!(lowest < Some(32), is_limited, "{outgoing} {limits:?}");
        // The server's numbers in the last second.
        let last = seen[seen.len() - 6..].iter().step_by(2);
        for numbers in last {
            assert_eq!(numbers[1..], [32, 65_536, 0, 0], "limits end");
        }
    }
}

#[test]
fn acknowledgements_count_towards_the_bandwidth_shares() {
    let run = |pairing| {
        let mut arena = joined(pairing, 1);
        arena.nodes[SERVER].set_bandwidth(0, 1000);
        let mut limits = Vec::new();
        for _ in 0..4 {
            for _ in 0..20 {
                for _ in 0..20 {
                    arena.send(1, SERVER, 0, RELIABLE, b"x");
                }
                arena.flush(1);
                arena.pass(50, 5);
            }
            limits.push(arena.statistics_of(SERVER, 1).packet_throttle_limit);
        }
        limits
    };
    // The traffic is 400 acknowledgements of 8 bytes a second, and little else.
    let limits = agreed(run);
    assert!((8..=10).contains(&limits[2]), "{limits:?}");
}

#[test]
fn incoming_bandwidth_is_shared_among_limited_senders() {
    let run = |pairing| {
        let mut arena = joined(pairing, 3);
        arena.nodes[1].set_bandwidth(0, 10_000);
        arena.nodes[2].set_bandwidth(0, 90_000);
        arena.pass(2500, 5);
        arena.nodes[SERVER].set_bandwidth(60_000, 0);
        arena.pass(2500, 5);
        let told = |client| arena.statistics_of(client, SERVER).in_bandwidth;
        [told(1), told(2), told(3)]
    };
    // The client with the low limit keeps it, the one without a limit is not limited, and the third
    // gets the rest.
    assert_eq!(agreed(run), [10_000, 50_000, 0]);
}

#[test]
fn everything_arrives_whatever_the_window() {
    for pairing in all_pairings() {
        let mut arena = joined(pairing, 1);
        let mut contents = Contents::default();
        for _ in 0..10 {
            let data = contents.next(150_000);
            arena.send(1, SERVER, 0, RELIABLE, &data);
        }
        arena.flush(1);
        arena.pass(5000, 5);
        let entries = &arena.log[&(SERVER, 1, 1)];
        let is_whole = |what| matches!(what, What::Packet { size: 150_000, .. });
        let whole = entries.iter().filter(|entry| is_whole(entry.what)).count();
        assert_eq!(whole, 10, "{}", pairing.name);
    }
}
