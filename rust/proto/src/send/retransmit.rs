//! Retransmission of what was not acknowledged in time.

use super::control::transmit_control;
use super::queue::Key;
use super::reliable::{send_first_pending, send_pending, send_pending_before};
use crate::host::Context;
use crate::peer::{GiveUp, Peer};
use crate::wire::CONTROL_CHANNEL;

/// Retransmits the commands whose RTO is over, or gives the connection up.
pub fn retransmit_if_due(peer: &mut Peer, context: &mut Context) {
    let now = context.now;
    if peer.retransmission_deadline().is_none_or(|due| now < due) {
        return;
    }
    peer.mark_dirty(context);
    let expired = match peer.take_expired(now) {
        Ok(expired) => expired,
        Err(GiveUp) => {
            let cause = peer.cause_of_silence(context);
            return peer.end(context, Some((0, cause)));
        }
    };
    let (controls, packets): (Vec<_>, Vec<_>) =
        (expired.into_iter()).partition(|key| key.channel == CONTROL_CHANNEL);
    peer.queue.requeue(&packets);
    for key in by_turn(peer, controls, packets) {
        // Control commands need not wait for the window, and hold nothing up.
        if key.channel == CONTROL_CHANNEL {
            send_pending_before(peer, context, key);
            transmit_control(peer, context, key.number as u16);
        } else if peer.queue.first_pending() == Some(key) {
            send_first_pending(peer, context);
        }
    }
    send_pending(peer, context);
}

/// Merges two lists so that of their first commands the one queued earlier comes next, as C does. The
/// retransmission timer follows the oldest command in flight, so the order is visible.
fn by_turn(peer: &mut Peer, controls: Vec<Key>, packets: Vec<Key>) -> Vec<Key> {
    let mut turn = |key| peer.transmission(key).map_or(0, |command| command.turn());
    let mut merged = Vec::with_capacity(controls.len() + packets.len());
    let mut controls = controls.into_iter().peekable();
    for packet in packets {
        let packet_turn = turn(packet);
        while let Some(&control) = controls.peek()
            && (packet_turn.wrapping_sub(turn(control)) as i32) > 0
        {
            merged.push(control);
            controls.next();
        }
        merged.push(packet);
    }
    merged.extend(controls);
    merged
}
