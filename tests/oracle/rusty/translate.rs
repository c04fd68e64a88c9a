//! Translations between the types of rusty_enet and ours.

use std::fmt::{self, Write};

use enet_multiplayer::channel;
use enet_proto::{PacketFlags, PeerId, PeerStatistics, QueueError};
use rusty_enet::error::PeerSendError;
use rusty_enet::{PacketKind, PeerID};

use super::environment::Mailbox;

/// Reads numbers by name from a peer's debug text: most statistics have no getter.
pub fn statistics_of(peer: &rusty_enet::Peer<Mailbox>) -> PeerStatistics {
    let text = format!("{peer:?}");
    let field = |name: &str| {
        let value = text.split_once(&format!(" {name}: ")).map(|(_, rest)| rest);
        let digits = value.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
        let number = digits.flatten().and_then(|digits| digits.parse().ok());
        debug_assert!(number.is_some(), "{name} is no number in {text}");
        number.unwrap_or_default()
    };
    PeerStatistics {
        packet_loss: field("packetLoss"),
        packet_loss_variance: field("packetLossVariance"),
        packet_loss_epoch: field("packetLossEpoch"),
        packets_sent: field("packetsSent"),
        packets_lost: field("packetsLost"),
        round_trip_time: field("roundTripTime"),
        round_trip_time_variance: field("roundTripTimeVariance"),
        last_round_trip_time: field("lastRoundTripTime"),
        last_round_trip_time_variance: field("lastRoundTripTimeVariance"),
        packet_throttle: field("packetThrottle"),
        packet_throttle_limit: field("packetThrottleLimit"),
        packet_throttle_counter: field("packetThrottleCounter"),
        packet_throttle_epoch: field("packetThrottleEpoch"),
        packet_throttle_acceleration: field("packetThrottleAcceleration"),
        packet_throttle_deceleration: field("packetThrottleDeceleration"),
        packet_throttle_interval: field("packetThrottleInterval"),
        mtu: field("mtu"),
        window_size: field("windowSize"),
        reliable_data_in_transit: field("reliableDataInTransit"),
        waiting_data: field("totalWaitingData") as usize,
        in_bandwidth: field("incomingBandwidth"),
        out_bandwidth: field("outgoingBandwidth"),
        ping_interval: field("pingInterval"),
        last_receive_time: field("lastReceiveTime"),
    }
}

/// Reads the number behind `flags: ` from a debug text as it is written, without storing the text.
#[derive(Default)]
struct FlagReader {
    after_name: bool,
    value: Option<u32>,
}

impl Write for FlagReader {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text == "flags" {
            self.after_name = true;
        } else if self.after_name
            && let Ok(value) = text.parse()
        {
            self.after_name = false;
            self.value = Some(value);
        }
        Ok(())
    }
}

pub fn flags_of(packet: &rusty_enet::Packet) -> PacketFlags {
    let mut reader = FlagReader::default();
    let written = write!(reader, "{packet:?}");
    debug_assert!(written.is_ok() && reader.value.is_some());
    channel::flags_from_bits(reader.value.unwrap_or_default())
}

pub fn kind_of(flags: PacketFlags) -> PacketKind {
    let sequenced = !flags.unsequenced;
    if flags.reliable {
        PacketKind::Reliable
    } else if flags.unreliable_fragment {
        PacketKind::AlwaysUnreliable { sequenced }
    } else {
        PacketKind::Unreliable { sequenced }
    }
}

pub fn queue_error(error: PeerSendError) -> QueueError {
    match error {
        PeerSendError::NotConnected => QueueError::NotConnected,
        PeerSendError::InvalidChannel => QueueError::NoSuchChannel,
        PeerSendError::PacketTooLarge
        | PeerSendError::FragmentsExceeded
        | PeerSendError::FailedToQueue => QueueError::TooLarge,
    }
}

pub fn peer_exists(peer: &rusty_enet::Peer<Mailbox>) -> bool {
    peer.state() != rusty_enet::PeerState::Disconnected
}

pub fn peer_id(slot: PeerID, generation: u32) -> PeerId {
    // A host has at most 4095 slots.
    PeerId {
        slot: slot.0 as u16,
        generation,
    }
}

pub fn limit(bandwidth: u32) -> Option<u32> {
    (bandwidth > 0).then_some(bandwidth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_from_the_packet_not_from_its_kind() {
        for (kind, bits) in [
            (PacketKind::Reliable, 1),
            (PacketKind::Unreliable { sequenced: false }, 2),
            (PacketKind::Unreliable { sequenced: true }, 0),
            (PacketKind::AlwaysUnreliable { sequenced: true }, 8),
            (PacketKind::AlwaysUnreliable { sequenced: false }, 10),
        ] {
            let packet = rusty_enet::Packet::new(&b"x"[..], kind);
            assert_eq!(
                flags_of(&packet),
                channel::flags_from_bits(bits),
                "{kind:?}"
            );
        }
    }
}
