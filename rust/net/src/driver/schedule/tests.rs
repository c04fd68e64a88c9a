//! Every transition of the schedule, on simulated time.

use super::*;

mod emulated;
mod hands;

const START: Time = Time::from_secs(100);
const FAR: Time = Time::from_secs(200);

fn ms(millis: u64) -> Time {
    START + Time::from_millis(millis)
}

/// A thread that has begun.
fn working() -> Schedule {
    let mut schedule = Schedule::default();
    schedule.on_start();
    assert!(schedule.is_starting());
    schedule.on_first_call(START);
    assert!(!schedule.is_starting());
    schedule
}

fn idle_until(next_timer: Time) -> Round {
    Round {
        next_timer,
        ..Round::default()
    }
}

fn arrived(count: usize) -> Round {
    Round {
        arrived: count,
        ..idle_until(FAR)
    }
}

/// A thread that sleeps until its timer.
fn sleeping() -> Schedule {
    let mut schedule = working();
    let next = schedule.after_round(START, idle_until(FAR));
    assert_eq!(next, Next::Sleep(FAR));
    schedule
}

fn paused() -> Schedule {
    let mut schedule = working();
    let next = schedule.after_round(START, arrived(2));
    assert_eq!(next, Next::Pause(START + SHORT_PAUSE));
    assert!(schedule.may_pause());
    schedule
}

#[test]
fn an_inline_host_wakes_nobody() {
    let mut schedule = Schedule::default();
    assert_eq!(schedule.on_call(), Wake::No);
    assert_eq!(schedule.on_queue(START, MANY_DATAGRAMS), Wake::No);
    assert!(!schedule.has_unflushed());
}

#[test]
fn a_thread_that_waits_for_the_first_call_is_left_alone() {
    let mut schedule = Schedule::default();
    schedule.on_start();
    assert_eq!(schedule.on_call(), Wake::No);
    assert_eq!(schedule.on_queue(START, 1), Wake::No);
    schedule.on_first_call(START);
    assert!(!schedule.begin_sending(START), "packets wait for the flush");
}

#[test]
fn queued_packets_wake_a_long_sleeper_once() {
    let mut schedule = sleeping();
    assert_eq!(schedule.on_queue(START, 0), Wake::Sleep);
    assert_eq!(schedule.on_queue(ms(1), 0), Wake::No);
    assert!(schedule.has_unflushed());
    // The thread that was woken finds them too young, and comes back when they are not.
    assert!(!schedule.begin_sending(ms(1)));
    let next = schedule.after_round(ms(1), idle_until(FAR));
    assert_eq!(next, Next::Sleep(START + COALESCING_TIME));
    schedule.on_resume(START);
    assert!(schedule.begin_sending(START + COALESCING_TIME));
    assert!(!schedule.has_unflushed());
}

#[test]
fn queued_packets_leave_a_napper_alone() {
    let mut schedule = working();
    assert_eq!(schedule.on_queue(START, 0), Wake::No);
    assert_eq!(schedule.on_flush(START, 1, true), Sender::Owner);
    let next = schedule.after_round(START, idle_until(FAR));
    assert_eq!(next, Next::Sleep(START + NAP));
    assert_eq!(schedule.on_queue(ms(16), 0), Wake::No);
    assert_eq!(schedule.after_owner_sent(ms(16)), Wake::No);
}

#[test]
fn naps_end_with_the_owners_habit() {
    let mut schedule = working();
    assert_eq!(schedule.on_queue(START, 0), Wake::No);
    assert_eq!(schedule.on_flush(START, 1, true), Sender::Owner);
    let later = START + OWNER_HABIT;
    assert_eq!(
        schedule.after_round(later, idle_until(FAR)),
        Next::Sleep(FAR)
    );
}

#[test]
fn many_full_datagrams_leave_before_the_flush() {
    for (mut schedule, wake) in [
        (sleeping(), Wake::Sleep),
        (paused(), Wake::Pause),
        (working(), Wake::No),
    ] {
        assert_eq!(schedule.on_queue(START, MANY_DATAGRAMS), wake);
        assert_eq!(schedule.on_queue(START, MANY_DATAGRAMS + 1), Wake::No);
        assert!(!schedule.may_pause());
        // Full datagrams leave; the rest still waits for the flush.
        assert!(!schedule.begin_sending(START));
        assert!(schedule.has_unflushed());
    }
}

#[test]
fn full_datagrams_forbid_rest() {
    let mut schedule = working();
    assert_eq!(schedule.on_queue(START, MANY_DATAGRAMS), Wake::No);
    assert_eq!(schedule.after_round(START, idle_until(FAR)), Next::Continue);
}

#[test]
fn a_flush_without_anything_to_send_does_nothing() {
    let mut schedule = sleeping();
    assert_eq!(schedule.on_flush(START, 0, true), Sender::Nobody);
    // Nor does it count as a habit.
    assert_eq!(
        schedule.after_round(START, idle_until(FAR)),
        Next::Sleep(FAR)
    );
}

#[test]
fn few_datagrams_are_the_owners() {
    let mut schedule = sleeping();
    assert_eq!(schedule.on_flush(START, FEW_DATAGRAMS, true), Sender::Owner);
    assert!(!schedule.has_unflushed());
    // The thread would sleep past a retransmission.
    assert_eq!(schedule.after_owner_sent(START), Wake::Sleep);
    assert_eq!(schedule.after_owner_sent(START), Wake::No);
}

#[test]
fn many_datagrams_and_a_busy_socket_are_the_threads() {
    for (unsent, can_send) in [(FEW_DATAGRAMS + 1, true), (1, false)] {
        let mut schedule = sleeping();
        assert_eq!(
            schedule.on_flush(START, unsent, can_send),
            Sender::Thread(Wake::Sleep)
        );
        assert_eq!(schedule.on_queue(START, MANY_DATAGRAMS), Wake::No);
        assert!(schedule.begin_sending(START));

        let mut schedule = paused();
        assert_eq!(
            schedule.on_flush(START, unsent, can_send),
            Sender::Thread(Wake::Pause)
        );
        assert!(!schedule.may_pause());

        // A thread between its round and its rest does not rest.
        let mut schedule = working();
        assert_eq!(
            schedule.on_flush(START, unsent, can_send),
            Sender::Thread(Wake::No)
        );
        assert_eq!(schedule.after_round(START, idle_until(FAR)), Next::Continue);
    }
}

#[test]
fn calls_are_carried_out_at_once() {
    for (mut schedule, wake) in [
        (sleeping(), Wake::Sleep),
        (paused(), Wake::Pause),
        (working(), Wake::No),
    ] {
        assert_eq!(schedule.on_call(), wake);
        assert!(!schedule.may_pause());
        assert!(schedule.begin_sending(START));
    }
}

#[test]
fn answers_to_what_a_poll_read_need_no_flush() {
    let mut schedule = sleeping();
    schedule.on_poll(START, 0, false);
    assert_eq!(schedule.after_poll(START, false), Wake::No);
    assert_eq!(schedule.after_poll(START, true), Wake::Sleep);
    assert!(schedule.begin_sending(START + COALESCING_TIME));
}

#[test]
fn pauses_are_long_while_the_owner_polls() {
    let mut schedule = working();
    schedule.on_poll(START, 0, false);
    let next = schedule.after_round(START, arrived(2));
    assert_eq!(next, Next::Pause(START + LONG_PAUSE));
    schedule.on_resume(START);
    // An owner that blocks in a wait does not read.
    schedule.on_wait();
    let next = schedule.after_round(ms(5), arrived(2));
    assert_eq!(next, Next::Pause(ms(5) + SHORT_PAUSE));
}

#[test]
fn single_datagrams_pause_the_thread_only_in_quick_succession() {
    let mut schedule = working();
    assert_eq!(schedule.after_round(START, arrived(1)), Next::Sleep(FAR));
    let soon = START + SHORT_PAUSE / 2;
    schedule.on_resume(START);
    assert_eq!(
        schedule.after_round(soon, arrived(1)),
        Next::Pause(soon + SHORT_PAUSE)
    );
    schedule.on_resume(START);
    assert_eq!(schedule.after_round(ms(10), arrived(1)), Next::Sleep(FAR));
}

#[test]
fn a_socket_that_fails_keeps_no_processor_busy() {
    let mut schedule = working();
    let round = Round {
        has_failed: true,
        ..idle_until(FAR)
    };
    assert_eq!(
        schedule.after_round(START, round),
        Next::Pause(START + SHORT_PAUSE)
    );
}

#[test]
fn unfinished_rounds_are_continued() {
    let mut schedule = working();
    let round = Round {
        is_unfinished: true,
        arrived: 128,
        ..idle_until(FAR)
    };
    assert_eq!(schedule.after_round(START, round), Next::Continue);
}

#[test]
fn stopping_ends_every_rest_and_flushes() {
    for (mut schedule, wake) in [
        (sleeping(), Wake::Sleep),
        (paused(), Wake::Pause),
        (working(), Wake::No),
    ] {
        assert_eq!(schedule.on_stop(), wake);
        assert!(schedule.is_stopping() && !schedule.may_pause());
        assert_eq!(schedule.on_queue(START, 0), Wake::No);
        assert!(schedule.begin_sending(START), "packets do not stay behind");
    }
}

#[test]
fn a_thread_ends_after_a_round_that_sent_everything() {
    let mut schedule = working();
    assert!(schedule.begin_sending(START));
    // The order comes while it sends: there may be more to send.
    assert_eq!(schedule.on_stop(), Wake::No);
    assert_eq!(schedule.after_round(START, arrived(2)), Next::Continue);
    let last = Round {
        is_last: true,
        ..idle_until(FAR)
    };
    let unfinished = Round {
        is_unfinished: true,
        ..last
    };
    assert_eq!(schedule.after_round(START, unfinished), Next::Continue);
    assert_eq!(schedule.after_round(START, last), Next::Stop);
    schedule.on_end();
    assert_eq!(schedule.on_call(), Wake::No);
}

#[test]
fn a_stop_before_the_first_call_ends_the_thread() {
    let mut schedule = Schedule::default();
    schedule.on_start();
    assert_eq!(schedule.on_stop(), Wake::No);
    assert!(!schedule.is_starting() && schedule.is_stopping());
}

/// An owner that has polled once, and a sign each second that its frames go by, from the first second on.
fn with_frames(schedule: &mut Schedule, seconds: std::ops::RangeInclusive<u64>) -> Wake {
    let waking = |second| schedule.on_frames(ms(1000 * second));
    seconds.map(waking).fold(Wake::No, Wake::or)
}

#[test]
fn an_owner_whose_frames_go_by_without_a_poll_has_left() {
    let mut schedule = sleeping();
    assert_eq!(with_frames(&mut schedule, 1..=3), Wake::No);
    assert!(!schedule.on_resume(ms(3000)));
    let mut schedule = sleeping();
    assert_eq!(with_frames(&mut schedule, 1..=4), Wake::Sleep);
    assert!(schedule.on_resume(ms(4000)));
    assert_eq!(schedule.after_round(ms(4000), arrived(3)), Next::Rest);
    assert!(schedule.is_stalled());
    assert_eq!(with_frames(&mut schedule, 6..=9), Wake::No);
    // It comes back.
    assert_eq!(schedule.on_poll(ms(9500), 0, false), Wake::Pause);
    assert!(!schedule.on_resume(ms(9500)));
    assert_ne!(schedule.after_round(ms(9500), arrived(0)), Next::Rest);
}

#[test]
fn an_owner_that_loads_or_polls_has_not_left() {
    // No frames go by, then a few of several objects at once.
    let mut schedule = sleeping();
    for _ in 0..20 {
        assert_eq!(schedule.on_frames(ms(30_000)), Wake::No);
    }
    assert!(!schedule.on_resume(ms(30_000)));
    // It polls, or gives another sign of life, now and then.
    for is_poll in [true, false] {
        let mut schedule = working();
        for second in 1..40 {
            schedule.on_frames(ms(1000 * second));
            if second % 3 == 0 && is_poll {
                schedule.on_poll(ms(1000 * second), 0, false);
            } else if second % 3 == 0 {
                schedule.on_sign_of_life(ms(1000 * second));
            }
            assert!(!schedule.on_resume(ms(1000 * second)), "{second}");
        }
    }
    // It waits for an event.
    let mut schedule = working();
    schedule.on_wait();
    with_frames(&mut schedule, 1..=9);
    assert!(!schedule.on_resume(ms(9000)));
}

#[test]
fn a_host_is_attended_while_its_owner_is_not_late() {
    assert!(Schedule::default().is_attended(FAR), "the owner serves it");
    let mut schedule = working();
    assert!(schedule.is_attended(ms(199)));
    assert!(!schedule.is_attended(ms(200)));
    schedule.on_sign_of_life(ms(300));
    assert!(schedule.is_attended(ms(400)) && !schedule.is_attended(ms(500)));
    schedule.on_poll(ms(1000), 0, false);
    assert!(schedule.is_attended(ms(1100)));
    schedule.on_wait();
    assert!(schedule.is_attended(FAR));
}
