//! Why connections ended, by the peers' ids.

use std::collections::{BTreeMap, VecDeque};

/// Ends that are remembered.
const KEPT: usize = 256;

/// Reasons that either side gave, in ENet's 32 bits.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    /// The last ends, oldest first.
    ended: VecDeque<(i32, u32)>,
    /// Reasons that this side gave for ends that the remotes have not acknowledged yet.
    given: BTreeMap<i32, u32>,
}

impl Reasons {
    /// Notes the reason that this side gives to a connected peer, for an end that is still to come.
    pub fn give(&mut self, id: i32, reason: u32) {
        // The remote is told the first reason. Only ids of connected peers are given, so ENet's number of peers bounds the map.
        self.given.entry(id).or_insert(reason);
    }

    /// Notes that the connection to a peer ended, with the data of the event.
    pub fn end(&mut self, id: i32, data: u32) {
        // ENet's event has no data for the side that ended the connection.
        let given = self.given.remove(&id).unwrap_or(0);
        let reason = if data == 0 { given } else { data };
        self.ended.retain(|&(known, _)| known != id);
        if self.ended.len() >= KEPT {
            self.ended.pop_front();
        }
        self.ended.push_back((id, reason));
    }

    /// Why the last connection to a peer ended; 0 if nobody gave a reason, or it was forgotten.
    pub fn of(&self, id: i32) -> u32 {
        let mut ended = self.ended.iter();
        ended
            .find(|&&(known, _)| known == id)
            .map_or(0, |&(_, reason)| reason)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.ended.clear();
        self.given.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_reasons_are_kept_and_either_side_may_give_them() {
        let mut reasons = Reasons::default();
        reasons.end(5, 77);
        reasons.give(6, 88);
        assert_eq!(reasons.of(6), 0);
        reasons.end(6, 0);
        assert_eq!((reasons.of(5), reasons.of(6), reasons.of(7)), (77, 88, 0));
        reasons.end(6, 0);
        assert_eq!(reasons.of(6), 0);
        for id in 100..100 + KEPT as i32 {
            reasons.end(id, 9);
        }
        assert_eq!((reasons.of(5), reasons.of(100)), (0, 9));
        assert_eq!(reasons.ended.len(), KEPT);
    }
}
