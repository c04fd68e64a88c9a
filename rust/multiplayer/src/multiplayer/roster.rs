//! The peers of a session, by their Godot id.

use std::collections::{BTreeMap, HashMap};

use enet_proto::PeerId;

/// The peers that a session has a connection to.
#[derive(Default)]
pub(super) struct Roster {
    peers: BTreeMap<i32, PeerId>,
    /// Ids by connection. Only a server needs it, and only there a [`PeerId`] is unique: a mesh has a
    /// host per peer.
    ids: HashMap<PeerId, i32>,
}

impl Roster {
    /// Adds a peer of a client or mesh, or replaces the one that had the id.
    pub fn insert(&mut self, id: i32, peer: PeerId) {
        self.peers.insert(id, peer);
    }

    /// Adds a client of a server. [`Roster::id_of`] finds it.
    pub fn insert_client(&mut self, id: i32, peer: PeerId) {
        self.peers.insert(id, peer);
        self.ids.insert(peer, id);
    }

    /// Removes a peer; false if none has the id.
    pub fn remove(&mut self, id: i32) -> bool {
        let removed = self.peers.remove(&id);
        if let Some(peer) = removed {
            self.ids.remove(&peer);
        }
        removed.is_some()
    }

    /// The connection to a peer.
    pub fn get(&self, id: i32) -> Option<PeerId> {
        self.peers.get(&id).copied()
    }

    /// Whether a peer has this id.
    pub fn contains(&self, id: i32) -> bool {
        self.peers.contains_key(&id)
    }

    /// Whether this id belongs to this connection.
    pub fn is(&self, id: i32, peer: PeerId) -> bool {
        self.get(id) == Some(peer)
    }

    /// The id of a server's client.
    pub fn id_of(&self, peer: PeerId) -> Option<i32> {
        self.ids.get(&peer).copied()
    }

    /// Ids and connections, by ascending id.
    pub fn iter(&self) -> impl Iterator<Item = (i32, PeerId)> {
        self.peers.iter().map(|(&id, &peer)| (id, peer))
    }

    /// Number of peers.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Removes every peer.
    pub fn clear(&mut self) {
        self.peers.clear();
        self.ids.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(slot: u16) -> PeerId {
        PeerId {
            slot,
            generation: 1,
        }
    }

    #[test]
    fn a_servers_clients_are_found_both_ways() {
        let mut roster = Roster::default();
        roster.insert_client(42, peer(1));
        roster.insert_client(7, peer(2));
        assert!(roster.is(42, peer(1)) && !roster.is(42, peer(2)));
        assert_eq!(roster.id_of(peer(2)), Some(7));
        assert!(roster.iter().eq([(7, peer(2)), (42, peer(1))]));
        assert!(roster.remove(42));
        assert!(!roster.remove(42));
        assert_eq!(roster.id_of(peer(1)), None);
        assert_eq!(roster.get(42), None);
        assert_eq!(roster.len(), 1);
    }

    #[test]
    fn peers_of_a_mesh_may_have_equal_connection_ids() {
        let mut roster = Roster::default();
        roster.insert(3, peer(0));
        roster.insert(4, peer(0));
        assert!(roster.remove(3));
        assert!(roster.contains(4) && roster.is(4, peer(0)));
        assert_eq!(roster.id_of(peer(0)), None);
    }
}
