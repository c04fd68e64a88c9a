//! The inputs that the core does not get for itself: time and randomness.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::time::Instant;

use enet_core::Time;

/// ENet takes the time 0 for "never": what never happened must look long ago, or a young connection
/// waits for its first ping, and with it for its first round trip.
const HEAD_START: Time = Time::from_secs(3600);

/// Time since an hour before the extension first asked. Monotonic.
pub fn now() -> Time {
    static START: OnceLock<Instant> = OnceLock::new();
    HEAD_START + START.get_or_init(Instant::now).elapsed()
}

/// A number nobody can guess: the standard library keys its hash maps from the system's randomness.
pub fn seed() -> u32 {
    RandomState::new().hash_one(now()) as u32
}
