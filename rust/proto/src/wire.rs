//! The wire format of datagrams and commands.
//!
//! A datagram is a header of two bytes (the receiver's slot, a two-bit session, two flags), two bytes
//! of sending time if any command wants an acknowledgement, a checksum if the hosts use one, and then
//! commands back to back. All integers are big endian, except the connection token, which only ever
//! comes back as it was sent.

mod decode;
mod encode;

pub use decode::payload;

use crate::Throttle;

/// Slot in the header for a remote whose slot is not known yet.
pub const NO_SLOT: u16 = 0x0FFF;
/// Header bit: the payload behind the header is compressed.
pub const COMPRESSED: u16 = 0x4000;
/// Header bit: the sending time follows.
pub const SENT_TIME: u16 = 0x8000;
/// Position of the header's two session bits.
pub const SESSION_SHIFT: u16 = 12;
const SESSION_MASK: u16 = 0x3000;
/// Channel number of commands that belong to no channel.
pub const CONTROL_CHANNEL: u8 = 0xFF;
/// Size of the header without its time.
pub const SHORT_HEADER_SIZE: usize = 2;
/// Size of the header with its time.
pub const HEADER_SIZE: usize = 4;
/// Size of the checksum, behind the header.
pub const CHECKSUM_SIZE: usize = 4;
/// Bytes of a proof of address.
pub const PROOF_SIZE: usize = 16;
/// Size of a CONNECT, the only command of a sender without a connection, with a proof of its address.
pub const CONNECT_SIZE: usize = 48 + 4 + PROOF_SIZE;
/// What stands for the channel and the number of a proof, so that nothing else is taken for one: a name and a
/// version.
const PROOF_CHANNEL: u8 = b'P';
const PROOF_VERSION: u16 = 1;
/// Most commands in a datagram.
pub const MAX_COMMANDS: u32 = 32;
/// Most fragments a packet can have.
pub const MAX_FRAGMENTS: u32 = 1024 * 1024;

/// Reliable sequence numbers in a window.
pub const WINDOW_SIZE: u16 = 0x1000;
/// Windows in the space of the sequence numbers.
pub const WINDOWS: u16 = 16;
/// Windows a receiver looks ahead, and a sender keeps free.
pub const FREE_WINDOWS: u16 = 8;

const ACKNOWLEDGE_BIT: u8 = 0x80;
const UNSEQUENCED_BIT: u8 = 0x40;
const NUMBER_MASK: u8 = 0x0F;

/// A datagram's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The receiver's slot, or [`NO_SLOT`].
    pub slot: u16,
    pub session: u8,
    pub is_compressed: bool,
    /// Low bits of the sender's time in milliseconds, for acknowledgements.
    pub sent_time: Option<u16>,
}

/// The terms that CONNECT and VERIFY_CONNECT negotiate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    pub slot: u16,
    pub incoming_session: u8,
    pub outgoing_session: u8,
    pub mtu: u32,
    pub window: u32,
    pub channels: u32,
    pub in_bandwidth: u32,
    pub out_bandwidth: u32,
    pub throttle: Throttle,
    /// The connection token, as it stands on the wire.
    pub token: u32,
}

/// Place of a fragment in its packet. `start` is the sequence number of the packet's first fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fragment {
    pub start: u16,
    pub count: u32,
    pub number: u32,
    pub total: u32,
    pub offset: u32,
}

/// A command without its header; payloads follow it in the datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Acknowledge {
        sequence: u16,
        sent_time: u16,
    },
    Connect {
        terms: Terms,
        data: u32,
    },
    VerifyConnect(Terms),
    Disconnect {
        data: u32,
    },
    Ping,
    Reliable {
        length: u16,
    },
    Unreliable {
        sequence: u16,
        length: u16,
    },
    Fragment {
        fragment: Fragment,
        length: u16,
    },
    Unsequenced {
        group: u16,
        length: u16,
    },
    BandwidthLimit {
        incoming: u32,
        outgoing: u32,
    },
    ThrottleConfigure(Throttle),
    UnreliableFragment {
        fragment: Fragment,
        length: u16,
    },
    /// A command of ours, with a number at which C ends the datagram.
    Proof([u8; PROOF_SIZE]),
}

/// A command with its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framed {
    pub channel: u8,
    /// The reliable sequence number: the command's own if it wants an acknowledgement, else that of
    /// the reliable command it comes after.
    pub sequence: u16,
    pub wants_ack: bool,
    pub unsequenced: bool,
    pub command: Command,
}

impl Framed {
    /// A proof of address, or a host's answer to a wrong one.
    pub fn proof(proof: [u8; PROOF_SIZE]) -> Self {
        Self {
            channel: PROOF_CHANNEL,
            sequence: PROOF_VERSION,
            wants_ack: false,
            unsequenced: false,
            command: Command::Proof(proof),
        }
    }
}

impl Command {
    fn number(self) -> u8 {
        match self {
            Self::Acknowledge { .. } => 1,
            Self::Connect { .. } => 2,
            Self::VerifyConnect(_) => 3,
            Self::Disconnect { .. } => 4,
            Self::Ping => 5,
            Self::Reliable { .. } => 6,
            Self::Unreliable { .. } => 7,
            Self::Fragment { .. } => 8,
            Self::Unsequenced { .. } => 9,
            Self::BandwidthLimit { .. } => 10,
            Self::ThrottleConfigure(_) => 11,
            Self::UnreliableFragment { .. } => 12,
            Self::Proof(_) => 0,
        }
    }

    /// Bytes of the payload that follows, if the command carries a packet or a part of one.
    pub fn payload_length(self) -> Option<u16> {
        match self {
            Self::Reliable { length }
            | Self::Unreliable { length, .. }
            | Self::Unsequenced { length, .. }
            | Self::Fragment { length, .. }
            | Self::UnreliableFragment { length, .. } => Some(length),
            _ => None,
        }
    }

    /// Bytes of the command with its header, without payload.
    pub fn size(self) -> usize {
        match self {
            Self::Ping => 4,
            Self::Reliable { .. } => 6,
            Self::Acknowledge { .. }
            | Self::Disconnect { .. }
            | Self::Unreliable { .. }
            | Self::Unsequenced { .. } => 8,
            Self::BandwidthLimit { .. } => 12,
            Self::ThrottleConfigure(_) => 16,
            Self::Fragment { .. } | Self::UnreliableFragment { .. } => 24,
            Self::Proof(_) => 4 + PROOF_SIZE,
            Self::VerifyConnect(_) => 44,
            Self::Connect { .. } => 48,
        }
    }
}

#[cfg(test)]
mod tests;
