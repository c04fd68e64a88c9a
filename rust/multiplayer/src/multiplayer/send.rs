//! Sending: who a target means, and on which channel.

use super::{FlushMode, MAIN_HOST, Mode, Multiplayer, SERVER_ID, Status};
use crate::SendError;
use enet_proto::{MAX_PACKET_SIZE, QueueError};
use enet_proto::{PeerId, PeerState, Time};

impl Multiplayer {
    /// Sends one packet to the target with the transfer mode and channel that are set. It leaves by
    /// [`FlushMode`].
    ///
    /// A peer that is being disconnected gets nothing, which is not an error. A packet for several
    /// peers leaves out those whose connection lacks the channel; if that is all of them, it is an
    /// error.
    pub fn send(&mut self, data: &[u8], now: Time) -> Result<(), SendError> {
        self.last_time = now;
        if !self.is_active() {
            return Err(SendError::Inactive);
        }
        if self.status != Status::Connected {
            return Err(SendError::NotConnected);
        }
        // i32::MIN has no positive counterpart and so is nobody.
        let named = self.target.checked_abs();
        let peer = named.and_then(|id| self.peers.get(&id).copied());
        let is_known = peer.is_some() || named.is_some_and(|id| self.is_relayed(id));
        if self.target != 0 && !is_known {
            return Err(SendError::UnknownTarget(self.target));
        }
        if data.len() > MAX_PACKET_SIZE {
            return Err(SendError::TooLarge(data.len()));
        }
        let wire_channel = self
            .wire_channel()
            .ok_or(SendError::InvalidChannel(self.transfer_channel))?;
        if self.speaks_godot3() {
            return self.send_prefixed(wire_channel, data, now);
        }
        match (self.mode, peer) {
            (Mode::Client, _) => self.send_to_one(SERVER_ID, wire_channel, data, now),
            (_, Some(peer)) if self.target > 0 => {
                self.send_to_peer((self.target, peer), wire_channel, data, now)
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
        match self.peers.get(&id) {
            Some(&peer) => self.send_to_peer((id, peer), wire_channel, data, now),
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
        let Some(connection) = self.hosts.get(&self.host_key(id)) else {
            return Err(SendError::UnknownTarget(id));
        };
        let mut connection = connection.borrow_mut();
        let Some(host) = connection.host() else {
            return Err(SendError::UnknownTarget(id));
        };
        let flags = self.flags();
        let sent = host.send(now, peer, wire_channel, flags, data);
        match self.flush_mode {
            FlushMode::Immediate => host.flush_apart(now),
            FlushMode::OnFlush => connection.wait_for_flush(),
        }
        match sent {
            Ok(()) | Err(QueueError::NotConnected) => Ok(()),
            Err(QueueError::NoSuchChannel) => Err(SendError::NoSuchChannel {
                peer: id,
                channel: self.transfer_channel,
            }),
            Err(QueueError::TooLarge) => Err(SendError::TooLarge(data.len())),
        }
    }

    pub(super) fn send_to_clients(
        &mut self,
        wire_channel: u8,
        data: &[u8],
        now: Time,
    ) -> Result<(), SendError> {
        let Some(connection) = self.hosts.get(&MAIN_HOST) else {
            return Err(SendError::Inactive);
        };
        let mut connection = connection.borrow_mut();
        let Some(host) = connection.host() else {
            return Err(SendError::Inactive);
        };
        self.recipients.clear();
        let everybody = self.peers.iter();
        self.recipients.extend(
            everybody
                .filter(|&(&id, _)| id != -self.target)
                .map(|(_, &peer)| peer),
        );
        let flags = self.flags();
        let sent = host.send_to_all(now, &self.recipients, wire_channel, flags, data);
        let first = self.recipients.iter();
        let first = first
            .copied()
            .find(|&peer| host.state(peer) == PeerState::Connected);
        match self.flush_mode {
            FlushMode::Immediate => host.flush_apart(now),
            FlushMode::OnFlush => connection.wait_for_flush(),
        }
        let count = sent.map_err(|_| SendError::TooLarge(data.len()))?;
        match first {
            // Some were there, and none has the channel.
            Some(peer) if count == 0 => Err(SendError::NoSuchChannel {
                peer: self.ids.get(&peer).copied().unwrap_or_default(),
                channel: self.transfer_channel,
            }),
            _ => Ok(()),
        }
    }

    fn send_to_mesh(&self, wire_channel: u8, data: &[u8], now: Time) -> Result<(), SendError> {
        let left_out = -self.target;
        let mut refused = None;
        let mut is_sent = self.peers.keys().all(|&id| id == left_out);
        for (&id, &peer) in self.peers.iter().filter(|&(&id, _)| id != left_out) {
            match self.send_to_peer((id, peer), wire_channel, data, now) {
                Ok(()) => is_sent = true,
                Err(error @ SendError::NoSuchChannel { .. }) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        match refused {
            Some(error) if !is_sent => Err(error),
            _ => Ok(()),
        }
    }
}
