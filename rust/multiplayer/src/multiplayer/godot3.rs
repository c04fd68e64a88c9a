//! Godot 3's format, for servers and clients that talk to `NetworkedMultiplayerENet`.
//!
//! Godot 4 leaves passing packets on to the layer above. In Godot 3 the peer does it: each packet
//! names its source and its destination, and a server sends those for others on, and tells its
//! clients of each other. So a client knows peers that it has no connection to.
//!
//! Everything that arrives here may be forged. A packet that is too short, comes from somebody else
//! than it says or goes to nobody is dropped without a word.

use std::collections::{BTreeSet, VecDeque};

use super::{MAIN_HOST, Mode, Multiplayer, Packet, SERVER_ID, Signal};
use crate::{SendError, TransferMode};
use enet_proto::{Event, PacketFlags, PeerId, Time};
use enet_proto::{MAX_PACKET_SIZE, MAX_PEERS};

mod format;

use format::{CONFIG_CHANNEL, PREFIX_SIZE, Prefix, SystemMessage};
pub(super) use format::{SYSTEM_CHANNELS, to_wire, wire_count};

/// What is sent above ENet, in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WireProtocol {
    /// A game's bytes as they are, as Godot 4 does.
    #[default]
    Godot4 = 0,
    /// With source and destination, as Godot 3 does.
    Godot3 = 1,
}

/// Packets of peers that are not announced yet: a lost announcement is overtaken by what it
/// announces. More than so many, or so many bytes, are not kept.
const MOST_EARLY: usize = 256;
const MOST_EARLY_BYTES: usize = 1024 * 1024;

/// What a session in this format knows besides.
#[derive(Default)]
pub(super) struct Relay {
    /// Other clients, as a client knows them.
    others: BTreeSet<i32>,
    early: VecDeque<Packet>,
    early_bytes: usize,
    /// A packet with its prefix, while it is sent.
    buffer: Vec<u8>,
    /// Whether something was passed on and not sent yet.
    pub is_unsent: bool,
}

impl Relay {
    pub fn clear(&mut self) {
        self.others.clear();
        self.early.clear();
        self.early_bytes = 0;
        self.is_unsent = false;
    }

    fn keep(&mut self, packet: Packet) {
        self.early_bytes += packet.data.len();
        self.early.push_back(packet);
        // One that is larger by itself goes, too.
        while self.early.len() > MOST_EARLY || self.early_bytes > MOST_EARLY_BYTES {
            let oldest = self.early.pop_front();
            self.early_bytes -= oldest.map_or(0, |packet| packet.data.len());
        }
    }
}

impl Multiplayer {
    /// Ids of the clients that the server told of; [`Multiplayer::peer_ids`] has those with a
    /// connection.
    pub fn relayed_ids(&self) -> impl Iterator<Item = i32> {
        self.relay.others.iter().copied()
    }

    pub(super) fn speaks_godot3(&self) -> bool {
        self.legacy.wire_protocol == WireProtocol::Godot3
    }

    pub(super) fn is_relayed(&self, id: i32) -> bool {
        self.relay.others.contains(&id)
    }

    /// Sends to the target, which was checked.
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
            source: self.unique_id,
            target: self.target,
        };
        // Out of its place, as sending borrows everything.
        let mut buffer = std::mem::take(&mut self.relay.buffer);
        buffer.clear();
        buffer.extend_from_slice(&prefix.to_bytes());
        buffer.extend_from_slice(data);
        let sent = match (self.mode, self.target) {
            (Mode::Client, _) => self.send_to_one(SERVER_ID, wire_channel, &buffer, now),
            (_, 1..) => self.send_to_one(self.target, wire_channel, &buffer, now),
            _ => self.send_to_clients(wire_channel, &buffer, now),
        };
        self.relay.buffer = buffer;
        sent
    }

    /// A server's part when a client sent something.
    pub(super) fn on_packet_of_client(&mut self, id: i32, event: Event, now: Time) {
        let Some((channel, flags, mut data)) = packet_of(event) else {
            return;
        };
        let is_own = |prefix: &Prefix| prefix.source == id && channel != CONFIG_CHANNEL;
        let Some(prefix) = Prefix::of(&data).filter(is_own) else {
            return;
        };
        let target = prefix.target;
        if self.legacy.server_relay && target != SERVER_ID {
            self.pass_on(id, target, channel, flags, &data, now);
        }
        // Everybody, or everybody but one who is not the server.
        if target == SERVER_ID || target == 0 || target < -SERVER_ID {
            data.drain(..PREFIX_SIZE);
            self.store(packet(id, channel, flags, data));
        }
    }

    fn pass_on(
        &mut self,
        from: i32,
        target: i32,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
        now: Time,
    ) {
        let Self {
            peers, recipients, ..
        } = self;
        recipients.clear();
        // Nobody has the id that i32::MIN leaves out.
        let left_out = target.checked_neg();
        let is_meant = |id: i32| match target {
            1.. => id == target,
            _ => Some(id) != left_out,
        };
        let others = peers.iter().filter(|&(&id, _)| id != from && is_meant(id));
        recipients.extend(others.map(|(_, &peer)| peer));
        let flags = PacketFlags {
            unreliable_fragment: !flags.reliable,
            ..flags
        };
        if let Some(connection) = self.hosts.get(&MAIN_HOST)
            && let Some(host) = connection.borrow_mut().host()
        {
            // Who lacks the channel misses it; it is not too large, as it came in.
            let _ = host.send_to_all(now, &self.recipients, channel, flags, data);
            self.relay.is_unsent = true;
        }
    }

    /// A server's part when a client came: it and the others are told of each other.
    pub(super) fn announce_join(&mut self, newcomer: i32, now: Time) {
        let Some(&peer) = self.peers.get(&newcomer).filter(|_| self.announces()) else {
            return;
        };
        let others: Vec<(i32, PeerId)> = self.others_than(newcomer);
        let everybody: Vec<PeerId> = others.iter().map(|&(_, peer)| peer).collect();
        self.tell(&everybody, SystemMessage::Add(newcomer), now);
        for (id, _) in others {
            self.tell(&[peer], SystemMessage::Add(id), now);
        }
    }

    /// A server's part when a client went.
    pub(super) fn announce_leave(&mut self, id: i32, now: Time) {
        if self.announces() {
            let others = self.others_than(id);
            let others: Vec<PeerId> = others.iter().map(|&(_, peer)| peer).collect();
            self.tell(&others, SystemMessage::Remove(id), now);
        }
    }

    fn announces(&self) -> bool {
        self.speaks_godot3() && self.legacy.server_relay && self.mode == Mode::Server
    }

    fn others_than(&self, id: i32) -> Vec<(i32, PeerId)> {
        let everybody = self.peers.iter().map(|(&id, &peer)| (id, peer));
        everybody.filter(|&(other, _)| other != id).collect()
    }

    fn tell(&mut self, peers: &[PeerId], message: SystemMessage, now: Time) {
        if let Some(connection) = self.hosts.get(&MAIN_HOST)
            && let Some(host) = connection.borrow_mut().host()
        {
            let flags = PacketFlags::RELIABLE;
            // Those who are leaving need not know.
            let _ = host.send_to_all(now, peers, CONFIG_CHANNEL, flags, &message.to_bytes());
            self.relay.is_unsent = true;
        }
    }

    /// Sends what was passed on since the last time.
    pub(super) fn send_relayed(&mut self, now: Time) {
        if std::mem::take(&mut self.relay.is_unsent)
            && let Some(connection) = self.hosts.get(&MAIN_HOST)
            && let Some(host) = connection.borrow_mut().host()
        {
            host.flush(now);
        }
    }

    /// A client's part when the server sent something.
    pub(super) fn on_packet_of_server(&mut self, event: Event) -> Option<Signal> {
        let (channel, flags, mut data) = packet_of(event)?;
        if channel == CONFIG_CHANNEL {
            return self.on_system_message(SystemMessage::of(&data)?);
        }
        let id = Prefix::of(&data)?.source;
        data.drain(..PREFIX_SIZE);
        let packet = packet(id, channel, flags, data);
        if id == SERVER_ID || self.is_relayed(id) {
            self.store(packet);
        } else if self.may_be_other(id) {
            self.relay.keep(packet);
        }
        None
    }

    fn on_system_message(&mut self, message: SystemMessage) -> Option<Signal> {
        match message {
            SystemMessage::Add(id) => {
                // More than a server can have, nobody needs to remember.
                let fits = self.may_be_other(id) && self.relay.others.len() < MAX_PEERS;
                if !fits || !self.relay.others.insert(id) {
                    return None;
                }
                self.store_early(id);
                Some(Signal::PeerConnected(id))
            }
            SystemMessage::Remove(id) => {
                let is_known = self.relay.others.remove(&id);
                is_known.then_some(Signal::PeerDisconnected(id))
            }
        }
    }

    fn store_early(&mut self, id: i32) {
        let early = std::mem::take(&mut self.relay.early);
        self.relay.early_bytes = 0;
        for packet in early {
            if packet.peer == id {
                self.store(packet);
            } else {
                self.relay.keep(packet);
            }
        }
    }

    fn may_be_other(&self, id: i32) -> bool {
        id > SERVER_ID && id != self.unique_id
    }

    /// Whether an event is the end of a relayed peer, and whose.
    pub(super) fn relayed_end(&self, event: &Event) -> Option<i32> {
        match event {
            Event::Received { channel, data, .. }
                if *channel == CONFIG_CHANNEL
                    && self.speaks_godot3()
                    && self.mode == Mode::Client =>
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
