//! Acknowledgements of what we sent.

use super::commands::Refused;
use crate::host::Context;
use crate::lifecycle;
use crate::peer::Peer;
use crate::send::Payload;
use crate::wire::{CONTROL_CHANNEL, Command};
use crate::{Cause, PeerState};

/// Carries out an acknowledgement.
pub fn on_acknowledge(
    peer: &mut Peer,
    context: &mut Context,
    channel: u8,
    sequence: u16,
    sent_time: u16,
) -> Result<(), Refused> {
    // Only VERIFY_CONNECT answers a CONNECT. An acknowledgement would end its retransmission for ever.
    if peer.state() == PeerState::Connecting {
        return Err(Refused::Malformed);
    }
    let now = context.now;
    let Some(round_trip) = round_trip(now, sent_time) else {
        return Ok(());
    };
    peer.on_round_trip(now, round_trip, context.jitter_tolerance);
    let command = acknowledge(peer, context, channel, sequence);
    match peer.state() {
        PeerState::AcknowledgingConnect => {
            if !matches!(command, Some(Command::VerifyConnect(_))) {
                lifecycle::on_wrong_guess(peer, context);
                return Err(Refused::Malformed);
            }
            lifecycle::admit(peer, context);
        }
        PeerState::Disconnecting => {
            if !matches!(command, Some(Command::Disconnect { .. })) {
                return Err(Refused::Malformed);
            }
            peer.end(context, Some((0, Cause::Local)));
        }
        // At once: if the rest of the datagram were acknowledged, a C host that is leaving too would
        // forget us.
        PeerState::DisconnectLater if !peer.has_outgoing() => {
            let data = peer.handshake.disconnect_data();
            lifecycle::disconnect(peer, context, data);
        }
        _ => {}
    }
    // The window may have opened.
    if peer.queue.has_pending() {
        peer.mark_dirty(context);
    }
    Ok(())
}

/// Milliseconds since a sending time, of which the wire has 16 bits; the rest is that of now, or of
/// just before. `None` if it would lie before the first millisecond.
fn round_trip(now: u64, sent_time: u16) -> Option<u32> {
    let mut sent_at = (now & !0xFFFF) | u64::from(sent_time);
    if u64::from(sent_time) & 0x8000 > now & 0x8000 {
        sent_at = sent_at.wrapping_sub(0x1_0000);
    }
    let round_trip = now.checked_sub(sent_at)?;
    Some(round_trip.min(u64::from(u32::MAX)) as u32)
}

/// Removes an acknowledged command from its queue. Returns the command if it belongs to no channel.
pub fn acknowledge(
    peer: &mut Peer,
    context: &mut Context,
    channel: u8,
    sequence: u16,
) -> Option<Command> {
    if channel == CONTROL_CHANNEL {
        let command = peer.controls.acknowledge(sequence)?;
        // Nothing but pings: the peer is idle.
        peer.on_acknowledged(0, true);
        return Some(command);
    }
    let channel = peer.channels.used_mut(channel)?;
    let (payload, transmission) = channel.sending.acknowledge(sequence)?;
    if let Payload::Shared(packet, _) = payload {
        context.output.shared.put_back(packet);
    }
    peer.queue.on_freed(transmission.length());
    if !transmission.is_in_flight() {
        peer.queue.on_outdated();
    }
    peer.on_acknowledged(transmission.bytes_in_flight(), false);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_trip_spans_the_wrap_of_the_wire_time() {
        assert_eq!(round_trip(0x5_0010, 0x0001), Some(15));
        assert_eq!(round_trip(0x5_0010, 0xFFF0), Some(0x20));
        assert_eq!(round_trip(0x10, 0xFFF0), None);
        assert_eq!(round_trip(0x5_0010, 0x0020), None, "from the future");
    }
}
