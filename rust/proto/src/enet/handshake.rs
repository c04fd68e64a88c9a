//! How connections begin and end.
//!
//! The connector sends CONNECT with a random token, its slot and what it would like; the acceptor
//! answers VERIFY_CONNECT with its own slot and what it grants, and echoes the token, which proves
//! that it heard the question. The connector's acknowledgement of that proves the same the other way
//! round. Two session bits per direction tell a slot's connections apart.
//!
//! Until then the connector may be anybody who writes a false address on datagrams. So an answer goes
//! out only when a CONNECT comes in, and is no longer than that (with a codec, twice as long at
//! most); a half-open connection is dropped after five seconds without one, and when most slots are
//! half-open and none is free, the oldest has to go after two. (C repeats its answer by itself for
//! half a minute, to whoever was named as the sender, and keeps the slot.)
//!
//! An orderly end is a DISCONNECT that is acknowledged. Where there is nothing to wait for, one is
//! sent without.

use std::hash::BuildHasher;
use std::net::SocketAddr;

use super::channel::Refused;
use super::peer::{MAX_WINDOW, MIN_WINDOW, Peer};
use super::send::transmit;
use super::sent::Key;
use super::wire::{CONTROL_CHANNEL, Command, Framed, NO_SLOT, Terms};
use super::{Enet, MAX_CHANNELS};
use crate::engine::{Disconnect, Event, MAX_MTU, MIN_MTU, PeerId, PeerState};

/// A window of 4096 bytes for each so many bytes a second.
const WINDOW_SCALE: u32 = 65536;
/// Milliseconds a half-open connection is kept after the last CONNECT.
const HALF_OPEN_TIMEOUT: u64 = 5000;
/// Milliseconds it is kept even if others need the slot: an honest answer hardly takes longer.
const HALF_OPEN_GRACE: u64 = 2000;

impl Enet {
    pub(super) fn begin_connecting(
        &mut self,
        now: u64,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        let mut peer = self.new_peer(now, address, PeerState::Connecting)?;
        peer.token = self.random();
        peer.window = match self.config.out_bandwidth {
            0 => MAX_WINDOW,
            bandwidth => window_for(bandwidth),
        };
        peer.channel_count = channels.clamp(1, MAX_CHANNELS);
        peer.request = data;
        peer.is_held = self.holds;
        if !self.holds {
            self.ask(&mut peer, now);
        }
        let id = peer.id();
        self.put_back(peer);
        Some(id)
    }

    fn new_peer(&mut self, now: u64, address: SocketAddr, state: PeerState) -> Option<Box<Peer>> {
        if self.free.is_empty() {
            self.make_room(now);
        }
        let slot = self.free.pop()?.0;
        self.generations = self.generations.wrapping_add(1);
        let mut peer = Box::new(Peer::new(slot, self.generations, address, state));
        let (incoming, outgoing) = self.sessions[usize::from(slot)];
        peer.incoming_session = incoming;
        peer.outgoing_session = outgoing;
        peer.mtu = self.config.mtu;
        if peer.is_incoming {
            *self.by_ip.entry(address.ip()).or_default() += 1;
        }
        Some(peer)
    }

    /// Drops the oldest half-open connection, if it had its time and there are too many to be honest.
    fn make_room(&mut self, now: u64) {
        if self.half_open.len() * 2 <= self.slots.len() {
            return;
        }
        while let Some(&(id, since)) = self.half_open.front() {
            let is_half_open = self.state_of(id) == PeerState::AcknowledgingConnect;
            if is_half_open && now < since + HALF_OPEN_GRACE {
                return;
            }
            self.half_open.pop_front();
            if is_half_open && let Some(mut peer) = self.take(id) {
                self.end(&mut peer, None);
                self.put_back(peer);
                return;
            }
        }
    }

    /// Takes those off the list's front that are half-open no more; `done` is about to be.
    pub(super) fn forget_half_open(&mut self, done: PeerId) {
        while let Some(&(id, _)) = self.half_open.front() {
            if id != done && self.state_of(id) == PeerState::AcknowledgingConnect {
                break;
            }
            self.half_open.pop_front();
        }
        // One that stays must not let those behind it pile up.
        if self.half_open.len() > 2 * self.slots.len() {
            let mut half_open = std::mem::take(&mut self.half_open);
            half_open.retain(|&(id, _)| self.state_of(id) == PeerState::AcknowledgingConnect);
            self.half_open = half_open;
        }
    }

    pub(super) fn terms(&self, peer: &Peer) -> Terms {
        Terms {
            slot: peer.slot,
            incoming_session: peer.incoming_session,
            outgoing_session: peer.outgoing_session,
            mtu: peer.mtu,
            window: MAX_WINDOW,
            channels: peer.channel_count as u32,
            in_bandwidth: self.config.in_bandwidth,
            out_bandwidth: self.config.out_bandwidth,
            throttle: peer.throttle_settings,
            token: peer.token,
        }
    }

    /// A stranger's CONNECT, in a datagram of so many bytes; a repeated one is answered once more.
    pub(super) fn on_connect(
        &mut self,
        now: u64,
        from: SocketAddr,
        size: usize,
        framed: &Framed,
        terms: &Terms,
        data: u32,
    ) {
        let asked = terms.channels as usize;
        if !(1..=MAX_CHANNELS).contains(&asked) || terms.slot >= NO_SLOT {
            return;
        }
        if let Some(slot) = self.slot_of_token(from, terms.token) {
            self.repeat_answer(now, slot);
            return;
        }
        // Who comes and goes while nobody looks leaves two events each time. He will ask again.
        if self.events.is_full() {
            return;
        }
        let accepted = match self.admits(from, data) {
            true => self.new_peer(now, from, PeerState::AcknowledgingConnect),
            false => None,
        };
        let Some(mut peer) = accepted else {
            self.refuse(now, from, size, terms);
            return;
        };
        peer.channel_count = asked.min(self.config.max_channels);
        peer.in_control = framed.sequence;
        self.half_open.push_back((peer.id(), now));
        peer.token = terms.token;
        peer.remote_slot = terms.slot;
        peer.connect_data = data;
        peer.event_data = data;
        peer.in_bandwidth = terms.in_bandwidth;
        peer.out_bandwidth = terms.out_bandwidth;
        peer.throttle_settings = terms.throttle;
        peer.mtu = peer.mtu.min(terms.mtu.clamp(MIN_MTU, MAX_MTU));
        peer.outgoing_session = next_session(terms.incoming_session, peer.outgoing_session);
        peer.incoming_session = next_session(terms.outgoing_session, peer.incoming_session);
        peer.window = shared_window(self.config.out_bandwidth, peer.in_bandwidth);
        let granted = match self.config.in_bandwidth {
            0 => MAX_WINDOW,
            bandwidth => (bandwidth / WINDOW_SCALE).saturating_mul(MIN_WINDOW),
        };
        let terms = Terms {
            // Named from the connector's side.
            incoming_session: peer.outgoing_session,
            outgoing_session: peer.incoming_session,
            window: granted.min(terms.window).clamp(MIN_WINDOW, MAX_WINDOW),
            ..self.terms(&peer)
        };
        let key = self.hasher.hash_one((from, peer.token));
        self.by_token.insert(key, peer.slot);
        self.queue_control(&mut peer, Command::VerifyConnect(terms), true, now);
        // It leaves at once, and is not repeated by the clock.
        self.output.finish(&mut peer, now);
        peer.next_timeout = now + HALF_OPEN_TIMEOUT;
        self.put_back(peer);
    }

    /// The slot of the connection that this CONNECT began already.
    fn slot_of_token(&self, from: SocketAddr, token: u32) -> Option<u16> {
        let slot = *self.by_token.get(&self.hasher.hash_one((from, token)))?;
        let peer = self.slots.get(usize::from(slot))?.as_ref()?;
        (peer.address == from && peer.token == token).then_some(slot)
    }

    /// Answers a repeated CONNECT: the first answer may have got lost.
    fn repeat_answer(&mut self, now: u64, slot: u16) {
        let Some(mut peer) = self.slots[usize::from(slot)].take() else {
            return;
        };
        if peer.state == PeerState::AcknowledgingConnect
            && let Some(answer) = peer.controls.front()
        {
            let key = Key {
                channel: CONTROL_CHANNEL,
                number: answer.sequence.into(),
            };
            transmit(&mut self.output, &mut peer, key, None, now);
            self.output.finish(&mut peer, now);
            peer.next_timeout = now + HALF_OPEN_TIMEOUT;
        }
        self.put_back(peer);
    }

    /// The answer to our CONNECT.
    pub(super) fn on_verify_connect(
        &mut self,
        peer: &mut Peer,
        sequence: u16,
        terms: &Terms,
    ) -> Result<(), Refused> {
        if peer.state != PeerState::Connecting {
            return Ok(());
        }
        // Only who heard the CONNECT knows the token; C gives the attempt up over a wrong one, which
        // lets anybody who guesses the port end it.
        if terms.token != peer.token || terms.slot >= NO_SLOT {
            return Err(Refused);
        }
        let granted = terms.channels as usize;
        if !(1..=MAX_CHANNELS).contains(&granted) || terms.throttle != peer.throttle_settings {
            self.end(peer, Some(0));
            return Err(Refused);
        }
        self.acknowledged(peer, CONTROL_CHANNEL, 1);
        // A repeated CONNECT that has not left yet has no business with the slot given now.
        peer.draft = None;
        peer.in_control = sequence;
        peer.channel_count = granted.min(peer.channel_count);
        peer.remote_slot = terms.slot;
        peer.incoming_session = terms.incoming_session;
        peer.outgoing_session = terms.outgoing_session;
        peer.mtu = peer.mtu.min(terms.mtu.clamp(MIN_MTU, MAX_MTU));
        peer.window = peer.window.min(terms.window.clamp(MIN_WINDOW, MAX_WINDOW));
        peer.in_bandwidth = terms.in_bandwidth;
        peer.out_bandwidth = terms.out_bandwidth;
        self.report_connected(peer);
        Ok(())
    }

    /// The connector has proved that it had our answer, without acknowledging it.
    pub(super) fn report_verified(&mut self, peer: &mut Peer) {
        if let Some(answer) = peer.controls.front() {
            let sequence = answer.sequence;
            self.acknowledged(peer, CONTROL_CHANNEL, sequence);
        }
        self.report_connected(peer);
    }

    pub(super) fn report_connected(&mut self, peer: &mut Peer) {
        self.set_state(peer, PeerState::Connected);
        self.forget_half_open(peer.id());
        // It may be time for a first ping.
        peer.set_next_timeout();
        let data = peer.event_data;
        let peer = peer.id();
        self.events.push(Event::Connected { peer, data });
    }

    pub(super) fn on_disconnect(&mut self, peer: &mut Peer, data: u32, wants_ack: bool) {
        match peer.state {
            PeerState::Disconnected | PeerState::Zombie | PeerState::AcknowledgingDisconnect => {}
            PeerState::Connecting | PeerState::Disconnecting | PeerState::ConnectionSucceeded => {
                self.end(peer, Some(data));
            }
            PeerState::Connected | PeerState::DisconnectLater if wants_ack => {
                peer.reset_queues();
                peer.event_data = data;
                // The event follows when the acknowledgement is on its way.
                self.set_state(peer, PeerState::AcknowledgingDisconnect);
            }
            PeerState::Connected | PeerState::DisconnectLater => self.end(peer, Some(data)),
            // Nobody has heard of it yet.
            PeerState::AcknowledgingConnect | PeerState::ConnectionPending => self.end(peer, None),
        }
    }

    pub(super) fn begin_disconnecting(&mut self, now: u64, id: PeerId, data: u32, how: Disconnect) {
        let Some(mut peer) = self.take(id) else {
            return;
        };
        match how {
            Disconnect::Acknowledged => self.disconnect_peer(&mut peer, data, now),
            Disconnect::Later if peer.is_up() && peer.has_outgoing() => {
                peer.event_data = data;
                self.set_state(&mut peer, PeerState::DisconnectLater);
            }
            Disconnect::Later => self.disconnect_peer(&mut peer, data, now),
            Disconnect::Now => {
                if peer.state != PeerState::Disconnecting {
                    self.say_goodbye(&mut peer, data, now);
                }
                self.end(&mut peer, None);
            }
            Disconnect::Silent => self.end(&mut peer, None),
        }
        self.put_back(peer);
    }

    pub(super) fn disconnect_peer(&mut self, peer: &mut Peer, data: u32, now: u64) {
        match peer.state {
            PeerState::Disconnecting
            | PeerState::Disconnected
            | PeerState::AcknowledgingDisconnect
            | PeerState::Zombie => {}
            PeerState::Connected | PeerState::DisconnectLater => {
                peer.reset_queues();
                self.queue_control(peer, Command::Disconnect { data }, true, now);
                self.set_state(peer, PeerState::Disconnecting);
            }
            _ => {
                self.say_goodbye(peer, data, now);
                self.end(peer, None);
            }
        }
    }

    /// One DISCONNECT, at once, that nobody waits for.
    fn say_goodbye(&mut self, peer: &mut Peer, data: u32, now: u64) {
        peer.reset_queues();
        self.queue_control(peer, Command::Disconnect { data }, false, now);
        self.output.finish(peer, now);
    }
}

/// The next of a slot's four sessions, another one than last time.
fn next_session(asked: u8, last: u8) -> u8 {
    let base = if asked == 0xFF { last } else { asked };
    let next = base.wrapping_add(1) & 3;
    if next == last { (next + 1) & 3 } else { next }
}

fn window_for(bandwidth: u32) -> u32 {
    (bandwidth / WINDOW_SCALE)
        .saturating_mul(MIN_WINDOW)
        .clamp(MIN_WINDOW, MAX_WINDOW)
}

/// The window between our limit on sending and the remote's on receiving; 0 is no limit.
pub(super) fn shared_window(ours: u32, theirs: u32) -> u32 {
    match (ours, theirs) {
        (0, 0) => MAX_WINDOW,
        (0, bandwidth) | (bandwidth, 0) => window_for(bandwidth),
        (ours, theirs) => window_for(ours.min(theirs)),
    }
}
