//! What leaves: queueing packets and commands, and when they may go.
//!
//! Most commands go into the peer's draft (`output.rs`) as they are queued. A reliable packet may
//! have to wait: while as many bytes are in flight as the window allows, or while its number is half
//! way round from the oldest one not acknowledged. It then holds up the reliable packets behind it,
//! and nothing else. Until its acknowledgement comes its bytes are kept, on its channel's ring.
//!
//! An unreliable packet may fall to the throttle, with all its fragments: a counter goes round in
//! steps of 7 modulo 32, and a packet is dropped when the counter stands above the throttle.
//!
//! Acknowledgements wait for the next datagram and stand in front of it; the flush sends those that
//! found none. (C sends them mostly on their own.) In front, because C reads no further where it takes
//! no data: before a handshake's last acknowledgement, and in fragments while it is leaving.

use std::sync::Arc;

use super::Enet;
use super::channel::{FREE_WINDOWS, WINDOW_SIZE, WINDOWS};
use super::output::Output;
use super::peer::Peer;
use super::reassembly::MAX_FRAGMENTS;
use super::ring::Ring;
use super::sent::{Control, Kept, Key, Sent};
use super::wire::{CONTROL_CHANNEL, Command, Fragment, Framed, HEADER_SIZE};
use crate::engine::{PacketFlags, PeerId, PeerState, QueueError, THROTTLE_SCALE};

/// What a fragment adds to its bytes: the datagram's header and its own.
const FRAGMENT_OVERHEAD: usize = HEADER_SIZE + 24;
/// Added to the throttle's counter, modulo its scale, by each unreliable packet.
const THROTTLE_STEP: u32 = 7;

/// The bytes of a packet for one peer, or for several of whom the first reliable one copied them.
pub struct Content<'a> {
    pub bytes: &'a [u8],
    pub shared: Option<Arc<Vec<u8>>>,
}

/// Larger packets are held once for all their fragments and recipients.
const LARGEST_LOGGED: usize = 512;

impl Content<'_> {
    /// Where the part of the packet that begins here will be kept.
    fn kept(&mut self, output: &mut Output, start: usize) -> Kept {
        if self.bytes.len() <= LARGEST_LOGGED {
            return Kept::Logged;
        }
        let data = self.shared.get_or_insert_with(|| output.share(self.bytes));
        Kept::Shared(Arc::clone(data), start as u32)
    }
}

impl Enet {
    /// Queues a packet, in fragments if it is larger than a datagram.
    pub(super) fn queue_packet(
        &mut self,
        now: u64,
        id: PeerId,
        channel: u8,
        flags: PacketFlags,
        content: &mut Content<'_>,
    ) -> Result<(), QueueError> {
        let mut peer = self.take(id).ok_or(QueueError::NotConnected)?;
        let queued = match peer.state {
            PeerState::Connected => self.split_and_queue(&mut peer, channel, flags, content, now),
            _ => Err(QueueError::NotConnected),
        };
        self.put_back(peer);
        queued
    }

    fn split_and_queue(
        &mut self,
        peer: &mut Peer,
        channel: u8,
        flags: PacketFlags,
        content: &mut Content<'_>,
        now: u64,
    ) -> Result<(), QueueError> {
        let length = content.bytes.len();
        let largest = peer.mtu as usize - FRAGMENT_OVERHEAD - self.output.checksum_size();
        if length.div_ceil(largest) > MAX_FRAGMENTS as usize {
            return Err(QueueError::TooLarge);
        }
        if usize::from(channel) >= peer.channel_count {
            return Err(QueueError::NoSuchChannel);
        }
        self.mark_dirty(peer);
        // What waited longer, and may go by now, goes first.
        self.send_pending(peer, now);
        // These have no place in their channel, which so stays untouched.
        if length <= largest && flags.unsequenced && !flags.reliable {
            peer.out_unsequenced_group = peer.out_unsequenced_group.wrapping_add(1);
            let command = Command::Unsequenced {
                group: peer.out_unsequenced_group,
                length: length as u16,
            };
            count_queued(peer, command.size() + length);
            if passes_throttle(peer) {
                self.write_data(peer, channel, 0, command, content.bytes, now);
            }
            return Ok(());
        }
        let state = peer.channel(channel).ok_or(QueueError::NoSuchChannel)?;
        // A receiver tells late unreliable packets by 16 bits, counted from the last reliable one, and
        // drops them: after a wrap it would drop everything. So the 65,536th in a row on a channel
        // goes reliably, as in C, and the count begins anew.
        let has_numbers = state.out_unreliable < u16::MAX;
        if length > largest {
            if flags.reliable || !flags.unreliable_fragment || !has_numbers {
                self.queue_fragments(peer, channel, content, largest, now);
            } else {
                self.send_unreliable_fragments(peer, channel, content.bytes, largest, now);
            }
        } else if flags.reliable || !has_numbers {
            let kept = content.kept(&mut self.output, 0);
            self.queue_reliable(peer, channel, (content.bytes, kept), None, now);
        } else {
            state.out_unreliable += 1;
            let command = Command::Unreliable {
                sequence: state.out_unreliable,
                length: length as u16,
            };
            let after = state.out_reliable as u16;
            count_queued(peer, command.size() + length);
            if passes_throttle(peer) {
                self.write_data(peer, channel, after, command, content.bytes, now);
            }
        }
        Ok(())
    }

    fn queue_fragments(
        &mut self,
        peer: &mut Peer,
        channel: u8,
        content: &mut Content<'_>,
        part: usize,
        now: u64,
    ) {
        let Some(state) = peer.channel(channel) else {
            return;
        };
        let start = (state.out_reliable + 1) as u16;
        for fragment in fragments(start, content.bytes.len(), part) {
            let offset = fragment.offset as usize;
            let length = part.min(content.bytes.len() - offset);
            let kept = content.kept(&mut self.output, offset);
            let bytes = &content.bytes[offset..offset + length];
            self.queue_reliable(peer, channel, (bytes, kept), Some(fragment), now);
        }
    }

    fn send_unreliable_fragments(
        &mut self,
        peer: &mut Peer,
        channel: u8,
        bytes: &[u8],
        part: usize,
        now: u64,
    ) {
        let Some(state) = peer.channel(channel) else {
            return;
        };
        state.out_unreliable += 1;
        let (start, after) = (state.out_unreliable, state.out_reliable as u16);
        let mut passes = true;
        for fragment in fragments(start, bytes.len(), part) {
            let offset = fragment.offset as usize;
            let bytes = &bytes[offset..bytes.len().min(offset + part)];
            let length = bytes.len() as u16;
            let command = Command::UnreliableFragment { fragment, length };
            count_queued(peer, command.size() + bytes.len());
            if offset == 0 {
                passes = passes_throttle(peer);
            }
            if passes {
                self.write_data(peer, channel, after, command, bytes, now);
            }
        }
    }

    fn write_data(
        &mut self,
        peer: &mut Peer,
        channel: u8,
        after: u16,
        command: Command,
        bytes: &[u8],
        now: u64,
    ) {
        let framed = Framed {
            channel,
            sequence: after,
            wants_ack: false,
            unsequenced: matches!(command, Command::Unsequenced { .. }),
            command,
        };
        self.output.write(peer, &framed, bytes, now);
    }

    /// Numbers a reliable packet or fragment, keeps it, and sends it if it may go.
    fn queue_reliable(
        &mut self,
        peer: &mut Peer,
        channel: u8,
        (bytes, kept): (&[u8], Kept),
        fragment: Option<Fragment>,
        now: u64,
    ) {
        // Less than a datagram.
        let length = bytes.len() as u16;
        let command = reliable_command(fragment, length);
        count_queued(peer, command.size() + usize::from(length));
        let timing = peer.next_timing();
        let Some(state) = peer.channel(channel) else {
            return;
        };
        state.out_reliable += 1;
        state.out_unreliable = 0;
        let number = state.out_reliable;
        let log_start = state.log.end();
        if let Kept::Logged = kept {
            state.log.push(bytes);
        }
        state.sent.push(Sent {
            kept,
            length,
            log_start,
            fragment,
            timing,
        });
        peer.outstanding += 1;
        let key = Key { channel, number };
        if !peer.pending.is_empty() || !may_go(peer, key) {
            peer.pending.push_back(key);
        } else {
            transmit(&mut self.output, peer, key, Some(bytes), now);
        }
    }

    /// Queues a command that belongs to no channel.
    pub(super) fn queue_control(
        &mut self,
        peer: &mut Peer,
        command: Command,
        wants_ack: bool,
        now: u64,
    ) {
        self.send_pending(peer, now);
        peer.out_control = peer.out_control.wrapping_add(1);
        let sequence = peer.out_control;
        count_queued(peer, command.size());
        self.mark_dirty(peer);
        if wants_ack {
            let timing = peer.next_timing();
            peer.controls.push_back(Control {
                sequence,
                command,
                timing,
            });
            peer.outstanding += 1;
            let key = Key {
                channel: CONTROL_CHANNEL,
                number: sequence.into(),
            };
            transmit(&mut self.output, peer, key, None, now);
        } else {
            let framed = Framed {
                channel: CONTROL_CHANNEL,
                sequence,
                wants_ack,
                unsequenced: true,
                command,
            };
            self.output.write(peer, &framed, &[], now);
        }
    }

    /// Sends what waits and may go now, and the acknowledgements.
    pub(super) fn flush_peer(&mut self, peer: &mut Peer, now: u64) {
        peer.is_dirty = false;
        self.send_pending(peer, now);
        let last_goodbye = peer.acks.iter().any(|ack| ack.is_disconnect);
        self.output.write_acks(peer, now);
        self.output.finish(peer, now);
        if last_goodbye {
            let data = peer.event_data;
            self.end(peer, Some(data));
        } else if peer.state == PeerState::DisconnectLater && !peer.has_outgoing() {
            let data = peer.event_data;
            self.disconnect_peer(peer, data, now);
            self.output.finish(peer, now);
        }
    }

    /// Sends the reliable packets that waited, as far as the window allows.
    pub(super) fn send_pending(&mut self, peer: &mut Peer, now: u64) {
        while self.send_first_pending(peer, now) {}
    }

    /// Sends those of them that were queued before a command.
    pub(super) fn send_pending_before(&mut self, peer: &mut Peer, key: Key, now: u64) {
        let Some(turn) = peer.timing(key).map(|timing| timing.turn) else {
            return;
        };
        while let Some(&first) = peer.pending.front() {
            let timing = peer.timing(first);
            let is_older = timing.is_none_or(|timing| (timing.turn.wrapping_sub(turn) as i32) < 0);
            if !is_older || !self.send_first_pending(peer, now) {
                return;
            }
        }
    }

    /// Sends the first of them; false if it may not go.
    pub(super) fn send_first_pending(&mut self, peer: &mut Peer, now: u64) -> bool {
        let Some(&key) = peer.pending.front() else {
            return false;
        };
        // Acknowledged while it waited to be sent again.
        let waits = peer.timing(key).is_some_and(|timing| !timing.in_flight);
        if waits && !may_go(peer, key) {
            return false;
        }
        peer.pending.pop_front();
        if waits {
            transmit(&mut self.output, peer, key, None, now);
        }
        true
    }
}

/// Sends a kept command, once more or for the first time; with its bytes if they are at hand.
pub fn transmit(output: &mut Output, peer: &mut Peer, key: Key, bytes: Option<&[u8]>, now: u64) {
    let is_first = peer.oldest_in_flight().is_none();
    let usual_patience = peer.round_trip + 4 * peer.round_trip_variance;
    let Some(timing) = peer.timing(key) else {
        return;
    };
    timing.attempts += 1;
    if timing.patience == 0 {
        timing.patience = usual_patience;
    }
    timing.sent_at = now;
    timing.in_flight = true;
    let patience = timing.patience;
    if is_first {
        peer.next_timeout = now + u64::from(patience);
    }
    peer.in_flight.push_back((key, now));
    let mut framed = Framed {
        channel: key.channel,
        sequence: key.number as u16,
        wants_ack: true,
        unsequenced: false,
        command: Command::Ping,
    };
    if key.channel == CONTROL_CHANNEL {
        let mut controls = peer.controls.iter();
        if let Some(control) = controls.find(|control| control.sequence == framed.sequence) {
            framed.command = control.command;
            output.write(peer, &framed, &[], now);
        }
        return;
    }
    let Some(channel) = peer.used_channel(key.channel) else {
        return;
    };
    let Some(sent) = channel.sent.get_mut(key.number) else {
        return;
    };
    let length = usize::from(sent.length);
    framed.command = reliable_command(sent.fragment, sent.length);
    let log_start = sent.log_start;
    // The peer has to be free for the writing: what is not at hand is held or copied for it.
    let kept = bytes.is_none().then(|| sent.kept.clone());
    let mut copy = Vec::new();
    let bytes = match (bytes, &kept) {
        (Some(bytes), _) => bytes,
        (None, Some(Kept::Shared(data, start))) => {
            let start = *start as usize;
            &data[start..start + length]
        }
        (None, _) => {
            copy = output.datagrams.filled(channel.log.get(log_start, length));
            &copy
        }
    };
    peer.in_flight_bytes += length as u32;
    output.write(peer, &framed, bytes, now);
    output.datagrams.put_back(copy);
}

fn reliable_command(fragment: Option<Fragment>, length: u16) -> Command {
    match fragment {
        Some(fragment) => Command::Fragment { fragment, length },
        None => Command::Reliable { length },
    }
}

/// Whether a waiting reliable packet may be sent now.
fn may_go(peer: &mut Peer, key: Key) -> bool {
    let window = peer.throttle * peer.window / THROTTLE_SCALE;
    let window = window.max(peer.mtu);
    let in_flight = peer.in_flight_bytes;
    let Some(channel) = peer.used_channel(key.channel) else {
        return true;
    };
    if wraps(&channel.sent, key.number) {
        return false;
    }
    let sent = channel.sent.get_mut(key.number);
    sent.is_none_or(|sent| in_flight + u32::from(sent.length) <= window)
}

/// Whether a number would enter a new window while one of those the receiver may take for the future
/// is still in use.
fn wraps(sent: &Ring<Sent>, number: u64) -> bool {
    let window = |number: u64| number / u64::from(WINDOW_SIZE);
    let behind = window(number) - window(sent.base());
    behind >= u64::from(WINDOWS - FREE_WINDOWS - 1)
}

/// The fragments of a packet of `total` bytes, each but the last with `part` of them.
fn fragments(start: u16, total: usize, part: usize) -> impl Iterator<Item = Fragment> {
    let count = total.div_ceil(part) as u32;
    (0..count).map(move |number| Fragment {
        start,
        count,
        number,
        total: total as u32,
        offset: number * part as u32,
    })
}

/// Counts what is queued for the peer: the bandwidth is shared by that.
pub fn count_queued(peer: &mut Peer, size: usize) {
    peer.outgoing_data_total = peer.outgoing_data_total.wrapping_add(size as u32);
}

fn passes_throttle(peer: &mut Peer) -> bool {
    peer.throttle_counter = (peer.throttle_counter + THROTTLE_STEP) % THROTTLE_SCALE;
    peer.throttle_counter <= peer.throttle
}
