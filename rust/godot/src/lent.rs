//! The bytes of packets that the engine may still be reading.
//!
//! `get_packet` hands the engine a pointer to a packet's bytes. The engine reads them for as long as it
//! works on the packet, which includes calls into scripts: a property's setter, run while a synchronizer's
//! packet is read, can poll, read further packets, or close or free the peer. (The built-in class then
//! reads freed memory.) So the bytes are kept until a later frame, as no reading lasts that long.
//!
//! Freeing them is not left to a deferred call, as the engine could make it after a reload of the library.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Mutex;

use crate::clock::Frames;

/// Limits for scripts that read in a loop of their own, in which no frame passes. Above them the oldest
/// buffer is freed: no script reads as much while the engine works on one packet.
const MOST_BYTES: usize = 64 * 1024 * 1024;
const MOST_BUFFERS: usize = 65_536;

/// Buffers handed out by objects that were freed meanwhile.
static ORPHANS: Mutex<State> = Mutex::new(State::new());

/// The bytes of packets handed to the engine in this frame.
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
    /// Capacity in bytes of the buffers in `lent`.
    held: usize,
    /// Buffers that the engine has read, for reuse.
    returned: Vec<Vec<u8>>,
}

struct Buffer {
    /// The frame in which the buffer was handed out.
    frame: u64,
    bytes: Vec<u8>,
}

impl Lent {
    /// Keeps a packet's bytes and returns their address. Moving a vector does not move its bytes.
    pub fn keep(&self, bytes: Vec<u8>) -> *const u8 {
        let start = bytes.as_ptr();
        let frame = self.frames.number();
        self.state.borrow_mut().keep(Buffer { frame, bytes });
        start
    }

    /// Takes back the buffers handed out in earlier frames.
    pub fn take_back(&self) {
        let frame = self.frames.number();
        if let Ok(mut orphans) = ORPHANS.lock() {
            orphans.take_back(frame);
            orphans.returned.clear();
        }
        self.state.borrow_mut().take_back(frame);
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
