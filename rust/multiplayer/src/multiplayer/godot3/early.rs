//! Packets of clients that the server has not announced yet.

use std::collections::VecDeque;

use crate::Packet;

/// Most early packets that are kept, and most bytes of theirs.
const MAX_PACKETS: usize = 256;
const MAX_BYTES: usize = 1024 * 1024;

/// Packets that overtook the announcement of their sender: the announcement was lost, and ENet
/// retransmits it. The oldest packets are dropped beyond the limits.
#[derive(Default)]
pub struct EarlyPackets {
    packets: VecDeque<Packet>,
    bytes: usize,
}

impl EarlyPackets {
    /// Keeps a packet. One that is larger than the limit is dropped with all others.
    pub fn keep(&mut self, packet: Packet) {
        self.bytes += packet.data.len();
        self.packets.push_back(packet);
        while self.packets.len() > MAX_PACKETS || self.bytes > MAX_BYTES {
            let oldest = self.packets.pop_front();
            self.bytes -= oldest.map_or(0, |packet| packet.data.len());
        }
    }

    /// Removes the packets of a peer, oldest first.
    pub fn take_of(&mut self, peer: i32) -> Vec<Packet> {
        let is_of_peer = |packet: &Packet| packet.peer == peer;
        let (taken, kept): (Vec<_>, Vec<_>) = self.packets.drain(..).partition(is_of_peer);
        self.bytes = kept.iter().map(|packet| packet.data.len()).sum();
        self.packets = kept.into();
        taken
    }

    /// Drops every packet.
    pub fn clear(&mut self) {
        self.packets.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TransferMode;

    fn packet(peer: i32, channel: i32, size: usize) -> Packet {
        Packet {
            peer,
            channel,
            mode: TransferMode::Unreliable,
            data: vec![0; size],
        }
    }

    fn channels(packets: &[Packet]) -> Vec<i32> {
        packets.iter().map(|packet| packet.channel).collect()
    }

    #[test]
    fn a_peers_packets_are_taken_in_order_and_others_stay() {
        let mut early = EarlyPackets::default();
        for (peer, channel) in [(5, 0), (7, 1), (5, 2), (7, 3)] {
            early.keep(packet(peer, channel, 10));
        }
        assert_eq!(channels(&early.take_of(5)), [0, 2]);
        assert_eq!(early.bytes, 20);
        assert!(early.take_of(5).is_empty());
        assert_eq!(channels(&early.take_of(7)), [1, 3]);
        assert_eq!(early.bytes, 0);
    }

    #[test]
    fn the_oldest_packets_are_dropped_beyond_the_count() {
        let mut early = EarlyPackets::default();
        for channel in 0..MAX_PACKETS as i32 + 2 {
            early.keep(packet(5, channel, 0));
        }
        let kept = channels(&early.take_of(5));
        assert_eq!(kept.len(), MAX_PACKETS);
        assert_eq!(kept[0], 2);
    }

    #[test]
    fn the_oldest_packets_are_dropped_beyond_the_bytes() {
        let mut early = EarlyPackets::default();
        early.keep(packet(5, 0, 1));
        early.keep(packet(5, 1, MAX_BYTES - 1));
        early.keep(packet(5, 2, 1));
        assert_eq!(channels(&early.take_of(5)), [1, 2]);
        early.keep(packet(5, 3, 1));
        early.keep(packet(5, 4, MAX_BYTES + 1));
        assert!(early.take_of(5).is_empty());
        assert_eq!(early.bytes, 0);
    }
}
