//! The handling of a host's events by a server, a client and a mesh.

use super::notice::Then;
use super::{MAIN_HOST, Mode, Multiplayer, Notice, Packet, SERVER_ID, Signal, Status};
use crate::{End, TransferMode, channel};
use enet_proto::{Disconnect, Event, PeerId, Time};

impl Multiplayer {
    /// Handles a peer that another holder of the host ended: the session removes it before the signal.
    #[cold]
    pub(super) fn on_lost(
        &mut self,
        key: i32,
        (peer, end): (PeerId, End),
        now: Time,
        must_flush: &mut bool,
    ) -> Option<Notice> {
        let id = match self.mode() {
            Mode::Server => self.roster.id_of(peer)?,
            Mode::Client => SERVER_ID,
            Mode::Mesh => key,
            Mode::Inactive => return None,
        };
        if !self.roster.is(id, peer) {
            return None;
        }
        self.reasons.end(id, end);
        *must_flush |= self.remove(id, now);
        let then = match self.mode() {
            Mode::Client => Then::Close(self.status()),
            _ => Then::Nothing,
        };
        Some(self.notice(Signal::PeerDisconnected(id), then))
    }

    pub(super) fn on_server(
        &mut self,
        event: Event,
        now: Time,
        must_flush: &mut bool,
    ) -> Option<Notice> {
        match event {
            Event::Received { peer, .. } => {
                let id = self.roster.id_of(peer)?;
                match self.speaks_godot3() {
                    true => *must_flush |= self.on_packet_of_client(id, event, now),
                    false => self.store_raw(id, event),
                }
                None
            }
            _ => self.on_change_of_client(event, now, must_flush),
        }
    }

    /// Handles a client that joins or leaves. Apart, because packets come in every frame.
    #[cold]
    fn on_change_of_client(
        &mut self,
        event: Event,
        now: Time,
        must_flush: &mut bool,
    ) -> Option<Notice> {
        match event {
            Event::Connected { peer, data } => match self.admissible_id(data) {
                Some(id) => {
                    self.roster.insert_client(id, peer);
                    *must_flush |= self.announce_join(id, now);
                    Some(self.notice(Signal::PeerConnected(id), Then::Nothing))
                }
                None => {
                    // To ENet the newcomer is connected already, so the server has to disconnect it.
                    self.reject(MAIN_HOST, peer, now);
                    *must_flush = true;
                    None
                }
            },
            // Connections that were rejected or forced out have no id any more.
            Event::Disconnected { peer, .. } => {
                let id = self.roster.id_of(peer)?;
                self.note_reason(id, peer);
                Some(self.notice(Signal::PeerDisconnected(id), Then::Remove(id, peer)))
            }
            Event::OverLimit { .. } | Event::Received { .. } => None,
        }
    }

    pub(super) fn on_client(&mut self, event: Event, now: Time) -> Option<Notice> {
        match event {
            Event::Received { peer, .. } if self.roster.is(SERVER_ID, peer) => {
                if self.speaks_godot3() {
                    let signal = self.on_packet_of_server(event)?;
                    return Some(self.notice(signal, Then::Nothing));
                }
                self.store_raw(SERVER_ID, event);
                None
            }
            _ => self.on_change_of_server(event, now),
        }
    }

    /// Handles a connection that comes up or ends, and strangers.
    #[cold]
    fn on_change_of_server(&mut self, event: Event, now: Time) -> Option<Notice> {
        match event {
            // A stranger connected to the client's host.
            Event::Connected { peer, .. } if !self.roster.is(SERVER_ID, peer) => {
                self.reject(MAIN_HOST, peer, now);
                None
            }
            Event::Connected { .. } => {
                self.facts.status.set(Status::Connected);
                self.came_up = true;
                self.outcome = Some(Signal::ConnectionSucceeded);
                Some(self.notice(Signal::PeerConnected(SERVER_ID), Then::Nothing))
            }
            // The end of such a stranger.
            Event::Disconnected { peer, .. } if !self.roster.is(SERVER_ID, peer) => None,
            Event::Disconnected { peer, .. } if self.status() == Status::Connected => {
                self.note_reason(SERVER_ID, peer);
                let then = Then::Close(self.status());
                Some(self.notice(Signal::PeerDisconnected(SERVER_ID), then))
            }
            Event::Disconnected { peer, .. } => {
                self.note_reason(SERVER_ID, peer);
                self.keep_reports(now);
                self.close(now);
                Some(self.notice(Signal::ConnectionFailed, Then::Nothing))
            }
            Event::OverLimit { .. } | Event::Received { .. } => None,
        }
    }

    #[inline(never)]
    pub(super) fn on_mesh(&mut self, id: i32, event: Event, now: Time) -> Option<Notice> {
        let known = self.roster.get(id)?;
        match event {
            // A mesh's hosts have their connection already, so this remote is a stranger.
            Event::Connected { peer, .. } if peer != known => {
                self.reject(id, peer, now);
                None
            }
            Event::Disconnected { peer, .. } if peer == known => {
                self.note_reason(id, peer);
                Some(self.notice(Signal::PeerDisconnected(id), Then::Remove(id, known)))
            }
            Event::Received { peer, .. } if peer == known => {
                self.store_raw(id, event);
                None
            }
            _ => None,
        }
    }

    /// Notes how the connection to a peer ended, of which the event was just taken.
    fn note_reason(&mut self, id: i32, peer: PeerId) {
        let host = self.hosts.get(self.host_key(id));
        let end = host.map_or_else(End::default, |host| host.borrow().end(peer));
        self.reasons.end(id, end);
    }

    fn reject(&self, key: i32, peer: PeerId, now: Time) {
        if let Some(host) = self.hosts.get(key) {
            let mut host = host.borrow_mut();
            host.disconnect(now, peer, 0, Disconnect::Acknowledged);
        }
    }

    /// The id that a newcomer gets; `None` if the server rejects it. An id is 2 or more and belongs to
    /// one peer.
    fn admissible_id(&self, data: u32) -> Option<i32> {
        let id = i32::try_from(data).ok()?;
        let fits = id > SERVER_ID && !self.roster.contains(id);
        let refuses = self.hosts.get(MAIN_HOST)?.borrow().is_refusing();
        (fits && !refuses).then_some(id)
    }

    fn store_raw(&mut self, id: i32, event: Event) {
        if let Event::Received {
            channel,
            flags,
            data,
            ..
        } = event
        {
            self.facts.inbox.borrow_mut().push(Packet {
                peer: id,
                channel: channel::from_wire(channel),
                mode: TransferMode::from_flags(flags),
                data,
            });
        }
    }
}
