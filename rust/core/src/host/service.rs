//! The thread that serves a host while its owner does other things.
//!
//! It owns the socket. Datagrams are read and sent without the lock; what they do happens under it, a
//! number of them at a time, so that the owner never waits for long. The owner's calls take the lock for
//! themselves, and wake the thread where something is to leave.
//!
//! What the owner sends waits for his flush, so that it travels together, but not longer than a moment:
//! he may have gone to sleep. Everything else leaves at once. What comes in is looked at at once too, unless
//! the thread looked just before: of many datagrams in a short time it then takes several at once, since
//! waking up costs more than they do. The owner does not wait for that: he looks himself then.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::endpoint::Endpoint;
use super::line::{Line, Sent};
use super::{FULL_DATAGRAMS, SLICE};
use crate::io::Wake;
use crate::{Engine, Time};

/// Tells the time to a thread: on the same clock, and from the same zero, as the calls of the owner.
pub type Clock = fn() -> Time;

/// What was sent and not flushed waits so long at most.
const PATIENCE: Time = Time::from_millis(3);
/// Between two looks at what came.
const PAUSE: Time = Time::from_millis(1);
/// Datagrams, and bytes, that are taken in under one lock.
const MAX_TAKEN: usize = 128;
const MAX_TAKEN_BYTES: usize = 128 * 1024;
/// Datagrams that are sent before it is time to look for others.
const MAX_SENT: usize = 512;

/// Those that run.
static RUNNING: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

/// What a host's owner and its thread both use.
pub struct Shared {
    pub state: Mutex<State>,
    /// The thread's, while there is one, but for its pauses. To be locked before the state.
    pub line: Mutex<Line>,
    /// An event happened that somebody waits for.
    happened: Condvar,
    /// The owner has something for a thread that pauses.
    moved: Condvar,
    thread: Mutex<Option<Thread>>,
}

struct Thread {
    handle: JoinHandle<()>,
    waker: Arc<dyn Wake>,
}

/// What is locked.
pub struct State {
    pub endpoint: Endpoint,
    /// Datagrams past the protocol.
    raw: VecDeque<(SocketAddr, Vec<u8>)>,
    is_threaded: bool,
    has_begun: bool,
    is_stopping: bool,
    /// Whether something has to leave now.
    is_due: bool,
    /// Since when packets wait for the owner's flush.
    waits_since: Option<Time>,
    /// Until when the thread sleeps, if it does.
    sleeps_until: Option<Time>,
    pauses: bool,
    /// Whether full datagrams are ready.
    is_full: bool,
    is_awaited: bool,
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic in the thread is a defect here; the owner goes on as well as he can.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn new(endpoint: Endpoint, line: Line) -> Self {
        Self {
            state: Mutex::new(State {
                endpoint,
                raw: VecDeque::new(),
                is_threaded: false,
                has_begun: false,
                is_stopping: false,
                is_due: false,
                waits_since: None,
                sleeps_until: None,
                pauses: false,
                is_full: false,
                is_awaited: false,
            }),
            line: Mutex::new(line),
            happened: Condvar::new(),
            moved: Condvar::new(),
            thread: Mutex::new(None),
        }
    }

    /// Makes the thread. It waits for [`Shared::begin`].
    pub fn start(self: &Arc<Self>, clock: Clock) -> io::Result<()> {
        let mut thread = lock(&self.thread);
        if thread.is_some() {
            return Ok(());
        }
        let waker = lock(&self.line).transport.waker()?;
        let shared = Arc::clone(self);
        lock(&self.state).is_threaded = true;
        let started = thread::Builder::new()
            .name("enet".to_owned())
            .spawn(move || shared.serve(clock));
        match started {
            Ok(handle) => *thread = Some(Thread { handle, waker }),
            Err(error) => {
                lock(&self.state).is_threaded = false;
                lock(&self.line).transport.forget_waker();
                return Err(error);
            }
        }
        let mut running = lock(&RUNNING);
        running.retain(|other| other.strong_count() > 0);
        running.push(Arc::downgrade(self));
        Ok(())
    }

    /// Ends the thread. What waits has left then.
    pub fn stop(&self) {
        let Some(Thread { handle, waker }) = lock(&self.thread).take() else {
            return;
        };
        lock(&self.state).is_stopping = true;
        self.happened.notify_all();
        self.moved.notify_all();
        waker.wake();
        // If it panicked that was printed.
        let _ = handle.join();
        // Nobody wakes any more: the owner's own waits must last.
        lock(&self.line).transport.forget_waker();
        let mut state = lock(&self.state);
        state.is_stopping = false;
        state.is_threaded = false;
        state.has_begun = false;
    }

    /// Whether the thread ended by itself, which only a panic does, or all were.
    pub fn has_ended(&self) -> bool {
        let thread = lock(&self.thread);
        thread
            .as_ref()
            .is_none_or(|thread| thread.handle.is_finished())
    }

    /// Lets the thread begin to serve.
    pub fn begin(&self) {
        lock(&self.state).has_begun = true;
        self.happened.notify_all();
    }

    /// The lock, for a look.
    pub fn look(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Does something under the lock after which something may be due.
    pub fn act<R>(&self, act: impl FnOnce(&mut Endpoint) -> R) -> R {
        let mut state = lock(&self.state);
        let done = act(&mut state.endpoint);
        if state.is_threaded && state.has_begun {
            state.is_due = true;
            self.wake(state);
        }
        done
    }

    /// Does something under the lock that queues packets, which wait for the flush.
    /// Says how many datagrams are ready that the caller has to send: none where a thread does.
    pub fn queue<R>(&self, now: Time, act: impl FnOnce(&mut dyn Engine) -> R) -> (R, usize) {
        let mut state = lock(&self.state);
        let endpoint = &mut state.endpoint;
        endpoint.latest = endpoint.latest.max(now);
        let done = act(&mut *endpoint.engine);
        let ready = endpoint.engine.ready_datagrams();
        if !state.is_threaded {
            return (done, ready);
        }
        let begins = state.waits_since.is_none();
        if begins {
            state.waits_since = Some(now);
        }
        let sleeps_long = |until| until > now + PATIENCE && !state.pauses;
        if begins && state.sleeps_until.is_some_and(sleeps_long) {
            self.wake(state);
        } else if ready >= FULL_DATAGRAMS && !state.is_full {
            // Once: a call of the system for every further packet would cost more than the packet.
            state.is_full = true;
            self.wake(state);
        }
        (done, 0)
    }

    /// Has the thread send what may be sent.
    pub fn flush(&self) {
        let mut state = lock(&self.state);
        let has_unsent = state.endpoint.engine.has_unsent();
        if has_unsent || state.waits_since.is_some() {
            state.is_due = true;
            self.wake(state);
        }
    }

    /// Takes in what arrived while the thread pauses.
    pub fn look_now(&self, now: Time) {
        if !lock(&self.state).pauses {
            return;
        }
        let Ok(mut line) = self.line.try_lock() else {
            // It has just gone on.
            return;
        };
        let endpoint = &mut lock(&self.state).endpoint;
        let mut taken = 0;
        while taken < MAX_TAKEN {
            let received = line.transport.receive(&mut |from, datagram| {
                endpoint.take(now, from, datagram);
            });
            match received {
                Ok(0) => return,
                Ok(count) => taken += count,
                Err(_) => {
                    endpoint.totals.socket_errors += 1;
                    return;
                }
            }
        }
    }

    /// Sends a datagram past the protocol.
    pub fn send_raw(&self, to: SocketAddr, datagram: &[u8]) {
        let mut state = lock(&self.state);
        state.raw.push_back((to, datagram.to_vec()));
        self.wake(state);
    }

    /// Waits for an event; false when the time is over.
    pub fn wait(&self, limit: Duration) -> bool {
        let mut state = lock(&self.state);
        state.is_awaited = true;
        let nothing = |state: &mut State| !state.endpoint.engine.has_events();
        let waited = self.happened.wait_timeout_while(state, limit, nothing);
        let (mut state, result) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_awaited = false;
        !result.timed_out()
    }

    fn wake(&self, mut state: MutexGuard<'_, State>) {
        if state.pauses {
            return self.moved.notify_one();
        }
        let sleeps = state.sleeps_until.take().is_some();
        drop(state);
        if sleeps && let Some(thread) = &*lock(&self.thread) {
            thread.waker.wake();
        }
    }

    fn serve(&self, clock: Clock) {
        let rests = |state: &mut State| !state.has_begun && !state.is_stopping;
        drop(self.happened.wait_while(lock(&self.state), rests));
        let mut inbox = Inbox::default();
        let mut outbox = Outbox::default();
        let mut sent = Sent::default();
        let mut is_stopping = false;
        let mut last = Time::ZERO;
        loop {
            self.pause((last + PAUSE).saturating_sub(clock()));
            let line = &mut *lock(&self.line);
            if !is_stopping {
                inbox.fill(line, &mut sent);
            }
            let is_busy = !inbox.is_empty();
            let now = clock();
            let mut state = lock(&self.state);
            state.endpoint.totals.socket_errors += sent.errors;
            inbox.empty(|from, datagram| state.endpoint.take(now, from, datagram));
            state.endpoint.work(now);
            is_stopping = state.is_stopping;
            let is_over = |since| now >= since + PATIENCE;
            if state.is_due || is_stopping || state.waits_since.is_none_or(is_over) {
                state.endpoint.engine.flush(now);
                state.is_due = false;
                state.waits_since = None;
            }
            state.is_full = false;
            outbox.fill(&mut state, now);
            if state.is_awaited && state.endpoint.engine.has_events() {
                self.happened.notify_all();
            }
            let goes_on = outbox.is_full() || (inbox.was_full && !is_stopping);
            let until = state.next_time(now);
            // Where something came more is to come: that is not waited for, after the pause it is there.
            let waits = !goes_on && !is_busy;
            state.sleeps_until = waits.then_some(until);
            drop(state);
            sent = line.send(|datagram| outbox.next(datagram));
            if goes_on {
                continue;
            }
            if is_stopping {
                break;
            }
            last = now;
            if !waits {
                continue;
            }
            let timeout = until.saturating_sub(clock());
            if line.transport.wait(timeout).is_err() {
                sent.errors += 1;
                thread::sleep(timeout.min(SLICE));
            }
        }
    }

    /// Lets the time pass, unless something is to leave.
    fn pause(&self, time: Duration) {
        if time.is_zero() {
            return;
        }
        let mut state = lock(&self.state);
        state.pauses = true;
        let has_time = |state: &mut State| !(state.is_due || state.is_full || state.is_stopping);
        let waited = self.moved.wait_timeout_while(state, time, has_time);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.pauses = false;
    }
}

impl State {
    /// Whether packets wait for the owner's flush.
    pub fn has_waiting(&self) -> bool {
        self.waits_since.is_some()
    }

    /// When there is something to do, if nothing comes.
    fn next_time(&self, now: Time) -> Time {
        let timer = self.endpoint.next_timer().unwrap_or(now + SLICE);
        let patience = self.waits_since.map(|since| since + PATIENCE);
        patience.map_or(timer, |patience| timer.min(patience))
    }
}

/// Datagrams that came, back to back.
#[derive(Default)]
struct Inbox {
    bytes: Vec<u8>,
    ends: Vec<(SocketAddr, usize)>,
    was_full: bool,
}

impl Inbox {
    fn fill(&mut self, line: &mut Line, sent: &mut Sent) {
        self.was_full = false;
        loop {
            let (bytes, ends) = (&mut self.bytes, &mut self.ends);
            let received = line.transport.receive(&mut |from, datagram| {
                bytes.extend_from_slice(datagram);
                ends.push((from, bytes.len()));
            });
            match received {
                Ok(0) => return,
                Ok(_) => {}
                // The socket stays: its peers time out by themselves if it is really gone.
                Err(_) => {
                    sent.errors += 1;
                    return;
                }
            }
            if self.ends.len() >= MAX_TAKEN || self.bytes.len() >= MAX_TAKEN_BYTES {
                self.was_full = true;
                return;
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn empty(&mut self, mut take: impl FnMut(SocketAddr, &[u8])) {
        let mut start = 0;
        for (from, end) in self.ends.drain(..) {
            take(from, &self.bytes[start..end]);
            start = end;
        }
        self.bytes.clear();
    }
}

/// Datagrams that are to leave, and buffers of those that left.
#[derive(Default)]
struct Outbox {
    datagrams: VecDeque<(SocketAddr, Vec<u8>)>,
    spare: Vec<Vec<u8>>,
}

impl Outbox {
    fn fill(&mut self, state: &mut State, now: Time) {
        let mut sent = Sent::default();
        while self.datagrams.len() < MAX_SENT {
            let mut buffer = self.spare.pop().unwrap_or_default();
            let Some(to) = state.endpoint.next_datagram(now, &mut buffer) else {
                self.spare.push(buffer);
                break;
            };
            sent.datagrams += 1;
            sent.bytes += buffer.len() as u64;
            self.datagrams.push_back((to, buffer));
        }
        state.endpoint.count(sent);
        self.datagrams.append(&mut state.raw);
    }

    fn is_full(&self) -> bool {
        self.datagrams.len() >= MAX_SENT
    }

    fn next(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        let (to, bytes) = self.datagrams.pop_front()?;
        let buffer = std::mem::replace(datagram, bytes);
        if self.spare.len() < MAX_SENT {
            self.spare.push(buffer);
        }
        Some(to)
    }
}

/// Ends all threads: none may go on when the library is unloaded, also where an object is never freed.
/// The hosts stay, and are served by their owners, if any goes on.
pub fn stop_all() {
    let running = std::mem::take(&mut *lock(&RUNNING));
    for shared in running.iter().filter_map(Weak::upgrade) {
        shared.stop();
    }
}
