//! The caller's settings, for the hosts of sessions to come and for the next packets.

use std::rc::Rc;

use super::{FlushMode, Multiplayer};
use crate::suffix::Suffix;
use crate::{DEFAULT_STALL_TIMEOUT, SharedSimulation, SuffixError};
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
    /// See [`Multiplayer::set_connect_timeout`].
    pub connect_timeout: Option<Time>,
    /// See [`Multiplayer::set_always_ordered`].
    pub always_ordered: bool,
    /// A simulation, or none, with the clock of the calls, if the caller chose.
    pub simulation: Option<(Option<Rc<SharedSimulation>>, Clock)>,
    /// ENet channels of hosts made from now on, if the caller chose a number.
    pub channel_count: Option<usize>,
    /// See [`Multiplayer::set_suffix`].
    pub suffix: Suffix,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bind_address: BindAddress::Any,
            compression: Compression::None,
            flush_mode: FlushMode::default(),
            thread_clock: None,
            stall_timeout: Some(DEFAULT_STALL_TIMEOUT),
            connect_timeout: None,
            always_ordered: false,
            simulation: None,
            channel_count: None,
            suffix: Suffix::default(),
        }
    }
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

    /// Chooses how long an attempt of a client may take in all: see [`crate::Connection::set_connect_timeout`].
    /// Applies to the present client and to later ones.
    pub fn set_connect_timeout(&mut self, timeout: Option<Time>) {
        self.settings.connect_timeout = timeout;
        if let Some(host) = self.host() {
            host.borrow_mut().set_connect_timeout(timeout);
        }
    }

    /// See [`Multiplayer::set_connect_timeout`].
    pub fn connect_timeout(&self) -> Option<Time> {
        self.settings.connect_timeout
    }

    /// Chooses the suffix of the clients made from now on: see [`crate::Connection::set_suffix`]. Neither a server nor a mesh
    /// is made while there is one.
    pub fn set_suffix(&mut self, bytes: &[u8]) -> Result<(), SuffixError> {
        let suffix = Suffix::new(bytes)?;
        if self.is_active() {
            return Err(SuffixError::PeerIsActive);
        }
        self.settings.suffix = suffix;
        Ok(())
    }

    /// The bytes of [`Multiplayer::set_suffix`].
    pub fn suffix(&self) -> &[u8] {
        &self.settings.suffix
    }

    /// The codec chosen here.
    pub fn compression(&self) -> &Compression {
        &self.settings.compression
    }

    /// Chooses whether newcomers are rejected.
    pub fn set_refuse_new_connections(&mut self, refuse: bool) {
        self.facts.refuses_newcomers.set(refuse);
        if let Some(host) = self.host() {
            host.borrow_mut().set_refusing(refuse);
        }
    }
}
