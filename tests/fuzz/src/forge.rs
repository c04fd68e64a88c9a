//! Datagrams as an attacker would write them: mostly well-formed, with arbitrary numbers in the fields.

use arbitrary::Arbitrary;
use enet_codec::{Codec, RangeCoder};

pub const NO_SLOT: u16 = 0x0FFF;
pub const COMPRESSED: u16 = 0x4000;
pub const SENT_TIME: u16 = 0x8000;

/// A number that is near a limit more often than a random one.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub enum Number {
    Small(u8),
    Short(u16),
    Word(u32),
    Max,
    MaxShort,
    /// The limit on a packet's size plus one, less this.
    NearSize(u8),
    /// The limit on a packet's fragments plus one, less this.
    NearCount(u8),
}

impl Number {
    pub fn get(self) -> u32 {
        match self {
            Self::Small(number) => number.into(),
            Self::Short(number) => number.into(),
            Self::Word(number) => number,
            Self::Max => u32::MAX,
            Self::MaxShort => 0xFFFF,
            Self::NearSize(below) => 256 * 1024 + 1 - u32::from(below),
            Self::NearCount(below) => 1024 * 1024 + 1 - u32::from(below),
        }
    }
}

#[derive(Debug, Clone, Copy, Arbitrary)]
pub enum Header {
    /// The slot and session that the claimed sender would write.
    Right,
    NoSlot,
    Slot {
        slot: u8,
        session: u8,
    },
    Raw(u16),
}

/// A command. `hostile` has a bit for each field: the field is one of `numbers` if the bit is set,
/// and the value that an honest host would write otherwise.
#[derive(Debug, Clone, Arbitrary)]
pub struct Command {
    pub kind: u8,
    pub flags: u8,
    pub channel: u8,
    pub sequence: Number,
    pub hostile: u16,
    pub numbers: [Number; 3],
    /// The number of fragments of a packet, and the index of this one.
    pub parts: u8,
    pub part: u8,
    pub payload: u8,
    /// How often the command is repeated, each time with the next sequence number.
    pub repeat: u8,
}

/// An attacker's knowledge of a connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// Slot and session, without flags.
    pub header: u16,
    pub token: [u8; 4],
}

impl Command {
    /// Maps the generated kind to a command: all commands, three that do not exist, and those with data
    /// more often.
    fn kind(&self) -> u8 {
        match self.kind % 24 {
            16..=17 => 6,
            18 => 7,
            19..=20 => 8,
            21 => 9,
            22..=23 => 12,
            kind => kind,
        }
    }

    fn write(&self, known: Known, sequence: u16, out: &mut Vec<u8>) {
        let kind = self.kind();
        let usual_flags = match kind {
            2..=6 | 8 | 10 | 11 => 0x80,
            9 => 0x40,
            _ => 0,
        };
        let flags = if self.hostile & 0x8000 != 0 {
            self.flags & 0xC0
        } else {
            usual_flags
        };
        let channel = match self.channel {
            0xF0.. => 0xFF,
            channel if self.hostile & 0x4000 != 0 => channel,
            channel if matches!(kind, 6..=9 | 12) => channel & 3,
            _ => 0xFF,
        };
        out.extend([kind | flags, channel]);
        out.extend(sequence.to_be_bytes());
        let mut at = 0;
        let mut field = |usual: u32| {
            let is_hostile = self.hostile & (1 << at) != 0;
            at += 1;
            if is_hostile {
                self.numbers[at % 3].get()
            } else {
                usual
            }
        };
        let short = |number: u32| (number as u16).to_be_bytes();
        let length = u32::from(self.payload);
        match kind {
            1 => {
                out.extend(short(field(sequence.into())));
                out.extend(short(field(0)));
            }
            2 | 3 => {
                out.extend(short(field(0)));
                out.extend(short(field(0xFFFF)));
                for usual in [1392, 65536, 4, 0, 0, 5000, 2, 2] {
                    out.extend(field(usual).to_be_bytes());
                }
                // The token of the connection, or an arbitrary one.
                match self.hostile & 0x2000 {
                    0 => out.extend(known.token),
                    _ => out.extend(self.numbers[0].get().to_be_bytes()),
                }
                if kind == 2 {
                    out.extend(field(7).to_be_bytes());
                }
            }
            4 => out.extend(field(0).to_be_bytes()),
            6 => out.extend(short(field(length))),
            7 | 9 => {
                out.extend(short(field(sequence.into())));
                out.extend(short(field(length)));
            }
            8 | 12 => {
                let parts = u32::from(self.parts).max(1);
                let part = u32::from(self.part) % parts;
                out.extend(short(field(self.numbers[0].get() & 0x1F)));
                out.extend(short(field(length)));
                for usual in [parts, part, parts * length, part * length] {
                    out.extend(field(usual).to_be_bytes());
                }
            }
            10 => [0, 0]
                .into_iter()
                .for_each(|usual| out.extend(field(usual).to_be_bytes())),
            11 => [5000, 2, 2]
                .into_iter()
                .for_each(|usual| out.extend(field(usual).to_be_bytes())),
            _ => {}
        }
        if matches!(kind, 6..=9 | 12) {
            out.extend(std::iter::repeat_n(self.flags, self.payload.into()));
        }
    }
}

/// Builds a datagram, with a checksum if the hosts use checksums.
pub fn datagram(
    header: Header,
    known: Known,
    commands: &[Command],
    is_packed: bool,
    has_checksum: bool,
) -> Vec<u8> {
    let header = match header {
        Header::Right => known.header | SENT_TIME,
        Header::NoSlot => NO_SLOT | SENT_TIME,
        Header::Slot { slot, session } => {
            SENT_TIME | u16::from(slot & 7) | u16::from(session & 3) << 12
        }
        Header::Raw(raw) => raw,
    };
    let mut plain = Vec::new();
    for command in commands {
        let first = command.sequence.get() as u16;
        for step in 0..=u16::from(command.repeat / 4) {
            command.write(known, first.wrapping_add(step), &mut plain);
        }
    }
    plain.truncate(4090);
    let mut packed = vec![0; plain.len()];
    let size = RangeCoder::new().compress(&plain, &mut packed);
    let size = size.filter(|size| is_packed && (1..plain.len()).contains(size));
    let header = if size.is_some() {
        header | COMPRESSED
    } else {
        header
    };
    let mut bytes = header.to_be_bytes().to_vec();
    if header & SENT_TIME != 0 {
        bytes.extend([0, 0]);
    }
    if has_checksum {
        let token = if header & NO_SLOT == NO_SLOT {
            [0; 4]
        } else {
            known.token
        };
        let mut hasher = crc32fast::Hasher::new();
        for part in [&bytes[..], &token, &plain] {
            hasher.update(part);
        }
        bytes.extend(hasher.finalize().to_be_bytes());
    }
    bytes.extend(size.map_or(&plain[..], |size| &packed[..size]));
    bytes
}
