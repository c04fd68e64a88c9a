//! A script: a sequence of actions of the hosts, their network and their attackers.

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::forge::{Command, Header};

/// The claimed sender of a datagram, or the host that acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Party {
    Server,
    /// The client whose connection must survive the script.
    Honest,
    /// A client whose address the attacker may always spoof.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Origin {
    Party(Party),
    /// One of a few addresses that no host has.
    Stranger(u8),
}

#[derive(Debug, Clone, Copy, Arbitrary)]
pub struct Settings {
    pub is_packed: bool,
    pub has_checksum: bool,
    /// Whether the server answers the connection requests that it rejects.
    pub answers_refused: bool,
    /// Whether the attacker may spoof the addresses of the server and the honest client towards each
    /// other. A script that does so cannot check that their connection survives, and without this
    /// switch most scripts would.
    pub may_spoil: bool,
    /// Bandwidth limits, 0 for none.
    pub incoming: u16,
    pub outgoing: u16,
}

#[derive(Debug, Clone, Arbitrary)]
pub enum Action {
    /// Sends a packet. `to` chooses among the sender's connections; with its highest bit set, the packet
    /// goes to all of them.
    Send {
        from: Party,
        to: u8,
        channel: u8,
        flags: u8,
        size: u16,
    },
    /// Time passes, every host is serviced, and the network delivers datagrams. Bit `i % 8` of a mask
    /// decides the fate of datagram `i`.
    Step {
        milliseconds: u8,
        lost: u8,
        twice: u8,
        held: u8,
        is_reversed: bool,
    },
    Flush(Party),
    Forge {
        to: Party,
        from: Origin,
        header: Header,
        commands: Vec4<Command>,
        /// Chooses how many bytes are cut off the end.
        cut: u8,
        is_packed: bool,
    },
    /// Sends an earlier datagram with some bytes changed.
    Mutate {
        to: Party,
        from: Origin,
        which: u8,
        changes: Vec4<(u16, u8)>,
        cut: u8,
    },
    /// The other client or the server ends the connection between them.
    Leave {
        by_server: bool,
        how: u8,
    },
    /// The other client connects again.
    Join,
    /// Changes a setting of a connection or of the host.
    Tune {
        by: Party,
        what: u8,
        number: u32,
    },
}

/// Up to four items. The implementation for `Vec` would end after two items on average.
#[derive(Debug, Clone)]
pub struct Vec4<T>(pub Vec<T>);

impl<'a, T: Arbitrary<'a>> Arbitrary<'a> for Vec4<T> {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let count = input.int_in_range(0..=4)?;
        (0..count)
            .map(|_| T::arbitrary(input))
            .collect::<Result<_>>()
            .map(Self)
    }
}

#[derive(Debug)]
pub struct Script {
    pub settings: Settings,
    pub actions: Vec<Action>,
}

impl<'a> Arbitrary<'a> for Script {
    /// Reads actions up to the end of the input.
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let settings = Settings::arbitrary(input)?;
        let mut actions = Vec::new();
        while !input.is_empty() && actions.len() < 400 {
            actions.push(Action::arbitrary(input)?);
        }
        Ok(Self { settings, actions })
    }
}
