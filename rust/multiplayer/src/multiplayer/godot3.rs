//! Godot 3's format, for servers and clients that talk to `NetworkedMultiplayerENet`.
//!
//! Godot 4 leaves relaying to the layer above the peer. In Godot 3 the peer relays: each packet names its
//! source and its target, a server forwards packets for other clients, and a server announces its clients
//! to each other. So a client knows peers that it has no connection to.
//!
//! Every received packet may be forged. A packet that is too short, names another source than its sender
//! or has no recipient is dropped silently.

use std::collections::BTreeSet;

use super::{MAIN_HOST, Mode, Multiplayer, Packet, SERVER_ID, Signal};
use crate::{SendError, TransferMode};
use enet_proto::{Event, Limit, MAX_PACKET_SIZE, MAX_PEERS, PacketFlags, PeerId, Time};

mod early;
mod format;
mod relayed;

use early::EarlyPackets;
use format::{CONFIG_CHANNEL, PREFIX_SIZE, Prefix, SystemMessage};
pub(super) use format::{SYSTEM_CHANNELS, to_wire, wire_count};
use relayed::Relayed;

/// The format of packets above ENet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WireProtocol {
    /// Godot 4's: the game's bytes alone.
    #[default]
    Godot4 = 0,
    /// Godot 3's: source and target before the game's bytes.
    Godot3 = 1,
}

/// The part of a session's state that only Godot 3's format needs.
#[derive(Default)]
pub(super) struct Relay {
    /// The other clients that the server announced to this client.
    others: BTreeSet<i32>,
    early: EarlyPackets,
    relayed: Relayed,
    /// A packet with its prefix, while it is sent.
    buffer: Vec<u8>,
}

impl Relay {
    pub fn clear(&mut self) {
        self.others.clear();
        self.early.clear();
        self.relayed.clear();
    }
}

impl Multiplayer {
    /// Ids of the other clients that the server announced. [`Multiplayer::peer_ids`] has the peers with a
    /// connection.
    pub fn relayed_ids(&self) -> impl Iterator<Item = i32> {
        self.relay.others.iter().copied()
    }

    pub(super) fn is_relayed(&self, id: i32) -> bool {
        self.relay.others.contains(&id)
    }

    /// Sends to the target, which the caller has checked.
    pub(super) fn send_prefixed(
        &mut self,
        wire_channel: u8,
        data: &[u8],
        now: Time,
    ) -> Result<(), SendError> {
        if data.len() > MAX_PACKET_SIZE - PREFIX_SIZE {
            return Err(SendError::TooLarge(data.len()));
        }
        let prefix = Prefix {
            source: self.unique_id(),
            target: self.target(),
        };
        // Sending borrows the whole session, so the buffer leaves it meanwhile.
        let mut buffer = std::mem::take(&mut self.relay.buffer);
        buffer.clear();
        buffer.extend_from_slice(&prefix.to_bytes());
        buffer.extend_from_slice(data);
        let sent = match (self.mode(), self.target()) {
            (Mode::Client, _) => self.send_to_one(SERVER_ID, wire_channel, &buffer, now),
            (_, 1..) => self.send_to_one(self.target(), wire_channel, &buffer, now),
            _ => self.send_to_clients(wire_channel, &buffer, now),
        };
        self.relay.buffer = buffer;
        sent
    }

    /// Handles a packet that a server received from a client. Returns whether packets were queued for
    /// other clients, which the caller has to flush.
    #[inline(never)]
    pub(super) fn on_packet_of_client(&mut self, id: i32, event: Event, now: Time) -> bool {
        let Some((channel, flags, mut data)) = packet_of(event) else {
            return false;
        };
        let is_own = |prefix: &Prefix| prefix.source == id && channel != CONFIG_CHANNEL;
        let Some(prefix) = Prefix::of(&data).filter(is_own) else {
            return false;
        };
        let target = prefix.target;
        let relays = self.facts.server_relay.get() && target != SERVER_ID;
        let is_queued = relays && self.relay_packet(id, target, channel, flags, &data, now);
        // A target of 0, or of all but a peer that is not the server, includes the server.
        if target == SERVER_ID || target == 0 || target < -SERVER_ID {
            data.drain(..PREFIX_SIZE);
            self.facts
                .inbox
                .borrow_mut()
                .push(packet(id, channel, flags, data));
        }
        is_queued
    }

    fn relay_packet(
        &mut self,
        from: i32,
        target: i32,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
        now: Time,
    ) -> bool {
        // i32::MIN has no positive counterpart, so it leaves no peer out.
        let left_out = target.checked_neg();
        let is_meant = |id: i32| match target {
            1.. => id == target,
            _ => Some(id) != left_out,
        };
        let clients = self.roster.iter();
        let recipients = clients.filter(|&(id, _)| id != from && is_meant(id));
        self.recipients.clear();
        self.recipients.extend(recipients.map(|(_, peer)| peer));
        let flags = PacketFlags {
            unreliable_fragment: !flags.reliable,
            ..flags
        };
        let Some(connection) = self.hosts.get(MAIN_HOST) else {
            return false;
        };
        let mut connection = connection.borrow_mut();
        let Some(host) = connection.host() else {
            return false;
        };
        // Nobody fills the server's memory through another client, and nobody has it drop the other client.
        if let Some(origin) = self.roster.get(from).filter(|_| flags.reliable) {
            let (relayed, recipients) = (&mut self.relay.relayed, &self.recipients);
            let is_dropped = host.with_protocol(|protocol| {
                let overloads = relayed.overloads(now, protocol, origin, recipients, data.len());
                if overloads {
                    protocol.drop_over_limit(now, origin, Limit::Flood);
                }
                overloads
            });
            if is_dropped {
                return true;
            }
        }
        // A recipient without the channel misses the packet. One that does not receive fast enough is dropped. The packet is not too large: it came in with this size.
        let _ = host.send_to_all(now, &self.recipients, channel, flags, data);
        true
    }

    /// Announces a newcomer of a server and the other clients to each other. Returns whether messages
    /// were queued, which the caller has to flush.
    pub(super) fn announce_join(&self, newcomer: i32, now: Time) -> bool {
        let Some(peer) = self.roster.get(newcomer).filter(|_| self.announces()) else {
            return false;
        };
        let (ids, peers): (Vec<i32>, Vec<PeerId>) = self.others_than(newcomer).unzip();
        let mut is_queued = self.tell(&peers, SystemMessage::Add(newcomer), now);
        for id in ids {
            is_queued |= self.tell(&[peer], SystemMessage::Add(id), now);
        }
        is_queued
    }

    /// Announces to a server's clients that another one has left. Returns whether messages were queued,
    /// which the caller has to flush.
    pub(super) fn announce_leave(&self, id: i32, now: Time) -> bool {
        if !self.announces() {
            return false;
        }
        let others: Vec<PeerId> = self.others_than(id).map(|(_, peer)| peer).collect();
        self.tell(&others, SystemMessage::Remove(id), now)
    }

    fn announces(&self) -> bool {
        self.speaks_godot3() && self.facts.server_relay.get() && self.mode() == Mode::Server
    }

    fn others_than(&self, id: i32) -> impl Iterator<Item = (i32, PeerId)> {
        self.roster.iter().filter(move |&(other, _)| other != id)
    }

    fn tell(&self, peers: &[PeerId], message: SystemMessage, now: Time) -> bool {
        let Some(connection) = self.hosts.get(MAIN_HOST) else {
            return false;
        };
        let mut connection = connection.borrow_mut();
        let Some(host) = connection.host() else {
            return false;
        };
        let (flags, message) = (PacketFlags::RELIABLE, message.to_bytes());
        // A client that is leaving misses the message and needs it no more.
        let _ = host.send_to_all(now, peers, CONFIG_CHANNEL, flags, &message);
        true
    }

    /// Handles a packet that a client received from its server. Returns the signal to emit.
    #[inline(never)]
    pub(super) fn on_packet_of_server(&mut self, event: Event) -> Option<Signal> {
        let (channel, flags, mut data) = packet_of(event)?;
        if channel == CONFIG_CHANNEL {
            return self.on_system_message(SystemMessage::of(&data)?);
        }
        let id = Prefix::of(&data)?.source;
        data.drain(..PREFIX_SIZE);
        let packet = packet(id, channel, flags, data);
        if id == SERVER_ID || self.is_relayed(id) {
            self.facts.inbox.borrow_mut().push(packet);
        } else if self.may_be_other(id) {
            self.relay.early.keep(packet);
        }
        None
    }

    fn on_system_message(&mut self, message: SystemMessage) -> Option<Signal> {
        match message {
            SystemMessage::Add(id) => {
                // A server cannot have more clients than that, so further ones are forged.
                let fits = self.may_be_other(id) && self.relay.others.len() < MAX_PEERS;
                if !fits || !self.relay.others.insert(id) {
                    return None;
                }
                for packet in self.relay.early.take_of(id) {
                    self.facts.inbox.borrow_mut().push(packet);
                }
                Some(Signal::PeerConnected(id))
            }
            SystemMessage::Remove(id) => {
                let is_known = self.relay.others.remove(&id);
                is_known.then_some(Signal::PeerDisconnected(id))
            }
        }
    }

    fn may_be_other(&self, id: i32) -> bool {
        id > SERVER_ID && id != self.unique_id()
    }

    /// The id of the relayed peer whose end an event announces.
    pub(super) fn relayed_end(&self, event: &Event) -> Option<i32> {
        match event {
            Event::Received { channel, data, .. }
                if *channel == CONFIG_CHANNEL
                    && self.speaks_godot3()
                    && self.mode() == Mode::Client =>
            {
                match SystemMessage::of(data)? {
                    SystemMessage::Remove(id) => Some(id),
                    SystemMessage::Add(_) => None,
                }
            }
            _ => None,
        }
    }
}

fn packet(peer: i32, channel: u8, flags: PacketFlags, data: Vec<u8>) -> Packet {
    Packet {
        peer,
        channel: format::from_wire(channel),
        mode: TransferMode::from_flags(flags),
        data,
    }
}

fn packet_of(event: Event) -> Option<(u8, PacketFlags, Vec<u8>)> {
    match event {
        Event::Received {
            channel,
            flags,
            data,
            ..
        } => Some((channel, flags, data)),
        _ => None,
    }
}
