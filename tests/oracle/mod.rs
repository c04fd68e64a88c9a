//! ENet's other implementations, to compare ours with: one trait, and what implements it.

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

/// The admission rule of a Godot server: connect data is a client's unique id.
pub const UNIQUE_IDS: Admission = Admission::UniqueData {
    min: 2,
    max: i32::MAX as u32,
};

/// Makes an engine.
pub type EngineFactory = fn(&enet_proto::HostConfig) -> Box<dyn Engine>;

/// One ENet host without socket and clock. See the module's head.
///
/// Calls name connections by [`PeerId`]; a stale id is never an error, it names a disconnected peer.
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

    /// Takes in one datagram. Hostile bytes are dropped without a report.
    fn receive(&mut self, now: Time, from: SocketAddr, datagram: &[u8]);

    /// Does what time makes due: resends, timeouts, pings, sharing the bandwidth. Acknowledgements
    /// of what came in wait for [`Engine::flush`], so that they ride with the answers.
    fn service(&mut self, now: Time);

    /// Puts everything that may be sent now into datagrams.
    fn flush(&mut self, now: Time);

    /// The next thing that happened, oldest first.
    fn next_event(&mut self) -> Option<Event>;

    /// The next datagram to send, oldest first; its bytes replace those of `datagram`. What is full
    /// may leave before [`Engine::flush`].
    fn next_datagram(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr>;

    /// Queues one packet. The protocol makes each 65,536th packet reliable that follows as many
    /// unreliable ordered ones on its channel, without a reliable one between.
    fn send(
        &mut self,
        now: Time,
        peer: PeerId,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError>;

    /// Queues one packet for several peers, holding its bytes once, and says for how many. Peers that
    /// are not connected or lack the channel are left out. Only a packet that is too large is an
    /// error.
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

    /// Number of channels of the connection, 0 when there is none.
    fn channels(&self, peer: PeerId) -> usize;

    /// Everything the connection knows of itself.
    fn statistics(&self, peer: PeerId) -> Option<PeerStatistics>;

    /// Asks the remote for an acknowledgement, which measures the round trip.
    fn ping(&mut self, now: Time, peer: PeerId);

    /// Time without an acknowledgement after which a ping is sent, in milliseconds; 0 for the usual
    /// 500.
    fn set_ping_interval(&mut self, now: Time, peer: PeerId, interval: u32);

    /// When to give the connection up. A field of 0 stands for its default.
    fn set_timeout(&mut self, peer: PeerId, timeout: Timeout);

    /// How both sides' throttles follow the round trips; the remote is told.
    fn configure_throttle(&mut self, now: Time, peer: PeerId, throttle: Throttle);

    /// Bandwidth of the whole host in bytes per second, 0 for unlimited. The peers are told within a
    /// second.
    fn set_bandwidth(&mut self, incoming: u32, outgoing: u32);

    /// Shares the bandwidth out now instead of at the end of its second.
    fn share_bandwidth(&mut self, now: Time);

    /// Most channels granted to connections from now on, 1 to [`enet_proto::MAX_CHANNELS`]; 0 stands for the
    /// most.
    fn set_channel_limit(&mut self, channels: usize);

    /// Chooses whom to let in from now on. See [`enet_proto::HostConfig::answers_refused`] for the others.
    fn set_admission(&mut self, admission: Admission);

    /// Peers that are connected.
    fn connected_peers(&self) -> usize;

    /// When [`Engine::service`] has something to do next. `None` from engines that cannot tell.
    fn next_timer(&self) -> Option<Time> {
        None
    }

    /// Gives the buffer of an [`Event::Received`] back, to those who use them again.
    fn recycle(&mut self, _buffer: Vec<u8>) {}

    /// Our host, for what only ours can do; `None` from the others.
    fn own(&mut self) -> Option<&mut enet_proto::Host> {
        None
    }

    /// Chooses the codec for both directions, from now on.
    fn set_compression(&mut self, mode: &Compression) {
        self.set_codec(mode.codec());
    }

    /// The same with a codec of the caller's own.
    fn set_codec(&mut self, codec: Option<Box<dyn Codec + Send>>);
}
