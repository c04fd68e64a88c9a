//! How many connections may begin in a second.
//!
//! A token bucket holds the attempts of one second. Only the time at which it is full again is kept, and only
//! until then.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::{Limits, subscriber};

/// Subscribers with a bucket of their own, at most: more are bounded by the bucket of all.
const MAX_BUCKETS: usize = 4096;
/// Buckets from which on full ones are looked for.
const MIN_SWEEP: usize = 64;
/// Microseconds that a bucket holds.
const SECOND: u64 = 1_000_000;

/// The buckets of all connectors together, and of each subscriber. Times are in microseconds.
pub struct ConnectRate {
    full_at: u64,
    subscribers: BTreeMap<IpAddr, u64>,
    sweep_at: usize,
}

/// Whether an attempt may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    Allowed,
    /// There were too many, of all connectors together.
    TooMany,
    /// There were too many of this subscriber.
    TooManyOfSubscriber,
}

impl ConnectRate {
    pub fn new() -> Self {
        Self {
            full_at: 0,
            subscribers: BTreeMap::new(),
            sweep_at: MIN_SWEEP,
        }
    }

    /// Counts an attempt at a time in milliseconds. One whose address is proven counts for its subscriber
    /// only. What is not allowed does not count.
    pub fn count(&mut self, from: IpAddr, now: u64, limits: &Limits, is_proven: bool) -> Attempt {
        let now = now.saturating_mul(1000);
        let own = (!limits.exempts(from)).then_some(limits.connects_per_second_per_address);
        let own = own.filter(|&rate| rate > 0).map(|rate| {
            let key = subscriber(from);
            let full_at = self.subscribers.get(&key).copied().unwrap_or(0);
            (key, take(full_at, now, rate))
        });
        if let Some((_, None)) = own {
            return Attempt::TooManyOfSubscriber;
        }
        if limits.connects_per_second > 0 && !is_proven {
            match take(self.full_at, now, limits.connects_per_second) {
                Some(full_at) => self.full_at = full_at,
                None => return Attempt::TooMany,
            }
        }
        if let Some((key, Some(full_at))) = own {
            if self.subscribers.len() >= self.sweep_at {
                self.forget_full(now);
            }
            if self.subscribers.len() < MAX_BUCKETS {
                self.subscribers.insert(key, full_at);
            }
        }
        Attempt::Allowed
    }

    /// Forgets the buckets that are full at a time in milliseconds.
    pub fn tidy(&mut self, now: u64) {
        if !self.subscribers.is_empty() {
            self.forget_full(now.saturating_mul(1000));
        }
    }

    fn forget_full(&mut self, now: u64) {
        self.subscribers.retain(|_, full_at| *full_at > now);
        self.sweep_at = (2 * self.subscribers.len()).clamp(MIN_SWEEP, MAX_BUCKETS);
    }
}

/// When a bucket is full again that one more attempt is taken from; `None` if it is empty.
fn take(full_at: u64, now: u64, rate: u32) -> Option<u64> {
    let after = full_at.max(now).saturating_add(SECOND / u64::from(rate));
    (after - now <= SECOND).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(in_all: u32, each: u32) -> Limits {
        Limits {
            connects_per_second: in_all,
            connects_per_second_per_address: each,
            ..Limits::none()
        }
    }

    fn allowed(rate: &mut ConnectRate, limits: &Limits, from: &str, times: u32, now: u64) -> usize {
        let from = from.parse().expect("an address");
        let attempts = (0..times).map(|_| rate.count(from, now, limits, false));
        attempts.filter(|&it| it == Attempt::Allowed).count()
    }

    #[test]
    fn a_second_has_its_attempts_at_once_and_then_one_by_one() {
        let (mut rate, limits) = (ConnectRate::new(), limits(0, 50));
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.1", 99, 5000), 50);
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.2", 99, 5000), 50);
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.1", 99, 5020), 1);
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.1", 99, 9000), 50);
        assert_eq!(allowed(&mut rate, &limits, "127.0.0.1", 999, 9000), 999);
        assert_eq!(allowed(&mut rate, &limits, "127.0.0.2", 999, 9000), 50);
    }

    #[test]
    fn all_together_have_a_bucket_that_a_proven_address_needs_not() {
        let (mut rate, limits) = (ConnectRate::new(), limits(10, 5));
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.1", 99, 0), 5);
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.2", 99, 0), 5);
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.3", 99, 0), 0);
        let from = "10.0.0.3".parse().expect("an address");
        assert_eq!(rate.count(from, 0, &limits, true), Attempt::Allowed);
    }

    #[test]
    fn buckets_are_forgotten_when_they_are_full_again() {
        let (mut rate, limits) = (ConnectRate::new(), limits(0, 50));
        for number in 0..100_000u32 {
            let from = IpAddr::from(number.to_be_bytes());
            rate.count(from, u64::from(number / 100), &limits, false);
            assert!(rate.subscribers.len() <= MAX_BUCKETS);
        }
        rate.tidy(1000 + 20);
        assert!(rate.subscribers.is_empty());
    }
}
