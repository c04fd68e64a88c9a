//! The engine of crate rusty_enet, ENet 1.3.18 transpiled from C, behind our [`Engine`] trait.
//!
//! The adapter hides three peculiarities. The engine calls its socket and clock itself: both are
//! replaced by memory that the trait's calls fill. `Packet::kind()` answers "reliable" for every
//! packet: the flags are read from the packet's debug text. With a codec set, a datagram shorter
//! than its own header makes a slice of negative length: the adapter drops such datagrams.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::{self, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rusty_enet::error::PeerSendError;
use rusty_enet::{EventNoRef, HostSettings, PacketKind, PacketReceived, PeerID, Socket};

use enet_codec::Codec;
use enet_multiplayer::channel;
use enet_proto::{
    Admission, Disconnect, EngineConfig, Event, MAX_CHANNELS, MAX_DATAGRAM_SIZE, MIN_DATAGRAM_SIZE,
    PacketFlags, PeerId, PeerState, PeerStatistics, QueueError, Throttle, Time, Timeout,
};

use super::Engine;

/// An ENet host of crate rusty_enet.
pub struct RustyEngine {
    host: rusty_enet::Host<Mailbox>,
    clock: Clock,
    codec: SharedCodec,
    /// The generation of the connection in each slot, `None` for a free slot.
    live: Vec<Option<u32>>,
    generations: u32,
    events: VecDeque<Event>,
}

impl RustyEngine {
    /// Creates a host. Limits of `config` are clamped to the protocol's; `answers_refused` is not
    /// supported.
    pub fn new(config: &EngineConfig) -> Self {
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
            seed: Some(config.seed),
        };
        // Every setting is in range, and binding the mailbox cannot fail.
        let host = rusty_enet::Host::new(Mailbox::default(), settings)
            .expect("settings are cut to the protocol's limits");
        Self {
            host,
            clock,
            codec,
            live: vec![None; max_peers],
            generations: 0,
            events: VecDeque::new(),
        }
    }

    /// Creates a host as a boxed engine: an [`super::EngineFactory`].
    pub fn boxed(config: &EngineConfig) -> Box<dyn Engine> {
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
                Some(Event::Disconnected { peer, data })
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
        // One call handles at most 256 datagrams or ends at an event: repeat until neither is left.
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
                Err(QueueError::NotConnected | QueueError::NoSuchChannel) => {}
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
        // The host drops an unfinished connection at once, whichever way was requested.
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
        // The call fails only for limits that `limit` never produces.
        let _ = self
            .host
            .set_bandwidth_limit(limit(incoming), limit(outgoing));
    }

    fn share_bandwidth(&mut self, _now: Time) {
        // rusty_enet distributes the bandwidth in `service` only.
    }

    fn set_channel_limit(&mut self, channels: usize) {
        let channels = if channels == 0 {
            MAX_CHANNELS
        } else {
            channels
        };
        // The limit is in range, so the call cannot fail.
        let _ = self.host.set_channel_limit(channels.min(MAX_CHANNELS));
    }

    /// C admits every client and refuses silently. A caller that wants to select clients has to check
    /// a connection's data once it is up.
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

/// Replaces the socket: datagrams received and datagrams to send.
#[derive(Debug, Default)]
struct Mailbox {
    incoming: VecDeque<(SocketAddr, Vec<u8>)>,
    outgoing: VecDeque<(SocketAddr, Vec<u8>)>,
}

impl Socket for Mailbox {
    type Address = SocketAddr;
    type Error = Infallible;

    fn send(&mut self, address: SocketAddr, buffer: &[u8]) -> Result<usize, Infallible> {
        self.outgoing.push_back((address, buffer.to_vec()));
        Ok(buffer.len())
    }

    fn receive(
        &mut self,
        buffer: &mut [u8; rusty_enet::MTU_MAX],
    ) -> Result<Option<(SocketAddr, PacketReceived)>, Infallible> {
        let Some((from, datagram)) = self.incoming.pop_front() else {
            return Ok(None);
        };
        // `receive` above drops datagrams larger than the buffer.
        let size = datagram.len().min(buffer.len());
        buffer[..size].copy_from_slice(&datagram[..size]);
        Ok(Some((from, PacketReceived::Complete(size))))
    }
}

/// The host's clock: the time of the latest call. Atomic because the host claims to be `Send`.
#[derive(Debug, Clone, Default)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn set(&self, now: Time) {
        let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        // The clock never goes back: the engine relies on that.
        self.0.fetch_max(millis, Ordering::Relaxed);
    }

    fn get(&self) -> Time {
        Time::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// A replaceable codec: rusty_enet takes one only at creation, while Godot's `compress()` is called
/// later. Locked because the host that shares it claims to be `Send`.
#[derive(Clone, Default)]
struct SharedCodec(Arc<Mutex<Option<Box<dyn Codec + Send>>>>);

impl SharedCodec {
    fn set(&self, codec: Option<Box<dyn Codec + Send>>) {
        if let Ok(mut current) = self.0.lock() {
            *current = codec;
        }
    }

    /// Runs the codec; 0 if it fails or if there is none.
    fn run(&self, run: impl FnOnce(&mut dyn Codec) -> Option<usize>) -> usize {
        let mut codec = self.0.lock().ok();
        let codec = codec.as_mut().and_then(|codec| codec.as_mut());
        codec.and_then(|codec| run(&mut **codec)).unwrap_or(0)
    }
}

impl rusty_enet::Compressor for SharedCodec {
    fn compress(&mut self, input: &[&[u8]], _size: usize, output: &mut [u8]) -> usize {
        self.run(|codec| codec.compress(&input.concat(), output))
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> usize {
        self.run(|codec| codec.decompress(input, output))
    }
}

fn checksum(pieces: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize().to_be()
}

/// Parses statistics from a peer's debug text: most of them have no getter.
fn statistics_of(peer: &rusty_enet::Peer<Mailbox>) -> PeerStatistics {
    let text = format!("{peer:?}");
    let field = |name: &str| {
        let value = text.split_once(&format!(" {name}: ")).map(|(_, rest)| rest);
        let digits = value.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
        let number = digits.flatten().and_then(|digits| digits.parse().ok());
        debug_assert!(number.is_some(), "{name} is no number in {text}");
        number.unwrap_or_default()
    };
    PeerStatistics {
        packet_loss: field("packetLoss"),
        packet_loss_variance: field("packetLossVariance"),
        packet_loss_epoch: field("packetLossEpoch"),
        packets_sent: field("packetsSent"),
        packets_lost: field("packetsLost"),
        round_trip_time: field("roundTripTime"),
        round_trip_time_variance: field("roundTripTimeVariance"),
        last_round_trip_time: field("lastRoundTripTime"),
        last_round_trip_time_variance: field("lastRoundTripTimeVariance"),
        packet_throttle: field("packetThrottle"),
        packet_throttle_limit: field("packetThrottleLimit"),
        packet_throttle_counter: field("packetThrottleCounter"),
        packet_throttle_epoch: field("packetThrottleEpoch"),
        packet_throttle_acceleration: field("packetThrottleAcceleration"),
        packet_throttle_deceleration: field("packetThrottleDeceleration"),
        packet_throttle_interval: field("packetThrottleInterval"),
        mtu: field("mtu"),
        window_size: field("windowSize"),
        reliable_data_in_transit: field("reliableDataInTransit"),
        waiting_data: field("totalWaitingData") as usize,
        in_bandwidth: field("incomingBandwidth"),
        out_bandwidth: field("outgoingBandwidth"),
        ping_interval: field("pingInterval"),
        last_receive_time: field("lastReceiveTime"),
    }
}

/// Extracts the number after `flags: ` while a debug text is written, without storing the text.
#[derive(Default)]
struct FlagReader {
    after_name: bool,
    value: Option<u32>,
}

impl Write for FlagReader {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text == "flags" {
            self.after_name = true;
        } else if self.after_name
            && let Ok(value) = text.parse()
        {
            self.after_name = false;
            self.value = Some(value);
        }
        Ok(())
    }
}

fn flags_of(packet: &rusty_enet::Packet) -> PacketFlags {
    let mut reader = FlagReader::default();
    let written = write!(reader, "{packet:?}");
    debug_assert!(written.is_ok() && reader.value.is_some());
    channel::flags_from_bits(reader.value.unwrap_or_default())
}

fn kind_of(flags: PacketFlags) -> PacketKind {
    let sequenced = !flags.unsequenced;
    if flags.reliable {
        PacketKind::Reliable
    } else if flags.unreliable_fragment {
        PacketKind::AlwaysUnreliable { sequenced }
    } else {
        PacketKind::Unreliable { sequenced }
    }
}

fn queue_error(error: PeerSendError) -> QueueError {
    match error {
        PeerSendError::NotConnected => QueueError::NotConnected,
        PeerSendError::InvalidChannel => QueueError::NoSuchChannel,
        PeerSendError::PacketTooLarge
        | PeerSendError::FragmentsExceeded
        | PeerSendError::FailedToQueue => QueueError::TooLarge,
    }
}

fn peer_exists(peer: &rusty_enet::Peer<Mailbox>) -> bool {
    peer.state() != rusty_enet::PeerState::Disconnected
}

fn peer_id(slot: PeerID, generation: u32) -> PeerId {
    // A host has at most 4095 slots, so the index fits.
    PeerId {
        slot: slot.0 as u16,
        generation,
    }
}

fn limit(bandwidth: u32) -> Option<u32> {
    (bandwidth > 0).then_some(bandwidth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_from_the_packet_not_from_its_kind() {
        for (kind, bits) in [
            (PacketKind::Reliable, 1),
            (PacketKind::Unreliable { sequenced: false }, 2),
            (PacketKind::Unreliable { sequenced: true }, 0),
            (PacketKind::AlwaysUnreliable { sequenced: true }, 8),
            (PacketKind::AlwaysUnreliable { sequenced: false }, 10),
        ] {
            let packet = rusty_enet::Packet::new(&b"x"[..], kind);
            assert_eq!(
                flags_of(&packet),
                channel::flags_from_bits(bits),
                "{kind:?}"
            );
        }
    }
}
