//! One trait for our protocol and for another implementation of ENet, which the tests compare.

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

/// One ENet host without socket and clock.
///
/// The calls are those of [`enet_proto::Host`], which documents them.
pub trait Engine: Send {
    /// See [`enet_proto::Host::connect`].
    fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId>;

    /// See [`enet_proto::Host::receive`].
    fn receive(&mut self, now: Time, from: SocketAddr, datagram: &[u8]);

    /// See [`enet_proto::Host::service`].
    fn service(&mut self, now: Time);

    /// See [`enet_proto::Host::flush`].
    fn flush(&mut self, now: Time);

    /// See [`enet_proto::Host::next_event`].
    fn next_event(&mut self) -> Option<Event>;

    /// See [`enet_proto::Host::next_datagram`].
    fn next_datagram(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr>;

    /// See [`enet_proto::Host::send`].
    fn send(
        &mut self,
        now: Time,
        peer: PeerId,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError>;

    /// See [`enet_proto::Host::send_to_all`].
    fn send_to_all(
        &mut self,
        now: Time,
        peers: &[PeerId],
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<usize, QueueError>;

    /// See [`enet_proto::Host::disconnect`].
    fn disconnect(&mut self, now: Time, peer: PeerId, data: u32, how: Disconnect);

    /// See [`enet_proto::Host::state`].
    fn state(&self, peer: PeerId) -> PeerState;

    /// See [`enet_proto::Host::address`].
    fn address(&self, peer: PeerId) -> Option<SocketAddr>;

    /// See [`enet_proto::Host::channels`].
    fn channels(&self, peer: PeerId) -> usize;

    /// See [`enet_proto::Host::statistics`].
    fn statistics(&self, peer: PeerId) -> Option<PeerStatistics>;

    /// See [`enet_proto::Host::ping`].
    fn ping(&mut self, now: Time, peer: PeerId);

    /// See [`enet_proto::Host::set_ping_interval`].
    fn set_ping_interval(&mut self, now: Time, peer: PeerId, interval: u32);

    /// See [`enet_proto::Host::set_timeout`].
    fn set_timeout(&mut self, peer: PeerId, timeout: Timeout);

    /// See [`enet_proto::Host::configure_throttle`].
    fn configure_throttle(&mut self, now: Time, peer: PeerId, throttle: Throttle);

    /// See [`enet_proto::Host::set_bandwidth`].
    fn set_bandwidth(&mut self, incoming: u32, outgoing: u32);

    /// See [`enet_proto::Host::share_bandwidth`].
    fn share_bandwidth(&mut self, now: Time);

    /// See [`enet_proto::Host::set_channel_limit`].
    fn set_channel_limit(&mut self, channels: usize);

    /// See [`enet_proto::Host::set_admission`].
    fn set_admission(&mut self, admission: Admission);

    /// See [`enet_proto::Host::connected_peers`].
    fn connected_peers(&self) -> usize;

    /// When [`Engine::service`] has something to do next. `None` if the engine cannot tell.
    fn next_timer(&self) -> Option<Time> {
        None
    }

    /// Takes the buffer of an [`Event::Received`] back. Engines that do not reuse buffers drop it.
    fn recycle(&mut self, _buffer: Vec<u8>) {}

    /// Our host, for calls that other engines lack; `None` from those.
    fn own(&mut self) -> Option<&mut enet_proto::Host> {
        None
    }

    /// Chooses the codec for both directions, from now on.
    fn set_compression(&mut self, mode: &Compression) {
        self.set_codec(mode.codec());
    }

    /// Chooses a codec of the caller's own for both directions.
    fn set_codec(&mut self, codec: Option<Box<dyn Codec + Send>>);
}
