//! The wire format of Godot 3's packets, and its ENet channels. Numbers are little-endian.

use crate::TransferMode;
use enet_proto::MAX_CHANNELS;

/// ENet channel of the server's messages. Packets of transfer channel 0 travel on channel 1 if they are
/// reliable, and on channel 2 otherwise. Transfer channel 1 is ENet channel 3, and so on.
pub const CONFIG_CHANNEL: u8 = 0;
/// Number of ENet channels that a game cannot choose.
pub const SYSTEM_CHANNELS: usize = 3;
/// Highest transfer channel that a game can choose.
const MAX_TRANSFER_CHANNEL: i32 = (MAX_CHANNELS - SYSTEM_CHANNELS) as i32;

/// Size of a [`Prefix`], and of a [`SystemMessage`], in bytes.
pub const PREFIX_SIZE: usize = 8;

/// The beginning of every packet of a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    /// Id of the sender.
    pub source: i32,
    /// The recipients: 0 for every peer, an id for that peer, a negative id for every other peer.
    pub target: i32,
}

/// A server's message to its clients, on [`CONFIG_CHANNEL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemMessage {
    /// Another client has joined.
    Add(i32),
    /// Another client has left.
    Remove(i32),
}

const ADD: i32 = 0;
const REMOVE: i32 = 1;

impl Prefix {
    /// The prefix of a packet; `None` if the packet is too short.
    pub fn of(packet: &[u8]) -> Option<Self> {
        let (source, target) = two_numbers(packet)?;
        Some(Self { source, target })
    }

    pub fn to_bytes(self) -> [u8; PREFIX_SIZE] {
        eight_bytes(self.source, self.target)
    }
}

impl SystemMessage {
    /// The message in a packet; `None` if the packet is too short or the message unknown. Bytes after the
    /// message are ignored.
    pub fn of(packet: &[u8]) -> Option<Self> {
        match two_numbers(packet)? {
            (ADD, id) => Some(Self::Add(id)),
            (REMOVE, id) => Some(Self::Remove(id)),
            _ => None,
        }
    }

    pub fn to_bytes(self) -> [u8; PREFIX_SIZE] {
        match self {
            Self::Add(id) => eight_bytes(ADD, id),
            Self::Remove(id) => eight_bytes(REMOVE, id),
        }
    }
}

fn two_numbers(packet: &[u8]) -> Option<(i32, i32)> {
    let (first, rest) = packet.split_first_chunk()?;
    let (second, _) = rest.split_first_chunk()?;
    Some((i32::from_le_bytes(*first), i32::from_le_bytes(*second)))
}

fn eight_bytes(first: i32, second: i32) -> [u8; PREFIX_SIZE] {
    let mut bytes = [0; PREFIX_SIZE];
    bytes[..4].copy_from_slice(&first.to_le_bytes());
    bytes[4..].copy_from_slice(&second.to_le_bytes());
    bytes
}

/// The ENet channel of a transfer channel. 0 and below stand for the mode's own channel; `None` above
/// [`MAX_TRANSFER_CHANNEL`].
pub fn to_wire(mode: TransferMode, transfer_channel: i32) -> Option<u8> {
    match transfer_channel {
        ..=0 if mode == TransferMode::Reliable => Some(1),
        ..=0 => Some(2),
        1..=MAX_TRANSFER_CHANNEL => u8::try_from(transfer_channel + 2).ok(),
        _ => None,
    }
}

/// The transfer channel of an ENet channel; 0 for those that a game cannot choose.
pub fn from_wire(channel: u8) -> i32 {
    (i32::from(channel) - 2).max(0)
}

/// Number of ENet channels when a game asks for `user_channels` transfer channels.
pub fn wire_count(user_channels: i32) -> usize {
    let asked = usize::try_from(user_channels).unwrap_or_default();
    asked.saturating_add(SYSTEM_CHANNELS).min(MAX_CHANNELS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_little_endian_and_signed() {
        let prefix = Prefix {
            source: 0x0102_0304,
            target: -2,
        };
        assert_eq!(prefix.to_bytes(), [4, 3, 2, 1, 0xFE, 0xFF, 0xFF, 0xFF]);
        assert_eq!(Prefix::of(&prefix.to_bytes()), Some(prefix));
        let message = SystemMessage::Remove(5);
        assert_eq!(message.to_bytes(), [1, 0, 0, 0, 5, 0, 0, 0]);
        assert_eq!(SystemMessage::of(&message.to_bytes()), Some(message));
    }

    #[test]
    fn short_packets_and_unknown_messages_are_rejected() {
        for size in 0..PREFIX_SIZE {
            assert_eq!(Prefix::of(&[0; PREFIX_SIZE][..size]), None);
            assert_eq!(SystemMessage::of(&[0; PREFIX_SIZE][..size]), None);
        }
        assert_eq!(SystemMessage::of(&eight_bytes(2, 5)), None);
        assert_eq!(SystemMessage::of(&eight_bytes(-1, 5)), None);
    }

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
            for own in [0, -1, i32::MIN] {
                let wire = to_wire(mode, own).expect("in range");
                assert_ne!(wire, CONFIG_CHANNEL);
                assert_eq!(from_wire(wire), 0);
            }
        }
        assert_eq!(wire_count(1), 4);
        assert_eq!(wire_count(i32::MAX), 255);
    }
}
