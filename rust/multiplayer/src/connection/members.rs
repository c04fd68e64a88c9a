//! The list of a connection's peers.

use std::cell::Cell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;

use crate::End;
use enet_proto::{FormerPeer, PeerId, Throttle, Time};

/// A peer on the list.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// The peer's connection.
    pub id: PeerId,
    /// The connect data: the remote's, or this side's where it began the connection.
    pub data: u32,
    /// The data with which this side ended the connection; 0 if it did not.
    pub given: u32,
    /// How the connection ended, if it did by itself.
    pub ended: Option<End>,
    /// The remote's address, which the host forgets with the connection.
    pub address: Option<SocketAddr>,
    /// Whether this side began the connection.
    pub is_outgoing: bool,
    /// When this side began the connection.
    pub started: Option<Time>,
    /// Whether the connection is up and its event was taken.
    pub is_up: bool,
    /// Whether the connection, or the attempt to connect, goes on.
    pub is_active: bool,
    /// A throttle that was set before the connection is up, and applies from then on.
    pub throttle: Option<Throttle>,
    order: u64,
}

impl Member {
    /// How the connection ended, if it did.
    pub fn end(&self) -> End {
        self.ended.unwrap_or(End::local(self.given))
    }
}

/// A peer whose connection ended, and whose end the script has not heard of. Its slot may have another peer.
#[derive(Debug)]
struct Leaving {
    member: Member,
    former: FormerPeer,
    /// Whether the handlers of the signal run.
    is_told: bool,
}

/// The listed peers by slot of the host, with the order in which they were listed.
#[derive(Debug, Default)]
pub struct Members {
    by_slot: Vec<Option<Member>>,
    /// The generations of the active ones among them, by slot. Every packet asks for its peer: these lie close together.
    active: Vec<Option<u32>>,
    leaving: HashMap<PeerId, Leaving>,
    /// Where objects that outlive their peers learn how these ended.
    watched: HashMap<PeerId, Rc<Cell<End>>>,
    /// Number of peers listed so far, which gives each its place in the order.
    listed: u64,
    /// Inactive peers that are still listed.
    ended: Vec<PeerId>,
    departures: u64,
}

impl Members {
    /// The listed peer. A stale id finds none.
    pub fn get(&self, peer: PeerId) -> Option<&Member> {
        let member = self.by_slot.get(usize::from(peer.slot));
        let member = member.and_then(Option::as_ref);
        (member.filter(|member| member.id == peer))
            .or_else(|| Some(&self.leaving.get(&peer)?.member))
    }

    /// What was known of a peer that is leaving at its end, until [`Members::forget_left`].
    pub fn former(&self, peer: PeerId) -> Option<&FormerPeer> {
        let leaving = self.leaving.get(&peer)?;
        (leaving.is_told || leaving.member.is_active).then_some(&leaving.former)
    }

    /// Whether the peer is listed and active.
    #[inline]
    pub fn is_active(&self, peer: PeerId) -> bool {
        let active = self.active.get(usize::from(peer.slot));
        active == Some(&Some(peer.generation)) || self.is_active_and_leaving(peer)
    }

    #[cold]
    fn is_active_and_leaving(&self, peer: PeerId) -> bool {
        let leaving = self.leaving.get(&peer);
        leaving.is_some_and(|leaving| leaving.member.is_active)
    }

    /// Whether no peer is listed, besides those that are leaving.
    pub fn is_empty(&self) -> bool {
        self.by_slot.iter().all(Option::is_none)
    }

    /// The listed peers by slot, without those that are leaving.
    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        self.by_slot.iter().flatten()
    }

    /// The listed peers in the order in which they became known. Their slots are random.
    pub fn listed(&self) -> Vec<&Member> {
        let leaving = self.leaving.values().map(|leaving| &leaving.member);
        let mut members: Vec<&Member> = self.iter().chain(leaving).collect();
        members.sort_unstable_by_key(|member| member.order);
        members
    }

    /// The peers in the order in which they became known.
    pub fn in_order(&self) -> Vec<PeerId> {
        self.listed().iter().map(|member| member.id).collect()
    }

    /// A number that changes whenever peers leave the list.
    pub fn departures(&self) -> u64 {
        self.departures
    }

    /// Adds a peer that this side connects to, or whose connection was just reported.
    pub fn list(&mut self, id: PeerId, data: u32, is_outgoing: bool) {
        let slot = usize::from(id.slot);
        if self.by_slot.len() <= slot {
            self.by_slot.resize(slot + 1, None);
            self.active.resize(slot + 1, None);
        }
        self.listed += 1;
        self.active[slot] = Some(id.generation);
        self.by_slot[slot] = Some(Member {
            id,
            data,
            given: 0,
            ended: None,
            address: None,
            is_outgoing,
            started: None,
            is_up: !is_outgoing,
            is_active: true,
            throttle: None,
            order: self.listed,
        });
    }

    /// Notes that the event of an outgoing connection was taken. Returns the throttle that was set before.
    pub fn set_up(&mut self, peer: PeerId) -> Option<Throttle> {
        let member = self.get_mut(peer)?;
        member.is_up = true;
        member.throttle.take()
    }

    /// Notes when this side began the connection.
    pub fn set_started(&mut self, peer: PeerId, started: Time) {
        if let Some(member) = self.get_mut(peer) {
            member.started = Some(started);
        }
    }

    /// The peers that this side still connects to, and since when.
    pub fn attempts(&self) -> Vec<(PeerId, Time)> {
        let attempts = (self.iter()).filter(|member| member.is_active && !member.is_up);
        attempts
            .filter_map(|member| Some((member.id, member.started?)))
            .collect()
    }

    /// Notes the remote's address.
    pub fn set_address(&mut self, peer: PeerId, address: Option<SocketAddr>) {
        if let Some(member) = self.get_mut(peer) {
            member.address = address;
        }
    }

    /// Notes the data that the remote is told by this side.
    pub fn set_given(&mut self, peer: PeerId, data: u32) {
        if let Some(member) = self.get_mut(peer) {
            member.given = data;
        }
    }

    /// Keeps a throttle until the connection is up.
    pub fn set_throttle(&mut self, peer: PeerId, throttle: Throttle) {
        if let Some(member) = self.get_mut(peer) {
            member.throttle = Some(throttle);
        }
    }

    /// The place where the end of a listed peer will be noted.
    pub fn watch_end(&mut self, peer: PeerId) -> Rc<Cell<End>> {
        match self.get(peer).copied() {
            Some(member) if member.ended.is_some() || !member.is_active => {
                Rc::new(Cell::new(member.end()))
            }
            Some(_) => Rc::clone(self.watched.entry(peer).or_default()),
            None => Rc::default(),
        }
    }

    /// Notes how the connection of a peer ended, where an object of the peer sees it.
    pub fn tell_end(&mut self, peer: PeerId, end: End) {
        if let Some(watched) = self.watched.remove(&peer) {
            watched.set(end);
        }
    }

    /// Makes a peer inactive. It stays listed until [`Members::unlist_ended`].
    pub fn end(&mut self, peer: PeerId) {
        if let Some(member) = self.get_mut(peer)
            && member.is_active
        {
            member.is_active = false;
            let end = member.end();
            self.forget_active(peer);
            self.ended.push(peer);
            self.tell_end(peer, end);
        }
    }

    /// Whether inactive peers are listed.
    pub fn has_ended(&self) -> bool {
        !self.ended.is_empty()
    }

    /// Takes the inactive peers off the list and returns them.
    pub fn unlist_ended(&mut self) -> Vec<Member> {
        let ended = std::mem::take(&mut self.ended);
        let unlisted = ended.into_iter().filter_map(|peer| {
            let member = self.get(peer).copied();
            self.unlist(peer);
            member
        });
        unlisted.collect()
    }

    /// Takes a peer off the list.
    pub fn unlist(&mut self, peer: PeerId) {
        self.watched.remove(&peer);
        if self.take(peer).is_some() || self.leaving.remove(&peer).is_some() {
            self.departures += 1;
        }
    }

    /// Notes that a peer's connection ended, and that the script will be told later. The peer stays listed and active.
    pub fn leave(&mut self, peer: PeerId, end: End, former: FormerPeer) {
        if let Some(mut member) = self.take(peer) {
            member.ended = Some(end);
            let leaving = Leaving {
                member,
                former,
                is_told: false,
            };
            self.leaving.insert(peer, leaving);
        }
    }

    /// Notes that the script is told of the end of a peer that is leaving: it is inactive now.
    pub fn tell_left(&mut self, peer: PeerId) {
        if let Some(leaving) = self.leaving.get_mut(&peer) {
            leaving.is_told = true;
            leaving.member.is_active = false;
        }
    }

    /// Takes a peer that is leaving off the list.
    pub fn forget_left(&mut self, peer: PeerId) {
        if self.leaving.remove(&peer).is_some() {
            self.departures += 1;
        }
    }

    /// Takes all peers that are leaving off the list.
    pub fn forget_leaving(&mut self) {
        if !self.leaving.is_empty() {
            self.leaving.clear();
            self.departures += 1;
        }
    }

    fn take(&mut self, peer: PeerId) -> Option<Member> {
        let member = self.by_slot.get_mut(usize::from(peer.slot))?;
        let taken = member.take_if(|member| member.id == peer);
        if taken.is_some() {
            self.forget_active(peer);
        }
        taken
    }

    fn forget_active(&mut self, peer: PeerId) {
        if let Some(active) = self.active.get_mut(usize::from(peer.slot)) {
            active.take_if(|generation| *generation == peer.generation);
        }
    }

    /// Takes every peer off the list.
    pub fn clear(&mut self) {
        for (peer, watched) in std::mem::take(&mut self.watched) {
            watched.set(self.get(peer).map_or(End::local(0), Member::end));
        }
        self.by_slot.clear();
        self.active.clear();
        self.leaving.clear();
        self.ended.clear();
        self.departures += 1;
    }

    fn get_mut(&mut self, peer: PeerId) -> Option<&mut Member> {
        let member = self.by_slot.get_mut(usize::from(peer.slot));
        let member = member.and_then(Option::as_mut);
        (member.filter(|member| member.id == peer))
            .or_else(|| Some(&mut self.leaving.get_mut(&peer)?.member))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(slot: u16, generation: u32) -> PeerId {
        PeerId { slot, generation }
    }

    #[test]
    fn peers_are_kept_in_the_order_in_which_they_became_known() {
        let mut members = Members::default();
        let peers = [peer(4, 1), peer(0, 2), peer(2, 3)];
        for id in peers {
            members.list(id, 0, false);
        }
        assert_eq!(members.in_order(), peers);
        members.unlist(peers[1]);
        members.list(peer(0, 4), 0, false);
        assert_eq!(members.in_order(), [peers[0], peers[2], peer(0, 4)]);
    }

    #[test]
    fn a_stale_id_does_not_name_the_next_peer_of_its_slot() {
        let mut members = Members::default();
        let (first, second) = (peer(1, 1), peer(1, 2));
        members.list(first, 7, false);
        members.unlist(first);
        members.list(second, 8, false);
        assert!(members.get(first).is_none());
        members.end(first);
        members.unlist(first);
        assert!(members.is_active(second));
        assert_eq!(members.get(second).map(|member| member.data), Some(8));
    }

    #[test]
    fn an_ended_peer_stays_listed_until_the_next_service() {
        let mut members = Members::default();
        let (ended, other) = (peer(0, 1), peer(1, 2));
        members.list(ended, 0, false);
        members.list(other, 0, false);
        let departures = members.departures();
        members.end(ended);
        members.end(ended);
        assert!(members.get(ended).is_some() && !members.is_active(ended));
        assert_eq!(members.departures(), departures);
        let unlisted = members.unlist_ended();
        assert_eq!(unlisted.len(), 1);
        assert_eq!(unlisted[0].id, ended);
        assert_eq!(members.in_order(), [other]);
        assert_ne!(members.departures(), departures);
        assert!(members.unlist_ended().is_empty());
    }

    #[test]
    fn an_early_throttle_is_given_once_when_the_connection_is_up() {
        let mut members = Members::default();
        let id = peer(3, 1);
        members.list(id, 0, true);
        assert!(!members.get(id).is_some_and(|member| member.is_up));
        let throttle = Throttle {
            interval: 1,
            acceleration: 2,
            deceleration: 3,
        };
        members.set_throttle(id, throttle);
        assert_eq!(members.set_up(id), Some(throttle));
        assert!(members.get(id).is_some_and(|member| member.is_up));
        assert_eq!(members.set_up(id), None);
    }

    #[test]
    fn a_leaving_peer_stays_known_while_its_slot_has_another() {
        let former = |port: u16| FormerPeer {
            address: Some(([10, 0, 0, 1], port).into()),
            statistics: enet_proto::PeerStatistics::default(),
            drops: enet_proto::Drops::default(),
            figures: enet_proto::PeerFigures::default(),
        };
        let port = |members: &Members, peer| members.former(peer)?.address.map(|it| it.port());
        let (first, second) = (peer(1, 1), peer(1, 2));
        let mut members = Members::default();
        members.list(first, 0, false);
        let departures = members.departures();
        members.leave(first, End::local(9), former(5));
        members.list(second, 0, false);
        assert_eq!(members.in_order(), [first, second]);
        assert!(members.is_active(first) && members.is_active(second));
        assert_eq!(
            (port(&members, first), port(&members, second)),
            (Some(5), None)
        );
        members.tell_left(first);
        assert!(!members.is_active(first) && port(&members, first) == Some(5));
        assert_eq!(members.departures(), departures);
        members.forget_left(first);
        members.forget_left(second);
        assert!(members.get(first).is_none() && members.is_active(second));
        assert_ne!(members.departures(), departures);
        // This side may end it before it is told.
        members.leave(second, End::local(0), former(6));
        members.end(second);
        assert_eq!(port(&members, second), None);
        assert_eq!(members.unlist_ended().len(), 1);
        assert!(members.get(second).is_none());
    }

    #[test]
    fn what_outlives_a_peer_learns_how_it_ended_and_the_list_keeps_nothing_of_it() {
        let former = FormerPeer {
            address: None,
            statistics: enet_proto::PeerStatistics::default(),
            drops: enet_proto::Drops::default(),
            figures: enet_proto::PeerFigures::default(),
        };
        let mut members = Members::default();
        let peers = [peer(0, 1), peer(1, 2), peer(2, 3), peer(3, 4)];
        for id in peers {
            members.list(id, 0, false);
        }
        let seen = peers.map(|id| members.watch_end(id));
        assert!(Rc::ptr_eq(&seen[0], &members.watch_end(peers[0])));
        assert_eq!(seen[0].get(), End::default());
        members.set_given(peers[0], 77);
        members.end(peers[0]);
        assert_eq!(seen[0].get(), End::local(77));
        members.tell_end(peers[1], End::local(5));
        members.leave(peers[1], End::local(5), former);
        members.end(peers[1]);
        members.forget_left(peers[1]);
        members.unlist(peers[2]);
        members.clear();
        assert_eq!(seen[1].get(), End::local(5));
        assert_eq!(seen[2].get(), End::default(), "nobody said how");
        assert_eq!(seen[3].get(), End::local(0));
        assert!(members.watched.is_empty());
        assert_eq!(members.watch_end(peers[0]).get(), End::default());
        assert!(members.watched.is_empty());
    }

    #[test]
    fn clearing_forgets_ended_peers_too() {
        let mut members = Members::default();
        members.list(peer(0, 1), 0, false);
        members.end(peer(0, 1));
        let departures = members.departures();
        members.clear();
        assert!(members.is_empty() && members.unlist_ended().is_empty());
        assert_ne!(members.departures(), departures);
    }
}
