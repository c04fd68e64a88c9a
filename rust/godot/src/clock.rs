//! The inputs that the core does not get for itself: time and randomness; and the engine's frames.

use std::cell::OnceCell;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::time::Instant;

use enet_net::Clock;
use enet_proto::Time;
use godot::classes::Engine;
use godot::prelude::*;

/// ENet takes the time 0 for "never": what never happened must look long ago, or a young connection
/// waits for its first ping, and with it for its first round trip.
const HEAD_START: Time = Time::from_secs(3600);

/// Time since an hour before the extension first asked. Monotonic.
pub fn now() -> Time {
    static START: OnceLock<Instant> = OnceLock::new();
    HEAD_START + START.get_or_init(Instant::now).elapsed()
}

/// The clock of a network thread, if there shall be one.
pub fn thread(is_wanted: bool) -> Option<Clock> {
    is_wanted.then_some(now as Clock)
}

/// The engine's count of frames. Finding whom to ask takes longer than asking, so it is kept.
#[derive(Debug, Default)]
pub struct Frames(OnceCell<Gd<Engine>>);

impl Frames {
    /// The frame that is going on.
    pub fn number(&self) -> u64 {
        self.engine().get_process_frames()
    }

    /// Whether a physics step is going on.
    pub fn is_physics(&self) -> bool {
        self.engine().is_in_physics_frame()
    }

    fn engine(&self) -> &Gd<Engine> {
        self.0.get_or_init(Engine::singleton)
    }
}

/// A number nobody can guess: the standard library keys its hash maps from the system's randomness.
pub fn seed() -> u32 {
    RandomState::new().hash_one(now()) as u32
}
