//! The bytes of packets that the engine may still be reading.
//!
//! `get_packet` hands the engine a pointer to a packet's bytes. The engine reads them for as long as it
//! works on the packet, which includes calls into scripts: a property's setter, run while a synchronizer's
//! packet is read, can poll, read further packets, or close or free the peer. (The built-in class then
//! reads freed memory.) So the bytes are kept until a later frame, as no reading lasts that long.
//!
//! Freeing them is not left to a deferred call, as the engine could make it after a reload of the library.
//!
//! The engine is asked for the number of the frame now and then only, because the question costs as much as
//! reading a packet: buffers that were lent before the last question are of an earlier frame when the number has
//! changed since.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::clock::Frames;

/// Limits for scripts that read in a loop of their own, in which no frame passes. Above them the oldest
/// buffer is freed: no script reads as much while the engine works on one packet.
const MOST_BYTES: usize = 64 * 1024 * 1024;
const MOST_BUFFERS: usize = 65_536;
/// More young buffers, or more bytes, are worth a question for the frame.
const FEW_BUFFERS: usize = 64;
const FEW_BYTES: usize = 64 * 1024;

/// Buffers handed out by objects that were freed meanwhile.
static ORPHANS: Mutex<State> = Mutex::new(State::new());
static HAS_ORPHANS: AtomicBool = AtomicBool::new(false);

/// The bytes of packets handed to the engine in this frame, and shortly before.
pub struct Lent {
    state: RefCell<State>,
    frames: Frames,
}

impl Default for Lent {
    fn default() -> Self {
        Self {
            state: RefCell::new(State::new()),
            frames: Frames::default(),
        }
    }
}

struct State {
    /// Oldest first.
    lent: VecDeque<Vec<u8>>,
    /// Capacity in bytes of the buffers in `lent`.
    held: usize,
    /// How many of the oldest were lent before the last question for the frame, and its answer.
    old: usize,
    asked_in: u64,
    /// Buffers that the engine has read, for reuse.
    returned: Vec<Vec<u8>>,
}

impl Lent {
    /// Keeps a packet's bytes and returns their address. Moving a vector does not move its bytes.
    pub fn keep(&self, bytes: Vec<u8>) -> *const u8 {
        let start = bytes.as_ptr();
        self.state.borrow_mut().keep(bytes);
        start
    }

    /// Whether [`Lent::take_back`] and [`Lent::drop_returned`] may do something.
    pub fn is_due(&self) -> bool {
        let state = self.state.borrow();
        let has_work = state.is_worth_asking() || !state.returned.is_empty();
        has_work || HAS_ORPHANS.load(Ordering::Relaxed)
    }

    /// Takes back buffers handed out in earlier frames, once there are some. True if some are to be reused.
    pub fn take_back(&self) -> bool {
        let mut state = self.state.borrow_mut();
        if state.is_worth_asking() {
            state.take_back(self.frames.number());
        }
        let has_returned = !state.returned.is_empty();
        drop(state);
        if HAS_ORPHANS.load(Ordering::Relaxed)
            && let Ok(mut orphans) = ORPHANS.lock()
        {
            orphans.take_back(self.frames.number());
            orphans.returned.clear();
            HAS_ORPHANS.store(!orphans.lent.is_empty(), Ordering::Relaxed);
        }
        has_returned
    }

    /// A buffer for reuse, which the engine no longer reads.
    pub fn take_returned(&self) -> Option<Vec<u8>> {
        self.state.borrow_mut().returned.pop()
    }

    /// Frees the buffers that the engine no longer reads.
    pub fn drop_returned(&self) {
        self.state.borrow_mut().returned.clear();
    }
}

impl State {
    const fn new() -> Self {
        Self {
            lent: VecDeque::new(),
            held: 0,
            old: 0,
            asked_in: 0,
            returned: Vec::new(),
        }
    }

    fn keep(&mut self, bytes: Vec<u8>) {
        self.held += bytes.capacity();
        self.lent.push_back(bytes);
        while self.lent.len() > MOST_BUFFERS || (self.held > MOST_BYTES && self.lent.len() > 1) {
            self.take_back_oldest();
        }
    }

    fn is_worth_asking(&self) -> bool {
        self.lent.len() - self.old >= FEW_BUFFERS || self.held >= FEW_BYTES
    }

    /// Takes back what was lent before the last question, if that was in an earlier frame.
    fn take_back(&mut self, frame: u64) {
        if frame != self.asked_in {
            for _ in 0..self.old {
                self.take_back_oldest();
            }
        }
        self.old = self.lent.len();
        self.asked_in = frame;
    }

    fn take_back_oldest(&mut self) {
        if let Some(oldest) = self.lent.pop_front() {
            self.held -= oldest.capacity();
            self.old = self.old.saturating_sub(1);
            self.returned.push(oldest);
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        if !state.lent.is_empty()
            && let Ok(mut orphans) = ORPHANS.lock()
        {
            for buffer in state.lent.drain(..) {
                orphans.keep(buffer);
            }
            orphans.returned.clear();
            HAS_ORPHANS.store(true, Ordering::Relaxed);
        }
    }
}
