//! Commands that carry packets.

use super::budget::Room;
use super::channel::UnreliableNumber;
use super::commands::Refused;
use super::delivery::Delivery;
use super::reassembly::is_sound;
use crate::host::Context;
use crate::peer::Peer;
use crate::wire::{Command, Framed};
use crate::{Event, Limit, PacketFlags, PeerState};

/// Takes in the payload of a command.
pub fn on_data(
    peer: &mut Peer,
    context: &mut Context,
    framed: &Framed,
    bytes: &[u8],
) -> Result<(), Refused> {
    let largest = context.config.max_packet_size;
    if !peer.channels.contains(framed.channel) || bytes.len() > largest {
        return Err(Refused::Malformed);
    }
    // A connection that is being ended takes nothing more in.
    if peer.state() == PeerState::DisconnectLater {
        return Ok(());
    }
    check_limits(peer, context, &framed.command, bytes.len())?;
    // Unsequenced packets have no place in their channel, which stays untouched.
    if let Command::Unsequenced { group, .. } = framed.command {
        if peer.unsequenced.receive(group) {
            context.events.push(Event::Received {
                peer: peer.id(),
                channel: framed.channel,
                flags: PacketFlags {
                    unsequenced: true,
                    ..PacketFlags::default()
                },
                data: context.buffers.filled(bytes),
            });
        }
        return Ok(());
    }
    let mut to = Delivery {
        now: context.now,
        peer: peer.id(),
        channel: framed.channel,
        events: &mut context.events,
        buffers: &mut context.buffers,
        budget: &mut peer.budget,
        room: Room {
            limit: context.config.limits.waiting_bytes,
            limit_in_all: context.config.limits.waiting_bytes_in_all,
            used_in_all: context.waiting,
            peers: context.census.connected(),
        },
        intake: &mut peer.intake,
        malformed: &mut context.drops.malformed,
    };
    let channel = peer.channels.get_or_create(framed.channel);
    let receiving = &mut channel.ok_or(Refused::Malformed)?.receiving;
    match framed.command {
        Command::Reliable { .. } => receiving.on_reliable(framed.sequence, bytes, &mut to),
        Command::Unreliable { sequence, .. } => {
            let reliable = framed.sequence;
            receiving.on_unreliable(UnreliableNumber { reliable, sequence }, bytes, &mut to)
        }
        Command::Fragment { fragment, .. } if is_sound(&fragment, bytes.len(), largest) => {
            receiving.on_fragment(&fragment, bytes, &mut to)
        }
        Command::UnreliableFragment { fragment, .. }
            if is_sound(&fragment, bytes.len(), largest) =>
        {
            receiving.on_unreliable_fragment(framed.sequence, &fragment, bytes, &mut to)
        }
        _ => Err(Refused::Malformed),
    }
}

/// Refuses a packet that is more than the application reads, or than the connection may bring.
#[inline]
fn check_limits(
    peer: &mut Peer,
    context: &mut Context,
    command: &Command,
    size: usize,
) -> Result<(), Refused> {
    if context.receiving_is_paused {
        return Err(Refused::Paused);
    }
    let limits = &context.config.limits;
    let peers = context.census.connected();
    if context.events.is_full_for(peer.id(), limits, peers) {
        return Err(Refused::OverLimit(Some(Limit::Unread)));
    }
    if !peer.is_incoming() {
        return Ok(());
    }
    // A packet counts once, with its first fragment; one that begins with another fragment counts with that one, too.
    let is_packet = match command {
        Command::Fragment { fragment, .. } | Command::UnreliableFragment { fragment, .. } => {
            fragment.number == 0
        }
        _ => true,
    };
    let bytes = command.size() + size;
    let is_admitted = peer.intake.admits(context.now, limits, is_packet, bytes)
        || settle_batch(peer, context)
            && (peer.intake).admits(context.now, &context.config.limits, is_packet, bytes);
    match is_admitted {
        true => Ok(()),
        false => Err(Refused::OverLimit(Some(Limit::Flood))),
    }
}

/// Counts a batch of packets for the peer's subscriber. False if none is due, or the subscriber's connections brought too
/// many.
#[cold]
fn settle_batch(peer: &mut Peer, context: &mut Context) -> bool {
    let Context {
        now,
        config,
        places,
        ..
    } = context;
    let Some((packets, is_modest)) = peer.intake.batch(*now, &config.limits) else {
        return false;
    };
    let from = peer.begun_from();
    let from = from.filter(|&from| !config.limits.exempts(from));
    if let Some(shared) = from.and_then(|from| places.intake_of(from))
        && !shared.admits(*now, &config.limits, packets, is_modest)
    {
        return false;
    }
    peer.intake.begin_batch(*now, &config.limits);
    true
}
