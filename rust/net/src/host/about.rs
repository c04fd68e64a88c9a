//! What a host tells of itself, and how it codes what it sends.

use std::net::SocketAddr;

use super::{Host, Totals};
use enet_codec::Compression;
use enet_codec::Recorder;
use enet_dtls::Sessions;
use enet_proto::PeerStatistics;
use enet_proto::{PeerId, PeerState};

impl Host {
    /// Whether everything is encrypted, and then whether sessions are begun here and not accepted.
    pub fn encrypts_as_client(&self) -> Option<bool> {
        let state = self.shared.look();
        state.endpoint.dtls.as_ref().map(|dtls| dtls.is_client())
    }

    /// Counts of the encrypted sessions, where everything is encrypted.
    pub fn sessions(&self) -> Option<Sessions> {
        let state = self.shared.look();
        state.endpoint.dtls.as_ref().map(|dtls| dtls.sessions())
    }

    /// The state of a connection.
    pub fn state(&self, peer: PeerId) -> PeerState {
        self.shared.look().endpoint.engine.state(peer)
    }

    /// The remote's address, while the connection exists.
    pub fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        self.shared.look().endpoint.engine.address(peer)
    }

    /// Number of ENet channels of the connection.
    pub fn channels(&self, peer: PeerId) -> usize {
        self.shared.look().endpoint.engine.channels(peer)
    }

    /// Everything a connection knows of itself.
    pub fn statistics(&self, peer: PeerId) -> Option<PeerStatistics> {
        self.shared.look().endpoint.engine.statistics(peer)
    }

    /// Datagrams dropped because they were compressed, and not with our codec.
    pub fn undecoded(&self) -> u64 {
        self.shared.look().endpoint.undecoded
    }

    /// Chooses the codec for both directions.
    pub fn set_compression(&mut self, mode: Compression) {
        self.compression = mode;
        self.set_codec();
    }

    /// The codec chosen.
    pub fn compression(&self) -> &Compression {
        &self.compression
    }

    /// Records what is sent from now on, or not any more.
    pub fn record(&mut self, recorder: Option<Recorder>) {
        self.recorder = recorder;
        self.set_codec();
    }

    fn set_codec(&mut self) {
        let codec = self.compression.codec();
        let codec = match &self.recorder {
            Some(recorder) => Some(recorder.wrap(codec)),
            None => codec,
        };
        self.shared.look().endpoint.codec = codec;
    }

    /// The port of the socket, 0 if the system does not tell.
    pub fn local_port(&self) -> u16 {
        self.port
    }

    /// See [`crate::Transport::buffer_sizes`].
    pub fn buffer_sizes(&self) -> (usize, usize) {
        self.buffer_sizes
    }

    /// What went over the socket so far.
    pub fn totals(&self) -> Totals {
        self.shared.look().endpoint.totals
    }
}
