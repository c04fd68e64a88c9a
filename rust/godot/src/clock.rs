//! The inputs that the core does not get for itself: time and randomness.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::time::Instant;

use enet_core::Time;

/// Time since the extension first asked. Monotonic.
pub fn now() -> Time {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// A number nobody can guess: the standard library keys its hash maps from the system's randomness.
pub fn seed() -> u32 {
    RandomState::new().hash_one(now()) as u32
}
