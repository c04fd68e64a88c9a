//! The thread that serves a host while its owner does other things.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};

use enet_proto::Time;

use super::locks::Guard;
use super::schedule::{Next, Round, Wake};
use super::socket_side::{Handshakes, Read, Reader};
use super::state::State;
use super::{Driver, FAILED_WAIT, MAX_ROUND, MAX_ROUND_BYTES};
use crate::socket::{Poller, Waker};
use crate::sync::lock;

/// Tells the time to a thread: on the same clock, and from the same zero, as the owner's calls.
pub type Clock = fn() -> Time;

/// Drivers whose thread runs.
static RUNNING: Mutex<Vec<Weak<Driver>>> = Mutex::new(Vec::new());

/// A thread, seen by the owner.
pub struct Thread {
    handle: JoinHandle<()>,
    waker: Arc<dyn Waker>,
}

/// Notes the end of a thread, also in a panic.
struct NotesEnd<'a>(&'a AtomicBool);

impl Drop for NotesEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Driver {
    /// Makes the thread. It waits for [`Driver::begin`].
    pub fn start(self: &Arc<Self>, clock: Clock) -> io::Result<()> {
        let mut thread = lock(&self.thread);
        if thread.is_some() {
            return Ok(());
        }
        let (poller, waker) = self.socket.lock().transport.poller()?;
        self.state.lock().schedule.on_start();
        let driver = Arc::clone(self);
        self.has_ended.store(false, Ordering::Relaxed);
        let started = thread::Builder::new()
            .name("enet".to_owned())
            .spawn(move || {
                let _end = NotesEnd(&driver.has_ended);
                driver.serve(clock, poller);
            });
        match started {
            Ok(handle) => *thread = Some(Thread { handle, waker }),
            Err(error) => {
                self.state.lock().schedule.on_end();
                self.has_ended.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        let mut running = lock(&RUNNING);
        running.retain(|other| other.strong_count() > 0);
        running.push(Arc::downgrade(self));
        Ok(())
    }

    /// Lets the thread begin to serve.
    pub fn begin(&self, now: Time) {
        self.state.lock().schedule.on_first_call(now);
        self.happened.notify_all();
    }

    /// See [`crate::Host::set_stall_timeout`].
    pub fn set_stall_timeout(&self, timeout: Option<Time>) {
        let mut state = self.state.lock();
        let wake = state.schedule.set_stall_timeout(timeout);
        self.wake(state, wake);
    }

    /// See [`crate::Host::note_alive`].
    pub fn note_alive(&self, now: Time) {
        let mut state = self.state.lock();
        let mut wake = state.schedule.on_sign_of_life(now);
        if state.attend(now) {
            wake = wake.or(state.schedule.on_call());
        }
        self.wake(state, wake);
    }

    /// See [`note_frames`].
    fn note_frames(&self, now: Time) {
        let mut state = self.state.lock();
        let wake = state.schedule.on_frames(now);
        self.wake(state, wake);
    }

    /// Ends the thread. What waits has left then.
    pub fn stop(&self) {
        let Some(Thread { handle, waker }) = lock(&self.thread).take() else {
            return;
        };
        self.state.lock().schedule.on_stop();
        self.happened.notify_all();
        self.resumed.notify_all();
        waker.wake();
        // If it panicked that was printed.
        let _ = handle.join();
        let mut state = self.state.lock();
        state.schedule.on_end();
        let latest = state.latest;
        state.attend(latest);
    }

    /// Whether the thread ended by itself, which only a panic does, or [`stop_all`] ended it.
    pub fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed)
    }

    /// Makes the thread notice a change.
    pub(super) fn wake(&self, state: Guard<'_, State>, wake: Wake) {
        drop(state);
        match wake {
            Wake::No => {}
            Wake::Pause => self.resumed.notify_one(),
            Wake::Sleep => {
                if let Some(thread) = &*lock(&self.thread) {
                    thread.waker.wake();
                }
            }
        }
    }

    fn serve(&self, clock: Clock, mut poller: Box<dyn Poller>) {
        let (inner, held) = self.state.lock().split();
        let rests = |state: &mut State| state.schedule.is_starting();
        drop(self.happened.wait_while(inner, rests));
        drop(held);
        let mut is_stopping = false;
        let mut is_alone = false;
        loop {
            let (next, stops) = self.serve_round(clock, is_stopping, is_alone);
            is_stopping = stops;
            match next {
                Next::Continue => {}
                Next::Stop => return,
                Next::Pause(until) => {
                    is_alone = self.pause(until.saturating_sub(clock()), clock);
                }
                Next::Rest => is_alone = self.rest(clock),
                Next::Sleep(until) => {
                    let timeout = until.saturating_sub(clock());
                    let waited = poller.wait(timeout);
                    let mut state = self.state.lock();
                    is_alone = state.on_resume(clock());
                    if waited.is_err() {
                        state.totals.socket_errors += 1;
                        drop(state);
                        thread::sleep(timeout.min(FAILED_WAIT));
                    }
                }
            }
        }
    }

    /// One round. A thread that `is_stopping` reads no more, so that it comes to an end. One that `is_alone`,
    /// because the owner is gone, only sends what the owner still queued. Says what comes next, and whether the
    /// thread is stopping.
    fn serve_round(&self, clock: Clock, is_stopping: bool, is_alone: bool) -> (Next, bool) {
        self.socket.give_way();
        let mut guard = self.socket.lock();
        let socket = &mut *guard;
        let read = match is_stopping || is_alone {
            true => Read::default(),
            false => self.read(socket, clock(), MAX_ROUND, MAX_ROUND_BYTES, Reader::Thread),
        };
        let now = clock();
        let mut state = self.receive(socket, now, Handshakes::Process);
        if !is_alone {
            state.service(now);
        }
        if state.schedule.begin_sending(now) {
            state.host.flush(now);
        }
        if state.is_awaited && state.has_news() {
            self.happened.notify_all();
        }
        let is_last = state.schedule.is_stopping();
        let (state, is_full) = self.transmit(socket, state, now);
        let timer = socket.next_timer();
        let holds = socket.transport.next_due().is_some();
        drop(state);
        drop(guard);
        let mut state = self.state.lock();
        let next_timer = state.host.next_timer();
        let round = Round {
            arrived: read.datagrams,
            moved: state.moved(),
            is_unfinished: is_full || read.is_full && !is_last,
            is_last,
            has_failed: read.has_failed,
            side_timer: timer,
            next_timer: timer.map_or(next_timer, |timer| timer.min(next_timer)),
        };
        state.judge_emulation(now, holds);
        let next = state.schedule.after_round(now, round);
        state.judge_attendance(now);
        (next, is_last)
    }

    /// Leaves the host to its owner, or to nobody if the owner is gone. Says whether it is gone afterwards.
    fn rest(&self, clock: Clock) -> bool {
        let (mut inner, held) = self.state.lock().split();
        while let Some(until) = inner.schedule.rest(clock()) {
            let time = until.saturating_sub(clock());
            let waited = self.resumed.wait_timeout(inner, time);
            (inner, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        Guard::rejoin(inner, held).on_resume(clock())
    }

    /// Lets the time pass, unless something is to leave. Says whether the owner is gone afterwards.
    fn pause(&self, time: Time, clock: Clock) -> bool {
        let (inner, held) = self.state.lock().split();
        let may_pause = |state: &mut State| state.schedule.may_pause();
        let waited = self.resumed.wait_timeout_while(inner, time, may_pause);
        let (inner, _) = waited.unwrap_or_else(PoisonError::into_inner);
        Guard::rejoin(inner, held).on_resume(clock())
    }
}

/// Tells all threads that the frames of their owners go by, whether or not they poll: once a second or more often, and
/// by the owners' thread. An owner that does not poll for four such signs has left its host, and the thread
/// stops answering until the next poll. A host whose owner lets no frame go by, as it loads, is not affected.
pub fn note_frames(now: Time) {
    let drivers: Vec<_> = lock(&RUNNING).iter().filter_map(Weak::upgrade).collect();
    for driver in drivers {
        driver.note_frames(now);
    }
}

/// Ends all threads: none may go on when the library is unloaded, also where an object is never freed.
/// The hosts stay, and are served by their owners, if any goes on.
pub fn stop_all() {
    let running = std::mem::take(&mut *lock(&RUNNING));
    for driver in running.iter().filter_map(Weak::upgrade) {
        driver.stop();
    }
}
