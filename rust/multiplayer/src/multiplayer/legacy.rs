//! What Godot 3's `NetworkedMultiplayerENet` could set and ask, and Godot 4's class cannot.

use std::net::SocketAddr;

use super::{Mode, Multiplayer, SERVER_ID, Signal, Status, WireProtocol, godot3};
use crate::channel;
use crate::error::LegacyError;
use crate::{CreateError, PeerError, SettingError, TransferMode};
use enet_proto::Time;
use enet_proto::{MAX_CHANNELS, PacketFlags};

/// What is set here. It outlives sessions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub always_ordered: bool,
    pub server_relay: bool,
    pub wire_protocol: WireProtocol,
    /// ENet channels of the hosts made from now on, if that was set.
    pub channel_count: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            always_ordered: false,
            server_relay: true,
            wire_protocol: WireProtocol::default(),
            channel_count: None,
        }
    }
}

impl Multiplayer {
    /// Whether packets sent with [`TransferMode::Unreliable`] arrive in order, too.
    pub fn is_always_ordered(&self) -> bool {
        self.legacy.always_ordered
    }

    /// Makes the packets that are sent from now on with [`TransferMode::Unreliable`] arrive in order,
    /// or not any more. They are then of mode [`TransferMode::UnreliableOrdered`] where they arrive.
    pub fn set_always_ordered(&mut self, ordered: bool) {
        self.legacy.always_ordered = ordered;
    }

    /// Whether a server passes packets on between its clients, and tells them of each other.
    pub fn is_server_relay_enabled(&self) -> bool {
        self.legacy.server_relay
    }

    /// Chooses whether a server does so. Not while active.
    pub fn set_server_relay_enabled(&mut self, enabled: bool) -> Result<(), LegacyError> {
        self.refuse_while_active()?;
        self.legacy.server_relay = enabled;
        Ok(())
    }

    /// The format of what is sent above ENet.
    pub fn wire_protocol(&self) -> WireProtocol {
        self.legacy.wire_protocol
    }

    /// Chooses that format. Not while active.
    pub fn set_wire_protocol(&mut self, protocol: WireProtocol) -> Result<(), LegacyError> {
        self.refuse_while_active()?;
        self.legacy.wire_protocol = protocol;
        Ok(())
    }

    /// ENet channels of a server or client that is made without naming a number: as set, or 3.
    pub fn channel_count(&self) -> usize {
        self.legacy.channel_count.unwrap_or(godot3::SYSTEM_CHANNELS)
    }

    /// Chooses that number, 3 to 255. Not while active.
    pub fn set_channel_count(&mut self, count: i64) -> Result<(), LegacyError> {
        self.refuse_while_active()?;
        let known = usize::try_from(count).ok();
        let known = known.filter(|count| (godot3::SYSTEM_CHANNELS..=MAX_CHANNELS).contains(count));
        self.legacy.channel_count = Some(known.ok_or(LegacyError::ChannelCount(count))?);
        Ok(())
    }

    /// The transfer channel of the packet that was taken last; none once the next poll began.
    pub fn last_packet_channel(&self) -> Option<i32> {
        self.last_packet_channel
    }

    /// The address of a peer that this one has a connection to.
    pub fn peer_address(&self, id: i32) -> Result<SocketAddr, PeerError> {
        if !self.is_active() {
            return Err(PeerError::Inactive);
        }
        let (connection, peer) = self.connection_to(id).ok_or(PeerError::UnknownPeer(id))?;
        let address = connection.borrow().address(peer);
        address.ok_or(PeerError::UnknownPeer(id))
    }

    /// When to give a peer up: see [`crate::Connection::set_timeout`].
    pub fn set_peer_timeout(
        &mut self,
        id: i32,
        limit: i64,
        minimum: i64,
        maximum: i64,
    ) -> Result<(), LegacyError> {
        if !self.is_active() {
            return Err(PeerError::Inactive.into());
        }
        let (connection, peer) = self.connection_to(id).ok_or(PeerError::UnknownPeer(id))?;
        let set = (connection.borrow_mut()).set_timeout(peer, limit, minimum, maximum);
        set.map_err(|error| match error {
            SettingError::Inactive => PeerError::UnknownPeer(id).into(),
            error => LegacyError::Setting(error),
        })
    }

    /// The first half of [`Multiplayer::close`], for a caller who waits in between: tells every
    /// connected peer once. False if there was nobody to tell.
    pub fn say_goodbye(&mut self, now: Time) -> bool {
        self.last_time = now;
        let mut is_told = false;
        for host in self.hosts.values() {
            is_told |= host.borrow_mut().say_goodbye(now);
        }
        is_told
    }

    /// The flags that packets are sent with.
    pub(super) fn flags(&self) -> PacketFlags {
        let flags = self.transfer_mode.flags();
        PacketFlags {
            unsequenced: flags.unsequenced && !self.legacy.always_ordered,
            ..flags
        }
    }

    /// The ENet channel for the transfer mode and channel that are set.
    pub(super) fn wire_channel(&self) -> Option<u8> {
        let to_wire: fn(TransferMode, i32) -> Option<u8> = match self.legacy.wire_protocol {
            WireProtocol::Godot4 => channel::to_wire,
            WireProtocol::Godot3 => godot3::to_wire,
        };
        to_wire(self.transfer_mode, self.transfer_channel)
    }

    /// ENet channels of a host when a game asks for `user_channels` of its own, 0 or less if it
    /// does not.
    pub(super) fn wire_count(&self, user_channels: i32) -> usize {
        let is_asked = user_channels > 0;
        match (self.legacy.channel_count, self.legacy.wire_protocol) {
            (Some(count), _) if !is_asked => count,
            (None, WireProtocol::Godot3) if !is_asked => godot3::SYSTEM_CHANNELS,
            (_, WireProtocol::Godot3) => godot3::wire_count(user_channels),
            (_, WireProtocol::Godot4) => channel::wire_count(user_channels),
        }
    }

    /// What a client is told after the signal that its session ended, or could not begin.
    pub(super) fn note_end(&mut self, status: Status) {
        self.outcome = Some(match status {
            Status::Connecting => Signal::ConnectionFailed,
            _ => Signal::ServerDisconnected,
        });
    }

    /// The signal that is due after those of Godot 4, unless what it tells is no longer so: handlers
    /// may have closed the session, or started another one.
    pub(super) fn take_outcome(&mut self) -> Option<Signal> {
        let signal = self.outcome.take()?;
        let still_holds = match signal {
            Signal::ConnectionSucceeded => {
                self.mode == Mode::Client
                    && self.status == Status::Connected
                    && self.peers.contains_key(&SERVER_ID)
            }
            _ => !self.is_active(),
        };
        still_holds.then_some(signal)
    }

    fn refuse_while_active(&self) -> Result<(), LegacyError> {
        match self.is_active() {
            true => Err(LegacyError::Active),
            false => Ok(()),
        }
    }

    /// Godot 3 had no meshes.
    pub(super) fn check_mesh(&self) -> Result<(), CreateError> {
        match self.legacy.wire_protocol {
            WireProtocol::Godot3 => Err(CreateError::MeshOfGodot3),
            WireProtocol::Godot4 => Ok(()),
        }
    }
}
