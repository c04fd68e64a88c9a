//! Our engine, with a codec applied as hosts on sockets apply it.

use std::net::SocketAddr;

use enet_codec::Codec;
use enet_proto::{
    Admission, Disconnect, Enet, EngineConfig, Event, PacketFlags, PeerId, PeerState,
    PeerStatistics, QueueError, Throttle, Time, Timeout, datagram,
};

use super::Engine;

/// The engine under test.
pub struct OwnEngine {
    /// Our host, for calls that the trait lacks.
    pub host: Enet,
    codec: Option<Box<dyn Codec + Send>>,
    scratch: Vec<u8>,
}

impl OwnEngine {
    /// Creates a host.
    pub fn new(config: &EngineConfig) -> Self {
        Self {
            host: Enet::new(config),
            codec: None,
            scratch: Vec::new(),
        }
    }

    /// Creates a host as a boxed engine: an [`super::EngineFactory`].
    pub fn boxed(config: &EngineConfig) -> Box<dyn Engine> {
        Box::new(Self::new(config))
    }
}

impl Engine for OwnEngine {
    fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        self.host.connect(now, address, channels, data)
    }

    fn receive(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        if !datagram::is_compressed(datagram) {
            return self.host.receive(now, from, datagram);
        }
        let has_checksum = self.host.has_checksum();
        let (codec, plain) = (&mut self.codec, &mut self.scratch);
        if let Some(room) = self.host.decompressed_room(from, datagram)
            && datagram::decompress(datagram, has_checksum, room, plain, |packed, plain| {
                codec.as_mut()?.decompress(packed, plain)
            })
        {
            self.host
                .receive_decompressed(now, from, plain, datagram.len());
        }
    }

    fn service(&mut self, now: Time) {
        self.host.service(now);
    }

    fn flush(&mut self, now: Time) {
        self.host.flush(now);
    }

    fn next_event(&mut self) -> Option<Event> {
        self.host.next_event()
    }

    fn next_datagram(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        let to = self.host.next_datagram(datagram)?;
        let has_checksum = self.host.has_checksum();
        if let Some(codec) = &mut self.codec {
            datagram::compress(
                datagram,
                has_checksum,
                &mut self.scratch,
                |plain, packed| codec.compress(plain, packed),
            );
        }
        Some(to)
    }

    fn send(
        &mut self,
        now: Time,
        peer: PeerId,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError> {
        self.host.send(now, peer, channel, flags, data)
    }

    fn send_to_all(
        &mut self,
        now: Time,
        peers: &[PeerId],
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<usize, QueueError> {
        self.host.send_to_all(now, peers, channel, flags, data)
    }

    fn disconnect(&mut self, now: Time, peer: PeerId, data: u32, how: Disconnect) {
        self.host.disconnect(now, peer, data, how);
    }

    fn state(&self, peer: PeerId) -> PeerState {
        self.host.state(peer)
    }

    fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        self.host.address(peer)
    }

    fn channels(&self, peer: PeerId) -> usize {
        self.host.channels(peer)
    }

    fn statistics(&self, peer: PeerId) -> Option<PeerStatistics> {
        self.host.statistics(peer)
    }

    fn ping(&mut self, now: Time, peer: PeerId) {
        self.host.ping(now, peer);
    }

    fn set_ping_interval(&mut self, now: Time, peer: PeerId, interval: u32) {
        self.host.set_ping_interval(now, peer, interval);
    }

    fn set_timeout(&mut self, peer: PeerId, timeout: Timeout) {
        self.host.set_timeout(peer, timeout);
    }

    fn configure_throttle(&mut self, now: Time, peer: PeerId, throttle: Throttle) {
        self.host.configure_throttle(now, peer, throttle);
    }

    fn set_bandwidth(&mut self, incoming: u32, outgoing: u32) {
        self.host.set_bandwidth(incoming, outgoing);
    }

    fn share_bandwidth(&mut self, now: Time) {
        self.host.share_bandwidth(now);
    }

    fn set_channel_limit(&mut self, channels: usize) {
        self.host.set_channel_limit(channels);
    }

    fn set_admission(&mut self, admission: Admission) {
        self.host.set_admission(admission);
    }

    fn connected_peers(&self) -> usize {
        self.host.connected_peers()
    }

    fn next_timer(&self) -> Option<Time> {
        Some(self.host.next_timer())
    }

    fn recycle(&mut self, buffer: Vec<u8>) {
        self.host.recycle(buffer);
    }

    fn own(&mut self) -> Option<&mut Enet> {
        Some(&mut self.host)
    }

    fn set_codec(&mut self, codec: Option<Box<dyn Codec + Send>>) {
        self.codec = codec;
    }
}
