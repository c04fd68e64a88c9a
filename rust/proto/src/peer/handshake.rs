//! A connection's share in a handshake: the data of both sides, and the terms they agree on.

use std::net::SocketAddr;

use super::negotiation::{granted_window, next_session, other_session, shared_window, window_for};
use super::{Attempt, Peer, negotiation};
use crate::HostConfig;
use crate::wire::{NO_SLOT, PROOF_SIZE, Terms};
use crate::{MAX_CHANNELS, MAX_MTU, MIN_MTU};

/// Wrong guesses that end a half-open connection. An honest remote makes none.
const MAX_WRONG_GUESSES: u8 = 8;
/// How often an answer is repeated at most without a CONNECT.
const MAX_REPEATS: u8 = 6;

/// Random numbers for the beginning of a connection that nobody is to guess.
#[derive(Debug, Clone, Copy)]
pub struct Lots {
    /// The number before that of the first control command.
    pub number: u16,
    pub incoming_session: u8,
    pub outgoing_session: u8,
}

/// Data of a connection's beginning and end.
#[derive(Debug, Default)]
pub struct Handshake {
    /// Data of our CONNECT, on the connecting side.
    request: u32,
    /// Data of the remote's CONNECT, on the accepting side.
    connect_data: u32,
    /// Data for the event of the disconnect, or for our DISCONNECT.
    disconnect_data: u32,
    /// When a half-open connection is dropped.
    expires_at: u64,
    /// The latest time to which that may be put off.
    latest_expiry: u64,
    /// Datagrams of a half-open connection that guessed the number of our answer wrongly.
    wrong_guesses: u8,
    /// How often our answer was repeated because the connector takes itself for connected, or our CONNECT because
    /// the remote asked for a proof.
    repeats: u8,
    /// What proves our address to the remote.
    proof: [u8; PROOF_SIZE],
    /// Whether our CONNECT waits for [`crate::Host::resume_connecting`] or [`crate::Host::set_address`].
    is_paused: bool,
    /// Whether an encrypted host refused our CONNECT because it came without encryption.
    was_unencrypted: bool,
    /// How long we try to connect.
    pub attempt: Attempt,
}

impl Handshake {
    pub fn request(&self) -> u32 {
        self.request
    }

    pub fn connect_data(&self) -> u32 {
        self.connect_data
    }

    pub fn disconnect_data(&self) -> u32 {
        self.disconnect_data
    }

    pub fn set_disconnect_data(&mut self, data: u32) {
        self.disconnect_data = data;
    }

    /// Notes that an encrypted host refused our CONNECT; says whether it is the first time.
    pub fn note_unencrypted(&mut self) -> bool {
        !std::mem::replace(&mut self.was_unencrypted, true)
    }

    pub fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// Sets when a half-open connection is dropped, at the latest time permitted at most.
    pub fn set_expiry(&mut self, time: u64) {
        self.expires_at = time.min(self.latest_expiry);
    }

    pub fn set_latest_expiry(&mut self, time: u64) {
        self.latest_expiry = time;
    }

    pub fn proof(&self) -> [u8; PROOF_SIZE] {
        self.proof
    }

    pub fn set_proof(&mut self, proof: [u8; PROOF_SIZE]) {
        self.proof = proof;
    }

    /// Counts a wrong guess, and says whether that was too many.
    pub fn count_wrong_guess(&mut self) -> bool {
        self.wrong_guesses = self.wrong_guesses.saturating_add(1);
        self.wrong_guesses >= MAX_WRONG_GUESSES
    }

    /// Counts a repetition of our answer, unless there were too many.
    pub fn may_repeat(&mut self) -> bool {
        let may_repeat = self.repeats < MAX_REPEATS;
        self.repeats += u8::from(may_repeat);
        may_repeat
    }

    /// Begins to count anew: a CONNECT is retransmitted, and the answer to it may be a proof.
    pub fn forget_repeats(&mut self) {
        self.repeats = 0;
    }

    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    pub fn set_paused(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
        if is_paused {
            self.attempt.wait();
        }
    }
}

impl Peer {
    /// Prepares an attempt to connect with a random token.
    pub fn begin_connecting(
        &mut self,
        config: &HostConfig,
        token: u32,
        channels: usize,
        request: u32,
        lots: Option<Lots>,
    ) {
        if let Some(lots) = lots {
            self.controls.start_after(lots.number);
            self.incoming_session = lots.incoming_session & 3;
            let route = self.packer.route_mut();
            route.set_remote(NO_SLOT, lots.outgoing_session & 3);
        }
        self.packer.route_mut().set_token(token);
        self.window = window_for(config.out_bandwidth);
        self.channels.set_count(channels.clamp(1, MAX_CHANNELS));
        self.handshake.request = request;
    }

    /// The terms that we propose.
    pub fn proposed_terms(&self, config: &HostConfig) -> Terms {
        Terms {
            slot: self.id.slot,
            incoming_session: self.incoming_session,
            outgoing_session: self.packer.route().session(),
            mtu: self.packer.mtu(),
            window: self.window,
            channels: self.channels.count() as u32,
            in_bandwidth: config.in_bandwidth,
            out_bandwidth: config.out_bandwidth,
            throttle: self.throttle.settings(),
            token: self.packer.route().token(),
        }
    }

    /// Adopts the terms of a CONNECT, and returns those of the answer.
    pub fn accept_terms(
        &mut self,
        config: &HostConfig,
        asked: &Terms,
        data: u32,
        lots: Option<Lots>,
    ) -> Terms {
        let channels = (asked.channels as usize).min(config.max_channels);
        self.channels.set_count(channels);
        self.handshake.connect_data = data;
        self.bandwidth
            .set_limits(asked.in_bandwidth, asked.out_bandwidth);
        self.throttle.configure(asked.throttle);
        self.narrow_mtu(asked.mtu);
        let last = self.packer.route().session();
        let outgoing = match lots {
            // Session 3 is that of refusals.
            Some(lots) => other_session(lots.outgoing_session, last, 3),
            None => next_session(asked.incoming_session, last),
        };
        self.incoming_session = match lots {
            Some(lots) => other_session(lots.incoming_session, self.incoming_session, 4),
            None => next_session(asked.outgoing_session, self.incoming_session),
        };
        if let Some(lots) = lots {
            self.controls.start_after(lots.number);
        }
        let route = self.packer.route_mut();
        route.set_token(asked.token);
        route.set_remote(asked.slot, outgoing);
        self.window = shared_window(config.out_bandwidth, asked.in_bandwidth);
        Terms {
            // Named from the connector's side.
            incoming_session: outgoing,
            outgoing_session: self.incoming_session,
            window: granted_window(config.in_bandwidth, asked.window),
            ..self.proposed_terms(config)
        }
    }

    /// Adopts the terms that an acceptor granted.
    pub fn adopt_terms(&mut self, granted: &Terms) {
        let channels = (granted.channels as usize).min(self.channels.count());
        self.channels.set_count(channels);
        self.incoming_session = granted.incoming_session;
        let route = self.packer.route_mut();
        route.set_remote(granted.slot, granted.outgoing_session);
        self.narrow_mtu(granted.mtu);
        let window = (granted.window).clamp(negotiation::MIN_WINDOW, negotiation::MAX_WINDOW);
        self.window = self.window.min(window);
        self.bandwidth
            .set_limits(granted.in_bandwidth, granted.out_bandwidth);
    }

    /// Adopts the remote's new bandwidth limits.
    pub fn set_remote_bandwidth(&mut self, config: &HostConfig, incoming: u32, outgoing: u32) {
        self.bandwidth.set_limits(incoming, outgoing);
        self.window = shared_window(config.out_bandwidth, incoming);
    }

    /// Connects to the host that answered first.
    pub fn set_address(&mut self, address: SocketAddr) {
        self.packer.route_mut().set_address(address);
    }

    fn narrow_mtu(&mut self, theirs: u32) {
        let mtu = self.packer.mtu().min(theirs.clamp(MIN_MTU, MAX_MTU));
        self.packer.set_mtu(mtu);
    }
}
