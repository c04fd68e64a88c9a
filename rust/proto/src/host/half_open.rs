//! Half-open connections: how many there are, and which one gives way.
//!
//! Their number is bounded, in all and for each subscriber. Those whose senders may be forged give way before those
//! with proven addresses. Among equals the oldest one of the network with the most gives way: one who has few is not
//! crowded out by one who has many, and one who forges all addresses needs a flood that fills the whole table within
//! an honest round trip.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::limits::{SUBSCRIBERS_OF_SITE, site};
use crate::{PeerId, subscriber};

/// Connections that players behind one address may well begin at once: up to so many more are no reason to give
/// way sooner.
const FEW: usize = 8;

/// A site's place in the order of giving way: more connections first, then older ones.
type Rank = (Reverse<usize>, u32, IpAddr);

/// The half-open connections of a host. Memory is held for those that exist, and for no others.
#[derive(Default)]
pub struct HalfOpen {
    unproven: Pool,
    proven: Pool,
}

/// Half-open connections that are equal in whether their addresses are proven.
#[derive(Default)]
struct Pool {
    /// Those of each site, oldest first.
    sites: BTreeMap<IpAddr, Vec<Entry>>,
    ranking: BTreeSet<Rank>,
    count: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    id: PeerId,
    since: u64,
    subscriber: IpAddr,
}

fn rank(site: IpAddr, entries: &[Entry]) -> Option<Rank> {
    let oldest = entries.first()?;
    Some((Reverse(entries.len() / FEW), oldest.id.generation, site))
}

impl Pool {
    /// The connection that gives way next.
    fn first(&self) -> Option<&Entry> {
        let (.., site) = self.ranking.first()?;
        self.sites.get(site)?.first()
    }

    fn change(&mut self, site: IpAddr, change: impl FnOnce(&mut Vec<Entry>)) {
        let entries = self.sites.entry(site).or_default();
        if let Some(rank) = rank(site, entries) {
            self.ranking.remove(&rank);
        }
        self.count -= entries.len();
        change(entries);
        self.count += entries.len();
        self.ranking.extend(rank(site, entries));
        if entries.is_empty() {
            self.sites.remove(&site);
        }
    }

    /// Removes a connection, if it is one of these.
    fn remove(&mut self, id: PeerId, site: IpAddr) {
        if let Some(entries) = self.sites.get(&site)
            && let Some(at) = entries.iter().position(|entry| entry.id == id)
        {
            self.change(site, |entries| {
                entries.remove(at);
            });
        }
    }
}

impl HalfOpen {
    pub fn count(&self) -> usize {
        self.unproven.count + self.proven.count
    }

    pub fn add(&mut self, id: PeerId, address: IpAddr, now: u64, is_proven: bool) {
        let entry = Entry {
            id,
            since: now,
            subscriber: subscriber(address),
        };
        let pool = match is_proven {
            true => &mut self.proven,
            false => &mut self.unproven,
        };
        pool.change(site(address), |entries| entries.push(entry));
    }

    /// Removes a connection that is not half-open any more.
    pub fn remove(&mut self, id: PeerId, address: IpAddr) {
        let site = site(address);
        self.unproven.remove(id, site);
        self.proven.remove(id, site);
    }

    /// The connection that gives way next, and when it began.
    pub fn first(&self) -> Option<(PeerId, u64)> {
        let first = self.unproven.first().or_else(|| self.proven.first());
        first.map(|entry| (entry.id, entry.since))
    }

    /// The connection that gives way to another one of the same subscriber or site, if they have as many as they may
    /// have: `limit` of a subscriber, at least 1. Those with proven addresses and the others do not count for each
    /// other, or whoever forges a subscriber's address would end its connections.
    pub fn excess_of(&self, address: IpAddr, is_proven: bool, limit: usize) -> Option<PeerId> {
        let pool = match is_proven {
            true => &self.proven,
            false => &self.unproven,
        };
        let of_site = pool.sites.get(&site(address))?;
        let subscriber = subscriber(address);
        let mut own = of_site.iter().filter(|it| it.subscriber == subscriber);
        let oldest = own.next();
        let limit = limit.max(1);
        if own.count() + usize::from(oldest.is_some()) >= limit {
            return oldest.map(|entry| entry.id);
        }
        let is_full = of_site.len() >= limit.saturating_mul(SUBSCRIBERS_OF_SITE);
        of_site.first().filter(|_| is_full).map(|entry| entry.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(generation: u32) -> PeerId {
        PeerId {
            slot: 0,
            generation,
        }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn the_oldest_of_the_site_with_the_most_gives_way_and_nothing_stays() {
        let mut half_open = HalfOpen::default();
        let (few, many, proven) = (ip("10.0.0.1"), ip("fd00::1"), ip("10.0.0.3"));
        half_open.add(id(1), few, 100, false);
        for number in 2..10 {
            let neighbour = format!("fd00:0:0:{number}::1");
            half_open.add(id(number), ip(&neighbour), 200, false);
        }
        half_open.add(id(10), proven, 50, true);
        assert_eq!(half_open.count(), 10);
        assert_eq!(half_open.first(), Some((id(2), 200)), "it has many");
        half_open.remove(id(2), many);
        assert_eq!(half_open.first(), Some((id(1), 100)), "it is the oldest");
        half_open.remove(id(1), few);
        (3..10).for_each(|number| half_open.remove(id(number), many));
        assert_eq!(half_open.count(), 1);
        let last = half_open.first();
        assert_eq!(last, Some((id(10), 50)), "proven ones give way last");
        half_open.remove(id(10), proven);
        for pool in [half_open.unproven, half_open.proven] {
            assert!(pool.sites.is_empty() && pool.ranking.is_empty() && pool.count == 0);
        }
    }

    #[test]
    fn a_subscriber_and_its_site_have_their_shares_of_proven_and_of_other_ones() {
        let mut half_open = HalfOpen::default();
        let network = |number: u32| ip(&format!("fd00:0:0:{number}::1"));
        half_open.add(id(1), network(1), 0, false);
        half_open.add(id(2), network(2), 0, false);
        half_open.add(id(3), network(2), 0, false);
        assert_eq!(half_open.excess_of(network(1), false, 2), None);
        assert_eq!(half_open.excess_of(network(2), false, 2), Some(id(2)));
        assert_eq!(half_open.excess_of(network(2), true, 2), None);
        (3..8).for_each(|number| half_open.add(id(number + 1), network(number), 0, false));
        assert_eq!(half_open.excess_of(network(9), false, 2), Some(id(1)));
        assert_eq!(half_open.excess_of(ip("fd00:0:0:100::"), false, 2), None);
        assert_eq!(half_open.excess_of(network(9), true, 2), None);
    }
}
