//! How many connections may begin in a second.
//!
//! A token bucket holds the attempts of one second. Only the time at which it is full again is kept, and only
//! until then.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::{Limits, subscriber};

/// Subscribers with a bucket of their own, at most: more share the bucket of all.
const MAX_BUCKETS: usize = 4096;
/// Buckets from which on full ones are looked for.
const MIN_SWEEP: usize = 64;
/// Microseconds between two such searches, at least: a flood may fill all buckets.
const SWEEP_PAUSE: u64 = 10_000;
/// Microseconds that a bucket holds.
const SECOND: u64 = 1_000_000;

/// The buckets of all connectors together, and of each subscriber. Times are in microseconds.
///
/// A trusted proxy has no bucket, so its proven attempts share one of their own. It is as large as that of all.
///
/// Attempts with a proven address and the others have buckets apart: whoever forges a subscriber's address empties
/// none that the subscriber needs.
#[derive(Default)]
pub struct ConnectRate {
    full_at: u64,
    /// That of the proven attempts without a bucket of their own: players behind a trusted proxy.
    trusted_full_at: u64,
    unproven: Buckets,
    proven: Buckets,
}

/// When the bucket of each subscriber is full again.
struct Buckets {
    full_at: BTreeMap<IpAddr, u64>,
    sweep_at: usize,
    next_sweep: u64,
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            full_at: BTreeMap::new(),
            sweep_at: MIN_SWEEP,
            next_sweep: 0,
        }
    }
}

impl Buckets {
    /// Whether a subscriber has one, or may have one.
    fn have_room(&mut self, key: IpAddr, now: u64) -> bool {
        if self.full_at.len() >= self.sweep_at && now >= self.next_sweep {
            self.forget_full(now);
            self.next_sweep = now.saturating_add(SWEEP_PAUSE);
        }
        self.full_at.len() < MAX_BUCKETS || self.full_at.contains_key(&key)
    }

    fn forget_full(&mut self, now: u64) {
        self.full_at.retain(|_, full_at| *full_at > now);
        self.sweep_at = (2 * self.full_at.len()).clamp(MIN_SWEEP, MAX_BUCKETS);
    }
}

impl ConnectRate {
    /// Counts an attempt at a time in milliseconds, and says whether it may go on. One whose address is proven counts
    /// for its subscriber only, as long as that has a bucket. What is not allowed does not count.
    pub fn admits(&mut self, from: IpAddr, now: u64, limits: &Limits, is_proven: bool) -> bool {
        let now = now.saturating_mul(1000);
        let buckets = match is_proven {
            true => &mut self.proven,
            false => &mut self.unproven,
        };
        let own = (!limits.exempts(from)).then_some(limits.connects_per_second_per_address);
        let own = own.filter(|&rate| rate > 0).map(|rate| {
            let key = subscriber(from);
            let full_at = buckets.full_at.get(&key).copied().unwrap_or(0);
            (key, take(full_at, now, rate))
        });
        if let Some((_, None)) = own {
            return false;
        }
        let has_bucket = own.is_none_or(|(key, _)| buckets.have_room(key, now));
        if limits.connects_per_second > 0 && !(is_proven && own.is_some() && has_bucket) {
            let shared = match is_proven && own.is_none() {
                true => &mut self.trusted_full_at,
                false => &mut self.full_at,
            };
            match take(*shared, now, limits.connects_per_second) {
                Some(full_at) => *shared = full_at,
                None => return false,
            }
        }
        if let Some((key, Some(full_at))) = own
            && has_bucket
        {
            buckets.full_at.insert(key, full_at);
        }
        true
    }

    /// Forgets the buckets that are full at a time in milliseconds.
    pub fn tidy(&mut self, now: u64) {
        for buckets in [&mut self.unproven, &mut self.proven] {
            if !buckets.full_at.is_empty() {
                buckets.forget_full(now.saturating_mul(1000));
            }
        }
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
        let attempts = (0..times).map(|_| rate.admits(from, now, limits, false));
        attempts.filter(|&is_admitted| is_admitted).count()
    }

    #[test]
    fn proven_attempts_of_a_trusted_proxy_share_a_bucket_of_their_own() {
        let from: IpAddr = "127.0.0.1".parse().expect("an address");
        let (mut rate, limits) = (ConnectRate::default(), limits(10, 5));
        assert!(limits.exempts(from));
        let mut admitted = |is_proven| {
            let attempts = (0..99).filter(|_| rate.admits(from, 0, &limits, is_proven));
            attempts.count()
        };
        assert_eq!(admitted(true), 10);
        assert_eq!(admitted(false), 10);
    }

    #[test]
    fn a_second_has_its_attempts_at_once_and_then_one_by_one() {
        let (mut rate, limits) = (ConnectRate::default(), limits(0, 50));
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.1", 99, 5000), 50);
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.2", 99, 5000), 50);
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.1", 99, 5020), 1);
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.1", 99, 9000), 50);
        assert_eq!(allowed(&mut rate, &limits, "127.0.0.1", 999, 9000), 999);
        assert_eq!(allowed(&mut rate, &limits, "127.0.0.2", 999, 9000), 50);
    }

    #[test]
    fn all_together_have_a_bucket_that_a_proven_address_needs_not() {
        let (mut rate, limits) = (ConnectRate::default(), limits(10, 5));
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.1", 99, 0), 5);
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.2", 99, 0), 5);
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.3", 99, 0), 0);
        let from = "10.0.0.3".parse().expect("an address");
        assert!(rate.admits(from, 0, &limits, true));
    }

    #[test]
    fn attempts_in_a_subscribers_name_do_not_empty_its_bucket_of_proven_ones() {
        let (mut rate, limits) = (ConnectRate::default(), limits(0, 5));
        assert_eq!(allowed(&mut rate, &limits, "10.0.0.1", 99, 0), 5);
        let from = "10.0.0.1".parse().expect("an address");
        let proven = (0..99).filter(|_| rate.admits(from, 0, &limits, true));
        assert_eq!(proven.count(), 5);
    }

    #[test]
    fn proven_subscribers_without_a_bucket_share_that_of_all() {
        let (mut rate, limits) = (ConnectRate::default(), limits(10, 5));
        let admitted = (0..10_000u32).filter(|number| {
            let from = IpAddr::from(number.to_be_bytes());
            rate.admits(from, 0, &limits, true)
        });
        assert_eq!(admitted.count(), MAX_BUCKETS + 10);
    }

    #[test]
    fn buckets_are_forgotten_when_they_are_full_again() {
        let (mut rate, limits) = (ConnectRate::default(), limits(0, 50));
        for number in 0..100_000u32 {
            let from = IpAddr::from(number.to_be_bytes());
            rate.admits(from, u64::from(number / 100), &limits, false);
            assert!(rate.unproven.full_at.len() <= MAX_BUCKETS);
        }
        rate.tidy(1000 + 20);
        assert!(rate.unproven.full_at.is_empty());
    }
}
