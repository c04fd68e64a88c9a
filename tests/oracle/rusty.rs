//! The engine of crate rusty_enet, ENet 1.3.18 transpiled from C, behind our [`Engine`] trait.
//!
//! Three peculiarities are hidden here. The engine calls its socket and its clock by itself: both are
//! replaced by memory that the trait's calls fill. `Packet::kind()` answers "reliable" for every
//! packet: the flags are read from its debug text. And with a codec set, a datagram shorter than its
//! own header makes a slice of negative length, which is undefined behaviour: such datagrams are
//! dropped before.

mod environment;
mod translate;

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;

use enet_codec::Codec;
use enet_proto::{
    Admission, Disconnect, Event, HostConfig, MAX_CHANNELS, MAX_DATAGRAM_SIZE, MIN_DATAGRAM_SIZE,
    PacketFlags, PeerId, PeerState, PeerStatistics, QueueError, Throttle, Time, Timeout,
};
use rusty_enet::{EventNoRef, HostSettings, PeerID};

use super::Engine;
use environment::{Clock, Mailbox, SharedCodec, checksum};
use translate::{flags_of, kind_of, limit, peer_exists, peer_id, queue_error, statistics_of};

/// ENet on crate rusty_enet.
pub struct RustyEngine {
    host: rusty_enet::Host<Mailbox>,
    clock: Clock,
    codec: SharedCodec,
    /// Per slot, the generation of the connection in it, if it has one.
    live: Vec<Option<u32>>,
    generations: u32,
    events: VecDeque<Event>,
}

impl RustyEngine {
    /// Makes a host. Values of `config` outside the protocol's limits are clamped to them;
    /// `answers_refused` has no effect.
    pub fn new(config: &HostConfig) -> Self {
        let clock = Clock::default();
        clock.set(config.now);
        let codec = SharedCodec::default();
        let max_peers = config.max_peers.clamp(1, enet_proto::MAX_PEERS);
        let reader = clock.clone();
        let settings = HostSettings {
            peer_limit: max_peers,
            channel_limit: config.max_channels.clamp(1, MAX_CHANNELS),
            incoming_bandwidth_limit: limit(config.in_bandwidth),
            outgoing_bandwidth_limit: limit(config.out_bandwidth),
            compressor: Some(Box::new(codec.clone())),
            checksum: (config.checksum).then(|| Box::new(checksum) as Box<_>),
            time: Box::new(move || reader.get()),
            seed: config
                .seed
                .to_bytes()
                .first_chunk()
                .map(|&low| u32::from_le_bytes(low)),
        };
        // Every setting is in range and the mailbox cannot fail.
        let host = rusty_enet::Host::new(Mailbox::default(), settings)
            .expect("settings are clamped to the protocol's limits");
        Self {
            host,
            clock,
            codec,
            live: vec![None; max_peers],
            generations: 0,
            events: VecDeque::new(),
        }
    }

    /// Makes a host as a boxed engine: a [`super::EngineFactory`].
    pub fn boxed(config: &HostConfig) -> Box<dyn Engine> {
        Box::new(Self::new(config))
    }

    fn peer(&self, id: PeerId) -> Option<&rusty_enet::Peer<Mailbox>> {
        self.is_live(id)
            .then(|| self.host.peer(PeerID(id.slot.into())))
    }

    fn peer_mut(&mut self, id: PeerId) -> Option<&mut rusty_enet::Peer<Mailbox>> {
        self.is_live(id)
            .then(|| self.host.peer_mut(PeerID(id.slot.into())))
    }

    fn is_live(&self, id: PeerId) -> bool {
        self.live.get(usize::from(id.slot)) == Some(&Some(id.generation))
    }

    fn begin(&mut self, slot: PeerID) -> PeerId {
        self.generations = self.generations.wrapping_add(1);
        self.live[slot.0] = Some(self.generations);
        peer_id(slot, self.generations)
    }

    fn translate(&mut self, event: EventNoRef) -> Option<Event> {
        match event {
            EventNoRef::Connect { peer, data } => {
                let id = match self.live[peer.0] {
                    Some(generation) => peer_id(peer, generation),
                    None => self.begin(peer),
                };
                Some(Event::Connected { peer: id, data })
            }
            EventNoRef::Disconnect { peer, data } => {
                let generation = self.live[peer.0].take()?;
                let peer = peer_id(peer, generation);
                // rusty_enet does not say why.
                let cause = enet_proto::Cause::Remote;
                Some(Event::Disconnected { peer, data, cause })
            }
            EventNoRef::Receive {
                peer,
                channel_id,
                packet,
            } => {
                let generation = self.live[peer.0]?;
                Some(Event::Received {
                    peer: peer_id(peer, generation),
                    channel: channel_id,
                    flags: flags_of(&packet),
                    data: packet.data().to_vec(),
                })
            }
        }
    }
}

impl Engine for RustyEngine {
    fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        self.clock.set(now);
        let channels = channels.clamp(1, MAX_CHANNELS);
        let slot = self.host.connect(address, channels, data).ok()?.id();
        Some(self.begin(slot))
    }

    fn receive(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        self.clock.set(now);
        if (MIN_DATAGRAM_SIZE..=MAX_DATAGRAM_SIZE).contains(&datagram.len()) {
            let inbox = &mut self.host.socket_mut().incoming;
            inbox.push_back((from, datagram.to_vec()));
        }
    }

    fn service(&mut self, now: Time) {
        self.clock.set(now);
        // One call handles at most 256 datagrams or ends at an event: continue until both are done.
        loop {
            let event = match self.host.service() {
                Ok(event) => event.map(rusty_enet::Event::no_ref),
                Err(impossible) => match impossible {},
            };
            match event {
                Some(event) => {
                    let event = self.translate(event);
                    self.events.extend(event);
                }
                None if self.host.socket().incoming.is_empty() => break,
                None => {}
            }
        }
    }

    fn flush(&mut self, now: Time) {
        self.clock.set(now);
        self.host.flush();
    }

    fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn next_datagram(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        let (to, bytes) = self.host.socket_mut().outgoing.pop_front()?;
        *datagram = bytes;
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
        self.clock.set(now);
        let peer = self.peer_mut(peer).ok_or(QueueError::NotConnected)?;
        let packet = rusty_enet::Packet::new(data, kind_of(flags));
        peer.send(channel, &packet).map_err(queue_error)
    }

    fn send_to_all(
        &mut self,
        now: Time,
        peers: &[PeerId],
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<usize, QueueError> {
        self.clock.set(now);
        let packet = rusty_enet::Packet::new(data, kind_of(flags));
        let mut queued = 0;
        for &id in peers {
            let Some(peer) = self.peer_mut(id) else {
                continue;
            };
            match peer.send(channel, &packet).map_err(queue_error) {
                Ok(()) => queued += 1,
                Err(QueueError::TooLarge) => return Err(QueueError::TooLarge),
                Err(QueueError::NotConnected | QueueError::NoSuchChannel | QueueError::Full) => {}
            }
        }
        Ok(queued)
    }

    fn disconnect(&mut self, now: Time, id: PeerId, data: u32, how: Disconnect) {
        self.clock.set(now);
        let Some(peer) = self.peer_mut(id) else {
            return;
        };
        match how {
            Disconnect::Acknowledged => peer.disconnect(data),
            Disconnect::Later => peer.disconnect_later(data),
            Disconnect::Now => peer.disconnect_now(data),
            Disconnect::Silent => peer.reset(),
        }
        // An unfinished connection is dropped at once, in whatever way it was to end.
        if !peer_exists(peer) {
            self.live[usize::from(id.slot)] = None;
        }
    }

    fn state(&self, peer: PeerId) -> PeerState {
        use rusty_enet::PeerState as Theirs;
        match self.peer(peer).map(rusty_enet::Peer::state) {
            None | Some(Theirs::Disconnected) => PeerState::Disconnected,
            Some(Theirs::Connecting) => PeerState::Connecting,
            Some(Theirs::AcknowledgingConnect) => PeerState::AcknowledgingConnect,
            Some(Theirs::ConnectionPending) => PeerState::ConnectionPending,
            Some(Theirs::ConnectionSucceeded) => PeerState::ConnectionSucceeded,
            Some(Theirs::Connected) => PeerState::Connected,
            Some(Theirs::DisconnectLater) => PeerState::DisconnectLater,
            Some(Theirs::Disconnecting) => PeerState::Disconnecting,
            Some(Theirs::AcknowledgingDisconnect) => PeerState::AcknowledgingDisconnect,
            Some(Theirs::Zombie) => PeerState::Zombie,
        }
    }

    fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        self.peer(peer)?.address()
    }

    fn channels(&self, peer: PeerId) -> usize {
        self.peer(peer).map_or(0, rusty_enet::Peer::channel_count)
    }

    fn statistics(&self, peer: PeerId) -> Option<PeerStatistics> {
        Some(statistics_of(self.peer(peer)?))
    }

    fn ping(&mut self, now: Time, peer: PeerId) {
        self.clock.set(now);
        if let Some(peer) = self.peer_mut(peer) {
            peer.ping();
        }
    }

    fn set_ping_interval(&mut self, _now: Time, peer: PeerId, interval: u32) {
        if let Some(peer) = self.peer_mut(peer) {
            peer.set_ping_interval(interval);
        }
    }

    fn set_timeout(&mut self, peer: PeerId, timeout: Timeout) {
        if let Some(peer) = self.peer_mut(peer) {
            peer.set_timeout(timeout.limit, timeout.minimum, timeout.maximum);
        }
    }

    fn configure_throttle(&mut self, now: Time, peer: PeerId, throttle: Throttle) {
        self.clock.set(now);
        if let Some(peer) = self.peer_mut(peer) {
            peer.set_throttle(
                throttle.interval,
                throttle.acceleration,
                throttle.deceleration,
            );
        }
    }

    fn set_bandwidth(&mut self, incoming: u32, outgoing: u32) {
        // Fails for limits that `limit` never makes.
        let _ = self
            .host
            .set_bandwidth_limit(limit(incoming), limit(outgoing));
    }

    fn share_bandwidth(&mut self, _now: Time) {
        // The host shares the bandwidth in `service` alone.
    }

    fn set_channel_limit(&mut self, channels: usize) {
        let channels = if channels == 0 {
            MAX_CHANNELS
        } else {
            channels
        };
        // In range, so it cannot fail.
        let _ = self.host.set_channel_limit(channels.min(MAX_CHANNELS));
    }

    /// C accepts every connector while slots are free, and has no such rule.
    fn set_admission(&mut self, _admission: Admission) {}

    fn connected_peers(&self) -> usize {
        let ids = self.live.iter().enumerate();
        let live = ids.filter(|(_, generation)| generation.is_some());
        live.filter(|&(slot, _)| self.host.peer(PeerID(slot)).connected())
            .count()
    }

    fn set_codec(&mut self, codec: Option<Box<dyn Codec + Send>>) {
        self.codec.set(codec);
    }
}

impl fmt::Debug for RustyEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RustyEngine")
            .field("live", &self.live.iter().flatten().count())
            .field("events", &self.events.len())
            .finish_non_exhaustive()
    }
}
