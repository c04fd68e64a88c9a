//! Signs of life of the game's main thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Beats while the main thread lives. A server that hangs is to be replaced; one that loads a level is not.
#[derive(Debug)]
pub struct Pulse {
    began: Instant,
    /// Milliseconds from `began` to the last beat.
    last: AtomicU64,
    /// Milliseconds without a beat after which the server counts as hung; 0 for never.
    timeout: AtomicU64,
}

impl Pulse {
    /// A pulse that beats now.
    pub fn new(timeout: Option<Duration>) -> Self {
        let pulse = Self {
            began: Instant::now(),
            last: AtomicU64::new(0),
            timeout: AtomicU64::new(0),
        };
        pulse.set_timeout(timeout);
        pulse
    }

    /// The main thread lives.
    pub fn beat(&self) {
        self.last
            .store(millis(self.began.elapsed()), Ordering::Relaxed);
    }

    /// After so long without a beat the server counts as hung; `None` for never.
    pub fn set_timeout(&self, timeout: Option<Duration>) {
        let timeout = timeout.map_or(0, |timeout| millis(timeout).max(1));
        self.timeout.store(timeout, Ordering::Relaxed);
    }

    /// The time since the last beat.
    pub fn age(&self) -> Duration {
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
        self.began.elapsed().saturating_sub(last)
    }

    /// Whether the server counts as alive.
    pub fn is_alive(&self) -> bool {
        match self.timeout.load(Ordering::Relaxed) {
            0 => true,
            timeout => self.age() < Duration::from_millis(timeout),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
