//! An ENet host on a socket.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use enet_codec::{Compression, Recorder};
use enet_proto::Host as ProtocolHost;
use enet_proto::{
    Admission, Cause, DEFAULT_MTU, Disconnect, Event, FormerPeer, FormerPeers, HostConfig, IpNet,
    JoinRequest, Limits, PacketFlags, PeerId, PeerState, QueueError, Time, Verdict,
};

use crate::Transport;
use crate::bans::{BansFull, canonical};
use crate::driver::{Clock, Driver, MANY_DATAGRAMS, State};
use crate::gaps::Gaps;
use crate::sessions::{Dtls, FailedHandshake, OVERHEAD};

mod emulation;
mod figures;
mod queries;
mod tapping;
mod trouble;

pub use figures::HostFigures;
pub use trouble::SocketTrouble;

/// The jitter that is no sign of a congested network, in milliseconds. Remotes answer once a frame, an owner without a
/// thread reads once a frame and sends at the frame's end, and a machine is busy for a moment. C sends with the next
/// poll, so that its round trips are whole frames, however long a frame's work takes.
const FRAME_MILLIS: u32 = 17;
/// Buffers of read packets that wait to be given back to the protocol, at most.
const MAX_RETURNED: usize = 256;

/// Totals of a host's socket. Sizes are of UDP payloads, in bytes. For an encrypted host they are sizes
/// before encryption, and handshakes do not count.
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
    /// Datagrams dropped because of their size, before the protocol looked at them.
    pub dropped_datagrams: u64,
    /// Datagrams that the system refused to send, and failures to read.
    pub socket_errors: u64,
}

/// The thread that moves a host's datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    /// The owner, in each call.
    Owner,
    /// A thread that waits for the owner's first call.
    NewThread,
    /// A thread.
    Thread,
}

/// An ENet host on a socket: the protocol, joined to a transport, a codec and encrypted sessions. It may
/// have connections in both directions.
///
/// The owner serves the host with every call of [`Host::service`], or of its parts [`Host::receive`] and
/// [`Host::flush`]; or a thread does ([`Host::start_thread`]). The owner makes the same calls in both
/// cases.
pub struct Host {
    driver: Arc<Driver>,
    server: Server,
    /// Events that were taken from the protocol, and packets' buffers to give back to it.
    events: VecDeque<Event>,
    /// Connections whose ends are among the events.
    former: FormerPeers,
    /// The connection whose end was the last event.
    ended: Option<FormerPeer>,
    returned: Vec<Vec<u8>>,
    compression: Compression,
    recorder: Option<Recorder>,
    port: u16,
    buffer_sizes: (usize, usize),
    /// Full datagrams that are worth a system call.
    worth_a_call: usize,
    is_paused: bool,
    /// The times between calls of [`Host::receive`].
    polls: Gaps,
}

impl Host {
    /// Makes a host on a socket.
    pub fn new(config: &HostConfig, transport: Box<dyn Transport>) -> Self {
        let port = transport
            .local_address()
            .map_or(0, |address| address.port());
        let buffer_sizes = transport.buffer_sizes();
        let worth_a_call = transport.largest_batch().min(MANY_DATAGRAMS);
        let mut protocol = ProtocolHost::new(config);
        protocol.set_jitter_tolerance(FRAME_MILLIS);
        Self {
            driver: Arc::new(Driver::new(protocol, transport)),
            server: Server::Owner,
            events: VecDeque::new(),
            former: FormerPeers::new(),
            ended: None,
            returned: Vec::new(),
            compression: Compression::None,
            recorder: None,
            port,
            buffer_sizes,
            worth_a_call,
            is_paused: false,
            polls: Gaps::default(),
        }
    }

    /// Has a thread serve the host, from the first [`Host::receive`] or [`Host::flush`] on: it receives,
    /// acknowledges, retransmits and sends while the owner does other things. While the owner receives and
    /// flushes many times a second and there is little to do, the owner's calls do it all, and the thread only
    /// looks whether the owner is late. Events still wait in [`Host::next_event`]. Queued packets wait for the
    /// owner's [`Host::flush`], or for some 0.3 seconds at most: until the thread steps in, or for 30
    /// milliseconds while it serves. `clock` must tell the time that the owner passes to the calls.
    ///
    /// # Errors
    /// The system gave no thread, or the transport has no poller.
    pub fn start_thread(&mut self, clock: Clock) -> io::Result<()> {
        self.driver.start(clock)?;
        if self.server == Server::Owner {
            self.server = Server::NewThread;
        }
        Ok(())
    }

    /// Ends the thread: from now on the owner serves the host. Everything that waits is sent first.
    pub fn stop_thread(&mut self) {
        self.driver.stop();
        self.server = Server::Owner;
    }

    /// Chooses how long the owner of a threaded host may go without a [`Host::receive`] before the thread
    /// stops answering, so that the remotes time out as if there were no thread; `None`, as at first, for
    /// ever. The next call of [`Host::receive`] has the thread go on.
    pub fn set_stall_timeout(&mut self, timeout: Option<Time>) {
        self.driver.set_stall_timeout(timeout);
    }

    /// Tells a threaded host that its owner is alive, for the stall timeout, where the owner reads events without
    /// [`Host::receive`].
    pub fn note_alive(&mut self, now: Time) {
        if self.is_threaded() {
            self.driver.note_alive(now);
        }
    }

    /// Whether a thread serves the host.
    pub fn is_threaded(&self) -> bool {
        self.server != Server::Owner
    }

    /// Processes what arrived, does what is due and sends what is ready. Events then wait in
    /// [`Host::next_event`].
    pub fn service(&mut self, now: Time) {
        self.receive(now);
        self.flush(now);
    }

    /// The same without a flush: acknowledgements wait for the next [`Host::flush`] and share datagrams
    /// with the answers that are queued until then. Flush soon: the remote's round-trip times include
    /// the wait. A thread does both by itself.
    pub fn receive(&mut self, now: Time) {
        self.polls.note(now);
        if self.has_thread(now) {
            return self.driver.poll_threaded(now);
        }
        self.give_back();
        self.driver.receive_inline(now);
    }

    /// Sends what is ready and waits for a datagram, for the next timer or until the limit, whichever is
    /// first; true for a datagram. The caller then calls [`Host::service`] and takes the events. Events
    /// that were not taken before do not end the wait. With a thread this waits for an event.
    pub fn wait(&mut self, now: Time, limit: Duration) -> bool {
        self.wait_as(now, limit, false)
    }

    /// The same for a caller that judges connectors: with a thread, one that waits for [`Host::judge`] ends the wait
    /// too.
    pub fn wait_or_request(&mut self, now: Time, limit: Duration) -> bool {
        self.wait_as(now, limit, true)
    }

    fn wait_as(&mut self, now: Time, limit: Duration, judges: bool) -> bool {
        self.flush(now);
        if self.is_threaded() {
            return self.driver.wait_threaded(limit, judges);
        }
        self.driver.wait_inline(now, limit)
    }

    /// Sends everything that may be sent now. Of a threaded host the thread sends it where it is much.
    pub fn flush(&mut self, now: Time) {
        self.flush_packets(now, false);
    }

    /// The same; packets that are queued after this call do not share datagrams with those before.
    pub fn flush_apart(&mut self, now: Time) {
        self.flush_packets(now, true);
    }

    /// [`Host::flush_apart`] for callers without a time: it is the latest time of an earlier call.
    pub fn flush_now(&mut self) {
        let now = self.driver.state().latest;
        self.flush_apart(now);
    }

    fn flush_packets(&mut self, now: Time, is_apart: bool) {
        if self.has_thread(now) {
            return self.driver.flush_threaded(now, is_apart);
        }
        self.worth_a_call = self.driver.send_inline(now, true);
    }

    /// Whether [`Host::flush`] may have something to send that waits for it.
    pub fn has_unsent(&self) -> bool {
        let state = self.driver.state();
        match self.is_threaded() {
            true => state.schedule.has_unflushed(),
            false => state.host.unsent_datagrams() > 0,
        }
    }

    /// The next event, oldest first.
    pub fn next_event(&mut self) -> Option<Event> {
        if self.events.is_empty() {
            self.give_back();
            let (events, former) = (&mut self.events, &mut self.former);
            self.driver.state().host.take_events(events, former);
        }
        let event = self.events.pop_front();
        if let Some(Event::Disconnected { peer, .. }) = event {
            self.ended = self.former.remove(&peer);
            if self.former.is_empty() {
                self.former = FormerPeers::new();
            }
        }
        event
    }

    /// What was known of a connection whose [`Event::Disconnected`] was just taken.
    pub fn take_ended(&mut self) -> Option<FormerPeer> {
        self.ended.take()
    }

    /// Gives the buffer of a received packet back, for the next packets.
    pub fn recycle(&mut self, buffer: Vec<u8>) {
        self.returned.push(buffer);
        if self.returned.len() >= MAX_RETURNED {
            self.give_back();
        }
    }

    /// Stops taking in packets, or resumes; connections live on meanwhile. A thread goes on taking them
    /// in, up to [`HostConfig::max_unread_data`].
    pub fn pause_receiving(&mut self, refuse: bool) {
        let refuse = refuse && !self.is_threaded();
        if self.is_paused != refuse {
            self.is_paused = refuse;
            self.driver.state().host.pause_receiving(refuse);
        }
    }

    /// Begins a connection with `channels` ENet channels, 1 to 255; `None` when no slot is free. `data`
    /// is shown to the remote.
    pub fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        self.call_connecting(now, |state| state.connect(now, address, channels, data))
    }

    /// Begins a connection as [`Host::connect`] does, with a remote whose address is not known yet. Nothing is
    /// sent until [`Host::set_address`]; [`Host::fail`] ends the attempt.
    pub fn connect_unresolved(&mut self, now: Time, channels: usize, data: u32) -> Option<PeerId> {
        self.with_protocol(|protocol| protocol.connect_unresolved(now, channels, data))
    }

    /// Sets the address of a remote that had none, and goes on to connect.
    pub fn set_address(&mut self, now: Time, peer: PeerId, address: SocketAddr) {
        self.call_connecting(now, |state| state.set_address(now, peer, address));
    }

    /// Ends a connection as its timeout would.
    pub fn fail(&mut self, now: Time, peer: PeerId, cause: Cause) {
        self.with_protocol(|protocol| protocol.fail_peer(now, peer, cause));
    }

    /// Changes which sessions there are to be, and has them begin.
    fn call_connecting<R>(&mut self, now: Time, change: impl FnOnce(&mut State) -> R) -> R {
        let (result, is_encrypted) = self.driver.call(|state| {
            let result = change(state);
            (result, state.encryption.is_some())
        });
        if is_encrypted && !self.is_threaded() {
            self.driver.order_sessions_inline(now);
        }
        result
    }

    /// Encrypts everything from now on. Connections that were begun wait for their sessions; others that
    /// exist are lost. Once only.
    pub fn encrypt(&mut self, now: Time, dtls: Dtls) {
        // With what encryption adds, datagrams are as large as before.
        self.driver
            .encrypt(now, dtls, DEFAULT_MTU - OVERHEAD as u32);
        // The thread begins the sessions.
        self.driver.call(|_| ());
    }

    /// Whether an encrypted session ever failed, a datagram could not be decompressed, a client did not encrypt, or the
    /// socket stopped working: otherwise [`Host::next_failed`], [`Host::undecoded`], [`Host::unencrypted`] and
    /// [`Host::socket_trouble`] have nothing to tell.
    pub fn has_trouble(&self) -> bool {
        self.driver.has_trouble()
    }

    /// The next session that failed, oldest first. Of many that fail at once some are left out.
    pub fn next_failed(&mut self) -> Option<FailedHandshake> {
        let mut state = self.driver.state();
        state.encryption.as_mut()?.next_failed()
    }

    /// Chooses whom to let in from now on.
    pub fn set_admission(&mut self, admission: Admission) {
        self.driver.state().set_admission(admission);
    }

    /// Sets what remotes may cost from now on. Connections and sessions that exist stay.
    pub fn set_limits(&mut self, limits: Limits) {
        self.driver.state().set_limits(limits);
    }

    /// Chooses whether new connectors wait for [`Host::judge`] before they get a slot or an answer.
    pub fn set_judged(&mut self, is_judged: bool) {
        self.driver.state().host.set_judged(is_judged);
    }

    /// The next connector that waits for a verdict: see [`enet_proto::Host::next_request`].
    pub fn next_request(&mut self, now: Time) -> Option<JoinRequest> {
        self.driver.state().host.next_request(now)
    }

    /// Decides about a connector; false if it does not wait any more.
    pub fn judge(&mut self, now: Time, id: u64, verdict: Verdict) -> bool {
        let was_waiting = self.driver.call(|state| state.host.judge(now, id, verdict));
        self.send_ready(now);
        was_waiting
    }

    /// Bans a network, or an address as one of a single address, until a time or for ever. Its datagrams are dropped
    /// unread from now on, and its connections end with [`enet_proto::Limit::Banned`].
    ///
    /// # Errors
    /// There are [`crate::MAX_BANS`] bans already.
    pub fn ban(&mut self, now: Time, network: IpNet, until: Option<Time>) -> Result<(), BansFull> {
        self.driver.bans().ban(now, network, until)?;
        let network = canonical(network);
        self.driver
            .call(|state| state.host.end_banned(now, network));
        self.send_ready(now);
        Ok(())
    }

    /// Ends the ban of a network; false if it is not banned under the same address and length.
    pub fn unban(&mut self, network: IpNet) -> bool {
        self.driver.bans().unban(network)
    }

    /// The banned networks, and when each ban ends.
    pub fn bans(&self, now: Time) -> Vec<(IpNet, Option<Time>)> {
        self.driver.bans().list(now)
    }

    /// Queues a packet for one peer.
    ///
    /// # Errors
    /// The peer is not connected, has no such channel, or the packet is too large.
    pub fn send(
        &mut self,
        now: Time,
        peer: PeerId,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError> {
        let queue = |host: &mut ProtocolHost| host.send(now, peer, channel, flags, data);
        let (queued, ready) = self.driver.queue(now, queue);
        self.send_full(now, ready);
        queued
    }

    /// Queues a packet for several peers, leaving out those that are not connected or lack the channel;
    /// says for how many.
    ///
    /// # Errors
    /// The packet is too large.
    pub fn send_to_all(
        &mut self,
        now: Time,
        peers: &[PeerId],
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<usize, QueueError> {
        let queue = |host: &mut ProtocolHost| host.send_to_all(now, peers, channel, flags, data);
        let (queued, ready) = self.driver.queue(now, queue);
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
        let state = self.driver.call(|state| {
            let host = &mut state.host;
            if host.state(peer) == PeerState::Disconnected {
                return None;
            }
            host.disconnect(now, peer, data, how);
            Some(host.state(peer))
        });
        self.send_ready(now);
        state
    }

    /// Sends a datagram past the protocol. An encrypted host encrypts it; without a session it is lost.
    ///
    /// # Errors
    /// Errors of the system.
    pub fn send_raw(&mut self, now: Time, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        self.driver.send_raw(now, to, datagram)
    }

    /// Does something with the protocol: settings and questions that are rare.
    pub fn with_protocol<R>(&mut self, act: impl FnOnce(&mut ProtocolHost) -> R) -> R {
        self.driver.call(|state| act(&mut state.host))
    }

    /// Whether a thread serves the host; a new one begins now. If a defect ended the thread, the owner
    /// serves, and meets the defect itself where it lasts.
    fn has_thread(&mut self, now: Time) -> bool {
        if self.is_threaded() && self.driver.has_ended() {
            self.stop_thread();
        }
        if self.server == Server::NewThread {
            self.server = Server::Thread;
            self.driver.begin(now);
        }
        self.is_threaded()
    }

    fn give_back(&mut self) {
        if !self.returned.is_empty() {
            let mut state = self.driver.state();
            for buffer in self.returned.drain(..) {
                state.host.recycle(buffer);
            }
        }
    }

    /// Sends full datagrams: at once, or several where the system takes them as one.
    fn send_full(&mut self, now: Time, ready: usize) {
        if ready >= self.worth_a_call {
            self.send_ready(now);
        }
    }

    /// Sends what is ready, if no thread does.
    fn send_ready(&mut self, now: Time) {
        if !self.is_threaded() {
            self.worth_a_call = self.driver.send_inline(now, false);
        }
    }
}

impl Drop for Host {
    /// Takes leave of those who have an encrypted session.
    fn drop(&mut self) {
        self.stop_thread();
        self.driver.close_sessions();
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
