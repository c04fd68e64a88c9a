//! What arrives: telling whose a datagram is, and what its commands do.
//!
//! A datagram names a slot; it is the slot's only if address, port and session agree. Before that
//! nothing is decompressed, and without a slot no more than a CONNECT. (C decompresses first: a
//! stranger's random bytes cost it a hundred times more than they need to.) A command that makes no
//! sense ends its datagram quietly: what came before it stays in force.

use std::net::SocketAddr;

use super::Enet;
use super::channel::{Delivery, Refused, Unreliable};
use super::handshake::shared_window;
use super::peer::{Ack, Peer, UNSEQUENCED_WINDOW};
use super::reassembly::is_sound;
use super::send::count_queued;
use super::sent::Kept;
use super::wire::{
    COMPRESSED, CONTROL_CHANNEL, Command, Framed, NO_SLOT, SENT_TIME, SESSION_MASK, SESSION_SHIFT,
    payload,
};
use crate::datagram::{self, CHECKSUM_SIZE};
use crate::engine::{Event, MAX_DATAGRAM_SIZE, PacketFlags, PeerState};

/// Unsequenced groups a receiver looks ahead, in windows.
const FREE_UNSEQUENCED_WINDOWS: u32 = 32;
/// A CONNECT, the only command a stranger has.
const CONNECT_SIZE: usize = 48;
const ACKNOWLEDGE_SIZE: usize = 8;
/// How far ahead of the last one a control command's number may be to be believed. Remotes number
/// them one by one and have few on the way.
const CONTROL_WINDOW: u16 = 128;

impl Enet {
    pub(super) fn take_datagram(
        &mut self,
        now: u64,
        from: SocketAddr,
        datagram: &[u8],
        wire_size: usize,
    ) {
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
        if slot != NO_SLOT && !self.belongs(slot, header, from) {
            return;
        }
        let mut checksum = None;
        if self.output.has_checksum {
            let Some((field, after)) = rest.split_first_chunk::<CHECKSUM_SIZE>() else {
                return;
            };
            checksum = Some(*field);
            rest = after;
        }
        // What came compressed was decompressed before, or could not be.
        if header & COMPRESSED != 0 {
            return;
        }
        let head = &datagram[..datagram.len() - rest.len()];
        if checksum.is_none_or(|checksum| self.is_intact(slot, head, checksum, rest)) {
            match slot {
                NO_SLOT => self.take_connect(now, from, wire_size, rest),
                _ => self.take_commands(now, from, slot, sent_time, rest),
            }
        }
    }

    /// Most bytes that a compressed datagram's payload may become: nothing is decompressed for those
    /// who have no connection, but for a CONNECT.
    pub(super) fn room_for(&self, from: SocketAddr, datagram: &[u8]) -> Option<usize> {
        let start = datagram::payload_start(datagram, self.output.has_checksum)?;
        let header = u16::from_be_bytes(*datagram.first_chunk()?);
        match header & NO_SLOT {
            NO_SLOT => Some(CONNECT_SIZE),
            slot if self.belongs(slot, header, from) => Some(MAX_DATAGRAM_SIZE - start),
            _ => None,
        }
    }

    fn belongs(&self, slot: u16, header: u16, from: SocketAddr) -> bool {
        let peer = self.slots.get(usize::from(slot)).and_then(Option::as_ref);
        let session = ((header & SESSION_MASK) >> SESSION_SHIFT) as u8;
        peer.is_some_and(|peer| {
            (peer.address == from || peer.asks_everybody())
                && (peer.remote_slot == NO_SLOT || peer.incoming_session & 3 == session)
        })
    }

    /// Checks a CRC-32 over header and plain commands, with the connection's token in its place. This
    /// makes the token a key of 32 bits against forgers, the only one the protocol has.
    fn is_intact(
        &self,
        slot: u16,
        head: &[u8],
        checksum: [u8; CHECKSUM_SIZE],
        commands: &[u8],
    ) -> bool {
        let peer = self.slots.get(usize::from(slot)).and_then(Option::as_ref);
        let token = peer.map_or(0, |peer| peer.token);
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&head[..head.len() - CHECKSUM_SIZE]);
        hasher.update(&token.to_be_bytes());
        hasher.update(commands);
        hasher.finalize().to_be_bytes() == checksum
    }

    fn take_connect(&mut self, now: u64, from: SocketAddr, size: usize, mut commands: &[u8]) {
        if let Some(framed) = Framed::read(&mut commands)
            && let Command::Connect { terms, data } = framed.command
        {
            self.on_connect(now, from, size, &framed, &terms, data);
        }
    }

    fn take_commands(
        &mut self,
        now: u64,
        from: SocketAddr,
        slot: u16,
        sent_time: Option<u16>,
        mut commands: &[u8],
    ) {
        let Some(mut peer) = self.slots[usize::from(slot)].take() else {
            return;
        };
        while let Some(mut framed) = Framed::read(&mut commands) {
            // Without a time there is nothing to acknowledge with: no ENet sends such a datagram.
            let wanted_ack = framed.wants_ack;
            framed.wants_ack &= sent_time.is_some();
            let was_asking = peer.asks_everybody();
            let done = self.on_command(now, &mut peer, &framed, &mut commands);
            if was_asking && peer.is_up() {
                // The first to answer is who it is connected to.
                peer.address = from;
            }
            if done.is_err() || framed.wants_ack != wanted_ack {
                break;
            }
            if let Some(sent_time) = sent_time.filter(|_| wanted_ack) {
                self.queue_ack(&mut peer, &framed, sent_time);
            }
        }
        self.put_back(peer);
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
        // A fragment is as far as the first one of its packet, which may span many windows.
        let number = match framed.command {
            Command::Fragment { fragment, .. } => fragment.start,
            _ => framed.sequence,
        };
        let channel = peer.used_channel(framed.channel);
        if channel.is_some_and(|channel| channel.is_too_far_to_acknowledge(number)) {
            return;
        }
        count_queued(peer, ACKNOWLEDGE_SIZE);
        peer.acks.push(Ack::new(framed, sent_time));
        self.mark_dirty(peer);
    }

    /// Does what a command says. An error ends the datagram.
    fn on_command(
        &mut self,
        now: u64,
        peer: &mut Peer,
        framed: &Framed,
        rest: &mut &[u8],
    ) -> Result<(), Refused> {
        match framed.command {
            Command::Acknowledge {
                sequence,
                sent_time,
            } => return self.on_acknowledge(now, peer, framed.channel, sequence, sent_time),
            // Only strangers connect.
            Command::Connect { .. } => return Err(Refused),
            Command::VerifyConnect(terms) => {
                return self.on_verify_connect(peer, framed.sequence, &terms);
            }
            Command::Disconnect { data } => {
                // The only protection from a forged one that the protocol leaves room for, besides
                // the session and the checksum.
                let ahead = framed.sequence.wrapping_sub(peer.in_control);
                let is_next = (1..=CONTROL_WINDOW).contains(&ahead);
                // Nobody refuses for everybody.
                if framed.channel != CONTROL_CHANNEL || !is_next || peer.asks_everybody() {
                    return Err(Refused);
                }
                self.on_disconnect(peer, data, framed.wants_ack);
                return Ok(());
            }
            // The acknowledgement of our VERIFY_CONNECT got lost or comes later. Slot and session
            // prove as much as that would. C drops such commands until then.
            _ if peer.state == PeerState::AcknowledgingConnect => self.report_verified(peer),
            _ if !peer.is_up() => return Err(Refused),
            _ => {}
        }
        if framed.channel == CONTROL_CHANNEL {
            let ahead = framed.sequence.wrapping_sub(peer.in_control);
            if (1..=CONTROL_WINDOW).contains(&ahead) {
                peer.in_control = framed.sequence;
            }
        }
        match framed.command {
            Command::BandwidthLimit { incoming, outgoing } => {
                self.limited -= usize::from(peer.in_bandwidth != 0);
                self.limited += usize::from(incoming != 0);
                peer.in_bandwidth = incoming;
                peer.out_bandwidth = outgoing;
                peer.window = shared_window(self.config.out_bandwidth, incoming);
                Ok(())
            }
            Command::ThrottleConfigure(throttle) => {
                peer.throttle_settings = throttle;
                Ok(())
            }
            Command::Reliable { length }
            | Command::Unreliable { length, .. }
            | Command::Unsequenced { length, .. }
            | Command::Fragment { length, .. }
            | Command::UnreliableFragment { length, .. } => {
                let bytes = payload(rest, length).ok_or(Refused)?;
                self.on_data(peer, framed, bytes)
            }
            _ => Ok(()),
        }
    }

    fn on_data(&mut self, peer: &mut Peer, framed: &Framed, bytes: &[u8]) -> Result<(), Refused> {
        let id = peer.id();
        if usize::from(framed.channel) >= peer.channel_count
            || bytes.len() > self.config.max_packet_size
        {
            return Err(Refused);
        }
        // Whoever is leaving takes nothing more in.
        if peer.state == PeerState::DisconnectLater {
            return Ok(());
        }
        if self.refuses_data || self.events.is_full() {
            return Err(Refused);
        }
        // These have no place in their channel, which so stays untouched.
        if let Command::Unsequenced { group, .. } = framed.command {
            if is_new_group(peer, group) {
                self.events.push(Event::Received {
                    peer: id,
                    channel: framed.channel,
                    flags: PacketFlags {
                        unsequenced: true,
                        ..PacketFlags::default()
                    },
                    data: self.buffers.filled(bytes),
                });
            }
            return Ok(());
        }
        let mut waiting = peer.waiting_data;
        let mut to = Delivery {
            peer: id,
            channel: framed.channel,
            events: &mut self.events,
            buffers: &mut self.buffers,
            waiting: &mut waiting,
            most_waiting: self.config.max_waiting_data,
        };
        let channel = peer.channel(framed.channel).ok_or(Refused)?;
        let largest = self.config.max_packet_size;
        let taken = match framed.command {
            Command::Reliable { .. } => channel.on_reliable(framed.sequence, bytes, &mut to),
            Command::Unreliable { sequence, .. } => {
                let reliable = framed.sequence;
                channel.on_unreliable(Unreliable { reliable, sequence }, bytes, &mut to)
            }
            Command::Fragment { fragment, .. } if is_sound(&fragment, bytes.len(), largest) => {
                channel.on_fragment(&fragment, bytes, &mut to)
            }
            Command::UnreliableFragment { fragment, .. }
                if is_sound(&fragment, bytes.len(), largest) =>
            {
                channel.on_unreliable_fragment(framed.sequence, &fragment, bytes, &mut to)
            }
            _ => Err(Refused),
        };
        peer.waiting_data = waiting;
        taken
    }

    fn on_acknowledge(
        &mut self,
        now: u64,
        peer: &mut Peer,
        channel: u8,
        sequence: u16,
        sent_time: u16,
    ) -> Result<(), Refused> {
        // Only VERIFY_CONNECT answers a CONNECT. An acknowledgement would end its repetition, for ever.
        if peer.state == PeerState::Connecting {
            return Err(Refused);
        }
        // The wire has 16 bits of the time; the rest is that of now, or of just before.
        let mut sent_at = (now & !0xFFFF) | u64::from(sent_time);
        if u64::from(sent_time) & 0x8000 > now & 0x8000 {
            sent_at = sent_at.wrapping_sub(0x1_0000);
        }
        let Some(round_trip) = now.checked_sub(sent_at) else {
            return Ok(());
        };
        let round_trip = round_trip.min(u64::from(u32::MAX)) as u32;
        peer.learn_round_trip(now, round_trip, self.jitter);
        let command = self.acknowledged(peer, channel, sequence);
        match peer.state {
            PeerState::AcknowledgingConnect => {
                if !matches!(command, Some(Command::VerifyConnect(_))) {
                    return Err(Refused);
                }
                self.report_connected(peer);
            }
            PeerState::Disconnecting => {
                if !matches!(command, Some(Command::Disconnect { .. })) {
                    return Err(Refused);
                }
                self.end(peer, Some(0));
            }
            // At once: to acknowledge what comes along would make a C host that leaves too forget us.
            PeerState::DisconnectLater if !peer.has_outgoing() => {
                let data = peer.event_data;
                self.disconnect_peer(peer, data, now);
            }
            _ => {}
        }
        // The window may have opened.
        if !peer.pending.is_empty() {
            self.mark_dirty(peer);
        }
        Ok(())
    }

    /// Takes an acknowledged command off the books; says which, if it was one without a channel.
    pub(super) fn acknowledged(
        &mut self,
        peer: &mut Peer,
        channel: u8,
        sequence: u16,
    ) -> Option<Command> {
        let command = if channel == CONTROL_CHANNEL {
            let mut controls = peer.controls.iter();
            let at = controls.position(|control| control.sequence == sequence)?;
            let control = peer.controls.remove(at)?;
            Some(control.command)
        } else {
            let sent = peer.used_channel(channel)?.acknowledged(sequence)?;
            if sent.timing.in_flight {
                let size = u32::from(sent.length);
                peer.in_flight_bytes = peer.in_flight_bytes.saturating_sub(size);
            }
            if let Kept::Shared(bytes, _) = sent.kept {
                self.output.unshare(bytes);
            }
            None
        };
        peer.outstanding -= 1;
        if peer.outstanding == 0 {
            peer.release_memory(channel == CONTROL_CHANNEL);
        }
        peer.set_next_timeout();
        command
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
    let seen = (peer.unsequenced_seen)
        .get_or_insert_with(|| Box::new([0; UNSEQUENCED_WINDOW as usize / 32]));
    if group - index != peer.in_unsequenced_group {
        peer.in_unsequenced_group = group - index;
        seen.fill(0);
    } else if seen[word] & (1 << bit) != 0 {
        return false;
    }
    seen[word] |= 1 << bit;
    true
}
