//! Calls that concern one peer, or a packet for several.

use std::net::SocketAddr;

use super::Connection;
use crate::{Inactive, PacketError, SettingError, channel};
use enet_net::Host;
use enet_proto::QueueError;
use enet_proto::{PacketFlags, PeerId, PeerState, PeerStatistics, Throttle, Time, Timeout};

impl Connection {
    /// Queues a packet for one peer. `flags` are ENet's bits: 1, 2, 8.
    pub fn send(
        &mut self,
        peer: PeerId,
        channel: i64,
        flags: i64,
        data: &[u8],
        now: Time,
    ) -> Result<(), PacketError> {
        let count = self.channels(peer).ok_or(PacketError::Inactive)?;
        let state = self.state(peer);
        let host = self.host.as_mut().ok_or(PacketError::Inactive)?;
        let wire = checked_channel(channel, count)?;
        let flags = checked_flags(flags)?;
        let wire = wire.ok_or(PacketError::NoSuchChannel { channel, count })?;
        if state != PeerState::Connected {
            return Err(PacketError::NotConnected);
        }
        host.send(now, peer, wire, flags, data)
            .map_err(|error| match error {
                QueueError::NotConnected => PacketError::NotConnected,
                QueueError::NoSuchChannel => PacketError::NoSuchChannel { channel, count },
                QueueError::TooLarge => PacketError::TooLarge(data.len()),
            })
    }

    /// Queues a packet for every connected peer that has the channel.
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
        host.with_engine(|engine| engine.ping(now, peer));
        Ok(())
    }

    /// Milliseconds without an acknowledgement after which a ping is sent, 0 for the usual 500.
    pub fn set_ping_interval(
        &mut self,
        peer: PeerId,
        interval: i64,
        now: Time,
    ) -> Result<(), SettingError> {
        let host = self.host_of(peer)?;
        let interval = unsigned("ping interval", interval)?;
        host.with_engine(|engine| engine.set_ping_interval(now, peer, interval));
        Ok(())
    }

    /// When to give the peer up. See [`Timeout`]; a 0 stands for the usual value.
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
        host.with_engine(|engine| engine.set_timeout(peer, timeout));
        Ok(())
    }

    /// How both sides' throttles follow the round trips. Before the connection is up it waits for that:
    /// ENet fails to connect if a request and its answer do not name the same throttle.
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
            host.with_engine(|engine| engine.configure_throttle(now, peer, throttle));
        }
        Ok(())
    }

    /// Everything an active peer's connection knows of itself.
    pub fn statistics(&self, peer: PeerId) -> Option<PeerStatistics> {
        let host = self.host.as_ref()?;
        let member = self.members.get(peer).filter(|member| member.is_active)?;
        let mut statistics = host.statistics(peer).unwrap_or_default();
        if let Some(throttle) = member.throttle {
            statistics.packet_throttle_interval = throttle.interval;
            statistics.packet_throttle_acceleration = throttle.acceleration;
            statistics.packet_throttle_deceleration = throttle.deceleration;
        }
        Some(statistics)
    }

    /// The remote's address, while the peer is active.
    pub fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        let host = self.host.as_ref()?;
        host.address(peer).filter(|_| self.is_active_peer(peer))
    }

    /// Number of channels of an active peer. None are left once its end has begun.
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

/// The channel on the wire; none for the first one that is too high, which ENet finds later than
/// Godot finds all others.
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
