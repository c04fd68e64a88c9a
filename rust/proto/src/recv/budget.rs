//! How many received bytes a peer may have waiting for reordering and reassembly.
//!
//! A packet claims its full size when its first fragment arrives, so that packets that were begun can be completed.
//! Claims count for the peer alone. The bytes that are really held, with the cost of their
//! allocations, also count for the host's sum of all peers: a claim costs a remote nothing, and must not take room
//! from others.

use super::commands::Refused;
use crate::fairness;

/// What a waiting packet costs, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// What it may come to hold.
    pub claimed: usize,
    /// What it holds.
    pub held: usize,
}

/// Bytes of one peer that wait.
#[derive(Debug, Default)]
pub struct ReceiveBudget {
    used: Cost,
    /// What the host's sum counts of it.
    settled: usize,
}

/// What limits a peer's waiting bytes.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Most bytes of the peer.
    pub limit: usize,
    /// Most bytes of all peers.
    pub limit_in_all: usize,
    /// The host's sum.
    pub used_in_all: usize,
    pub peers: usize,
}

impl ReceiveBudget {
    /// Bytes that are held.
    pub fn held(&self) -> usize {
        self.used.held
    }

    /// Refuses a packet that is about to wait if the limit is reached already.
    pub fn check_packet(&self, cost: Cost, room: &Room) -> Result<(), Refused> {
        match self.used.claimed < room.limit {
            true => self.check_held(cost.held, room),
            false => Err(Refused::OverLimit(None)),
        }
    }

    /// Refuses additional claims of a packet that waits already. A packet as large as the limit must
    /// still get its fragments in any order, so a quarter more is permitted.
    pub fn check_more(&self, cost: Cost, room: &Room) -> Result<(), Refused> {
        match self.used.claimed + cost.claimed <= room.limit + room.limit / 4 {
            true => self.check_held(cost.held, room),
            false => Err(Refused::OverLimit(None)),
        }
    }

    /// Refuses to hold more if the memory of all peers does not permit it.
    pub fn check_held(&self, more: usize, room: &Room) -> Result<(), Refused> {
        let used = (room.used_in_all + self.used.held).saturating_sub(self.settled);
        match fairness::permits(room.limit_in_all, used, self.used.held, more, room.peers) {
            true => Ok(()),
            false => Err(Refused::OverLimit(None)),
        }
    }

    pub fn add(&mut self, cost: Cost) {
        self.used.claimed += cost.claimed;
        self.used.held += cost.held;
    }

    /// Gives back what a packet cost that waits no longer.
    pub fn remove(&mut self, cost: Cost) {
        self.used.claimed = self.used.claimed.saturating_sub(cost.claimed);
        self.used.held = self.used.held.saturating_sub(cost.held);
    }

    pub fn clear(&mut self) {
        self.used = Cost::default();
    }

    /// Brings the host's sum up to date.
    pub fn settle(&mut self, sum: &mut usize) {
        if self.settled != self.used.held {
            *sum = (*sum + self.used.held).saturating_sub(self.settled);
            self.settled = self.used.held;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room {
        limit: 100,
        limit_in_all: usize::MAX,
        used_in_all: 0,
        peers: 1,
    };

    fn cost(bytes: usize) -> Cost {
        Cost {
            claimed: bytes,
            held: bytes,
        }
    }

    #[test]
    fn the_last_packet_may_exceed_the_limit_and_its_parts_a_quarter_more() {
        let mut budget = ReceiveBudget::default();
        for bytes in [90, 30] {
            assert_eq!(budget.check_packet(cost(bytes), &ROOM), Ok(()));
            budget.add(cost(bytes));
        }
        assert!(budget.check_packet(cost(1), &ROOM).is_err());
        assert_eq!(budget.check_more(cost(5), &ROOM), Ok(()));
        assert!(budget.check_more(cost(6), &ROOM).is_err());
        budget.remove(cost(200));
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn the_sum_of_the_host_follows_each_peer() {
        let mut sum = 0;
        let mut budgets = [ReceiveBudget::default(), ReceiveBudget::default()];
        for budget in &mut budgets {
            budget.add(cost(70));
            budget.settle(&mut sum);
        }
        assert_eq!(sum, 140);
        let full = Room {
            limit_in_all: 140,
            used_in_all: sum,
            peers: 2,
            ..ROOM
        };
        assert!(budgets[0].check_held(1, &full).is_err());
        budgets[0].clear();
        // Not settled yet, and counted all the same.
        assert_eq!(budgets[0].check_held(35, &full), Ok(()));
        budgets[0].settle(&mut sum);
        budgets[1].remove(cost(70));
        budgets[1].settle(&mut sum);
        assert_eq!(sum, 0);
    }
}
