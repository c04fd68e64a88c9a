//! How connections begin and end, and datagrams outside of them.

use std::cell::Cell;
use std::rc::Rc;

use super::Connection;
use super::probing::Probing;
use crate::config::remote_port;
use crate::{ConnectError, End, RawSendError};
use enet_net::Resolution;
use enet_proto::{Disconnect, MAX_CHANNELS, PeerId, PeerState, Time};

impl Connection {
    /// Begins to connect. Godot allows it only while no peer is listed. A name whose lookup takes longer than a frame
    /// is resolved while the caller goes on: the attempt then waits for the address, and ends without one like one
    /// that is not answered, with a [`Connection::next_name_error`].
    /// `channels` is the number of ENet channels, 1 to 255; any other number asks for all 255. The remote
    /// sees `data`.
    pub fn connect(
        &mut self,
        address: &str,
        port: i32,
        channels: i32,
        data: u32,
        now: Time,
    ) -> Result<PeerId, ConnectError> {
        // The attempt's time begins here: looking the name up is part of it.
        let started = now;
        let host = self.host.as_mut().ok_or(ConnectError::Inactive)?;
        if !self.members.is_empty() {
            return Err(ConnectError::HasPeer);
        }
        #[cfg(feature = "dtls")]
        if host.encrypts_as_client() == Some(false) {
            return Err(ConnectError::DtlsServer);
        }
        let port = remote_port(port).ok_or(ConnectError::RemotePort(port))?;
        let resolution = self.network.resolve(address, port);
        let channels = match usize::try_from(channels) {
            Ok(count @ 1..=MAX_CHANNELS) => count,
            _ => MAX_CHANNELS,
        };
        let id = match resolution {
            Resolution::Done(Ok(address)) => host
                .connect(now, address, channels, data)
                .ok_or(ConnectError::NoFreeSlot)?,
            Resolution::Done(Err(error)) => {
                return Err(ConnectError::Resolve {
                    host: address.to_owned(),
                    error,
                });
            }
            Resolution::Pending(lookup) => {
                let id = host
                    .connect_unresolved(now, channels, data)
                    .ok_or(ConnectError::NoFreeSlot)?;
                self.names.await_address(now, id, address, port, lookup);
                id
            }
        };
        self.members.list(id, data, true);
        self.members.set_started(id, started);
        self.probing = Some(Probing::new(id, started));
        self.limit_attempts();
        Ok(id)
    }

    /// Chooses how long attempts to connect may take in all, those in progress too; `None`, as at first, for the time
    /// of the peers' limits: see [`enet_proto::Host::set_connect_timeout`].
    pub fn set_connect_timeout(&mut self, timeout: Option<Time>) {
        self.connect_timeout = timeout;
        self.limit_attempts();
    }

    /// See [`Connection::set_connect_timeout`].
    pub fn connect_timeout(&self) -> Option<Time> {
        self.connect_timeout
    }

    fn limit_attempts(&mut self) {
        let timeout = self.connect_timeout;
        let attempts = self.members.attempts();
        if let Some(host) = &mut self.host
            && !attempts.is_empty()
        {
            host.with_protocol(|protocol| {
                for (peer, started) in attempts {
                    protocol.set_connect_timeout(peer, started, timeout);
                }
            });
        }
    }

    /// Ends a peer's connection; the remote sees `data`. If no answer of the remote is awaited, the peer
    /// is inactive at once.
    pub fn disconnect(&mut self, now: Time, peer: PeerId, data: u32, how: Disconnect) {
        self.flush_waiting();
        let waits = matches!(how, Disconnect::Acknowledged | Disconnect::Later);
        if how != Disconnect::Silent && !self.is_ending(peer) {
            self.members.set_given(peer, data);
        }
        let Some(host) = &mut self.host else {
            return;
        };
        let state = host.disconnect(now, peer, data, how);
        // `None` means that the connection ended before, perhaps just now in the thread: then its event
        // is still to come.
        if !waits || state == Some(PeerState::Disconnected) {
            self.members.end(peer);
        }
    }

    /// How the connection of a listed peer ended.
    pub(crate) fn end(&self, peer: PeerId) -> End {
        (self.members.get(peer)).map_or_else(End::default, |member| member.end())
    }

    /// The place where an object that outlives a listed peer will find how its connection ended.
    pub fn watch_end(&mut self, peer: PeerId) -> Rc<Cell<End>> {
        self.members.watch_end(peer)
    }

    /// Whether the connection is over, or the remote was told the data of its end.
    fn is_ending(&self, peer: PeerId) -> bool {
        use PeerState::{AcknowledgingDisconnect, Disconnected, Disconnecting, Zombie};
        let state = self.state(peer);
        matches!(
            state,
            AcknowledgingDisconnect | Disconnected | Disconnecting | Zombie
        )
    }

    /// Sends a datagram outside of the protocol, for example to open a way through a router. To a name whose lookup
    /// takes longer than a frame, a later service sends it, or has a [`Connection::next_name_error`].
    pub fn send_raw(
        &mut self,
        now: Time,
        address: &str,
        port: i32,
        data: &[u8],
    ) -> Result<(), RawSendError> {
        let host = self.host.as_mut().ok_or(RawSendError::Inactive)?;
        let port = remote_port(port).ok_or(RawSendError::RemotePort(port))?;
        if self.names.join_waiting(address, port, data)? {
            return Ok(());
        }
        match self.network.resolve(address, port) {
            Resolution::Done(Ok(to)) => host.send_raw(now, to, data).map_err(RawSendError::Send),
            Resolution::Done(Err(error)) => Err(RawSendError::Resolve {
                host: address.to_owned(),
                error,
            }),
            Resolution::Pending(lookup) => self.names.keep(now, address, port, data, lookup),
        }
    }
}
