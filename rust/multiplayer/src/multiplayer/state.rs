//! Queries of a session: its peers and hosts, and the packets that it received. `facts.rs` has those for its state.

use std::rc::Rc;

use super::{MAIN_HOST, Mode, Multiplayer, Packet};
use crate::SharedConnection;
use enet_proto::PeerId;

impl Multiplayer {
    /// Takes the oldest unread packet.
    pub fn take_packet(&mut self) -> Option<Packet> {
        self.facts.inbox.borrow_mut().pop()
    }

    /// Returns the buffer of a packet that was read, so that later packets use its memory again.
    pub fn recycle(&mut self, bytes: Vec<u8>) {
        if let Some(host) = self.hosts.values().next()
            && let Some(host) = host.borrow_mut().host()
        {
            host.recycle(bytes);
        }
    }

    /// Ids of the peers that this one has a connection to, ascending.
    pub fn peer_ids(&self) -> impl Iterator<Item = i32> {
        self.roster.iter().map(|(id, _)| id)
    }

    /// Number of peers that this one has a connection to.
    pub fn peer_count(&self) -> usize {
        self.roster.len()
    }

    /// Whether a connection belongs to one of the peers.
    pub fn has_peer(&self, peer: PeerId) -> bool {
        match self.mode() {
            Mode::Server => self.roster.id_of(peer).is_some(),
            _ => self.roster.iter().any(|(_, known)| known == peer),
        }
    }

    /// The connection to a peer, and the host that has it.
    pub fn connection_to(&self, id: i32) -> Option<(SharedConnection, PeerId)> {
        let host = self.hosts.get(self.host_key(id))?;
        Some((Rc::clone(host), self.roster.get(id)?))
    }

    /// The UDP port of a server or client.
    pub fn local_port(&self) -> Option<u16> {
        self.host()?.borrow().local_port().ok()
    }

    /// The host of a server or client.
    pub fn host(&self) -> Option<&SharedConnection> {
        // A mesh may have a peer whose id equals the key.
        let host = self.hosts.get(MAIN_HOST);
        host.filter(|_| self.mode() != Mode::Mesh)
    }

    /// The host with this key: see [`Multiplayer::host_key`].
    pub fn host_at(&self, key: i32) -> Option<&SharedConnection> {
        self.hosts.get(key)
    }

    /// The key of the host that has the connection to a peer.
    pub fn host_key(&self, id: i32) -> i32 {
        if self.mode() == Mode::Mesh {
            id
        } else {
            MAIN_HOST
        }
    }

    /// Whether the session was polled since it began.
    pub fn is_polling(&self) -> bool {
        self.was_polled
    }
}
