//! The list of a connection's peers.

use enet_proto::{PeerId, Throttle};

/// A peer on the list.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Which connection of the host it is.
    pub id: PeerId,
    /// The connect data: the remote's, or ours where we began.
    pub data: u32,
    /// Whether this side began.
    pub is_outgoing: bool,
    /// Whether the event of its connection was taken.
    pub is_up: bool,
    /// Whether its connection, or the attempt, goes on.
    pub is_active: bool,
    /// Set before the connection is up, for the moment it is.
    pub throttle: Option<Throttle>,
    order: u64,
}

/// Peers by slot, with their order.
#[derive(Debug, Default)]
pub struct Members {
    by_slot: Vec<Option<Member>>,
    /// Counts peers listed, to tell their order.
    listed: u64,
    /// Peers that are no longer active and still listed.
    ended: Vec<PeerId>,
    departures: u64,
}

impl Members {
    pub fn get(&self, peer: PeerId) -> Option<&Member> {
        let member = self.by_slot.get(usize::from(peer.slot))?.as_ref()?;
        (member.id == peer).then_some(member)
    }

    pub fn is_active(&self, peer: PeerId) -> bool {
        self.get(peer).is_some_and(|member| member.is_active)
    }

    pub fn is_empty(&self) -> bool {
        self.by_slot.iter().all(Option::is_none)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        self.by_slot.iter().flatten()
    }

    /// The peers in the order in which they became known.
    pub fn in_order(&self) -> Vec<PeerId> {
        let mut members: Vec<&Member> = self.iter().collect();
        members.sort_unstable_by_key(|member| member.order);
        members.iter().map(|member| member.id).collect()
    }

    /// Changes whenever peers left the list.
    pub fn departures(&self) -> u64 {
        self.departures
    }

    /// Adds a peer: one that we connect to, or one whose connection was just reported.
    pub fn list(&mut self, id: PeerId, data: u32, is_outgoing: bool) {
        let slot = usize::from(id.slot);
        if self.by_slot.len() <= slot {
            self.by_slot.resize(slot + 1, None);
        }
        self.listed += 1;
        self.by_slot[slot] = Some(Member {
            id,
            data,
            is_outgoing,
            is_up: !is_outgoing,
            is_active: true,
            throttle: None,
            order: self.listed,
        });
    }

    /// Notes that the event of an outgoing connection was taken, and gives the throttle set before.
    pub fn set_up(&mut self, peer: PeerId) -> Option<Throttle> {
        let member = self.get_mut(peer)?;
        member.is_up = true;
        member.throttle.take()
    }

    /// Sets a throttle for the moment the connection is up.
    pub fn set_throttle(&mut self, peer: PeerId, throttle: Throttle) {
        if let Some(member) = self.get_mut(peer) {
            member.throttle = Some(throttle);
        }
    }

    /// Makes a peer inactive. It stays listed until [`Members::unlist_ended`].
    pub fn end(&mut self, peer: PeerId) {
        if let Some(member) = self.get_mut(peer)
            && member.is_active
        {
            member.is_active = false;
            self.ended.push(peer);
        }
    }

    /// Takes the inactive peers off the list.
    pub fn unlist_ended(&mut self) -> Vec<PeerId> {
        let ended = std::mem::take(&mut self.ended);
        for &peer in &ended {
            self.unlist(peer);
        }
        ended
    }

    pub fn unlist(&mut self, peer: PeerId) {
        if self.get(peer).is_some() {
            self.by_slot[usize::from(peer.slot)] = None;
            self.departures += 1;
        }
    }

    pub fn clear(&mut self) {
        self.by_slot.clear();
        self.ended.clear();
        self.departures += 1;
    }

    fn get_mut(&mut self, peer: PeerId) -> Option<&mut Member> {
        let member = self.by_slot.get_mut(usize::from(peer.slot))?.as_mut()?;
        (member.id == peer).then_some(member)
    }
}
