//! Servicing the host, and its events.

use super::Connection;
use super::members::Member;
use super::names::SLICE;
use crate::ending::Side;
use crate::{End, Inactive, Reason};
use enet_proto::{Cause, Event, PeerId, Time};

/// A change of a peer in which the session that shares the host took no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeerChange {
    /// The peer is connected, with this connect data, and a script took the event.
    Joined(PeerId, u32),
    /// A script ended the connection, or took the event of its end.
    Ended(PeerId, End),
}

impl PeerChange {
    /// The end of a connection that this side ended.
    pub(super) fn ended_here(member: &Member) -> Self {
        Self::Ended(member.id, member.end())
    }
}

impl Connection {
    /// Takes over changes of the limits and the simulation, and addresses of names, and takes the peers whose connections ended off the
    /// list. Every service of the host begins with this call.
    pub fn begin_service(&mut self, now: Time) {
        self.update_limits();
        self.update_simulation();
        self.settle_names(now);
        self.probe_when_due(now);
        if self.members.has_ended() {
            self.unlist_ended();
        }
    }

    #[cold]
    fn unlist_ended(&mut self) {
        let ended = self.members.unlist_ended();
        if self.session.is_some() {
            (self.changes).extend(ended.iter().map(PeerChange::ended_here));
        }
    }

    /// One turn of a script's loop: returns the next event, waiting on the socket for up to `timeout`;
    /// `None` when the time has passed without one.
    pub fn service(
        &mut self,
        timeout: Time,
        clock: impl Fn() -> Time,
    ) -> Result<Option<Event>, Inactive> {
        self.wait_for_event(timeout, false, clock)
    }

    /// The same for a caller that judges newcomers: ends early when one waits.
    pub fn service_or_newcomer(
        &mut self,
        timeout: Time,
        clock: impl Fn() -> Time,
    ) -> Result<Option<Event>, Inactive> {
        self.wait_for_event(timeout, true, clock)
    }

    fn wait_for_event(
        &mut self,
        timeout: Time,
        judges: bool,
        clock: impl Fn() -> Time,
    ) -> Result<Option<Event>, Inactive> {
        let now = clock();
        self.begin_service(now);
        let deadline = now + timeout;
        let mut event = self.take_event(now, false);
        if event.is_some()
            && let Some(host) = &mut self.host
        {
            // The script is alive, although the host is not serviced in this call.
            host.note_alive(now);
        }
        while event.is_none() {
            let host = self.host.as_mut().ok_or(Inactive)?;
            let now = clock();
            host.service(now);
            self.probe_when_due(now);
            event = self.take_event(now, false);
            if event.is_none() {
                if now >= deadline || (judges && self.has_newcomer(now)) {
                    return Ok(None);
                }
                let is_resolving = self.names.is_waiting();
                let limit = match is_resolving {
                    true => (deadline - now).min(SLICE),
                    false => deadline - now,
                };
                if let Some(host) = &mut self.host {
                    match judges {
                        true => host.wait_or_request(now, limit),
                        false => host.wait(now, limit),
                    };
                }
                if is_resolving {
                    self.settle_names(clock());
                }
            }
        }
        // The session that shares the host learns of the event at its next poll.
        if self.session.is_some() {
            match event {
                Some((Event::Connected { peer, data }, _)) => {
                    self.changes.push(PeerChange::Joined(peer, data));
                }
                Some((Event::Disconnected { peer, .. }, end)) => {
                    self.changes.push(PeerChange::Ended(peer, end));
                }
                _ => {}
            }
        }
        Ok(event.map(|(event, _)| event))
    }

    /// Takes the oldest event. Events of peers that this side ended are left out.
    pub fn next_event(&mut self, now: Time) -> Option<Event> {
        self.take_event(now, false).map(|(event, _)| event)
    }

    /// The same for the session that shares the host. A peer whose connection ended stays listed until
    /// [`Connection::forget_left`], and [`Connection::end`] tells how it did.
    pub(crate) fn next_event_of_session(&mut self, now: Time) -> Option<Event> {
        self.take_event(now, true).map(|(event, _)| event)
    }

    /// Notes that the session tells the script of the end of a connection: the peer is inactive from now on.
    pub(crate) fn tell_left(&mut self, peer: PeerId) {
        self.members.tell_left(peer);
    }

    /// Takes a peer off the list whose end the session has told the script, or does not tell.
    pub(crate) fn forget_left(&mut self, peer: PeerId) {
        self.members.forget_left(peer);
    }

    /// The oldest event, and how the connection ended if it reports that. A peer that ended leaves the list, unless it
    /// `stays`.
    fn take_event(&mut self, now: Time, stays: bool) -> Option<(Event, End)> {
        loop {
            let mut end = End::default();
            let host = self.host.as_mut()?;
            let event = host.next_event()?;
            match event {
                Event::Connected { peer, data } => match self.members.get(peer) {
                    Some(member) if !member.is_active => continue,
                    Some(_) => {
                        let throttle = self.members.set_up(peer);
                        if let (Some(throttle), Some(host)) = (throttle, &mut self.host) {
                            host.with_protocol(|protocol| {
                                protocol.configure_throttle(now, peer, throttle);
                            });
                        }
                    }
                    None => {
                        self.members.list(peer, data, false);
                        let address = self.host.as_ref().and_then(|host| host.address(peer));
                        self.members.set_address(peer, address);
                    }
                },
                Event::Received { peer, .. } if self.is_active_peer(peer) => {}
                Event::Disconnected { peer, data, cause } if self.is_active_peer(peer) => {
                    end = self.judge_end(peer, cause, data);
                    self.note_refusal(peer, data);
                    self.members.tell_end(peer, end);
                    let host = self.host.as_mut();
                    match host.and_then(enet_net::Host::take_ended) {
                        Some(former) if stays => self.members.leave(peer, end, former),
                        _ => self.members.unlist(peer),
                    }
                }
                Event::Received { data, .. } => {
                    if let Some(host) = &mut self.host {
                        host.recycle(data);
                    }
                    continue;
                }
                Event::OverLimit { peer, limit } => {
                    self.note_over_limit(now, peer, limit);
                    continue;
                }
                Event::Disconnected { .. } => continue,
            }
            return Some((event, end));
        }
    }

    /// How a connection ended. ENet's event has no data for the side that ended it, so that side's own data is added.
    fn judge_end(&mut self, peer: PeerId, cause: Cause, data: u32) -> End {
        let member = self.members.get(peer);
        let side = match member {
            Some(member) if !member.is_outgoing => Side::Acceptor,
            Some(member) if !member.is_up => Side::Connecting,
            _ => Side::Connector,
        };
        let given = member.map_or(0, |member| member.given);
        let end = End::of(cause, if data == 0 { given } else { data }, side);
        let is_silence = matches!(cause, Cause::Timeout | Cause::Handshake);
        match side == Side::Connecting && self.is_port_closed(peer) && is_silence {
            true => End {
                reason: Reason::PortClosed,
                ..end
            },
            false => end,
        }
    }
}
