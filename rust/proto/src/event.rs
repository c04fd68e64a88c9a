//! Events that a host reports, and the flags and modes of the calls that cause them.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::{Drops, PeerFigures, PeerId, PeerStatistics};

/// How a packet travels: ENet's packet flags. The default is unreliable and in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PacketFlags {
    /// Retransmit until acknowledged, and deliver in order. Overrides the other flags.
    pub reliable: bool,
    /// Deliver in the order of arrival.
    pub unsequenced: bool,
    /// Send the fragments unreliably too if the packet needs several datagrams.
    pub unreliable_fragment: bool,
}

impl PacketFlags {
    /// Reliable and in order.
    pub const RELIABLE: Self = Self {
        reliable: true,
        unsequenced: false,
        unreliable_fragment: false,
    };
}

/// Why a connection ended, or an attempt to connect failed, as far as this side can judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The remote ended the connection or refused it; the event's data is the remote's.
    Remote,
    /// This side ended the connection.
    Local,
    /// The remote did not acknowledge, or answer, for too long.
    Timeout,
    /// The same, and the remote has acknowledged nothing since the caller did not service the host for four seconds: the
    /// remote has probably given up meanwhile.
    Stalled,
    /// The remote exceeded a limit.
    Limit(crate::Limit),
    /// The remote's answer to the CONNECT breaks the protocol.
    Protocol,
    /// The caller could not make an encrypted session.
    Handshake,
    /// The caller found no address for the remote's name.
    Unresolved,
    /// The caller's socket does not work any more.
    Socket,
}

/// Something that happened to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A connection is up, whichever side began it.
    Connected {
        /// The connection.
        peer: PeerId,
        /// The remote's connect data on the accepting side, 0 on the connecting side.
        data: u32,
    },
    /// A connection ended, or an attempt to connect failed.
    Disconnected {
        /// The former connection; the id is stale from here on.
        peer: PeerId,
        /// The remote's disconnect data, 0 for a timeout.
        data: u32,
        /// Why the connection ended. No remote can choose it.
        cause: Cause,
    },
    /// The host ends a connection because its remote exceeded a limit. [`Self::Disconnected`] follows, with
    /// [`crate::Limit::code`] as its data, which the remote is told as well.
    OverLimit {
        /// The connection.
        peer: PeerId,
        /// The limit.
        limit: crate::Limit,
    },
    /// A packet arrived.
    Received {
        /// The sender.
        peer: PeerId,
        /// The ENet channel it came on.
        channel: u8,
        /// How the packet travelled.
        flags: PacketFlags,
        /// The packet's bytes, possibly none. [`crate::Host::recycle`] takes the buffer back.
        data: Vec<u8>,
    },
}

/// What was known of a connection at its end. Questions about the connection are answered from it until
/// [`Event::Disconnected`] is taken.
#[derive(Debug, Clone)]
pub struct FormerPeer {
    /// The remote's address, if it ever was known.
    pub address: Option<SocketAddr>,
    /// The last statistics.
    pub statistics: PeerStatistics,
    /// What was dropped of the connection.
    pub drops: Drops,
    /// The last figures.
    pub figures: PeerFigures,
}

/// Connections that ended.
pub type FormerPeers = HashMap<PeerId, FormerPeer>;

/// Ways to end a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disconnect {
    /// Drop everything queued, tell the remote and wait for its acknowledgement. An event follows.
    Acknowledged,
    /// The same as [`Self::Acknowledged`], once everything queued has been delivered.
    Later,
    /// Tell the remote once and forget the connection. No event follows.
    Now,
    /// Forget the connection without telling the remote. No event follows.
    Silent,
}
