//! Reliable packets: when they may be sent, and sending them.

use super::channel::{Payload, reliable_command};
use super::queue::Key;
use crate::host::Context;
use crate::peer::{Peer, Transmission};
use crate::wire::{Fragment, Framed};

/// Numbers a reliable packet or fragment, keeps it, and sends it if it may go.
pub fn queue_reliable(
    peer: &mut Peer,
    context: &mut Context,
    channel: u8,
    (bytes, payload): (&[u8], Payload),
    fragment: Option<Fragment>,
) {
    // Less than a datagram.
    let length = bytes.len() as u16;
    let command = reliable_command(fragment, length);
    peer.bandwidth.add_queued(command.size() + bytes.len());
    let transmission = Transmission::new(peer.queue.next_turn(), length);
    let Some(state) = peer.channels.get_or_create(channel) else {
        return;
    };
    let number = (state.sending).push_reliable(bytes, payload, fragment, transmission);
    peer.queue.on_queued();
    peer.queue.on_kept(length);
    let key = Key { channel, number };
    if peer.queue.has_pending() || !may_go(peer, key) {
        peer.queue.push_pending(key);
    } else {
        transmit_packet(peer, context, key);
    }
}

/// Sends the reliable packets that waited, as far as the window allows.
pub fn send_pending(peer: &mut Peer, context: &mut Context) {
    while send_first_pending(peer, context) {}
}

/// Sends the waiting packets that were queued before a command.
pub fn send_pending_before(peer: &mut Peer, context: &mut Context, key: Key) {
    let Some(turn) = peer.transmission(key).map(|command| command.turn()) else {
        return;
    };
    while let Some(first) = peer.queue.first_pending() {
        let is_older = (peer.transmission(first)).is_none_or(|packet| packet.is_before(turn));
        if !is_older || !send_first_pending(peer, context) {
            return;
        }
    }
}

/// Sends the first waiting packet; false if there is none or it may not go.
pub fn send_first_pending(peer: &mut Peer, context: &mut Context) -> bool {
    let Some(key) = peer.queue.first_pending() else {
        return false;
    };
    // A packet may be acknowledged while it waits for its retransmission.
    let waits = (peer.transmission(key)).is_some_and(|packet| !packet.is_in_flight());
    if waits && !may_go(peer, key) {
        return false;
    }
    if waits {
        peer.queue.pop_pending();
        transmit_packet(peer, context, key);
    } else {
        peer.queue.pop_outdated();
    }
    true
}

/// Sends a kept packet or fragment, for the first time or once more.
fn transmit_packet(peer: &mut Peer, context: &mut Context, key: Key) {
    if !peer.on_transmit(key, context.now) {
        return;
    }
    let channel = peer.channels.used(key.channel);
    let kept = channel.and_then(|channel| channel.sending.command(key.number));
    if let Some((command, payload)) = kept {
        let framed = Framed {
            channel: key.channel,
            sequence: key.number as u16,
            wants_ack: true,
            unsequenced: false,
            command,
        };
        (peer.packer).write(&mut context.output, context.now, &framed, payload);
    }
}

/// Whether a waiting reliable packet may be sent now.
fn may_go(peer: &Peer, key: Key) -> bool {
    let Some(channel) = peer.channels.used(key.channel) else {
        return true;
    };
    if channel.sending.would_wrap(key.number) {
        return false;
    }
    let length = channel.sending.length(key.number);
    length.is_none_or(|length| peer.bytes_in_flight() + length <= peer.send_window())
}
