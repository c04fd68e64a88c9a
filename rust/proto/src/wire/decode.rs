//! Reading headers and commands. The bytes may be forged or damaged.

use super::{
    ACKNOWLEDGE_BIT, COMPRESSED, Command, Fragment, Framed, Header, NO_SLOT, NUMBER_MASK,
    SENT_TIME, SESSION_MASK, SESSION_SHIFT, Terms, UNSEQUENCED_BIT,
};
use crate::Throttle;

impl Header {
    /// The header of a datagram of which only the start is known, and so no sending time.
    pub fn read_start(bytes: &[u8]) -> Option<Self> {
        let flags = short(&mut &*bytes)? & !SENT_TIME;
        Self::read(&mut &flags.to_be_bytes()[..])
    }

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

impl Framed {
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
