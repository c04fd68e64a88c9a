//! The handshake of a connection.
//!
//! The connector sends CONNECT with a random token, its slot and the terms it would like. The acceptor
//! answers VERIFY_CONNECT with its own slot and the terms it grants, and echoes the token, which proves
//! that it received the CONNECT. The connector's acknowledgement of the answer proves the same in the
//! other direction. Two session bits per direction tell a slot's connections apart.

use super::closing::close;
use crate::host::Context;
use crate::peer::Peer;
use crate::recv::{Refused, acknowledge};
use crate::send::{queue_control, transmit_control};
use crate::wire::{CONTROL_CHANNEL, Command, NO_SLOT, PROOF_SIZE, Terms};
use crate::{Cause, Disconnect, Event, MAX_CHANNELS, PeerState};

/// Milliseconds a half-open connection is kept after the last CONNECT.
const HALF_OPEN_TIMEOUT: u64 = 5000;
/// Milliseconds it is kept at most, however often its CONNECT is repeated.
const MAX_HALF_OPEN_TIME: u64 = 8000;

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
    (peer.handshake).set_latest_expiry(context.now + MAX_HALF_OPEN_TIME);
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

/// Takes in what proves our address, and repeats the CONNECT with it.
pub fn on_proof(
    peer: &mut Peer,
    context: &mut Context,
    proof: [u8; PROOF_SIZE],
) -> Result<(), Refused> {
    let is_asked = peer.state() == PeerState::Connecting && context.config.offers_proof;
    if !is_asked || peer.is_broadcasting() {
        return Err(Refused::Malformed);
    }
    // Forged ones must not replace the right one for ever.
    if proof != peer.handshake.proof()
        && let Some(connect) = peer.controls.oldest()
        && peer.handshake.may_repeat()
    {
        peer.handshake.set_proof(proof);
        transmit_control(peer, context, connect);
        peer.mark_dirty(context);
    }
    Ok(())
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
        peer.end(context, Some((0, Cause::Protocol)));
        return Err(Refused::Malformed);
    }
    if let Some(connect) = peer.controls.oldest() {
        acknowledge(peer, context, CONTROL_CHANNEL, connect);
    }
    // A retransmitted CONNECT that has not left yet must not go to the slot given now.
    peer.packer.drop_datagram();
    peer.controls.set_last_received(sequence);
    peer.adopt_terms(terms);
    report_connected(peer, context);
    Ok(())
}

/// A command of a connector whose acknowledgement of our answer got lost or comes later.
pub fn on_early_command(peer: &mut Peer, context: &mut Context) -> Result<(), Refused> {
    if !context.config.is_guarded {
        // Slot and session prove as much as the acknowledgement would. C drops such commands until then.
        if let Some(answer) = peer.controls.oldest() {
            acknowledge(peer, context, CONTROL_CHANNEL, answer);
        }
        admit(peer, context);
        return if peer.is_up() {
            Ok(())
        } else {
            Err(Refused::Ended)
        };
    }
    // No ENet repeats an acknowledgement by itself. A forger would have to guess slot and session for each
    // repetition.
    if peer.handshake.may_repeat() {
        repeat_answer(peer, context);
    }
    Err(Refused::Ended)
}

/// A wrong number in an acknowledgement: somebody may be guessing. A wrong session is no guess of the number, and
/// does not count: a few short datagrams for each slot would end a connection otherwise.
pub fn on_wrong_guess(peer: &mut Peer, context: &mut Context) {
    if context.config.is_guarded && peer.handshake.count_wrong_guess() {
        peer.end(context, None);
    }
}

/// The connector has proved that it received our answer.
pub fn admit(peer: &mut Peer, context: &mut Context) {
    let place = (context.places).check(peer.address().ip(), &context.config);
    if let Err(no_place) = place {
        let refusal = context.count_refused(no_place);
        let data = context.refusal_data(refusal);
        return close(peer, context, data, Disconnect::Now);
    }
    peer.take_place(context);
    report_connected(peer, context);
}

/// Reports that the connection is up.
fn report_connected(peer: &mut Peer, context: &mut Context) {
    peer.set_state(context, PeerState::Connected);
    context.events.push(Event::Connected {
        peer: peer.id(),
        data: peer.handshake.connect_data(),
    });
}
