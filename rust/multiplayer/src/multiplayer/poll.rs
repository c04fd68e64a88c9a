//! Polling: what the hosts report becomes packets in the inbox, and notices of signals.

use super::{FlushMode, MAIN_HOST, Mode, Multiplayer, Packet, SERVER_ID, Status, UNIQUE_IDS};
use crate::connection::Missed;
use crate::{Inactive, SharedConnection, TransferMode, channel};
use enet_proto::{Admission, Disconnect};
use enet_proto::{Event, PeerId, Time};

/// While so many received bytes wait to be read, no more are taken in: they are lost, as on a bad
/// network, and what is reliable comes again.
const MAX_UNREAD_BYTES: usize = 64 * 1024 * 1024;

/// Events that one poll works on, so that a flood cannot hold up a frame for long. The others wait for the
/// next.
const MAX_EVENTS: usize = 32_768;

/// What an unread packet costs besides its bytes.
pub(super) const PACKET_COST: usize = 64;

/// A signal of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// A peer is there; on a client, the server.
    PeerConnected(i32),
    /// A peer is gone; on a client, the server.
    PeerDisconnected(i32),
    /// A client is connected: comes after the server's [`Signal::PeerConnected`].
    ConnectionSucceeded,
    /// A client's attempt failed. It is inactive.
    ConnectionFailed,
    /// A client lost its server: comes after the server's [`Signal::PeerDisconnected`]. It is inactive.
    ServerDisconnected,
}

/// A signal to emit now. Give it back to [`Multiplayer::finish`] when every handler has returned.
#[derive(Debug)]
#[must_use = "emit the signal, then call `finish`"]
pub struct Notice {
    signal: Signal,
    then: Then,
    epoch: u64,
}

/// What happens after the handlers: they still see the peer that is leaving.
#[derive(Debug, Clone, Copy)]
enum Then {
    Nothing,
    Remove(i32, PeerId),
    /// With the status before.
    Close(Status),
}

impl Notice {
    /// The signal to emit.
    pub fn signal(&self) -> Signal {
        self.signal
    }
}

impl Multiplayer {
    /// Begins a poll: receives, does what is due, sends by [`FlushMode`].
    pub fn begin_poll(&mut self, now: Time) -> Result<(), Inactive> {
        self.last_time = now;
        if !self.is_active() {
            return Err(Inactive);
        }
        self.is_polling = true;
        self.events_taken = 0;
        self.last_packet_channel = None;
        self.came_up = false;
        self.due.append(&mut self.postponed);
        let admission = match self.mode {
            Mode::Server => UNIQUE_IDS,
            _ => Admission::Nobody,
        };
        let is_full = self.is_full();
        for (&key, connection) in &self.hosts {
            let mut connection = connection.borrow_mut();
            if !connection.is_watched() {
                connection.watch(Some(admission));
                // A client whose connection ended before anybody looked.
                if let Some(&server) = self.peers.get(&SERVER_ID)
                    && self.mode == Mode::Client
                    && !connection.is_active_peer(server)
                {
                    self.lost.push_back((key, server));
                }
            }
            connection.begin_service();
            for missed in connection.take_missed() {
                match missed {
                    // One that has left again already was never there.
                    Missed::Joined(peer, data) if connection.is_active_peer(peer) => {
                        self.due.push_back((key, Event::Connected { peer, data }));
                    }
                    Missed::Joined(..) => {}
                    Missed::Ended(peer) => self.lost.push_back((key, peer)),
                }
            }
            if let Some(host) = connection.host() {
                // A game that does not read must not be filled up by those who send.
                host.refuse_data(is_full);
                host.receive(now);
                if self.flush_mode == FlushMode::Immediate {
                    host.flush(now);
                }
            }
        }
        Ok(())
    }

    /// Works on what the poll found until a signal has to be emitted. `None` ends the poll. Any call
    /// is allowed between two notices, another poll too: it goes on where this one is.
    pub fn next_notice(&mut self, now: Time) -> Option<Notice> {
        self.last_time = now;
        let notice = match self.take_outcome() {
            Some(signal) => Some(self.notice(signal, Then::Nothing)),
            None => self.find_notice(now),
        };
        self.send_relayed(now);
        notice
    }

    fn find_notice(&mut self, now: Time) -> Option<Notice> {
        while let Some((key, peer)) = self.lost.pop_front() {
            if let Some(notice) = self.on_lost(key, peer) {
                return Some(notice);
            }
        }
        // Destroyed by somebody else.
        let is_gone = |host: &SharedConnection| !host.borrow().is_active();
        if self.hosts.get(&MAIN_HOST).is_some_and(is_gone) && self.mode != Mode::Mesh {
            self.close(now);
            return None;
        }
        let mut turned_away = false;
        let notice = loop {
            let Some((key, event)) = self.next_event() else {
                break None;
            };
            let notice = match self.mode {
                Mode::Server => self.on_server(event, now, &mut turned_away),
                Mode::Client => self.on_client(event, now),
                Mode::Mesh => self.on_mesh(key, event, now),
                Mode::Inactive => None,
            };
            if notice.is_some() {
                break notice;
            }
        };
        if turned_away
            && let Some(connection) = self.hosts.get(&MAIN_HOST)
            && let Some(host) = connection.borrow_mut().host()
        {
            host.flush(now);
        }
        notice
    }

    /// Does what was put off until the handlers of a notice returned.
    pub fn finish(&mut self, notice: Notice, now: Time) {
        match notice.then {
            Then::Close(status) => {
                if notice.epoch == self.epoch {
                    self.close(now);
                }
                self.note_end(status);
            }
            _ if notice.epoch != self.epoch => {}
            Then::Nothing => {}
            // A handler may have given the id to somebody else.
            Then::Remove(id, peer) if self.peers.get(&id) == Some(&peer) => self.remove(id),
            Then::Remove(..) => {}
        }
    }

    /// The next event to work on. The end of a connection waits for the next poll while packets of
    /// that peer do: a game that reads them after the poll must still know who sent them. So does that of
    /// a client which this poll found connected: who looks at the status between polls, as SceneMultiplayer
    /// does, would take it for an attempt that failed.
    fn next_event(&mut self) -> Option<(i32, Event)> {
        if let Some(event) = self.due.pop_front() {
            return Some(event);
        }
        loop {
            // What comes next would have to be kept here, unread.
            if self.is_full() || self.events_taken >= MAX_EVENTS {
                return None;
            }
            self.events_taken += 1;
            let (key, event) = self.hosts.iter().find_map(|(&key, host)| {
                let event = host.borrow_mut().next_event(self.last_time);
                event.map(|event| (key, event))
            })?;
            match event {
                Event::Disconnected { peer, .. } if self.came_up || self.has_unread(key, peer) => {
                    self.postponed.push_back((key, event));
                }
                event if self.ends_unread(&event) => self.postponed.push_back((key, event)),
                // Its events follow, so the poll ends with it.
                event if self.is_back_too_early(&event) => {
                    self.postponed.push_back((key, event));
                    return None;
                }
                event => return Some((key, event)),
            }
        }
    }

    /// Whether somebody comes with the id of a peer whose end was put off.
    fn is_back_too_early(&self, event: &Event) -> bool {
        let &Event::Connected { data, .. } = event else {
            return false;
        };
        let id = i32::try_from(data).ok();
        let holder = id.and_then(|id| self.peers.get(&id));
        holder.is_some_and(|&holder| {
            let is_end = |event: &Event| matches!(event, Event::Disconnected { peer, .. } if *peer == holder);
            self.mode == Mode::Server && self.postponed.iter().any(|(_, event)| is_end(event))
        })
    }

    fn is_full(&self) -> bool {
        self.unread_bytes >= MAX_UNREAD_BYTES
    }

    fn has_unread(&self, key: i32, peer: PeerId) -> bool {
        let id = match self.mode {
            Mode::Server => self.ids.get(&peer).copied(),
            // It closes, and all packets are lost then.
            Mode::Client => return !self.unread.is_empty(),
            Mode::Mesh => Some(key),
            Mode::Inactive => None,
        };
        id.is_some_and(|id| self.unread.contains_key(&id))
    }

    /// A peer that somebody else ended: it goes first, then the signal is emitted.
    fn on_lost(&mut self, key: i32, peer: PeerId) -> Option<Notice> {
        let id = match self.mode {
            Mode::Server => *self.ids.get(&peer)?,
            Mode::Client => SERVER_ID,
            Mode::Mesh => key,
            Mode::Inactive => return None,
        };
        if self.peers.get(&id) != Some(&peer) {
            return None;
        }
        self.remove(id);
        let then = match self.mode {
            Mode::Client => Then::Close(self.status),
            _ => Then::Nothing,
        };
        Some(self.notice(Signal::PeerDisconnected(id), then))
    }

    fn on_server(&mut self, event: Event, now: Time, turned_away: &mut bool) -> Option<Notice> {
        match event {
            Event::Connected { peer, data } => match self.admissible_id(data) {
                Some(id) => {
                    self.peers.insert(id, peer);
                    self.ids.insert(peer, id);
                    self.announce_join(id, now);
                    Some(self.notice(Signal::PeerConnected(id), Then::Nothing))
                }
                None => {
                    // To ENet the newcomer is connected already, so it must be told.
                    let host = self.hosts.get(&MAIN_HOST)?;
                    let mut host = host.borrow_mut();
                    host.disconnect(now, peer, 0, Disconnect::Acknowledged);
                    *turned_away = true;
                    None
                }
            },
            // Connections that were refused or forced out have no id any more.
            Event::Disconnected { peer, .. } => {
                let id = *self.ids.get(&peer)?;
                Some(self.notice(Signal::PeerDisconnected(id), Then::Remove(id, peer)))
            }
            Event::Received { peer, .. } => {
                let id = *self.ids.get(&peer)?;
                match self.speaks_godot3() {
                    true => self.on_packet_of_client(id, event, now),
                    false => self.store_raw(id, event),
                }
                None
            }
        }
    }

    fn on_client(&mut self, event: Event, now: Time) -> Option<Notice> {
        match event {
            // Somebody who connected to us.
            Event::Connected { peer, .. } if self.peers.get(&SERVER_ID) != Some(&peer) => {
                let host = self.hosts.get(&MAIN_HOST)?;
                let mut host = host.borrow_mut();
                host.disconnect(now, peer, 0, Disconnect::Acknowledged);
                None
            }
            Event::Connected { .. } => {
                self.status = Status::Connected;
                self.came_up = true;
                self.outcome = Some(Signal::ConnectionSucceeded);
                Some(self.notice(Signal::PeerConnected(SERVER_ID), Then::Nothing))
            }
            // Strangers, and what is left of them.
            Event::Disconnected { peer, .. } | Event::Received { peer, .. }
                if self.peers.get(&SERVER_ID) != Some(&peer) =>
            {
                None
            }
            Event::Disconnected { .. } if self.status == Status::Connected => {
                let then = Then::Close(self.status);
                Some(self.notice(Signal::PeerDisconnected(SERVER_ID), then))
            }
            Event::Disconnected { .. } => {
                self.close(now);
                Some(self.notice(Signal::ConnectionFailed, Then::Nothing))
            }
            Event::Received { .. } if self.speaks_godot3() => {
                let signal = self.on_packet_of_server(event)?;
                Some(self.notice(signal, Then::Nothing))
            }
            Event::Received { .. } => {
                self.store_raw(SERVER_ID, event);
                None
            }
        }
    }

    fn on_mesh(&mut self, id: i32, event: Event, now: Time) -> Option<Notice> {
        let known = *self.peers.get(&id)?;
        match event {
            // A mesh's hosts are done connecting; whoever calls now is a stranger.
            Event::Connected { peer, .. } if peer != known => {
                let host = self.hosts.get(&id)?;
                let mut host = host.borrow_mut();
                host.disconnect(now, peer, 0, Disconnect::Acknowledged);
                None
            }
            Event::Disconnected { peer, .. } if peer == known => {
                Some(self.notice(Signal::PeerDisconnected(id), Then::Remove(id, known)))
            }
            Event::Received { peer, .. } if peer == known => {
                self.store_raw(id, event);
                None
            }
            _ => None,
        }
    }

    fn notice(&self, signal: Signal, then: Then) -> Notice {
        Notice {
            signal,
            then,
            epoch: self.epoch,
        }
    }

    /// The id a newcomer gets, unless it has to go: ids are positive, and each is there once.
    fn admissible_id(&self, data: u32) -> Option<i32> {
        let id = i32::try_from(data).ok()?;
        let fits = id > SERVER_ID && !self.peers.contains_key(&id);
        let refuses = self.hosts.get(&MAIN_HOST)?.borrow().is_refusing();
        (fits && !refuses).then_some(id)
    }

    /// Whether an event is the end of a relayed peer whose packets nobody could read yet.
    fn ends_unread(&self, event: &Event) -> bool {
        let id = self.relayed_end(event);
        id.is_some_and(|id| self.unread.contains_key(&id))
    }

    fn store_raw(&mut self, id: i32, event: Event) {
        if let Event::Received {
            channel,
            flags,
            data,
            ..
        } = event
        {
            self.store(Packet {
                peer: id,
                channel: channel::from_wire(channel),
                mode: TransferMode::from_flags(flags),
                data,
            });
        }
    }

    pub(super) fn store(&mut self, packet: Packet) {
        self.unread_bytes += packet.data.capacity() + PACKET_COST;
        *self.unread.entry(packet.peer).or_default() += 1;
        self.inbox.push_back(packet);
    }
}
