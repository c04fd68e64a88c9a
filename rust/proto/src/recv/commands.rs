//! The commands of a datagram that belongs to a connection.
//!
//! A command that makes no sense ends its datagram quietly: what came before it stays in force.

use std::net::SocketAddr;

use super::acknowledgements::on_acknowledge;
use super::data::on_data;
use crate::host::Context;
use crate::lifecycle;
use crate::peer::Peer;
use crate::send::{Ack, ControlQueue};
use crate::wire::{CONTROL_CHANNEL, Command, Framed, MAX_COMMANDS, payload};
use crate::{Limit, PeerState};

/// Why a command was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The peer broke a rule that every ENet keeps: the rest of its datagram is not worth reading.
    Malformed,
    /// The connection takes nothing in, in its state.
    Ended,
    /// The host takes no packets in. As with the next reason, the peer is held back by its window, and other commands of its
    /// datagram count: pings keep the connection alive.
    Paused,
    /// The packet exceeds a limit; a peer that does not stop is dropped for the one that is named, or for a flood.
    OverLimit(Option<Limit>),
}

/// A datagram that belongs to a connection.
pub struct Arrival<'a> {
    pub from: SocketAddr,
    pub sent_time: Option<u16>,
    pub commands: &'a [u8],
    /// Bytes that came over the network, if they were compressed.
    pub packed_size: Option<usize>,
}

/// Carries out the commands of a datagram.
pub fn carry_out(peer: &mut Peer, context: &mut Context, arrival: &Arrival<'_>) {
    let Arrival {
        from,
        sent_time,
        mut commands,
        packed_size,
    } = *arrival;
    peer.undecodable.clear();
    let mut quota = AckQuota::new(packed_size);
    let mut held_back = None;
    // The highest number of a control command before this datagram.
    let mut last = None;
    // Each command is borrowed where it was read; moving it would cost more than reading it.
    while let Some(framed) = &Framed::read(&mut commands) {
        if held_back.is_some()
            && let Some(length) = framed.command.payload_length()
        {
            match payload(&mut commands, length) {
                Some(_) => count_refused(&mut held_back),
                None => return on_malformed(peer, context),
            }
            continue;
        }
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
            peer.set_address(from);
        }
        match done {
            Ok(()) => {}
            Err(Refused::Malformed) => return on_malformed(peer, context),
            Err(Refused::Ended) => return,
            Err(reason) => {
                held_back = Some((reason, 1));
                continue;
            }
        }
        match (framed.wants_ack, sent_time) {
            (true, Some(sent_time)) => queue_ack(peer, context, framed, sent_time, &mut quota),
            // Without a time there is nothing to acknowledge with: no ENet sends such a datagram.
            (true, None) => return on_malformed(peer, context),
            (false, _) => {}
        }
    }
    if !commands.is_empty() {
        on_malformed(peer, context);
    }
    if let Some((Refused::OverLimit(limit), packets)) = held_back {
        on_over_limit(peer, context, limit, packets);
    }
}

fn count_refused(held_back: &mut Option<(Refused, usize)>) {
    if let Some((_, packets)) = held_back {
        *packets += 1;
    }
}

#[cold]
fn on_malformed(peer: &mut Peer, context: &mut Context) {
    peer.count_drop(context, |drops| drops.malformed += 1);
}

/// Counts packets of a datagram that exceeded a limit.
#[cold]
fn on_over_limit(peer: &mut Peer, context: &mut Context, limit: Option<Limit>, packets: usize) {
    peer.count_drop(context, |drops| drops.over_limit += packets as u64);
    if limit.is_none() {
        context.shortage.note();
    }
    let limit = limit.unwrap_or(Limit::Flood);
    // A server may send to a client as much as it likes.
    if peer.is_incoming() && (peer.intake).is_flood(context.now, &context.config.limits, packets) {
        lifecycle::drop_over_limit(peer, context, limit);
    }
}

/// The acknowledgements that a datagram may cause.
///
/// A plain datagram has four bytes at least for each acknowledgement of eight. A compressed one can have hundreds of
/// commands in a few bytes: it gets no more acknowledgements than a datagram of any ENet has commands, and pings, of which an
/// ENet sends one at a time, no more than a plain datagram of its size would. The sender repeats the others.
struct AckQuota {
    all: u32,
    controls: u32,
    /// The channel and number that were acknowledged last.
    last: Option<(u8, u16)>,
}

impl AckQuota {
    fn new(packed_size: Option<usize>) -> Self {
        const FEW: usize = 4;
        match packed_size {
            None => Self {
                all: u32::MAX,
                controls: u32::MAX,
                last: None,
            },
            Some(size) => Self {
                all: MAX_COMMANDS,
                controls: (size / Command::Ping.size()).max(FEW) as u32,
                last: None,
            },
        }
    }

    /// Counts the acknowledgement of a command; false if there must be none.
    fn admits(&mut self, framed: &Framed) -> bool {
        let command = (framed.channel, framed.sequence);
        let is_control = framed.command.payload_length().is_none();
        let left = match is_control {
            true => self.controls.min(self.all),
            false => self.all,
        };
        if left == 0 || self.last == Some(command) {
            return false;
        }
        self.last = Some(command);
        self.all -= 1;
        self.controls -= u32::from(is_control);
        true
    }
}

fn queue_ack(
    peer: &mut Peer,
    context: &mut Context,
    framed: &Framed,
    sent_time: u16,
    quota: &mut AckQuota,
) {
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
    if !quota.admits(framed) {
        return peer.count_drop(context, |drops| drops.over_limit += 1);
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
        Command::Connect { .. } => return Err(Refused::Malformed),
        Command::VerifyConnect(terms) => {
            return lifecycle::on_verify_connect(peer, context, framed.sequence, &terms);
        }
        Command::Disconnect { data } => {
            // Besides the session and the checksum, the number is the only protection from a forged
            // DISCONNECT that the protocol permits. A single host cannot refuse a broadcast.
            let last = *last.get_or_insert(peer.controls.last_received());
            let is_next = ControlQueue::is_next(framed.sequence, last);
            if framed.channel != CONTROL_CHANNEL || !is_next || peer.is_broadcasting() {
                return Err(Refused::Malformed);
            }
            lifecycle::on_disconnect(peer, context, data, can_be_acknowledged);
            return Ok(());
        }
        _ if peer.is_half_open() => lifecycle::on_early_command(peer, context)?,
        _ if !peer.is_up() => return Err(Refused::Ended),
        _ => {}
    }
    if framed.channel == CONTROL_CHANNEL {
        let last = *last.get_or_insert(peer.controls.last_received());
        if !peer.controls.on_received(framed.sequence, last) {
            return Err(Refused::Malformed);
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
            let bytes = payload(rest, length).ok_or(Refused::Malformed)?;
            on_data(peer, context, framed, bytes)
        }
        _ => Ok(()),
    }
}
