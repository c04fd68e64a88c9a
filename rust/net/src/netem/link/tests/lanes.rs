//! Addresses with conditions of their own.

use super::*;

const FAR: u32 = 1;
const OTHER: u32 = 2;

fn slow(latency: u64) -> Conditions {
    Conditions {
        latency: millis(latency),
        ..Conditions::default()
    }
}

#[test]
fn they_take_the_place_of_those_of_all() {
    let mut link = link(1, slow(10));
    link.set_lanes(Time::ZERO, [(FAR, 7, slow(50))]);
    for address in [FAR, OTHER] {
        assert_eq!(link.push(Time::ZERO, address, b""), Verdict::Passed);
    }
    assert_eq!(drain(&mut link), [(millis(10), OTHER), (millis(50), FAR)]);
    // What is on its way keeps its fate.
    link.push(millis(60), FAR, b"");
    link.set_lanes(millis(60), []);
    link.push(millis(60), FAR, b"");
    assert_eq!(drain(&mut link), [(millis(70), FAR), (millis(110), FAR)]);
}

#[test]
fn a_link_with_a_treated_address_is_opaque() {
    let mut link = Link::new(1);
    link.set_lanes(Time::ZERO, [(FAR, 7, Conditions::default())]);
    assert!(link.is_transparent());
    link.set_lanes(Time::ZERO, [(FAR, 7, slow(1))]);
    assert!(!link.is_transparent());
    link.set_lanes(Time::ZERO, []);
    assert!(link.is_transparent());
}

#[test]
fn an_address_keeps_its_fates_whatever_happens_to_others() {
    let half = Conditions {
        loss: 0.5,
        ..Conditions::default()
    };
    let fates = |between: fn(&mut Link<u32>, u32)| {
        let mut link = link(1, half);
        link.set_lanes(Time::ZERO, [(FAR, 7, half)]);
        let fate = |number| {
            between(&mut link, number);
            link.push(Time::ZERO, FAR, b"") == Verdict::Lost
        };
        (0..1_000).map(fate).collect::<Vec<_>>()
    };
    let alone = fates(|_, _| {});
    let with_others = fates(|link, number| {
        link.push(Time::ZERO, OTHER, b"");
        link.set_lanes(Time::ZERO, [(FAR, 7, half_of(number)), (OTHER, 8, slow(1))]);
    });
    assert_eq!(alone, with_others);
    let begun_anew = fates(|link, number| {
        if number == 500 {
            link.set_lanes(Time::ZERO, [(FAR, 9, half_of(number))]);
        }
    });
    assert_eq!(alone[..500], begun_anew[..500]);
    assert_ne!(alone[500..], begun_anew[500..]);
}

fn half_of(_: u32) -> Conditions {
    Conditions {
        loss: 0.5,
        ..Conditions::default()
    }
}

#[test]
fn each_has_a_queue_of_its_own_and_a_new_rate_moves_its_own_datagrams() {
    let limited = |bytes| Conditions {
        rate: rate(bytes, 10_000),
        ..Conditions::default()
    };
    let mut link = link(1, limited(1_000));
    link.set_lanes(Time::ZERO, [(FAR, 7, limited(1_000))]);
    for address in [FAR, OTHER, FAR, OTHER] {
        link.push(Time::ZERO, address, &[0; 100]);
    }
    link.set_lanes(Time::ZERO, [(FAR, 7, limited(10_000))]);
    let expected = [
        (millis(10), FAR),
        (millis(20), FAR),
        (millis(100), OTHER),
        (millis(200), OTHER),
    ];
    assert_eq!(drain(&mut link), expected);
}

#[test]
fn a_new_seed_begins_anew() {
    let half = half_of(0);
    let lost = |link: &mut Link<u32>| {
        let fate = |number| link.push(Time::ZERO, number, b"") == Verdict::Lost;
        (0..100).map(fate).collect::<Vec<_>>()
    };
    let mut link = link(1, half);
    let first = lost(&mut link);
    assert_ne!(lost(&mut link), first);
    link.set_seed(1);
    assert_eq!(lost(&mut link), first);
}
