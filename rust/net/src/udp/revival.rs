//! When a dead socket is opened again. A value without a socket, tested on simulated time.

use std::time::{Duration, Instant};

/// The pauses between attempts, in milliseconds. The first attempt follows at once.
const PAUSES: [u64; 9] = [0, 10, 20, 50, 100, 200, 400, 800, 1000];
/// The pause between later attempts.
const LONG_PAUSE: Duration = Duration::from_secs(2);
/// A socket that has lived so long is taken for sound.
const SETTLED: Duration = Duration::from_secs(10);

/// The attempts to replace a socket. One that dies soon after it was opened counts as one that was not opened: its death
/// may have a cause that lasts.
#[derive(Debug)]
pub struct Revival {
    opened: Instant,
    /// Attempts since the last socket that settled.
    attempts: usize,
    due: Instant,
}

impl Revival {
    /// A socket was opened.
    pub fn new(now: Instant) -> Self {
        Self {
            opened: now,
            attempts: 0,
            due: now,
        }
    }

    /// The socket died.
    pub fn on_death(&mut self, now: Instant) {
        if now.duration_since(self.opened) >= SETTLED {
            self.attempts = 0;
        }
        self.due = now + self.pause();
    }

    /// An attempt is made; `is_open` if it succeeded.
    pub fn on_attempt(&mut self, now: Instant, is_open: bool) {
        self.attempts += 1;
        self.due = now + self.pause();
        if is_open {
            self.opened = now;
        }
    }

    /// When to make the next attempt.
    pub fn due(&self) -> Instant {
        self.due
    }

    /// Whether so many attempts were in vain that the connections cannot be kept. Attempts go on.
    pub fn has_failed(&self) -> bool {
        self.attempts >= PAUSES.len()
    }

    fn pause(&self) -> Duration {
        let millis = PAUSES.get(self.attempts).copied();
        millis.map_or(LONG_PAUSE, Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_become_rarer_and_fail_after_a_few_seconds() {
        let start = Instant::now();
        let mut revival = Revival::new(start);
        let death = start + Duration::from_secs(60);
        revival.on_death(death);
        assert_eq!(revival.due(), death, "the first one follows at once");
        let mut pauses = Vec::new();
        let mut now = death;
        let mut failed_after = None;
        for _ in 0..20 {
            now = revival.due();
            revival.on_attempt(now, false);
            pauses.push(revival.due() - now);
            if revival.has_failed() && failed_after.is_none() {
                failed_after = Some(now - death);
            }
        }
        assert!(pauses.is_sorted(), "{pauses:?}");
        assert_eq!(pauses.last(), Some(&LONG_PAUSE));
        let failed_after = failed_after.expect("it fails");
        // ENet gives a silent connection up after 5 s at the earliest.
        let range = Duration::from_secs(2)..Duration::from_secs(4);
        assert!(range.contains(&failed_after), "{failed_after:?}");
        assert!(now - death < Duration::from_secs(40));
    }

    #[test]
    fn sockets_that_die_at_once_are_replaced_as_rarely_as_those_that_do_not_open() {
        let mut now = Instant::now();
        let mut revival = Revival::new(now);
        let mut attempts = 0;
        let end = now + Duration::from_secs(60);
        revival.on_death(now);
        while now < end {
            now = revival.due();
            revival.on_attempt(now, true);
            attempts += 1;
            revival.on_death(now);
        }
        assert!(attempts < 45, "{attempts}");
        assert!(revival.has_failed());
    }

    #[test]
    fn a_socket_that_settles_is_as_good_as_the_first() {
        let start = Instant::now();
        let mut revival = Revival::new(start);
        let mut now = start;
        for _ in 0..100 {
            now += SETTLED;
            revival.on_death(now);
            assert_eq!(revival.due(), now);
            revival.on_attempt(now, true);
            assert!(!revival.has_failed());
        }
    }
}
