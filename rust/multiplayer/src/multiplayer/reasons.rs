//! Why connections ended, by the peers' ids.

use std::collections::VecDeque;

/// Ends that are remembered.
const KEPT: usize = 256;

/// Reasons that either side gave, in ENet's 32 bits.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    /// The last ends, oldest first.
    ended: VecDeque<(i32, u32)>,
}

impl Reasons {
    /// Notes that the connection to a peer ended.
    pub fn end(&mut self, id: i32, reason: u32) {
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_reasons_are_kept() {
        let mut reasons = Reasons::default();
        reasons.end(5, 77);
        reasons.end(6, 88);
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
