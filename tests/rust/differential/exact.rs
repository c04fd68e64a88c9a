//! The same script gives the same events at the same times, and the same statistics.

use std::collections::BTreeMap;

use enet_proto::{PeerState, PeerStatistics};
use proptest::prelude::*;

use super::arena::{Arena, Entry, Link, PAIRINGS, Pairing, REFERENCE, What};
use super::cases;
use super::script::{CLIENTS, End, Step, play, script};

fn run(pairing: Pairing, seed: u64, steps: &[Step]) -> Arena {
    let mut arena = Arena::new(pairing, seed, CLIENTS);
    arena.weather.latency = 1 + seed % 60;
    play(&mut arena, steps);
    arena
}

/// Key of a compared event sequence: the connection and, for packets, channel and kind. Packets
/// received in the millisecond the connection ended are left out.
type Stream = (Link, Option<(u8, bool)>);

fn streams(arena: &Arena) -> BTreeMap<Stream, Vec<Entry>> {
    let mut streams: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (&link, entries) in &arena.log {
        let strays = arena.strays.get(&client_of(link)).copied();
        let is_end = |entry: &&Entry| matches!(entry.what, What::Disconnected(_));
        let end = entries.iter().find(is_end).map(|entry| entry.at);
        for entry in entries {
            // Packets that reach a peer waiting to disconnect depend on fragments that we acknowledge
            // and C does not.
            if strays.is_some_and(|since| since <= entry.at) {
                continue;
            }
            let stream = match entry.what {
                What::Packet { .. } if Some(entry.at) == end => continue,
                What::Packet { channel, flags, .. } => Some((channel, flags.unsequenced)),
                _ => None,
            };
            streams.entry((link, stream)).or_default().push(*entry);
        }
    }
    streams
}

fn client_of(link: Link) -> usize {
    link.0.max(link.1)
}

/// Statistics with the reference's values where the engines may differ. The number of waiting bytes
/// is compared only if the reference has none. An ending connection is compared by state alone,
/// because C leaves some of its numbers unchanged.
fn comparable(
    state: PeerState,
    statistics: &PeerStatistics,
    other: &PeerStatistics,
) -> PeerStatistics {
    if !matches!(
        state,
        PeerState::Connecting | PeerState::Connected | PeerState::DisconnectLater
    ) {
        return *other;
    }
    let mut statistics = *statistics;
    if other.waiting_data > 0 {
        statistics.waiting_data = other.waiting_data;
    }
    statistics
}

/// The statistics of the connections that are still compared.
fn numbers(arena: &Arena) -> Vec<(u64, Link, PeerState, PeerStatistics)> {
    let is_stray = |at, link| {
        let since = arena.strays.get(&client_of(link));
        since.is_some_and(|&since| since <= at)
    };
    let all = arena.statistics.iter().copied();
    all.filter(|&(at, link, ..)| !is_stray(at, link)).collect()
}

fn compare(reference: &Arena, other: &Arena, name: &str) -> Result<(), TestCaseError> {
    let (expected, found) = (streams(reference), streams(other));
    for key in expected.keys().chain(found.keys()) {
        prop_assert_eq!(expected.get(key), found.get(key), "{}: {:?}", name, key);
    }
    let (expected, found) = (numbers(reference), numbers(other));
    for (expected, found) in expected.iter().zip(&found) {
        prop_assert_eq!((expected.0, expected.1), (found.0, found.1), "{}", name);
        let at = (expected.0, expected.1);
        prop_assert_eq!(expected.2, found.2, "{}: state at {:?}", name, at);
        let statistics = comparable(found.2, &found.3, &expected.3);
        prop_assert_eq!(expected.3, statistics, "{}: at {:?}", name, at);
    }
    prop_assert_eq!(expected.len(), found.len(), "{}", name);
    Ok(())
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn the_same_script_gives_the_same_events_and_statistics(
        seed in any::<u64>(),
        steps in script(),
    ) {
        let reference = run(REFERENCE, seed, &steps);
        for pairing in PAIRINGS {
            let other = run(pairing, seed, &steps);
            compare(&reference, &other, pairing.name)?;
        }
    }
}

/// Found by the scripts: the host queues a command of its own at the moment the window opens for a
/// packet that waited longer.
#[test]
fn a_waiting_packet_leaves_before_a_later_command() {
    let end = End {
        client: 1,
        is_server: true,
    };
    let burst = |sizes: &[usize]| Step::Burst {
        end,
        channel: 0,
        sizes: sizes.to_vec(),
    };
    let steps = [
        Step::Connect {
            client: 1,
            channels: 4,
            data: 7,
        },
        Step::Wait(129),
        Step::Wait(165),
        burst(&[49_339]),
        burst(&[103, 1456, 9040, 1374, 144, 4074, 7]),
        Step::Wait(176),
        Step::Wait(60),
        Step::Wait(120),
    ];
    let seed = 493_952_598_612_270_180;
    let reference = run(REFERENCE, seed, &steps);
    for pairing in PAIRINGS {
        let compared = compare(&reference, &run(pairing, seed, &steps), pairing.name);
        compared.expect("the same");
    }
}
