//! Polling: events of the hosts become packets in the inbox, and notices of signals.

use super::notice::Then;
use super::{FlushMode, MAIN_HOST, Mode, Multiplayer, Notice, SERVER_ID};
use crate::connection::PeerChange;
use crate::{End, Inactive, SharedConnection};
use enet_proto::{Admission, Event, PeerId, Time};

impl Multiplayer {
    /// Begins a poll: receives, does what is due, sends by [`FlushMode`].
    pub fn begin_poll(&mut self, now: Time) -> Result<(), Inactive> {
        self.last_time = now;
        if !self.is_active() {
            return Err(Inactive);
        }
        self.was_polled = true;
        self.came_up = false;
        self.facts.inbox.borrow_mut().forget_last_channel();
        self.queues.begin_poll(now);
        let is_server = self.mode() == Mode::Server;
        let admission = match self.mode() {
            Mode::Server => super::creating::unique_ids(),
            _ => Admission::Nobody,
        };
        let is_full = self.facts.inbox.borrow().is_full();
        for (key, connection) in self.hosts.iter() {
            let mut connection = connection.borrow_mut();
            if !connection.has_session() {
                connection.join_session(admission, self.settings.flush_mode);
                // The connection of a client that joined an existing host may have ended since.
                if let Some(server) = self.roster.get(SERVER_ID)
                    && self.mode() == Mode::Client
                    && !connection.is_active_peer(server)
                {
                    self.queues.push_lost(key, server, End::default());
                }
            }
            connection.show_inbox(key, &self.facts);
            connection.begin_service(now);
            for change in connection.take_changes() {
                match change {
                    // The session never reports a peer that has left again already.
                    PeerChange::Joined(peer, data) if connection.is_active_peer(peer) => {
                        (self.queues).push_due(key, Event::Connected { peer, data });
                    }
                    PeerChange::Joined(..) => {}
                    PeerChange::Ended(peer, end) => self.queues.push_lost(key, peer, end),
                }
            }
            if let Some(host) = connection.host() {
                // Back-pressure: remotes must not fill the memory of a game that does not read.
                host.pause_receiving(is_full);
                host.receive(now);
                if is_server {
                    (self.queues).limit_clients(host.packets_per_second());
                }
                if self.settings.flush_mode == FlushMode::Immediate {
                    host.flush(now);
                }
            }
        }
        Ok(())
    }

    /// Handles events until a signal has to be emitted. `None` ends the poll. Any call is allowed
    /// between two notices, also another poll, which goes on where this one is.
    pub fn next_notice(&mut self, now: Time) -> Option<Notice> {
        self.last_time = now;
        if let Some(signal) = self.take_outcome() {
            return Some(self.notice(signal, Then::Nothing));
        }
        let mut must_flush = false;
        let notice = self.find_notice(now, &mut must_flush);
        if must_flush {
            self.flush_main_host(now);
        }
        notice
    }

    /// Sets `must_flush` where something was queued on a server's host that has to leave with this poll,
    /// whatever the flush mode: relayed packets, announcements and rejections.
    fn find_notice(&mut self, now: Time, must_flush: &mut bool) -> Option<Notice> {
        while let Some((key, peer, end)) = self.queues.next_lost() {
            if let Some(notice) = self.on_lost(key, (peer, end), now, must_flush) {
                return Some(notice);
            }
        }
        // A script may have destroyed the host.
        let is_gone = |host: &SharedConnection| !host.borrow().is_active();
        if self.hosts.get(MAIN_HOST).is_some_and(is_gone) && self.mode() != Mode::Mesh {
            self.close(now);
            return None;
        }
        while let Some((key, event)) = self.next_event() {
            let ended = match event {
                Event::Disconnected { peer, .. } => Some(peer),
                _ => None,
            };
            let notice = match self.mode() {
                Mode::Server => self.on_server(event, now, must_flush),
                Mode::Client => self.on_client(event, now),
                Mode::Mesh => self.on_mesh(key, event, now),
                Mode::Inactive => None,
            };
            if let Some(peer) = ended
                && let Some(host) = self.hosts.get(key)
            {
                let mut host = host.borrow_mut();
                match notice {
                    Some(_) => host.tell_left(peer),
                    None => host.forget_left(peer),
                }
            }
            if notice.is_some() {
                return notice;
            }
        }
        None
    }

    /// The next event to handle.
    ///
    /// The end of a connection waits for the next poll while packets of that peer are unread: a game that
    /// reads them after the poll must still know their sender. The end of a client's connection that came
    /// up in this poll waits too: a caller that looks at the status between polls, as SceneMultiplayer
    /// does, would take the connection for a failed attempt.
    fn next_event(&mut self) -> Option<(i32, Event)> {
        if let Some(event) = self.queues.next_due() {
            return Some(event);
        }
        loop {
            // With a full inbox, events stay in the hosts.
            if self.facts.inbox.borrow().is_full() || !self.queues.count_taken(self.last_time) {
                return None;
            }
            let (key, event) = self.hosts.iter().find_map(|(key, host)| {
                let event = host.borrow_mut().next_event_of_session(self.last_time);
                event.map(|event| (key, event))
            })?;
            if let Event::Received { peer, .. } = event {
                self.queues.count_packet(peer);
            }
            match event {
                Event::Disconnected { peer, .. } if self.came_up || self.has_unread(key, peer) => {
                    self.queues.postpone(key, event);
                }
                event if self.ends_unread(&event) => self.queues.postpone(key, event),
                // The events after it concern the same peer, so the poll ends here.
                event if self.is_back_too_early(&event) => {
                    self.queues.postpone(key, event);
                    return None;
                }
                event => return Some((key, event)),
            }
        }
    }

    /// Whether a remote connects with the id of a peer whose end was postponed.
    fn is_back_too_early(&self, event: &Event) -> bool {
        let &Event::Connected { data, .. } = event else {
            return false;
        };
        let id = i32::try_from(data).ok();
        let holder = id.and_then(|id| self.roster.get(id));
        self.mode() == Mode::Server
            && holder.is_some_and(|holder| self.queues.is_end_postponed(holder))
    }

    /// Whether the end of this connection would come before packets that are unread.
    fn has_unread(&self, key: i32, peer: PeerId) -> bool {
        let id = match self.mode() {
            Mode::Server => self.roster.id_of(peer),
            // A client closes with its connection, which drops every unread packet.
            Mode::Client => return !self.facts.inbox.borrow().is_empty(),
            Mode::Mesh => Some(key),
            Mode::Inactive => None,
        };
        id.is_some_and(|id| self.facts.inbox.borrow().has_packet_of(id))
    }

    /// Whether an event is the end of a relayed peer of which packets are unread.
    fn ends_unread(&self, event: &Event) -> bool {
        let id = self.relayed_end(event);
        id.is_some_and(|id| self.facts.inbox.borrow().has_packet_of(id))
    }
}
