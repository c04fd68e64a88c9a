//! One ENet endpoint: an engine joined to a socket.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use crate::compress::Recorder;
use crate::dtls::{self, Dtls, DtlsEvent, Failed};
use crate::enet::Enet;
use crate::engine::{
    Admission, DEFAULT_MTU, Disconnect, MAX_DATAGRAM_SIZE, MIN_DATAGRAM_SIZE, PacketFlags,
    PeerStatistics, QueueError,
};
use crate::{Compression, Engine, EngineConfig, Event, PeerId, PeerState, Time, Transport};

/// Makes an engine. [`DEFAULT_ENGINE`] unless a caller wants another.
pub type EngineFactory = fn(&EngineConfig) -> Box<dyn Engine>;

/// The engine used where none is named.
pub const DEFAULT_ENGINE: EngineFactory = Enet::boxed;

/// Datagrams, and bytes, one [`Host::receive`] takes in at most, so that a flood cannot hold up a
/// frame for ever. What is left waits in the system's buffer for the next call.
const MAX_DATAGRAMS: usize = 16_384;
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Datagrams after which what is due is done and sent, in the middle of a burst.
const BURST: usize = 256;
/// Between two services while waiting, where the engine does not know its next timer.
const SLICE: Duration = Duration::from_millis(5);
/// Most bytes of a batch of datagrams: what the kernel takes as one.
const MAX_BATCH_BYTES: usize = 65_000;

/// Full datagrams that wait for the flush at most.
const FULL_DATAGRAMS: usize = 32;

/// Failed sessions that wait to be asked for.
const MAX_FAILED: usize = 16;

/// What went over a host's socket. Sizes are of UDP payloads, in bytes; of an encrypted host's, before
/// encryption and without its handshakes.
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
    compression: Compression,
    recorder: Option<Recorder>,
    dtls: Option<Box<Dtls>>,
    failed: VecDeque<Failed>,
    /// The time of the last call, for what has none of its own.
    latest: Time,
    plain: Vec<u8>,
    outgoing: Vec<u8>,
    batch: Vec<u8>,
}

impl Host {
    /// Joins an engine to a socket.
    pub fn new(engine: Box<dyn Engine>, transport: Box<dyn Transport>) -> Self {
        Self {
            engine,
            transport,
            totals: Totals::default(),
            compression: Compression::None,
            recorder: None,
            dtls: None,
            failed: VecDeque::new(),
            latest: Time::ZERO,
            plain: Vec::new(),
            outgoing: Vec::new(),
            batch: Vec::new(),
        }
    }

    /// Takes in what arrived, does what is due, sends what is ready. Events then wait in
    /// [`Host::next_event`].
    pub fn service(&mut self, now: Time) {
        self.receive(now);
        self.flush(now);
    }

    /// The same without sending: what is answered before the next [`Host::flush`] takes the
    /// acknowledgements along, which saves a datagram each. Flush soon: the remote's round trips
    /// include the wait.
    pub fn receive(&mut self, now: Time) {
        let mut taken = 0;
        let mut bytes = 0;
        while taken < MAX_DATAGRAMS && bytes < MAX_BYTES {
            let (engine, totals) = (&mut self.engine, &mut self.totals);
            let mut take = |from, datagram: &[u8]| {
                totals.received_datagrams += 1;
                totals.received_bytes += datagram.len() as u64;
                if (MIN_DATAGRAM_SIZE..=MAX_DATAGRAM_SIZE).contains(&datagram.len()) {
                    engine.receive(now, from, datagram);
                } else {
                    totals.dropped_datagrams += 1;
                }
            };
            let dtls = &mut self.dtls;
            let received = self.transport.receive(&mut |from, datagram| {
                bytes += datagram.len();
                match dtls {
                    Some(dtls) => dtls.receive(now, from, datagram, &mut take),
                    None => take(from, datagram),
                }
            });
            let count = match received {
                Ok(0) => break,
                Ok(count) => count,
                // The socket stays: its peers time out by themselves if it is really gone.
                Err(_) => {
                    self.totals.socket_errors += 1;
                    break;
                }
            };
            // A long burst is answered as it comes, or its senders would think it lost.
            if (taken + count) / BURST != taken / BURST {
                self.work(now);
                self.flush(now);
            }
            taken += count;
        }
        self.work(now);
        self.send_datagrams(now);
    }

    /// Does what is due, below the protocol and in it.
    fn work(&mut self, now: Time) {
        if let Some(dtls) = &mut self.dtls {
            let engine = &self.engine;
            dtls.service(now, &|each| engine.each_address(each));
        }
        self.heed_sessions(now);
        self.engine.service(now);
    }

    /// Tells the engine what became of the encrypted sessions.
    fn heed_sessions(&mut self, now: Time) {
        while let Some(event) = self.dtls.as_mut().and_then(|dtls| dtls.next_event()) {
            match event {
                DtlsEvent::Ready(address) => self.engine.go_on(now, address),
                DtlsEvent::Ended(address) => self.engine.lose(address),
                DtlsEvent::Failed(failed) => {
                    if failed.is_client {
                        self.engine.lose(failed.address);
                    }
                    if self.failed.len() < MAX_FAILED {
                        self.failed.push_back(failed);
                    }
                }
            }
        }
    }

    /// Sends what is ready, and waits: for a datagram, for the engine's next timer or until the limit,
    /// whichever is first. True for a datagram. In any case it is time for [`Host::service`], and then
    /// for its events: those that were not taken before do not end the wait.
    ///
    /// With an engine that knows its timers a caller may wait as long as he likes; others are
    /// looked after every few milliseconds.
    pub fn wait(&mut self, now: Time, limit: Duration) -> bool {
        self.flush(now);
        let below = self.dtls.as_ref().and_then(|dtls| dtls.next_timer());
        let timer = match (self.engine.next_timer(), below) {
            (Some(timer), Some(below)) => Some(timer.min(below)),
            (timer, _) => timer,
        };
        let timeout = limit.min(timer.map_or(SLICE, |timer| timer.saturating_sub(now)));
        self.transport.wait(timeout).unwrap_or_else(|_| {
            self.totals.socket_errors += 1;
            // Who waits in a loop must not run.
            thread::sleep(timeout.min(SLICE));
            false
        })
    }

    /// Sends everything that may be sent now.
    pub fn flush(&mut self, now: Time) {
        self.engine.flush(now);
        self.send_datagrams(now);
    }

    /// The same, at the time of the last call that sent something.
    pub(crate) fn flush_again(&mut self) {
        self.flush(self.latest);
    }

    /// Whether [`Host::flush`] may have something to send.
    pub fn has_unsent(&self) -> bool {
        self.engine.has_unsent()
    }

    /// The next thing that happened, oldest first.
    pub fn next_event(&mut self) -> Option<Event> {
        self.engine.next_event()
    }

    /// Gives the buffer of a received packet back, for the next ones.
    pub fn recycle(&mut self, buffer: Vec<u8>) {
        self.engine.recycle(buffer);
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
        let peer = self.engine.connect(now, address, channels, data)?;
        if let Some(dtls) = &mut self.dtls
            && dtls.connect(now, address)
        {
            self.engine.go_on(now, address);
        }
        Some(peer)
    }

    /// Encrypts everything from now on. Connections that were begun wait for their sessions; others
    /// that exist are lost. Once only.
    pub fn encrypt(&mut self, now: Time, mut dtls: Dtls) {
        // With what encryption adds, datagrams are as large as they were.
        self.engine.set_mtu(DEFAULT_MTU - dtls::OVERHEAD as u32);
        if dtls.is_client() {
            self.engine.hold();
            let mut addresses = Vec::new();
            self.engine
                .each_address(&mut |address| addresses.push(address));
            for address in addresses {
                dtls.connect(now, address);
            }
        }
        self.dtls = Some(Box::new(dtls));
    }

    /// The encrypted sessions, where everything is encrypted.
    pub fn dtls(&self) -> Option<&Dtls> {
        self.dtls.as_deref()
    }

    /// The next session that failed, oldest first. Those beyond a few are left out.
    pub fn next_failed(&mut self) -> Option<Failed> {
        self.failed.pop_front()
    }

    /// Chooses whom to let in from now on.
    pub fn set_admission(&mut self, admission: Admission) {
        self.engine.set_admission(admission);
        if let Some(dtls) = &mut self.dtls {
            dtls.refuse(admission == Admission::Nobody);
        }
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
        let queued = self.engine.send(now, peer, channel, flags, data);
        self.send_full(now);
        queued
    }

    /// Queues a packet for several peers, leaving out those that are not connected or lack the
    /// channel; says for how many.
    pub fn send_to_all(
        &mut self,
        now: Time,
        peers: &[PeerId],
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<usize, QueueError> {
        let queued = self.engine.send_to_all(now, peers, channel, flags, data);
        self.send_full(now);
        queued
    }

    /// Ends a connection.
    pub fn disconnect(&mut self, now: Time, peer: PeerId, data: u32, how: Disconnect) {
        self.engine.disconnect(now, peer, data, how);
        self.send_datagrams(now);
    }

    /// Sends a datagram past the protocol. Where everything is encrypted this is too, and without a
    /// session it is lost.
    pub fn send_raw(&mut self, now: Time, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        if let Some(dtls) = &mut self.dtls {
            dtls.send(now, to, datagram);
            self.send_datagrams(now);
            return Ok(());
        }
        self.transport.send(to, datagram)
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

    /// Everything a connection knows of itself.
    pub fn statistics(&self, peer: PeerId) -> Option<PeerStatistics> {
        self.engine.statistics(peer)
    }

    /// The engine, for what is set and asked seldom.
    pub fn engine(&mut self) -> &mut dyn Engine {
        &mut *self.engine
    }

    /// Chooses the codec for both directions.
    pub fn set_compression(&mut self, mode: Compression) {
        self.compression = mode;
        self.set_codec();
    }

    /// The codec chosen.
    pub fn compression(&self) -> &Compression {
        &self.compression
    }

    /// Records what is sent from now on, or not any more.
    pub fn record(&mut self, recorder: Option<Recorder>) {
        self.recorder = recorder;
        self.set_codec();
    }

    fn set_codec(&mut self) {
        let codec = self.compression.codec();
        self.engine.set_codec(match &self.recorder {
            Some(recorder) => Some(recorder.around(codec)),
            None => codec,
        });
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

    /// The next datagram for the socket, in `outgoing`.
    fn next_datagram(&mut self, now: Time) -> Option<SocketAddr> {
        let Some(dtls) = &mut self.dtls else {
            return self.engine.next_datagram(&mut self.outgoing);
        };
        loop {
            if let Some(to) = dtls.next_datagram(&mut self.outgoing) {
                return Some(to);
            }
            let to = self.engine.next_datagram(&mut self.plain)?;
            if dtls.send(now, to, &self.plain) {
                self.totals.sent_datagrams += 1;
                self.totals.sent_bytes += self.plain.len() as u64;
            }
        }
    }

    /// Sends datagrams that got full: at once, or a number of them where the system takes them as one.
    fn send_full(&mut self, now: Time) {
        self.latest = self.latest.max(now);
        let worth_a_call = self.transport.largest_batch().min(FULL_DATAGRAMS);
        if self.engine.ready_datagrams() >= worth_a_call {
            self.send_datagrams(now);
        }
    }

    fn send_datagrams(&mut self, now: Time) {
        self.latest = self.latest.max(now);
        let mut next = self.next_datagram(now);
        if next.is_none() {
            return;
        }
        let largest = self.transport.largest_batch();
        while let Some(to) = next {
            std::mem::swap(&mut self.batch, &mut self.outgoing);
            let size = self.batch.len();
            let mut count = 1;
            next = self.next_datagram(now);
            // Those that follow to the same address go along; only the last may be smaller.
            while next == Some(to)
                && count < largest
                && self.batch.len() == count * size
                && self.outgoing.len() <= size
                && self.batch.len() + self.outgoing.len() <= MAX_BATCH_BYTES
            {
                self.batch.extend_from_slice(&self.outgoing);
                count += 1;
                next = self.next_datagram(now);
            }
            let sent = match count {
                1 => usize::from(self.transport.send(to, &self.batch).is_ok()),
                _ => self.transport.send_batch(to, &self.batch, size),
            };
            // The network may lose any datagram; one that never left is no different.
            self.totals.socket_errors += (count - sent.min(count)) as u64;
            // Encrypted ones were counted before.
            if self.dtls.is_none() {
                self.totals.sent_datagrams += sent as u64;
                self.totals.sent_bytes += (sent * size).min(self.batch.len()) as u64;
            }
        }
    }
}

impl Drop for Host {
    /// Takes leave of those who have an encrypted session.
    fn drop(&mut self) {
        let now = self.latest;
        if let Some(dtls) = &mut self.dtls {
            dtls.close(now);
            self.send_datagrams(now);
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
