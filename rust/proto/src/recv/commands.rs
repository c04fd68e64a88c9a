//! The commands of a datagram that belongs to a connection.
//!
//! A command that makes no sense ends its datagram quietly: what came before it stays in force.

use std::net::SocketAddr;

use super::acknowledgements::on_acknowledge;
use super::data::on_data;
use crate::PeerState;
use crate::host::Context;
use crate::lifecycle;
use crate::peer::Peer;
use crate::send::{Ack, ControlQueue};
use crate::wire::{CONTROL_CHANNEL, Command, Framed, payload};

/// The peer broke a rule that every ENet keeps: the rest of its datagram is not worth reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// Carries out the commands of a datagram.
pub fn carry_out(
    peer: &mut Peer,
    context: &mut Context,
    from: &SocketAddr,
    sent_time: Option<u16>,
    mut commands: &[u8],
) {
    // The highest number of a control command before this datagram.
    let mut last = None;
    // Each command is borrowed where it was read; moving it would cost more than reading it.
    while let Some(framed) = &Framed::read(&mut commands) {
        let was_broadcasting = peer.is_broadcasting();
        let can_be_acknowledged = framed.wants_ack && sent_time.is_some();
        let done = on_command(
            peer,
            context,
            framed,
            can_be_acknowledged,
            &mut last,
            &mut commands,
        );
        if was_broadcasting && peer.is_up() {
            // The connection is to the host that answered first.
            peer.set_address(*from);
        }
        if done.is_err() {
            break;
        }
        match (framed.wants_ack, sent_time) {
            (true, Some(sent_time)) => queue_ack(peer, context, framed, sent_time),
            // Without a time there is nothing to acknowledge with: no ENet sends such a datagram.
            (true, None) => break,
            (false, _) => {}
        }
    }
}

fn queue_ack(peer: &mut Peer, context: &mut Context, framed: &Framed, sent_time: u16) {
    let is_disconnect = matches!(framed.command, Command::Disconnect { .. });
    match peer.state() {
        PeerState::Disconnected | PeerState::Disconnecting | PeerState::AcknowledgingConnect => {
            return;
        }
        PeerState::AcknowledgingDisconnect if !is_disconnect => return,
        _ => {}
    }
    // A fragment is as far as the first one of its packet, which may span many windows.
    let number = match framed.command {
        Command::Fragment { fragment, .. } => fragment.start,
        _ => framed.sequence,
    };
    let channel = peer.channels.used(framed.channel);
    if channel.is_some_and(|channel| channel.receiving.is_too_far_to_acknowledge(number)) {
        return;
    }
    peer.bandwidth.add_queued(Ack::SIZE);
    peer.packer.push_ack(Ack::new(framed, sent_time));
    peer.mark_dirty(context);
}

/// Carries out one command. An error ends the datagram.
fn on_command(
    peer: &mut Peer,
    context: &mut Context,
    framed: &Framed,
    can_be_acknowledged: bool,
    last: &mut Option<u16>,
    rest: &mut &[u8],
) -> Result<(), Refused> {
    match framed.command {
        Command::Acknowledge {
            sequence,
            sent_time,
        } => return on_acknowledge(peer, context, framed.channel, sequence, sent_time),
        Command::Proof(proof) => return lifecycle::on_proof(peer, context, proof),
        // Only a sender without a connection connects.
        Command::Connect { .. } => return Err(Refused),
        Command::VerifyConnect(terms) => {
            return lifecycle::on_verify_connect(peer, context, framed.sequence, &terms);
        }
        Command::Disconnect { data } => {
            // Besides the session and the checksum, the number is the only protection from a forged
            // DISCONNECT that the protocol permits. A single host cannot refuse a broadcast.
            let last = *last.get_or_insert(peer.controls.last_received());
            let is_next = ControlQueue::is_next(framed.sequence, last);
            if framed.channel != CONTROL_CHANNEL || !is_next || peer.is_broadcasting() {
                return Err(Refused);
            }
            lifecycle::on_disconnect(peer, context, data, can_be_acknowledged);
            return Ok(());
        }
        _ if peer.is_half_open() => lifecycle::on_early_command(peer, context)?,
        _ if !peer.is_up() => return Err(Refused),
        _ => {}
    }
    if framed.channel == CONTROL_CHANNEL {
        let last = *last.get_or_insert(peer.controls.last_received());
        if !peer.controls.on_received(framed.sequence, last) {
            return Err(Refused);
        }
    }
    match framed.command {
        Command::BandwidthLimit { incoming, outgoing } => {
            let (before, after) = (peer.bandwidth.is_limited(), incoming != 0);
            context.census.change_limited(before, after);
            peer.set_remote_bandwidth(&context.config, incoming, outgoing);
            Ok(())
        }
        Command::ThrottleConfigure(throttle) => {
            peer.throttle.configure(throttle);
            Ok(())
        }
        Command::Reliable { length }
        | Command::Unreliable { length, .. }
        | Command::Unsequenced { length, .. }
        | Command::Fragment { length, .. }
        | Command::UnreliableFragment { length, .. } => {
            let bytes = payload(rest, length).ok_or(Refused)?;
            on_data(peer, context, framed, bytes)
        }
        _ => Ok(()),
    }
}
