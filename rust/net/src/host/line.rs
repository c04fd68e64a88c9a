//! A host's socket, and how datagrams leave by it.

use std::net::SocketAddr;

use crate::Transport;

/// Most bytes of a batch of datagrams: what the kernel takes as one.
const MAX_BATCH_BYTES: usize = 65_000;

pub struct Line {
    pub transport: Box<dyn Transport>,
    /// Two of the engine's buffers. They stay as large as it made them, or its pool would lose them.
    first: Vec<u8>,
    next: Vec<u8>,
    batch: Vec<u8>,
}

/// What left, and what the system refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sent {
    pub datagrams: u64,
    pub bytes: u64,
    pub errors: u64,
}

impl Line {
    pub fn new(transport: Box<dyn Transport>) -> Self {
        Self {
            transport,
            first: Vec::new(),
            next: Vec::new(),
            batch: Vec::new(),
        }
    }

    /// Sends what a call of `next` puts into the buffer, and so on until there is no more.
    pub fn send(&mut self, mut next: impl FnMut(&mut Vec<u8>) -> Option<SocketAddr>) -> Sent {
        let mut done = Sent::default();
        let mut to = next(&mut self.next);
        if to.is_none() {
            return done;
        }
        let largest = self.transport.largest_batch();
        while let Some(address) = to {
            std::mem::swap(&mut self.first, &mut self.next);
            let size = self.first.len();
            let mut count = 1;
            let mut bytes = size;
            to = next(&mut self.next);
            // Those that follow to the same address go along; only the last may be smaller.
            while to == Some(address)
                && count < largest
                && bytes == count * size
                && self.next.len() <= size
                && bytes + self.next.len() <= MAX_BATCH_BYTES
            {
                if count == 1 {
                    self.batch.clear();
                    self.batch.extend_from_slice(&self.first);
                }
                self.batch.extend_from_slice(&self.next);
                bytes = self.batch.len();
                count += 1;
                to = next(&mut self.next);
            }
            let sent = match count {
                1 => usize::from(self.transport.send(address, &self.first).is_ok()),
                _ => self.transport.send_batch(address, &self.batch, size),
            };
            // The network may lose any datagram; one that never left is no different.
            done.errors += (count - sent.min(count)) as u64;
            done.datagrams += sent as u64;
            done.bytes += (sent * size).min(bytes) as u64;
        }
        done
    }
}
