//! Who serves the host: an owner and a thread play on simulated time, a millisecond at a step.

use super::super::watch::{HEAVY, IDLE_PATIENCE, LIGHT, PATIENCE, TRUST};
use super::*;

/// What the driver would do with a schedule.
struct Play {
    schedule: Schedule,
    now: Time,
    next: Next,
    /// Datagrams that moved, and that arrived and were not read.
    moved: u64,
    unread: u64,
    unread_since: Option<Time>,
    /// The longest time that a datagram waited to be read.
    longest: Time,
    /// Wake-ups of the thread, rounds that it served, and how often it stood by.
    wakes: u32,
    rounds: u32,
    stands: u32,
    is_gone: bool,
}

impl Play {
    fn new() -> Self {
        let mut schedule = Schedule::default();
        schedule.on_start();
        schedule.on_first_call(START);
        Self {
            schedule,
            now: START,
            next: Next::Continue,
            moved: 0,
            unread: 0,
            unread_since: None,
            longest: Time::ZERO,
            wakes: 0,
            rounds: 0,
            stands: 0,
            is_gone: false,
        }
    }

    fn arrive(&mut self, count: u64) {
        self.unread += count;
        if count > 0 {
            self.unread_since.get_or_insert(self.now);
        }
    }

    fn read(&mut self) -> u64 {
        if let Some(since) = self.unread_since.take() {
            self.longest = self.longest.max(self.now - since);
        }
        self.moved += self.unread;
        std::mem::take(&mut self.unread)
    }

    /// The owner polls, and puts and flushes `sent` datagrams.
    fn poll(&mut self, sent: u64) {
        let was_stalled = self.schedule.is_stalled();
        let count = self.read();
        let is_full = count >= 128 && !was_stalled;
        let wake = self.schedule.on_poll(self.now, self.moved, is_full);
        self.wake(wake);
        if sent > 0 {
            let wake = self.schedule.on_queue(self.now, 0);
            self.wake(wake);
            match self.schedule.on_flush(self.now, sent as usize, true) {
                Sender::Nobody => panic!("something waits"),
                Sender::Owner => self.moved += sent,
                Sender::Thread(wake) => {
                    self.wake(wake);
                    self.moved += sent;
                }
            }
        }
    }

    fn wake(&mut self, wake: Wake) {
        if wake != Wake::No {
            self.wakes += 1;
            self.next = Next::Continue;
            self.is_gone = self.schedule.on_resume(self.now);
        }
    }

    fn round(&mut self) {
        self.rounds += 1;
        let arrived = if self.is_gone { 0 } else { self.read() };
        self.schedule.begin_sending(self.now);
        let round = Round {
            arrived: arrived as usize,
            moved: self.moved,
            next_timer: FAR,
            ..Round::default()
        };
        self.next = self.schedule.after_round(self.now, round);
        self.stands += u32::from(self.schedule.is_standing_by());
    }

    /// A millisecond passes.
    fn step(&mut self) {
        let is_over = match self.next {
            Next::Continue => true,
            Next::Stop => false,
            Next::Rest => self.schedule.rest(self.now).is_none(),
            Next::Pause(until) => self.now >= until || !self.schedule.may_pause(),
            Next::Sleep(until) => self.now >= until || self.unread > 0,
        };
        if is_over {
            if self.next != Next::Continue {
                self.wakes += 1;
                self.is_gone = self.schedule.on_resume(self.now);
            }
            self.round();
        }
        self.now += Time::from_millis(1);
    }

    /// A game of `millis`: the owner polls every `frame` milliseconds. `moves` datagrams come for each frame,
    /// and as many leave.
    fn game(&mut self, millis: u64, frame: u64, moves: u64) {
        self.game_of(millis, frame, moves, moves);
    }

    fn game_of(&mut self, millis: u64, frame: u64, arrive: u64, send: u64) {
        for step in 0..millis {
            if step % frame == frame / 2 {
                self.arrive(arrive);
            }
            if step % frame == 0 {
                self.poll(send);
            }
            self.step();
        }
    }

    /// The owner stalls while a datagram arrives every `every` milliseconds.
    fn stall(&mut self, millis: u64, every: u64) {
        for step in 0..millis {
            self.arrive(u64::from(step % every == 0));
            self.step();
        }
    }

    fn forget(&mut self) {
        self.wakes = 0;
        self.rounds = 0;
        self.stands = 0;
        self.longest = Time::ZERO;
    }
}

/// A light game in which the thread stands by.
fn light() -> Play {
    let mut play = Play::new();
    play.game(1000, 16, 1);
    assert!(play.schedule.is_standing_by());
    play.forget();
    play
}

#[test]
fn the_thread_stands_by_in_a_light_game_and_wakes_rarely() {
    let mut play = light();
    play.game(10_000, 16, 1);
    assert!(play.schedule.is_standing_by());
    assert_eq!((play.wakes, play.rounds), (0, 0), "it never steps in");
    assert!(play.longest <= Time::from_millis(16));
}

#[test]
fn it_looks_for_a_late_owner_four_times_a_second_at_most_where_nothing_moves() {
    let mut play = light();
    play.game(1000, 16, 0);
    let mut looks = 0;
    let mut until = play.now;
    for step in 0..10_000 {
        if step % 16 == 0 {
            play.poll(0);
        }
        if play.now >= until {
            looks += 1;
            until = play.schedule.rest(play.now).expect("it rests");
        }
        play.now += Time::from_millis(1);
    }
    assert!((30..=40).contains(&looks), "{looks} in ten seconds");
}

#[test]
fn short_stalls_are_the_owners() {
    let mut play = light();
    play.stall(50, 16);
    play.game(5000, 16, 1);
    assert_eq!(play.rounds, 0);
    assert!(play.longest <= Time::from_millis(66));
}

#[test]
fn the_thread_steps_in_for_a_late_owner_and_back_when_it_polls_again() {
    for millis in [250, 1000, 60_000] {
        let mut play = light();
        play.stall(millis, 16);
        assert!(!play.schedule.is_standing_by());
        assert!(play.rounds >= (millis - 210) as u32 / 16);
        assert!(
            play.longest <= PATIENCE + Time::from_millis(2),
            "{:?}",
            play.longest
        );
        play.forget();
        play.game(1000, 16, 1);
        assert!(play.schedule.is_standing_by());
        assert_eq!(play.stands, 1, "it does not flap");
    }
}

#[test]
fn an_idle_game_is_served_as_well() {
    let mut play = light();
    play.game(2000, 16, 0);
    play.stall(1000, 100);
    assert!(
        play.longest <= IDLE_PATIENCE + Time::from_millis(2),
        "{:?}",
        play.longest
    );
}

#[test]
fn slow_frames_are_the_threads() {
    let mut play = light();
    // max_fps = 5
    play.game(10_000, 200, 1);
    assert!(!play.schedule.is_standing_by());
    assert_eq!(play.stands, 0);
    assert!(play.longest <= PATIENCE + Time::from_millis(2));
    play.forget();
    play.game(10_000, 200, 1);
    assert!(
        play.longest <= Time::from_millis(2),
        "the thread serves at once"
    );
    play.game(1000, 16, 1);
    assert!(play.schedule.is_standing_by());
}

#[test]
fn a_heavy_game_is_the_threads_and_a_game_between_changes_nothing() {
    let mut play = light();
    play.game(2000, 16, HEAVY / 2 + 1);
    assert!(!play.schedule.is_standing_by());
    play.forget();
    play.game(5000, 16, LIGHT / 2 + 2);
    assert_eq!((play.stands, play.schedule.is_standing_by()), (0, false));
    play.game(2000, 16, LIGHT / 2 - 2);
    assert_eq!((play.stands, play.schedule.is_standing_by()), (1, true));
    play.forget();
    play.game_of(5000, 16, HEAVY - 25, 20);
    assert_eq!((play.rounds, play.schedule.is_standing_by()), (0, true));
}

#[test]
fn a_burst_is_sent_by_the_thread_which_stands_by_again() {
    let mut play = light();
    for _ in 0..20 {
        play.game(160, 16, 1);
        play.poll(BURST_DATAGRAMS as u64 + 1);
        play.step();
    }
    assert!(play.schedule.is_standing_by());
    assert_eq!(
        (play.rounds, play.stands),
        (20, 20),
        "a round for each burst"
    );
}

#[test]
fn what_the_owner_does_not_flush_leaves_all_the_same() {
    let mut play = light();
    assert_eq!(play.schedule.on_queue(play.now, 0), Wake::No);
    let queued = play.now;
    while play.schedule.has_unflushed() {
        play.poll(0);
        for _ in 0..16 {
            play.step();
        }
    }
    let waited = play.now - queued;
    assert!(waited <= Time::from_millis(100), "{waited:?}");
    play.game(1000, 16, 1);
    assert!(play.schedule.is_standing_by());
}

#[test]
fn a_flood_is_the_threads_at_once() {
    let mut play = light();
    play.arrive(1000);
    play.poll(0);
    assert!(!play.schedule.is_standing_by());
    play.step();
    assert_eq!(play.rounds, 1);
}

#[test]
fn polls_in_a_fast_loop_are_the_owners() {
    let mut play = light();
    // One datagram for each poll, a thousand times a second.
    play.game(5000, 1, 1);
    assert_eq!((play.rounds, play.schedule.is_standing_by()), (0, true));
}

#[test]
fn an_owner_that_is_gone_is_not_represented() {
    for millis in [60_500, 3_600_000] {
        let mut play = light();
        play.schedule.set_stall_timeout(Some(Time::from_secs(60)));
        play.step();
        play.stall(millis, 16);
        assert!(play.schedule.is_stalled());
        assert!(play.unread > 0);
        play.forget();
        play.stall(1000, 16);
        assert_eq!((play.wakes, play.rounds), (0, 0), "it rests");
        play.poll(1);
        assert_eq!(play.unread, 0, "the poll reads what arrived");
        play.game(1000, 16, 1);
        assert!(play.schedule.is_standing_by());
    }
}

#[test]
fn a_thread_that_sleeps_finds_out_that_the_owner_is_gone() {
    let mut play = Play::new();
    play.schedule.set_stall_timeout(Some(Time::from_secs(1)));
    // The first datagram comes long after.
    for _ in 0..5000 {
        play.step();
    }
    play.arrive(1);
    for _ in 0..10 {
        play.step();
    }
    assert!(play.schedule.is_stalled());
    assert_eq!(play.unread, 1, "it was not answered");
}

#[test]
fn an_owner_that_waits_for_events_is_not_gone() {
    let mut play = light();
    play.schedule.set_stall_timeout(Some(Time::from_secs(1)));
    let wake = play.schedule.on_wait();
    play.wake(wake);
    play.stall(5000, 16);
    assert!(!play.schedule.is_stalled());
    assert!(play.longest <= Time::from_millis(5));
    play.schedule.after_wait(play.now);
    play.game(TRUST.as_millis() as u64 + 100, 16, 1);
    assert!(play.schedule.is_standing_by());
}

#[test]
fn an_owner_that_reads_events_is_not_gone() {
    let mut play = light();
    play.schedule.set_stall_timeout(Some(Time::from_secs(1)));
    for _ in 0..50 {
        play.stall(100, 16);
        let wake = play.schedule.on_sign_of_life(play.now);
        play.wake(wake);
        assert!(!play.schedule.is_stalled());
    }
    assert!(
        play.longest <= PATIENCE + Time::from_millis(2),
        "the thread serves"
    );
    assert!(!play.schedule.is_standing_by(), "nobody polls");
    // It falls silent, and is back.
    play.stall(2000, 16);
    assert!(play.schedule.is_stalled());
    let wake = play.schedule.on_sign_of_life(play.now);
    play.wake(wake);
    play.step();
    assert_eq!(play.unread, 0);
}

#[test]
fn a_packet_leaves_a_host_that_is_at_rest() {
    let mut play = light();
    play.schedule.set_stall_timeout(Some(Time::from_secs(1)));
    play.step();
    play.stall(2000, 16);
    assert!(play.schedule.is_stalled());
    let wake = play.schedule.on_queue(play.now, 0);
    assert_eq!(wake, Wake::Pause);
    play.wake(wake);
    play.step();
    assert!(!play.schedule.has_unflushed() && play.schedule.is_stalled());
}

#[test]
fn what_an_owner_that_is_gone_still_sends_leaves() {
    let mut play = light();
    play.schedule.set_stall_timeout(Some(Time::from_secs(1)));
    play.step();
    play.stall(2000, 16);
    assert!(play.schedule.is_stalled());
    play.forget();
    let Sender::Nobody = play.schedule.on_flush(play.now, 0, true) else {
        panic!("nothing waits");
    };
    let wake = play.schedule.on_call();
    play.wake(wake);
    play.step();
    assert_eq!(play.rounds, 1);
    assert!(play.schedule.is_stalled() && play.unread > 0);
}
