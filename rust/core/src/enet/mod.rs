//! ENet 1.3.18, written anew: no sockets, no clock, no unsafe code.
//!
//! ENet gives a game connections over UDP, each with up to 255 channels that do not wait for each
//! other. On every channel packets travel reliably or not, in order or not. The pieces:
//!
//! - `wire.rs`: datagrams and commands;
//! - `peer.rs`: one connection's state, `timing.rs` what it learns from acknowledgements;
//! - `channel.rs` and `reassembly.rs`: order, and packets in parts;
//! - `handshake.rs`: how connections begin and end, `receive.rs`: everything that arrives between,
//!   `send.rs`: what leaves, `bandwidth.rs`: sharing a limited line.
//!
//! What differs from the C library is the cost, not the bytes. Nothing walks all slots: an address
//! and token lead to a slot by a map, free slots are in a heap, peers with something to send are in
//! a list, and each has one entry in the heap of timers. What arrives is reported at once, so what
//! came before a disconnect is not lost with it. A claim of 32 MiB costs no memory before bytes come.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;

use crate::compress::{Switch, SwitchedCodec};
use crate::engine::{
    Disconnect, Engine, EngineConfig, Event, MAX_CHANNELS, MAX_PACKET_SIZE, MAX_PEERS, PacketFlags,
    PeerId, PeerState, QueueError,
};
use crate::{Compression, Time};

mod bandwidth;
mod channel;
mod handshake;
mod peer;
mod reassembly;
mod receive;
mod send;
mod timing;
mod wire;

use peer::Peer;

/// An ENet host. See the module's head.
pub struct Enet {
    config: EngineConfig,
    slots: Vec<Option<Box<Peer>>>,
    /// The two session numbers of each slot, which outlive its connections.
    sessions: Vec<(u8, u8)>,
    free: BinaryHeap<Reverse<u16>>,
    by_token: HashMap<(SocketAddr, u32), u16>,
    timers: BinaryHeap<Reverse<(u64, u16, u32)>>,
    dirty: Vec<u16>,
    events: VecDeque<Event>,
    outgoing: VecDeque<Datagram>,
    pool: Vec<Vec<u8>>,
    scratch: Vec<u8>,
    codec: SwitchedCodec,
    switch: Switch,
    random: u64,
    generations: u32,
    /// Counts queued commands, so that new and repeated ones keep their order.
    queued: u64,
    bandwidth_epoch: u64,
    announce_bandwidth: bool,
    connected: usize,
    limited: usize,
}

/// A datagram to send: its bytes begin at `start`.
struct Datagram {
    to: SocketAddr,
    bytes: Vec<u8>,
    start: usize,
}

/// Datagram buffers kept for use again.
const POOL_SIZE: usize = 256;

impl Enet {
    /// Makes a host. Limits of `config` beyond the protocol's are cut to them.
    pub fn new(config: &EngineConfig) -> Self {
        let mut config = config.clone();
        config.max_peers = config.max_peers.clamp(1, MAX_PEERS);
        config.max_channels = config.max_channels.clamp(1, MAX_CHANNELS);
        let switch = Switch::default();
        Self {
            slots: (0..config.max_peers).map(|_| None).collect(),
            sessions: vec![(0xFF, 0xFF); config.max_peers],
            // At most 4095, so it fits.
            free: (0..config.max_peers as u16).map(Reverse).collect(),
            by_token: HashMap::new(),
            timers: BinaryHeap::new(),
            dirty: Vec::new(),
            events: VecDeque::new(),
            outgoing: VecDeque::new(),
            pool: Vec::new(),
            scratch: Vec::new(),
            codec: SwitchedCodec::new(switch.clone()),
            switch,
            random: u64::from(config.seed),
            generations: 0,
            queued: 0,
            bandwidth_epoch: millis(config.now),
            announce_bandwidth: false,
            connected: 0,
            limited: 0,
            config,
        }
    }

    /// Makes a host as a boxed engine: an [`crate::host::EngineFactory`].
    pub fn boxed(config: &EngineConfig) -> Box<dyn Engine> {
        Box::new(Self::new(config))
    }

    fn live(&self, id: PeerId) -> Option<&Peer> {
        let peer = self.slots.get(usize::from(id.slot))?.as_deref()?;
        (peer.generation == id.generation).then_some(peer)
    }

    /// Takes a peer out of its slot for a while, so that it and the host can both be changed.
    fn take(&mut self, id: PeerId) -> Option<Box<Peer>> {
        self.live(id)?;
        self.slots[usize::from(id.slot)].take()
    }

    /// Puts a peer back, unless it ended meanwhile, and sees to its timer.
    fn put_back(&mut self, mut peer: Box<Peer>, now: u64) {
        if peer.state == PeerState::Disconnected {
            self.retire(&peer);
            return;
        }
        if let Some(deadline) = peer.deadline() {
            // Never now: whoever works on the timers would not come to an end.
            let deadline = deadline.max(now + 1);
            if peer.armed.is_none_or(|armed| armed > deadline) {
                peer.armed = Some(deadline);
                self.timers
                    .push(Reverse((deadline, peer.slot, peer.generation)));
            }
        }
        let slot = usize::from(peer.slot);
        self.slots[slot] = Some(peer);
    }

    /// Frees the slot of a peer that ended.
    fn retire(&mut self, peer: &Peer) {
        self.by_token.remove(&(peer.address, peer.token));
        self.sessions[usize::from(peer.slot)] = (peer.incoming_session, peer.outgoing_session);
        self.free.push(Reverse(peer.slot));
    }

    fn mark_dirty(&mut self, peer: &mut Peer) {
        if !peer.is_dirty {
            peer.is_dirty = true;
            self.dirty.push(peer.slot);
        }
    }

    /// Changes the state, and keeps count of who is connected.
    fn set_state(&mut self, peer: &mut Peer, state: PeerState) {
        peer.state = state;
        if peer.is_up() != peer.is_counted {
            peer.is_counted = peer.is_up();
            let limited = usize::from(peer.in_bandwidth != 0);
            if peer.is_counted {
                self.connected += 1;
                self.limited += limited;
            } else {
                self.connected -= 1;
                self.limited -= limited;
            }
            self.announce_bandwidth = true;
        }
    }

    /// Ends a connection here and now; with data, an event tells.
    fn end(&mut self, peer: &mut Peer, event: Option<u32>) {
        self.set_state(peer, PeerState::Disconnected);
        peer.reset_queues();
        if let Some(data) = event {
            let peer = peer.id();
            self.events.push_back(Event::Disconnected { peer, data });
        }
    }

    fn work_timers(&mut self, now: u64) {
        while let Some(&Reverse((time, slot, generation))) = self.timers.peek() {
            if time > now {
                break;
            }
            self.timers.pop();
            let Some(mut peer) = self.take(PeerId { slot, generation }) else {
                continue;
            };
            if peer.armed == Some(time) {
                peer.armed = None;
                self.work_timer(&mut peer, now);
            }
            self.put_back(peer, now);
        }
    }

    fn work_timer(&mut self, peer: &mut Peer, now: u64) {
        if peer.oldest_in_flight().is_some() {
            if now < peer.next_timeout {
                return;
            }
            if peer.check_timeouts(now) {
                let is_known = peer.state == PeerState::Connecting
                    || peer.state as u8 >= PeerState::ConnectionSucceeded as u8;
                self.end(peer, is_known.then_some(0));
                return;
            }
            self.mark_dirty(peer);
        } else if peer.is_up() && now >= peer.last_receive.unwrap_or(0) + peer.ping_interval {
            self.queue_control(peer, wire::Command::Ping, true);
        }
    }

    fn flush_dirty(&mut self, now: u64) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for slot in dirty.drain(..) {
            if let Some(peer) = self.slots[usize::from(slot)].take() {
                self.send_all(peer, now);
            }
        }
        // What was marked meanwhile waits for the next time; the list keeps its memory.
        dirty.append(&mut self.dirty);
        self.dirty = dirty;
    }

    /// A number nobody can foresee without the seed (SplitMix64).
    fn random(&mut self) -> u32 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) as u32
    }
}

impl Engine for Enet {
    fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        self.begin_connecting(millis(now), address, channels, data)
    }

    fn receive(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        self.take_datagram(millis(now), from, datagram);
    }

    fn service(&mut self, now: Time) {
        let now = millis(now);
        self.work_timers(now);
        self.share_bandwidth(now);
        self.flush_dirty(now);
    }

    fn flush(&mut self, now: Time) {
        self.flush_dirty(millis(now));
    }

    fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn next_datagram(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        let next = self.outgoing.pop_front()?;
        datagram.clear();
        datagram.extend_from_slice(&next.bytes[next.start..]);
        if self.pool.len() < POOL_SIZE {
            self.pool.push(next.bytes);
        }
        Some(next.to)
    }

    fn send(
        &mut self,
        now: Time,
        peer: PeerId,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError> {
        if data.len() > MAX_PACKET_SIZE {
            return Err(QueueError::TooLarge);
        }
        let state = self.state(peer);
        if state != PeerState::Connected {
            return Err(QueueError::NotConnected);
        }
        self.queue_packet(millis(now), peer, channel, flags, &Rc::from(data))
    }

    fn send_to_all(
        &mut self,
        now: Time,
        peers: &[PeerId],
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError> {
        if data.len() > MAX_PACKET_SIZE {
            return Err(QueueError::TooLarge);
        }
        let data: Rc<[u8]> = Rc::from(data);
        for &peer in peers {
            if self.state(peer) == PeerState::Connected {
                match self.queue_packet(millis(now), peer, channel, flags, &data) {
                    Err(QueueError::TooLarge) => return Err(QueueError::TooLarge),
                    Ok(()) | Err(QueueError::NotConnected | QueueError::NoSuchChannel) => {}
                }
            }
        }
        Ok(())
    }

    fn disconnect(&mut self, now: Time, peer: PeerId, data: u32, how: Disconnect) {
        self.begin_disconnecting(millis(now), peer, data, how);
    }

    fn state(&self, peer: PeerId) -> PeerState {
        self.live(peer)
            .map_or(PeerState::Disconnected, |peer| peer.state)
    }

    fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        self.live(peer).map(|peer| peer.address)
    }

    fn channels(&self, peer: PeerId) -> usize {
        self.live(peer).map_or(0, |peer| peer.channels.len())
    }

    fn set_compression(&mut self, mode: Compression) {
        self.switch.set(mode);
    }
}

impl Peer {
    fn id(&self) -> PeerId {
        PeerId {
            slot: self.slot,
            generation: self.generation,
        }
    }
}

fn millis(time: Time) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
