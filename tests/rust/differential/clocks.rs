//! Timeouts, retransmissions, pings and round-trip times, pinned for each engine alone and paired.

use enet_proto::{PeerState, Timeout};
use sim::oracle::OwnEngine;
use sim::oracle::RustyEngine;

use super::arena::{Arena, SERVER, START, Weather, What, all_pairings, only};
use super::script::RELIABLE;
use super::wire::{Body, decode};

fn end_of(arena: &Arena, node: usize, remote: usize) -> Option<u64> {
    let entries = arena.log.get(&(node, remote, 1))?;
    let is_end = |what| matches!(what, What::Disconnected(0));
    let end = entries.iter().find(|entry| is_end(entry.what))?;
    Some(end.at)
}

/// Times at which a node sent matching commands.
fn times_of(arena: &Arena, node: usize, matches: impl Fn(&Body) -> bool) -> Vec<u64> {
    let from = arena.sent.iter().filter(|sent| sent.from == node);
    let matching = from.filter(|sent| {
        let commands = decode(&sent.bytes).commands;
        commands.iter().any(|command| matches(&command.body))
    });
    matching.map(|sent| sent.at).collect()
}

#[test]
fn an_unanswered_connect_times_out_after_31_5_seconds() {
    for make in [RustyEngine::boxed, OwnEngine::boxed] {
        let mut arena = Arena::new(only(make), 1, 1);
        arena.records = true;
        arena.cut_off(SERVER, true);
        arena.connect(1, 1, 0);
        arena.pass(40_000, 1);
        // The timeout of half a second doubles with each attempt: 0.5 * 63.
        assert_eq!(end_of(&arena, 1, SERVER), Some(START + 31_500));
        let connects = times_of(&arena, 1, |body| matches!(body, Body::Connect(..)));
        let waits: Vec<u64> = connects.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(connects[0], START);
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000]);
    }
}

/// Connects with a latency of 10 ms, then cuts the server off. Returns when the client sends and
/// when it gives up, in milliseconds from that moment.
fn silence(arena: &mut Arena, timeout: Option<Timeout>) -> (Vec<u64>, Option<u64>) {
    arena.weather.latency = 10;
    arena.join(1, 1);
    arena.pass(5100, 1);
    // No packet is in flight, and no ping is due for a while.
    let quiet = arena.run(2000, 1, |arena| {
        let statistics = arena.statistics_of(1, SERVER);
        u64::from(statistics.last_receive_time) == arena.now
    });
    assert!(quiet);
    arena.pass(100, 1);
    if let Some(timeout) = timeout {
        let peer = arena.peer(1, SERVER);
        arena.nodes[1].engine.set_timeout(peer, timeout);
    }
    arena.records = true;
    arena.cut_off(SERVER, true);
    let begin = arena.now;
    arena.send(1, SERVER, 0, RELIABLE, b"hello?");
    arena.flush(1);
    arena.pass(60_000, 1);
    let sent = times_of(arena, 1, |body| matches!(body, Body::Reliable(_)));
    let sent = sent.iter().map(|at| at - begin).collect();
    (sent, end_of(arena, 1, SERVER).map(|at| at - begin))
}

#[test]
fn the_retransmission_timeout_doubles_each_time() {
    let mut patiences = Vec::new();
    for pairing in all_pairings() {
        let mut arena = Arena::new(pairing, 1, 1);
        let (sent, end) = silence(&mut arena, None);
        // The RTO: 20 ms, plus the variance as it has decayed so far.
        let patience = sent[1];
        assert!((20..=40).contains(&patience), "{patience}");
        let doubled: Vec<u64> = (0..sent.len()).map(|n| patience * ((1 << n) - 1)).collect();
        assert_eq!(sent, doubled, "{}", pairing.name);
        // The RTO has doubled often enough long before five seconds: the first expiry after those
        // ends the connection.
        let expected = (0..20).map(|n| patience * ((1 << n) - 1));
        let expected = expected.into_iter().find(|&at| at >= 5000);
        assert_eq!(end, expected, "{}", pairing.name);
        patiences.push(patience);
    }
    patiences.dedup();
    assert_eq!(patiences.len(), 1, "{patiences:?}");
}

#[test]
fn timeout_limits_can_be_chosen() {
    let timeouts = [
        (0, 0, 0),
        (1, 1, 0),
        (2, 100, 200),
        (8, 1000, 30_000),
        (1 << 20, 1000, 3000),
        (4096, 1, 20_000),
        (32, 20_000, 30_000),
        (u32::MAX, u32::MAX, 12_345),
    ];
    for (limit, minimum, maximum) in timeouts {
        let timeout = Timeout {
            limit,
            minimum,
            maximum,
        };
        let ends = all_pairings().map(|pairing| {
            let mut arena = Arena::new(pairing, 1, 1);
            silence(&mut arena, Some(timeout))
        });
        let ends: Vec<_> = ends.collect();
        assert!(ends[0].1.is_some(), "{timeout:?}");
        assert!(
            ends.iter().all(|end| *end == ends[0]),
            "{timeout:?} {ends:?}"
        );
    }
}

#[test]
fn a_quiet_connection_is_pinged_every_half_second() {
    for pairing in all_pairings() {
        let mut arena = Arena::new(pairing, 1, 1);
        arena.weather.latency = 10;
        arena.join(1, 1);
        arena.pass(1100, 1);
        arena.records = true;
        arena.pass(4000, 1);
        for node in [SERVER, 1] {
            let pings = times_of(&arena, node, |body| matches!(body, Body::Ping));
            // The interval counts from the acknowledgement, which takes 20 ms.
            let gaps = pings.windows(2).map(|pair| pair[1] - pair[0]);
            let gaps: Vec<u64> = gaps.collect();
            assert!(
                gaps.len() >= 6 && gaps.iter().all(|gap| *gap == 520),
                "{gaps:?}"
            );
        }
        let (now, peer) = (arena.time(), arena.peer(1, SERVER));
        arena.nodes[1].engine.set_ping_interval(now, peer, 100);
        arena.pass(100, 1);
        arena.sent.clear();
        arena.pass(1200, 1);
        let pings = times_of(&arena, 1, |body| matches!(body, Body::Ping));
        assert_eq!(pings.len(), 10, "{}", pairing.name);
    }
}

#[test]
fn lost_commands_are_averaged_every_ten_seconds() {
    let runs = all_pairings().map(|pairing| {
        let mut arena = Arena::new(pairing, 5, 1);
        arena.join(1, 1);
        arena.weather = Weather {
            latency: 15,
            loss: 150,
            ..Weather::default()
        };
        let mut losses = Vec::new();
        for second in 0..45 {
            for _ in 0..5 {
                arena.send(1, SERVER, 0, RELIABLE, &[0; 50]);
                arena.flush(1);
                arena.pass(200, 5);
            }
            if second % 5 == 4 && arena.is_up(1) {
                let it = arena.statistics_of(1, SERVER);
                let loss = (
                    it.packet_loss,
                    it.packet_loss_variance,
                    it.packet_loss_epoch,
                );
                losses.push((loss, it.packets_sent, it.packets_lost));
            }
        }
        losses
    });
    let runs: Vec<_> = runs.collect();
    let last = runs[0].last().expect("a measurement");
    // Losses are in 65536ths, and each ten seconds count for an eighth of the average.
    assert!((1000..20_000).contains(&last.0.0), "{last:?}");
    assert!(runs.iter().all(|run| *run == runs[0]), "{runs:?}");
}

#[test]
fn round_trip_times_are_smoothed_alike() {
    let runs = all_pairings().map(|pairing| {
        let mut arena = Arena::new(pairing, 1, 1);
        arena.join(1, 1);
        let mut seen = Vec::new();
        for latency in [10, 10, 80, 80, 80, 20, 1, 150, 150, 5] {
            arena.weather.latency = latency;
            arena.pass(1000, 1);
            let it = arena.statistics_of(1, SERVER);
            let now = (it.round_trip_time, it.round_trip_time_variance);
            let last = (it.last_round_trip_time, it.last_round_trip_time_variance);
            seen.push((now, last, it.packet_throttle));
        }
        seen
    });
    let runs: Vec<_> = runs.collect();
    assert!(runs.iter().all(|run| *run == runs[0]), "{runs:?}");
    let first = runs[0][0].0.0;
    assert!((1..=20).contains(&first), "{first}");
}

#[test]
fn an_unanswered_connection_stays_connecting() {
    for make in [RustyEngine::boxed, OwnEngine::boxed] {
        let mut arena = Arena::new(only(make), 1, 1);
        arena.cut_off(SERVER, true);
        let peer = arena.connect(1, 3, 0).expect("a free slot");
        arena.pass(9000, 100);
        assert_eq!(arena.nodes[1].engine.state(peer), PeerState::Connecting);
        let statistics = arena.statistics_of(1, SERVER);
        let counts = (statistics.packets_sent, statistics.packets_lost);
        assert_eq!(counts, (5, 4));
    }
}
