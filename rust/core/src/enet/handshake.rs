//! How connections begin and end.
//!
//! The connector sends CONNECT with a random token, its slot and what it would like; the acceptor
//! answers VERIFY_CONNECT with its own slot and what it grants, and echoes the token, which proves
//! that it heard the question. The connector's acknowledgement of that proves the same the other way
//! round. Two session bits per direction tell a slot's connections apart.
//!
//! An orderly end is a DISCONNECT that is acknowledged. Where there is nothing to wait for, one is
//! sent without.

use std::net::SocketAddr;

use super::channel::Channel;
use super::peer::{MAX_MTU, MAX_WINDOW, MIN_MTU, MIN_WINDOW, Peer};
use super::wire::{Command, Terms};
use super::{Enet, MAX_CHANNELS};
use crate::engine::{Disconnect, Event, PeerId, PeerState};

/// A window of 4096 bytes for each so many bytes a second.
const WINDOW_SCALE: u32 = 65536;

impl Enet {
    pub(super) fn begin_connecting(
        &mut self,
        now: u64,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        let mut peer = self.new_peer(address, PeerState::Connecting)?;
        peer.token = self.random();
        peer.window = match self.config.out_bandwidth {
            0 => MAX_WINDOW,
            bandwidth => window_for(bandwidth),
        };
        open_channels(&mut peer, channels.clamp(1, MAX_CHANNELS));
        let terms = Terms {
            window: peer.window,
            ..self.terms(&peer)
        };
        self.by_token.insert((address, peer.token), peer.slot);
        self.queue_control(&mut peer, Command::Connect { terms, data }, true);
        let id = peer.id();
        self.put_back(peer, now);
        Some(id)
    }

    fn new_peer(&mut self, address: SocketAddr, state: PeerState) -> Option<Box<Peer>> {
        let slot = self.free.pop()?.0;
        self.generations = self.generations.wrapping_add(1);
        let mut peer = Box::new(Peer::new(slot, self.generations, address, state));
        let (incoming, outgoing) = self.sessions[usize::from(slot)];
        peer.incoming_session = incoming;
        peer.outgoing_session = outgoing;
        Some(peer)
    }

    fn terms(&self, peer: &Peer) -> Terms {
        Terms {
            slot: peer.slot,
            incoming_session: peer.incoming_session,
            outgoing_session: peer.outgoing_session,
            mtu: peer.mtu,
            window: MAX_WINDOW,
            channels: peer.channels.len() as u32,
            in_bandwidth: self.config.in_bandwidth,
            out_bandwidth: self.config.out_bandwidth,
            throttle_interval: peer.throttle_interval,
            throttle_acceleration: peer.throttle_acceleration,
            throttle_deceleration: peer.throttle_deceleration,
            token: peer.token,
        }
    }

    /// A stranger's CONNECT. A repeated one, and one without room, is ignored.
    pub(super) fn on_connect(&mut self, now: u64, from: SocketAddr, terms: &Terms, data: u32) {
        let asked = terms.channels as usize;
        if !(1..=MAX_CHANNELS).contains(&asked) || self.by_token.contains_key(&(from, terms.token))
        {
            return;
        }
        let Some(mut peer) = self.new_peer(from, PeerState::AcknowledgingConnect) else {
            return;
        };
        open_channels(&mut peer, asked.min(self.config.max_channels));
        peer.token = terms.token;
        peer.remote_slot = terms.slot;
        peer.event_data = data;
        peer.in_bandwidth = terms.in_bandwidth;
        peer.out_bandwidth = terms.out_bandwidth;
        peer.throttle_interval = terms.throttle_interval;
        peer.throttle_acceleration = terms.throttle_acceleration;
        peer.throttle_deceleration = terms.throttle_deceleration;
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
        self.by_token.insert((from, peer.token), peer.slot);
        self.queue_control(&mut peer, Command::VerifyConnect(terms), true);
        self.put_back(peer, now);
    }

    /// The answer to our CONNECT. False stops the datagram.
    pub(super) fn on_verify_connect(&mut self, peer: &mut Peer, terms: &Terms) -> bool {
        if peer.state != PeerState::Connecting {
            return true;
        }
        let granted = terms.channels as usize;
        let echoes = terms.throttle_interval == peer.throttle_interval
            && terms.throttle_acceleration == peer.throttle_acceleration
            && terms.throttle_deceleration == peer.throttle_deceleration
            && terms.token == peer.token;
        if !(1..=MAX_CHANNELS).contains(&granted) || !echoes {
            self.end(peer, Some(0));
            return false;
        }
        self.acknowledged(peer, 1, super::wire::CONTROL_CHANNEL);
        peer.channels.truncate(granted);
        peer.remote_slot = terms.slot;
        peer.incoming_session = terms.incoming_session;
        peer.outgoing_session = terms.outgoing_session;
        peer.mtu = peer.mtu.min(terms.mtu.clamp(MIN_MTU, MAX_MTU));
        peer.window = peer.window.min(terms.window.clamp(MIN_WINDOW, MAX_WINDOW));
        peer.in_bandwidth = terms.in_bandwidth;
        peer.out_bandwidth = terms.out_bandwidth;
        self.report_connected(peer);
        true
    }

    pub(super) fn report_connected(&mut self, peer: &mut Peer) {
        self.set_state(peer, PeerState::Connected);
        let data = peer.event_data;
        let peer = peer.id();
        self.events.push_back(Event::Connected { peer, data });
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
        self.put_back(peer, now);
    }

    pub(super) fn disconnect_peer(&mut self, peer: &mut Peer, data: u32, now: u64) {
        match peer.state {
            PeerState::Disconnecting
            | PeerState::Disconnected
            | PeerState::AcknowledgingDisconnect
            | PeerState::Zombie => {}
            PeerState::Connected | PeerState::DisconnectLater => {
                peer.reset_queues();
                self.queue_control(peer, Command::Disconnect { data }, true);
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
        self.queue_control(peer, Command::Disconnect { data }, false);
        while self.send_datagram(peer, now) {}
    }
}

fn open_channels(peer: &mut Peer, count: usize) {
    peer.channels.resize_with(count, Channel::default);
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
