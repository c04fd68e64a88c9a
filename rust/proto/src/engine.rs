//! The seam between the protocol and everything above it.
//!
//! An [`crate::Enet`] is one ENet host without a socket and without a clock. Datagrams and the time go
//! in, datagrams and events come out. Whoever drives it ([`crate::Host`]) decides where datagrams
//! come from, so the same engine runs on UDP, on a simulated network, or below an encryption layer.

mod config;
mod peer;

pub use config::{Admission, EngineConfig};
pub use peer::{PeerId, PeerState, PeerStatistics, Throttle, Timeout};

/// Most peers a host can have: the slot travels in 12 bits and its highest value means "no slot".
pub const MAX_PEERS: usize = 4095;
/// Most channels a connection can have.
pub const MAX_CHANNELS: usize = 255;
/// Largest packet ENet carries, in bytes.
pub const MAX_PACKET_SIZE: usize = 32 * 1024 * 1024;
/// No datagram of the protocol is shorter, in bytes: a header of two, then a command of four or more.
/// rusty_enet is led into undefined behaviour by less.
pub const MIN_DATAGRAM_SIZE: usize = 5;
/// Largest datagram ENet accepts, in bytes.
pub const MAX_DATAGRAM_SIZE: usize = 4096;

/// Size of a datagram unless another is chosen: what nearly every path carries whole.
pub const DEFAULT_MTU: u32 = 1392;
/// Smallest datagram size two hosts agree on, in bytes.
pub const MIN_MTU: u32 = 576;
/// Largest datagram size two hosts agree on, in bytes.
pub const MAX_MTU: u32 = 4096;
/// ENet's throttle runs from 0 to this: the share of unreliable packets that are sent.
pub const THROTTLE_SCALE: u32 = 32;
/// A packet loss of 1.0.
pub const LOSS_SCALE: u32 = 65536;

/// How a packet travels: ENet's packet flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PacketFlags {
    /// Delivered for certain and in order. Wins over the others.
    pub reliable: bool,
    /// Delivered in whatever order it arrives.
    pub unsequenced: bool,
    /// When it needs several datagrams, send these unreliably too.
    pub unreliable_fragment: bool,
}

impl PacketFlags {
    /// Delivered for certain and in order.
    pub const RELIABLE: Self = Self {
        reliable: true,
        unsequenced: false,
        unreliable_fragment: false,
    };
}

/// What an engine reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A connection is up, whichever side began it.
    Connected {
        /// The connection.
        peer: PeerId,
        /// The connect data of the remote, 0 on the side that began.
        data: u32,
    },
    /// A connection ended, or an attempt failed. `peer` is stale from here on.
    Disconnected {
        /// The connection that was.
        peer: PeerId,
        /// The disconnect data of the remote, 0 for a timeout.
        data: u32,
    },
    /// A packet arrived.
    Received {
        /// Who sent it.
        peer: PeerId,
        /// ENet channel it came on.
        channel: u8,
        /// How it travelled.
        flags: PacketFlags,
        /// Its bytes, possibly none.
        data: Vec<u8>,
    },
}

/// Why an engine did not queue a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// No such connection, or it is not up.
    #[error("the peer is not connected")]
    NotConnected,
    /// The connection has fewer channels.
    #[error("the connection has no such channel")]
    NoSuchChannel,
    /// Larger than [`MAX_PACKET_SIZE`], or the engine could not split it.
    #[error("the packet is too large")]
    TooLarge,
}

/// Ways to end a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disconnect {
    /// Tell the remote and wait for its acknowledgement; what was queued is dropped. An event follows.
    Acknowledged,
    /// The same, after everything queued has been delivered.
    Later,
    /// Tell the remote once and forget it. No event follows.
    Now,
    /// Forget it without a word. No event follows.
    Silent,
}
