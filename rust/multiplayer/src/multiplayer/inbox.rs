//! Received packets that the game has not read yet.

use std::collections::{BTreeMap, VecDeque};

use super::Packet;

/// While unread packets hold this many bytes, a session takes in no more: further packets are lost as on
/// a bad network, and the remotes retransmit reliable ones.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Bytes counted for an unread packet besides its data, so that empty packets count as well.
const PACKET_COST: usize = 64;

/// Peers without unread packets that stay in the list of counts: most games have the same few peers in every frame.
const KEPT: usize = 64;

/// The queue of unread packets, with their number per peer and their size in total.
#[derive(Default)]
pub(super) struct Inbox {
    packets: VecDeque<Packet>,
    /// Number of unread packets of each peer that has any, and of some that have none.
    counts: BTreeMap<i32, usize>,
    /// Memory that the unread packets hold.
    bytes: usize,
    /// Transfer channel of the packet taken last, until the next poll.
    last_channel: Option<i32>,
}

impl Inbox {
    /// Appends a packet.
    pub fn push(&mut self, packet: Packet) {
        self.bytes += cost(&packet);
        *self.counts.entry(packet.peer).or_default() += 1;
        self.packets.push_back(packet);
    }

    /// Removes the oldest packet.
    pub fn pop(&mut self) -> Option<Packet> {
        let packet = self.packets.pop_front()?;
        self.bytes -= cost(&packet);
        if let Some(count) = self.counts.get_mut(&packet.peer) {
            *count -= 1;
            if *count == 0 && self.counts.len() > KEPT {
                self.counts.remove(&packet.peer);
            }
        }
        self.last_channel = Some(packet.channel);
        Some(packet)
    }

    /// The oldest packet.
    pub fn front(&self) -> Option<&Packet> {
        self.packets.front()
    }

    /// The packets, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Packet> {
        self.packets.iter()
    }

    /// Number of unread packets.
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Whether no packet is unread.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Whether the unread packets hold so much memory that no more may be taken in.
    pub fn is_full(&self) -> bool {
        self.bytes >= MAX_BYTES
    }

    /// Whether a packet of this peer is unread.
    pub fn has_packet_of(&self, peer: i32) -> bool {
        self.counts.get(&peer).is_some_and(|&count| count > 0)
    }

    /// Transfer channel of the packet taken last; `None` from the next poll on.
    pub fn last_channel(&self) -> Option<i32> {
        self.last_channel
    }

    /// Called when a poll begins.
    pub fn forget_last_channel(&mut self) {
        self.last_channel = None;
    }

    /// Drops every packet and forgets the last channel.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The capacity counts and not the length: a short packet may come in a large reused buffer.
fn cost(packet: &Packet) -> usize {
    packet.data.capacity() + PACKET_COST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TransferMode;

    fn packet(peer: i32, channel: i32, size: usize) -> Packet {
        Packet {
            peer,
            channel,
            mode: TransferMode::Reliable,
            data: vec![0; size],
        }
    }

    #[test]
    fn packets_are_taken_in_the_order_in_which_they_came() {
        let mut inbox = Inbox::default();
        for (peer, channel) in [(5, 1), (7, 2), (5, 3)] {
            inbox.push(packet(peer, channel, 4));
        }
        assert_eq!(inbox.len(), 3);
        for channel in [1, 2, 3] {
            assert_eq!(inbox.front().map(|packet| packet.channel), Some(channel));
            assert_eq!(inbox.pop().map(|packet| packet.channel), Some(channel));
            assert_eq!(inbox.last_channel(), Some(channel));
        }
        assert!(inbox.is_empty());
        assert_eq!(inbox.pop(), None);
        assert_eq!(inbox.last_channel(), Some(3));
        inbox.forget_last_channel();
        assert_eq!(inbox.last_channel(), None);
    }

    #[test]
    fn a_peer_has_unread_packets_until_its_last_one_is_taken() {
        let mut inbox = Inbox::default();
        for peer in [5, 7, 5] {
            inbox.push(packet(peer, 0, 0));
        }
        let has = |inbox: &Inbox| (inbox.has_packet_of(5), inbox.has_packet_of(7));
        assert_eq!(has(&inbox), (true, true));
        inbox.pop();
        assert_eq!(has(&inbox), (true, true));
        inbox.pop();
        assert_eq!(has(&inbox), (true, false));
        inbox.pop();
        assert_eq!(has(&inbox), (false, false));
        assert_eq!(inbox.bytes, 0);
    }

    #[test]
    fn the_inbox_is_full_at_its_limit_and_free_again_after_a_read() {
        let mut inbox = Inbox::default();
        inbox.push(packet(5, 0, 1000));
        inbox.push(packet(5, 0, MAX_BYTES - 1000 - 2 * PACKET_COST - 1));
        assert!(!inbox.is_full());
        let one_byte_more = MAX_BYTES - inbox.bytes;
        assert_eq!(one_byte_more, 1);
        inbox.push(packet(5, 0, 0));
        assert!(inbox.is_full());
        inbox.pop();
        assert!(!inbox.is_full());
    }

    #[test]
    fn empty_packets_fill_the_inbox_too() {
        let mut inbox = Inbox::default();
        for _ in 0..MAX_BYTES / PACKET_COST {
            assert!(!inbox.is_full());
            inbox.push(packet(5, 0, 0));
        }
        assert!(inbox.is_full());
    }

    #[test]
    fn clearing_leaves_nothing() {
        let mut inbox = Inbox::default();
        inbox.push(packet(5, 1, 100));
        inbox.push(packet(7, 1, MAX_BYTES));
        inbox.pop();
        inbox.clear();
        assert!(inbox.is_empty() && !inbox.is_full());
        assert!(!inbox.has_packet_of(7));
        assert_eq!(inbox.last_channel(), None);
    }
}
