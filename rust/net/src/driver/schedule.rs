//! When a network thread works, pauses and sleeps, and who sends what the owner queued.
//!
//! A value without locks, sockets or a clock: events and times go in, decisions come out. The driver
//! ([`super`]) keeps it under the state lock and carries its decisions out.
//!
//! Waking a sleeping thread costs about as much as sending two datagrams, so the rules avoid it:
//!
//! - Queued packets wait for the owner's flush, so that they share datagrams. At the flush, the owner
//!   sends up to [`FEW_DATAGRAMS`] itself if nobody uses the socket, and otherwise wakes the thread.
//!   [`MANY_DATAGRAMS`] full datagrams wake the thread before the flush.
//! - An owner may stop flushing, for example while it loads a level. Queued packets therefore leave
//!   without a flush: after [`COALESCING_TIME`] if the thread is awake, after [`NAP`] at the latest if
//!   it sleeps. While the owner sends regularly, the thread sleeps no longer than a nap, so that a
//!   queued packet need not wake it; a longer sleep ends when the first packet is queued.
//! - A single datagram that arrives is processed at once. When datagrams arrive in quick succession,
//!   the thread pauses between two rounds and processes several together. The owner does not wait for
//!   the end of the pause: its poll reads the socket itself.

use enet_proto::Time;

/// Packets that the owner queued and did not flush wait this long while the thread is awake.
pub const COALESCING_TIME: Time = Time::from_millis(3);
/// The longest sleep while the owner sends: packets that it does not flush wait no longer.
pub const NAP: Time = Time::from_millis(30);
/// An owner that flushed, or polled, is expected to do so again within this time.
pub const OWNER_HABIT: Time = Time::from_secs(1);
/// The pause between two busy rounds while the owner polls and so reads the socket too.
pub const LONG_PAUSE: Time = Time::from_millis(4);
/// The pause between two busy rounds while the owner does not poll.
pub const SHORT_PAUSE: Time = Time::from_millis(1);
/// The owner's flush sends up to this many datagrams itself.
pub const FEW_DATAGRAMS: usize = 2;
/// So many full datagrams justify waking the thread before the flush.
pub const MANY_DATAGRAMS: usize = 32;

/// The thread's activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No thread serves the host: its owner does.
    Inline,
    /// The thread exists and waits for the owner's first call.
    Starting,
    /// The thread is in a round, or about to begin one. It sees every change before it rests.
    Working,
    /// The thread lets datagrams accumulate. A condition variable ends the pause.
    Paused,
    /// The thread waits for the socket. The waker ends the wait.
    Sleeping { until: Time },
    /// The thread is to send what waits and to end.
    Stopping,
}

/// Packets that the owner queued since the last flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unflushed {
    /// Nothing.
    Nothing,
    /// Packets, since then.
    Packets { since: Time },
    /// Packets since then, and they fill many datagrams. The full datagrams are to leave now.
    Full { since: Time },
    /// Everything is to leave now.
    Due,
}

/// How to make the thread notice a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// The thread notices by itself, or need not.
    No,
    /// End its pause.
    Pause,
    /// End its sleep.
    Sleep,
}

/// The side that sends at the owner's flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Nobody: nothing waits.
    Nobody,
    /// The owner.
    Owner,
    /// The thread, once it is woken.
    Thread(Wake),
}

/// The thread's next step after a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Begin another round.
    Continue,
    /// Pause until then, or until [`Wake::Pause`].
    Pause(Time),
    /// Wait for the socket until then, or until [`Wake::Sleep`].
    Sleep(Time),
    /// End.
    Stop,
}

/// Results of a round.
#[derive(Debug, Clone, Copy, Default)]
pub struct Round {
    /// Datagrams that arrived.
    pub arrived: usize,
    /// Whether more datagrams wait in the socket, or for it, than one round handles.
    pub is_unfinished: bool,
    /// Whether reading the socket failed. It may fail again at once.
    pub has_failed: bool,
    /// When the protocol, a session or the transport has something to do next.
    pub next_timer: Time,
    /// Whether the thread knew when it sent that it was to end.
    pub is_last: bool,
}

/// See the module's head.
#[derive(Debug, Clone)]
pub struct Schedule {
    phase: Phase,
    unflushed: Unflushed,
    /// Until when the owner is expected to flush again, and to poll again.
    owner_sends_until: Time,
    owner_polls_until: Time,
    last_arrival: Time,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            phase: Phase::Inline,
            unflushed: Unflushed::Nothing,
            owner_sends_until: Time::ZERO,
            owner_polls_until: Time::ZERO,
            last_arrival: Time::ZERO,
        }
    }
}

impl Schedule {
    /// A thread was made. It waits for [`Schedule::on_first_call`].
    pub fn on_start(&mut self) {
        self.phase = Phase::Starting;
    }

    /// The owner made its first call to a threaded host: the thread begins.
    pub fn on_first_call(&mut self) {
        if self.phase == Phase::Starting {
            self.phase = Phase::Working;
        }
    }

    /// The thread is to end.
    pub fn on_stop(&mut self) -> Wake {
        let wake = self.wake();
        self.phase = Phase::Stopping;
        wake
    }

    /// The thread ended: the owner serves the host.
    pub fn on_end(&mut self) {
        *self = Self::default();
    }

    /// Whether the thread waits for the owner's first call.
    pub fn is_starting(&self) -> bool {
        self.phase == Phase::Starting
    }

    /// Whether the thread is to end.
    pub fn is_stopping(&self) -> bool {
        self.phase == Phase::Stopping
    }

    /// Whether a thread sends and receives.
    fn is_served(&self) -> bool {
        !matches!(self.phase, Phase::Inline | Phase::Starting)
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
        if unsent <= FEW_DATAGRAMS && can_send {
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

    /// The owner polls.
    pub fn on_poll(&mut self, now: Time) {
        self.owner_polls_until = now + OWNER_HABIT;
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
    pub fn on_wait(&mut self) {
        self.owner_polls_until = Time::ZERO;
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
            // More is about to arrive. A socket that cannot be read may end every wait at once.
            _ if round.arrived > 1 || follows_soon || round.has_failed => Next::Pause(now + pause),
            _ => Next::Sleep(self.next_time(now, round.next_timer)),
        };
        self.phase = match next {
            Next::Pause(_) => Phase::Paused,
            Next::Sleep(until) => Phase::Sleeping { until },
            Next::Continue | Next::Stop => Phase::Working,
        };
        next
    }

    /// Whether a pause may go on.
    pub fn may_pause(&self) -> bool {
        self.phase == Phase::Paused && !self.must_send()
    }

    /// The thread's pause or sleep is over.
    pub fn on_resume(&mut self) {
        if matches!(self.phase, Phase::Paused | Phase::Sleeping { .. }) {
            self.phase = Phase::Working;
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
