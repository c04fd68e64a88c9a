//! One ENet endpoint: an engine joined to a socket.

use std::net::SocketAddr;

use crate::enet::Enet;
use crate::engine::{Disconnect, MAX_DATAGRAM_SIZE, PacketFlags, QueueError};
use crate::{Compression, Engine, EngineConfig, Event, PeerId, PeerState, Time, Transport};

/// Makes an engine. [`DEFAULT_ENGINE`] unless a caller wants another.
pub type EngineFactory = fn(&EngineConfig) -> Box<dyn Engine>;

/// The engine used where none is named.
pub const DEFAULT_ENGINE: EngineFactory = Enet::boxed;

/// Datagrams one [`Host::service`] takes in at most, so that a flood cannot hold up a frame for
/// ever. What is left waits in the system's buffer for the next call.
const MAX_DATAGRAMS_PER_SERVICE: usize = 16_384;

/// No datagram of the protocol is shorter: a two byte header, then a command of four or more. One
/// engine is led into undefined behaviour by less.
const MIN_DATAGRAM_SIZE: usize = 5;

/// What went over a host's socket. Sizes are of UDP payloads, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Datagrams sent.
    pub sent_datagrams: u64,
    /// Bytes received, including those of dropped datagrams.
    pub received_bytes: u64,
    /// Datagrams received, including dropped ones.
    pub received_datagrams: u64,
    /// Datagrams dropped for their size, before the protocol looked at them.
    pub dropped_datagrams: u64,
    /// Datagrams the system refused to send, and failures to read.
    pub socket_errors: u64,
}

/// One ENet endpoint: an engine joined to a socket. It may have connections in both directions.
pub struct Host {
    engine: Box<dyn Engine>,
    transport: Box<dyn Transport>,
    totals: Totals,
    outgoing: Vec<u8>,
}

impl Host {
    /// Joins an engine to a socket.
    pub fn new(engine: Box<dyn Engine>, transport: Box<dyn Transport>) -> Self {
        Self {
            engine,
            transport,
            totals: Totals::default(),
            outgoing: Vec::new(),
        }
    }

    /// Takes in what arrived, does what is due, sends what is ready. Events then wait in
    /// [`Host::next_event`].
    pub fn service(&mut self, now: Time) {
        // One byte more than the protocol allows tells oversized datagrams apart.
        let mut buffer = [0; MAX_DATAGRAM_SIZE + 1];
        for _ in 0..MAX_DATAGRAMS_PER_SERVICE {
            match self.transport.receive(&mut buffer) {
                Ok(Some((size, from))) => {
                    self.totals.received_datagrams += 1;
                    self.totals.received_bytes += size as u64;
                    match buffer.get(..size) {
                        Some(datagram)
                            if (MIN_DATAGRAM_SIZE..=MAX_DATAGRAM_SIZE).contains(&size) =>
                        {
                            self.engine.receive(now, from, datagram);
                        }
                        _ => self.totals.dropped_datagrams += 1,
                    }
                }
                Ok(None) => break,
                // The socket stays: its peers time out by themselves if it is really gone.
                Err(_) => {
                    self.totals.socket_errors += 1;
                    break;
                }
            }
        }
        self.engine.service(now);
        self.send_datagrams();
    }

    /// Sends everything that may be sent now.
    pub fn flush(&mut self, now: Time) {
        self.engine.flush(now);
        self.send_datagrams();
    }

    /// The next thing that happened, oldest first.
    pub fn next_event(&mut self) -> Option<Event> {
        self.engine.next_event()
    }

    /// Starts a connection with `channels` ENet channels; `None` when no slot is free. `data` is
    /// shown to the remote.
    pub fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        self.engine.connect(now, address, channels, data)
    }

    /// Queues a packet for one peer.
    pub fn send(
        &mut self,
        now: Time,
        peer: PeerId,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError> {
        self.engine.send(now, peer, channel, flags, data)
    }

    /// Queues a packet for several peers, leaving out those that are not connected or lack the
    /// channel.
    pub fn send_to_all(
        &mut self,
        now: Time,
        peers: &[PeerId],
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError> {
        self.engine.send_to_all(now, peers, channel, flags, data)
    }

    /// Ends a connection.
    pub fn disconnect(&mut self, now: Time, peer: PeerId, data: u32, how: Disconnect) {
        self.engine.disconnect(now, peer, data, how);
        self.send_datagrams();
    }

    /// The state of a connection.
    pub fn state(&self, peer: PeerId) -> PeerState {
        self.engine.state(peer)
    }

    /// The remote's address, while the connection exists.
    pub fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        self.engine.address(peer)
    }

    /// Number of ENet channels of the connection.
    pub fn channels(&self, peer: PeerId) -> usize {
        self.engine.channels(peer)
    }

    /// Chooses the codec for both directions.
    pub fn set_compression(&mut self, mode: Compression) {
        self.engine.set_compression(mode);
    }

    /// The port of the socket, 0 if the system does not tell.
    pub fn local_port(&self) -> u16 {
        self.transport
            .local_address()
            .map_or(0, |address| address.port())
    }

    /// What went over the socket so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    fn send_datagrams(&mut self) {
        while let Some(to) = self.engine.next_datagram(&mut self.outgoing) {
            match self.transport.send(to, &self.outgoing) {
                Ok(()) => {
                    self.totals.sent_datagrams += 1;
                    self.totals.sent_bytes += self.outgoing.len() as u64;
                }
                // The network may lose any datagram; one that never left is no different.
                Err(_) => self.totals.socket_errors += 1,
            }
        }
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("port", &self.local_port())
            .field("totals", &self.totals)
            .finish_non_exhaustive()
    }
}
