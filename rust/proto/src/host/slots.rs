//! The peer slots of a host.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::random::Random;
use crate::peer::Peer;
use crate::{MAX_PEERS, PeerId, PeerState};

/// The slots: their peers, and what outlives a slot's connections.
pub struct Slots {
    peers: Vec<Option<Box<Peer>>>,
    /// The incoming and outgoing session of each slot's last connection.
    sessions: Vec<(u8, u8)>,
    free: Free,
    generations: u32,
}

/// Free slots.
enum Free {
    /// The lowest is filled first.
    Ordered(BinaryHeap<Reverse<u16>>),
    /// Any is filled.
    Random(Vec<u16>),
}

impl Free {
    fn is_empty(&self) -> bool {
        match self {
            Self::Ordered(slots) => slots.is_empty(),
            Self::Random(slots) => slots.is_empty(),
        }
    }

    fn put_back(&mut self, slot: u16) {
        match self {
            Self::Ordered(slots) => slots.push(Reverse(slot)),
            Self::Random(slots) => slots.push(slot),
        }
    }

    fn take(&mut self, random: &mut Random) -> Option<u16> {
        match self {
            Self::Ordered(slots) => slots.pop().map(|Reverse(slot)| slot),
            Self::Random(slots) if slots.is_empty() => None,
            Self::Random(slots) => Some(slots.swap_remove(random.below(slots.len()))),
        }
    }
}

impl Slots {
    /// `count` free slots, at most [`crate::MAX_PEERS`], which are filled in order or at random.
    pub fn new(count: usize, is_random: bool) -> Self {
        let mut slots = Self {
            peers: Vec::new(),
            sessions: Vec::new(),
            free: match is_random {
                true => Free::Random(Vec::new()),
                false => Free::Ordered(BinaryHeap::new()),
            },
            generations: 0,
        };
        slots.grow(count);
        slots
    }

    /// Adds free slots until there are `count`.
    pub fn grow(&mut self, count: usize) {
        for slot in self.peers.len()..count.min(MAX_PEERS) {
            self.peers.push(None);
            self.sessions.push((0xFF, 0xFF));
            self.free.put_back(slot as u16);
        }
    }

    pub fn count(&self) -> usize {
        self.peers.len()
    }

    pub fn has_free(&self) -> bool {
        !self.free.is_empty()
    }

    /// Fills a free slot with the peer that `make` returns for an id and the slot's last sessions.
    pub fn fill(
        &mut self,
        random: &mut Random,
        make: impl FnOnce(PeerId, (u8, u8)) -> Peer,
    ) -> Option<&mut Peer> {
        let slot = self.free.take(random)?;
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
        self.free.put_back(slot);
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
        let peer = slots.fill(&mut Random::new(&1.into()), |id, sessions| {
            last = sessions;
            let address = ([10, 0, 0, 1], 1).into();
            Peer::new(id, address, 1392, (1, 2), PeerState::Connecting)
        });
        peer.map(|peer| (peer.id(), last))
    }

    #[test]
    fn the_lowest_free_slot_is_filled_and_ids_never_repeat() {
        let mut slots = Slots::new(2, false);
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

    #[test]
    fn random_slots_are_all_of_them_in_no_order() {
        let mut slots = Slots::new(50, true);
        slots.grow(200);
        let mut random = Random::new(&1.into());
        let address = ([10, 0, 0, 1], 1).into();
        let make = |id, _| Peer::new(id, address, 1392, (1, 2), PeerState::Connecting);
        let filled = (0..200).map(|_| slots.fill(&mut random, make).map(|peer| peer.id().slot));
        let mut filled: Vec<_> = filled.collect::<Option<_>>().expect("free slots");
        assert!(!filled.is_sorted() && filled[..10].iter().any(|&slot| slot >= 50));
        filled.sort_unstable();
        assert_eq!(filled, (0..200).collect::<Vec<u16>>());
        assert!(!slots.has_free());
    }
}
