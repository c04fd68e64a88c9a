//! Connections that begin: ours, and those of connectors.

use std::net::{IpAddr, SocketAddr};

use super::Host;
use super::admission::refuse;
use super::rate::Attempt;
use crate::lifecycle;
use crate::peer::{Lots, Peer};
use crate::wire::{Framed, NO_SLOT, Terms};
use crate::{MAX_CHANNELS, PeerId, PeerState};

impl Host {
    pub(super) fn begin_connecting(
        &mut self,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        if self.context.places.are_full(&self.context.config) {
            return None;
        }
        let id = self.add_peer(address, PeerState::Connecting)?;
        let token = self.random.next();
        let lots = self.draw_lots();
        let is_paused = self.connecting_is_paused;
        self.with_peer(id, |peer, context| {
            peer.take_place(context);
            peer.begin_connecting(&context.config, token, channels, data, lots);
            peer.handshake.set_paused(is_paused);
            if !is_paused {
                lifecycle::send_connect(peer, context);
            }
        });
        Some(id)
    }

    fn draw_lots(&mut self) -> Option<Lots> {
        if !self.context.config.is_guarded {
            return None;
        }
        let [high, low, incoming_session, outgoing_session] = self.random.bytes();
        Some(Lots {
            number: u16::from_be_bytes([high, low]),
            incoming_session,
            outgoing_session,
        })
    }

    /// Fills a free slot; if there is none, a half-open connection may have to give way.
    fn add_peer(&mut self, address: SocketAddr, state: PeerState) -> Option<PeerId> {
        if !self.slots.has_free() {
            let (half_open, now) = (&self.incoming, self.context.now);
            let first = match self.context.config.is_guarded {
                true => half_open.half_open.first().map(|(id, _)| id),
                false => half_open.first_after_grace(&self.slots, now),
            };
            self.evict(first?);
        }
        let mtu = self.context.config.mtu;
        let peer = self.slots.fill(&mut self.random, |id, sessions| {
            Peer::new(id, address, mtu, sessions, state)
        })?;
        Some(peer.id())
    }

    /// Has a half-open connection give way to another one.
    fn evict(&mut self, id: PeerId) {
        self.context.drops.over_limit += 1;
        self.with_peer(id, |peer, context| peer.end(context, None));
    }

    /// Makes room for one more half-open connection. False if all that there are have proven addresses.
    fn make_room(&mut self, from: IpAddr) -> bool {
        let limits = &self.context.config.limits;
        let half_open = &self.incoming.half_open;
        let own = half_open.count_of(from) >= limits.half_open_per_address && !limits.exempts(from);
        let first = match own {
            true => half_open.oldest_of(from),
            false if half_open.count() >= limits.half_open => half_open.first(),
            false => return true,
        };
        first.inspect(|&(id, _)| self.evict(id)).is_some()
    }

    /// A CONNECT in a datagram of `size` bytes; a repeated one is answered once more.
    pub(super) fn on_connect(
        &mut self,
        from: SocketAddr,
        size: usize,
        framed: &Framed,
        terms: &Terms,
        data: u32,
    ) {
        let channels = terms.channels as usize;
        if !(1..=MAX_CHANNELS).contains(&channels) || terms.slot >= NO_SLOT {
            return;
        }
        if let Some(slot) = self.incoming.find(&self.slots, from, terms.token) {
            self.with_slot(slot, lifecycle::repeat_answer);
            return;
        }
        // A connection that comes and goes while the application takes no events leaves two of them
        // each time. The connector will ask again.
        if self.context.events.is_full() {
            return;
        }
        let limits = &self.context.config.limits;
        let attempt = (self.incoming.rate).count(from.ip(), self.context.now, limits, false);
        if attempt != Attempt::Allowed {
            self.context.drops.over_limit += 1;
            return;
        }
        if !self.incoming.admits(data, &self.context.census) {
            self.context.drops.refused += 1;
            return refuse(&mut self.context, from, size, terms, 0);
        }
        let place = (self.context.places).check(from.ip(), &self.context.config);
        if let Err(no_place) = place {
            self.context.count_refused(no_place);
            return refuse(&mut self.context, from, size, terms, 0);
        }
        self.accept(from, size, framed.sequence, terms, data, false);
    }

    /// Answers a CONNECT for which there is a place, and keeps it as a half-open connection.
    fn accept(
        &mut self,
        from: SocketAddr,
        size: usize,
        number: u16,
        terms: &Terms,
        data: u32,
        is_proven: bool,
    ) {
        if !self.make_room(from.ip()) {
            self.context.drops.over_limit += 1;
            return;
        }
        let Some(id) = self.add_peer(from, PeerState::AcknowledgingConnect) else {
            self.context.drops.full += 1;
            return refuse(&mut self.context, from, size, terms, 0);
        };
        let lots = self.draw_lots();
        self.with_peer(id, |peer, context| {
            peer.controls.set_last_received(number);
            let granted = peer.accept_terms(&context.config, terms, data, lots);
            lifecycle::send_answer(peer, context, granted);
        });
        if let Some(peer) = self.slots.get(id) {
            self.incoming.add(peer, self.context.now, is_proven);
        }
    }
}
