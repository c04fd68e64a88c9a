//! Moves datagrams between a socket and the protocol, for a host that its owner serves and for one
//! that a thread serves.
//!
//! # Locks
//!
//! | lock | guards | what may happen under it | who waits for it |
//! |---|---|---|---|
//! | socket | [`SocketSide`]: transport, codec, encrypted sessions, datagrams on their way | system calls, compression, encryption, handshakes: milliseconds | the thread; the owner only in rare calls (a codec is set, encryption begins, a raw datagram is sent, a capture begins or ends) |
//! | state | [`State`]: protocol, schedule, counts | the protocol and nothing else: microseconds for each datagram, a bounded number of datagrams | owner and thread |
//! | bans | [`Bans`] | a look-up or a change | owner and thread, with or without other locks |
//! | thread | the thread's handle and waker | starting, stopping, waking | owner |
//!
//! The order is thread, then socket, then state. Debug builds assert the order of the last two
//! ([`locks`]). Starting a thread takes the others under the thread lock; a wake-up takes the thread lock
//! after the state lock was released.
//!
//! Calls that an owner makes every frame (queueing packets, polling, flushing) never wait for the
//! socket lock: where it is taken they leave the work to the thread that holds it. A codec or a
//! handshake that takes long therefore delays no `send`.
//!
//! # A round
//!
//! [`Driver::read`] and [`Driver::receive`] are the one way in, [`Driver::transmit`] is the one way out. Both run alike for an
//! owner and for the thread:
//!
//! 1. read the socket: socket lock; each plain datagram goes to the protocol: both locks;
//! 2. decrypt the others, and decompress them for those who have a connection: socket lock, and the
//!    state lock for a moment to ask who has one;
//! 3. hand them to the protocol, do what is due, take the datagrams that are to leave: both locks;
//! 4. compress, encrypt, send: socket lock.
//!
//! Of the driver, [`schedule`] alone records whether something waits to be sent, and decides who sends:
//! without a thread, or while it stands by, the owner does, in each call; while the thread serves, the owner
//! sends a few datagrams at its flush, and the thread everything else.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use enet_proto::{Host, Time};

mod emulation;
mod inbox;
mod locks;
mod outbox;
mod owner;
mod schedule;
mod socket_side;
mod state;
mod tap;
mod thread;
mod unencrypted;

pub use schedule::MANY_DATAGRAMS;
pub use state::{Encryption, State};
pub use tap::{Direction, Form, Sink, SinkId, Tapped};
pub use thread::{Clock, note_frames, stop_all};

use crate::Transport;
use crate::bans::Bans;
use locks::{Guard, Rank, Ranked};
use socket_side::{Handshakes, Read, Reader, SocketSide};
use thread::Thread;

/// Datagrams, and bytes, that one round reads: what they do happens under one lock.
const MAX_ROUND: usize = 128;
const MAX_ROUND_BYTES: usize = 128 * 1024;
/// Datagrams, and bytes, that one [`Driver::receive_inline`] reads, so that a flood cannot hold up a
/// frame for ever. The rest waits in the system's buffer for the next call.
const MAX_DATAGRAMS: usize = 16_384;
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Datagrams after which an inline host answers in the middle of a burst: its senders would think them
/// lost otherwise.
const BURST: usize = 256;
/// The pause after a wait that failed, at most.
const FAILED_WAIT: Duration = Duration::from_millis(5);

/// A host's socket and protocol, shared by its owner and its thread. See the module's head.
pub struct Driver {
    socket: Ranked<SocketSide>,
    state: Ranked<State>,
    /// An event happened that the owner waits for, or the thread may begin.
    happened: Condvar,
    /// The thread's pause is over.
    resumed: Condvar,
    thread: Mutex<Option<Thread>>,
    /// Whether the thread ended, which only a panic or [`stop_all`] does unasked.
    has_ended: AtomicBool,
    /// Whether an encrypted session ever failed, a datagram could not be decompressed, a client did not encrypt, or the
    /// socket stopped working.
    has_trouble: AtomicBool,
    /// Has a lock of its own, behind all others.
    bans: Bans,
}

impl Driver {
    pub fn new(host: Host, transport: Box<dyn Transport>) -> Self {
        let socket = SocketSide::new(transport, host.has_checksum());
        Self {
            socket: Ranked::new(Rank::Socket, socket),
            state: Ranked::new(Rank::State, State::new(host)),
            happened: Condvar::new(),
            resumed: Condvar::new(),
            thread: Mutex::new(None),
            has_ended: AtomicBool::new(true),
            has_trouble: AtomicBool::new(false),
            bans: Bans::default(),
        }
    }

    /// The state, for a question or a change that nothing has to leave for.
    pub fn state(&self) -> Guard<'_, State> {
        self.state.lock()
    }

    /// Whether an encrypted session ever failed, a datagram could not be decompressed, a client did not encrypt, or the
    /// socket stopped working.
    pub fn has_trouble(&self) -> bool {
        self.has_trouble.load(Ordering::Relaxed)
    }

    /// Takes over what happened at the socket.
    fn apply(&self, state: &mut State, now: Time, socket: &mut SocketSide) {
        let report = socket.report();
        state.count(now, report);
        if report.has_events() {
            if report.has_trouble() {
                self.has_trouble.store(true, Ordering::Relaxed);
            }
            state.apply(now, report);
        }
    }

    /// The banned networks.
    pub fn bans(&self) -> &Bans {
        &self.bans
    }

    /// Makes a change after which something may have to leave at once.
    pub fn call<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.lock();
        let done = change(&mut state);
        let wake = state.schedule.on_call();
        self.wake(state, wake);
        done
    }

    /// Queues packets. They wait for the owner's flush; where a thread serves, not for long. Also says
    /// how many full datagrams are ready.
    pub fn queue<R>(&self, now: Time, queue: impl FnOnce(&mut Host) -> R) -> (R, usize) {
        let mut state = self.state.lock();
        state.latest = state.latest.max(now);
        let done = queue(&mut state.host);
        let ready = state.host.ready_datagrams();
        let wake = state.schedule.on_queue(now, ready);
        self.wake(state, wake);
        (done, ready)
    }

    /// Reads the socket. Plain datagrams go to the protocol at once.
    fn read(
        &self,
        socket: &mut SocketSide,
        now: Time,
        datagrams: usize,
        bytes: usize,
        reader: Reader,
    ) -> Read {
        let lock = || self.state.lock();
        let is_banned = |from: SocketAddr| self.bans.drops(from.ip(), now);
        socket.read(
            datagrams,
            bytes,
            reader,
            is_banned,
            lock,
            |state, arrival| {
                state.receive(now, arrival);
            },
        )
    }

    /// Decodes what was read and hands it to the protocol; the state is returned locked.
    fn receive<'a>(
        &'a self,
        socket: &mut SocketSide,
        now: Time,
        handshakes: Handshakes,
    ) -> Guard<'a, State> {
        if socket.dtls().is_some() {
            if handshakes == Handshakes::Process {
                self.order_sessions(socket, now);
            }
            socket.decrypt(now, handshakes);
        }
        if socket.has_compressed() {
            let mut state = self.state.lock();
            socket.ask_rooms(|arrival| state.decompressed_room(arrival));
            drop(state);
            socket.decompress();
        } else {
            socket.tap_plain();
        }
        let mut state = self.state.lock();
        for arrival in socket.arrivals() {
            state.receive(now, arrival);
        }
        for request in socket.unencrypted() {
            if state.refuse_unencrypted(now, request) {
                self.has_trouble.store(true, Ordering::Relaxed);
            }
        }
        socket.clear_arrivals();
        self.apply(&mut state, now, socket);
        state
    }

    /// Has the sessions do what the owner ordered, and look for those that no peer uses.
    #[inline(never)]
    fn order_sessions(&self, socket: &mut SocketSide, now: Time) {
        let Some(dtls) = socket.dtls() else {
            return;
        };
        let wants_peers = dtls.wants_peers(now);
        let mut state = self.state.lock();
        let orders = state.encryption.as_mut().map(Encryption::take_orders);
        let peers = wants_peers.then(|| state.addresses());
        drop(state);
        if let Some(peers) = peers {
            dtls.sweep(now, &peers);
        }
        let Some(orders) = orders else {
            return;
        };
        dtls.refuse(orders.refuse);
        if let Some(limits) = orders.limits {
            dtls.set_limits(limits);
        }
        let is_ready = |to: &_| dtls.connect(now, *to);
        let ready: Vec<_> = orders.connect.into_iter().filter(is_ready).collect();
        if !ready.is_empty() {
            let mut state = self.state.lock();
            for address in ready {
                state.host.resume_connecting(now, address);
            }
        }
    }

    /// Sends datagrams that are ready, as many as one round sends. The state is let go of meanwhile;
    /// also says whether more are ready.
    fn transmit<'a>(
        &'a self,
        socket: &mut SocketSide,
        mut state: Guard<'a, State>,
        now: Time,
    ) -> (Guard<'a, State>, bool) {
        let host = &mut state.host;
        let mut is_full = socket.take_datagrams(|buffer| host.next_datagram_of(buffer));
        is_full |= socket.take_unencrypted(|buffer| host.next_unencrypted(buffer));
        if !socket.has_output() {
            return (state, false);
        }
        drop(state);
        socket.transmit(now);
        let mut state = self.state.lock();
        for packing in socket.packings() {
            (state.host).note_packing(packing.peer, packing.saved, packing.added);
        }
        self.apply(&mut state, now, socket);
        (state, is_full)
    }

    /// Sends all datagrams that are ready.
    fn transmit_all<'a>(
        &'a self,
        socket: &mut SocketSide,
        mut state: Guard<'a, State>,
        now: Time,
    ) -> Guard<'a, State> {
        let mut is_full = true;
        while is_full {
            (state, is_full) = self.transmit(socket, state, now);
        }
        state
    }
}
