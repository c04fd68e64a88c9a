//! Making room where the memory for waiting packets is short: see [`crate::Limits::waiting_bytes_in_all`].
//!
//! The peers share it, and a peer has more than its share while others do not need theirs. One that begins packets and
//! leaves them would keep all of it for ever, and a large packet of another peer would find no room.

use super::Host;
use crate::peer::Peer;
use crate::{Limit, PeerId, lifecycle};

/// Milliseconds between two searches. A search may look at all waiting packets.
const INTERVAL: u64 = 2000;

/// Whether the memory is short.
#[derive(Debug, Default)]
pub struct Shortage {
    is_noted: bool,
    next_search: u64,
}

impl Shortage {
    /// Notes that a packet found no room.
    pub fn note(&mut self) {
        self.is_noted = true;
    }

    /// Whether to search now.
    fn is_due(&mut self, now: u64) -> bool {
        if !self.is_noted || now < self.next_search {
            return false;
        }
        (self.is_noted, self.next_search) = (false, now + INTERVAL);
        true
    }
}

impl Host {
    /// If packets found no room, drops the peers that have stalled with more than their share.
    pub(super) fn make_waiting_room(&mut self) {
        let now = self.context.now;
        if self.context.shortage.is_due(now) {
            self.drop_greedy(now);
        }
    }

    #[cold]
    fn drop_greedy(&mut self, now: u64) {
        let enough = self.context.config.limits.waiting_bytes_in_all / 2;
        if self.context.waiting <= enough {
            return;
        }
        let share = enough / self.context.census.connected().max(1);
        let greedy = (self.slots.iter())
            .filter(|peer| peer.is_incoming() && peer.is_up() && peer.budget.held() > share);
        let stalled = greedy.filter(|peer| peer.channels.stalled_bytes(now) > share);
        let stalled: Vec<PeerId> = stalled.map(Peer::id).collect();
        for id in stalled {
            self.with_peer(id, |peer, context| {
                lifecycle::drop_over_limit(peer, context, Limit::Flood);
            });
        }
    }
}
