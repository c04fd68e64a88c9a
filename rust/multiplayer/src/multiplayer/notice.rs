//! Signals, and what has to follow their handlers.

use crate::End;

use super::{Mode, Multiplayer, SERVER_ID, Status};
use enet_proto::{PeerId, Time};

/// A signal of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// A peer has joined; on a client, the server.
    PeerConnected(i32),
    /// A peer has left; on a client, the server.
    PeerDisconnected(i32),
    /// A client is connected. Follows the server's [`Signal::PeerConnected`].
    ConnectionSucceeded,
    /// A client's attempt failed. The session is inactive.
    ConnectionFailed,
    /// A client lost its server. Follows the server's [`Signal::PeerDisconnected`]. The session is
    /// inactive.
    ServerDisconnected,
}

/// A signal that the caller has to emit. Pass the notice to [`Multiplayer::finish`] when every handler has
/// returned.
#[derive(Debug)]
#[must_use = "emit the signal, then call `finish`"]
pub struct Notice {
    signal: Signal,
    /// What the session knows of the end that the signal tells of.
    end: End,
    /// Why an attempt failed.
    failure: String,
    then: Then,
    epoch: u64,
}

/// The work that follows the handlers, which still find the leaving peer in the session.
#[derive(Debug, Clone, Copy)]
pub(super) enum Then {
    /// Nothing.
    Nothing,
    /// The peer is removed, if the id is still that connection's.
    Remove(i32, PeerId),
    /// The session closes. It had this status before.
    Close(Status),
}

impl Notice {
    /// The signal to emit.
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// How the connection ended, with [`Signal::PeerDisconnected`], [`Signal::ConnectionFailed`] and
    /// [`Signal::ServerDisconnected`]. Handlers cannot change it. A server of Godot 3's format does not say how another
    /// of its clients left.
    pub fn end(&self) -> End {
        self.end
    }

    /// Why the attempt failed in a sentence, with [`Signal::ConnectionFailed`].
    pub fn failure(&self) -> &str {
        &self.failure
    }
}

impl Multiplayer {
    /// Does what has to follow the handlers of a notice.
    pub fn finish(&mut self, notice: Notice, now: Time) {
        self.tally.told();
        if let Then::Remove(id, peer) = notice.then
            && notice.epoch == self.epoch
            && let Some(host) = self.hosts.get(self.host_key(id))
        {
            host.borrow_mut().forget_left(peer);
        }
        match notice.then {
            Then::Close(status) => {
                if notice.epoch == self.epoch {
                    self.close(now);
                }
                self.note_end(status);
            }
            _ if notice.epoch != self.epoch => {}
            Then::Nothing => {}
            // A handler may have made room for another peer of this id.
            Then::Remove(id, peer) if self.roster.is(id, peer) => {
                if self.remove(id, now) {
                    self.flush_main_host(now);
                }
            }
            Then::Remove(..) => {}
        }
    }

    /// Peers come or go: a message to each of them is another number of packets from now on.
    pub(super) fn forget_usual(&self) {
        let mut plan = self.facts.plan().get();
        plan.forget_usual();
        self.facts.plan().set(plan);
    }

    pub(super) fn notice(&mut self, signal: Signal, then: Then) -> Notice {
        let end = match signal {
            Signal::PeerDisconnected(id) => self.reasons.of(id),
            Signal::ConnectionFailed | Signal::ServerDisconnected => self.reasons.of(SERVER_ID),
            Signal::PeerConnected(_) | Signal::ConnectionSucceeded => End::default(),
        };
        self.tally.count(signal, end.reason);
        self.forget_usual();
        let failure = match signal {
            Signal::ConnectionFailed => self.reports.failure(end),
            _ => String::new(),
        };
        Notice {
            signal,
            end,
            failure,
            then,
            epoch: self.epoch,
        }
    }

    /// Makes the signal due that tells a client how its session ended, from the status it had.
    fn note_end(&mut self, status: Status) {
        self.outcome = Some(match status {
            Status::Connecting => Signal::ConnectionFailed,
            _ => Signal::ServerDisconnected,
        });
    }

    /// The signal that is due after the one of the last notice, unless it would not be true any more:
    /// handlers may have closed the session or begun another one.
    pub(super) fn take_outcome(&mut self) -> Option<Signal> {
        let signal = self.outcome.take()?;
        let still_holds = match signal {
            Signal::ConnectionSucceeded => {
                self.mode() == Mode::Client
                    && self.status() == Status::Connected
                    && self.roster.contains(SERVER_ID)
            }
            _ => !self.is_active(),
        };
        still_holds.then_some(signal)
    }
}
