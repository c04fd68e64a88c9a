//! A decoder of datagrams that shares no code with either engine.

/// A datagram: its header and its commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The receiver's slot, 0xFFF while it is unknown.
    pub slot: u16,
    pub session: u16,
    pub compressed: bool,
    pub sent_time: Option<u16>,
    pub commands: Vec<Command>,
}

/// A command with its decoded header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub wants_ack: bool,
    pub unsequenced: bool,
    pub channel: u8,
    pub sequence: u16,
    pub body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Acknowledge { sequence: u16, sent_time: u16 },
    Connect(Terms, u32),
    VerifyConnect(Terms),
    Disconnect(u32),
    Ping,
    Reliable(Vec<u8>),
    Unreliable(u16, Vec<u8>),
    Fragment(Fragment, Vec<u8>),
    Unsequenced(u16, Vec<u8>),
    BandwidthLimit(u32, u32),
    ThrottleConfigure(u32, u32, u32),
    UnreliableFragment(Fragment, Vec<u8>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub slot: u16,
    pub incoming_session: u8,
    pub outgoing_session: u8,
    pub mtu: u32,
    pub window: u32,
    pub channels: u32,
    pub in_bandwidth: u32,
    pub out_bandwidth: u32,
    pub throttle: (u32, u32, u32),
    /// The connection's token, an opaque number.
    pub token: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    pub start: u16,
    pub count: u32,
    pub number: u32,
    pub total: u32,
    pub offset: u32,
}

struct Reader<'a>(&'a [u8]);

/// Decodes a datagram. Tests decode only what an engine sent, so a malformed datagram panics.
pub fn decode(datagram: &[u8]) -> Decoded {
    let mut reader = Reader(datagram);
    let header = reader.short();
    let sent_time = (header & 0x8000 != 0).then(|| reader.short());
    let compressed = header & 0x4000 != 0;
    let mut commands = Vec::new();
    while !compressed && !reader.0.is_empty() {
        commands.push(reader.command());
    }
    Decoded {
        slot: header & 0x0FFF,
        session: (header >> 12) & 3,
        compressed,
        sent_time,
        commands,
    }
}

impl Reader<'_> {
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        assert!(count <= self.0.len(), "the datagram ends in a command");
        let (head, rest) = self.0.split_at(count);
        self.0 = rest;
        head.to_vec()
    }

    fn byte(&mut self) -> u8 {
        self.bytes(1)[0]
    }

    fn short(&mut self) -> u16 {
        u16::from(self.byte()) << 8 | u16::from(self.byte())
    }

    fn word(&mut self) -> u32 {
        u32::from(self.short()) << 16 | u32::from(self.short())
    }

    fn command(&mut self) -> Command {
        let first = self.byte();
        Command {
            wants_ack: first & 0x80 != 0,
            unsequenced: first & 0x40 != 0,
            channel: self.byte(),
            sequence: self.short(),
            body: self.body(first & 0x0F),
        }
    }

    fn body(&mut self, number: u8) -> Body {
        match number {
            1 => Body::Acknowledge {
                sequence: self.short(),
                sent_time: self.short(),
            },
            2 => Body::Connect(self.terms(), self.word()),
            3 => Body::VerifyConnect(self.terms()),
            4 => Body::Disconnect(self.word()),
            5 => Body::Ping,
            6 => {
                let length = self.short();
                Body::Reliable(self.bytes(length.into()))
            }
            7 => {
                let (sequence, length) = (self.short(), self.short());
                Body::Unreliable(sequence, self.bytes(length.into()))
            }
            8 => {
                let (fragment, bytes) = self.fragment();
                Body::Fragment(fragment, bytes)
            }
            9 => {
                let (group, length) = (self.short(), self.short());
                Body::Unsequenced(group, self.bytes(length.into()))
            }
            10 => Body::BandwidthLimit(self.word(), self.word()),
            11 => Body::ThrottleConfigure(self.word(), self.word(), self.word()),
            12 => {
                let (fragment, bytes) = self.fragment();
                Body::UnreliableFragment(fragment, bytes)
            }
            other => panic!("there is no command {other}"),
        }
    }

    fn terms(&mut self) -> Terms {
        Terms {
            slot: self.short(),
            incoming_session: self.byte(),
            outgoing_session: self.byte(),
            mtu: self.word(),
            window: self.word(),
            channels: self.word(),
            in_bandwidth: self.word(),
            out_bandwidth: self.word(),
            throttle: (self.word(), self.word(), self.word()),
            token: self.word(),
        }
    }

    fn fragment(&mut self) -> (Fragment, Vec<u8>) {
        let (start, length) = (self.short(), self.short());
        let fragment = Fragment {
            start,
            count: self.word(),
            number: self.word(),
            total: self.word(),
            offset: self.word(),
        };
        (fragment, self.bytes(length.into()))
    }
}
