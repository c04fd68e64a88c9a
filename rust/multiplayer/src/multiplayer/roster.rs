//! The peers of a session, by their Godot id.

use enet_proto::PeerId;

/// The peers that a session has a connection to. Lists take less code than maps with as little work, and every frame of
/// a game looks here: see [`super::host_map::HostMap`].
#[derive(Default)]
pub(super) struct Roster {
    /// By ascending id.
    peers: Vec<(i32, PeerId)>,
    /// Ids by ascending connection. Only a server needs it, and only there a [`PeerId`] is unique: a mesh has a
    /// host per peer.
    ids: Vec<(PeerId, i32)>,
}

impl Roster {
    /// Adds a peer of a client or mesh, or replaces the one that had the id.
    pub fn insert(&mut self, id: i32, peer: PeerId) {
        match self.find(id) {
            Ok(place) => self.peers[place].1 = peer,
            Err(place) => self.peers.insert(place, (id, peer)),
        }
    }

    /// Adds a client of a server. [`Roster::id_of`] finds it.
    pub fn insert_client(&mut self, id: i32, peer: PeerId) {
        self.insert(id, peer);
        match self.find_connection(peer) {
            Ok(place) => self.ids[place].1 = id,
            Err(place) => self.ids.insert(place, (peer, id)),
        }
    }

    /// Removes a peer; false if none has the id.
    pub fn remove(&mut self, id: i32) -> bool {
        let Ok(place) = self.find(id) else {
            return false;
        };
        let (_, peer) = self.peers.remove(place);
        if let Ok(place) = self.find_connection(peer) {
            self.ids.remove(place);
        }
        true
    }

    /// The connection to a peer.
    pub fn get(&self, id: i32) -> Option<PeerId> {
        let place = self.find(id).ok()?;
        Some(self.peers[place].1)
    }

    /// Whether a peer has this id.
    pub fn contains(&self, id: i32) -> bool {
        self.find(id).is_ok()
    }

    /// Whether this id belongs to this connection.
    pub fn is(&self, id: i32, peer: PeerId) -> bool {
        self.get(id) == Some(peer)
    }

    /// The id of a server's client.
    pub fn id_of(&self, peer: PeerId) -> Option<i32> {
        let place = self.find_connection(peer).ok()?;
        Some(self.ids[place].1)
    }

    /// Ids and connections, by ascending id.
    pub fn iter(&self) -> impl Iterator<Item = (i32, PeerId)> {
        self.peers.iter().copied()
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

    fn find(&self, id: i32) -> Result<usize, usize> {
        self.peers.binary_search_by_key(&id, |&(known, _)| known)
    }

    fn find_connection(&self, peer: PeerId) -> Result<usize, usize> {
        self.ids.binary_search_by_key(&peer, |&(known, _)| known)
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

    #[test]
    fn a_client_whose_end_waits_shares_its_slot_with_the_next_one() {
        let mut roster = Roster::default();
        let former = peer(3);
        let next = PeerId {
            generation: 2,
            ..former
        };
        roster.insert_client(5, former);
        roster.insert_client(6, next);
        assert_eq!(roster.id_of(former), Some(5));
        assert!(roster.remove(5));
        assert_eq!(roster.id_of(next), Some(6));
    }
}
