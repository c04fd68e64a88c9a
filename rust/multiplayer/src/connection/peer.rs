//! The peers: packets for them, their settings, and what is known of them.

use std::net::SocketAddr;

use super::Connection;
use crate::{Inactive, PacketError, SettingError, channel};
use enet_net::Host;
use enet_proto::{
    MAX_CHANNELS, PacketFlags, PeerId, PeerState, PeerStatistics, QueueError, Throttle, Time,
    Timeout,
};

impl Connection {
    /// The listed peers, in the order in which they became known.
    pub fn peers(&self) -> Vec<PeerId> {
        self.members.in_order()
    }

    /// Whether the peer is listed.
    pub fn contains(&self, peer: PeerId) -> bool {
        self.members.get(peer).is_some()
    }

    /// A number that changes whenever peers leave the list.
    pub fn departures(&self) -> u64 {
        self.members.departures()
    }

    /// Whether the peer's connection, or the attempt to connect, goes on.
    pub fn is_active_peer(&self, peer: PeerId) -> bool {
        self.members.is_active(peer)
    }

    /// Whether this side began the connection.
    pub fn is_outgoing(&self, peer: PeerId) -> bool {
        (self.members.get(peer)).is_some_and(|member| member.is_outgoing)
    }

    /// The peer's state, including the states that ENet has while an event waits to be taken.
    pub fn state(&self, peer: PeerId) -> PeerState {
        let (Some(member), Some(host)) = (self.members.get(peer), &self.host) else {
            return PeerState::Disconnected;
        };
        match host.state(peer) {
            _ if !member.is_active => PeerState::Disconnected,
            PeerState::Connected if !member.is_up => PeerState::ConnectionSucceeded,
            PeerState::Disconnected => PeerState::Zombie,
            state => state,
        }
    }

    /// Queues a packet for one peer. `flags` are ENet's bits: 1 reliable, 2 unsequenced, 8 unreliable
    /// fragments.
    pub fn send(
        &mut self,
        peer: PeerId,
        channel: i64,
        flags: i64,
        data: &[u8],
        now: Time,
    ) -> Result<(), PacketError> {
        let mut count = self.channels(peer).ok_or(PacketError::Inactive)?;
        let state = self.state(peer);
        // The remote chose the moment, and the event is still to come: no error that names channels.
        let is_left = matches!(
            state,
            PeerState::AcknowledgingDisconnect | PeerState::Zombie
        );
        if is_left {
            count = MAX_CHANNELS;
        }
        let host = self.host.as_mut().ok_or(PacketError::Inactive)?;
        let wire = checked_channel(channel, count)?;
        let flags = checked_flags(flags)?;
        if is_left {
            return Err(PacketError::NotConnected);
        }
        let wire = wire.ok_or(PacketError::NoSuchChannel { channel, count })?;
        if state != PeerState::Connected {
            return Err(PacketError::NotConnected);
        }
        host.send(now, peer, wire, flags, data)
            .map_err(|error| match error {
                QueueError::NotConnected => PacketError::NotConnected,
                QueueError::NoSuchChannel => PacketError::NoSuchChannel { channel, count },
                QueueError::TooLarge => PacketError::TooLarge(data.len()),
                QueueError::Full => PacketError::QueueFull,
            })
    }

    /// Queues a packet for every connected peer that has the channel. `flags` are those of
    /// [`Connection::send`].
    pub fn broadcast(
        &mut self,
        channel: i64,
        flags: i64,
        data: &[u8],
        now: Time,
    ) -> Result<(), PacketError> {
        let peers = self.peers();
        let host = self.host.as_mut().ok_or(PacketError::Inactive)?;
        let count = self.channel_limit;
        let wire = checked_channel(channel, count)?;
        let flags = checked_flags(flags)?;
        let wire = wire.ok_or(PacketError::NoSuchChannel { channel, count })?;
        host.send_to_all(now, &peers, wire, flags, data)
            .map(|_| ())
            .map_err(|_| PacketError::TooLarge(data.len()))
    }

    /// Asks the remote for an acknowledgement, if the peer is connected.
    pub fn ping(&mut self, peer: PeerId, now: Time) -> Result<(), Inactive> {
        let host = self.host_of(peer)?;
        host.with_protocol(|protocol| protocol.ping(now, peer));
        Ok(())
    }

    /// Sets the milliseconds without an acknowledgement after which a ping is sent; 0 for the default of
    /// 500.
    pub fn set_ping_interval(
        &mut self,
        peer: PeerId,
        interval: i64,
        now: Time,
    ) -> Result<(), SettingError> {
        let host = self.host_of(peer)?;
        let interval = unsigned("ping interval", interval)?;
        host.with_protocol(|protocol| protocol.set_ping_interval(now, peer, interval));
        Ok(())
    }

    /// Sets when a peer that does not acknowledge times out, in the units of [`Timeout`]; 0 stands for a
    /// number's default.
    pub fn set_timeout(
        &mut self,
        peer: PeerId,
        limit: i64,
        minimum: i64,
        maximum: i64,
    ) -> Result<(), SettingError> {
        let host = self.host_of(peer)?;
        if limit > minimum || minimum > maximum {
            return Err(SettingError::TimeoutOrder {
                limit,
                minimum,
                maximum,
            });
        }
        let timeout = Timeout {
            limit: unsigned("timeout", limit)?,
            minimum: unsigned("minimum timeout", minimum)?,
            maximum: unsigned("maximum timeout", maximum)?,
        };
        host.with_protocol(|protocol| protocol.set_timeout(peer, timeout));
        Ok(())
    }

    /// Sets how the packet throttles of both sides follow the RTT. Before the connection is up, the
    /// setting waits for that event: ENet fails to connect if CONNECT and VERIFY_CONNECT name different
    /// throttles.
    pub fn configure_throttle(
        &mut self,
        peer: PeerId,
        interval: i64,
        acceleration: i64,
        deceleration: i64,
        now: Time,
    ) -> Result<(), SettingError> {
        self.host_of(peer)?;
        let throttle = Throttle {
            interval: unsigned("interval", interval)?,
            acceleration: unsigned("acceleration", acceleration)?,
            deceleration: unsigned("deceleration", deceleration)?,
        };
        if let PeerState::Connecting | PeerState::ConnectionSucceeded = self.state(peer) {
            self.members.set_throttle(peer, throttle);
        } else {
            let host = self.host_of(peer)?;
            host.with_protocol(|protocol| protocol.configure_throttle(now, peer, throttle));
        }
        Ok(())
    }

    /// The statistics of an active peer's connection. See [`Connection::address`].
    pub fn statistics(&self, peer: PeerId) -> Option<PeerStatistics> {
        if let Some(former) = self.members.former(peer) {
            return Some(former.statistics);
        }
        let host = self.host_with(peer)?;
        let member = self.members.get(peer)?;
        let mut statistics = host.statistics(peer).unwrap_or_default();
        if let Some(throttle) = member.throttle {
            statistics.packet_throttle_interval = throttle.interval;
            statistics.packet_throttle_acceleration = throttle.acceleration;
            statistics.packet_throttle_deceleration = throttle.deceleration;
        }
        Some(statistics)
    }

    /// The address of an active peer's remote. Where a session tells the script of the connection's end, the address
    /// is known until the handlers have returned.
    pub fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        match self.members.former(peer) {
            Some(former) => former.address,
            None => self.host_with(peer)?.address(peer),
        }
    }

    /// The host, if the peer is active.
    pub(super) fn host_with(&self, peer: PeerId) -> Option<&Host> {
        self.host.as_ref().filter(|_| self.is_active_peer(peer))
    }

    /// Number of ENet channels of an active peer; 0 once its disconnection has begun.
    pub fn channels(&self, peer: PeerId) -> Option<usize> {
        let host = self.host.as_ref()?;
        let channels = match self.state(peer) {
            PeerState::Disconnecting | PeerState::AcknowledgingDisconnect | PeerState::Zombie => 0,
            _ => host.channels(peer),
        };
        self.is_active_peer(peer).then_some(channels)
    }

    fn host_of(&mut self, peer: PeerId) -> Result<&mut Host, Inactive> {
        if !self.is_active_peer(peer) {
            return Err(Inactive);
        }
        self.host.as_mut().ok_or(Inactive)
    }
}

/// The channel on the wire. `None` for the first number that is too high: Godot lets it through, and ENet
/// rejects it later, with another error.
fn checked_channel(channel: i64, count: usize) -> Result<Option<u8>, PacketError> {
    match usize::try_from(channel) {
        Ok(index) if index < count => Ok(u8::try_from(index).ok()),
        Ok(index) if index == count => Ok(None),
        _ => Err(PacketError::Channel { channel, count }),
    }
}

fn checked_flags(flags: i64) -> Result<PacketFlags, PacketError> {
    const KNOWN: i64 = 1 | 2 | 8;
    match u32::try_from(flags) {
        Ok(bits) if flags & !KNOWN == 0 => Ok(channel::flags_from_bits(bits)),
        _ => Err(PacketError::Flags(flags)),
    }
}

pub(super) fn unsigned(name: &'static str, value: i64) -> Result<u32, SettingError> {
    u32::try_from(value).map_err(|_| SettingError::OutOfRange { name, value })
}
