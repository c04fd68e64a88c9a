//! Figures of a session: those of its hosts, and those of its peers by id.

use super::{Facts, Mode, Multiplayer, Packet, SERVER_ID};
use crate::channel::to_wire;
use crate::{Figures, Inactive};
use enet_proto::{Backlog, PeerId, Time};

impl Multiplayer {
    /// Figures of the session and of its peers, all of one moment: each host's lock is taken once. The gaps of
    /// [`enet_net::HostFigures`] are those of the last minute.
    pub fn figures(&self, now: Time) -> Result<Figures, Inactive> {
        self.figures_since(now, Time::ZERO)
    }

    /// The same with the longest gaps since a time, such as that of the caller's last call.
    pub fn figures_since(&self, now: Time, since: Time) -> Result<Figures, Inactive> {
        if !self.is_active() {
            return Err(Inactive);
        }
        let mut all = Figures::default();
        for (key, connection) in self.hosts.iter() {
            let connection = connection.borrow();
            // A script may have destroyed the host.
            let Some(host) = connection.host_ref() else {
                continue;
            };
            let (figures, peers) = host.figures(now, since);
            all.host.add(&figures);
            let with_id = |(peer, _, figures)| Some((self.id_at(key, peer)?, figures));
            all.peers.extend(peers.into_iter().filter_map(with_id));
        }
        all.peers.sort_unstable_by_key(|&(id, _)| id);
        for packet in self.facts.inbox.borrow().iter() {
            let size = packet.data.len();
            all.host.waiting.unread.count(size);
            if let Ok(index) = all.peers.binary_search_by_key(&packet.peer, |&(id, _)| id) {
                all.peers[index].1.waiting.unread.count(size);
            }
        }
        Ok(all)
    }

    /// Calls `each` with the smoothed round-trip time of each peer whose time is known, in milliseconds.
    pub fn for_each_round_trip(&self, mut each: impl FnMut(u32)) {
        for connection in self.hosts.values() {
            if let Some(host) = connection.borrow().host_ref() {
                host.for_each_round_trip(&mut each);
            }
        }
    }

    /// The id of a peer of the host with a key.
    fn id_at(&self, key: i32, peer: PeerId) -> Option<i32> {
        match self.mode() {
            Mode::Server => self.roster.id_of(peer),
            Mode::Client => self.roster.is(SERVER_ID, peer).then_some(SERVER_ID),
            Mode::Mesh => self.roster.is(key, peer).then_some(key),
            Mode::Inactive => None,
        }
    }
}

impl Facts {
    /// Packets that the game has not read, of the host with a key.
    pub(crate) fn unread_of_host(&self, key: i32) -> Backlog {
        let mut unread = Backlog::default();
        let inbox = self.inbox.borrow();
        let is_of_host = |packet: &&Packet| self.mode() != Mode::Mesh || packet.peer == key;
        let packets = inbox.iter().filter(is_of_host);
        packets.for_each(|packet| unread.count(packet.data.len()));
        unread
    }

    /// ENet channels and sizes of the packets of a peer that the game has not read.
    pub(crate) fn unread_of(&self, id: i32) -> Vec<(u8, usize)> {
        let inbox = self.inbox.borrow();
        let packets = inbox.iter().filter(|packet| packet.peer == id);
        let sizes = packets.filter_map(|packet| {
            let channel = to_wire(packet.mode, packet.channel)?;
            Some((channel, packet.data.len()))
        });
        sizes.collect()
    }
}
