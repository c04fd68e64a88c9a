//! Figures of the host and of its peers.

use std::rc::Rc;

use super::Connection;
use crate::figures::count_unread;
use crate::multiplayer::SERVER_ID;
use crate::{Facts, Figures, Inactive, Mode};
use enet_proto::{ChannelFigures, PeerFigures, PeerId, Time};

impl Connection {
    /// Figures of the host, and of the listed peers, by ascending slot, which stands for the id. The gaps of
    /// [`enet_net::HostFigures`] are the longest since the time `since`.
    pub fn figures(&self, now: Time, since: Time) -> Result<Figures, Inactive> {
        let host = self.host.as_ref().ok_or(Inactive)?;
        let (mut host, peers) = host.figures(now, since);
        if let Some((key, facts)) = &self.session_inbox
            && let Some(facts) = facts.upgrade()
        {
            host.waiting.unread.add(facts.unread_of_host(*key));
        }
        let listed = peers.into_iter().filter(|(id, ..)| self.contains(*id));
        Ok(Figures {
            host,
            peers: listed
                .map(|(id, _, figures)| (id.slot.into(), figures))
                .collect(),
        })
    }

    /// Has the figures count what waits in the inbox of the session that shares the host, which keys the host so.
    pub(crate) fn show_inbox(&mut self, key: i32, facts: &Rc<Facts>) {
        if self.session_inbox.is_none() {
            self.session_inbox = Some((key, Rc::downgrade(facts)));
        }
    }

    /// Figures of an active peer. See [`Connection::address`].
    pub fn peer_figures(&self, now: Time, peer: PeerId) -> Option<PeerFigures> {
        let mut figures = match self.members.former(peer) {
            Some(former) => former.figures,
            None => self
                .host_with(peer)?
                .peer_figures(now, peer)
                .unwrap_or_default(),
        };
        for (_, bytes) in self.unread_in_session(peer) {
            figures.waiting.unread.count(bytes);
        }
        Some(figures)
    }

    /// Figures of the channels of an active peer on which something waits, by ascending number.
    pub fn channel_figures(&self, peer: PeerId) -> Vec<(u8, ChannelFigures)> {
        let host = self.host_with(peer);
        let mut channels = host.map_or_else(Vec::new, |host| host.channel_figures(peer));
        for (number, bytes) in self.unread_in_session(peer) {
            count_unread(&mut channels, number, bytes);
        }
        channels
    }

    /// ENet channels and sizes of the packets of a peer that wait in the inbox of the session.
    fn unread_in_session(&self, peer: PeerId) -> Vec<(u8, usize)> {
        let Some((key, facts)) = &self.session_inbox else {
            return Vec::new();
        };
        let Some((facts, member)) = facts.upgrade().zip(self.members.get(peer)) else {
            return Vec::new();
        };
        let id = match facts.mode() {
            Mode::Server => i32::try_from(member.data).unwrap_or_default(),
            Mode::Client => SERVER_ID,
            _ => *key,
        };
        facts.unread_of(id)
    }
}
