//! Queueing packets, in fragments if they are larger than a datagram.

use std::sync::Arc;

use super::channel::Payload;
use super::output::Output;
use super::reliable::{queue_reliable, send_pending};
use crate::host::Context;
use crate::peer::Peer;
use crate::wire::{Command, Fragment, Framed, HEADER_SIZE, MAX_FRAGMENTS};
use crate::{PacketFlags, PeerState, QueueError};

/// Bytes that a fragment adds to its payload: the datagram's header and its own.
const FRAGMENT_OVERHEAD: usize = HEADER_SIZE + 24;
/// Larger packets are kept once for all their fragments and recipients.
const MAX_BUFFERED: usize = 512;

/// The bytes of a packet for one peer or several. The first reliable recipient copies them.
pub struct Content<'a> {
    bytes: &'a [u8],
    shared: Option<Arc<Vec<u8>>>,
}

impl<'a> Content<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            shared: None,
        }
    }

    /// Bytes of the packet.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The part of the packet with `fragment`'s offset and at most `largest` bytes.
    fn part(&self, fragment: &Fragment, largest: usize) -> &'a [u8] {
        let start = fragment.offset as usize;
        &self.bytes[start..self.bytes.len().min(start + largest)]
    }

    /// How the part of the packet that begins at an offset will be kept.
    fn payload(&mut self, output: &mut Output, offset: u32) -> Payload {
        if self.bytes.len() <= MAX_BUFFERED {
            return Payload::Buffered;
        }
        let shared = (self.shared).get_or_insert_with(|| output.shared.filled(self.bytes));
        Payload::Shared(Arc::clone(shared), offset)
    }
}

/// Queues a packet for a connected peer.
pub fn queue_packet(
    peer: &mut Peer,
    context: &mut Context,
    channel: u8,
    flags: PacketFlags,
    content: &mut Content<'_>,
) -> Result<(), QueueError> {
    if peer.state() != PeerState::Connected {
        return Err(QueueError::NotConnected);
    }
    let length = content.bytes.len();
    let largest = peer.packer.mtu() as usize - FRAGMENT_OVERHEAD - context.output.checksum_size();
    if length.div_ceil(largest) > MAX_FRAGMENTS as usize {
        return Err(QueueError::TooLarge);
    }
    if !peer.channels.contains(channel) {
        return Err(QueueError::NoSuchChannel);
    }
    let commands = length.div_ceil(largest).max(1);
    let limit = context.config.limits.unsent_bytes;
    if !peer.queue.has_room(commands, length, limit) {
        peer.count_drop(context, |drops| drops.over_limit += 1);
        return Err(QueueError::Full);
    }
    peer.mark_dirty(context);
    // Packets that waited longer, and may be sent by now, go first.
    send_pending(peer, context);
    // Unsequenced packets have no place in their channel, which stays untouched.
    if length <= largest && flags.unsequenced && !flags.reliable {
        let command = Command::Unsequenced {
            group: peer.unsequenced.next(),
            length: length as u16,
        };
        send_unreliable(peer, context, channel, 0, command, content.bytes);
        return Ok(());
    }
    let state = (peer.channels.get_or_create(channel)).ok_or(QueueError::NoSuchChannel)?;
    let sending = &mut state.sending;
    let is_reliable = flags.reliable || !sending.has_unreliable_numbers();
    if length > largest {
        if is_reliable || !flags.unreliable_fragment {
            queue_fragments(peer, context, channel, content, largest);
        } else {
            send_unreliable_fragments(peer, context, channel, content, largest);
        }
        return Ok(());
    }
    let unreliable = match is_reliable {
        true => None,
        false => sending.next_unreliable(),
    };
    if let Some(sequence) = unreliable {
        let after = sending.last_reliable();
        let command = Command::Unreliable {
            sequence,
            length: length as u16,
        };
        send_unreliable(peer, context, channel, after, command, content.bytes);
    } else {
        let payload = content.payload(&mut context.output, 0);
        queue_reliable(peer, context, channel, (content.bytes, payload), None);
    }
    Ok(())
}

fn queue_fragments(
    peer: &mut Peer,
    context: &mut Context,
    channel: u8,
    content: &mut Content<'_>,
    largest: usize,
) {
    let Some(state) = peer.channels.get_or_create(channel) else {
        return;
    };
    let start = state.sending.last_reliable().wrapping_add(1);
    for fragment in fragments(start, content.bytes.len(), largest) {
        let payload = content.payload(&mut context.output, fragment.offset);
        let bytes = content.part(&fragment, largest);
        queue_reliable(peer, context, channel, (bytes, payload), Some(fragment));
    }
}

/// Sends the fragments of an unreliable packet, of which the throttle drops all or none.
fn send_unreliable_fragments(
    peer: &mut Peer,
    context: &mut Context,
    channel: u8,
    content: &Content<'_>,
    largest: usize,
) {
    let Some(state) = peer.channels.get_or_create(channel) else {
        return;
    };
    let Some(start) = state.sending.next_unreliable() else {
        return;
    };
    let after = state.sending.last_reliable();
    let is_admitted = is_admitted(peer);
    for fragment in fragments(start, content.bytes.len(), largest) {
        let bytes = content.part(&fragment, largest);
        let length = bytes.len() as u16;
        let command = Command::UnreliableFragment { fragment, length };
        peer.bandwidth.add_queued(command.size() + bytes.len());
        if is_admitted {
            write_data(peer, context, channel, after, command, bytes);
        }
    }
}

/// Sends an unreliable packet unless the throttle drops it.
fn send_unreliable(
    peer: &mut Peer,
    context: &mut Context,
    channel: u8,
    after: u16,
    command: Command,
    bytes: &[u8],
) {
    peer.bandwidth.add_queued(command.size() + bytes.len());
    if is_admitted(peer) {
        write_data(peer, context, channel, after, command, bytes);
    }
}

/// Whether the throttle lets the next unreliable packet through.
fn is_admitted(peer: &mut Peer) -> bool {
    let is_admitted = peer.throttle.admits_next();
    if !is_admitted {
        peer.packer.on_throttled();
    }
    is_admitted
}

/// Writes an unreliable command that comes after a reliable one.
fn write_data(
    peer: &mut Peer,
    context: &mut Context,
    channel: u8,
    after: u16,
    command: Command,
    bytes: &[u8],
) {
    let framed = Framed {
        channel,
        sequence: after,
        wants_ack: false,
        unsequenced: matches!(command, Command::Unsequenced { .. }),
        command,
    };
    (peer.packer).write(&mut context.output, context.now, &framed, bytes);
}

/// The fragments of a packet of `total` bytes, each but the last with `largest` of them.
fn fragments(start: u16, total: usize, largest: usize) -> impl Iterator<Item = Fragment> {
    let count = total.div_ceil(largest) as u32;
    (0..count).map(move |number| Fragment {
        start,
        count,
        number,
        total: total as u32,
        offset: number * largest as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_cover_a_packet_without_overlap() {
        let content = Content::new(&[7; 2500]);
        let all: Vec<_> = fragments(9, 2500, 1000).collect();
        let lengths: Vec<_> = (all.iter())
            .map(|fragment| content.part(fragment, 1000).len())
            .collect();
        assert_eq!(lengths, [1000, 1000, 500]);
        assert!(
            all.iter()
                .all(|it| (it.start, it.count, it.total) == (9, 3, 2500))
        );
        let offsets: Vec<_> = all.iter().map(|it| it.offset).collect();
        assert_eq!(offsets, [0, 1000, 2000]);
    }

    #[test]
    fn a_large_packet_is_copied_once_for_all_recipients() {
        let mut output = Output::new(false);
        let mut content = Content::new(&[7; 513]);
        let first = content.payload(&mut output, 0);
        let second = content.payload(&mut output, 100);
        match (first, second) {
            (Payload::Shared(first, 0), Payload::Shared(second, 100)) => {
                assert!(Arc::ptr_eq(&first, &second));
            }
            kept => panic!("{kept:?}"),
        }
        let mut small = Content::new(&[7; 512]);
        assert!(matches!(small.payload(&mut output, 0), Payload::Buffered));
    }
}
