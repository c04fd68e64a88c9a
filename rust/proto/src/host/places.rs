//! The places for connections: [`crate::HostConfig::max_peers`] of them, and some of them for each address.
//!
//! A connection that began here has a place from its beginning. One that others began has a place as soon as it
//! is proven: a half-open one may have a forged address. A place is free again when its connection has ended. What the
//! connections from an address may bring together is known while there is one.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::recv::SharedIntake;
use crate::{HostConfig, subscriber};

/// Counts of the places that are taken.
#[derive(Default)]
pub struct Places {
    taken: usize,
    /// Of connections that others began.
    by_subscriber: BTreeMap<IpAddr, Subscriber>,
}

/// The connections of a subscriber.
#[derive(Default)]
struct Subscriber {
    count: usize,
    intake: SharedIntake,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlace {
    /// All are taken.
    Full,
    /// The subscriber has as many as it may have.
    TooManyOfSubscriber,
}

impl Places {
    /// Whether all are taken.
    pub fn are_full(&self, config: &HostConfig) -> bool {
        self.taken >= config.max_peers
    }

    /// Whether there is one for a connection from an address.
    pub fn check(&self, from: IpAddr, config: &HostConfig) -> Result<(), NoPlace> {
        if self.are_full(config) {
            return Err(NoPlace::Full);
        }
        let limit = config.limits.peers_per_address;
        if limit == 0 || config.limits.exempts(from) {
            return Ok(());
        }
        let known = self.by_subscriber.get(&subscriber(from));
        match known.map_or(0, |it| it.count) >= limit {
            true => Err(NoPlace::TooManyOfSubscriber),
            false => Ok(()),
        }
    }

    /// Takes a place; `from` is the address of a connection that others began.
    pub fn take(&mut self, from: Option<IpAddr>) {
        self.taken += 1;
        if let Some(from) = from {
            self.by_subscriber
                .entry(subscriber(from))
                .or_default()
                .count += 1;
        }
    }

    /// What the connections from an address may bring together, if there is one.
    pub fn intake_of(&mut self, from: IpAddr) -> Option<&mut SharedIntake> {
        let known = self.by_subscriber.get_mut(&subscriber(from));
        known.map(|it| &mut it.intake)
    }

    /// Frees a place that was taken with the same address.
    pub fn free(&mut self, from: Option<IpAddr>) {
        self.taken -= 1;
        let Some(key) = from.map(subscriber) else {
            return;
        };
        if let Some(known) = self.by_subscriber.get_mut(&key) {
            known.count -= 1;
            if known.count == 0 {
                self.by_subscriber.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, Time};

    #[test]
    fn a_subscriber_has_its_share_and_is_forgotten() {
        let mut config = HostConfig {
            limits: Limits::new(20),
            ..HostConfig::new(20, 1, Time::ZERO)
        };
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let (one, same, local) = (ip("fd00::1"), ip("fd00::2"), ip("127.0.0.1"));
        let mut places = Places::default();
        (0..9).for_each(|_| places.take(Some(one)));
        places.take(None);
        assert_eq!(places.check(same, &config), Ok(()));
        places.take(Some(same));
        assert_eq!(
            places.check(same, &config),
            Err(NoPlace::TooManyOfSubscriber)
        );
        assert_eq!(places.check(ip("127.0.0.2"), &config), Ok(()));
        config.limits.trusted = vec!["fd00::/16".parse().expect("a network")];
        assert_eq!(places.check(same, &config), Ok(()));
        (0..9).for_each(|_| places.take(Some(local)));
        assert_eq!(places.check(local, &config), Err(NoPlace::Full));
        (0..9).for_each(|_| places.free(Some(local)));
        (0..10).for_each(|_| places.free(Some(same)));
        places.free(None);
        assert!(places.taken == 0 && places.by_subscriber.is_empty());
    }
}
