//! Polling: what the hosts report becomes packets in the inbox, and notices of signals.

use super::{MAIN_HOST, Mode, Multiplayer, Packet, SERVER_ID, Status};
use crate::engine::Disconnect;
use crate::{Event, Inactive, PeerId, Time, TransferMode, channel};

/// While so many received bytes wait to be read, no more are taken in: what the system's buffer
/// cannot hold is lost, as on a bad network, and what is reliable comes again.
const MAX_UNREAD_BYTES: usize = 64 * 1024 * 1024;

/// What an unread packet costs besides its bytes.
pub(super) const PACKET_COST: usize = 64;

/// A signal of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// A peer is there; on a client, the server.
    PeerConnected(i32),
    /// A peer is gone; on a client, the server.
    PeerDisconnected(i32),
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
    Close,
}

impl Notice {
    /// The signal to emit.
    pub fn signal(&self) -> Signal {
        self.signal
    }
}

impl Multiplayer {
    /// Begins a poll: receives, does what is due, sends.
    pub fn begin_poll(&mut self, now: Time) -> Result<(), Inactive> {
        self.last_time = now;
        if !self.is_active() {
            return Err(Inactive);
        }
        self.due.append(&mut self.postponed);
        for host in self.hosts.values_mut() {
            // A game that does not read must not be filled up by those who send.
            if self.unread_bytes < MAX_UNREAD_BYTES {
                host.receive(now);
            } else {
                host.engine().service(now);
            }
            host.flush(now);
        }
        Ok(())
    }

    /// Works on what the poll found until a signal has to be emitted. `None` ends the poll. Any call
    /// is allowed between two notices, another poll too: it goes on where this one is.
    pub fn next_notice(&mut self, now: Time) -> Option<Notice> {
        self.last_time = now;
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
        if turned_away && let Some(host) = self.hosts.get_mut(&MAIN_HOST) {
            host.flush(now);
        }
        notice
    }

    /// Does what was put off until the handlers of a notice returned.
    pub fn finish(&mut self, notice: Notice, now: Time) {
        if notice.epoch != self.epoch {
            return;
        }
        match notice.then {
            Then::Nothing => {}
            // A handler may have given the id to somebody else.
            Then::Remove(id, peer) if self.peers.get(&id) == Some(&peer) => self.remove(id),
            Then::Remove(..) => {}
            Then::Close => self.close(now),
        }
    }

    /// The next event to work on. The end of a connection waits for the next poll while packets of
    /// that peer do: a game that reads them after the poll must still know who sent them.
    fn next_event(&mut self) -> Option<(i32, Event)> {
        if let Some(event) = self.due.pop_front() {
            return Some(event);
        }
        loop {
            let (key, event) = self
                .hosts
                .iter_mut()
                .find_map(|(&key, host)| host.next_event().map(|event| (key, event)))?;
            match event {
                Event::Disconnected { peer, .. } if self.has_unread(key, peer) => {
                    self.postponed.push_back((key, event));
                }
                event => return Some((key, event)),
            }
        }
    }

    fn has_unread(&self, key: i32, peer: PeerId) -> bool {
        let id = match self.mode {
            Mode::Server => self.ids.get(&peer).copied(),
            Mode::Client => Some(SERVER_ID),
            Mode::Mesh => Some(key),
            Mode::Inactive => None,
        };
        id.is_some_and(|id| self.inbox.iter().rev().any(|packet| packet.peer == id))
    }

    fn on_server(&mut self, event: Event, now: Time, turned_away: &mut bool) -> Option<Notice> {
        match event {
            Event::Connected { peer, data } => match self.admissible_id(data) {
                Some(id) => {
                    self.peers.insert(id, peer);
                    self.ids.insert(peer, id);
                    Some(self.notice(Signal::PeerConnected(id), Then::Nothing))
                }
                None => {
                    // To ENet the newcomer is connected already, so it must be told.
                    let host = self.hosts.get_mut(&MAIN_HOST)?;
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
                self.store(id, event);
                None
            }
        }
    }

    fn on_client(&mut self, event: Event, now: Time) -> Option<Notice> {
        match event {
            Event::Connected { .. } => {
                self.status = Status::Connected;
                Some(self.notice(Signal::PeerConnected(SERVER_ID), Then::Nothing))
            }
            Event::Disconnected { .. } if self.status == Status::Connected => {
                Some(self.notice(Signal::PeerDisconnected(SERVER_ID), Then::Close))
            }
            // A failed attempt shows in the status alone.
            Event::Disconnected { .. } => {
                self.close(now);
                None
            }
            Event::Received { .. } => {
                self.store(SERVER_ID, event);
                None
            }
        }
    }

    fn on_mesh(&mut self, id: i32, event: Event, now: Time) -> Option<Notice> {
        let known = *self.peers.get(&id)?;
        match event {
            // A mesh's hosts are done connecting; whoever calls now is a stranger.
            Event::Connected { peer, .. } => {
                let host = self.hosts.get_mut(&id)?;
                host.disconnect(now, peer, 0, Disconnect::Silent);
                None
            }
            Event::Disconnected { peer, .. } if peer == known => {
                Some(self.notice(Signal::PeerDisconnected(id), Then::Remove(id, known)))
            }
            Event::Received { peer, .. } if peer == known => {
                self.store(id, event);
                None
            }
            Event::Disconnected { .. } | Event::Received { .. } => None,
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
        (fits && !self.refuse_new_connections).then_some(id)
    }

    fn store(&mut self, id: i32, event: Event) {
        if let Event::Received {
            channel,
            flags,
            data,
            ..
        } = event
        {
            self.unread_bytes += data.capacity() + PACKET_COST;
            self.inbox.push_back(Packet {
                peer: id,
                channel: channel::from_wire(channel),
                mode: TransferMode::from_flags(flags),
                data,
            });
        }
    }
}
