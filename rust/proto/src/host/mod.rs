//! A host: its peers, what they share, and the calls of the application.

use std::net::SocketAddr;

use crate::peer::Peer;
use crate::send::{flush_peer, queue_control, retransmit_if_due};
use crate::wire::Command;
use crate::{
    HostConfig, MAX_CHANNELS, MAX_MTU, MAX_PACKET_SIZE, MAX_PEERS, MIN_MTU, PeerId, PeerState,
    Time, Traffic,
};

mod admission;
mod attendance;
#[cfg(test)]
mod backlog_tests;
mod bandwidth;
mod calls;
mod context;
mod events;
mod half_open;
mod handshake;
mod judging;
#[cfg(test)]
mod leftovers_tests;
mod pausing;
mod places;
mod proof;
mod queries;
mod random;
mod rate;
mod receive;
mod settings;
mod slots;
mod timers;
mod waiting;

pub use context::Context;
use context::STALL;
pub use events::Events;
pub use judging::{JoinRequest, Verdict};
pub use timers::Alarm;

use admission::Incoming;
use judging::Requests;
use proof::Proofs;
use random::Random;
use slots::Slots;
use timers::Timers;

/// Timers that are kept although they may be outdated.
const FEW_TIMERS: usize = 64;

/// One end of ENet connections, without a socket and without a clock.
///
/// A host connects to other hosts and accepts their connections, up to
/// [`HostConfig::max_peers`] in all. Calls name connections by [`PeerId`]. A stale id is never an
/// error: it names a disconnected peer.
///
/// Calls that depend on the time take it as an argument; calls return at once, and nothing happens
/// between them. The crate's head shows the order of the calls.
pub struct Host {
    slots: Slots,
    context: Context,
    timers: Timers,
    incoming: Incoming,
    requests: Requests,
    proofs: Proofs,
    /// See [`Host::set_addresses_proven`].
    addresses_are_proven: bool,
    random: Random,
    /// See [`Host::pause_connecting`].
    connecting_is_paused: bool,
    /// When the bandwidth was shared last, in milliseconds.
    last_share: u64,
    /// What came and went on connections that ended.
    former_traffic: Traffic,
    /// When the host was serviced last, in milliseconds.
    serviced_at: u64,
}

impl Host {
    /// Makes a host. Values of `config` outside the protocol's limits are clamped to them.
    pub fn new(config: &HostConfig) -> Self {
        let mut config = config.clone();
        config.max_peers = config.max_peers.clamp(1, MAX_PEERS);
        config.max_channels = config.max_channels.clamp(1, MAX_CHANNELS);
        config.mtu = config.mtu.clamp(MIN_MTU, MAX_MTU);
        config.max_packet_size = config.max_packet_size.min(MAX_PACKET_SIZE);
        // A generator of its own: the key does not change what a seed gives otherwise.
        let mut keys = Random::new(&config.seed.clone().split());
        Self {
            slots: Slots::new(slot_count(&config), config.is_guarded),
            timers: Timers::default(),
            serviced_at: millis(config.now),
            incoming: Incoming::new(),
            requests: Requests::default(),
            proofs: Proofs::new(keys.bytes()),
            addresses_are_proven: false,
            random: Random::new(&config.seed),
            connecting_is_paused: false,
            last_share: millis(config.now),
            former_traffic: Traffic::default(),
            context: Context::new(config),
        }
    }

    /// Works on a peer. `None` if the id is stale.
    fn with_peer<R>(
        &mut self,
        id: PeerId,
        work: impl FnOnce(&mut Peer, &mut Context) -> R,
    ) -> Option<R> {
        self.with_peer_until(id, 0, work)
    }

    /// The same as [`Self::with_peer`]; the peer's timer comes up at `earliest` or later.
    fn with_peer_until<R>(
        &mut self,
        id: PeerId,
        earliest: u64,
        work: impl FnOnce(&mut Peer, &mut Context) -> R,
    ) -> Option<R> {
        self.slots.get(id)?;
        self.with_slot_until(id.slot, earliest, work)
    }

    /// Works on the peer in a slot. `None` if the slot is free.
    fn with_slot<R>(
        &mut self,
        slot: u16,
        work: impl FnOnce(&mut Peer, &mut Context) -> R,
    ) -> Option<R> {
        self.with_slot_until(slot, 0, work)
    }

    /// Every change of a peer goes through here: afterwards its timer is armed, or its slot is freed.
    fn with_slot_until<R>(
        &mut self,
        slot: u16,
        earliest: u64,
        work: impl FnOnce(&mut Peer, &mut Context) -> R,
    ) -> Option<R> {
        let peer = self.slots.at_mut(slot)?;
        let half_open =
            (peer.is_half_open()).then(|| (peer.id(), peer.address(), peer.packer.route().token()));
        let result = work(peer, &mut self.context);
        let (is_half_open, has_place) = (peer.is_half_open(), peer.has_place());
        peer.budget.settle(&mut self.context.waiting);
        if peer.state() == PeerState::Disconnected {
            self.retire(slot);
        } else if let Some(deadline) = peer.deadline() {
            let id = peer.id();
            (self.timers).arm(id, &mut peer.alarm, deadline.max(earliest));
            self.trim_timers();
        }
        if let Some((id, address, token)) = half_open
            && !is_half_open
        {
            self.incoming.half_open.remove(id, address.ip());
            if has_place {
                self.requests.forget_accepted(address, token);
            }
        }
        Some(result)
    }

    /// Removes timers that are outdated, such as those of peers that ended, before they pile up.
    fn trim_timers(&mut self) {
        if self.timers.len() > 2 * self.slots.count() + FEW_TIMERS {
            let slots = &self.slots;
            (self.timers).retain(|time, id| slots.get(id).is_some_and(|it| it.alarm.is(time)));
        }
    }

    /// Frees the slot of a peer that ended.
    #[cold]
    fn retire(&mut self, slot: u16) {
        let Some(peer) = self.slots.free(slot) else {
            return;
        };
        self.former_traffic.add(&peer.traffic());
        let arrived = self.context.events.arrived(peer.id());
        self.former_traffic.count_arrived(arrived);
        if peer.has_place() {
            self.context.places.free(peer.begun_from());
        }
        if peer.is_incoming() {
            self.incoming.remove(&peer);
        }
    }

    /// Works on a peer that is connected.
    fn with_connected(&mut self, id: PeerId, work: impl FnOnce(&mut Peer, &mut Context)) {
        self.with_peer(id, |peer, context| {
            if peer.is_up() {
                work(peer, context);
            }
        });
    }

    /// Works on all peers with an address.
    fn with_peers_at(&mut self, address: SocketAddr, work: impl Fn(&mut Peer, &mut Context)) {
        let peers = self.slots.iter().filter(|peer| peer.address() == address);
        let peers: Vec<PeerId> = peers.map(Peer::id).collect();
        for id in peers {
            self.with_peer(id, &work);
        }
    }

    fn run_timers(&mut self) {
        let now = self.context.now;
        let last = std::mem::replace(&mut self.serviced_at, now);
        while let Some((time, id)) = self.timers.pop_due(now) {
            // A peer's timer comes up once per call, or the loop would not end.
            self.with_peer_until(id, now + 1, |peer, context| {
                if peer.alarm.take(time) {
                    // Deadlines may be in the past already when they are set.
                    if now >= time.max(last) + STALL {
                        context.stalled_until = Some(now);
                    }
                    on_timer(peer, context);
                }
            });
        }
    }

    fn flush_peers(&mut self) {
        let mut dirty = std::mem::take(&mut self.context.dirty);
        for slot in dirty.drain(..) {
            self.with_slot(slot, flush_peer);
        }
        // Peers that were marked meanwhile wait for the next flush; the list keeps its memory.
        dirty.append(&mut self.context.dirty);
        self.context.dirty = dirty;
    }
}

/// Does what time makes due for a peer.
#[inline(never)]
fn on_timer(peer: &mut Peer, context: &mut Context) {
    let now = context.now;
    if peer.is_half_open() {
        if now >= peer.handshake.expires_at() {
            peer.end(context, None);
        }
    } else if peer.attempt_deadline().is_some_and(|end| now >= end) {
        let cause = peer.cause_of_silence(context);
        peer.end(context, Some((0, cause)));
    } else if let Some(due) = peer.retransmission_deadline() {
        if peer.state() == PeerState::Connecting && now >= due {
            peer.handshake.forget_repeats();
        }
        retransmit_if_due(peer, context);
    } else if peer.is_up() && now >= peer.keep_alive.next_ping() {
        queue_control(peer, context, Command::Ping);
    }
}

/// Slots of a host. In a guarded one half-open connections have some of their own.
fn slot_count(config: &HostConfig) -> usize {
    let half_open = match config.is_guarded {
        true => config.limits.half_open,
        false => 0,
    };
    config.max_peers.saturating_add(half_open).min(MAX_PEERS)
}

fn millis(time: Time) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
