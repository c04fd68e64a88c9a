//! How connections and sessions end.

use super::{Mode, Multiplayer, Status};
use crate::PeerError;
use enet_proto::{Disconnect, Time};

impl Multiplayer {
    /// Ends a connection. The peer still gets the packets that are queued for it; what it sends
    /// meanwhile is dropped. Without `force`, the signal follows when the remote acknowledges. With
    /// `force`, the peer is removed at once, no signal follows, and a client closes.
    pub fn disconnect_peer(&mut self, id: i32, force: bool, now: Time) -> Result<(), PeerError> {
        self.disconnect_peer_with(id, 0, force, now)
    }

    /// The same. The remote is told `reason`, 32 bits that mean something to the game.
    pub fn disconnect_peer_with(
        &mut self,
        id: i32,
        reason: u32,
        force: bool,
        now: Time,
    ) -> Result<(), PeerError> {
        self.last_time = now;
        if !self.is_active() {
            return Err(PeerError::Inactive);
        }
        let Some((host, peer)) = self.connection_to(id) else {
            return Err(PeerError::UnknownPeer(id));
        };
        // ENet drops an attempt without an event, so nothing else would end the Connecting status.
        let ends_attempt = self.mode() == Mode::Client && self.status() == Status::Connecting;
        // With force, a client closes its host and a mesh drops it: no time is left to deliver packets.
        let how = match self.mode() {
            Mode::Client | Mode::Mesh if force => Disconnect::Acknowledged,
            _ => Disconnect::Later,
        };
        {
            let mut host = host.borrow_mut();
            host.disconnect(now, peer, reason, how);
            if ends_attempt || force {
                self.reasons.end(id, host.end(peer));
            }
            if let Some(host) = host.host() {
                host.flush(now);
            }
        }
        if ends_attempt || (force && self.mode() == Mode::Client) {
            self.close(now);
        } else if force {
            self.tally.count_removed(id, self.reasons.of(id).reason);
            if self.remove(id, now) {
                self.flush_main_host(now);
            }
        }
        Ok(())
    }

    /// Becomes inactive: tells every connected peer once, then forgets everything but the settings and
    /// the transfer settings. Emits no signals.
    #[cold]
    pub fn close(&mut self, now: Time) {
        self.last_time = now;
        if !self.is_active() {
            return;
        }
        for host in self.hosts.values() {
            // A script may have destroyed the host; then no peer is left to tell.
            let _ = host.borrow_mut().close(now);
        }
        self.forget();
    }

    /// The first half of [`Multiplayer::close`], for a caller that waits in between: tells every
    /// connected peer once. Returns whether there was one.
    pub fn say_goodbye(&mut self, now: Time) -> bool {
        self.last_time = now;
        let mut is_told = false;
        for host in self.hosts.values() {
            is_told |= host.borrow_mut().say_goodbye(now);
        }
        is_told
    }

    /// Becomes inactive and leaves the hosts as they are, unlike [`Multiplayer::close`].
    pub fn leave(&mut self) {
        for host in self.hosts.values() {
            let mut host = host.borrow_mut();
            // Hosts that were never polled may belong to another session by now.
            if self.was_polled {
                host.leave_session();
            } else {
                host.flush_waiting();
            }
        }
        self.forget();
    }

    fn forget(&mut self) {
        // A capture that waits for its first host goes on.
        if self.is_active() {
            self.stop_capture();
        }
        self.tally.end_session();
        self.hosts.clear();
        self.roster.clear();
        self.facts.inbox.borrow_mut().clear();
        self.queues.clear();
        self.relay.clear();
        self.came_up = false;
        self.facts.refuses_newcomers.set(false);
        self.activate(Mode::Inactive, Status::Disconnected, 0);
    }

    /// Removes a peer. Returns whether a message about that was queued for the others, which the caller
    /// has to flush.
    pub(super) fn remove(&mut self, id: i32, now: Time) -> bool {
        let is_announced = self.roster.remove(id) && self.announce_leave(id, now);
        self.forget_usual();
        if self.mode() == Mode::Mesh
            && let Some(host) = self.hosts.remove(id)
        {
            // A script may hold the host still, or add it again.
            let mut host = host.borrow_mut();
            host.leave_session();
            self.release_host(&mut host);
        }
        is_announced
    }
}
