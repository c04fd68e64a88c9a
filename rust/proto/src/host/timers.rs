//! One heap of timers for all peers.
//!
//! A peer's entry is never removed when its deadline moves; the entry is corrected when it comes up.
//! So an acknowledgement costs no work on the heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::PeerId;

/// The time for which a peer has a valid entry in [`Timers`], if it has one.
#[derive(Debug, Default)]
pub struct Alarm(Option<u64>);

impl Alarm {
    /// Whether the entry that came up is the valid one, which it is not any more.
    pub fn take(&mut self, time: u64) -> bool {
        let is_valid = self.0 == Some(time);
        if is_valid {
            self.0 = None;
        }
        is_valid
    }

    /// Whether this is the time of the valid entry.
    pub fn is(&self, time: u64) -> bool {
        self.0 == Some(time)
    }
}

/// Timers of peers, in milliseconds.
#[derive(Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(u64, PeerId)>>,
}

impl Timers {
    /// Has a peer's timer come up at `deadline` at the latest.
    pub fn arm(&mut self, id: PeerId, alarm: &mut Alarm, deadline: u64) {
        if alarm.0.is_none_or(|armed| armed > deadline) {
            alarm.0 = Some(deadline);
            self.heap.push(Reverse((deadline, id)));
        }
    }

    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Removes timers, by time and peer, that are not needed.
    pub fn retain(&mut self, is_needed: impl Fn(u64, PeerId) -> bool) {
        self.heap.retain(|&Reverse((time, id))| is_needed(time, id));
    }

    /// When the next timer comes up, which may be an outdated one.
    pub fn next(&self) -> Option<u64> {
        self.heap.peek().map(|&Reverse((time, _))| time)
    }

    /// Removes the next timer that is due.
    pub fn pop_due(&mut self, now: u64) -> Option<(u64, PeerId)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_deadline_replaces_a_later_one_only() {
        let mut timers = Timers::default();
        let mut alarm = Alarm::default();
        let id = PeerId {
            slot: 3,
            generation: 1,
        };
        timers.arm(id, &mut alarm, 500);
        timers.arm(id, &mut alarm, 600);
        timers.arm(id, &mut alarm, 400);
        assert_eq!(timers.pop_due(399), None);
        assert_eq!(timers.pop_due(400), Some((400, id)));
        assert!(alarm.take(400));
        assert_eq!(timers.pop_due(500), Some((500, id)));
        assert!(!alarm.take(500), "it is outdated");
        assert_eq!(timers.next(), None);
    }
}
