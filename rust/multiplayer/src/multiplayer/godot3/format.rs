//! Godot 3's bytes and channels. Numbers are little endian.

use crate::TransferMode;
use enet_proto::MAX_CHANNELS;

/// ENet channel of the server's messages; 1 carries reliable packets, 2 unreliable ones, and a
/// game's channel 1 is ENet channel 3, and so on.
pub const CONFIG_CHANNEL: u8 = 0;
/// ENet channels that a game cannot choose.
pub const SYSTEM_CHANNELS: usize = 3;
/// Highest transfer channel a game can choose.
const MAX_TRANSFER_CHANNEL: i32 = (MAX_CHANNELS - SYSTEM_CHANNELS) as i32;

/// Bytes before those of a game.
pub const PREFIX_SIZE: usize = 8;

/// What a packet begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    /// Who sent it.
    pub source: i32,
    /// Who gets it: 0 everybody, an id that peer, a negative id everybody else.
    pub target: i32,
}

/// What a server tells its clients, on a channel of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemMessage {
    /// Another client is there.
    Add(i32),
    /// It is gone.
    Remove(i32),
}

const ADD: i32 = 0;
const REMOVE: i32 = 1;

impl Prefix {
    /// The prefix of a packet, if it has one.
    pub fn of(packet: &[u8]) -> Option<Self> {
        let (source, target) = two_numbers(packet)?;
        Some(Self { source, target })
    }

    pub fn to_bytes(self) -> [u8; PREFIX_SIZE] {
        eight_bytes(self.source, self.target)
    }
}

impl SystemMessage {
    /// The message in a packet; what follows it has no meaning.
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

/// The ENet channel for a transfer channel. 0 and below mean the mode's own channel; `None` above
/// the highest.
pub fn to_wire(mode: TransferMode, transfer_channel: i32) -> Option<u8> {
    match transfer_channel {
        ..=0 if mode == TransferMode::Reliable => Some(1),
        ..=0 => Some(2),
        1..=MAX_TRANSFER_CHANNEL => u8::try_from(transfer_channel + 2).ok(),
        _ => None,
    }
}

/// The transfer channel of an ENet channel, 0 for those that a game cannot choose.
pub fn from_wire(channel: u8) -> i32 {
    (i32::from(channel) - 2).max(0)
}

/// ENet channels when a game asks for `user_channels` of its own.
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
    fn what_is_cut_short_or_of_no_kind_is_nothing() {
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
