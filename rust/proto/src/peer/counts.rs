//! What a connection counts for its figures, in memory of its own: an unproven remote gets none.

use super::{RecentLoss, RoundTrips};
use crate::{PeerId, Traffic};

/// Counts of a connection. The fields that every datagram changes come first.
#[derive(Debug)]
#[repr(C)]
pub struct Counts {
    /// Sizes of sent datagrams are those before compression and encryption.
    traffic: Traffic,
    /// Bytes that encryption added to what was sent.
    sealing: u64,
    peer: PeerId,
    /// Packets and fragments in the open datagram.
    open_packets: u32,
    rtt_last: u32,
    pub recent_loss: RecentLoss,
    round_trips: RoundTrips,
}

impl Counts {
    pub fn new(peer: PeerId, now: u64) -> Self {
        Self {
            traffic: Traffic::default(),
            sealing: 0,
            peer,
            open_packets: 0,
            rtt_last: 0,
            recent_loss: RecentLoss::default(),
            round_trips: RoundTrips::new(now),
        }
    }

    /// Whose counts these are.
    pub fn peer(&self) -> PeerId {
        self.peer
    }

    /// Counts a received datagram: its bytes, those that came over the network without encryption, and with it.
    #[inline]
    pub fn on_datagram(&mut self, plain: usize, packed: usize, sealed: usize) {
        self.traffic.datagrams_in += 1;
        self.traffic.bytes_in += sealed as u64;
        self.traffic.codec_saved_in += plain.saturating_sub(packed) as u64;
    }

    /// Counts a packet that arrived.
    #[inline]
    pub fn on_packet(&mut self, bytes: usize) {
        self.traffic.packets_in += 1;
        self.traffic.payload_in += bytes as u64;
    }

    /// Counts a packet that the application queued.
    #[inline]
    pub fn on_queued(&mut self, bytes: usize) {
        self.traffic.packets_out += 1;
        self.traffic.payload_out += bytes as u64;
    }

    /// Counts a packet that the throttle dropped.
    pub fn on_throttled(&mut self) {
        self.traffic.throttled_packets += 1;
    }

    /// Counts a packet or fragment in the open datagram.
    #[inline]
    pub fn on_written(&mut self) {
        self.open_packets += 1;
    }

    /// Counts the open datagram, which is finished.
    #[inline]
    pub fn on_finished(&mut self, bytes: usize) {
        self.traffic.datagrams_out += 1;
        self.traffic.bytes_out += bytes as u64;
        self.traffic.datagrams_saved += u64::from(self.open_packets.saturating_sub(1));
        self.open_packets = 0;
    }

    /// Forgets the open datagram.
    pub fn on_dropped(&mut self) {
        self.open_packets = 0;
    }

    /// Counts what the caller took from a sent datagram, and added to it.
    pub fn on_packed(&mut self, saved: usize, added: usize) {
        self.traffic.codec_saved_out += saved as u64;
        self.sealing += added as u64;
    }

    /// Counts a round trip.
    #[inline]
    pub fn on_round_trip(&mut self, now: u64, sample: u32) {
        self.rtt_last = sample;
        self.round_trips.add(now, sample);
    }

    /// The last round trip, unless none was measured.
    pub fn rtt_last(&self) -> Option<u32> {
        (self.rtt_last > 0).then_some(self.rtt_last)
    }

    /// See [`RoundTrips::percentiles`].
    pub fn percentiles(&self, now: u64) -> Option<[u32; 2]> {
        self.round_trips.percentiles(now, [50, 99])
    }

    /// What came and went.
    pub fn traffic(&self) -> Traffic {
        let mut traffic = self.traffic;
        traffic.bytes_out = (traffic.bytes_out + self.sealing) - traffic.codec_saved_out;
        traffic
    }
}
