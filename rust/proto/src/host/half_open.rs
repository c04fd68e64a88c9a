//! Half-open connections: how many there are, and which one gives way.
//!
//! Their senders may be forged, so their number is bounded, in all and for each subscriber. The oldest one of
//! the subscriber with the most gives way: one who has few is not crowded out by one who has many, and one who
//! forges all addresses needs a flood that fills the whole table within an honest round trip.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::{PeerId, subscriber};

/// Connections that players behind one address may well begin at once: up to so many more are no reason to give
/// way sooner.
const FEW: usize = 8;

/// A subscriber's place in the order of giving way: more connections first, then older ones.
type Rank = (Reverse<usize>, u32, IpAddr);

/// The half-open connections of a host. Memory is held for those that exist, and for no others.
#[derive(Default)]
pub struct HalfOpen {
    subscribers: BTreeMap<IpAddr, Share>,
    /// Subscribers with connections that may give way.
    ranking: BTreeSet<Rank>,
    count: usize,
}

/// The half-open connections of one subscriber.
#[derive(Default)]
struct Share {
    /// All of them.
    count: usize,
    /// Those that may give way and when they began, oldest first.
    evictable: Vec<(PeerId, u64)>,
}

impl Share {
    fn rank(&self, of: IpAddr) -> Option<Rank> {
        let (oldest, _) = self.evictable.first()?;
        Some((Reverse(self.evictable.len() / FEW), oldest.generation, of))
    }
}

impl HalfOpen {
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many a subscriber has.
    pub fn count_of(&self, address: IpAddr) -> usize {
        let share = self.subscribers.get(&subscriber(address));
        share.map_or(0, |share| share.count)
    }

    /// Adds a connection. One whose address is proven does not give way.
    pub fn add(&mut self, id: PeerId, address: IpAddr, now: u64, is_proven: bool) {
        self.count += 1;
        self.change(address, |share| {
            share.count += 1;
            if !is_proven {
                share.evictable.push((id, now));
            }
        });
    }

    /// Removes a connection that is not half-open any more.
    pub fn remove(&mut self, id: PeerId, address: IpAddr) {
        self.count -= 1;
        self.change(address, |share| {
            share.count -= 1;
            if let Some(at) = share.evictable.iter().position(|&(other, _)| other == id) {
                share.evictable.remove(at);
            }
        });
    }

    /// The connection that gives way next, and when it began.
    pub fn first(&self) -> Option<(PeerId, u64)> {
        let (.., subscriber) = self.ranking.first()?;
        self.oldest_of(*subscriber)
    }

    /// The connection of a subscriber that gives way first.
    pub fn oldest_of(&self, address: IpAddr) -> Option<(PeerId, u64)> {
        let share = self.subscribers.get(&subscriber(address))?;
        share.evictable.first().copied()
    }

    fn change(&mut self, address: IpAddr, change: impl FnOnce(&mut Share)) {
        let key = subscriber(address);
        let share = self.subscribers.entry(key).or_default();
        if let Some(rank) = share.rank(key) {
            self.ranking.remove(&rank);
        }
        change(share);
        self.ranking.extend(share.rank(key));
        if share.count == 0 {
            self.subscribers.remove(&key);
        }
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
    fn the_oldest_of_the_subscriber_with_the_most_gives_way_and_nothing_stays() {
        let mut half_open = HalfOpen::default();
        let (few, many, proven) = (ip("10.0.0.1"), ip("fd00::1"), ip("10.0.0.3"));
        half_open.add(id(1), few, 100, false);
        for number in 2..10 {
            let neighbour = format!("fd00::{number}");
            half_open.add(id(number), ip(&neighbour), 200, false);
        }
        half_open.add(id(10), proven, 50, true);
        assert_eq!((half_open.count(), half_open.count_of(many)), (10, 8));
        assert_eq!(half_open.first(), Some((id(2), 200)), "it has many");
        half_open.remove(id(2), many);
        assert_eq!(half_open.first(), Some((id(1), 100)), "it is the oldest");
        assert_eq!(half_open.oldest_of(many), Some((id(3), 200)));
        half_open.remove(id(1), few);
        (3..10).for_each(|number| half_open.remove(id(number), many));
        assert_eq!((half_open.first(), half_open.count()), (None, 1));
        half_open.remove(id(10), proven);
        assert!(half_open.subscribers.is_empty() && half_open.ranking.is_empty());
    }
}
