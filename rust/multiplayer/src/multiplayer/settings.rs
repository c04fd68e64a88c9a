//! The caller's settings, for the hosts of sessions to come and for the next packets.

use super::{FlushMode, Multiplayer, WireProtocol};
use crate::{DEFAULT_STALL_TIMEOUT, TransferMode};
use enet_codec::Compression;
use enet_net::{BindAddress, Clock};
use enet_proto::Time;

/// Settings that outlive sessions.
pub(super) struct Settings {
    pub bind_address: BindAddress,
    pub compression: Compression,
    pub flush_mode: FlushMode,
    /// The clock of the threads that serve the hosts; `None` if the caller serves them.
    pub thread_clock: Option<Clock>,
    /// See [`Multiplayer::set_stall_timeout`].
    pub stall_timeout: Option<Time>,
    pub wire_protocol: WireProtocol,
    /// See [`Multiplayer::set_always_ordered`].
    pub always_ordered: bool,
    /// Whether a server of Godot 3's format relays packets between its clients.
    pub server_relay: bool,
    /// ENet channels of hosts made from now on, if the caller chose a number.
    pub channel_count: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bind_address: BindAddress::Any,
            compression: Compression::None,
            flush_mode: FlushMode::default(),
            thread_clock: None,
            stall_timeout: Some(DEFAULT_STALL_TIMEOUT),
            wire_protocol: WireProtocol::default(),
            always_ordered: false,
            server_relay: true,
            channel_count: None,
        }
    }
}

/// How the next packets are sent, and to whom.
#[derive(Default)]
pub(super) struct Transfer {
    pub mode: TransferMode,
    /// As it was set; sending checks it.
    pub channel: i32,
    /// As it was set: 0 for every peer, an id for that peer, a negative id for every other peer.
    pub target: i32,
}

impl Multiplayer {
    /// Chooses the local address of the next server, or client with a local port.
    pub fn set_bind_address(&mut self, address: BindAddress) {
        self.settings.bind_address = address;
    }

    /// Chooses the codec of hosts made from now on, and of the host of the present server or client.
    pub fn set_compression(&mut self, mode: Compression) {
        if let Some(host) = self.host() {
            // A script may have destroyed the host; then it has no codec to choose.
            let _ = host.borrow_mut().set_compression(mode.clone());
        }
        self.settings.compression = mode;
    }

    /// The codec chosen here.
    pub fn compression(&self) -> &Compression {
        &self.settings.compression
    }

    /// Whether newcomers are rejected. Creating and closing reset it.
    pub fn refuses_new_connections(&self) -> bool {
        self.refuses_newcomers
    }

    /// Chooses whether newcomers are rejected.
    pub fn set_refuse_new_connections(&mut self, refuse: bool) {
        self.refuses_newcomers = refuse;
        if let Some(host) = self.host() {
            host.borrow_mut().set_refusing(refuse);
        }
    }

    /// The transfer mode of the next packets.
    pub fn transfer_mode(&self) -> TransferMode {
        self.transfer.mode
    }

    /// Chooses the transfer mode of the next packets.
    pub fn set_transfer_mode(&mut self, mode: TransferMode) {
        self.transfer.mode = mode;
    }

    /// The transfer channel as it was set.
    pub fn transfer_channel(&self) -> i32 {
        self.transfer.channel
    }

    /// Chooses the transfer channel of the next packets. [`Multiplayer::send`] checks it.
    pub fn set_transfer_channel(&mut self, channel: i32) {
        self.transfer.channel = channel;
    }

    /// Chooses the recipients of the next packets: 0 for every peer, an id for that peer, a negative id
    /// for every other peer. [`Multiplayer::send`] checks it.
    pub fn set_target(&mut self, target: i32) {
        self.transfer.target = target;
    }
}
