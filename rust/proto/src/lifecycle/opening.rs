//! The handshake of a connection.
//!
//! The connector sends CONNECT with a random token, its slot and the terms it would like. The acceptor
//! answers VERIFY_CONNECT with its own slot and the terms it grants, and echoes the token, which proves
//! that it received the CONNECT. The connector's acknowledgement of the answer proves the same in the
//! other direction. Two session bits per direction tell a slot's connections apart.

use crate::host::Context;
use crate::peer::Peer;
use crate::recv::{Refused, acknowledge};
use crate::send::{queue_control, transmit_control};
use crate::wire::{CONTROL_CHANNEL, Command, NO_SLOT, Terms};
use crate::{Event, MAX_CHANNELS, PeerState};

/// Milliseconds a half-open connection is kept after the last CONNECT.
const HALF_OPEN_TIMEOUT: u64 = 5000;

/// Sends a CONNECT.
pub fn send_connect(peer: &mut Peer, context: &mut Context) {
    peer.packer.set_mtu(context.config.mtu);
    let command = Command::Connect {
        terms: peer.proposed_terms(&context.config),
        data: peer.handshake.request(),
    };
    queue_control(peer, context, command);
}

/// Answers a CONNECT with the terms granted.
pub fn send_answer(peer: &mut Peer, context: &mut Context, terms: Terms) {
    queue_control(peer, context, Command::VerifyConnect(terms));
    leave_at_once(peer, context);
}

/// Answers a repeated CONNECT: the first answer may have got lost.
pub fn repeat_answer(peer: &mut Peer, context: &mut Context) {
    if peer.is_half_open()
        && let Some(answer) = peer.controls.oldest()
    {
        transmit_control(peer, context, answer);
        leave_at_once(peer, context);
    }
}

/// The answer leaves at once, and no timer retransmits it: the connector repeats its CONNECT.
fn leave_at_once(peer: &mut Peer, context: &mut Context) {
    peer.packer.finish(&mut context.output, context.now);
    peer.handshake.set_expiry(context.now + HALF_OPEN_TIMEOUT);
}

/// Takes in the answer to our CONNECT.
pub fn on_verify_connect(
    peer: &mut Peer,
    context: &mut Context,
    sequence: u16,
    terms: &Terms,
) -> Result<(), Refused> {
    if peer.state() != PeerState::Connecting {
        return Ok(());
    }
    // Only a host that received the CONNECT knows the token. C gives the attempt up over a wrong one,
    // so a forger that guesses the port can end it.
    if terms.token != peer.packer.route().token() || terms.slot >= NO_SLOT {
        return Err(Refused::Malformed);
    }
    let granted = terms.channels as usize;
    let is_sensible = (1..=MAX_CHANNELS).contains(&granted);
    if !is_sensible || terms.throttle != peer.throttle.settings() {
        peer.end(context, Some(0));
        return Err(Refused::Malformed);
    }
    acknowledge(peer, context, CONTROL_CHANNEL, 1);
    // A retransmitted CONNECT that has not left yet must not go to the slot given now.
    peer.packer.drop_datagram();
    peer.controls.set_last_received(sequence);
    peer.adopt_terms(terms);
    report_connected(peer, context);
    Ok(())
}

/// The connector has proved that it received our answer, without acknowledging it.
pub fn report_verified(peer: &mut Peer, context: &mut Context) {
    if let Some(answer) = peer.controls.oldest() {
        acknowledge(peer, context, CONTROL_CHANNEL, answer);
    }
    report_connected(peer, context);
}

/// Reports that the connection is up.
pub fn report_connected(peer: &mut Peer, context: &mut Context) {
    peer.set_state(context, PeerState::Connected);
    context.events.push(Event::Connected {
        peer: peer.id(),
        data: peer.handshake.connect_data(),
    });
}
