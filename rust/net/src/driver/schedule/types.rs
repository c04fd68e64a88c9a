//! The states of a [`super::Schedule`], and its decisions.

use enet_proto::Time;

/// The thread's activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
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
    /// The thread leaves the host to the owner. The condition variable ends it.
    StandingBy { timer: Time },
    /// The owner is gone, and nobody serves the host. The condition variable ends it.
    Stalled,
    /// The thread is to send what waits and to end.
    Stopping,
}

/// Packets that the owner queued since the last flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unflushed {
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
    /// End its pause or its rest.
    Pause,
    /// End its sleep.
    Sleep,
}

impl Wake {
    /// This one, or else the other.
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::No => other,
            _ => self,
        }
    }
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
    /// Rest as long as [`Schedule::rest`] says, or until [`Wake::Pause`].
    Rest,
    /// End.
    Stop,
}

/// Results of a round.
#[derive(Debug, Clone, Copy, Default)]
pub struct Round {
    /// Datagrams that arrived.
    pub arrived: usize,
    /// Datagrams that arrived or left since the host was made.
    pub moved: u64,
    /// Whether more datagrams wait in the socket, or for it, than one round handles.
    pub is_unfinished: bool,
    /// Whether reading the socket failed. It may fail again at once.
    pub has_failed: bool,
    /// When the protocol, a session or the transport has something to do next.
    pub next_timer: Time,
    /// The same for a session or the transport alone, which an owner does not serve.
    pub side_timer: Option<Time>,
    /// Whether the thread knew when it sent that it was to end.
    pub is_last: bool,
}
