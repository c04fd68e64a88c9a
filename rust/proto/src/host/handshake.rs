//! Connections that begin: ours, and those of connectors.

use std::net::SocketAddr;

use super::Host;
use super::admission::refuse;
use crate::lifecycle;
use crate::peer::Peer;
use crate::wire::{Framed, NO_SLOT, Terms};
use crate::{MAX_CHANNELS, PeerId, PeerState};

impl Host {
    pub(super) fn begin_connecting(
        &mut self,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        let id = self.add_peer(address, PeerState::Connecting)?;
        let token = self.random.next();
        let is_paused = self.connecting_is_paused;
        self.with_peer(id, |peer, context| {
            peer.begin_connecting(&context.config, token, channels, data);
            peer.handshake.set_paused(is_paused);
            if !is_paused {
                lifecycle::send_connect(peer, context);
            }
        });
        Some(id)
    }

    fn add_peer(&mut self, address: SocketAddr, state: PeerState) -> Option<PeerId> {
        if !self.slots.has_free() {
            self.evict_half_open();
        }
        let mtu = self.context.config.mtu;
        let peer =
            (self.slots).fill(|id, sessions| Peer::new(id, address, mtu, sessions, state))?;
        Some(peer.id())
    }

    fn evict_half_open(&mut self) {
        let evicted = self.incoming.take_evicted(&self.slots, self.context.now);
        if let Some(id) = evicted {
            self.with_peer(id, |peer, context| peer.end(context, None));
        }
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
        let accepted = match self.incoming.admits(from, data, &self.context.census) {
            true => self.add_peer(from, PeerState::AcknowledgingConnect),
            false => None,
        };
        let Some(id) = accepted else {
            return refuse(&mut self.context, from, size, terms);
        };
        self.with_peer(id, |peer, context| {
            peer.controls.set_last_received(framed.sequence);
            let granted = peer.accept_terms(&context.config, terms, data);
            lifecycle::send_answer(peer, context, granted);
        });
        if let Some(peer) = self.slots.get(id) {
            self.incoming.add(peer, self.context.now);
        }
    }
}
