//! What a connection counts for its figures.
//!
//! What every datagram or packet changes lies in the peer itself, among fields that it touches anyway: with many peers,
//! memory that is looked up costs more than the counting. The rest has memory of its own, and an unproven remote gets none.

use super::RoundTrips;
use crate::Traffic;

/// Counts that datagrams and packets change. Sizes of sent datagrams are those before compression and encryption.
/// Packets that arrive are counted by [`crate::host::Events`].
#[derive(Debug, Default)]
pub struct Tally {
    bytes_in: u64,
    datagrams_in: u64,
    bytes_out: u64,
    datagrams_out: u64,
    datagrams_saved: u64,
    packets_out: u64,
    payload_out: u64,
}

impl Tally {
    /// Counts a received datagram of so many bytes on the network.
    #[inline]
    pub fn on_received(&mut self, bytes: usize) {
        self.datagrams_in += 1;
        self.bytes_in += bytes as u64;
    }

    /// Counts a packet that the application queued.
    #[inline]
    pub fn on_queued(&mut self, bytes: usize) {
        self.packets_out += 1;
        self.payload_out += bytes as u64;
    }

    /// Counts a datagram that is finished, with so many packets and fragments.
    #[inline]
    pub fn on_finished(&mut self, bytes: usize, packets: u32) {
        self.datagrams_out += 1;
        self.bytes_out += bytes as u64;
        self.datagrams_saved += u64::from(packets.saturating_sub(1));
    }
}

/// Counts that change rarely, or on hosts that compress or encrypt.
#[derive(Debug)]
pub struct Counts {
    throttled: u64,
    codec_saved_in: u64,
    codec_saved_out: u64,
    /// Bytes that encryption added to what was sent.
    sealing: u64,
    pub round_trips: RoundTrips,
}

impl Counts {
    pub fn new(now: u64) -> Self {
        Self {
            throttled: 0,
            codec_saved_in: 0,
            codec_saved_out: 0,
            sealing: 0,
            round_trips: RoundTrips::new(now),
        }
    }

    /// Counts a packet that the throttle dropped.
    pub fn on_throttled(&mut self) {
        self.throttled += 1;
    }

    /// Counts what a received datagram was smaller by.
    pub fn on_unpacked(&mut self, saved: usize) {
        self.codec_saved_in += saved as u64;
    }

    /// Counts what the caller took from a sent datagram, and added to it.
    pub fn on_packed(&mut self, saved: usize, added: usize) {
        self.codec_saved_out += saved as u64;
        self.sealing += added as u64;
    }
}

/// What came and went since the connection is up, without the packets that arrived and without retransmissions.
pub fn traffic(tally: &Tally, counts: Option<&Counts>) -> Traffic {
    let Some(counts) = counts else {
        return Traffic::default();
    };
    Traffic {
        bytes_in: tally.bytes_in,
        bytes_out: (tally.bytes_out + counts.sealing) - counts.codec_saved_out,
        datagrams_in: tally.datagrams_in,
        datagrams_out: tally.datagrams_out,
        packets_out: tally.packets_out,
        payload_out: tally.payload_out,
        datagrams_saved: tally.datagrams_saved,
        throttled_packets: counts.throttled,
        codec_saved_in: counts.codec_saved_in,
        codec_saved_out: counts.codec_saved_out,
        ..Traffic::default()
    }
}
