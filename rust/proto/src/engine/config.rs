//! How to build a host, and whom it lets in.

use super::{DEFAULT_MTU, MAX_CHANNELS, MAX_PACKET_SIZE, MAX_PEERS};
use crate::Time;

/// How to build a host.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Peer slots, 1 to [`MAX_PEERS`].
    pub max_peers: usize,
    /// Most channels granted to an incoming connection, 1 to [`MAX_CHANNELS`].
    pub max_channels: usize,
    /// Incoming bandwidth in bytes per second, 0 for unlimited.
    pub in_bandwidth: u32,
    /// Outgoing bandwidth in bytes per second, 0 for unlimited.
    pub out_bandwidth: u32,
    /// Seed of the connection tokens.
    pub seed: u32,
    /// The time at which the host is made.
    pub now: Time,
    /// Largest datagram offered to the other side, [`super::MIN_MTU`] to [`super::MAX_MTU`] bytes.
    pub mtu: u32,
    /// Whether every datagram carries a CRC-32. Both ends must agree; Godot has no such option.
    pub checksum: bool,
    /// Most connections from one IP address.
    pub max_peers_per_address: usize,
    /// Largest packet sent or received, in bytes, at most [`MAX_PACKET_SIZE`].
    pub max_packet_size: usize,
    /// Most bytes of a peer that may wait for their turn: for missing packets or fragments.
    pub max_waiting_data: usize,
    /// Most bytes of received packets whose events wait to be taken. Beyond them data is not taken in:
    /// what is reliable comes again later.
    pub max_unread_data: usize,
    /// Whether a connector that is turned away is told, so that its attempt ends at once: for want of
    /// a slot, for too many connections from its address, or by the [`Admission`]. In C, and without
    /// this, it hears nothing and gives up after half a minute, or comes in as soon as it may. A C
    /// host that asks the broadcast address believes the first to answer, also one that refuses.
    pub answers_refused: bool,
}

/// Whom a host lets in while slots are free. Connections that have begun are not affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Admission {
    /// Whoever asks.
    #[default]
    Everybody,
    /// Nobody.
    Nobody,
    /// Whose connect data is a unique id in Godot's sense: from 2 to [`i32::MAX`], and not that of an
    /// incoming connection that is up. Of two who ask at the same time both come in.
    UniqueIds,
}

impl EngineConfig {
    /// A host with so many peer slots and ENet's defaults for everything else.
    pub fn new(max_peers: usize, seed: u32, now: Time) -> Self {
        Self {
            max_peers,
            max_channels: MAX_CHANNELS,
            in_bandwidth: 0,
            out_bandwidth: 0,
            seed,
            now,
            mtu: DEFAULT_MTU,
            checksum: false,
            max_peers_per_address: MAX_PEERS,
            max_packet_size: MAX_PACKET_SIZE,
            max_waiting_data: 32 * 1024 * 1024,
            max_unread_data: 128 * 1024 * 1024,
            answers_refused: false,
        }
    }
}
