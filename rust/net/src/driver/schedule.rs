//! When a network thread stands by, works, pauses and sleeps, and who sends what the owner queued.
//!
//! A value without locks, sockets or a clock: events and times go in, decisions come out. The driver
//! ([`super`]) keeps it under the state lock and carries its decisions out.
//!
//! Most games have few players. There the owner does the work of its own frame in its polls and flushes, and the
//! thread stands by: it does not watch the socket, and looks a few times a second whether the owner is late
//! ([`watch`]). It steps in when the owner is late, when a poll finds more than it can handle, and where there
//! is so much to do that moving it off the owner pays. It stands by again when the owner has polled
//! regularly for a while.
//!
//! A host whose owner has not polled for the stall timeout rests altogether: its remotes time out as if
//! there were no thread. The next poll ends the rest. The same goes for an owner that lets frames go by for 3 to 4
//! seconds without a poll: it does not load, it has left the host.
//!
//! Waking a sleeping thread costs about as much as sending two datagrams, so a thread that serves follows rules
//! that avoid it:
//!
//! - Queued packets wait for the owner's flush, so that they share datagrams. At the flush, the owner
//!   sends up to [`FEW_DATAGRAMS`] itself if nobody uses the socket, and otherwise wakes the thread.
//!   [`MANY_DATAGRAMS`] full datagrams wake the thread before the flush.
//! - An owner may stop flushing, for example while it loads a level. Queued packets therefore leave
//!   without a flush: after [`COALESCING_TIME`] if the thread is awake, after [`NAP`] at the latest if
//!   it sleeps, and when it steps in if it stands by. While the owner sends regularly, the thread sleeps no
//!   longer than a nap, so that a queued packet need not wake it; a longer sleep ends when the first packet is
//!   queued.
//! - While a network is emulated, the thread serves alone, without pauses, and the owner leaves the socket to it: datagrams
//!   then leave and arrive when they are due, and not with the owner's next poll.
//! - A single datagram that arrives is processed at once. When datagrams arrive in quick succession,
//!   the thread pauses between two rounds and processes several together. The owner does not wait for
//!   the end of the pause: its poll reads the socket itself.

use enet_proto::Time;

mod types;
mod watch;

pub use types::{Next, Round, Sender, Wake};
use types::{Phase, Unflushed};
use watch::Watch;

/// Packets that the owner queued and did not flush wait this long while the thread is awake.
pub const COALESCING_TIME: Time = Time::from_millis(3);
/// The longest sleep while the owner sends: packets that it does not flush wait no longer.
pub const NAP: Time = Time::from_millis(30);
/// An owner that flushed, or polled, is expected to do so again within this time.
pub const OWNER_HABIT: Time = Time::from_secs(1);
/// The pause between two busy rounds while the owner polls and so reads the socket too.
pub const LONG_PAUSE: Time = Time::from_millis(8);
/// The pause between two busy rounds while the owner does not poll.
pub const SHORT_PAUSE: Time = Time::from_millis(1);
/// The owner's flush sends up to this many datagrams itself while the thread serves.
pub const FEW_DATAGRAMS: usize = 2;
/// The same while the thread stands by: it would have to be woken, and to read the socket as well.
pub const BURST_DATAGRAMS: usize = 24;
/// So many full datagrams justify waking the thread before the flush.
pub const MANY_DATAGRAMS: usize = 32;

/// See the module's head.
#[derive(Debug, Clone)]
pub struct Schedule {
    phase: Phase,
    unflushed: Unflushed,
    /// Until when the owner is expected to flush again, and to poll again.
    owner_sends_until: Time,
    owner_polls_until: Time,
    last_arrival: Time,
    watch: Watch,
    /// Whether datagrams may be held by an emulated network.
    is_emulated: bool,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            phase: Phase::Inline,
            unflushed: Unflushed::Nothing,
            owner_sends_until: Time::ZERO,
            owner_polls_until: Time::ZERO,
            last_arrival: Time::ZERO,
            watch: Watch::default(),
            is_emulated: false,
        }
    }
}

impl Schedule {
    /// A thread was made. It waits for [`Schedule::on_first_call`].
    pub fn on_start(&mut self) {
        self.phase = Phase::Starting;
    }

    /// The owner made its first call to a threaded host: the thread begins.
    pub fn on_first_call(&mut self, now: Time) {
        if self.phase == Phase::Starting {
            self.phase = Phase::Working;
            self.watch.on_poll(now);
        }
    }

    /// Chooses how long the owner may go without a poll before nobody serves the host.
    pub fn set_stall_timeout(&mut self, timeout: Option<Time>) -> Wake {
        self.watch.set_stall_timeout(timeout);
        self.wake()
    }

    /// The thread is to end.
    pub fn on_stop(&mut self) -> Wake {
        let wake = self.wake();
        self.phase = Phase::Stopping;
        wake
    }

    /// The thread ended: the owner serves the host.
    pub fn on_end(&mut self) {
        let mut ended = Self::default();
        std::mem::swap(self, &mut ended);
        self.watch.set_stall_timeout(ended.watch.stall_timeout());
        self.is_emulated = ended.is_emulated;
    }

    /// Whether a network is emulated, or was until now. The call that begins it also wakes the thread.
    pub fn set_emulated(&mut self, is_emulated: bool) {
        self.is_emulated = is_emulated;
    }

    /// See [`Schedule::set_emulated`].
    pub fn is_emulated(&self) -> bool {
        self.is_emulated
    }

    /// Whether the owner leaves the socket to the thread.
    pub fn is_thread_alone(&self) -> bool {
        self.is_emulated && self.is_served() && self.phase != Phase::Stalled
    }

    /// Whether the thread waits for the owner's first call.
    pub fn is_starting(&self) -> bool {
        self.phase == Phase::Starting
    }

    /// Whether the thread is to end.
    pub fn is_stopping(&self) -> bool {
        self.phase == Phase::Stopping
    }

    /// Whether there is a thread that sends and receives if need be.
    fn is_served(&self) -> bool {
        !matches!(self.phase, Phase::Inline | Phase::Starting)
    }

    /// Whether the owner does the work of the thread, which stands by.
    pub fn is_standing_by(&self) -> bool {
        matches!(self.phase, Phase::StandingBy { .. })
    }

    /// Whether nobody serves the host, as its owner is gone.
    pub fn is_stalled(&self) -> bool {
        self.phase == Phase::Stalled
    }

    /// Whether packets wait for the owner's flush, or for the thread.
    pub fn has_unflushed(&self) -> bool {
        self.unflushed != Unflushed::Nothing
    }

    /// The owner queued packets; `ready` datagrams are full.
    pub fn on_queue(&mut self, now: Time, ready: usize) -> Wake {
        if self.phase == Phase::Inline {
            return Wake::No;
        }
        let since = match self.unflushed {
            Unflushed::Packets { since } | Unflushed::Full { since } => since,
            Unflushed::Due => return Wake::No,
            Unflushed::Nothing => now,
        };
        if ready >= MANY_DATAGRAMS {
            let is_known = matches!(self.unflushed, Unflushed::Full { .. });
            self.unflushed = Unflushed::Full { since };
            return if is_known { Wake::No } else { self.wake() };
        }
        if self.phase == Phase::Stalled {
            self.unflushed = Unflushed::Due;
            return self.wake();
        }
        if self.unflushed == Unflushed::Nothing {
            self.unflushed = Unflushed::Packets { since };
            return self.wake_from_long_sleep(now);
        }
        Wake::No
    }

    /// The owner flushes: `unsent` datagrams wait, about. `can_send` if nobody uses the socket.
    pub fn on_flush(&mut self, now: Time, unsent: usize, can_send: bool) -> Sender {
        if unsent == 0 && !self.has_unflushed() {
            return Sender::Nobody;
        }
        self.owner_sends_until = now + OWNER_HABIT;
        let few = match self.is_standing_by() {
            true => BURST_DATAGRAMS,
            false => FEW_DATAGRAMS,
        };
        if unsent <= few && can_send && !self.is_emulated {
            self.unflushed = Unflushed::Nothing;
            return Sender::Owner;
        }
        self.unflushed = Unflushed::Due;
        Sender::Thread(self.wake())
    }

    /// The owner sent datagrams, and the thread may sleep past their retransmission. It notices the new timer
    /// within a nap.
    pub fn after_owner_sent(&mut self, now: Time) -> Wake {
        self.wake_from_long_sleep(now)
    }

    /// The owner polls. `moved` datagrams arrived or left since the host was made; the poll `is_full` if it
    /// left some unread. The thread then takes over, and at the end of a stall. It also sends what an owner
    /// that polls does not flush.
    pub fn on_poll(&mut self, now: Time, moved: u64, is_full: bool) -> Wake {
        self.owner_polls_until = now + OWNER_HABIT;
        self.watch.on_poll(now);
        self.watch.note_moved(now, moved);
        if is_full {
            self.watch.on_overload();
        }
        let takes_over = match self.phase {
            Phase::Stalled => true,
            Phase::StandingBy { .. } => {
                self.watch.is_heavy() || self.watch.is_slow() || self.is_forgotten(now)
            }
            _ => false,
        };
        if takes_over { self.wake() } else { Wake::No }
    }

    /// The owner reads events that wait, and does not poll. The thread serves.
    pub fn on_sign_of_life(&mut self, now: Time) -> Wake {
        self.watch.on_sign_of_life(now);
        match self.phase {
            Phase::Stalled => self.wake(),
            _ => Wake::No,
        }
    }

    /// The owner's frames go by, whether or not it polls. Once a second or more often.
    pub fn on_frames(&mut self, now: Time) -> Wake {
        let had_left = self.watch.has_left();
        self.watch.on_frames(now);
        match self.phase {
            // The thread may sleep for long, with nothing to do.
            Phase::Paused | Phase::Sleeping { .. } if !had_left && self.watch.has_left() => {
                self.wake()
            }
            _ => Wake::No,
        }
    }

    /// Whether the owner looks at the host, so that those who connect can be answered.
    pub fn is_attended(&self, now: Time) -> bool {
        !self.is_served() || self.watch.is_attentive(now)
    }

    /// Whether packets have waited for a flush for so long that none is to be expected.
    fn is_forgotten(&self, now: Time) -> bool {
        match self.unflushed {
            Unflushed::Packets { since } => now > since + watch::REGULAR,
            _ => false,
        }
    }

    /// The owner's poll read datagrams. If the poll `has_answers`, for example acknowledgements, these wait
    /// for a flush as queued packets do.
    pub fn after_poll(&mut self, now: Time, has_answers: bool) -> Wake {
        match has_answers {
            true => self.on_queue(now, 0),
            false => Wake::No,
        }
    }

    /// The owner blocks until an event happens, and does not poll meanwhile.
    pub fn on_wait(&mut self) -> Wake {
        self.owner_polls_until = Time::ZERO;
        self.watch.on_wait();
        match self.phase {
            Phase::StandingBy { .. } | Phase::Stalled => self.wake(),
            _ => Wake::No,
        }
    }

    /// The wait is over.
    pub fn after_wait(&mut self, now: Time) {
        self.watch.on_poll(now);
    }

    /// The owner did something that may have to leave at once: it connects, disconnects, configures.
    pub fn on_call(&mut self) -> Wake {
        if !self.is_served() {
            return Wake::No;
        }
        self.unflushed = Unflushed::Due;
        self.wake()
    }

    fn wake(&mut self) -> Wake {
        match self.phase {
            Phase::Paused => Wake::Pause,
            Phase::StandingBy { .. } | Phase::Stalled => {
                self.phase = Phase::Working;
                Wake::Pause
            }
            Phase::Sleeping { .. } => {
                // Once: the next one finds it awake.
                self.phase = Phase::Working;
                Wake::Sleep
            }
            _ => Wake::No,
        }
    }

    fn wake_from_long_sleep(&mut self, now: Time) -> Wake {
        match self.phase {
            Phase::Sleeping { until } if until > now + NAP => self.wake(),
            _ => Wake::No,
        }
    }

    /// The thread has processed what arrived. Whether it is to flush before it sends: acknowledgements
    /// do not wait, packets of the owner wait for a moment.
    pub fn begin_sending(&mut self, now: Time) -> bool {
        match self.unflushed {
            Unflushed::Packets { since } | Unflushed::Full { since }
                if now < since + COALESCING_TIME && self.phase != Phase::Stopping =>
            {
                // The full datagrams leave now.
                self.unflushed = Unflushed::Packets { since };
                false
            }
            _ => {
                self.unflushed = Unflushed::Nothing;
                true
            }
        }
    }

    /// The thread ends a round.
    pub fn after_round(&mut self, now: Time, round: Round) -> Next {
        self.watch.note_moved(now, round.moved);
        let pause = match now < self.owner_polls_until {
            true => LONG_PAUSE,
            false => SHORT_PAUSE,
        };
        let follows_soon = round.arrived == 1 && now < self.last_arrival + pause;
        if round.arrived > 0 {
            self.last_arrival = now;
        }
        let next = match self.phase {
            Phase::Stopping if round.is_unfinished || !round.is_last => return Next::Continue,
            Phase::Stopping => return Next::Stop,
            _ if round.is_unfinished || self.must_send() => Next::Continue,
            _ if self.watch.is_gone(now) => {
                self.phase = Phase::Stalled;
                return Next::Rest;
            }
            _ if self.watch.is_reliable(now) && !self.is_emulated => {
                let timer = round.side_timer.unwrap_or(Time::MAX);
                self.phase = Phase::StandingBy { timer };
                return Next::Rest;
            }
            // More is about to arrive. A socket that cannot be read may end every wait at once.
            _ if round.has_failed => Next::Pause(now + pause),
            _ if (round.arrived > 1 || follows_soon) && !self.is_emulated => {
                Next::Pause(now + pause)
            }
            _ => Next::Sleep(self.next_time(now, round.next_timer)),
        };
        self.phase = match next {
            Next::Pause(_) => Phase::Paused,
            Next::Sleep(until) => Phase::Sleeping { until },
            Next::Continue | Next::Rest | Next::Stop => Phase::Working,
        };
        next
    }

    /// Whether a pause may go on.
    pub fn may_pause(&self) -> bool {
        self.phase == Phase::Paused && !self.must_send()
    }

    /// The thread's pause or sleep is over. True if the owner is gone, so that the thread receives nothing.
    pub fn on_resume(&mut self, now: Time) -> bool {
        if matches!(self.phase, Phase::Paused | Phase::Sleeping { .. }) {
            self.phase = Phase::Working;
        }
        self.watch.is_gone(now)
    }

    /// Until when the thread rests, if nothing ends the rest before; `None` when it is over.
    pub fn rest(&mut self, now: Time) -> Option<Time> {
        match self.phase {
            Phase::Stalled => Some(Time::MAX),
            Phase::StandingBy { timer } => {
                let until = timer.min(self.watch.late_at());
                if now >= until {
                    self.phase = Phase::Working;
                    return None;
                }
                Some(until)
            }
            _ => None,
        }
    }

    fn must_send(&self) -> bool {
        matches!(self.unflushed, Unflushed::Due | Unflushed::Full { .. })
    }

    /// When there is something to do if nothing arrives and the owner does nothing.
    fn next_time(&self, now: Time, timer: Time) -> Time {
        let mut next = timer;
        if let Unflushed::Packets { since } = self.unflushed {
            next = next.min(since + COALESCING_TIME);
        }
        if now < self.owner_sends_until {
            next = next.min(now + NAP);
        }
        next
    }
}

#[cfg(test)]
mod tests;
