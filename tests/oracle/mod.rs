//! Other implementations of ENet to compare ours with, behind one trait.

use std::net::SocketAddr;

use enet_codec::{Codec, Compression};
use enet_proto::{
    Admission, Disconnect, Event, PacketFlags, PeerId, PeerState, PeerStatistics, QueueError,
    Throttle, Time, Timeout,
};

mod own;
mod rusty;

pub use own::OwnEngine;
pub use rusty::RustyEngine;

/// Creates an engine.
pub type EngineFactory = fn(&enet_proto::EngineConfig) -> Box<dyn Engine>;

/// One ENet host without socket and clock.
///
/// Calls name connections by [`PeerId`]. A stale id is never an error: it names a disconnected peer.
pub trait Engine: Send {
    /// Starts a connection. The CONNECT leaves with the next [`Engine::service`] or
    /// [`Engine::flush`]. `None` when no slot is free.
    fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId>;

    /// Handles one received datagram. Malformed datagrams are dropped silently.
    fn receive(&mut self, now: Time, from: SocketAddr, datagram: &[u8]);

    /// Handles everything due: retransmissions, timeouts, pings, bandwidth sharing. Acknowledgements
    /// of received packets wait for [`Engine::flush`], so that they share datagrams with the answers.
    fn service(&mut self, now: Time);

    /// Writes everything that may be sent now into datagrams.
    fn flush(&mut self, now: Time);

    /// The next event, oldest first.
    fn next_event(&mut self) -> Option<Event>;

    /// Writes the next datagram to send into `datagram`, oldest first, and returns its destination.
    /// Full datagrams may leave before [`Engine::flush`].
    fn next_datagram(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr>;

    /// Queues one packet. The protocol sends the packet reliably that would be the 65,536th unreliable
    /// ordered one in a row on its channel.
    fn send(
        &mut self,
        now: Time,
        peer: PeerId,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError>;

    /// Queues one packet for several peers with a single copy of its bytes; returns the number of
    /// peers it was queued for. Peers that are not connected or lack the channel are skipped. Only a
    /// packet that is too large is an error.
    fn send_to_all(
        &mut self,
        now: Time,
        peers: &[PeerId],
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<usize, QueueError>;

    /// Ends a connection.
    fn disconnect(&mut self, now: Time, peer: PeerId, data: u32, how: Disconnect);

    /// The state of a connection.
    fn state(&self, peer: PeerId) -> PeerState;

    /// The remote's address, while the connection exists.
    fn address(&self, peer: PeerId) -> Option<SocketAddr>;

    /// Number of channels of the connection, 0 for a connection that does not exist.
    fn channels(&self, peer: PeerId) -> usize;

    /// The connection's statistics; `None` for a connection that does not exist.
    fn statistics(&self, peer: PeerId) -> Option<PeerStatistics>;

    /// Asks the remote for an acknowledgement, which measures the round trip.
    fn ping(&mut self, now: Time, peer: PeerId);

    /// Time without an acknowledgement after which a ping is sent, in milliseconds; 0 for the default
    /// of 500.
    fn set_ping_interval(&mut self, now: Time, peer: PeerId, interval: u32);

    /// Limits after which the connection times out. A field of 0 stands for its default.
    fn set_timeout(&mut self, peer: PeerId, timeout: Timeout);

    /// Configures how the throttles of both sides follow the round-trip time, and informs the remote.
    fn configure_throttle(&mut self, now: Time, peer: PeerId, throttle: Throttle);

    /// Bandwidth of the whole host in bytes per second, 0 for unlimited. The peers learn of it within
    /// a second.
    fn set_bandwidth(&mut self, incoming: u32, outgoing: u32);

    /// Distributes the bandwidth now instead of at the end of the current second.
    fn share_bandwidth(&mut self, now: Time);

    /// Maximum number of channels of new connections, 1 to [`enet_proto::MAX_CHANNELS`]; 0 stands for
    /// that maximum.
    fn set_channel_limit(&mut self, channels: usize);

    /// Chooses whom to let in from now on. See [`enet_proto::EngineConfig::answers_refused`] for the others.
    fn set_admission(&mut self, admission: Admission);

    /// Number of connected peers.
    fn connected_peers(&self) -> usize;

    /// The time of the next due [`Engine::service`]; `None` from engines that do not know it.
    fn next_timer(&self) -> Option<Time> {
        None
    }

    /// Returns the buffer of an [`Event::Received`] for reuse, to engines that reuse buffers.
    fn recycle(&mut self, _buffer: Vec<u8>) {}

    /// Our host, for calls that other engines lack; `None` from the others.
    fn own(&mut self) -> Option<&mut enet_proto::Enet> {
        None
    }

    /// Sets the codec for both directions, from now on.
    fn set_compression(&mut self, mode: &Compression) {
        self.set_codec(mode.codec());
    }

    /// Sets a codec of the caller's own for both directions, from now on.
    fn set_codec(&mut self, codec: Option<Box<dyn Codec + Send>>);
}
