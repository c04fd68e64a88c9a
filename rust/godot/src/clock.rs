//! Inputs that `enet_multiplayer` takes from its caller: the time, and the engine's count of frames.

use std::cell::OnceCell;
use std::sync::OnceLock;
use std::time::Instant;

use enet_net::Clock;
use enet_proto::Time;
use godot::classes::Engine;
use godot::prelude::*;

/// Time at the start. ENet uses the time 0 for "never", which must look long ago: otherwise a new connection
/// waits for its first ping, and so for its first round-trip time.
const HEAD_START: Time = Time::from_secs(3600);

/// Monotonic time since an hour before the first call.
pub fn now() -> Time {
    HEAD_START + start().elapsed()
}

fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

/// The time since the first call of [`now`].
pub fn since_start(time: Time) -> Time {
    time.saturating_sub(HEAD_START)
}

/// Microseconds of a moment since the first call of [`now`].
pub fn micros_at(moment: Instant) -> i64 {
    let micros = moment.saturating_duration_since(start()).as_micros();
    i64::try_from(micros).unwrap_or(i64::MAX)
}

/// The clock of a network thread, or `None` if no thread is wanted.
pub fn thread(is_wanted: bool) -> Option<Clock> {
    is_wanted.then_some(now as Clock)
}

/// The engine's count of frames. Looking up the engine's singleton takes longer than the query, so it is
/// kept.
#[derive(Debug, Default)]
pub struct Frames(OnceCell<Gd<Engine>>);

impl Frames {
    /// Number of the current frame.
    pub fn number(&self) -> u64 {
        self.engine().get_process_frames()
    }

    /// Whether the engine is in a physics step.
    pub fn is_physics(&self) -> bool {
        self.engine().is_in_physics_frame()
    }

    fn engine(&self) -> &Gd<Engine> {
        self.0.get_or_init(Engine::singleton)
    }
}
