//! What arrives: telling whose a datagram is, and what its commands do.
//!
//! A datagram names a slot; it is the slot's only if address, port and session agree. Before that
//! nothing is decompressed, and without a slot no more than a CONNECT. A command that makes no sense
//! ends its datagram quietly: what came before it stays in force.

use std::net::SocketAddr;

use rusty_enet::Compressor;

use super::Enet;
use super::channel::{Delivery, Waiting, WaitingUnreliable, window_of};
use super::handshake::shared_window;
use super::peer::{Ack, Peer, UNSEQUENCED_WINDOW};
use super::reassembly::{Reassembly, is_sound};
use super::wire::{
    COMPRESSED, Command, Fragment, Framed, NO_SLOT, SENT_TIME, SESSION_MASK, SESSION_SHIFT, payload,
};
use crate::engine::{Event, MAX_DATAGRAM_SIZE, MAX_PACKET_SIZE, PacketFlags, PeerState};

/// Most bytes that may wait for their turn, per peer.
const MAX_WAITING_DATA: usize = 32 * 1024 * 1024;
/// Unsequenced groups a receiver looks ahead, in windows.
const FREE_UNSEQUENCED_WINDOWS: u32 = 32;
/// A CONNECT, the only command a stranger has.
const CONNECT_SIZE: usize = 48;

const RELIABLE: PacketFlags = PacketFlags {
    reliable: true,
    unsequenced: false,
    unreliable_fragment: false,
};

impl Enet {
    pub(super) fn take_datagram(&mut self, now: u64, from: SocketAddr, datagram: &[u8]) {
        let Some((header, mut rest)) = datagram.split_first_chunk::<2>() else {
            return;
        };
        if datagram.len() > MAX_DATAGRAM_SIZE {
            return;
        }
        let header = u16::from_be_bytes(*header);
        let mut sent_time = None;
        if header & SENT_TIME != 0 {
            let Some((time, after)) = rest.split_first_chunk::<2>() else {
                return;
            };
            sent_time = Some(u16::from_be_bytes(*time));
            rest = after;
        }
        let slot = header & NO_SLOT;
        let is_stranger = slot == NO_SLOT;
        if !is_stranger && !self.belongs(slot, header, from) {
            return;
        }
        if header & COMPRESSED == 0 {
            self.take_commands(now, from, slot, sent_time, rest);
            return;
        }
        let room = match is_stranger {
            true => CONNECT_SIZE,
            false => MAX_DATAGRAM_SIZE - (datagram.len() - rest.len()),
        };
        let mut plain = std::mem::take(&mut self.scratch);
        plain.resize(room, 0);
        let size = self.codec.decompress(rest, &mut plain);
        if (1..=room).contains(&size) {
            self.take_commands(now, from, slot, sent_time, &plain[..size]);
        }
        self.scratch = plain;
    }

    fn belongs(&self, slot: u16, header: u16, from: SocketAddr) -> bool {
        let peer = self.slots.get(usize::from(slot)).and_then(Option::as_ref);
        let session = ((header & SESSION_MASK) >> SESSION_SHIFT) as u8;
        peer.is_some_and(|peer| {
            peer.address == from
                && (peer.remote_slot == NO_SLOT || peer.incoming_session & 3 == session)
        })
    }

    fn take_commands(
        &mut self,
        now: u64,
        from: SocketAddr,
        slot: u16,
        sent_time: Option<u16>,
        mut rest: &[u8],
    ) {
        if slot == NO_SLOT {
            if let Some(framed) = Framed::read(&mut rest)
                && let Command::Connect { terms, data } = framed.command
            {
                self.on_connect(now, from, &terms, data);
            }
            return;
        }
        let Some(mut peer) = self.slots[usize::from(slot)].take() else {
            return;
        };
        while let Some(framed) = Framed::read(&mut rest) {
            if !self.on_command(now, &mut peer, &framed, &mut rest) {
                break;
            }
            if framed.wants_ack {
                let Some(sent_time) = sent_time else {
                    break;
                };
                self.queue_ack(&mut peer, &framed, sent_time);
            }
        }
        self.put_back(peer, now);
    }

    fn queue_ack(&mut self, peer: &mut Peer, framed: &Framed, sent_time: u16) {
        let is_disconnect = matches!(framed.command, Command::Disconnect { .. });
        match peer.state {
            PeerState::Disconnected
            | PeerState::Disconnecting
            | PeerState::AcknowledgingConnect
            | PeerState::Zombie => return,
            PeerState::AcknowledgingDisconnect if !is_disconnect => return,
            _ => {}
        }
        let channel = peer.channels.get(usize::from(framed.channel));
        if channel.is_some_and(|channel| channel.is_too_far_to_acknowledge(framed.sequence)) {
            return;
        }
        peer.acks.push(Ack {
            channel: framed.channel,
            sequence: framed.sequence,
            sent_time,
            is_disconnect,
        });
        self.mark_dirty(peer);
    }

    /// Does what a command says. False ends the datagram.
    fn on_command(&mut self, now: u64, peer: &mut Peer, framed: &Framed, rest: &mut &[u8]) -> bool {
        match framed.command {
            Command::Acknowledge {
                sequence,
                sent_time,
            } => self.on_acknowledge(now, peer, framed.channel, sequence, sent_time),
            // Only strangers connect.
            Command::Connect { .. } => false,
            Command::VerifyConnect(terms) => self.on_verify_connect(peer, &terms),
            Command::Disconnect { data } => {
                self.on_disconnect(peer, data, framed.wants_ack);
                true
            }
            _ if !peer.is_up() => false,
            Command::Ping => true,
            Command::BandwidthLimit { incoming, outgoing } => {
                self.limited -= usize::from(peer.in_bandwidth != 0);
                self.limited += usize::from(incoming != 0);
                peer.in_bandwidth = incoming;
                peer.out_bandwidth = outgoing;
                peer.window = shared_window(self.config.out_bandwidth, incoming);
                true
            }
            Command::ThrottleConfigure {
                interval,
                acceleration,
                deceleration,
            } => {
                peer.throttle_interval = interval;
                peer.throttle_acceleration = acceleration;
                peer.throttle_deceleration = deceleration;
                true
            }
            Command::Reliable { length }
            | Command::Unreliable { length, .. }
            | Command::Unsequenced { length, .. }
            | Command::Fragment { length, .. }
            | Command::UnreliableFragment { length, .. } => {
                if usize::from(framed.channel) >= peer.channels.len() {
                    return false;
                }
                let Some(bytes) = payload(rest, length) else {
                    return false;
                };
                // Whoever is leaving takes nothing more in.
                peer.state == PeerState::DisconnectLater || self.on_data(peer, framed, bytes)
            }
        }
    }

    fn on_data(&mut self, peer: &mut Peer, framed: &Framed, bytes: &[u8]) -> bool {
        let channel = framed.channel;
        let mut ready = Vec::new();
        let sound = match framed.command {
            Command::Unsequenced { group, .. } => {
                if is_new_group(peer, group) {
                    let flags = PacketFlags {
                        unsequenced: true,
                        ..PacketFlags::default()
                    };
                    self.deliver(peer, channel, flags, bytes.to_vec());
                }
                true
            }
            Command::Reliable { .. } => on_reliable(peer, framed, bytes, &mut ready),
            Command::Fragment { fragment, .. } => {
                on_fragment(peer, framed, &fragment, bytes, &mut ready)
            }
            Command::Unreliable { sequence, .. } => {
                on_unreliable(peer, framed, sequence, bytes, &mut ready)
            }
            Command::UnreliableFragment { fragment, .. } => {
                on_unreliable_fragment(peer, framed, &fragment, bytes, &mut ready)
            }
            _ => false,
        };
        for delivery in ready {
            let flags = match delivery.reliable {
                true => RELIABLE,
                false => PacketFlags {
                    unreliable_fragment: delivery.fragmented,
                    ..PacketFlags::default()
                },
            };
            self.deliver(peer, channel, flags, delivery.data);
        }
        sound
    }

    fn deliver(&mut self, peer: &Peer, channel: u8, flags: PacketFlags, data: Vec<u8>) {
        let peer = peer.id();
        self.events.push_back(Event::Received {
            peer,
            channel,
            flags,
            data,
        });
    }

    fn on_acknowledge(
        &mut self,
        now: u64,
        peer: &mut Peer,
        channel: u8,
        sequence: u16,
        sent_time: u16,
    ) -> bool {
        // The wire has 16 bits of the time; the rest is that of now, or of just before.
        let mut sent_at = (now & !0xFFFF) | u64::from(sent_time);
        if u64::from(sent_time) & 0x8000 > now & 0x8000 {
            sent_at = sent_at.wrapping_sub(0x1_0000);
        }
        let Some(round_trip) = now.checked_sub(sent_at) else {
            return true;
        };
        peer.learn_round_trip(now, round_trip.min(u64::from(u32::MAX)) as u32);
        let command = self.acknowledged(peer, sequence, channel);
        match peer.state {
            PeerState::AcknowledgingConnect => {
                if !matches!(command, Some(Command::VerifyConnect(_))) {
                    return false;
                }
                self.report_connected(peer);
            }
            PeerState::Disconnecting => {
                if !matches!(command, Some(Command::Disconnect { .. })) {
                    return false;
                }
                self.end(peer, Some(0));
            }
            PeerState::DisconnectLater if !peer.has_outgoing() => {
                let data = peer.event_data;
                self.disconnect_peer(peer, data, now);
            }
            _ => {}
        }
        // The window may have opened.
        self.mark_dirty(peer);
        true
    }

    /// Takes an acknowledged command off the books.
    pub(super) fn acknowledged(
        &mut self,
        peer: &mut Peer,
        sequence: u16,
        channel: u8,
    ) -> Option<Command> {
        let command = peer.unacknowledged.remove(&(channel, sequence))?;
        if let Some(channel) = peer.channels.get_mut(usize::from(channel)) {
            let window = window_of(sequence);
            let count = &mut channel.window_counts[usize::from(window)];
            *count = count.saturating_sub(1);
            if *count == 0 {
                channel.used_windows &= !(1 << window);
            }
        }
        if command.in_flight {
            let size = command.payload_size();
            peer.in_flight_bytes = peer.in_flight_bytes.saturating_sub(size);
        }
        peer.set_next_timeout();
        Some(command.command)
    }
}

/// Whether an unsequenced packet's group was not seen before, and notes it.
fn is_new_group(peer: &mut Peer, group: u16) -> bool {
    let window = UNSEQUENCED_WINDOW;
    let index = group % window;
    let mut position = u32::from(group);
    if group < peer.in_unsequenced_group {
        position += 0x1_0000;
    }
    let end = u32::from(peer.in_unsequenced_group) + FREE_UNSEQUENCED_WINDOWS * u32::from(window);
    if position >= end {
        return false;
    }
    let (word, bit) = (usize::from(index / 32), index % 32);
    if group - index != peer.in_unsequenced_group {
        peer.in_unsequenced_group = group - index;
        peer.unsequenced_seen.fill(0);
    } else if peer.unsequenced_seen[word] & (1 << bit) != 0 {
        return false;
    }
    peer.unsequenced_seen[word] |= 1 << bit;
    true
}

fn on_reliable(peer: &mut Peer, framed: &Framed, bytes: &[u8], ready: &mut Vec<Delivery>) -> bool {
    let channel = &mut peer.channels[usize::from(framed.channel)];
    if !channel.wants_reliable(framed.sequence) {
        return true;
    }
    let content = Waiting::Whole(bytes.to_vec());
    if !claim(&mut peer.waiting_data, &content) {
        return false;
    }
    channel.insert_reliable(framed.sequence, content);
    channel.take_reliable(&mut peer.waiting_data, ready);
    true
}

fn on_fragment(
    peer: &mut Peer,
    framed: &Framed,
    fragment: &Fragment,
    bytes: &[u8],
    ready: &mut Vec<Delivery>,
) -> bool {
    let channel = &mut peer.channels[usize::from(framed.channel)];
    if !channel.is_ahead(fragment.start) {
        return true;
    }
    if !is_sound(fragment, bytes.len(), MAX_PACKET_SIZE) {
        return false;
    }
    match channel.reliable_parts(fragment.start) {
        Some(Waiting::Parts(parts)) if parts.matches(fragment) => parts.add(fragment, bytes),
        Some(_) => return false,
        None => {
            if !channel.wants_reliable(fragment.start) {
                return false;
            }
            let mut parts = Reassembly::new(fragment);
            parts.add(fragment, bytes);
            let content = Waiting::Parts(parts);
            if !claim(&mut peer.waiting_data, &content) {
                return false;
            }
            channel.insert_reliable(fragment.start, content);
        }
    }
    channel.take_reliable(&mut peer.waiting_data, ready);
    true
}

fn on_unreliable(
    peer: &mut Peer,
    framed: &Framed,
    sequence: u16,
    bytes: &[u8],
    ready: &mut Vec<Delivery>,
) -> bool {
    let channel = &mut peer.channels[usize::from(framed.channel)];
    let Some(place) = channel.unreliable_place(framed.sequence, sequence) else {
        return true;
    };
    let content = Waiting::Whole(bytes.to_vec());
    if !claim(&mut peer.waiting_data, &content) {
        return false;
    }
    let packet = WaitingUnreliable {
        reliable: framed.sequence,
        sequence,
        content,
    };
    channel.insert_unreliable(place, packet);
    channel.take_unreliable(&mut peer.waiting_data, ready);
    true
}

fn on_unreliable_fragment(
    peer: &mut Peer,
    framed: &Framed,
    fragment: &Fragment,
    bytes: &[u8],
    ready: &mut Vec<Delivery>,
) -> bool {
    let channel = &mut peer.channels[usize::from(framed.channel)];
    if !is_sound(fragment, bytes.len(), MAX_PACKET_SIZE) {
        return false;
    }
    match channel.unreliable_parts(framed.sequence, fragment.start) {
        Some(Waiting::Parts(parts)) if parts.matches(fragment) => parts.add(fragment, bytes),
        Some(_) => return false,
        None => {
            let Some(place) = channel.unreliable_place(framed.sequence, fragment.start) else {
                return true;
            };
            let mut parts = Reassembly::new(fragment);
            parts.add(fragment, bytes);
            let content = Waiting::Parts(parts);
            if !claim(&mut peer.waiting_data, &content) {
                return false;
            }
            let packet = WaitingUnreliable {
                reliable: framed.sequence,
                sequence: fragment.start,
                content,
            };
            channel.insert_unreliable(place, packet);
        }
    }
    channel.take_unreliable(&mut peer.waiting_data, ready);
    true
}

/// Counts a packet as waiting, unless too much waits already.
fn claim(waiting: &mut usize, content: &Waiting) -> bool {
    if *waiting >= MAX_WAITING_DATA {
        return false;
    }
    *waiting += content.cost();
    true
}
