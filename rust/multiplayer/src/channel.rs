//! Transfer modes and transfer channels, and the packet flags and ENet channels that they become.
//!
//! Packets of transfer channel 0 travel on the mode's own ENet channel: 0 for reliable ones, 1 for
//! unreliable ones. Transfer channel 1 is ENet channel 2, and so on.

use enet_proto::{MAX_CHANNELS, PacketFlags};

/// Godot's `MultiplayerPeer.TransferMode`, with its numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransferMode {
    /// Packets may be lost, and may arrive in another order.
    Unreliable = 0,
    /// Packets may be lost; none arrives after a later one.
    UnreliableOrdered = 1,
    /// Every packet arrives, in order.
    #[default]
    Reliable = 2,
}

/// Number of ENet channels that a game cannot choose: one for reliable packets, one for unreliable ones.
pub const SYSTEM_CHANNELS: usize = 2;
/// Highest transfer channel that a game can choose.
pub const MAX_TRANSFER_CHANNEL: i32 = (MAX_CHANNELS - SYSTEM_CHANNELS) as i32;

impl TransferMode {
    /// The packet flags of packets sent in this mode.
    pub fn flags(self) -> PacketFlags {
        PacketFlags {
            reliable: self == Self::Reliable,
            unsequenced: self == Self::Unreliable,
            unreliable_fragment: self != Self::Reliable,
        }
    }

    /// The mode of a received packet. Unreliable packets that were fragmented arrive as ordered ones: the
    /// wire format has no unsequenced fragments.
    pub fn from_flags(flags: PacketFlags) -> Self {
        if flags.reliable {
            Self::Reliable
        } else if flags.unsequenced {
            Self::Unreliable
        } else {
            Self::UnreliableOrdered
        }
    }
}

/// The ENet channel of a transfer channel. 0 and below stand for the mode's own channel; `None` above
/// [`MAX_TRANSFER_CHANNEL`].
pub fn to_wire(mode: TransferMode, transfer_channel: i32) -> Option<u8> {
    match transfer_channel {
        ..=0 => Some(u8::from(mode != TransferMode::Reliable)),
        1..=MAX_TRANSFER_CHANNEL => u8::try_from(transfer_channel + 1).ok(),
        _ => None,
    }
}

/// The transfer channel of an ENet channel; 0 for the two that belong to the modes.
pub fn from_wire(channel: u8) -> i32 {
    (i32::from(channel) - 1).max(0)
}

/// Number of ENet channels when a game asks for `user_channels` transfer channels; 0 or less, or more
/// than 253, stands for the 255 that the protocol allows.
pub fn wire_count(user_channels: i32) -> usize {
    match usize::try_from(user_channels) {
        Ok(count @ 1..) => count.saturating_add(SYSTEM_CHANNELS).min(MAX_CHANNELS),
        _ => MAX_CHANNELS,
    }
}

/// Packet flags from ENet's bits: 1 reliable, 2 unsequenced, 8 unreliable fragments.
pub fn flags_from_bits(bits: u32) -> PacketFlags {
    PacketFlags {
        reliable: bits & 1 != 0,
        unsequenced: bits & 2 != 0,
        unreliable_fragment: bits & 8 != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transfer_channel_has_a_wire_channel_of_its_own() {
        for mode in [
            TransferMode::Unreliable,
            TransferMode::UnreliableOrdered,
            TransferMode::Reliable,
        ] {
            for channel in 1..=MAX_TRANSFER_CHANNEL {
                let wire = to_wire(mode, channel).expect("in range");
                assert!(usize::from(wire) < MAX_CHANNELS);
                assert_eq!(from_wire(wire), channel);
            }
            assert_eq!(to_wire(mode, MAX_TRANSFER_CHANNEL + 1), None);
            assert_eq!(to_wire(mode, i32::MAX), None);
            assert_eq!(to_wire(mode, 0), to_wire(mode, i32::MIN));
            assert_eq!(from_wire(to_wire(mode, 0).expect("in range")), 0);
        }
    }

    #[test]
    fn channel_counts_include_the_system_channels() {
        assert_eq!(wire_count(0), 255);
        assert_eq!(wire_count(-3), 255);
        assert_eq!(wire_count(1), 3);
        assert_eq!(wire_count(253), 255);
        assert_eq!(wire_count(300), 255);
        assert_eq!(wire_count(i32::MAX), 255);
    }

    #[test]
    fn a_received_packet_has_the_mode_that_it_was_sent_in() {
        for mode in [
            TransferMode::Unreliable,
            TransferMode::UnreliableOrdered,
            TransferMode::Reliable,
        ] {
            assert_eq!(TransferMode::from_flags(mode.flags()), mode);
        }
    }

    #[test]
    fn transfer_channel_zero_is_the_modes_own_channel() {
        assert_eq!(to_wire(TransferMode::Reliable, 0), Some(0));
        assert_eq!(to_wire(TransferMode::UnreliableOrdered, 0), Some(1));
        assert_eq!(to_wire(TransferMode::Unreliable, 0), Some(1));
        assert_eq!(to_wire(TransferMode::Reliable, 1), Some(2));
    }
}
