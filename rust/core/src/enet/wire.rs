//! The wire format: what a datagram and its commands look like.
//!
//! A datagram is a header of two bytes (the receiver's slot, a two-bit session, two flags), two bytes
//! of sending time if any command wants an acknowledgement, and then commands back to back. All
//! integers are big endian, but the connection token, which only ever comes back as it was sent.

/// Slot that says "you have none for me yet".
pub const NO_SLOT: u16 = 0x0FFF;
/// Header bit: what follows the header is compressed.
pub const COMPRESSED: u16 = 0x4000;
/// Header bit: the sending time follows.
pub const SENT_TIME: u16 = 0x8000;
/// The header's two session bits.
pub const SESSION_SHIFT: u16 = 12;
pub const SESSION_MASK: u16 = 0x3000;
/// Channel number of commands that belong to no channel.
pub const CONTROL_CHANNEL: u8 = 0xFF;
/// Size of the header with its time.
pub const HEADER_SIZE: usize = 4;
/// Most commands in a datagram.
pub const MAX_COMMANDS: usize = 32;

const ACKNOWLEDGE_BIT: u8 = 0x80;
const UNSEQUENCED_BIT: u8 = 0x40;
const NUMBER_MASK: u8 = 0x0F;

/// What CONNECT and VERIFY_CONNECT negotiate.
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
    pub throttle_interval: u32,
    pub throttle_acceleration: u32,
    pub throttle_deceleration: u32,
    /// The connection token, as it stands on the wire.
    pub token: u32,
}

/// Where a fragment belongs.
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
    ThrottleConfigure {
        interval: u32,
        acceleration: u32,
        deceleration: u32,
    },
    UnreliableFragment {
        fragment: Fragment,
        length: u16,
    },
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
            Self::ThrottleConfigure { .. } => 11,
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
            Self::ThrottleConfigure { .. } => 16,
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
        out.push(first);
        out.push(self.channel);
        out.extend(self.sequence.to_be_bytes());
        match self.command {
            Command::Acknowledge {
                sequence,
                sent_time,
            } => {
                out.extend(sequence.to_be_bytes());
                out.extend(sent_time.to_be_bytes());
            }
            Command::Connect { terms, data } => {
                write_terms(&terms, out);
                out.extend(data.to_be_bytes());
            }
            Command::VerifyConnect(terms) => write_terms(&terms, out),
            Command::Disconnect { data } => out.extend(data.to_be_bytes()),
            Command::Ping => {}
            Command::Reliable { length } => out.extend(length.to_be_bytes()),
            Command::Unreliable { sequence, length } => {
                out.extend(sequence.to_be_bytes());
                out.extend(length.to_be_bytes());
            }
            Command::Unsequenced { group, length } => {
                out.extend(group.to_be_bytes());
                out.extend(length.to_be_bytes());
            }
            Command::Fragment { fragment, length }
            | Command::UnreliableFragment { fragment, length } => {
                out.extend(fragment.start.to_be_bytes());
                out.extend(length.to_be_bytes());
                for field in [
                    fragment.count,
                    fragment.number,
                    fragment.total,
                    fragment.offset,
                ] {
                    out.extend(field.to_be_bytes());
                }
            }
            Command::BandwidthLimit { incoming, outgoing } => {
                out.extend(incoming.to_be_bytes());
                out.extend(outgoing.to_be_bytes());
            }
            Command::ThrottleConfigure {
                interval,
                acceleration,
                deceleration,
            } => {
                for field in [interval, acceleration, deceleration] {
                    out.extend(field.to_be_bytes());
                }
            }
        }
    }

    /// Takes the next command off the bytes; `None` at the end, or at anything that is no command.
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
            11 => Command::ThrottleConfigure {
                interval: word(&mut rest)?,
                acceleration: word(&mut rest)?,
                deceleration: word(&mut rest)?,
            },
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

fn write_terms(terms: &Terms, out: &mut Vec<u8>) {
    out.extend(terms.slot.to_be_bytes());
    out.extend([terms.incoming_session, terms.outgoing_session]);
    for field in [
        terms.mtu,
        terms.window,
        terms.channels,
        terms.in_bandwidth,
        terms.out_bandwidth,
        terms.throttle_interval,
        terms.throttle_acceleration,
        terms.throttle_deceleration,
        terms.token,
    ] {
        out.extend(field.to_be_bytes());
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
        throttle_interval: word(bytes)?,
        throttle_acceleration: word(bytes)?,
        throttle_deceleration: word(bytes)?,
        token: word(bytes)?,
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
