//! When an attempt to connect is given up. Usually the retransmissions of the CONNECT decide that, as in C. A time for
//! the whole attempt does where the application chose one, and where the CONNECT had to wait for a layer below.

use std::num::NonZeroU32;

use crate::Timeout;

/// The time of an attempt that this side began.
#[derive(Debug, Default)]
pub struct Attempt {
    /// When it began, in milliseconds.
    started_at: u64,
    /// The time that the application gives it, in milliseconds. Small: every slot of a host has one.
    timeout: Option<NonZeroU32>,
    /// Whether the CONNECT has ever waited.
    has_waited: bool,
}

impl Attempt {
    pub fn start(&mut self, now: u64) {
        self.started_at = now;
    }

    /// Sets when the attempt began, and the time that it gets; `None` for that of the peer's limits.
    pub fn limit(&mut self, started_at: u64, timeout: Option<u64>) {
        self.started_at = started_at;
        let small = timeout.map(|it| u32::try_from(it).unwrap_or(u32::MAX).max(1));
        self.timeout = small.and_then(NonZeroU32::new);
    }

    /// Records that the CONNECT waits.
    pub fn wait(&mut self) {
        self.has_waited = true;
    }

    /// When the attempt ends, unless the retransmissions of its CONNECT decide that. `limits` are those of the peer,
    /// if the application chose them, and `rto` is a CONNECT's first timeout.
    pub fn deadline(&self, limits: Option<Timeout>, rto: u32) -> Option<u64> {
        let own = limits.map(|limits| patience(limits, rto));
        let timeout = self.timeout.map(|it| u64::from(it.get()));
        let time = match (timeout, own) {
            (Some(timeout), own) => own.map_or(timeout, |own| own.min(timeout)),
            (None, own) if self.has_waited => {
                own.unwrap_or_else(|| patience(Timeout::default(), rto))
            }
            (None, _) => return None,
        };
        Some(self.started_at.saturating_add(time))
    }
}

/// Milliseconds after which a command that is sent at once, and retransmitted whenever its timeout is over, is given up.
fn patience(limits: Timeout, rto: u32) -> u64 {
    let mut timeout = u64::from(rto.max(1));
    let mut waited = timeout;
    let mut growth = 1;
    let is_over = |waited: u64, growth: u64| {
        waited >= u64::from(limits.maximum)
            || (growth >= u64::from(limits.limit) && waited >= u64::from(limits.minimum))
    };
    while !is_over(waited, growth) {
        timeout *= 2;
        waited += timeout;
        growth *= 2;
    }
    waited
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patience_is_that_of_a_retransmitted_command() {
        assert_eq!(patience(Timeout::default(), 500), 31_500);
        let short = Timeout {
            limit: 1,
            minimum: 1000,
            maximum: 2000,
        };
        assert_eq!(patience(short, 500), 1500);
        let endless = Timeout {
            limit: u32::MAX,
            minimum: u32::MAX,
            maximum: u32::MAX,
        };
        assert!(patience(endless, 0) >= u64::from(u32::MAX));
    }

    #[test]
    fn the_shorter_one_of_both_times_counts() {
        let short = Timeout {
            limit: 1,
            minimum: 1000,
            maximum: 2000,
        };
        let mut attempt = Attempt::default();
        attempt.start(100);
        assert_eq!(attempt.deadline(Some(short), 500), None, "C's rule does it");
        attempt.limit(100, Some(60_000));
        assert_eq!(attempt.deadline(None, 500), Some(60_100));
        assert_eq!(attempt.deadline(Some(short), 500), Some(1600));
        attempt.limit(100, Some(700));
        assert_eq!(attempt.deadline(Some(short), 500), Some(800));
        attempt.limit(100, None);
        attempt.wait();
        assert_eq!(attempt.deadline(None, 500), Some(31_600));
    }
}
