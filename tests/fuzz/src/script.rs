//! A script: what hosts, their network and their attackers do, one action after the other.

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::forge::{Command, Header};

/// Who a datagram says it comes from, or who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Party {
    Server,
    /// The client that has to get through.
    Honest,
    /// A client in whose name anything may be forged.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Origin {
    Party(Party),
    /// One of a few addresses that nobody owns.
    Stranger(u8),
}

#[derive(Debug, Clone, Copy, Arbitrary)]
pub struct Settings {
    pub is_packed: bool,
    pub has_checksum: bool,
    /// Whether whoever is turned away is told.
    pub answers_refused: bool,
    /// Whether anything may be forged in the names of the honest pair too. Most scripts would do it,
    /// and then nothing can be asked of that pair.
    pub may_spoil: bool,
    /// Bandwidth limits, 0 for none.
    pub incoming: u16,
    pub outgoing: u16,
}

#[derive(Debug, Clone, Arbitrary)]
pub enum Action {
    /// Sends a packet; the two low bits of `to` choose among the sender's connections.
    Send {
        from: Party,
        to: u8,
        channel: u8,
        flags: u8,
        size: u16,
    },
    /// Time passes, everybody works, and the network delivers what its bits let through.
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
        /// Bytes cut off the end.
        cut: u8,
        is_packed: bool,
    },
    /// A datagram seen before, with some bytes changed.
    Mutate {
        to: Party,
        from: Origin,
        which: u8,
        changes: Vec4<(u16, u8)>,
        cut: u8,
    },
    /// The other client ends its connection, or joins once more.
    Leave {
        by_server: bool,
        how: u8,
    },
    Join,
    /// Calls that change settings of a connection.
    Tune {
        by: Party,
        what: u8,
        number: u32,
    },
}

/// A few of something. The derived `Vec` stops after every second item of random input.
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
    /// Actions up to the input's end.
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let settings = Settings::arbitrary(input)?;
        let mut actions = Vec::new();
        while !input.is_empty() && actions.len() < 400 {
            actions.push(Action::arbitrary(input)?);
        }
        Ok(Self { settings, actions })
    }
}
