//! Sending: which peers a target names, and on which channel a packet travels.

use super::{FlushMode, MAIN_HOST, Mode, Multiplayer, SERVER_ID, Status};
use crate::SendError;
use enet_proto::{Limit, MAX_PACKET_SIZE, PeerId, PeerState, QueueError, Time};

impl Multiplayer {
    /// Sends one packet to the target with the transfer mode and channel that are set. The packet
    /// leaves by [`FlushMode`].
    ///
    /// A peer that is being disconnected gets nothing, which is not an error. A packet for several
    /// peers leaves out those whose connection lacks the channel; if every one lacks it, the call
    /// fails. It fails, too, if too much waits to be sent to a single recipient; of several, the host drops
    /// such a peer.
    pub fn send(&mut self, data: &[u8], now: Time) -> Result<(), SendError> {
        self.last_time = now;
        if !self.is_active() {
            return Err(SendError::Inactive);
        }
        if self.status() != Status::Connected {
            return Err(SendError::NotConnected);
        }
        let target = self.target();
        // i32::MIN has no positive counterpart, so it names no peer.
        let named = target.checked_abs();
        let peer = named.and_then(|id| self.roster.get(id));
        let is_known = peer.is_some() || named.is_some_and(|id| self.is_relayed(id));
        if target != 0 && !is_known {
            return Err(SendError::UnknownTarget(target));
        }
        if data.len() > MAX_PACKET_SIZE {
            return Err(SendError::TooLarge(data.len()));
        }
        let wire_channel = self
            .wire_channel()
            .ok_or(SendError::InvalidChannel(self.transfer_channel()))?;
        if self.speaks_godot3() {
            return self.send_prefixed(wire_channel, data, now);
        }
        match (self.mode(), peer) {
            (Mode::Client, _) => self.send_to_one(SERVER_ID, wire_channel, data, now),
            (_, Some(peer)) if target > 0 => {
                self.send_to_peer((target, peer), wire_channel, data, now)
            }
            (Mode::Mesh, _) => self.send_to_mesh(wire_channel, data, now),
            _ => self.send_to_clients(wire_channel, data, now),
        }
    }

    pub(super) fn send_to_one(
        &self,
        id: i32,
        wire_channel: u8,
        data: &[u8],
        now: Time,
    ) -> Result<(), SendError> {
        match self.roster.get(id) {
            Some(peer) => self.send_to_peer((id, peer), wire_channel, data, now),
            None => Err(SendError::UnknownTarget(id)),
        }
    }

    fn send_to_peer(
        &self,
        (id, peer): (i32, PeerId),
        wire_channel: u8,
        data: &[u8],
        now: Time,
    ) -> Result<(), SendError> {
        let Some(connection) = self.hosts.get(self.host_key(id)) else {
            return Err(SendError::UnknownTarget(id));
        };
        let mut connection = connection.borrow_mut();
        let Some(host) = connection.host() else {
            return Err(SendError::UnknownTarget(id));
        };
        let sent = host.send(now, peer, wire_channel, self.flags(), data);
        if self.settings.flush_mode == FlushMode::Immediate {
            host.flush_apart(now);
        }
        match sent {
            Ok(()) | Err(QueueError::NotConnected) => Ok(()),
            Err(QueueError::NoSuchChannel) => Err(SendError::NoSuchChannel {
                peer: id,
                channel: self.transfer_channel(),
            }),
            Err(QueueError::TooLarge) => Err(SendError::TooLarge(data.len())),
            Err(QueueError::Full) => Err(SendError::QueueFull(id)),
        }
    }

    /// Sends to every client of a server but the one that a negative target leaves out.
    pub(super) fn send_to_clients(
        &mut self,
        wire_channel: u8,
        data: &[u8],
        now: Time,
    ) -> Result<(), SendError> {
        let flags = self.flags();
        let Some(connection) = self.hosts.get(MAIN_HOST) else {
            return Err(SendError::Inactive);
        };
        let mut connection = connection.borrow_mut();
        let Some(host) = connection.host() else {
            return Err(SendError::Inactive);
        };
        let left_out = -self.target();
        let clients = self.roster.iter().filter(|&(id, _)| id != left_out);
        self.recipients.clear();
        self.recipients.extend(clients.map(|(_, peer)| peer));
        let sent = match self.recipients.as_slice() {
            // The caller learns of the failure and can send again.
            &[only] => match host.send(now, only, wire_channel, flags, data) {
                Ok(()) => Ok(1),
                Err(error @ (QueueError::TooLarge | QueueError::Full)) => Err(error),
                Err(_) => Ok(0),
            },
            all => host.send_to_all(now, all, wire_channel, flags, data),
        };
        let mut recipients = self.recipients.iter().copied();
        let connected = recipients.find(|&peer| {
            host.state(peer) == PeerState::Connected
                && host.channels(peer) <= usize::from(wire_channel)
        });
        if self.settings.flush_mode == FlushMode::Immediate {
            host.flush_apart(now);
        }
        let first = self.recipients.first();
        let id = first.and_then(|&peer| self.roster.id_of(peer));
        let count = sent.map_err(|error| match error {
            QueueError::Full => SendError::QueueFull(id.unwrap_or_default()),
            _ => SendError::TooLarge(data.len()),
        })?;
        match connected {
            // Of the connected recipients, none has the channel.
            Some(peer) if count == 0 => Err(SendError::NoSuchChannel {
                peer: self.roster.id_of(peer).unwrap_or_default(),
                channel: self.transfer_channel(),
            }),
            _ => Ok(()),
        }
    }

    fn send_to_mesh(&self, wire_channel: u8, data: &[u8], now: Time) -> Result<(), SendError> {
        let left_out = -self.target();
        let recipients = || self.roster.iter().filter(|&(id, _)| id != left_out);
        let is_for_several = recipients().nth(1).is_some();
        let mut missing_channel = None;
        let mut is_sent = recipients().next().is_none();
        for recipient in recipients() {
            match self.send_to_peer(recipient, wire_channel, data, now) {
                Ok(()) => is_sent = true,
                Err(error @ SendError::NoSuchChannel { .. }) => missing_channel = Some(error),
                // As for the clients of a server: the others are not to miss the packet.
                Err(SendError::QueueFull(_)) if is_for_several => {
                    is_sent = true;
                    self.drop_full(recipient, now);
                }
                Err(error) => return Err(error),
            }
        }
        match missing_channel {
            Some(error) if !is_sent => Err(error),
            _ => Ok(()),
        }
    }

    /// Drops a peer that does not receive fast enough.
    fn drop_full(&self, (id, peer): (i32, PeerId), now: Time) {
        if let Some(connection) = self.hosts.get(self.host_key(id))
            && let Some(host) = connection.borrow_mut().host()
        {
            host.with_protocol(|protocol| protocol.drop_over_limit(now, peer, Limit::Unsent));
        }
    }
}
