//! Connections that begin: ours, and those of connectors.

use std::net::{IpAddr, SocketAddr};

use super::Host;
use super::admission::{answer_once, refuse, refuse_unencrypted};
use crate::lifecycle;
use crate::peer::{Lots, NO_ADDRESS, Peer};
use crate::wire::{Framed, NO_SLOT, PROOF_SIZE, Terms};
use crate::{MAX_CHANNELS, PeerId, PeerState, Refusal};

/// A CONNECT that arrived.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    pub from: SocketAddr,
    /// Bytes of its datagram on the wire.
    pub size: usize,
    /// Number of the command.
    pub number: u16,
    pub terms: Terms,
    pub data: u32,
    /// Whether its sender receives what is sent to its address.
    pub is_proven: bool,
}

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
        // Zeros would let a codec compress a CONNECT that it leaves alone without a proof, and then a host without the
        // codec could not read it.
        let filler = self
            .context
            .config
            .offers_proof
            .then(|| self.random.bytes());
        let is_paused = self.connecting_is_paused || address == NO_ADDRESS;
        self.with_peer(id, |peer, context| {
            peer.take_place(context);
            peer.begin_connecting(&context.config, token, channels, data, lots);
            peer.handshake.set_proof(filler.unwrap_or_default());
            peer.handshake.attempt.start(context.now);
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

    /// Makes room for one more half-open connection. False if there may be none at all.
    fn make_room(&mut self, from: IpAddr, is_proven: bool) -> bool {
        let limits = &self.context.config.limits;
        let half_open = &self.incoming.half_open;
        let own = (!limits.exempts(from))
            .then(|| half_open.excess_of(from, is_proven, limits.half_open_per_address));
        let first = match own.flatten() {
            Some(own) => Some(own),
            None if half_open.count() >= limits.half_open => half_open.first().map(|(id, _)| id),
            None => return true,
        };
        first.inspect(|&id| self.evict(id)).is_some()
    }

    /// Whether a connector receives what is sent to its address.
    pub(super) fn is_proven(
        &self,
        from: SocketAddr,
        terms: &Terms,
        proof: Option<&[u8; PROOF_SIZE]>,
    ) -> bool {
        let is_valid = |proof| (self.proofs).is_valid(proof, from, terms.token, self.context.now);
        self.addresses_are_proven || proof.is_some_and(is_valid)
    }

    /// A CONNECT; a repeated one is answered once more. `offers_proof` says whether the connector understands
    /// [`Proofs`](super::proof::Proofs).
    pub(super) fn on_connect(&mut self, request: Request, offers_proof: bool) {
        let Request { from, terms, .. } = request;
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
        let can_prove = offers_proof && !request.is_proven && self.context.config.is_guarded;
        let is_pressed = self.incoming.half_open.count() * 2 >= limits.half_open;
        // The judge is told of a proof, and forged requests do not wait.
        if can_prove && (is_pressed || self.requests.has_to_wait()) {
            return self.ask_for_proof(&request);
        }
        let now = self.context.now;
        if !(self.incoming.rate).admits(from.ip(), now, limits, request.is_proven) {
            if can_prove {
                return self.ask_for_proof(&request);
            }
            self.context.drops.over_limit += 1;
            return;
        }
        if let Some(refusal) = (self.incoming).refusal(request.data, &self.context.census) {
            self.context.drops.refused += 1;
            let data = self.context.refusal_data(refusal);
            return refuse(&mut self.context, &request, data);
        }
        if self.requests.has_to_wait() && !self.requests.was_accepted(from, terms.token, now) {
            // Nobody needs to look at those for whom there is no place.
            if self.has_place(&request) {
                self.request_verdict(request);
            }
        } else {
            self.accept(&request);
        }
    }

    /// Refuses a connector that does not encrypt, as often as it may ask. Its address is not proven, so the answer
    /// counts with those to other such addresses.
    pub(super) fn refuse_unencrypted_request(&mut self, request: &Request) {
        let Request { from, terms, .. } = request;
        if !(1..=MAX_CHANNELS).contains(&(terms.channels as usize)) || terms.slot >= NO_SLOT {
            self.context.drops.malformed += 1;
            return;
        }
        let limits = &self.context.config.limits;
        if !(self.incoming.rate).admits(from.ip(), self.context.now, limits, false) {
            self.context.drops.over_limit += 1;
            return;
        }
        self.context.drops.refused += 1;
        let data = self.context.refusal_data(Refusal::NotEncrypted);
        refuse_unencrypted(&mut self.context, request, data);
    }

    fn ask_for_proof(&mut self, request: &Request) {
        let proof = (self.proofs).of(request.from, request.terms.token, self.context.now);
        answer_once(&mut self.context, request, &Framed::proof(proof));
    }

    /// Whether there is a place for a connector; otherwise it is refused.
    fn has_place(&mut self, request: &Request) -> bool {
        let from = request.from.ip();
        let place = (self.context.places).check(from, &self.context.config);
        if let Err(no_place) = place {
            let refusal = self.context.count_refused(no_place);
            let data = self.context.refusal_data(refusal);
            refuse(&mut self.context, request, data);
        }
        place.is_ok()
    }

    /// Answers a CONNECT and keeps it as a half-open connection, if there is a place for it.
    pub(super) fn accept(&mut self, request: &Request) {
        if !self.has_place(request) {
            return;
        }
        if !self.make_room(request.from.ip(), request.is_proven) {
            self.context.drops.over_limit += 1;
            return;
        }
        let Some(id) = self.add_peer(request.from, PeerState::AcknowledgingConnect) else {
            self.context.drops.full += 1;
            let data = self.context.refusal_data(Refusal::Full);
            return refuse(&mut self.context, request, data);
        };
        let lots = self.draw_lots();
        self.with_peer(id, |peer, context| {
            peer.controls.set_last_received(request.number);
            let granted = peer.accept_terms(&context.config, &request.terms, request.data, lots);
            lifecycle::send_answer(peer, context, granted);
        });
        if let Some(peer) = self.slots.get(id) {
            (self.incoming).add(peer, self.context.now, request.is_proven);
        }
    }
}
