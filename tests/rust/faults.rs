//! Sockets that refuse to send or to read, and clocks that jump: reliable packets arrive complete and in order, or
//! both ends are told that the connection ended.

mod pair;

use std::io::{self, ErrorKind};
use std::time::Duration;

use enet_net::Mishap;
use enet_proto::Cause;
use pair::{PACKETS, Pair};

/// Error numbers of Linux. Those without a kind of their own can only be made from the number.
const EPERM: i32 = 1;
const ENOMEM: i32 = 12;
const EMSGSIZE: i32 = 90;
const ENETUNREACH: i32 = 101;
const ENOBUFS: i32 = 105;

const ERRORS: [i32; 5] = [EPERM, ENOMEM, EMSGSIZE, ENETUNREACH, ENOBUFS];

fn system(number: i32) -> io::Error {
    io::Error::from_raw_os_error(number)
}

fn full() -> io::Error {
    ErrorKind::WouldBlock.into()
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn datagrams_that_the_system_refuses_are_sent_again() {
    for number in ERRORS {
        let mut pair = Pair::connected(300 + number as u64);
        let mut random = sim::Random::new(1);
        for socket in &pair.sockets {
            let mut random = sim::Random::new(random.number());
            socket.set_send(move |_, _| match random.chance(0.1) {
                true => Err(system(number)),
                false => Ok(()),
            });
        }
        pair.talk(seconds(5));
        pair.run_until(seconds(60), Pair::is_whole);
        pair.assert_whole();
        for (name, errors) in ["server", "client"].into_iter().zip(pair.socket_errors()) {
            assert!(errors > 10, "{name}: {errors} errors with number {number}");
        }
    }
}

/// Each retransmission waits twice as long as the one before, and ENet gives up after 5 s: an outage may take no more
/// than half of that.
#[test]
fn a_full_send_buffer_delays_what_is_reliable() {
    let mut pair = Pair::connected(310);
    for end in [0, 1] {
        pair.talk(seconds(1));
        let since = pair.now();
        pair.sockets[end].set_send(move |now, _| match now < since + seconds(2) {
            true => Err(full()),
            false => Ok(()),
        });
        pair.talk(seconds(4));
    }
    pair.run_until(seconds(60), Pair::is_whole);
    pair.assert_whole();
    assert!(pair.socket_errors().iter().all(|&errors| errors > 0));
}

/// The send buffer takes six datagrams of a burst of fragments. The others are lost, again and again.
#[test]
fn a_send_buffer_for_few_datagrams_lets_large_packets_pass() {
    let mut pair = Pair::connected(311);
    for socket in &pair.sockets {
        let mut at = Duration::ZERO;
        let mut count = 0;
        socket.set_send(move |now, _| {
            count = if now == at { count + 1 } else { 1 };
            at = now;
            if count > 6 { Err(full()) } else { Ok(()) }
        });
    }
    for end in [0, 1] {
        for _ in 0..2 {
            pair.send(end, 10_000);
        }
    }
    pair.run_until(seconds(60), Pair::is_whole);
    pair.assert_whole();
    assert!(pair.socket_errors().iter().all(|&errors| errors > 5));
}

#[test]
fn a_socket_that_refuses_everything_ends_in_a_timeout_at_both_ends() {
    for number in [EPERM, ENOBUFS] {
        for end in [0, 1] {
            let mut pair = Pair::connected(320 + end as u64);
            pair.talk(seconds(1));
            pair.sockets[end].set_send(move |_, _| Err(system(number)));
            pair.talk(seconds(1));
            pair.run_until(seconds(60), Pair::is_told);
            pair.assert_told();
        }
    }
}

#[test]
fn failures_to_read_lose_nothing() {
    for number in [EPERM, ENOMEM, ENOBUFS] {
        let mut pair = Pair::connected(330);
        for socket in &pair.sockets {
            let mut random = sim::Random::new(5);
            socket.set_receive(move |_| match random.chance(0.5) {
                true => Err(system(number)),
                false => Ok(()),
            });
        }
        pair.talk(seconds(5));
        pair.run_until(seconds(60), Pair::is_whole);
        pair.assert_whole();
        assert!(pair.socket_errors().iter().all(|&errors| errors > 100));
    }
}

#[test]
fn a_socket_that_cannot_be_read_any_more_ends_in_a_timeout_at_both_ends() {
    let mut pair = Pair::connected(331);
    pair.talk(seconds(1));
    pair.sockets[0].set_receive(|_| Err(system(ENOMEM)));
    pair.talk(seconds(1));
    pair.run_until(seconds(60), Pair::is_told);
    pair.assert_told();
}

/// The wire has 16 bits of a time in milliseconds, and C takes differences of a day for overflows.
const JUMPS: [u64; 4] = [3600, 10 * 3600, 30 * 3600, 60 * 24 * 3600];

/// Clocks that continue while a machine sleeps do so.
#[test]
fn a_clock_that_jumps_ahead_ends_no_idle_connection() {
    for jump in JUMPS {
        for end in [0, 1] {
            let mut pair = Pair::connected(340 + end as u64);
            pair.run(seconds(2));
            pair.jump_ahead(end, seconds(jump));
            let before = pair.datagrams();
            pair.run(seconds(2));
            let sent = pair.datagrams() - before;
            assert!(sent < 50, "{sent} datagrams after a jump of {jump} s");
            pair.talk(seconds(3));
            pair.run_until(seconds(60), Pair::is_whole);
            pair.assert_whole();
        }
    }
}

/// A machine that sleeps hears nothing meanwhile, and the other end gives up.
#[test]
fn a_machine_that_sleeps_for_hours_learns_that_its_connection_is_lost() {
    for jump in JUMPS {
        for end in [0, 1] {
            let mut pair = Pair::connected(345 + end as u64);
            pair.talk(seconds(1));
            pair.fall_asleep(end, true);
            pair.run_until(seconds(120), |pair| pair.is_told_at(1 - end));
            pair.fall_asleep(end, false);
            pair.jump_ahead(end, seconds(jump));
            let before = pair.datagrams();
            pair.talk(seconds(1));
            pair.run_until(seconds(60), Pair::is_told);
            pair.assert_told();
            let sent = pair.datagrams() - before;
            assert!(sent < 200, "{sent} datagrams after {jump} s");
        }
    }
}

#[test]
fn a_socket_that_is_lost_ends_the_connections_of_its_host_with_a_cause() {
    for end in [0, 1] {
        let mut pair = Pair::connected(380 + end as u64);
        pair.talk(seconds(1));
        pair.sockets[end].set_mishap(Mishap::Reopened(system(EPERM)));
        pair.talk(seconds(1));
        pair.run_until(seconds(60), Pair::is_whole);
        pair.assert_whole();
        pair.sockets[end].set_send(|_, _| Err(system(ENOMEM)));
        pair.sockets[end].set_mishap(Mishap::Lost(system(ENOMEM)));
        let since = pair.now();
        pair.run_until(seconds(60), |pair| pair.is_told_at(end));
        assert!(pair.now() - since < seconds(1), "at once");
        pair.run_until(seconds(60), Pair::is_told);
        pair.assert_told();
        let other = [Cause::Timeout, Cause::Timeout];
        let mut causes = other.map(Some);
        causes[end] = Some(Cause::Socket);
        assert_eq!(pair.causes(), causes);
        let trouble = pair.socket_trouble(end);
        assert_eq!((trouble.reopened, trouble.lost), (1, 1));
        let text = system(ENOMEM).to_string();
        assert_eq!(trouble.cause, Some(text));
    }
}

#[test]
fn a_clock_that_jumps_an_hour_ahead_with_packets_in_flight_ends_in_nothing_unsaid() {
    for end in [0, 1] {
        for milliseconds in (0..100).step_by(5) {
            let mut pair = Pair::connected(350 + end as u64);
            pair.talk(seconds(1));
            pair.talk(Duration::from_millis(milliseconds));
            pair.jump_ahead(end, seconds(3600));
            pair.talk(seconds(1));
            pair.run_until(seconds(60), |pair| pair.is_whole() || pair.is_told());
            match pair.is_told() {
                true => pair.assert_told(),
                false => pair.assert_whole(),
            }
        }
    }
}

/// The host takes the latest time that it was told: its timers stand still until the clock has caught up.
#[test]
fn a_clock_that_goes_back_delays_only_what_was_lost() {
    for end in [0, 1] {
        let mut pair = Pair::connected(360 + end as u64);
        pair.talk(seconds(2));
        pair.jump_back(end, seconds(2));
        pair.talk(seconds(6));
        pair.run_until(seconds(60), Pair::is_whole);
        pair.assert_whole();
        assert!(pair.sent(0) + pair.sent(1) > 2 * PACKETS as usize);
    }
}

#[test]
fn a_clock_that_goes_back_an_hour_stops_no_delivery_on_a_good_network() {
    for end in [0, 1] {
        let mut pair = Pair::connected(370 + end as u64);
        pair.run(seconds(4000));
        pair.jump_back(end, seconds(3600));
        pair.talk(seconds(60));
        pair.run_until(seconds(1), Pair::is_whole);
        pair.assert_whole();
    }
}
