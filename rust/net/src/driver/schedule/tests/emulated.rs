//! A thread that serves alone while a network is emulated.

use super::super::watch::TRUST;
use super::*;

fn emulated(mut schedule: Schedule) -> Schedule {
    schedule.set_emulated(true);
    schedule
}

#[test]
fn it_does_not_stand_by() {
    for is_emulated in [false, true] {
        let mut schedule = working();
        schedule.set_emulated(is_emulated);
        let mut at = START;
        while at < START + TRUST + ms(100).saturating_sub(START) {
            at += Time::from_millis(16);
            schedule.on_poll(at, 0, false);
        }
        let next = schedule.after_round(at, idle_until(FAR));
        assert_eq!(next == Next::Rest, !is_emulated, "{next:?}");
        assert_eq!(schedule.is_thread_alone(), is_emulated);
    }
}

#[test]
fn it_does_not_pause_and_sleeps_until_a_datagram_is_due() {
    let mut schedule = emulated(working());
    let due = ms(7);
    let round = Round {
        next_timer: due,
        ..arrived(2)
    };
    assert_eq!(schedule.after_round(START, round), Next::Sleep(due));
    // A socket that fails would end each sleep at once.
    let failed = Round {
        has_failed: true,
        ..idle_until(due)
    };
    let mut schedule = emulated(working());
    let next = schedule.after_round(START, failed);
    assert_eq!(next, Next::Pause(START + SHORT_PAUSE));
}

#[test]
fn it_sends_what_the_owner_flushes() {
    let mut schedule = emulated(sleeping());
    assert_eq!(schedule.on_queue(START, 0), Wake::Sleep);
    assert_eq!(schedule.on_flush(START, 1, true), Sender::Thread(Wake::No));
    assert!(schedule.begin_sending(START));
    let mut schedule = working();
    assert_eq!(schedule.on_queue(START, 0), Wake::No);
    assert_eq!(schedule.on_flush(START, 1, true), Sender::Owner);
}

#[test]
fn without_a_thread_or_with_an_owner_that_is_gone_the_owner_reads() {
    assert!(!emulated(Schedule::default()).is_thread_alone());
    let mut schedule = emulated(working());
    assert!(schedule.is_thread_alone());
    schedule.set_stall_timeout(Some(Time::from_secs(1)));
    let next = schedule.after_round(ms(1001), idle_until(FAR));
    assert_eq!(next, Next::Rest);
    assert!(!schedule.is_thread_alone());
}

#[test]
fn a_new_thread_serves_alone_as_the_former_one_did() {
    let mut schedule = emulated(working());
    schedule.on_stop();
    schedule.on_end();
    schedule.on_start();
    schedule.on_first_call(START);
    assert!(schedule.is_thread_alone());
}
