//! One ENet endpoint: an engine joined to a socket.
//!
//! Either its owner serves it, with every call of [`Host::service`] or its parts, or a thread of its own
//! does: see [`Host::start_thread`]. The calls are the same.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::Transport;
use enet_codec::Compression;
use enet_codec::Recorder;
use enet_dtls::{Dtls, FailedHandshake};
use enet_proto::Enet;
use enet_proto::{Admission, Disconnect, PacketFlags, QueueError};
use enet_proto::{EngineConfig, Event, PeerId, PeerState, Time};

mod about;
mod endpoint;
mod line;
mod queues;
mod service;

use endpoint::Endpoint;
use line::Line;
pub use service::{Clock, stop_all};
use service::{Shared, lock};

/// Datagrams, and bytes, one [`Host::receive`] takes in at most, so that a flood cannot hold up a
/// frame for ever. What is left waits in the system's buffer for the next call.
const MAX_DATAGRAMS: usize = 16_384;
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Datagrams after which what is due is done and sent, in the middle of a burst.
const BURST: usize = 256;
/// Between two services while waiting, where the engine does not know its next timer.
const SLICE: Duration = Duration::from_millis(5);
/// Full datagrams that wait for the flush at most.
const FULL_DATAGRAMS: usize = 32;
/// Round trips that a thread measures are so short, and may be so even, that ENet's throttle would take
/// a remote that answers once a frame, or a machine that is busy for a moment, for a crowded network.
const FRAME_MILLIS: u32 = 17;
/// Buffers of read packets that wait to be given back to the engine.
const MAX_RETURNED: usize = 256;

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
    shared: Arc<Shared>,
    is_threaded: bool,
    /// Whether the thread, if there is one, has begun.
    has_begun: bool,
    /// Events that were taken from the engine, and packets' buffers to give back to it.
    events: VecDeque<Event>,
    returned: Vec<Vec<u8>>,
    compression: Compression,
    recorder: Option<Recorder>,
    port: u16,
    buffer_sizes: (usize, usize),
    /// Ready datagrams that are worth a call of the system.
    worth_a_call: usize,
}

impl Host {
    /// Joins an engine to a socket.
    pub fn new(config: &EngineConfig, transport: Box<dyn Transport>) -> Self {
        let port = transport
            .local_address()
            .map_or(0, |address| address.port());
        let buffer_sizes = transport.buffer_sizes();
        let worth_a_call = transport.largest_batch().min(FULL_DATAGRAMS);
        Self {
            shared: Arc::new(Shared::new(
                Endpoint::new(Enet::new(config)),
                Line::new(transport),
            )),
            is_threaded: false,
            has_begun: false,
            events: VecDeque::new(),
            returned: Vec::new(),
            compression: Compression::None,
            recorder: None,
            port,
            buffer_sizes,
            worth_a_call,
        }
    }

    /// Has a thread serve the host, from the first [`Host::receive`] or [`Host::flush`] on: it receives,
    /// answers, repeats and sends while its owner does other things. Events still wait in
    /// [`Host::next_event`]. What the owner sends waits for his [`Host::flush`], for some 30
    /// milliseconds at most. `clock` must tell the time that the calls are given.
    pub fn start_thread(&mut self, clock: Clock) -> io::Result<()> {
        self.shared.start(clock)?;
        self.is_threaded = true;
        self.with_engine(|engine| engine.tolerate_jitter(FRAME_MILLIS));
        Ok(())
    }

    /// Ends the thread: from now on the owner serves the host. What waits has left then.
    pub fn stop_thread(&mut self) {
        self.shared.stop();
        self.with_engine(|engine| engine.tolerate_jitter(0));
        self.is_threaded = false;
        self.has_begun = false;
    }

    /// Whether a thread serves the host.
    pub fn is_threaded(&self) -> bool {
        self.is_threaded
    }

    /// Takes in what arrived, does what is due, sends what is ready. Events then wait in
    /// [`Host::next_event`].
    pub fn service(&mut self, now: Time) {
        self.receive(now);
        self.flush(now);
    }

    /// The same without sending: what is answered before the next [`Host::flush`] takes the
    /// acknowledgements along, which saves a datagram each. Flush soon: the remote's round trips
    /// include the wait. A thread does both by itself.
    pub fn receive(&mut self, now: Time) {
        if self.begin() {
            return self.shared.look_now(now);
        }
        self.give_back();
        let mut taken = 0;
        let mut bytes = 0;
        while taken < MAX_DATAGRAMS && bytes < MAX_BYTES {
            let received = {
                let line = &mut *lock(&self.shared.line);
                let endpoint = &mut self.shared.look().endpoint;
                line.transport.receive(&mut |from, datagram| {
                    bytes += datagram.len();
                    endpoint.take(now, from, datagram);
                })
            };
            let count = match received {
                Ok(0) => break,
                Ok(count) => count,
                // The socket stays: its peers time out by themselves if it is really gone.
                Err(_) => {
                    self.shared.look().endpoint.totals.socket_errors += 1;
                    break;
                }
            };
            // A long burst is answered as it comes, or its senders would think it lost.
            if (taken + count) / BURST != taken / BURST {
                self.shared.look().endpoint.work(now);
                self.flush(now);
            }
            taken += count;
        }
        self.shared.look().endpoint.work(now);
        self.send_datagrams(now);
    }

    /// Sends what is ready, and waits: for a datagram, for the engine's next timer or until the limit,
    /// whichever is first. True for a datagram. In any case it is time for [`Host::service`], and then
    /// for its events: those that were not taken before do not end the wait.
    ///
    /// With an engine that knows its timers a caller may wait as long as he likes; others are
    /// looked after every few milliseconds. With a thread it waits for an event.
    pub fn wait(&mut self, now: Time, limit: Duration) -> bool {
        self.flush(now);
        if self.is_threaded {
            return self.shared.wait(limit);
        }
        let timer = self.shared.look().endpoint.next_timer();
        let timeout = limit.min(timer.saturating_sub(now));
        let waited = lock(&self.shared.line).transport.wait(timeout);
        waited.unwrap_or_else(|_| {
            self.shared.look().endpoint.totals.socket_errors += 1;
            // Who waits in a loop must not run.
            thread::sleep(timeout.min(SLICE));
            false
        })
    }

    /// Sends everything that may be sent now. Where that is much a thread is told to.
    pub fn flush(&mut self, now: Time) {
        if self.begin() {
            return self.shared.flush(now, false);
        }
        self.shared.look().endpoint.engine.flush(now);
        self.send_datagrams(now);
    }

    /// The same, and what is queued after this does not travel with it, also with a thread.
    pub fn flush_apart(&mut self, now: Time) {
        if self.begin() {
            return self.shared.flush(now, true);
        }
        self.flush(now);
    }

    /// The same at the time of the last call that sent something.
    pub fn flush_again(&mut self) {
        let now = self.shared.look().endpoint.latest;
        self.flush_apart(now);
    }

    /// Whether [`Host::flush`] may have something to send that waits for it.
    pub fn has_unsent(&self) -> bool {
        let state = self.shared.look();
        match self.is_threaded {
            true => state.has_waiting(),
            false => state.endpoint.engine.unsent_datagrams() > 0,
        }
    }

    /// The next thing that happened, oldest first.
    pub fn next_event(&mut self) -> Option<Event> {
        if self.events.is_empty() {
            self.give_back();
            self.shared
                .look()
                .endpoint
                .engine
                .take_events(&mut self.events);
        }
        self.events.pop_front()
    }

    /// Gives the buffer of a received packet back, for the next ones.
    pub fn recycle(&mut self, buffer: Vec<u8>) {
        self.returned.push(buffer);
        if self.returned.len() >= MAX_RETURNED {
            self.give_back();
        }
    }

    /// Takes in no packets from now on, or does so again; connections live on meanwhile. A thread goes on
    /// taking them in, up to [`EngineConfig::max_unread_data`].
    pub fn refuse_data(&mut self, refuse: bool) {
        if !self.is_threaded {
            self.shared.look().endpoint.engine.refuse_data(refuse);
        }
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
        self.shared
            .act(|endpoint| endpoint.connect(now, address, channels, data))
    }

    /// Encrypts everything from now on. Connections that were begun wait for their sessions; others
    /// that exist are lost. Once only.
    pub fn encrypt(&mut self, now: Time, dtls: Dtls) {
        self.shared.act(|endpoint| endpoint.encrypt(now, dtls));
    }

    /// The next session that failed, oldest first. Those beyond a few are left out.
    pub fn next_failed(&mut self) -> Option<FailedHandshake> {
        self.shared.look().endpoint.next_failed()
    }

    /// Chooses whom to let in from now on.
    pub fn set_admission(&mut self, admission: Admission) {
        self.shared.look().endpoint.set_admission(admission);
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
        let (queued, ready) = self
            .shared
            .queue(now, |engine| engine.send(now, peer, channel, flags, data));
        self.send_full(now, ready);
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
        let (queued, ready) = self.shared.queue(now, |engine| {
            engine.send_to_all(now, peers, channel, flags, data)
        });
        self.send_full(now, ready);
        queued
    }

    /// Ends a connection, and says in which state it is then; `None` if there was none any more.
    pub fn disconnect(
        &mut self,
        now: Time,
        peer: PeerId,
        data: u32,
        how: Disconnect,
    ) -> Option<PeerState> {
        let state = self.shared.act(|endpoint| {
            let engine = &mut endpoint.engine;
            if engine.state(peer) == PeerState::Disconnected {
                return None;
            }
            engine.disconnect(now, peer, data, how);
            Some(engine.state(peer))
        });
        self.send_datagrams(now);
        state
    }

    /// Sends a datagram past the protocol. Where everything is encrypted this is too, and without a
    /// session it is lost.
    pub fn send_raw(&mut self, now: Time, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        if self.encrypts_as_client().is_some() {
            self.shared.act(|endpoint| {
                if let Some(dtls) = &mut endpoint.dtls {
                    dtls.send(now, to, datagram);
                }
            });
            self.send_datagrams(now);
            return Ok(());
        }
        // A thread rests nearly always, and then does not hold it.
        self.shared.want_line().transport.send(to, datagram)
    }

    /// Does something with the engine: what is set and asked seldom.
    pub fn with_engine<R>(&mut self, act: impl FnOnce(&mut Enet) -> R) -> R {
        self.shared.act(|endpoint| act(&mut endpoint.engine))
    }

    /// Has the thread begin, if there is one. If a defect ended it, the owner goes on, and meets the
    /// defect himself where it lasts.
    fn begin(&mut self) -> bool {
        if self.is_threaded && self.shared.has_ended() {
            self.stop_thread();
        }
        if self.is_threaded && !self.has_begun {
            self.has_begun = true;
            self.shared.begin();
        }
        self.is_threaded
    }

    fn give_back(&mut self) {
        if !self.returned.is_empty() {
            let engine = &mut self.shared.look().endpoint.engine;
            for buffer in self.returned.drain(..) {
                engine.recycle(buffer);
            }
        }
    }

    /// Sends datagrams that got full: at once, or a number of them where the system takes them as one.
    fn send_full(&mut self, now: Time, ready: usize) {
        if ready >= self.worth_a_call {
            self.send_datagrams(now);
        }
    }

    /// Sends what is ready, if no thread does.
    fn send_datagrams(&mut self, now: Time) {
        if self.is_threaded {
            return;
        }
        let line = &mut *lock(&self.shared.line);
        let endpoint = &mut self.shared.look().endpoint;
        endpoint.latest = endpoint.latest.max(now);
        endpoint.send(line, now);
        self.worth_a_call = line.transport.largest_batch().min(FULL_DATAGRAMS);
    }
}

impl Drop for Host {
    /// Takes leave of those who have an encrypted session.
    fn drop(&mut self) {
        self.stop_thread();
        let now = {
            let endpoint = &mut self.shared.look().endpoint;
            let now = endpoint.latest;
            if let Some(dtls) = &mut endpoint.dtls {
                dtls.close(now);
            }
            now
        };
        self.send_datagrams(now);
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("port", &self.local_port())
            .field("totals", &self.totals())
            .finish_non_exhaustive()
    }
}
