//! The fate of datagrams, in simulated time.

use std::num::NonZeroU64;

use super::*;
use crate::netem::{Bursts, Rate};

mod lanes;

const COUNT: u32 = 10_000;

fn millis(millis: u64) -> Time {
    Time::from_millis(millis)
}

fn link(seed: u64, conditions: Conditions) -> Link<u32> {
    let mut link = Link::new(seed);
    link.set_conditions(Time::ZERO, conditions);
    link
}

fn rate(bytes_per_second: u64, queue: usize) -> Option<Rate> {
    let bytes_per_second = NonZeroU64::new(bytes_per_second).expect("not zero");
    Some(Rate {
        bytes_per_second,
        queue,
    })
}

/// Takes everything out, with the times of delivery.
fn drain(link: &mut Link<u32>) -> Vec<(Time, u32)> {
    let mut delivered = Vec::new();
    let mut now = Time::ZERO;
    while let Some(due) = link.next_delivery() {
        if due > now {
            let early = link.pop(due - Time::from_nanos(1));
            assert_eq!(early, None, "due at {due:?}");
        }
        now = now.max(due);
        let (number, _) = link.pop(now).expect("due");
        delivered.push((now, number));
    }
    delivered
}

/// Puts numbered datagrams of 100 bytes in, `interval` apart, and takes them out.
fn carry(link: &mut Link<u32>, count: u32, interval: Duration) -> Vec<(Time, u32)> {
    for number in 0..count {
        link.push(interval * number, number, &[7; 100]);
    }
    drain(link)
}

/// Checks a count of events of the given probability against four standard deviations.
fn assert_share(happened: usize, trials: u32, probability: f64) {
    let mean = f64::from(trials) * probability;
    let deviation = (mean * (1.0 - probability)).sqrt();
    let difference = (happened as f64 - mean).abs();
    assert!(
        difference <= 4.0 * deviation,
        "{happened} of {trials}, {mean} are expected"
    );
}

fn bad() -> Conditions {
    Conditions {
        latency: millis(20),
        jitter: millis(10),
        loss: 0.1,
        bursts: Some(Bursts::of_share(0.05, 4.0)),
        duplication: 0.1,
        reordering: 0.1,
        reordering_delay: millis(15),
        rate: rate(100_000, 5_000),
        mtu: Some(1_000),
    }
}

#[test]
fn the_same_seed_gives_the_same_fate() {
    let fate = |seed| carry(&mut link(seed, bad()), 1_000, millis(1));
    assert_eq!(fate(3), fate(3));
    assert_ne!(fate(3), fate(4));
}

#[test]
fn one_condition_leaves_the_draws_for_another_as_they_are() {
    let lost = |duplication| {
        let conditions = Conditions {
            loss: 0.3,
            duplication,
            ..Conditions::default()
        };
        let mut link = link(3, conditions);
        let lost = |number| link.push(Time::ZERO, number, &[]) == Verdict::Lost;
        (0..1_000).map(lost).collect::<Vec<_>>()
    };
    assert_eq!(lost(0.0), lost(0.5));
}

#[test]
fn a_new_link_is_transparent_and_delivers_at_once_and_in_order() {
    let mut link = Link::new(1);
    assert!(link.is_transparent());
    assert_eq!(link.push(millis(5), 'a', b"one"), Verdict::Passed);
    assert_eq!(link.push(millis(5), 'b', b""), Verdict::Passed);
    assert!(!link.is_transparent());
    assert_eq!(link.next_delivery(), Some(millis(5)));
    assert_eq!(link.pop(millis(5)), Some(('a', b"one".to_vec())));
    assert_eq!(link.pop(millis(5)), Some(('b', Vec::new())));
    assert_eq!(link.pop(millis(5)), None);
    assert_eq!(link.next_delivery(), None);
    assert!(link.is_transparent());
}

#[test]
fn each_condition_makes_a_link_opaque() {
    let clear = Conditions::default();
    let bursts = Some(Bursts::of_share(0.1, 2.0));
    let each = [
        Conditions {
            latency: millis(1),
            ..clear
        },
        Conditions {
            jitter: millis(1),
            ..clear
        },
        Conditions { loss: 0.1, ..clear },
        Conditions { bursts, ..clear },
        Conditions {
            duplication: 0.1,
            ..clear
        },
        Conditions {
            reordering: 0.1,
            reordering_delay: millis(1),
            ..clear
        },
        Conditions {
            rate: rate(1, 1),
            ..clear
        },
        Conditions {
            mtu: Some(1),
            ..clear
        },
    ];
    for conditions in each {
        assert!(!link(1, conditions).is_transparent(), "{conditions:?}");
    }
}

#[test]
fn the_latency_is_exact() {
    let latency = Duration::from_micros(12_345);
    let conditions = Conditions {
        latency,
        ..Conditions::default()
    };
    let delivered = carry(&mut link(1, conditions), 100, millis(3));
    let expected = (0..100).map(|number| (millis(3) * number + latency, number));
    assert!(delivered.into_iter().eq(expected));
}

#[test]
fn the_jitter_is_evenly_spread_over_its_bounds() {
    let conditions = Conditions {
        latency: millis(20),
        jitter: millis(10),
        ..Conditions::default()
    };
    let delivered = carry(&mut link(1, conditions), COUNT, millis(100));
    assert_eq!(delivered.len(), COUNT as usize);
    let mut quarters = [0; 4];
    for (time, number) in delivered {
        let jitter = time - millis(100) * number - millis(20);
        assert!(jitter <= millis(10), "{jitter:?}");
        quarters[(jitter.as_micros() / 2_500).min(3) as usize] += 1;
    }
    for quarter in quarters {
        assert_share(quarter, COUNT, 0.25);
    }
}

#[test]
fn jitter_reorders_datagrams_that_follow_closely() {
    let conditions = Conditions {
        jitter: millis(10),
        ..Conditions::default()
    };
    let numbers = |interval| {
        let delivered = carry(&mut link(1, conditions), 1_000, interval);
        let numbers = delivered.into_iter().map(|(_, number)| number);
        numbers.collect::<Vec<_>>()
    };
    assert!(numbers(millis(11)).is_sorted());
    assert!(!numbers(millis(1)).is_sorted());
}

#[test]
fn the_loss_is_as_set() {
    for (seed, loss) in [(1, 0.0), (2, 0.01), (3, 0.05), (4, 0.5), (5, 1.0)] {
        let conditions = Conditions {
            loss,
            ..Conditions::default()
        };
        let delivered = carry(&mut link(seed, conditions), COUNT, millis(1));
        assert_share(COUNT as usize - delivered.len(), COUNT, loss);
    }
}

#[test]
fn bursts_have_the_set_share_and_mean_length() {
    const MANY: u32 = 200_000;
    let conditions = Conditions {
        bursts: Some(Bursts::of_share(0.1, 5.0)),
        ..Conditions::default()
    };
    let mut link = link(1, conditions);
    let lost: Vec<bool> = (0..MANY)
        .map(|number| link.push(Time::ZERO, number, &[]) == Verdict::Lost)
        .collect();
    let count = lost.iter().filter(|&&lost| lost).count() as f64;
    let bursts = lost.chunk_by(|a, b| a == b).filter(|run| run[0]).count() as f64;
    let share = count / f64::from(MANY);
    assert!((share - 0.1).abs() < 0.01, "{share}");
    // Some 4,000 bursts, whose lengths deviate by 4.5 each.
    let mean = count / bursts;
    assert!((mean - 5.0).abs() < 0.3, "{mean}");
}

#[test]
fn the_losses_in_and_between_bursts_differ() {
    const MANY: u32 = 100_000;
    let bursts = Bursts {
        begin: 0.1,
        end: 0.1,
        loss: 0.8,
    };
    let conditions = Conditions {
        loss: 0.2,
        bursts: Some(bursts),
        ..Conditions::default()
    };
    let delivered = {
        let mut link = link(1, conditions);
        let passed = (0..MANY).map(|number| link.push(Time::ZERO, number, &[]));
        passed.filter(|&verdict| verdict == Verdict::Passed).count()
    };
    // Half of the datagrams are in a burst.
    let share = delivered as f64 / f64::from(MANY);
    assert!((share - 0.5).abs() < 0.02, "{share}");
}

#[test]
fn without_bursts_no_burst_goes_on() {
    let endless = Bursts {
        begin: 1.0,
        end: 0.0,
        loss: 1.0,
    };
    let conditions = Conditions {
        bursts: Some(endless),
        ..Conditions::default()
    };
    let mut link = link(1, conditions);
    assert_eq!(link.push(Time::ZERO, 0, &[]), Verdict::Lost);
    link.set_conditions(Time::ZERO, Conditions::default());
    let never = Bursts {
        begin: 0.0,
        ..endless
    };
    let conditions = Conditions {
        bursts: Some(never),
        ..Conditions::default()
    };
    link.set_conditions(Time::ZERO, conditions);
    assert_eq!(link.push(Time::ZERO, 0, &[]), Verdict::Passed);
}

#[test]
fn the_duplication_is_as_set_and_copies_have_delays_of_their_own() {
    let conditions = Conditions {
        jitter: millis(10),
        duplication: 0.2,
        ..Conditions::default()
    };
    let mut delivered = carry(&mut link(1, conditions), COUNT, millis(100));
    delivered.sort_by_key(|&(_, number)| number);
    let times: Vec<_> = delivered.chunk_by(|a, b| a.1 == b.1).collect();
    assert_eq!(times.len(), COUNT as usize);
    assert!(times.iter().all(|copies| copies.len() <= 2));
    let doubled: Vec<_> = times.iter().filter(|copies| copies.len() == 2).collect();
    assert_share(doubled.len(), COUNT, 0.2);
    assert!(doubled.iter().all(|copies| copies[0].0 != copies[1].0));
}

#[test]
fn the_set_share_is_reordered() {
    let conditions = Conditions {
        latency: millis(20),
        reordering: 0.1,
        reordering_delay: millis(5),
        ..Conditions::default()
    };
    let delivered = carry(&mut link(1, conditions), COUNT, millis(2));
    assert_eq!(delivered.len(), COUNT as usize);
    let delays = delivered
        .iter()
        .map(|&(time, number)| time - millis(2) * number);
    let late = delays.clone().filter(|&delay| delay == millis(25)).count();
    let others = delays.filter(|&delay| delay == millis(20)).count();
    assert_eq!(late + others, COUNT as usize);
    assert_share(late, COUNT, 0.1);
    assert!(!delivered.is_sorted_by_key(|&(_, number)| number));
}

#[test]
fn the_rate_is_exact_and_an_idle_link_sends_at_once() {
    let conditions = Conditions {
        rate: rate(50_000, usize::MAX),
        latency: millis(30),
        ..Conditions::default()
    };
    let mut link = link(1, conditions);
    // A second of twice the rate: the link is busy for two.
    let delivered = carry(&mut link, 1_000, millis(1));
    assert_eq!(delivered.len(), 1_000);
    assert!(delivered.is_sorted_by_key(|&(_, number)| number));
    assert_eq!(delivered[0].0, millis(2 + 30));
    let (first, last) = (delivered[0].0, delivered[999].0);
    let bytes_per_second = 99_900.0 / (last - first).as_secs_f64();
    assert!(
        (bytes_per_second / 50_000.0 - 1.0).abs() < 0.01,
        "{bytes_per_second}"
    );
    link.push(millis(10_000), 0, &[7; 100]);
    assert_eq!(link.next_delivery(), Some(millis(10_032)));
}

#[test]
fn the_queue_of_the_rate_is_bounded() {
    let conditions = Conditions {
        rate: rate(1_000, 250),
        ..Conditions::default()
    };
    let mut link = link(1, conditions);
    let push = |link: &mut Link<u32>, now| link.push(now, 0, &[7; 100]);
    // One is being sent, and two wait.
    for _ in 0..3 {
        assert_eq!(push(&mut link, Time::ZERO), Verdict::Passed);
    }
    assert_eq!(push(&mut link, Time::ZERO), Verdict::QueueFull);
    assert_eq!(link.push(Time::ZERO, 0, &[7; 50]), Verdict::Passed);
    assert_eq!(push(&mut link, millis(99)), Verdict::QueueFull);
    // The second one is being sent.
    assert_eq!(push(&mut link, millis(100)), Verdict::Passed);
    assert_eq!(drain(&mut link).len(), 5);
}

#[test]
fn an_idle_link_takes_a_datagram_that_is_larger_than_its_queue() {
    let conditions = Conditions {
        rate: rate(1_000, 0),
        ..Conditions::default()
    };
    let mut link = link(1, conditions);
    assert_eq!(link.push(Time::ZERO, 0, &[7; 100]), Verdict::Passed);
    assert_eq!(link.push(Time::ZERO, 0, &[7; 100]), Verdict::QueueFull);
    assert_eq!(link.push(millis(100), 0, &[7; 100]), Verdict::Passed);
}

#[test]
fn what_waits_leaves_at_a_new_rate() {
    let at_rate = |rate| Conditions {
        latency: millis(5),
        rate,
        ..Conditions::default()
    };
    let after_change = |new| {
        let mut link = link(1, at_rate(rate(1_000, usize::MAX)));
        for number in 0..3 {
            link.push(Time::ZERO, number, &[7; 100]);
        }
        // The first one is half sent.
        link.set_conditions(millis(50), at_rate(new));
        link.push(millis(50), 3, &[7; 100]);
        drain(&mut link)
    };
    let times = |times: [u64; 4]| {
        let delivered = times.into_iter().zip(0..);
        let delivered = delivered.map(|(time, number)| (millis(time), number));
        delivered.collect::<Vec<_>>()
    };
    let unlimited = after_change(None);
    assert_eq!(unlimited, times([55, 55, 55, 55]));
    let faster = after_change(rate(10_000, usize::MAX));
    assert_eq!(faster, times([65, 75, 85, 95]));
    let slower = after_change(rate(500, usize::MAX));
    assert_eq!(slower, times([105, 305, 505, 705]));
}

#[test]
fn larger_datagrams_than_the_mtu_are_lost() {
    let conditions = Conditions {
        mtu: Some(1_200),
        ..Conditions::default()
    };
    let mut link = link(1, conditions);
    assert_eq!(link.push(Time::ZERO, 0, &[7; 1_200]), Verdict::Passed);
    assert_eq!(link.push(Time::ZERO, 0, &[7; 1_201]), Verdict::TooLarge);
    assert_eq!(drain(&mut link).len(), 1);
}

#[test]
fn changed_conditions_hold_for_later_datagrams() {
    let of_latency = |latency| Conditions {
        latency,
        ..Conditions::default()
    };
    let mut link = link(1, of_latency(millis(50)));
    link.push(Time::ZERO, 0, &[]);
    link.set_conditions(millis(10), of_latency(millis(20)));
    link.push(millis(10), 1, &[]);
    link.set_conditions(millis(20), Conditions::default());
    link.push(millis(20), 2, &[]);
    let expected = [(millis(20), 2), (millis(30), 1), (millis(50), 0)];
    assert_eq!(drain(&mut link), expected);
}

#[test]
fn a_cut_loses_all_until_it_is_over() {
    let mut link = Link::new(1);
    link.cut_until(Time::ZERO, millis(100));
    assert!(!link.is_transparent());
    assert_eq!(link.push(Time::ZERO, 0, &[]), Verdict::Lost);
    assert_eq!(link.push(millis(99), 0, &[]), Verdict::Lost);
    assert_eq!(link.push(millis(100), 0, &[]), Verdict::Passed);
    link.cut_until(millis(100), millis(200));
    link.cut_until(millis(100), Time::ZERO);
    assert_eq!(link.push(millis(100), 0, &[]), Verdict::Passed);
}

#[test]
fn a_cut_spares_datagrams_on_their_way() {
    let conditions = Conditions {
        latency: millis(20),
        ..Conditions::default()
    };
    let mut link = link(1, conditions);
    link.push(Time::ZERO, 0, &[]);
    link.cut_until(millis(10), millis(100));
    assert_eq!(drain(&mut link), [(millis(20), 0)]);
}

#[test]
fn a_stall_holds_all_up_and_keeps_the_order() {
    let conditions = Conditions {
        latency: millis(20),
        ..Conditions::default()
    };
    let mut link = link(1, conditions);
    link.push(Time::ZERO, 0, &[]);
    link.stall_until(millis(10), millis(100));
    link.push(millis(30), 1, &[]);
    link.push(millis(90), 2, &[]);
    assert_eq!(link.next_delivery(), Some(millis(100)));
    assert_eq!(link.pop(millis(99)), None);
    let expected = [(millis(100), 0), (millis(100), 1), (millis(110), 2)];
    assert_eq!(drain(&mut link), expected);
    link.set_conditions(millis(110), Conditions::default());
    assert!(link.is_transparent());
}

#[test]
fn the_memory_is_bounded() {
    let conditions = Conditions {
        latency: Duration::MAX,
        ..Conditions::default()
    };
    let fill = |size: usize| {
        let mut link = link(1, conditions);
        let datagram = vec![7; size];
        let passed = |&_: &u32| link.push(millis(1), 0, &datagram) == Verdict::Passed;
        let count = (0..u32::MAX).take_while(passed).count();
        assert!(link.held_bytes <= MAX_HELD_BYTES);
        // Room that is free again is used again.
        assert!(link.take_first().is_some());
        assert_eq!(link.push(millis(1), 0, &datagram), Verdict::Passed);
        assert_eq!(link.push(millis(1), 0, &datagram), Verdict::QueueFull);
        count
    };
    assert_eq!(fill(1), MAX_HELD);
    assert_eq!(fill(16_000), MAX_HELD_BYTES / 16_000);
}
