//! Reliable packets that wait for the window.

use std::collections::VecDeque;

use crate::Backlog;

/// Entries of a list that stay allocated when it is empty.
pub const KEPT_CAPACITY: usize = 64;

/// Cost of a packet or fragment that is not acknowledged, besides its bytes: its entries in the lists of its channel, of
/// what waits and of what is in flight, each of which may be half empty.
pub const COMMAND_COST: usize = 256;

/// Names a reliable command of a peer: its channel, and its number with the wraps counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub channel: u8,
    pub number: u64,
}

/// The order of a peer's reliable commands.
#[derive(Debug, Default)]
pub struct SendQueue {
    /// Packets that wait: those to be retransmitted, then new ones.
    pending: VecDeque<Key>,
    /// Number of commands that are not acknowledged, whether sent or not.
    unacknowledged: usize,
    /// Those that wait although they were acknowledged meanwhile.
    outdated: u32,
    /// Number of commands queued so far; wraps.
    turns: u32,
    /// Bytes that the packets occupy which are not acknowledged, whether sent or not.
    unsent_bytes: usize,
}

impl SendQueue {
    /// The turn of a command that is being queued.
    pub fn next_turn(&mut self) -> u32 {
        self.turns = self.turns.wrapping_add(1);
        self.turns
    }

    /// Counts a command that is being queued.
    pub fn on_queued(&mut self) {
        self.unacknowledged += 1;
    }

    /// Whether packets of `commands` commands and so many bytes may be queued besides what waits.
    pub fn has_room(&self, commands: usize, bytes: usize, limit: usize) -> bool {
        let size = bytes.saturating_add(commands * COMMAND_COST);
        self.unsent_bytes == 0 || self.unsent_bytes.saturating_add(size) <= limit
    }

    /// Bytes that the packets occupy which are not acknowledged.
    pub fn unsent_bytes(&self) -> usize {
        self.unsent_bytes
    }

    /// Counts the bytes of a packet, or of a fragment, that is being queued.
    pub fn on_kept(&mut self, bytes: u16) {
        self.unsent_bytes += usize::from(bytes) + COMMAND_COST;
    }

    /// Counts one that was acknowledged.
    pub fn on_freed(&mut self, bytes: u16) {
        self.unsent_bytes -= usize::from(bytes) + COMMAND_COST;
    }

    pub fn on_acknowledged(&mut self) {
        self.unacknowledged -= 1;
    }

    pub fn has_unacknowledged(&self) -> bool {
        self.unacknowledged > 0
    }

    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    pub fn first_pending(&self) -> Option<Key> {
        self.pending.front().copied()
    }

    pub fn pop_pending(&mut self) {
        self.pending.pop_front();
    }

    /// Counts an acknowledged packet that is still in the list.
    pub fn on_outdated(&mut self) {
        self.outdated += 1;
    }

    /// Removes such a packet, which is the first.
    pub fn pop_outdated(&mut self) {
        self.pending.pop_front();
        self.outdated = self.outdated.saturating_sub(1);
    }

    /// Packets and fragments that wait to be sent, and those in flight. The caller knows how many commands belong to no
    /// channel, and the bytes in flight.
    pub fn backlogs(&self, controls: usize, bytes_in_flight: u32) -> [Backlog; 2] {
        let kept = self.unacknowledged.saturating_sub(controls);
        let waiting = self.pending.len().saturating_sub(self.outdated as usize);
        let bytes = self.unsent_bytes.saturating_sub(kept * COMMAND_COST) as u64;
        let in_flight = u64::from(bytes_in_flight);
        [
            Backlog {
                packets: waiting as u64,
                bytes: bytes.saturating_sub(in_flight),
            },
            Backlog {
                packets: kept.saturating_sub(waiting) as u64,
                bytes: in_flight,
            },
        ]
    }

    /// Adds a new packet.
    pub fn push_pending(&mut self, key: Key) {
        self.pending.push_back(key);
    }

    /// Puts lost packets, in their order, in front of all others.
    pub fn requeue(&mut self, lost: &[Key]) {
        for &key in lost.iter().rev() {
            self.pending.push_front(key);
        }
    }

    pub fn clear(&mut self) {
        self.pending.clear();
        self.unacknowledged = 0;
        self.outdated = 0;
        self.unsent_bytes = 0;
    }

    /// Frees the list when nothing waits: always if the peer is idle, otherwise if it is large.
    pub fn release_memory(&mut self, is_idle: bool) {
        if is_idle || self.pending.capacity() > KEPT_CAPACITY {
            self.pending = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_packets_go_before_new_ones_in_their_order() {
        let mut queue = SendQueue::default();
        let key = |number| Key { channel: 0, number };
        queue.push_pending(key(3));
        queue.requeue(&[key(1), key(2)]);
        for number in 1..=3 {
            assert_eq!(queue.first_pending(), Some(key(number)));
            queue.pop_pending();
        }
        assert!(!queue.has_pending());
    }
}
