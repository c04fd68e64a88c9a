//! Why connections ended, by the peers' ids.

use std::collections::VecDeque;

use crate::End;

/// Ends that are remembered.
const KEPT: usize = 256;

/// The last ends.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    /// The last ends, oldest first.
    ended: VecDeque<(i32, End)>,
}

impl Reasons {
    /// Notes that the connection to a peer ended.
    pub fn end(&mut self, id: i32, end: End) {
        self.ended.retain(|&(known, _)| known != id);
        if self.ended.len() >= KEPT {
            self.ended.pop_front();
        }
        self.ended.push_back((id, end));
    }

    /// How the last connection to a peer ended; [`crate::Reason::None`] if it did not, or that was forgotten.
    pub fn of(&self, id: i32) -> End {
        let mut ended = self.ended.iter();
        ended
            .find(|&&(known, _)| known == id)
            .map_or(End::default(), |&(_, end)| end)
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
        reasons.end(5, End::local(77));
        reasons.end(6, End::local(88));
        let data = |reasons: &Reasons, id| reasons.of(id).data;
        assert_eq!(data(&reasons, 5), 77);
        assert_eq!(data(&reasons, 6), 88);
        assert_eq!(reasons.of(7), End::default());
        reasons.end(6, End::default());
        assert_eq!(reasons.of(6), End::default());
        for id in 100..100 + KEPT as i32 {
            reasons.end(id, End::local(9));
        }
        assert_eq!(reasons.of(5), End::default());
        assert_eq!(data(&reasons, 100), 9);
        assert_eq!(reasons.ended.len(), KEPT);
    }
}
