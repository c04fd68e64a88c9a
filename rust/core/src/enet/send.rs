//! What leaves: queueing commands, and packing them into datagrams.
//!
//! A datagram takes, in this order: acknowledgements, reliable commands sent again, and new commands
//! in the order they were queued. New reliable packets stop at the window (too many bytes in flight,
//! or sequence numbers half way round) and let others pass. An unreliable packet may fall to the
//! throttle, with all its fragments.

use std::rc::Rc;

use rusty_enet::Compressor;

use super::channel::{FREE_WINDOWS, WINDOW_SIZE, WINDOWS, window_of};
use super::peer::{Key, Outgoing, Payload, Peer, THROTTLE_SCALE};
use super::reassembly::MAX_FRAGMENTS;
use super::wire::{
    COMPRESSED, CONTROL_CHANNEL, Command, Fragment, Framed, HEADER_SIZE, MAX_COMMANDS, NO_SLOT,
    SENT_TIME, SESSION_SHIFT,
};
use super::{Datagram, Enet};
use crate::engine::{PacketFlags, PeerId, PeerState, QueueError};

/// What a fragment adds to its bytes: the datagram's header and its own.
const FRAGMENT_OVERHEAD: usize = HEADER_SIZE + 24;
/// Added to the throttle's counter, modulo its scale, by each unreliable packet.
const THROTTLE_STEP: u32 = 7;
const LOSS_INTERVAL: u64 = 10_000;
const LOSS_SCALE: u32 = 65536;

/// A datagram in the making.
struct Draft {
    bytes: Vec<u8>,
    commands: usize,
    is_timed: bool,
    mtu: usize,
}

impl Draft {
    fn has_room(&self, size: usize) -> bool {
        self.commands < MAX_COMMANDS && self.bytes.len() + size <= self.mtu
    }

    fn add(&mut self, command: &Outgoing) {
        let framed = Framed {
            channel: command.channel,
            sequence: command.sequence,
            wants_ack: command.wants_ack,
            unsequenced: command.unsequenced,
            command: command.command,
        };
        framed.write(&mut self.bytes);
        if let Some(payload) = &command.payload {
            let end = payload.start + payload.length;
            self.bytes
                .extend_from_slice(&payload.data[payload.start..end]);
        }
        self.commands += 1;
        self.is_timed |= command.wants_ack;
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
        data: &Rc<[u8]>,
    ) -> Result<(), QueueError> {
        let mut peer = self.take(id).ok_or(QueueError::NotConnected)?;
        let queued = self.split_and_queue(&mut peer, channel, flags, data);
        self.put_back(peer, now);
        queued
    }

    fn split_and_queue(
        &mut self,
        peer: &mut Peer,
        channel: u8,
        flags: PacketFlags,
        data: &Rc<[u8]>,
    ) -> Result<(), QueueError> {
        let state = peer
            .channels
            .get(usize::from(channel))
            .ok_or(QueueError::NoSuchChannel)?;
        // Unreliable numbers do not wrap: the 65536th packet in a row goes reliably.
        let has_numbers = state.out_unreliable < u16::MAX;
        let part = peer.mtu as usize - FRAGMENT_OVERHEAD;
        let payload = |start: usize, length: usize| Payload {
            data: Rc::clone(data),
            start,
            length,
        };
        // At most the mtu, so it fits.
        let length = data.len().min(part) as u16;
        if data.len() <= part {
            let command = if flags.unsequenced && !flags.reliable {
                peer.out_unsequenced_group = peer.out_unsequenced_group.wrapping_add(1);
                let group = peer.out_unsequenced_group;
                Command::Unsequenced { group, length }
            } else if flags.reliable || !has_numbers {
                Command::Reliable { length }
            } else {
                let sequence = state.out_unreliable + 1;
                Command::Unreliable { sequence, length }
            };
            self.queue_data(peer, channel, command, payload(0, data.len()), true);
            return Ok(());
        }
        let count = data.len().div_ceil(part) as u32;
        if count > MAX_FRAGMENTS {
            return Err(QueueError::TooLarge);
        }
        let is_reliable = flags.reliable || !flags.unreliable_fragment || !has_numbers;
        let start = match is_reliable {
            true => state.out_reliable.wrapping_add(1),
            false => state.out_unreliable + 1,
        };
        for number in 0..count {
            let offset = number as usize * part;
            let size = part.min(data.len() - offset);
            let fragment = Fragment {
                start,
                count,
                number,
                total: data.len() as u32,
                offset: offset as u32,
            };
            let length = size as u16;
            let command = match is_reliable {
                true => Command::Fragment { fragment, length },
                false => Command::UnreliableFragment { fragment, length },
            };
            self.queue_data(peer, channel, command, payload(offset, size), number == 0);
        }
        Ok(())
    }

    /// Gives a command with payload its numbers, and queues it.
    fn queue_data(
        &mut self,
        peer: &mut Peer,
        channel: u8,
        command: Command,
        payload: Payload,
        is_first: bool,
    ) {
        let state = &mut peer.channels[usize::from(channel)];
        let is_unsequenced = matches!(command, Command::Unsequenced { .. });
        let wants_ack = matches!(command, Command::Reliable { .. } | Command::Fragment { .. });
        if wants_ack {
            state.out_reliable = state.out_reliable.wrapping_add(1);
            state.out_unreliable = 0;
        } else if !is_unsequenced && is_first {
            state.out_unreliable += 1;
        }
        let (sequence, unreliable_sequence) = match is_unsequenced {
            true => (0, 0),
            false => (state.out_reliable, state.out_unreliable),
        };
        let size = command.size() + payload.length;
        peer.outgoing_data_total = peer.outgoing_data_total.wrapping_add(size as u32);
        let outgoing = Outgoing {
            channel,
            sequence,
            wants_ack,
            unsequenced: is_unsequenced,
            command,
            payload: Some(payload),
            unreliable_sequence,
            attempts: 0,
            in_flight: false,
            sent_at: 0,
            resend_after: 0,
            queued: self.next_queued(),
        };
        if wants_ack {
            peer.reliable.push_back(outgoing);
        } else {
            peer.outgoing.push_back(outgoing);
        }
        self.mark_dirty(peer);
    }

    /// Queues a command that belongs to no channel.
    pub(super) fn queue_control(&mut self, peer: &mut Peer, command: Command, wants_ack: bool) {
        peer.out_control = peer.out_control.wrapping_add(1);
        let size = command.size() as u32;
        peer.outgoing_data_total = peer.outgoing_data_total.wrapping_add(size);
        peer.outgoing.push_back(Outgoing {
            channel: CONTROL_CHANNEL,
            sequence: peer.out_control,
            wants_ack,
            unsequenced: !wants_ack,
            command,
            payload: None,
            unreliable_sequence: 0,
            attempts: 0,
            in_flight: false,
            sent_at: 0,
            resend_after: 0,
            queued: self.next_queued(),
        });
        self.mark_dirty(peer);
    }

    fn next_queued(&mut self) -> u64 {
        self.queued += 1;
        self.queued
    }

    /// Sends all that a peer may send now, and puts it back.
    pub(super) fn send_all(&mut self, mut peer: Box<Peer>, now: u64) {
        peer.is_dirty = false;
        while self.send_datagram(&mut peer, now) {}
        self.put_back(peer, now);
    }

    /// Sends one datagram. True if there is more to send.
    pub(super) fn send_datagram(&mut self, peer: &mut Peer, now: u64) -> bool {
        let mut bytes = self.pool.pop().unwrap_or_default();
        bytes.clear();
        bytes.extend([0; HEADER_SIZE]);
        let mut draft = Draft {
            bytes,
            commands: 0,
            is_timed: false,
            mtu: peer.mtu as usize,
        };
        let (mut more, last_goodbye) = write_acks(peer, &mut draft);
        more |= write_repeated(peer, &mut draft, now);
        more |= write_new(peer, &mut draft, now);
        if peer.state == PeerState::DisconnectLater && !peer.has_outgoing() {
            let data = peer.event_data;
            self.disconnect_peer(peer, data, now);
            more = true;
        }
        if draft.commands == 0 {
            self.pool.push(draft.bytes);
            return more && peer.state == PeerState::Disconnecting && !peer.outgoing.is_empty();
        }
        measure_loss(peer, now);
        self.finish_datagram(peer, draft, now);
        if last_goodbye {
            let data = peer.event_data;
            self.end(peer, Some(data));
            return false;
        }
        more
    }

    fn finish_datagram(&mut self, peer: &Peer, draft: Draft, now: u64) {
        let Draft {
            mut bytes,
            is_timed,
            ..
        } = draft;
        let mut header = peer.remote_slot;
        if peer.remote_slot < NO_SLOT {
            header |= u16::from(peer.outgoing_session & 3) << SESSION_SHIFT;
        }
        let start = if is_timed { 0 } else { 2 };
        if is_timed {
            header |= SENT_TIME;
            bytes[2..4].copy_from_slice(&(now as u16).to_be_bytes());
        }
        let body = &bytes[HEADER_SIZE..];
        self.scratch.resize(body.len(), 0);
        let size = self.codec.compress(&[body], body.len(), &mut self.scratch);
        if size > 0 && size < body.len() {
            header |= COMPRESSED;
            bytes.truncate(HEADER_SIZE);
            bytes.extend_from_slice(&self.scratch[..size]);
        }
        bytes[start..start + 2].copy_from_slice(&header.to_be_bytes());
        self.outgoing.push_back(Datagram {
            to: peer.address,
            bytes,
            start,
        });
    }
}

/// Writes acknowledgements. Says whether some are left, and whether one of a DISCONNECT is written.
fn write_acks(peer: &mut Peer, draft: &mut Draft) -> (bool, bool) {
    let mut written = 0;
    let mut last_goodbye = false;
    for ack in &peer.acks {
        let command = Command::Acknowledge {
            sequence: ack.sequence,
            sent_time: ack.sent_time,
        };
        if !draft.has_room(command.size()) {
            break;
        }
        let framed = Framed {
            channel: ack.channel,
            sequence: ack.sequence,
            wants_ack: false,
            unsequenced: false,
            command,
        };
        framed.write(&mut draft.bytes);
        draft.commands += 1;
        last_goodbye |= ack.is_disconnect;
        written += 1;
    }
    peer.acks.drain(..written);
    (!peer.acks.is_empty(), last_goodbye)
}

fn write_repeated(peer: &mut Peer, draft: &mut Draft, now: u64) -> bool {
    while let Some(&key) = peer.resend.front() {
        let waiting = peer.unacknowledged.get(&key).filter(|it| !it.in_flight);
        let Some(command) = waiting else {
            peer.resend.pop_front();
            continue;
        };
        let size = command.payload_size();
        if size > 0 && exceeds_window(peer, size) {
            return false;
        }
        if !draft.has_room(command.command.size() + size as usize) {
            return true;
        }
        peer.resend.pop_front();
        transmit(peer, key, draft, now);
    }
    false
}

fn write_new(peer: &mut Peer, draft: &mut Draft, now: u64) -> bool {
    let mut is_held_back = false;
    loop {
        let reliable = peer.reliable.front().filter(|_| !is_held_back);
        let other = peer.outgoing.front();
        let takes_reliable = match (reliable, other) {
            (Some(reliable), Some(other)) => reliable.queued < other.queued,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return false,
        };
        let command = if takes_reliable { reliable } else { other };
        let Some(command) = command else {
            return false;
        };
        let size = command.payload_size();
        if takes_reliable && (exceeds_window(peer, size) || wraps_window(peer, command)) {
            is_held_back = true;
            continue;
        }
        if !draft.has_room(command.command.size() + size as usize) {
            return true;
        }
        let queue = match takes_reliable {
            true => &mut peer.reliable,
            false => &mut peer.outgoing,
        };
        let Some(command) = queue.pop_front() else {
            return false;
        };
        if command.wants_ack {
            first_transmission(peer, command, draft, now);
        } else if command.payload.is_some() && is_first_part(&command) && !passes_throttle(peer) {
            drop_rest(peer, &command);
        } else {
            draft.add(&command);
            peer.packets_sent += 1;
        }
    }
}

fn first_transmission(peer: &mut Peer, command: Outgoing, draft: &mut Draft, now: u64) {
    if let Some(channel) = peer.channels.get_mut(usize::from(command.channel)) {
        let window = window_of(command.sequence);
        channel.used_windows |= 1 << window;
        channel.window_counts[usize::from(window)] += 1;
    }
    let key = (command.channel, command.sequence);
    peer.unacknowledged.insert(key, command);
    transmit(peer, key, draft, now);
}

fn transmit(peer: &mut Peer, key: Key, draft: &mut Draft, now: u64) {
    let is_first = peer.oldest_in_flight().is_none();
    let patience = peer.round_trip + 4 * peer.round_trip_variance;
    let Some(command) = peer.unacknowledged.get_mut(&key) else {
        return;
    };
    command.attempts += 1;
    if command.resend_after == 0 {
        command.resend_after = patience;
    }
    command.sent_at = now;
    command.in_flight = true;
    if is_first {
        peer.next_timeout = now + u64::from(command.resend_after);
    }
    draft.add(command);
    peer.in_flight_bytes += command.payload_size();
    peer.in_flight.push_back((key, now));
    peer.packets_sent += 1;
}

/// Whether so many more reliable bytes in flight are more than the remote, and the line, can take.
fn exceeds_window(peer: &Peer, size: u32) -> bool {
    let window = peer.throttle * peer.window / THROTTLE_SCALE;
    peer.in_flight_bytes + size > window.max(peer.mtu)
}

/// Whether a command would be the first of a window of numbers while old windows are still in use.
fn wraps_window(peer: &Peer, command: &Outgoing) -> bool {
    let Some(channel) = peer.channels.get(usize::from(command.channel)) else {
        return false;
    };
    if !command.sequence.is_multiple_of(WINDOW_SIZE) {
        return false;
    }
    let window = window_of(command.sequence);
    let before = usize::from((window + WINDOWS - 1) % WINDOWS);
    let span = (1u32 << (FREE_WINDOWS + 2)) - 1;
    let ahead = (span << window) | (span >> (WINDOWS - window));
    channel.window_counts[before] >= WINDOW_SIZE || u32::from(channel.used_windows) & ahead != 0
}

fn is_first_part(command: &Outgoing) -> bool {
    match command.command {
        Command::UnreliableFragment { fragment, .. } => fragment.offset == 0,
        _ => true,
    }
}

fn passes_throttle(peer: &mut Peer) -> bool {
    peer.throttle_counter = (peer.throttle_counter + THROTTLE_STEP) % THROTTLE_SCALE;
    peer.throttle_counter <= peer.throttle
}

/// Drops the other parts of a packet whose first part was dropped.
fn drop_rest(peer: &mut Peer, first: &Outgoing) {
    if !matches!(first.command, Command::UnreliableFragment { .. }) {
        return;
    }
    while let Some(next) = peer.outgoing.front()
        && next.channel == first.channel
        && next.sequence == first.sequence
        && next.unreliable_sequence == first.unreliable_sequence
        && next.payload.is_some()
    {
        peer.outgoing.pop_front();
    }
}

fn measure_loss(peer: &mut Peer, now: u64) {
    let Some(epoch) = peer.loss_epoch else {
        peer.loss_epoch = Some(now);
        return;
    };
    if now - epoch >= LOSS_INTERVAL && peer.packets_sent > 0 {
        let lost = u64::from(peer.packets_lost) * u64::from(LOSS_SCALE);
        let loss = (lost / u64::from(peer.packets_sent)) as u32;
        let difference = loss.abs_diff(peer.packet_loss);
        peer.packet_loss_variance = (peer.packet_loss_variance * 3 + difference) / 4;
        peer.packet_loss = (peer.packet_loss * 7 + loss) / 8;
        peer.loss_epoch = Some(now);
        peer.packets_sent = 0;
        peer.packets_lost = 0;
    }
}
