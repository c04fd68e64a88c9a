//! What is on its way: a datagram in the making, and commands that are kept until they are
//! acknowledged.

use std::sync::Arc;

use super::wire::{Command, Fragment};

/// A datagram in the making: its header, not filled in yet, and commands.
#[derive(Debug)]
pub struct Draft {
    pub bytes: Vec<u8>,
    pub commands: usize,
    /// Whether the header has room for the time, which commands that want an acknowledgement need.
    pub is_timed: bool,
}

/// Where the bytes of a reliable command are kept.
#[derive(Debug, Clone)]
pub enum Kept {
    /// In its channel's log.
    Logged,
    /// In bytes that fragments and recipients share, from here on.
    Shared(Arc<Vec<u8>>, u32),
}

/// How often and when a reliable command was sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timing {
    pub attempts: u32,
    /// Sent, and neither acknowledged nor given up for lost.
    pub in_flight: bool,
    pub sent_at: u64,
    /// Milliseconds without an acknowledgement after which it is sent again.
    pub patience: u32,
    /// Counts what was queued for the peer, in all channels.
    pub turn: u32,
}

/// A reliable command of a channel that is not acknowledged: a packet, or a fragment of one.
#[derive(Debug)]
pub struct Sent {
    pub kept: Kept,
    pub length: u16,
    /// Where its channel's log ended before it.
    pub log_start: u64,
    pub fragment: Option<Fragment>,
    pub timing: Timing,
}

/// A reliable command without a channel that is not acknowledged.
#[derive(Debug)]
pub struct Control {
    pub sequence: u16,
    pub command: Command,
    pub timing: Timing,
}

/// Names a reliable command: its channel, and its number with the wraps counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub channel: u8,
    pub number: u64,
}
