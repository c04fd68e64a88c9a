//! A watch on the owner: whether it polls in time, how much each of its polls has to do, and for how long it has
//! not polled at all.

use enet_proto::Time;

/// The longest time between two polls that are regular: 20 frames a second.
pub const REGULAR: Time = Time::from_millis(50);
/// After so long of regular polls the owner can be relied on.
pub const TRUST: Time = Time::from_millis(250);
/// So many polls in a row that are not regular are no exception.
pub const SLOW_POLLS: u32 = 3;
/// An owner that has not polled for so long is late. The thread has to wake up as rarely to look for it, which
/// costs a small game more than anything else of the thread.
pub const PATIENCE: Time = Time::from_millis(200);
/// The same where hardly a datagram moves.
pub const IDLE_PATIENCE: Time = Time::from_millis(280);
/// The owner lets frames go by for so many [`FRAMES`] without a poll, and has left the host then. An owner that loads
/// lets none go by.
pub const ABSENCE: u32 = 4;
/// The least time between two signs that frames go by.
pub const FRAMES: Time = Time::from_millis(900);
/// Least time, and least number of polls, over which the load is measured.
pub const WINDOW: Time = Time::from_millis(250);
pub const WINDOW_POLLS: u64 = 8;
/// So many datagrams for each poll, received and sent, are worth a thread of their own. Moving one takes some 3
/// microseconds, and a change of threads some 20.
pub const HEAVY: u64 = 60;
/// With fewer than this the owner moves them itself.
pub const LIGHT: u64 = 50;
/// A window with no more datagrams is idle.
pub const IDLE: u64 = 4;

/// How much there is to do in each poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Load {
    Idle,
    Light,
    Heavy,
}

/// See the module's head.
#[derive(Debug, Clone)]
pub struct Watch {
    last_poll: Time,
    /// The last sign of life that was no poll.
    last_sign: Time,
    /// Since when the owner has polled regularly.
    regular_since: Time,
    /// Polls in a row that were not regular.
    slow: u32,
    /// Whether the owner blocks until an event happens.
    is_waiting: bool,
    /// The last sign that frames go by, and signs since the last poll or sign of life.
    last_frames: Time,
    frames: u32,
    load: Load,
    window_began: Time,
    /// Datagrams that had moved when the window began, and polls since.
    moved: u64,
    polls: u64,
    /// The owner counts as gone after so long without a poll.
    stall_timeout: Option<Time>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            last_poll: Time::ZERO,
            last_sign: Time::ZERO,
            regular_since: Time::ZERO,
            slow: 0,
            is_waiting: false,
            last_frames: Time::ZERO,
            frames: 0,
            load: Load::Light,
            window_began: Time::ZERO,
            moved: 0,
            polls: 0,
            stall_timeout: None,
        }
    }
}

impl Watch {
    /// The owner polls, or makes its first call.
    pub fn on_poll(&mut self, now: Time) {
        self.slow = match self.is_waiting || now > self.last_poll + REGULAR {
            true => self.slow.saturating_add(1),
            false => 0,
        };
        if self.slow > 0 {
            self.regular_since = now;
        }
        self.is_waiting = false;
        self.last_poll = now;
        self.frames = 0;
        self.polls += 1;
    }

    /// The owner lives, and does not poll.
    pub fn on_sign_of_life(&mut self, now: Time) {
        self.last_sign = now;
        self.frames = 0;
    }

    /// The owner's frames go by, once a second or more often.
    pub fn on_frames(&mut self, now: Time) {
        if now >= self.last_frames + FRAMES {
            self.last_frames = now;
            self.frames = self.frames.saturating_add(1);
        }
    }

    /// Whether the owner lets frames go by without a poll, for so long that it does not come back.
    pub fn has_left(&self) -> bool {
        self.frames >= ABSENCE && !self.is_waiting
    }

    /// Whether the owner looks at the host: it waits for events, or is not late.
    pub fn is_attentive(&self, now: Time) -> bool {
        self.is_waiting || now < self.late_at().max(self.last_sign + PATIENCE)
    }

    /// The owner blocks until an event happens.
    pub fn on_wait(&mut self) {
        self.is_waiting = true;
    }

    /// Notes how many datagrams were moved since the host was made.
    pub fn note_moved(&mut self, now: Time, total: u64) {
        if now < self.window_began + WINDOW || self.polls < WINDOW_POLLS {
            return;
        }
        let moved = total.saturating_sub(self.moved);
        let each = moved / self.polls;
        self.load = match self.load {
            _ if moved <= IDLE => Load::Idle,
            _ if each > HEAVY => Load::Heavy,
            Load::Heavy if each >= LIGHT => Load::Heavy,
            _ => Load::Light,
        };
        self.window_began = now;
        self.moved = total;
        self.polls = 0;
    }

    /// More datagrams waited than one poll handles.
    pub fn on_overload(&mut self) {
        self.load = Load::Heavy;
    }

    /// Whether the owner can be left to serve the host.
    pub fn is_reliable(&self, now: Time) -> bool {
        !self.is_waiting
            && !self.is_heavy()
            && now >= self.regular_since + TRUST
            && now < self.late_at()
    }

    /// Whether the owner polls so rarely, and not only for a moment, that the thread is to serve.
    pub fn is_slow(&self) -> bool {
        self.slow >= SLOW_POLLS
    }

    /// Whether there is so much to do that the thread is to do it.
    pub fn is_heavy(&self) -> bool {
        self.load == Load::Heavy
    }

    /// When the owner is late if it does not poll until then.
    pub fn late_at(&self) -> Time {
        self.last_poll
            + match self.load {
                Load::Idle => IDLE_PATIENCE,
                Load::Light | Load::Heavy => PATIENCE,
            }
    }

    pub fn set_stall_timeout(&mut self, timeout: Option<Time>) {
        self.stall_timeout = timeout;
    }

    pub fn stall_timeout(&self) -> Option<Time> {
        self.stall_timeout
    }

    /// When the owner counts as gone if it does not poll until then.
    pub fn gone_at(&self) -> Option<Time> {
        let timeout = self.stall_timeout.filter(|_| !self.is_waiting)?;
        self.last_poll.max(self.last_sign).checked_add(timeout)
    }

    /// Whether the owner counts as gone.
    pub fn is_gone(&self, now: Time) -> bool {
        self.has_left() || self.gone_at().is_some_and(|at| now >= at)
    }
}
