//! The wire format of datagrams and commands.
//!
//! A datagram is a header of two bytes (the receiver's slot, a two-bit session, two flags), two bytes
//! of sending time if any command wants an acknowledgement, a checksum if the hosts use one, and then
//! commands back to back. All integers are big endian, except the connection token, which only ever
//! comes back as it was sent.

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

impl Header {
    /// Takes the header off the bytes of a datagram; `None` if it is cut short.
    pub fn read(bytes: &mut &[u8]) -> Option<Self> {
        let flags = short(bytes)?;
        let sent_time = match flags & SENT_TIME {
            0 => None,
            _ => Some(short(bytes)?),
        };
        Some(Self {
            slot: flags & NO_SLOT,
            session: ((flags & SESSION_MASK) >> SESSION_SHIFT) as u8,
            is_compressed: flags & COMPRESSED != 0,
            sent_time,
        })
    }
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
    Acknowledge { sequence: u16, sent_time: u16 },
    Connect { terms: Terms, data: u32 },
    VerifyConnect(Terms),
    Disconnect { data: u32 },
    Ping,
    Reliable { length: u16 },
    Unreliable { sequence: u16, length: u16 },
    Fragment { fragment: Fragment, length: u16 },
    Unsequenced { group: u16, length: u16 },
    BandwidthLimit { incoming: u32, outgoing: u32 },
    ThrottleConfigure(Throttle),
    UnreliableFragment { fragment: Fragment, length: u16 },
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
            Self::VerifyConnect(_) => 44,
            Self::Connect { .. } => 48,
        }
    }
}

impl Framed {
    /// Appends the command, without payload.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut first = self.command.number();
        if self.wants_ack {
            first |= ACKNOWLEDGE_BIT;
        }
        if self.unsequenced {
            first |= UNSEQUENCED_BIT;
        }
        let mut fields = Fields::default();
        fields.bytes([first, self.channel]);
        fields.short(self.sequence);
        match self.command {
            Command::Acknowledge {
                sequence,
                sent_time,
            } => fields.shorts([sequence, sent_time]),
            Command::Connect { terms, data } => {
                fields.terms(&terms);
                fields.word(data);
            }
            Command::VerifyConnect(terms) => fields.terms(&terms),
            Command::Disconnect { data } => fields.word(data),
            Command::Ping => {}
            Command::Reliable { length } => fields.short(length),
            Command::Unreliable { sequence, length } => fields.shorts([sequence, length]),
            Command::Unsequenced { group, length } => fields.shorts([group, length]),
            Command::Fragment { fragment, length }
            | Command::UnreliableFragment { fragment, length } => {
                fields.shorts([fragment.start, length]);
                fields.words([
                    fragment.count,
                    fragment.number,
                    fragment.total,
                    fragment.offset,
                ]);
            }
            Command::BandwidthLimit { incoming, outgoing } => fields.words([incoming, outgoing]),
            Command::ThrottleConfigure(throttle) => fields.words([
                throttle.interval,
                throttle.acceleration,
                throttle.deceleration,
            ]),
        }
        out.extend_from_slice(&fields.buffer[..fields.size]);
    }

    /// Takes the next command off the bytes; `None` at the end, or if the bytes are no command.
    pub fn read(bytes: &mut &[u8]) -> Option<Self> {
        let mut rest = *bytes;
        let first = byte(&mut rest)?;
        let channel = byte(&mut rest)?;
        let sequence = short(&mut rest)?;
        let command = match first & NUMBER_MASK {
            1 => Command::Acknowledge {
                sequence: short(&mut rest)?,
                sent_time: short(&mut rest)?,
            },
            2 => Command::Connect {
                terms: read_terms(&mut rest)?,
                data: word(&mut rest)?,
            },
            3 => Command::VerifyConnect(read_terms(&mut rest)?),
            4 => Command::Disconnect {
                data: word(&mut rest)?,
            },
            5 => Command::Ping,
            6 => Command::Reliable {
                length: short(&mut rest)?,
            },
            7 => Command::Unreliable {
                sequence: short(&mut rest)?,
                length: short(&mut rest)?,
            },
            8 => {
                let (fragment, length) = read_fragment(&mut rest)?;
                Command::Fragment { fragment, length }
            }
            9 => Command::Unsequenced {
                group: short(&mut rest)?,
                length: short(&mut rest)?,
            },
            10 => Command::BandwidthLimit {
                incoming: word(&mut rest)?,
                outgoing: word(&mut rest)?,
            },
            11 => Command::ThrottleConfigure(read_throttle(&mut rest)?),
            12 => {
                let (fragment, length) = read_fragment(&mut rest)?;
                Command::UnreliableFragment { fragment, length }
            }
            _ => return None,
        };
        *bytes = rest;
        Some(Self {
            channel,
            sequence,
            wants_ack: first & ACKNOWLEDGE_BIT != 0,
            unsequenced: first & UNSEQUENCED_BIT != 0,
            command,
        })
    }
}

/// Takes a payload off the bytes.
pub fn payload<'a>(bytes: &mut &'a [u8], length: u16) -> Option<&'a [u8]> {
    let (payload, rest) = bytes.split_at_checked(length.into())?;
    *bytes = rest;
    Some(payload)
}

/// A command's fields, collected before they are appended to the datagram in one piece.
struct Fields {
    buffer: [u8; 48],
    size: usize,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            buffer: [0; 48],
            size: 0,
        }
    }
}

impl Fields {
    fn bytes<const N: usize>(&mut self, bytes: [u8; N]) {
        self.buffer[self.size..self.size + N].copy_from_slice(&bytes);
        self.size += N;
    }

    fn short(&mut self, field: u16) {
        self.bytes(field.to_be_bytes());
    }

    fn word(&mut self, field: u32) {
        self.bytes(field.to_be_bytes());
    }

    fn shorts(&mut self, fields: [u16; 2]) {
        fields.into_iter().for_each(|field| self.short(field));
    }

    fn words<const N: usize>(&mut self, fields: [u32; N]) {
        fields.into_iter().for_each(|field| self.word(field));
    }

    fn terms(&mut self, terms: &Terms) {
        self.short(terms.slot);
        self.bytes([terms.incoming_session, terms.outgoing_session]);
        self.words([
            terms.mtu,
            terms.window,
            terms.channels,
            terms.in_bandwidth,
            terms.out_bandwidth,
            terms.throttle.interval,
            terms.throttle.acceleration,
            terms.throttle.deceleration,
            terms.token,
        ]);
    }
}

fn read_terms(bytes: &mut &[u8]) -> Option<Terms> {
    Some(Terms {
        slot: short(bytes)?,
        incoming_session: byte(bytes)?,
        outgoing_session: byte(bytes)?,
        mtu: word(bytes)?,
        window: word(bytes)?,
        channels: word(bytes)?,
        in_bandwidth: word(bytes)?,
        out_bandwidth: word(bytes)?,
        throttle: read_throttle(bytes)?,
        token: word(bytes)?,
    })
}

fn read_throttle(bytes: &mut &[u8]) -> Option<Throttle> {
    Some(Throttle {
        interval: word(bytes)?,
        acceleration: word(bytes)?,
        deceleration: word(bytes)?,
    })
}

fn read_fragment(bytes: &mut &[u8]) -> Option<(Fragment, u16)> {
    let start = short(bytes)?;
    let length = short(bytes)?;
    let fragment = Fragment {
        start,
        count: word(bytes)?,
        number: word(bytes)?,
        total: word(bytes)?,
        offset: word(bytes)?,
    };
    Some((fragment, length))
}

fn byte(bytes: &mut &[u8]) -> Option<u8> {
    let (&first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(first)
}

fn short(bytes: &mut &[u8]) -> Option<u16> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u16::from_be_bytes(*first))
}

fn word(bytes: &mut &[u8]) -> Option<u32> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_be_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms {
        slot: 7,
        incoming_session: 1,
        outgoing_session: 2,
        mtu: 1392,
        window: 65536,
        channels: 3,
        in_bandwidth: 10,
        out_bandwidth: 20,
        throttle: Throttle {
            interval: 5000,
            acceleration: 2,
            deceleration: 3,
        },
        token: 0x1234_5678,
    };
    const FRAGMENT: Fragment = Fragment {
        start: 9,
        count: 4,
        number: 3,
        total: 4000,
        offset: 3000,
    };

    fn commands() -> [Command; 12] {
        [
            Command::Acknowledge {
                sequence: 1,
                sent_time: 2,
            },
            Command::Connect {
                terms: TERMS,
                data: 5,
            },
            Command::VerifyConnect(TERMS),
            Command::Disconnect { data: 6 },
            Command::Ping,
            Command::Reliable { length: 0 },
            Command::Unreliable {
                sequence: 8,
                length: 0,
            },
            Command::Fragment {
                fragment: FRAGMENT,
                length: 0,
            },
            Command::Unsequenced {
                group: 4,
                length: 0,
            },
            Command::BandwidthLimit {
                incoming: 1,
                outgoing: 2,
            },
            Command::ThrottleConfigure(TERMS.throttle),
            Command::UnreliableFragment {
                fragment: FRAGMENT,
                length: 0,
            },
        ]
    }

    fn framed(command: Command) -> Framed {
        Framed {
            channel: 5,
            sequence: 0x0102,
            wants_ack: true,
            unsequenced: false,
            command,
        }
    }

    #[test]
    fn every_command_is_read_as_it_was_written() {
        for (command, number) in commands().into_iter().zip(1..) {
            let mut bytes = Vec::new();
            framed(command).write(&mut bytes);
            assert_eq!(bytes.len(), command.size(), "{command:?}");
            assert_eq!(bytes[..4], [0x80 | number, 5, 1, 2]);
            let mut rest = &bytes[..];
            assert_eq!(Framed::read(&mut rest), Some(framed(command)));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn a_command_that_is_cut_short_is_none() {
        for command in commands() {
            let mut bytes = Vec::new();
            framed(command).write(&mut bytes);
            for length in 0..bytes.len() {
                assert_eq!(Framed::read(&mut &bytes[..length]), None, "{command:?}");
            }
        }
        assert_eq!(Framed::read(&mut &[0x0D; 50][..]), None, "no such command");
    }

    #[test]
    fn a_header_has_slot_session_flags_and_perhaps_a_time() {
        let mut bytes = &[0xE0, 5, 0x12, 0x34, 9][..];
        let header = Header {
            slot: 5,
            session: 2,
            is_compressed: true,
            sent_time: Some(0x1234),
        };
        assert_eq!(Header::read(&mut bytes), Some(header));
        assert_eq!(bytes, [9]);
        assert_eq!(Header::read(&mut &[0x80, 5, 0x12][..]), None);
        let short = Header::read(&mut &[0x0F, 0xFF][..]).expect("a header");
        assert_eq!((short.slot, short.sent_time), (NO_SLOT, None));
    }
}
