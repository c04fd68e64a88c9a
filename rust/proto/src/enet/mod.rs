//! ENet 1.3.18, written anew: no sockets, no clock, no unsafe code.
//!
//! ENet gives a game connections over UDP, each with up to 255 channels that do not wait for each
//! other. On every channel packets travel reliably or not, in order or not. The pieces, in the order
//! in which they are best read:
//!
//! - `wire.rs`: what datagrams and commands look like;
//! - `peer.rs`: one connection's state, `timing.rs` what it learns from acknowledgements;
//! - `handshake.rs`: how connections begin and end, `admission.rs` whose do not;
//! - `send.rs`: what may leave and when, `output.rs` how it is put into datagrams, `sent.rs`, `ring.rs`
//!   and `log.rs` what is kept until it is acknowledged;
//! - `receive.rs`: what arrives; `channel.rs`, `waitlist.rs` and `reassembly.rs`: order, and packets in
//!   parts;
//! - `bandwidth.rs`: sharing a limited line.
//!
//! What differs from the C library is the cost, not the bytes:
//!
//! - Nothing walks all slots, but for the sharing of the bandwidth once a second. The slot a datagram
//!   names is its peer's index, a map from address and token finds repeated CONNECTs, free slots are
//!   in a heap, peers with something to send in a list (`dirty`), and every peer has an entry in one
//!   heap of timers, corrected when it comes up. An idle peer costs nothing but its ping.
//! - Commands are written into the open datagram when they are queued, and acknowledgements ride in
//!   front of them. What is in order is delivered without being stored. Buffers are used again.
//! - What arrives is reported at once, so what came before a disconnect is not lost with it.
//! - Strangers get no more than they send, and what a peer claims costs nothing before it comes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;

use crate::Time;
use crate::engine::{
    Admission, EngineConfig, Event, MAX_CHANNELS, MAX_MTU, MAX_PACKET_SIZE, MAX_PEERS, MIN_MTU,
    PeerId, PeerState,
};

mod admission;
#[cfg(test)]
mod backlog_tests;
mod bandwidth;
mod channel;
mod events;
mod handshake;
mod held;
mod interface;
mod log;
mod output;
mod peer;
mod pool;
mod reassembly;
mod receive;
mod ring;
mod send;
mod sent;
mod timing;
mod waitlist;
pub(crate) mod wire;

use events::Events;
use output::Output;
use peer::Peer;
use pool::BufferPool;

/// An ENet host. See the module's head.
pub struct Enet {
    config: EngineConfig,
    slots: Vec<Option<Box<Peer>>>,
    /// Whether connections begun here wait. See [`held`].
    holds: bool,
    /// The two session numbers of each slot, which outlive its connections.
    sessions: Vec<(u8, u8)>,
    /// Free slots, lowest first.
    free: BinaryHeap<Reverse<u16>>,
    /// Slots of connections that others began, by a hash of address and token.
    by_token: HashMap<u64, u16>,
    hasher: RandomState,
    by_ip: HashMap<IpAddr, usize>,
    /// How many incoming connections that are up have this connect data.
    by_data: HashMap<u32, usize>,
    admission: Admission,
    /// Connections that may have a false address, oldest first, and since when.
    half_open: VecDeque<(PeerId, u64)>,
    timers: BinaryHeap<Reverse<(u64, u16, u32)>>,
    dirty: Vec<u16>,
    events: Events,
    refuses_data: bool,
    /// Milliseconds that a round trip may take longer. See [`Enet::tolerate_jitter`].
    jitter: u32,
    output: Output,
    buffers: BufferPool,
    random: u64,
    /// The latest time any call had, in milliseconds.
    latest: u64,
    generations: u32,
    bandwidth_epoch: u64,
    announce_bandwidth: bool,
    connected: usize,
    limited: usize,
}

impl Enet {
    /// Makes a host. Limits of `config` beyond the protocol's are cut to them.
    pub fn new(config: &EngineConfig) -> Self {
        let mut config = config.clone();
        config.max_peers = config.max_peers.clamp(1, MAX_PEERS);
        config.max_channels = config.max_channels.clamp(1, MAX_CHANNELS);
        config.mtu = config.mtu.clamp(MIN_MTU, MAX_MTU);
        config.max_packet_size = config.max_packet_size.min(MAX_PACKET_SIZE);
        Self {
            slots: (0..config.max_peers).map(|_| None).collect(),
            holds: false,
            sessions: vec![(0xFF, 0xFF); config.max_peers],
            // At most 4095, so it fits.
            free: (0..config.max_peers as u16).map(Reverse).collect(),
            by_token: HashMap::new(),
            hasher: RandomState::new(),
            by_ip: HashMap::new(),
            by_data: HashMap::new(),
            admission: Admission::default(),
            half_open: VecDeque::new(),
            timers: BinaryHeap::new(),
            dirty: Vec::new(),
            events: Events::new(config.max_unread_data),
            refuses_data: false,
            jitter: 0,
            output: Output::new(config.checksum),
            buffers: BufferPool::default(),
            random: u64::from(config.seed),
            latest: millis(config.now),
            generations: 0,
            bandwidth_epoch: millis(config.now),
            announce_bandwidth: false,
            connected: 0,
            limited: 0,
            config,
        }
    }

    fn live(&self, id: PeerId) -> Option<&Peer> {
        let peer = self.slots.get(usize::from(id.slot))?.as_deref()?;
        (peer.generation == id.generation).then_some(peer)
    }

    fn state_of(&self, id: PeerId) -> PeerState {
        self.live(id)
            .map_or(PeerState::Disconnected, |peer| peer.state)
    }

    /// Takes a peer out of its slot for a while, so that it and the host can both be changed.
    fn take(&mut self, id: PeerId) -> Option<Box<Peer>> {
        self.live(id)?;
        self.slots[usize::from(id.slot)].take()
    }

    /// Puts a peer back, unless it ended meanwhile, and sees to its timer.
    fn put_back(&mut self, peer: Box<Peer>) {
        self.put_back_until(peer, 0);
    }

    /// The same; the timer looks at it at `earliest` at the earliest.
    fn put_back_until(&mut self, mut peer: Box<Peer>, earliest: u64) {
        if peer.state == PeerState::Disconnected {
            self.retire(&peer);
            return;
        }
        if let Some(deadline) = peer.deadline() {
            let deadline = deadline.max(earliest);
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
        if peer.is_incoming {
            let key = self.hasher.hash_one((peer.address, peer.token));
            self.by_token.remove(&key);
            uncount(&mut self.by_ip, peer.address.ip());
        }
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
            if peer.is_incoming && peer.is_counted {
                *self.by_data.entry(peer.connect_data).or_default() += 1;
            } else if peer.is_incoming {
                uncount(&mut self.by_data, peer.connect_data);
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
            self.events.push(Event::Disconnected { peer, data });
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
            // Not once more now, or this would not come to an end.
            self.put_back_until(peer, now + 1);
        }
    }

    fn work_timer(&mut self, peer: &mut Peer, now: u64) {
        if peer.state == PeerState::AcknowledgingConnect {
            if now >= peer.next_timeout {
                self.end(peer, None);
                self.forget_half_open(peer.id());
            }
        } else if peer.oldest_in_flight().is_some() {
            self.repeat_if_late(peer, now);
        } else if peer.is_up() && now >= peer.next_ping() {
            self.queue_control(peer, wire::Command::Ping, true, now);
        }
    }

    /// Sends again what was not acknowledged in time, or gives the connection up.
    fn repeat_if_late(&mut self, peer: &mut Peer, now: u64) {
        if peer.oldest_in_flight().is_none() || now < peer.next_timeout {
            return;
        }
        self.mark_dirty(peer);
        match peer.check_timeouts(now) {
            Some(late) => {
                for key in late {
                    // Control commands need not wait, and hold nothing up.
                    if key.channel == wire::CONTROL_CHANNEL {
                        self.send_pending_before(peer, key, now);
                        send::transmit(&mut self.output, peer, key, None, now);
                    } else if peer.pending.front() == Some(&key) {
                        self.send_first_pending(peer, now);
                    }
                }
                self.send_pending(peer, now);
            }
            None => self.end(peer, Some(0)),
        }
    }

    fn flush_dirty(&mut self, now: u64) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for slot in dirty.drain(..) {
            if let Some(mut peer) = self.slots[usize::from(slot)].take() {
                self.flush_peer(&mut peer, now);
                self.put_back(peer);
            }
        }
        // What was marked meanwhile waits for the next time; the list keeps its memory.
        dirty.append(&mut self.dirty);
        self.dirty = dirty;
    }

    /// A caller's time, or that of an earlier call where it went back: several may hold the host, each
    /// with a time of its own.
    fn at(&mut self, now: Time) -> u64 {
        self.latest = self.latest.max(millis(now));
        self.latest
    }

    /// A number nobody can foresee without the seed (SplitMix64).
    fn random(&mut self) -> u32 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) as u32
    }

    /// Changes a connected peer.
    fn change(&mut self, now: Time, id: PeerId, change: impl FnOnce(&mut Self, &mut Peer, u64)) {
        let now = self.at(now);
        if let Some(mut peer) = self.take(id) {
            if peer.is_up() {
                change(self, &mut peer, now);
            }
            self.put_back(peer);
        }
    }
}

/// Takes one off a count; nothing is kept of what is gone.
fn uncount<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

fn millis(time: Time) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
