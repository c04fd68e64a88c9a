//! The peer slots of a host.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::peer::Peer;
use crate::{PeerId, PeerState};

/// The slots: their peers, and what outlives a slot's connections.
pub struct Slots {
    peers: Vec<Option<Box<Peer>>>,
    /// The incoming and outgoing session of each slot's last connection.
    sessions: Vec<(u8, u8)>,
    /// Free slots, lowest first.
    free: BinaryHeap<Reverse<u16>>,
    generations: u32,
}

impl Slots {
    /// `count` free slots, at most [`crate::MAX_PEERS`].
    pub fn new(count: usize) -> Self {
        Self {
            peers: (0..count).map(|_| None).collect(),
            sessions: vec![(0xFF, 0xFF); count],
            free: (0..count as u16).map(Reverse).collect(),
            generations: 0,
        }
    }

    pub fn count(&self) -> usize {
        self.peers.len()
    }

    pub fn has_free(&self) -> bool {
        !self.free.is_empty()
    }

    /// Fills a free slot with the peer that `make` returns for an id and the slot's last sessions.
    pub fn fill(&mut self, make: impl FnOnce(PeerId, (u8, u8)) -> Peer) -> Option<&mut Peer> {
        let Reverse(slot) = self.free.pop()?;
        self.generations = self.generations.wrapping_add(1);
        let id = PeerId {
            slot,
            generation: self.generations,
        };
        let index = usize::from(slot);
        let peer = Box::new(make(id, self.sessions[index]));
        Some(self.peers[index].insert(peer))
    }

    /// Frees the slot of a peer that ended.
    pub fn free(&mut self, slot: u16) -> Option<Box<Peer>> {
        let index = usize::from(slot);
        let peer = self.peers.get_mut(index)?.take()?;
        self.sessions[index] = peer.sessions();
        self.free.push(Reverse(slot));
        Some(peer)
    }

    /// The peer with an id, unless the id is stale.
    pub fn get(&self, id: PeerId) -> Option<&Peer> {
        self.at(id.slot).filter(|peer| peer.id() == id)
    }

    pub fn at(&self, slot: u16) -> Option<&Peer> {
        self.peers.get(usize::from(slot))?.as_deref()
    }

    pub fn at_mut(&mut self, slot: u16) -> Option<&mut Peer> {
        self.peers.get_mut(usize::from(slot))?.as_deref_mut()
    }

    pub fn state(&self, id: PeerId) -> PeerState {
        self.get(id).map_or(PeerState::Disconnected, Peer::state)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.peers.iter().filter_map(Option::as_deref)
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Peer> {
        self.peers.iter_mut().filter_map(Option::as_deref_mut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(slots: &mut Slots) -> Option<(PeerId, (u8, u8))> {
        let mut last = (0, 0);
        let peer = slots.fill(|id, sessions| {
            last = sessions;
            let address = ([10, 0, 0, 1], 1).into();
            Peer::new(id, address, 1392, (1, 2), PeerState::Connecting)
        });
        peer.map(|peer| (peer.id(), last))
    }

    #[test]
    fn the_lowest_free_slot_is_filled_and_ids_never_repeat() {
        let mut slots = Slots::new(2);
        let (first, sessions) = fill(&mut slots).expect("a free slot");
        assert_eq!((first.slot, sessions), (0, (0xFF, 0xFF)));
        assert_eq!(fill(&mut slots).expect("a free slot").0.slot, 1);
        assert!(fill(&mut slots).is_none() && !slots.has_free());
        slots.free(0);
        assert!(slots.get(first).is_none());
        let (again, sessions) = fill(&mut slots).expect("a free slot");
        assert_eq!((again.slot, sessions), (0, (1, 2)));
        assert!(again != first && slots.get(first).is_none());
        assert_eq!(slots.state(first), PeerState::Disconnected);
    }
}
