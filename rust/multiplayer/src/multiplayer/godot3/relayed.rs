//! Which client is to blame when the packets that a server relays pile up for a receiver.
//!
//! A client that sends to a receiver faster than the receiver's downlink would have the server drop the receiver. So where
//! much waits for a receiver, the bytes of each origin are counted; an origin that goes on with many is dropped itself. A
//! client that connects anew goes on with its count.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use enet_proto::{Host, PeerId, Time, subscriber};

/// The time in which bytes are counted.
const PERIOD: Time = Time::from_secs(10);
/// The part of a receiver's unsent bytes that one origin may add in that time once the receiver is nearly full.
const PART: usize = 16;
/// Pairs of receivers and origins that are counted, at most.
const MAX_PAIRS: usize = 4096;

/// The bytes that one origin added for one receiver.
struct Count {
    since: Time,
    bytes: usize,
}

/// Counts of the receivers for which much waits.
#[derive(Default)]
pub struct Relayed {
    counts: BTreeMap<(PeerId, SocketAddr), Count>,
    swept_at: Time,
}

impl Relayed {
    /// Counts a packet of `size` bytes that is about to be relayed. True if its origin overloads one of the recipients.
    pub fn overloads(
        &mut self,
        now: Time,
        host: &Host,
        origin: PeerId,
        recipients: &[PeerId],
        size: usize,
    ) -> bool {
        let limit = host.limits().unsent_bytes;
        let mut overloads = false;
        for &to in recipients {
            let waiting = host.unsent_bytes(to);
            let sum = waiting.saturating_add(size);
            if waiting == 0 || sum <= limit / 2 {
                continue;
            }
            let Some(from) = origin_of(host, origin) else {
                return false;
            };
            let bytes = self.add(now, (to, from), size);
            overloads |= sum > limit / 4 * 3 && bytes > limit / PART;
        }
        overloads
    }

    fn add(&mut self, now: Time, pair: (PeerId, SocketAddr), bytes: usize) -> usize {
        if self.counts.len() >= MAX_PAIRS && !self.counts.contains_key(&pair) {
            self.sweep(now);
            if self.counts.len() >= MAX_PAIRS {
                return 0;
            }
        }
        let count = self.counts.entry(pair).or_insert(Count {
            since: now,
            bytes: 0,
        });
        if now.saturating_sub(count.since) >= PERIOD {
            (count.since, count.bytes) = (now, 0);
        }
        count.bytes = count.bytes.saturating_add(bytes);
        count.bytes
    }

    /// Forgets old counts, once a second at most.
    fn sweep(&mut self, now: Time) {
        if now.saturating_sub(self.swept_at) >= Time::from_secs(1) {
            self.swept_at = now;
            let is_new = |count: &Count| now.saturating_sub(count.since) < PERIOD;
            self.counts.retain(|_, count| is_new(count));
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.counts.clear();
    }
}

/// Where a client comes from: its subscriber, or behind a proxy and on this machine its address with the port.
fn origin_of(host: &Host, origin: PeerId) -> Option<SocketAddr> {
    let address = host.address(origin)?;
    Some(match host.limits().exempts(address.ip()) {
        true => address,
        false => (subscriber(address.ip()), 0).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_start_over_and_are_limited() {
        let mut relayed = Relayed::default();
        let pair = |slot: u16| {
            let to = PeerId {
                slot,
                generation: 1,
            };
            (to, ([10, 0, 0, 1], 0).into())
        };
        let second = Time::from_secs;
        assert_eq!(relayed.add(second(5), pair(0), 10), 10);
        assert_eq!(relayed.add(second(14), pair(0), 10), 20);
        assert_eq!(relayed.add(second(15), pair(0), 10), 10);
        for slot in 1..5000 {
            relayed.add(second(16), pair(slot), 1);
        }
        assert_eq!(relayed.counts.len(), MAX_PAIRS);
        assert_eq!(relayed.add(second(16), pair(4999), 1), 0);
        assert_eq!(relayed.add(second(26), pair(4999), 1), 1);
        assert_eq!(relayed.counts.len(), 1);
    }
}
