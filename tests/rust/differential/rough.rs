//! A network that disturbs every datagram independently makes runs differ. The protocol's rules must
//! hold in all of them.

use std::collections::BTreeMap;

use enet_proto::Disconnect;
use enet_proto::{PacketFlags, PeerState};
use proptest::prelude::*;
use proptest::sample::select;

use super::arena::{Arena, Entry, Pairing, SERVER, Weather, What, all_pairings, digest};
use super::cases;
use super::script::{CLIENTS, Contents, IN_PARTS, RELIABLE, UNRELIABLE, UNSEQUENCED};
use super::script::{Step, play, script};

/// A packet: client, whether it goes to the client, channel, flags, size.
type Job = (usize, bool, u8, PacketFlags, usize);

fn job() -> impl Strategy<Value = Job> {
    let kinds = vec![RELIABLE, RELIABLE, UNRELIABLE, UNSEQUENCED, IN_PARTS];
    let size = prop_oneof![5 => 0..100usize, 1 => 1300..9000usize];
    (1..=2usize, any::<bool>(), 0..2u8, select(kinds), size)
}

fn bad(latency: u64) -> Weather {
    Weather {
        latency,
        jitter: 40,
        loss: 100,
        duplication: 50,
        each: true,
    }
}

/// Sends every packet, waits until all must have arrived, and disconnects gracefully.
fn exchange(pairing: Pairing, seed: u64, jobs: &[(Job, u64)]) -> Result<(), TestCaseError> {
    let mut arena = Arena::new(pairing, seed, 2);
    arena.weather = bad(seed % 80);
    for client in 1..=2 {
        arena.connect(client, 2, client as u32);
    }
    let up = arena.run(30_000, 10, |arena| arena.is_up(1) && arena.is_up(2));
    prop_assert!(up, "{}: both connect", pairing.name);
    let mut contents = Contents::default();
    let mut sent: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for &((client, to_client, channel, flags, size), wait) in jobs {
        let (node, remote) = if to_client {
            (SERVER, client)
        } else {
            (client, SERVER)
        };
        let data = contents.next(size.max(4));
        arena.send(node, remote, channel, flags, &data);
        // A large unreliable packet without permission for unreliable fragments is sent reliably.
        let arrives_as = match flags {
            UNRELIABLE | UNSEQUENCED if data.len() > 1364 => RELIABLE,
            IN_PARTS if data.len() <= 1364 => UNRELIABLE,
            flags => flags,
        };
        let kind = (remote, node, channel, flag_key(arrives_as));
        sent.entry(kind).or_default().push(digest(&data));
        if wait > 0 {
            arena.flush(node);
            arena.step(wait);
        }
    }
    for node in 0..=2 {
        arena.flush(node);
    }
    arena.pass(35_000, 20);
    check(&arena, &sent, pairing.name)?;
    for client in 1..=2 {
        let (now, peer) = (arena.time(), arena.peer(client, SERVER));
        let engine = &mut arena.nodes[client].engine;
        engine.disconnect(now, peer, 5, Disconnect::Acknowledged);
        arena.flush(client);
    }
    arena.pass(40_000, 20);
    for (link, entries) in &arena.log {
        // The connection ends with the client's data, or with 0 after a timeout.
        let mut events = entries.iter().map(|entry| entry.what);
        let has_ended = events.any(|what| matches!(what, What::Disconnected(0 | 5)));
        prop_assert!(has_ended, "{}: {:?} ends", pairing.name, link);
    }
    Ok(())
}

fn flag_key(flags: PacketFlags) -> (bool, bool, bool) {
    (flags.reliable, flags.unsequenced, flags.unreliable_fragment)
}

type Kind = (usize, usize, u8, (bool, bool, bool));

fn check(arena: &Arena, sent: &BTreeMap<Kind, Vec<u64>>, name: &str) -> Result<(), TestCaseError> {
    let mut received: BTreeMap<Kind, Vec<u64>> = BTreeMap::new();
    for (&(node, remote, _), entries) in &arena.log {
        for entry in entries {
            if let What::Packet {
                channel,
                flags,
                content,
                ..
            } = entry.what
            {
                let kind = (node, remote, channel, flag_key(flags));
                received.entry(kind).or_default().push(content);
            }
        }
    }
    let none = Vec::new();
    for (kind, sent) in sent {
        let received = received.remove(kind).unwrap_or_default();
        let (reliable, unsequenced, _) = kind.3;
        if reliable {
            // Everything arrives unless losses were so heavy that one side timed out.
            let is_over = [(kind.0, kind.1, 1), (kind.1, kind.0, 1)]
                .iter()
                .any(|link| has_ended(&arena.log[link]));
            let expected = if is_over {
                &sent[..received.len().min(sent.len())]
            } else {
                sent
            };
            prop_assert_eq!(expected, &received, "{}: reliable {:?}", name, kind);
        } else if unsequenced {
            let mut unique = received.clone();
            unique.sort_unstable();
            unique.dedup();
            prop_assert_eq!(unique.len(), received.len(), "{}: once {:?}", name, kind);
            prop_assert!(received.iter().all(|packet| sent.contains(packet)));
        } else {
            // Packets arrive in order, each at most once.
            let mut rest = sent.iter();
            let in_order = received.iter().all(|packet| rest.any(|it| it == packet));
            prop_assert!(in_order, "{}: order {:?}", name, kind);
        }
    }
    let unasked = received.values().next().unwrap_or(&none);
    prop_assert_eq!(unasked, &none, "{}: a packet nobody sent", name);
    Ok(())
}

fn has_ended(entries: &[Entry]) -> bool {
    let is_end = |entry: &Entry| matches!(entry.what, What::Disconnected(_));
    entries.iter().any(is_end)
}

/// Checks the order of events: each connection begins at most once, receives only while it is up,
/// and reports nothing after its end.
fn check_stories(arena: &Arena, name: &str) -> Result<(), TestCaseError> {
    for (link, entries) in &arena.log {
        let mut is_up = false;
        let mut is_over = false;
        for entry in entries {
            prop_assert!(
                !is_over || matches!(entry.what, What::Refused(_)),
                "{} {:?}",
                name,
                link
            );
            match entry.what {
                What::Connected(_) => {
                    prop_assert!(!is_up, "{}: {:?} twice", name, link);
                    is_up = true;
                }
                What::Disconnected(_) => is_over = true,
                What::Packet { .. } => prop_assert!(is_up, "{}: {:?} early", name, link),
                What::Refused(_) | What::Full => {}
            }
        }
    }
    for node in &arena.nodes {
        let states = node.peers.values().map(|&peer| node.engine.state(peer));
        let odd = states.filter(|state| *state == PeerState::Zombie).count();
        prop_assert_eq!(odd, 0, "{}: no zombie waits for its event", name);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn everything_reliable_arrives_and_the_rest_in_order(
        seed in any::<u64>(),
        jobs in proptest::collection::vec((job(), select(vec![0, 0, 5, 30, 100])), 1..60),
    ) {
        for pairing in all_pairings() {
            exchange(pairing, seed, &jobs)?;
        }
    }

    #[test]
    fn scripts_on_a_bad_network_keep_the_order_of_events(
        seed in any::<u64>(),
        steps in script(),
    ) {
        for pairing in all_pairings() {
            let mut arena = Arena::new(pairing, seed, CLIENTS);
            arena.weather = bad(seed % 80);
            let mut steps: Vec<Step> = steps.clone();
            // Gives the first connection time to come up.
            steps.insert(1, Step::Run(3000));
            play(&mut arena, &steps);
            check_stories(&arena, pairing.name)?;
        }
    }
}
