//! The bytes of packets that the engine may still be reading.
//!
//! `get_packet` hands the engine a pointer. The engine reads it for as long as it works on the packet,
//! and that includes calls into scripts: a property's setter, run while a synchronizer's packet is
//! read, may poll, read further packets, or close the peer. (The built-in class then reads freed
//! memory.) So bytes that were handed out stay until the engine is idle: then no packet is being read.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use godot::prelude::*;

/// A script that polls in a loop of its own never lets the engine become idle. Beyond so many
/// buffers the oldest is let go: nobody reads that many packets inside of reading one.
const MOST_BUFFERS: usize = 4096;

/// Packets handed out since the engine was idle.
#[derive(Default)]
pub struct Lent(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    lent: VecDeque<Vec<u8>>,
    /// Read, and not used again yet.
    returned: Vec<Vec<u8>>,
    is_return_due: bool,
}

impl Lent {
    /// Keeps a packet's bytes and says where they are. Moving a vector leaves its bytes in place.
    pub fn keep(&self, bytes: Vec<u8>) -> *const u8 {
        let start = bytes.as_ptr();
        let mut state = self.0.borrow_mut();
        state.lent.push_back(bytes);
        if state.lent.len() > MOST_BUFFERS {
            let oldest = state.lent.pop_front();
            state.returned.extend(oldest);
        }
        if !state.is_return_due {
            state.is_return_due = true;
            let state = Rc::clone(&self.0);
            let when_idle = Callable::from_fn("return packets", move |_| {
                let mut state = state.borrow_mut();
                state.is_return_due = false;
                let lent = std::mem::take(&mut state.lent);
                state.returned.extend(lent);
            });
            when_idle.call_deferred(&[]);
        }
        start
    }

    /// A buffer that nobody reads any more.
    pub fn take_returned(&self) -> Option<Vec<u8>> {
        self.0.borrow_mut().returned.pop()
    }
}
