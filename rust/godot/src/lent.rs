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

use godot::classes::Engine;
use godot::prelude::*;

/// A script that reads in a loop of its own never lets a frame go by. Beyond so many buffers the
/// oldest is let go: nobody reads that many packets inside of reading one.
const MOST_BUFFERS: usize = 4096;

/// What objects left behind that are no more.
static ORPHANS: Mutex<Vec<Buffers>> = Mutex::new(Vec::new());

/// Packets handed out in this frame.
#[derive(Default)]
pub struct Lent(RefCell<State>);

#[derive(Default)]
struct State {
    lent: Buffers,
    /// Read, and not used again yet.
    returned: Vec<Vec<u8>>,
}

#[derive(Default)]
struct Buffers {
    /// The frame in which the first was handed out.
    frame: u64,
    bytes: VecDeque<Vec<u8>>,
}

impl Lent {
    /// Keeps a packet's bytes and says where they are. Moving a vector leaves its bytes in place.
    pub fn keep(&self, bytes: Vec<u8>) -> *const u8 {
        let start = bytes.as_ptr();
        let is_first = self.0.borrow().lent.bytes.is_empty();
        let frame = if is_first { frame() } else { 0 };
        let mut state = self.0.borrow_mut();
        if is_first {
            state.lent.frame = frame;
        }
        state.lent.bytes.push_back(bytes);
        if state.lent.bytes.len() > MOST_BUFFERS {
            let oldest = state.lent.bytes.pop_front();
            state.returned.extend(oldest);
        }
        start
    }

    /// Takes back what was handed out in earlier frames.
    pub fn take_back(&self) {
        let is_empty = self.0.borrow().lent.bytes.is_empty();
        if is_empty {
            return;
        }
        let frame = frame();
        let mut state = self.0.borrow_mut();
        if state.lent.frame != frame {
            let bytes = std::mem::take(&mut state.lent.bytes);
            state.returned.extend(bytes);
        }
        if let Ok(mut orphans) = ORPHANS.lock() {
            orphans.retain(|buffers| buffers.frame == frame);
        }
    }

    /// A buffer that nobody reads any more.
    pub fn take_returned(&self) -> Option<Vec<u8>> {
        self.0.borrow_mut().returned.pop()
    }

    /// Lets go of what nobody reads any more.
    pub fn drop_returned(&self) {
        self.0.borrow_mut().returned.clear();
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let state = self.0.get_mut();
        if !state.lent.bytes.is_empty()
            && let Ok(mut orphans) = ORPHANS.lock()
        {
            orphans.push(std::mem::take(&mut state.lent));
        }
    }
}

fn frame() -> u64 {
    Engine::singleton().get_process_frames()
}
