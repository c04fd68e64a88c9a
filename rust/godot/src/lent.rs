//! The bytes of packets that the engine may still be reading.
//!
//! `get_packet` hands the engine a pointer. The engine reads it for as long as it works on the packet,
//! and that includes calls into scripts: a property's setter, run while a synchronizer's packet is
//! read, may poll, read further packets, or close or free the peer. (The built-in class then reads
//! freed memory.) So bytes that were handed out stay until a later frame: no reading lasts that long.
//!
//! Nothing is deferred to the engine for that: it would call into a library that was reloaded meanwhile.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Mutex;

use crate::clock::Frames;

/// A script that reads in a loop of its own never lets a frame go by. Beyond so many bytes or buffers
/// the oldest is let go: no script reads as much while one packet is being read.
const MOST_BYTES: usize = 64 * 1024 * 1024;
const MOST_BUFFERS: usize = 65_536;

/// What objects left behind that are no more.
static ORPHANS: Mutex<State> = Mutex::new(State::new());

/// Packets handed out in this frame.
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
    lent: VecDeque<Buffer>,
    /// Bytes in those.
    held: usize,
    /// Read, and not used again yet.
    returned: Vec<Vec<u8>>,
}

struct Buffer {
    /// The frame in which it was handed out.
    frame: u64,
    bytes: Vec<u8>,
}

impl Lent {
    /// Keeps a packet's bytes and says where they are. Moving a vector leaves its bytes in place.
    pub fn keep(&self, bytes: Vec<u8>) -> *const u8 {
        let start = bytes.as_ptr();
        let frame = self.frames.number();
        self.state.borrow_mut().keep(Buffer { frame, bytes });
        start
    }

    /// Takes back what was handed out in earlier frames.
    pub fn take_back(&self) {
        let frame = self.frames.number();
        if let Ok(mut orphans) = ORPHANS.lock() {
            orphans.take_back(frame);
            orphans.returned.clear();
        }
        self.state.borrow_mut().take_back(frame);
    }

    /// A buffer that nobody reads any more.
    pub fn take_returned(&self) -> Option<Vec<u8>> {
        self.state.borrow_mut().returned.pop()
    }

    /// Lets go of what nobody reads any more.
    pub fn drop_returned(&self) {
        self.state.borrow_mut().returned.clear();
    }
}

impl State {
    const fn new() -> Self {
        Self {
            lent: VecDeque::new(),
            held: 0,
            returned: Vec::new(),
        }
    }

    fn keep(&mut self, buffer: Buffer) {
        self.held += buffer.bytes.capacity();
        self.lent.push_back(buffer);
        while self.lent.len() > MOST_BUFFERS || (self.held > MOST_BYTES && self.lent.len() > 1) {
            self.take_back_oldest();
        }
    }

    fn take_back(&mut self, frame: u64) {
        while (self.lent.front()).is_some_and(|buffer| buffer.frame != frame) {
            self.take_back_oldest();
        }
    }

    fn take_back_oldest(&mut self) {
        if let Some(oldest) = self.lent.pop_front() {
            self.held -= oldest.bytes.capacity();
            self.returned.push(oldest.bytes);
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
        }
    }
}
