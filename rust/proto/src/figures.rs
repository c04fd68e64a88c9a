//! Figures of a connection and of a host: how much came and went, what waits, and how good the network is.
//!
//! The protocol counts what it handles; what a layer below adds to or takes from a datagram (compression, encryption) is
//! told by the caller, see [`crate::Host::note_packing`].

use crate::Drops;

/// Counts of what came and went, since the connection began or since the host was made. Sizes are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Bytes of received datagrams, as they came over the network.
    pub bytes_in: u64,
    /// Bytes of sent datagrams, as they go over the network.
    pub bytes_out: u64,
    /// Datagrams received.
    pub datagrams_in: u64,
    /// Datagrams sent.
    pub datagrams_out: u64,
    /// Packets that arrived whole and in their turn.
    pub packets_in: u64,
    /// Packets that the application queued, with those that the throttle dropped.
    pub packets_out: u64,
    /// Bytes of the packets that arrived.
    pub payload_in: u64,
    /// Bytes of the packets that were queued.
    pub payload_out: u64,
    /// Packets and fragments that share the datagram of an earlier one.
    pub datagrams_saved: u64,
    /// Bytes that received datagrams were smaller by, because they were compressed.
    pub codec_saved_in: u64,
    /// Bytes that sent datagrams are smaller by, because they are compressed.
    pub codec_saved_out: u64,
    /// Reliable commands that were sent once more.
    pub retransmissions: u64,
    /// Unreliable packets that the throttle dropped.
    pub throttled_packets: u64,
}

impl Traffic {
    /// Adds the counts of another connection.
    pub fn add(&mut self, other: &Self) {
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.datagrams_in += other.datagrams_in;
        self.datagrams_out += other.datagrams_out;
        self.packets_in += other.packets_in;
        self.packets_out += other.packets_out;
        self.payload_in += other.payload_in;
        self.payload_out += other.payload_out;
        self.datagrams_saved += other.datagrams_saved;
        self.codec_saved_in += other.codec_saved_in;
        self.codec_saved_out += other.codec_saved_out;
        self.retransmissions += other.retransmissions;
        self.throttled_packets += other.throttled_packets;
    }
}

impl Traffic {
    /// Counts packets that arrived.
    pub(crate) fn count_arrived(&mut self, arrived: Backlog) {
        self.packets_in += arrived.packets;
        self.payload_in += arrived.bytes;
    }
}

/// Packets or fragments that wait for something, and their bytes without headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Number of packets.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Backlog {
    /// Adds one packet.
    #[inline]
    pub fn count(&mut self, bytes: usize) {
        self.packets += 1;
        self.bytes += bytes as u64;
    }

    /// Adds another backlog.
    pub fn add(&mut self, other: Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.packets == 0
    }
}

/// What waits on one channel of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelFigures {
    /// Reliable packets and fragments that wait to be sent, or to be sent once more.
    pub queued: Backlog,
    /// Reliable packets and fragments that were sent, and are neither acknowledged nor considered lost.
    pub in_flight: Backlog,
    /// Packets that arrived and were not taken by the application.
    pub unread: Backlog,
}

impl ChannelFigures {
    /// Adds what waits on other channels.
    pub fn add(&mut self, other: &Self) {
        self.queued.add(other.queued);
        self.in_flight.add(other.in_flight);
        self.unread.add(other.unread);
    }

    /// Whether nothing waits on the channel.
    pub fn is_empty(&self) -> bool {
        self.queued.is_empty() && self.in_flight.is_empty() && self.unread.is_empty()
    }
}

/// Figures of one connection. Times are in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PeerFigures {
    /// What came and went.
    pub traffic: Traffic,
    /// What waits, on all channels.
    pub waiting: ChannelFigures,
    /// What was dropped, by cause.
    pub drops: Drops,
    /// The round trip that was measured last.
    pub rtt_last: Option<u32>,
    /// The smoothed round trip.
    pub rtt_smoothed: Option<u32>,
    /// Mean deviation from the smoothed round trip.
    pub rtt_variance: Option<u32>,
    /// Half of the round trips of the last minute were no longer.
    pub rtt_p50: Option<u32>,
    /// Of 100 round trips of the last minute, 99 were no longer.
    pub rtt_p99: Option<u32>,
    /// Share of the reliable transmissions of the last 10 to 20 seconds that counts as lost, 0 to 1.
    pub loss: f32,
    /// Share of the unreliable packets that the throttle lets through, 0 to 1.
    pub throttle: f32,
    /// Largest datagram that both sides accept, in bytes, before encryption.
    pub mtu: u32,
}
