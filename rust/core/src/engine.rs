//! The seam between the protocol and everything above it.
//!
//! An [`Engine`] is one ENet host without a socket and without a clock. Datagrams and the time go
//! in, datagrams and events come out. Whoever drives it ([`crate::Host`]) decides where datagrams
//! come from, so the same engine runs on UDP, on a simulated network, or below an encryption layer.

use std::net::SocketAddr;

use crate::{Compression, Time};

pub mod rusty;

/// Most peers a host can have: the slot travels in 12 bits and its highest value means "no slot".
pub const MAX_PEERS: usize = 4095;
/// Most channels a connection can have.
pub const MAX_CHANNELS: usize = 255;
/// Largest packet ENet carries, in bytes.
pub const MAX_PACKET_SIZE: usize = 32 * 1024 * 1024;
/// Largest datagram ENet accepts, in bytes.
pub const MAX_DATAGRAM_SIZE: usize = 4096;

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
}

/// Names one connection: the slot, and which of the slot's successive connections.
///
/// An id goes stale when its connection ends and never names the slot's next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId {
    /// Index of the slot in its host.
    pub slot: u16,
    /// Counts the connections the host has had.
    pub generation: u32,
}

/// ENet's peer states, with its numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum PeerState {
    /// No connection, or a [`PeerId`] that went stale.
    Disconnected = 0,
    /// A CONNECT is on its way.
    Connecting = 1,
    /// A CONNECT was received and is being answered.
    AcknowledgingConnect = 2,
    /// Connected, the event is not taken yet (accepting side).
    ConnectionPending = 3,
    /// Connected, the event is not taken yet (connecting side).
    ConnectionSucceeded = 4,
    /// Up: packets can be sent.
    Connected = 5,
    /// Will disconnect once everything queued is delivered.
    DisconnectLater = 6,
    /// A DISCONNECT is on its way.
    Disconnecting = 7,
    /// A DISCONNECT was received and is being acknowledged.
    AcknowledgingDisconnect = 8,
    /// Gone, the event is not taken yet.
    Zombie = 9,
}

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
#[non_exhaustive]
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

/// One ENet host without socket and clock. See the module's head.
///
/// Calls name connections by [`PeerId`]; a stale id is never an error, it names a disconnected peer.
pub trait Engine {
    /// Starts a connection. The CONNECT leaves with the next [`Engine::service`] or
    /// [`Engine::flush`]. `None` when no slot is free.
    fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId>;

    /// Takes in one datagram. Hostile bytes are dropped without a report.
    fn receive(&mut self, now: Time, from: SocketAddr, datagram: &[u8]);

    /// Works on what [`Engine::receive`] took in and on everything that is due: acknowledgements,
    /// resends, timeouts, pings.
    fn service(&mut self, now: Time);

    /// Puts everything that may be sent now into datagrams.
    fn flush(&mut self, now: Time);

    /// The next thing that happened, oldest first.
    fn next_event(&mut self) -> Option<Event>;

    /// The next datagram to send, oldest first; its bytes replace those of `datagram`.
    fn next_datagram(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr>;

    /// Queues one packet.
    fn send(
        &mut self,
        now: Time,
        peer: PeerId,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError>;

    /// Queues one packet for several peers, holding its bytes once. Peers that are not connected or
    /// lack the channel are left out. Only a packet that is too large is an error.
    fn send_to_all(
        &mut self,
        now: Time,
        peers: &[PeerId],
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError>;

    /// Ends a connection.
    fn disconnect(&mut self, now: Time, peer: PeerId, data: u32, how: Disconnect);

    /// The state of a connection.
    fn state(&self, peer: PeerId) -> PeerState;

    /// The remote's address, while the connection exists.
    fn address(&self, peer: PeerId) -> Option<SocketAddr>;

    /// Number of channels of the connection, 0 when there is none.
    fn channels(&self, peer: PeerId) -> usize;

    /// Chooses the codec for both directions, from now on.
    fn set_compression(&mut self, mode: Compression);
}
