//! Wrapped transports: a fake one in simulated time, and the system's.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use super::*;
use crate::netem::{Conditions, Emulator};

mod hosts;
mod running;

const REMOTE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7);

fn millis(millis: u64) -> Time {
    Time::from_millis(millis)
}

/// A socket that tests look into, and its clock.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    now: Time,
    /// In the order of their arrival.
    arriving: VecDeque<(Time, Vec<u8>)>,
    sent: Vec<(Time, Vec<u8>)>,
    refuses: bool,
    waits: usize,
    batches: usize,
}

impl Fake {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic")
    }

    /// The fake with an emulated network before it.
    fn wrapped(&self, seed: u64) -> (Emulator, Box<dyn Transport>) {
        let clock = self.clone();
        let emulator = Emulator::new(seed, Arc::new(move || clock.state().now));
        let wrapped = emulator.wrap(Box::new(self.clone()));
        (emulator, wrapped)
    }

    fn arrive(&self, at: Time, datagram: &[u8]) {
        self.state().arriving.push_back((at, datagram.to_vec()));
    }

    fn pass(&self, time: Duration) {
        self.state().now += time;
    }

    fn sent(&self) -> Vec<(Time, Vec<u8>)> {
        std::mem::take(&mut self.state().sent)
    }
}

impl State {
    fn has_arrived(&self) -> bool {
        let next = self.arriving.front();
        next.is_some_and(|&(at, _)| at <= self.now)
    }
}

impl Transport for Fake {
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        assert_eq!(to, REMOTE);
        let mut state = self.state();
        if state.refuses {
            return Err(io::ErrorKind::HostUnreachable.into());
        }
        let now = state.now;
        state.sent.push((now, datagram.to_vec()));
        Ok(())
    }

    fn send_batch(&mut self, to: SocketAddr, datagrams: &[u8], size: usize) -> usize {
        self.state().batches += 1;
        let sent = datagrams.chunks(size).map(|one| self.send(to, one));
        sent.filter(Result::is_ok).count()
    }

    fn largest_batch(&self) -> usize {
        8
    }

    fn receive(&mut self, take: Taker<'_>) -> io::Result<usize> {
        let mut state = self.state();
        if !state.has_arrived() {
            return Ok(0);
        }
        let datagram = state.arriving.pop_front();
        drop(state);
        take(REMOTE, &datagram.expect("arrived").1);
        Ok(1)
    }

    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        let mut state = self.state();
        state.waits += 1;
        let end = state.now.saturating_add(timeout);
        let next = state.arriving.front().map(|&(at, _)| at);
        state.now = next.map_or(end, |at| at.clamp(state.now, end));
        Ok(state.has_arrived())
    }

    fn poller(&mut self) -> io::Result<(Box<dyn Poller>, Arc<dyn Waker>)> {
        let woken = Arc::<Woken>::default();
        Ok((Box::new(CountingPoller(Arc::clone(&woken))), woken))
    }

    fn buffer_sizes(&self) -> (usize, usize) {
        (11, 12)
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        Ok(REMOTE)
    }
}

/// Counts the calls that wake it, and says so by a wait.
#[derive(Default)]
struct Woken(AtomicUsize);

struct CountingPoller(Arc<Woken>);

impl Poller for CountingPoller {
    fn wait(&mut self, _: Duration) -> io::Result<bool> {
        Ok(self.0.0.swap(0, Ordering::SeqCst) > 0)
    }
}

impl Waker for Woken {
    fn wake(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn received(transport: &mut dyn Transport) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let before = all.len();
        let count = transport.receive(&mut |from, datagram| {
            assert_eq!(from, REMOTE);
            all.push(datagram.to_vec());
        });
        let count = count.expect("no error");
        assert_eq!(all.len(), before + count);
        if count == 0 {
            return all;
        }
    }
}

fn latency(millis: u64) -> Conditions {
    Conditions {
        latency: Duration::from_millis(millis),
        ..Conditions::default()
    }
}

const LOST: Conditions = Conditions {
    latency: Duration::ZERO,
    jitter: Duration::ZERO,
    loss: 1.0,
    bursts: None,
    duplication: 0.0,
    reordering: 0.0,
    reordering_delay: Duration::ZERO,
    rate: None,
    mtu: None,
};

#[test]
fn without_conditions_all_passes_through() {
    let fake = Fake::default();
    let (_, mut wrapped) = fake.wrapped(1);
    wrapped.send(REMOTE, b"one").expect("sent");
    assert_eq!(wrapped.send_batch(REMOTE, b"twotwo", 3), 2);
    assert_eq!(fake.state().batches, 1);
    assert_eq!(fake.sent().len(), 3);
    fake.arrive(millis(2), b"three");
    assert!(wrapped.wait(millis(5)).expect("no error"));
    assert_eq!(fake.state().now, millis(2));
    assert_eq!(received(&mut *wrapped), [b"three"]);
    assert!(!wrapped.wait(millis(5)).expect("no error"));
    assert_eq!(fake.state().now, millis(7));
    assert_eq!(wrapped.next_due(), None);
    assert_eq!(wrapped.largest_batch(), 8);
    assert_eq!(wrapped.buffer_sizes(), (11, 12));
    assert_eq!(wrapped.local_address().expect("known"), REMOTE);
    fake.state().refuses = true;
    assert!(wrapped.send(REMOTE, b"four").is_err());
}

#[test]
fn sent_datagrams_leave_when_they_are_due() {
    let fake = Fake::default();
    let (emulator, mut wrapped) = fake.wrapped(1);
    emulator.set_outgoing(latency(20));
    wrapped.send(REMOTE, b"one").expect("sent");
    fake.pass(millis(5));
    assert_eq!(wrapped.send_batch(REMOTE, b"twothree!", 3), 3);
    assert_eq!(wrapped.next_due(), Some(millis(20)));
    assert_eq!(fake.sent(), []);
    fake.pass(millis(15));
    assert_eq!(received(&mut *wrapped), [[0; 0]; 0]);
    assert_eq!(fake.sent(), [(millis(20), b"one".to_vec())]);
    assert_eq!(wrapped.next_due(), Some(millis(25)));
    // The wait is not for these.
    assert!(!wrapped.wait(millis(30)).expect("no error"));
    assert_eq!(fake.state().now, millis(50));
    let parts = [b"two", b"thr", b"ee!"];
    let expected = parts.map(|part| (millis(25), part.to_vec()));
    assert_eq!(fake.sent(), expected);
    assert_eq!(wrapped.next_due(), None);
}

#[test]
fn received_datagrams_come_when_they_are_due() {
    let fake = Fake::default();
    let (emulator, mut wrapped) = fake.wrapped(1);
    emulator.set_incoming(latency(20));
    fake.arrive(millis(3), b"one");
    fake.arrive(millis(4), b"two");
    assert!(wrapped.wait(Duration::MAX).expect("no error"));
    assert_eq!(fake.state().now, millis(23));
    assert_eq!(received(&mut *wrapped), [b"one"]);
    assert_eq!(wrapped.next_due(), Some(millis(24)));
    assert!(wrapped.wait(millis(1)).expect("no error"));
    assert_eq!(fake.state().now, millis(24));
    assert_eq!(received(&mut *wrapped), [b"two"]);
}

#[test]
fn more_datagrams_than_one_call_hands_out_come_in_order() {
    let fake = Fake::default();
    let (emulator, mut wrapped) = fake.wrapped(1);
    emulator.set_incoming(latency(1));
    let expected: Vec<_> = (0..1_000u32).map(|n| n.to_be_bytes().to_vec()).collect();
    for datagram in &expected {
        fake.arrive(Time::ZERO, datagram);
    }
    let mut all = Vec::new();
    while all.len() < expected.len() {
        assert!(wrapped.wait(millis(5)).expect("no error"));
        all.extend(received(&mut *wrapped));
    }
    assert_eq!(all, expected);
}

#[test]
fn each_direction_has_conditions_of_its_own() {
    let fake = Fake::default();
    let (emulator, mut wrapped) = fake.wrapped(1);
    let exchange = |wrapped: &mut dyn Transport| {
        wrapped.send(REMOTE, b"out").expect("sent");
        fake.arrive(Time::ZERO, b"in");
        let arrived = received(wrapped).len();
        (fake.sent().len(), arrived)
    };
    assert_eq!(exchange(&mut *wrapped), (1, 1));
    emulator.set_outgoing(LOST);
    assert_eq!(emulator.conditions(), (LOST, Conditions::default()));
    assert_eq!(exchange(&mut *wrapped), (0, 1));
    emulator.set_conditions(Conditions::default());
    emulator.set_incoming(LOST);
    assert_eq!(exchange(&mut *wrapped), (1, 0));
    emulator.set_conditions(LOST);
    assert_eq!(exchange(&mut *wrapped), (0, 0));
    emulator.set_conditions(Conditions::default());
    assert_eq!(exchange(&mut *wrapped), (1, 1));
}

#[test]
fn the_same_seed_gives_the_same_fate_and_transports_have_fates_of_their_own() {
    let half = Conditions { loss: 0.5, ..LOST };
    let fate = |fake: &Fake, wrapped: &mut dyn Transport| {
        for number in 0..100 {
            wrapped.send(REMOTE, &[number]).expect("sent");
            fake.arrive(Time::ZERO, &[number]);
        }
        let sent: Vec<_> = fake.sent().into_iter().map(|(_, bytes)| bytes).collect();
        (sent, received(wrapped))
    };
    let fates = |seed| {
        let fake = Fake::default();
        let (emulator, mut first) = fake.wrapped(seed);
        emulator.set_conditions(half);
        let mut second = emulator.wrap(Box::new(fake.clone()));
        [fate(&fake, &mut *first), fate(&fake, &mut *second)]
    };
    let [first, second] = fates(9);
    assert_eq!(fates(9), [first.clone(), second.clone()]);
    assert_ne!(first, second);
    assert_ne!(first.0, first.1, "the directions differ");
    assert_ne!(fates(8), [first, second]);
}

#[test]
fn a_wait_for_lost_datagrams_lasts_and_sleeps() {
    let fake = Fake::default();
    let (emulator, mut wrapped) = fake.wrapped(1);
    emulator.set_incoming(LOST);
    for at in 0..10 {
        fake.arrive(millis(at), b"lost");
    }
    assert!(!wrapped.wait(millis(50)).expect("no error"));
    assert_eq!(fake.state().now, millis(50));
    let waits = fake.state().waits;
    assert!(waits <= 11, "{waits}");
}

#[test]
fn a_wait_without_a_timeout_only_looks() {
    let fake = Fake::default();
    let (emulator, mut wrapped) = fake.wrapped(1);
    emulator.set_conditions(latency(20));
    fake.arrive(Time::ZERO, b"one");
    assert!(!wrapped.wait(Duration::ZERO).expect("no error"));
    assert_eq!(fake.state().now, Time::ZERO);
    fake.pass(millis(20));
    assert!(wrapped.wait(Duration::ZERO).expect("no error"));
    assert_eq!(fake.state().now, millis(20));
    assert_eq!(received(&mut *wrapped), [b"one"]);
    assert!(!wrapped.wait(Duration::ZERO).expect("no error"));
}

#[test]
fn a_spike_holds_all_up_for_its_time() {
    let fake = Fake::default();
    let (emulator, mut wrapped) = fake.wrapped(1);
    fake.pass(millis(10));
    emulator.spike(millis(100));
    wrapped.send(REMOTE, b"out").expect("sent");
    fake.arrive(millis(50), b"in");
    assert!(wrapped.wait(Duration::MAX).expect("no error"));
    assert_eq!(fake.state().now, millis(110));
    assert_eq!(received(&mut *wrapped), [b"in"]);
    assert_eq!(fake.sent(), [(millis(110), b"out".to_vec())]);
    wrapped.send(REMOTE, b"next").expect("sent");
    assert_eq!(fake.sent().len(), 1);
    assert_eq!(wrapped.next_due(), None);
}

#[test]
fn a_cut_loses_all_for_its_time_and_zero_ends_it() {
    let fake = Fake::default();
    let (emulator, mut wrapped) = fake.wrapped(1);
    let passes = |wrapped: &mut dyn Transport| {
        wrapped.send(REMOTE, b"out").expect("sent");
        fake.arrive(Time::ZERO, b"in");
        let arrived = received(wrapped).len();
        assert_eq!(fake.sent().len(), arrived);
        arrived == 1
    };
    emulator.cut(millis(1_000));
    assert!(!passes(&mut *wrapped));
    fake.pass(millis(999));
    assert!(!passes(&mut *wrapped));
    fake.pass(millis(1));
    assert!(passes(&mut *wrapped));
    emulator.cut(Duration::MAX);
    assert!(!passes(&mut *wrapped));
    emulator.cut(Duration::ZERO);
    assert!(passes(&mut *wrapped));
}

#[test]
fn a_change_of_the_settings_wakes_a_network_thread() {
    let fake = Fake::default();
    let (emulator, mut wrapped) = fake.wrapped(1);
    let (mut poller, _waker) = wrapped.poller().expect("the fake has one");
    let mut is_woken = || poller.wait(Duration::ZERO).expect("no error");
    assert!(!is_woken());
    emulator.set_outgoing(latency(5));
    assert!(is_woken());
    emulator.spike(millis(5));
    assert!(is_woken());
    assert!(!is_woken());
}

#[test]
fn refused_datagrams_are_counted_and_told_where_they_leave_at_once() {
    let fake = Fake::default();
    let (emulator, mut wrapped) = fake.wrapped(1);
    fake.state().refuses = true;
    emulator.set_outgoing(latency(20));
    wrapped.send(REMOTE, b"late").expect("on its way");
    fake.pass(millis(20));
    assert_eq!(emulator.send_errors(), 0);
    assert_eq!(received(&mut *wrapped), [[0; 0]; 0]);
    assert_eq!(emulator.send_errors(), 1);
    let some_loss = Conditions {
        loss: f64::MIN_POSITIVE,
        ..LOST
    };
    emulator.set_outgoing(some_loss);
    let error = wrapped.send(REMOTE, b"now").expect_err("refused");
    assert_eq!(error.kind(), io::ErrorKind::HostUnreachable);
    assert_eq!(emulator.send_errors(), 2);
    assert_eq!(wrapped.send_batch(REMOTE, b"onetwo", 3), 0);
}

#[test]
fn sent_datagrams_leave_although_the_transport_is_dropped() {
    let fake = Fake::default();
    let (emulator, mut wrapped) = fake.wrapped(1);
    emulator.set_conditions(latency(1_000));
    wrapped.send(REMOTE, b"bye").expect("sent");
    assert_eq!(fake.sent(), []);
    drop(wrapped);
    assert_eq!(fake.sent(), [(Time::ZERO, b"bye".to_vec())]);
}
