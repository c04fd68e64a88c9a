//! Networks that are put under a transport in use, and taken away again.

use std::sync::atomic::AtomicUsize;

use super::*;
use crate::netem::RemoteConditions;

fn latency(millis: u64) -> Conditions {
    Conditions {
        latency: Duration::from_millis(millis),
        ..Conditions::default()
    }
}

/// A fake in use, and an emulator that counts the questions for the time.
fn wrapped() -> (Fake, Emulator, Box<dyn Transport>, Arc<AtomicUsize>) {
    let fake = Fake::default();
    let asked = Arc::<AtomicUsize>::default();
    let (clock, count) = (fake.clone(), Arc::clone(&asked));
    let emulator = Emulator::new(
        1,
        Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            clock.state().now
        }),
    );
    let mut transport: Box<dyn Transport> = Box::new(fake.clone());
    transport.send(REMOTE, b"before").expect("sent");
    emulator.wrap_in_place(&mut transport);
    (fake, emulator, transport, asked)
}

#[test]
fn a_network_that_is_off_reads_no_clock_and_passes_batches_on() {
    let (fake, emulator, mut transport, asked) = wrapped();
    emulator.set_conditions(latency(10));
    transport.send(REMOTE, b"late").expect("sent");
    assert_eq!(fake.sent().len(), 1, "only what was sent before");
    emulator.set_conditions(Conditions::default());
    fake.pass(millis(10));
    transport.receive(&mut |_, _| ()).expect("no error");
    assert_eq!(fake.sent(), [(millis(10), b"late".to_vec())]);
    let before = asked.load(Ordering::Relaxed);
    for _ in 0..100 {
        transport.send(REMOTE, b"now").expect("sent");
        assert_eq!(transport.send_batch(REMOTE, b"onetwo", 3), 2);
        transport.receive_batch(&mut |_, _| ()).expect("no error");
        transport.receive(&mut |_, _| ()).expect("no error");
    }
    assert_eq!(asked.load(Ordering::Relaxed), before);
    assert_eq!(fake.state().batches, 100);
    assert_eq!(fake.sent().len(), 300);
}

#[test]
fn an_emulator_is_active_while_it_treats_datagrams() {
    let (_, emulator, _, _) = wrapped();
    assert!(!emulator.is_active(Time::ZERO));
    for act in [
        |emulator: &Emulator| emulator.set_outgoing(latency(1)),
        |emulator: &Emulator| emulator.set_incoming(latency(1)),
        |emulator: &Emulator| emulator.set_remotes([remote(latency(1), Conditions::default())]),
        |emulator: &Emulator| emulator.set_remotes([remote(Conditions::default(), latency(1))]),
    ] {
        act(&emulator);
        assert!(emulator.is_active(Time::ZERO));
        emulator.set_conditions(Conditions::default());
        emulator.set_remotes([]);
        assert!(!emulator.is_active(Time::ZERO));
    }
    emulator.cut(millis(10));
    assert!(emulator.is_active(millis(9)) && !emulator.is_active(millis(10)));
    emulator.spike(millis(20));
    assert!(emulator.is_active(millis(19)) && !emulator.is_active(millis(20)));
}

fn remote(outgoing: Conditions, incoming: Conditions) -> RemoteConditions {
    RemoteConditions {
        address: REMOTE,
        seed: 3,
        outgoing,
        incoming,
    }
}

#[test]
fn one_remote_has_conditions_of_its_own_in_each_direction() {
    let (fake, emulator, mut transport, _) = wrapped();
    fake.sent();
    emulator.set_remotes([remote(latency(10), latency(30))]);
    transport.send(REMOTE, b"out").expect("sent");
    fake.arrive(Time::ZERO, b"in");
    let mut arrived = Vec::new();
    for _ in 0..4 {
        let now = fake.state().now;
        let take = &mut |_, datagram: &[u8]| arrived.push((now, datagram.to_vec()));
        transport.receive(take).expect("no error");
        fake.pass(millis(10));
    }
    assert_eq!(fake.sent(), [(millis(10), b"out".to_vec())]);
    assert_eq!(arrived, [(millis(30), b"in".to_vec())]);
}

#[test]
fn losses_of_all_causes_are_counted() {
    let (fake, emulator, mut transport, _) = wrapped();
    let lossy = Conditions {
        loss: 1.0,
        ..Conditions::default()
    };
    emulator.set_outgoing(lossy);
    transport.send(REMOTE, b"lost").expect("not told");
    assert_eq!(emulator.drops(), 1);
    let small = Conditions {
        mtu: Some(3),
        ..Conditions::default()
    };
    emulator.set_conditions(small);
    transport.send(REMOTE, b"large").expect("not told");
    transport.send(REMOTE, b"fit").expect("sent");
    assert_eq!(emulator.drops(), 2);
    emulator.cut(millis(5));
    fake.arrive(Time::ZERO, b"in");
    transport.receive(&mut |_, _| ()).expect("no error");
    assert_eq!(emulator.drops(), 3);
}

#[test]
fn the_seed_decides_the_fates_from_then_on() {
    let fates = |seed| {
        let (_, emulator, mut transport, _) = wrapped();
        emulator.set_outgoing(Conditions {
            loss: 0.5,
            ..Conditions::default()
        });
        emulator.set_seed(seed);
        let mut fate = || {
            let before = emulator.drops();
            transport.send(REMOTE, b"").expect("not told");
            emulator.drops() - before
        };
        (0..100).map(|_| fate()).collect::<Vec<_>>()
    };
    assert_eq!(fates(7), fates(7));
    assert_ne!(fates(7), fates(8));
}
