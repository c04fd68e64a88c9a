//! The thread that serves a host while its owner does other things.
//!
//! Datagrams are read and sent without the lock; what they do happens under it, a number of them at a
//! time, so that the owner never waits for long. The owner's calls take the lock for themselves, and wake
//! the thread where something is to leave.
//!
//! Waking a thread costs as much as some datagrams, so it is done as seldom as may be:
//! - What the owner sends waits for his flush, so that it travels together, but not longer than a moment:
//!   he may have gone to sleep. Few datagrams he sends himself then.
//! - What comes in is looked at at once; but where much comes the thread pauses between two looks, and
//!   takes several at once. The owner does not wait for that: he looks himself then.
//!
//! All else leaves at once.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::endpoint::Endpoint;
use super::line::{Line, Sent};
use super::queues::{Inbox, MAX_TAKEN, Outbox};
use super::{FULL_DATAGRAMS, SLICE};
use crate::io::Watch;
use enet_proto::{Host as ProtocolHost, Time};

/// Tells the time to a thread: on the same clock, and from the same zero, as the calls of the owner.
pub type Clock = fn() -> Time;

/// What was sent and not flushed waits so long at most, where the thread does not sleep.
const PATIENCE: Time = Time::from_millis(3);
/// The longest sleep while the owner sends, so that what he queues need not end it.
const NAP: Time = Time::from_millis(30);
/// So long after a flush the owner is expected to send, and after a poll to poll.
const HABIT: Time = Time::from_secs(1);
/// Datagrams that the owner sends by himself: to wake the thread takes him as long.
const FEW_DATAGRAMS: usize = 2;
/// Between two looks where much comes, while the owner polls: he looks too.
const PAUSE: Time = Time::from_millis(4);
/// And while he does not.
const SHORT_PAUSE: Time = Time::from_millis(1);

/// Those that run.
static RUNNING: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

/// What a host's owner and its thread both use.
pub struct Shared {
    pub state: Mutex<State>,
    /// The thread's, while there is one and it does not rest. To be locked before the state.
    pub line: Mutex<Line>,
    /// The owner waits for the line.
    is_wanted: AtomicBool,
    /// An event happened that somebody waits for.
    happened: Condvar,
    /// The owner has something for a thread that pauses.
    moved: Condvar,
    thread: Mutex<Option<Thread>>,
}

struct Thread {
    handle: JoinHandle<()>,
    watch: Arc<dyn Watch>,
}

/// What is locked.
pub struct State {
    pub endpoint: Endpoint,
    is_threaded: bool,
    has_begun: bool,
    is_stopping: bool,
    /// Whether something has to leave now.
    is_due: bool,
    /// Since when packets wait for the owner's flush.
    waits_since: Option<Time>,
    /// Until when the thread sleeps, if it does.
    sleeps_until: Option<Time>,
    /// Until when the owner is expected to send, and to poll.
    sends_until: Time,
    polls_until: Time,
    pauses: bool,
    /// Whether full datagrams are ready.
    is_full: bool,
    is_awaited: bool,
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic in the thread is a defect here; the owner goes on as well as he can.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same, if nobody holds it.
fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
        Ok(guard) => Some(guard),
    }
}

impl Shared {
    pub fn new(endpoint: Endpoint, line: Line) -> Self {
        Self {
            state: Mutex::new(State {
                endpoint,
                is_threaded: false,
                has_begun: false,
                is_stopping: false,
                is_due: false,
                waits_since: None,
                sleeps_until: None,
                sends_until: Time::ZERO,
                polls_until: Time::ZERO,
                pauses: false,
                is_full: false,
                is_awaited: false,
            }),
            line: Mutex::new(line),
            is_wanted: AtomicBool::new(false),
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
        let watch = lock(&self.line).transport.watch()?;
        let (shared, watches) = (Arc::clone(self), Arc::clone(&watch));
        lock(&self.state).is_threaded = true;
        let started = thread::Builder::new()
            .name("enet".to_owned())
            .spawn(move || shared.serve(clock, &*watches));
        match started {
            Ok(handle) => *thread = Some(Thread { handle, watch }),
            Err(error) => {
                lock(&self.state).is_threaded = false;
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
        let Some(Thread { handle, watch }) = lock(&self.thread).take() else {
            return;
        };
        lock(&self.state).is_stopping = true;
        self.happened.notify_all();
        self.moved.notify_all();
        watch.wake();
        // If it panicked that was printed.
        let _ = handle.join();
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

    /// The line, as soon as the thread lays it down.
    pub fn want_line(&self) -> MutexGuard<'_, Line> {
        self.is_wanted.store(true, Ordering::SeqCst);
        let line = lock(&self.line);
        self.is_wanted.store(false, Ordering::SeqCst);
        line
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
    pub fn queue<R>(&self, now: Time, act: impl FnOnce(&mut ProtocolHost) -> R) -> (R, usize) {
        let mut state = lock(&self.state);
        let endpoint = &mut state.endpoint;
        endpoint.latest = endpoint.latest.max(now);
        let done = act(&mut endpoint.engine);
        let ready = endpoint.engine.ready_datagrams();
        if !state.is_threaded {
            return (done, ready);
        }
        if ready >= FULL_DATAGRAMS && !state.is_full {
            // Once: a call of the system for every further packet would cost more than the packet.
            state.is_full = true;
            state.waits_since.get_or_insert(now);
            self.wake(state);
        } else {
            self.await_flush(state, now);
        }
        (done, 0)
    }

    /// What is queued waits for the owner's flush, unless the thread sends it before.
    fn await_flush(&self, mut state: MutexGuard<'_, State>, now: Time) {
        if state.waits_since.is_none() {
            state.waits_since = Some(now);
            if state.sleeps_long(now) {
                self.wake(state);
            }
        }
    }

    /// Sends what may be sent, or has the thread do it. What is queued after this does not travel with it
    /// if it `is_apart`.
    pub fn flush(&self, now: Time, is_apart: bool) {
        let mut state = lock(&self.state);
        let unsent = state.endpoint.engine.unsent_datagrams();
        if unsent == 0 && state.waits_since.is_none() {
            return;
        }
        state.sends_until = now + HABIT;
        // The line comes before the state, so it is not waited for.
        if unsent <= FEW_DATAGRAMS
            && let Some(mut line) = try_lock(&self.line)
        {
            state.waits_since = None;
            state.endpoint.engine.flush(now);
            state.endpoint.send(&mut line, now);
            drop(line);
            if state.sleeps_long(now) {
                self.wake(state);
            }
            return;
        }
        if is_apart {
            state.endpoint.engine.flush(now);
        }
        state.is_due = true;
        self.wake(state);
    }

    /// Takes in what arrived while the thread rests: it may be told of that too late for this poll.
    pub fn look_now(&self, now: Time) {
        let Some(mut line) = try_lock(&self.line) else {
            // It looks by itself.
            return;
        };
        let mut state = lock(&self.state);
        state.polls_until = now + HABIT;
        let endpoint = &mut state.endpoint;
        let mut taken = 0;
        while taken < MAX_TAKEN {
            let received = line.transport.receive(&mut |from, datagram| {
                endpoint.take(now, from, datagram);
            });
            match received {
                Ok(0) => break,
                Ok(count) => taken += count,
                Err(_) => {
                    endpoint.totals.socket_errors += 1;
                    break;
                }
            }
        }
        drop(line);
        if taken == 0 {
            return;
        }
        // The thread finds nothing now, and would sleep on. Answers go with what the owner sends, but for
        // those of handshakes, which are the thread's work.
        if state.endpoint.dtls.is_some() {
            self.wake(state);
        } else if state.endpoint.engine.unsent_datagrams() > 0 {
            self.await_flush(state, now);
        }
    }

    /// Waits for an event; false when the time is over.
    pub fn wait(&self, limit: Duration) -> bool {
        let mut state = lock(&self.state);
        state.is_awaited = true;
        // He does not look meanwhile.
        state.polls_until = Time::ZERO;
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
            thread.watch.wake();
        }
    }

    fn serve(&self, clock: Clock, watch: &dyn Watch) {
        let rests = |state: &mut State| !state.has_begun && !state.is_stopping;
        drop(self.happened.wait_while(lock(&self.state), rests));
        let mut inbox = Inbox::default();
        let mut outbox = Outbox::default();
        let mut sent = Sent::default();
        let mut is_stopping = false;
        let mut last_arrival = Time::ZERO;
        loop {
            // Who goes on at once would have it again before the owner is awake.
            while self.is_wanted.load(Ordering::SeqCst) {
                thread::yield_now();
            }
            let mut line = lock(&self.line);
            if !is_stopping {
                inbox.fill(&mut line, &mut sent);
            }
            let arrived = inbox.len();
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
            outbox.fill(&mut state.endpoint, now);
            if state.is_awaited && state.endpoint.engine.has_events() {
                self.happened.notify_all();
            }
            let goes_on = outbox.is_full() || (inbox.was_full && !is_stopping);
            // More is to come then: that is not waited for, after a pause it is there.
            let pause = match now < state.polls_until {
                true => PAUSE,
                false => SHORT_PAUSE,
            };
            // What cannot be read may end every wait at once.
            let is_busy =
                inbox.has_failed || arrived > 1 || (arrived == 1 && now < last_arrival + pause);
            if arrived > 0 {
                last_arrival = now;
            }
            let until = state.next_time(now);
            state.sleeps_until = (!goes_on && !is_busy).then_some(until);
            drop(state);
            sent = line.send(|datagram| outbox.next(datagram));
            drop(line);
            if goes_on {
                continue;
            }
            if is_stopping {
                break;
            }
            if is_busy {
                self.pause((now + pause).saturating_sub(clock()));
                continue;
            }
            let timeout = until.saturating_sub(clock());
            if watch.wait(timeout).is_err() {
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
        let mut next = self.endpoint.next_timer();
        if let Some(since) = self.waits_since {
            next = next.min(since + PATIENCE);
        }
        if now < self.sends_until {
            next = next.min(now + NAP);
        }
        next
    }

    /// Whether the thread sleeps for longer than what is sent may wait.
    fn sleeps_long(&self, now: Time) -> bool {
        !self.pauses && self.sleeps_until.is_some_and(|until| until > now + NAP)
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
