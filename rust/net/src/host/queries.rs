//! Questions to a host, and its codec.

use std::net::SocketAddr;

use enet_codec::{Codec, Compression, Recorder};
use enet_proto::{Drops, PeerId, PeerState, PeerStatistics};

use super::{Host, Totals};
use crate::sessions::Sessions;

impl Host {
    /// [`enet_proto::Limits::packets_per_second`] of the host.
    pub fn packets_per_second(&self) -> u32 {
        self.driver.state().host.limits().packets_per_second
    }

    /// Whether everything is encrypted, and then whether sessions are begun here and not accepted.
    pub fn encrypts_as_client(&self) -> Option<bool> {
        let state = self.driver.state();
        let encryption = state.encryption.as_ref();
        encryption.map(|encryption| encryption.is_client)
    }

    /// Counts of the encrypted sessions, where everything is encrypted.
    pub fn sessions(&self) -> Option<Sessions> {
        let state = self.driver.state();
        let encryption = state.encryption.as_ref();
        encryption.map(|encryption| encryption.sessions)
    }

    /// The state of a connection.
    pub fn state(&self, peer: PeerId) -> PeerState {
        self.driver.state().host.state(peer)
    }

    /// The remote's address, while the connection exists and until [`Host::next_event`] reports its end.
    pub fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        match self.former.get(&peer) {
            Some(former) => former.address,
            None => self.driver.state().host.address(peer),
        }
    }

    /// Number of ENet channels of the connection.
    pub fn channels(&self, peer: PeerId) -> usize {
        self.driver.state().host.channels(peer)
    }

    /// Everything a connection knows of itself, while it exists and until [`Host::next_event`] reports its end.
    pub fn statistics(&self, peer: PeerId) -> Option<PeerStatistics> {
        match self.former.get(&peer) {
            Some(former) => Some(former.statistics),
            None => self.driver.state().host.statistics(peer),
        }
    }

    /// Datagrams dropped because they were compressed, and not with our codec.
    pub fn undecoded(&self) -> u64 {
        self.driver.state().undecoded
    }

    /// Requests to connect that came without encryption to this host, which encrypts, and the sender of the last one.
    pub fn unencrypted(&self) -> (u64, Option<SocketAddr>) {
        self.driver.state().unencrypted
    }

    /// What was dropped so far, by cause.
    pub fn drops(&self) -> Drops {
        let state = self.driver.state();
        let mut drops = state.host.drops();
        drops.add(&state.drops);
        drop(state);
        drops.banned += self.driver.bans().dropped();
        drops
    }

    /// What was dropped of a connection, by cause, while the connection exists and until [`Host::next_event`] reports
    /// its end.
    pub fn peer_drops(&self, peer: PeerId) -> Option<Drops> {
        match self.former.get(&peer) {
            Some(former) => Some(former.drops),
            None => self.driver.state().host.peer_drops(peer),
        }
    }

    /// Chooses the codec for both directions.
    pub fn set_compression(&mut self, mode: Compression) {
        self.compression = mode;
        self.make_codec();
    }

    /// The codec chosen.
    pub fn compression(&self) -> &Compression {
        &self.compression
    }

    /// Records what is sent from now on, or not any more.
    pub fn record(&mut self, recorder: Option<Recorder>) {
        self.recorder = recorder;
        self.make_codec();
    }

    /// Chooses a codec of the caller's own for both directions, until the next
    /// [`Host::set_compression`].
    pub fn set_codec(&mut self, codec: Option<Box<dyn Codec + Send>>) {
        self.driver.set_codec(codec);
    }

    fn make_codec(&mut self) {
        let codec = self.compression.codec();
        let codec = match &self.recorder {
            Some(recorder) => Some(recorder.wrap(codec)),
            None => codec,
        };
        self.driver.set_codec(codec);
    }

    /// The port of the socket, 0 if the system does not tell.
    pub fn local_port(&self) -> u16 {
        self.port
    }

    /// See [`crate::Transport::buffer_sizes`].
    pub fn buffer_sizes(&self) -> (usize, usize) {
        self.buffer_sizes
    }

    /// Totals of the socket so far. Datagrams of banned addresses do not count.
    pub fn totals(&self) -> Totals {
        self.driver.state().totals
    }
}
