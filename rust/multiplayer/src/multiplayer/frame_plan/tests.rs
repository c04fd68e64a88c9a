//! What a plan decides in frames of games.

use super::*;

/// A game's frame: what its poll finds, and when it puts packets.
#[derive(Clone, Copy, Default)]
struct Frame {
    in_physics: u32,
    received: bool,
    acknowledges: bool,
    in_handlers: u32,
    reads_all: bool,
    late: u32,
}

/// Moments at which something left, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    AtPoll,
    AtPollEnd,
    AfterReading,
    AtPut,
    AtFrameEnd,
}

/// Plays a frame. Also says how many calls at the frame's end it took.
fn play(plan: &mut FramePlan, frame: Frame) -> (Vec<Left>, u32) {
    play_at(plan, frame, Time::ZERO, Time::ZERO)
}

/// The same with the times of the physics step and of the late part.
fn play_at(plan: &mut FramePlan, frame: Frame, physics: Time, late: Time) -> (Vec<Left>, u32) {
    let mut left = Vec::new();
    let mut calls = 0;
    let mut put = |plan: &mut FramePlan, left: &mut Vec<Left>, count: u32, now: Time| {
        for _ in 0..count {
            match plan.put(now) {
                Leave::Now => left.push(Left::AtPut),
                Leave::AtFrameEnd => calls += 1,
                Leave::Later => {}
            }
        }
    };
    put(plan, &mut left, frame.in_physics, physics);
    if plan.is_arranged() && plan.end_frame() {
        left.push(Left::AtFrameEnd);
    }
    let leaves_at_poll = plan.begin_poll();
    if leaves_at_poll {
        left.push(Left::AtPoll);
    }
    // What leaves with the poll takes its acknowledgements along.
    let has_unsent = frame.acknowledges && !leaves_at_poll;
    if plan.end_poll(has_unsent, frame.received) == Leave::Now {
        left.push(Left::AtPollEnd);
    }
    put(plan, &mut left, frame.in_handlers, late);
    if frame.reads_all && plan.end_reading() {
        left.push(Left::AfterReading);
    }
    put(plan, &mut left, frame.late, late);
    if plan.is_arranged() && plan.end_frame() {
        left.push(Left::AtFrameEnd);
    }
    (left, calls)
}

/// Plays the same frame until the plan knows it.
fn settled(frame: Frame) -> (FramePlan, Vec<Left>, u32) {
    let mut plan = FramePlan::default();
    for _ in 0..20 {
        play(&mut plan, frame);
    }
    let (left, calls) = play(&mut plan, frame);
    (plan, left, calls)
}

const READER: Frame = Frame {
    in_physics: 0,
    received: true,
    acknowledges: false,
    in_handlers: 0,
    reads_all: true,
    late: 0,
};

#[test]
fn nothing_to_send_takes_no_call() {
    let (_, left, calls) = settled(READER);
    assert_eq!((left, calls), (vec![], 0));
    let (_, left, calls) = settled(Frame::default());
    assert_eq!((left, calls), (vec![], 0));
}

#[test]
fn one_packet_a_frame_leaves_at_once_when_the_plan_knows_it() {
    let frame = Frame { late: 1, ..READER };
    let mut plan = FramePlan::default();
    for _ in 0..SINGLES {
        assert_eq!(play(&mut plan, frame), (vec![Left::AtFrameEnd], 1));
    }
    assert_eq!(play(&mut plan, frame), (vec![Left::AtPut], 0));
}

#[test]
fn several_late_packets_leave_together() {
    let frame = Frame { late: 3, ..READER };
    assert_eq!(settled(frame).1, vec![Left::AtFrameEnd]);
    assert_eq!(settled(frame).2, 1);
    // The first frame with more takes one datagram more, the second does not.
    let (mut plan, ..) = settled(Frame { late: 1, ..READER });
    let both = vec![Left::AtPut, Left::AtFrameEnd];
    assert_eq!(play(&mut plan, frame), (both, 1));
    assert_eq!(play(&mut plan, frame), (vec![Left::AtFrameEnd], 1));
    let single = Frame { late: 1, ..READER };
    assert_eq!(play(&mut plan, single), (vec![Left::AtFrameEnd], 1));
}

#[test]
fn the_same_number_of_late_packets_leaves_with_the_last_one_when_the_plan_knows_it() {
    let frame = Frame { late: 8, ..READER };
    let silent = READER;
    let mut plan = FramePlan::default();
    for _ in 0..REPEATS {
        assert_eq!(play(&mut plan, frame), (vec![Left::AtFrameEnd], 1));
        assert_eq!(play(&mut plan, silent), (vec![], 0));
    }
    for _ in 0..3 {
        assert_eq!(play(&mut plan, frame), (vec![Left::AtPut], 0));
        assert_eq!(play(&mut plan, silent), (vec![], 0));
    }
    // A client came: one datagram more, once.
    let more = Frame { late: 9, ..READER };
    let both = vec![Left::AtPut, Left::AtFrameEnd];
    assert_eq!(play(&mut plan, more), (both, 1));
    assert_eq!(play(&mut plan, more), (vec![Left::AtFrameEnd], 1));
}

#[test]
fn a_late_packet_that_is_missing_delays_the_others_once() {
    let frame = Frame { late: 8, ..READER };
    let fewer = Frame { late: 7, ..READER };
    let mut plan = FramePlan::default();
    let mut delayed = 0;
    for number in 0..10 * u32::from(REPEATS) {
        let left = match number % 9 {
            8 => play(&mut plan, fewer).0,
            _ => play(&mut plan, frame).0,
        };
        delayed += u32::from(left.is_empty());
    }
    assert_eq!(delayed, 0, "the number changes too often");
    for _ in 0..=REPEATS {
        play(&mut plan, frame);
    }
    assert_eq!(play(&mut plan, frame), (vec![Left::AtPut], 0));
    assert_eq!(play(&mut plan, fewer), (vec![], 0));
    let next = (vec![Left::AtPoll, Left::AtFrameEnd], 1);
    assert_eq!(play(&mut plan, fewer), next);
    assert_eq!(play(&mut plan, fewer), (vec![Left::AtFrameEnd], 1));
    // A client that leaves delays nothing.
    let (mut plan, ..) = settled(Frame { late: 8, ..READER });
    for _ in 0..REPEATS {
        play(&mut plan, frame);
    }
    plan.forget_usual();
    assert_eq!(play(&mut plan, fewer), (vec![Left::AtFrameEnd], 1));
}

#[test]
fn packets_of_a_physics_step_do_not_delay_those_of_the_frame_before() {
    let mut plan = FramePlan::default();
    let split = Frame {
        in_physics: 3,
        late: 5,
        ..READER
    };
    for _ in 0..3 * u32::from(REPEATS) {
        let (left, _) = play(&mut plan, split);
        assert_eq!(left, vec![Left::AtFrameEnd, Left::AtFrameEnd]);
    }
    // The same number as the plan knows, put elsewhere: the first frame is late, and no other.
    let mut now = Time::ZERO;
    let mut next = |plan: &mut FramePlan, frame| {
        now += Time::from_millis(16);
        play_at(plan, frame, now, now + Time::from_millis(1)).0
    };
    let whole = Frame { late: 8, ..READER };
    for _ in 0..2 * REPEATS {
        next(&mut plan, whole);
    }
    assert_eq!(next(&mut plan, whole), vec![Left::AtPut]);
    let first = Frame { late: 5, ..READER };
    assert_eq!(next(&mut plan, first), vec![]);
    for _ in 0..3 * u32::from(REPEATS) {
        let left = next(&mut plan, split);
        assert_eq!(left, vec![Left::AtFrameEnd, Left::AtFrameEnd]);
    }
}

#[test]
fn polls_that_leave_frames_out_delay_nothing() {
    let mut plan = FramePlan::default();
    for _ in 0..3 * u32::from(REPEATS) {
        assert!(!plan.begin_poll());
        plan.end_poll(false, false);
        for _ in 0..3 {
            assert_eq!(plan.put(Time::ZERO), Leave::AtFrameEnd);
            assert_eq!(plan.put(Time::ZERO), Leave::Later);
            assert!(plan.end_frame());
        }
    }
}

#[test]
fn answers_leave_when_everything_is_read() {
    let frame = Frame {
        in_handlers: 3,
        ..READER
    };
    let mut plan = FramePlan::default();
    // A plan that does not know the game arranges a call in vain.
    assert_eq!(play(&mut plan, frame), (vec![Left::AfterReading], 1));
    assert_eq!(play(&mut plan, frame), (vec![Left::AfterReading], 0));
}

#[test]
fn answers_and_late_packets_leave_apart() {
    let frame = Frame {
        in_handlers: 1,
        late: 1,
        ..READER
    };
    let (_, left, calls) = settled(frame);
    assert_eq!((left, calls), (vec![Left::AfterReading, Left::AtPut], 0));
}

#[test]
fn a_game_that_stops_reading_delays_its_answers_once() {
    let frame = Frame {
        in_handlers: 2,
        ..READER
    };
    let (mut plan, ..) = settled(frame);
    let stops = Frame {
        reads_all: false,
        ..frame
    };
    assert_eq!(play(&mut plan, stops), (vec![], 0));
    assert_eq!(
        play(&mut plan, stops),
        (vec![Left::AtPoll, Left::AtFrameEnd], 1)
    );
    assert_eq!(play(&mut plan, stops), (vec![Left::AtFrameEnd], 1));
}

#[test]
fn acknowledgements_leave_with_the_poll() {
    let frame = Frame {
        acknowledges: true,
        ..READER
    };
    assert_eq!(settled(frame).1, vec![Left::AtPollEnd]);
    assert_eq!(settled(frame).2, 0);
}

#[test]
fn acknowledgements_wait_for_packets_that_have_followed_them() {
    for (answered, expected) in [
        (
            Frame {
                acknowledges: true,
                late: 2,
                ..READER
            },
            Left::AtFrameEnd,
        ),
        (
            Frame {
                acknowledges: true,
                in_handlers: 2,
                ..READER
            },
            Left::AfterReading,
        ),
        (
            Frame {
                acknowledges: true,
                late: 1,
                ..READER
            },
            Left::AtPut,
        ),
    ] {
        let (mut plan, left, _) = settled(answered);
        assert_eq!(left, vec![expected]);
        // The game falls silent: one acknowledgement is late.
        let silent = Frame {
            acknowledges: true,
            ..READER
        };
        assert_eq!(play(&mut plan, silent).0, vec![]);
        assert_eq!(play(&mut plan, silent).0, vec![Left::AtPoll]);
        assert_eq!(play(&mut plan, silent).0, vec![Left::AtPollEnd]);
    }
}

#[test]
fn packets_that_follow_now_and_then_delay_no_acknowledgement() {
    let mut plan = FramePlan::default();
    for number in 0..60 {
        let frame = Frame {
            acknowledges: true,
            late: if number % 3 == 0 { 2 } else { 0 },
            ..READER
        };
        assert_eq!(play(&mut plan, frame).0[0], Left::AtPollEnd, "{number}");
    }
}

#[test]
fn what_was_put_in_a_signal_leaves_with_the_poll() {
    let mut plan = FramePlan::default();
    assert!(!plan.begin_poll());
    assert_eq!(plan.put(Time::ZERO), Leave::Later);
    assert_eq!(plan.end_poll(true, false), Leave::Now);
    assert!(!plan.begin_poll());
}

#[test]
fn a_poll_that_fails_ends() {
    let mut plan = FramePlan::default();
    plan.begin_poll();
    assert_eq!(plan.end_poll(false, false), Leave::Later);
    assert_eq!(plan.put(Time::ZERO), Leave::AtFrameEnd);
}

#[test]
fn a_loop_of_polls_sends_with_the_next_poll() {
    let mut plan = FramePlan::default();
    plan.begin_poll();
    assert_eq!(plan.end_poll(false, false), Leave::Later);
    assert_eq!(plan.put(Time::ZERO), Leave::AtFrameEnd);
    for _ in 0..3 {
        assert_eq!(plan.put(Time::ZERO), Leave::Later);
    }
    assert!(plan.begin_poll(), "no frame ended");
    assert!(plan.is_arranged());
    assert_eq!(plan.end_poll(false, false), Leave::Later);
    // The call comes after all.
    assert!(!plan.end_frame());
}

#[test]
fn a_call_that_never_comes_is_arranged_again() {
    let mut plan = FramePlan::default();
    assert_eq!(plan.put(Time::ZERO), Leave::AtFrameEnd);
    plan.forget_arranged();
    assert!(plan.begin_poll());
    plan.end_poll(false, false);
    assert_eq!(plan.put(Time::ZERO), Leave::AtFrameEnd);
}

#[test]
fn a_poll_within_a_poll_loses_nothing() {
    let mut plan = FramePlan::default();
    plan.begin_poll();
    assert_eq!(plan.put(Time::ZERO), Leave::Later);
    assert!(plan.begin_poll(), "the inner poll sends it");
    assert_eq!(plan.put(Time::ZERO), Leave::Later);
    assert_eq!(plan.end_poll(true, false), Leave::Now);
    assert_eq!(plan.end_poll(false, false), Leave::Later);
}
