//! Settings and queries that Godot 3's `NetworkedMultiplayerENet` had and Godot 4's class lacks, and the
//! channels and flags that follow from them.

use std::net::SocketAddr;

use super::{Multiplayer, WireProtocol, godot3};
use crate::{LegacyError, PeerError, SettingError, TransferMode, channel};
use enet_proto::{MAX_CHANNELS, PacketFlags};

impl Multiplayer {
    /// Whether packets sent with [`TransferMode::Unreliable`] arrive in order, too.
    pub fn is_always_ordered(&self) -> bool {
        self.settings.always_ordered
    }

    /// Chooses whether packets sent from now on with [`TransferMode::Unreliable`] arrive in order. The
    /// remote receives such packets with [`TransferMode::UnreliableOrdered`].
    pub fn set_always_ordered(&mut self, ordered: bool) {
        self.settings.always_ordered = ordered;
    }

    /// Whether a server relays packets between its clients and announces the clients to each other.
    pub fn is_server_relay_enabled(&self) -> bool {
        self.facts.server_relay.get()
    }

    /// Chooses whether a server relays and announces. Fails while active.
    pub fn set_server_relay_enabled(&mut self, enabled: bool) -> Result<(), LegacyError> {
        self.refuse_while_active()?;
        self.facts.server_relay.set(enabled);
        Ok(())
    }

    /// The format of packets above ENet.
    pub fn wire_protocol(&self) -> WireProtocol {
        self.facts.wire_protocol.get()
    }

    /// Chooses the format of packets above ENet. Fails while active.
    pub fn set_wire_protocol(&mut self, protocol: WireProtocol) -> Result<(), LegacyError> {
        self.refuse_while_active()?;
        self.facts.wire_protocol.set(protocol);
        Ok(())
    }

    /// Number of ENet channels of a server or client that is created without a number of its own: the
    /// number that was set, or 3.
    pub fn channel_count(&self) -> usize {
        self.settings
            .channel_count
            .unwrap_or(godot3::SYSTEM_CHANNELS)
    }

    /// Chooses the number of [`Multiplayer::channel_count`], 3 to 255. Fails while active.
    pub fn set_channel_count(&mut self, count: i64) -> Result<(), LegacyError> {
        self.refuse_while_active()?;
        let known = usize::try_from(count).ok();
        let known = known.filter(|count| (godot3::SYSTEM_CHANNELS..=MAX_CHANNELS).contains(count));
        self.settings.channel_count = Some(known.ok_or(LegacyError::ChannelCount(count))?);
        Ok(())
    }

    /// The transfer channel of the packet that was taken last; `None` once the next poll has begun.
    pub fn last_packet_channel(&self) -> Option<i32> {
        self.facts.inbox.borrow().last_channel()
    }

    /// The address of a peer that this one has a connection to.
    pub fn peer_address(&self, id: i32) -> Result<SocketAddr, PeerError> {
        if !self.is_active() {
            return Err(PeerError::Inactive);
        }
        let (connection, peer) = self.connection_to(id).ok_or(PeerError::UnknownPeer(id))?;
        let connection = connection.borrow();
        let address = connection.address(peer);
        address.ok_or_else(|| match connection.resolving_port(peer) {
            Some(_) => PeerError::Unresolved(id),
            None => PeerError::UnknownPeer(id),
        })
    }

    /// Chooses when a peer that does not answer times out: see [`crate::Connection::set_timeout`].
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

    /// The flags that packets are sent with.
    pub(super) fn flags(&self) -> PacketFlags {
        let flags = self.transfer_mode().flags();
        PacketFlags {
            unsequenced: flags.unsequenced && !self.settings.always_ordered,
            ..flags
        }
    }

    /// The ENet channel for the transfer mode and channel that are set.
    pub(super) fn wire_channel(&self) -> Option<u8> {
        let to_wire: fn(TransferMode, i32) -> Option<u8> = match self.facts.wire_protocol.get() {
            WireProtocol::Godot4 => channel::to_wire,
            WireProtocol::Godot3 => godot3::to_wire,
        };
        to_wire(self.transfer_mode(), self.transfer_channel())
    }

    /// Number of ENet channels of a host when the game asks for `user_channels` transfer channels, 0 or
    /// less for the default.
    pub(super) fn wire_count(&self, user_channels: i32) -> usize {
        let is_asked = user_channels > 0;
        match (self.settings.channel_count, self.facts.wire_protocol.get()) {
            (Some(count), _) if !is_asked => count,
            (None, WireProtocol::Godot3) if !is_asked => godot3::SYSTEM_CHANNELS,
            (_, WireProtocol::Godot3) => godot3::wire_count(user_channels),
            (_, WireProtocol::Godot4) => channel::wire_count(user_channels),
        }
    }

    fn refuse_while_active(&self) -> Result<(), LegacyError> {
        match self.is_active() {
            true => Err(LegacyError::Active),
            false => Ok(()),
        }
    }
}
