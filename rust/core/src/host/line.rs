//! A host's socket, and how datagrams leave by it.

use std::net::SocketAddr;

use crate::Transport;

/// Most bytes of a batch of datagrams: what the kernel takes as one.
const MAX_BATCH_BYTES: usize = 65_000;

pub struct Line {
    pub transport: Box<dyn Transport>,
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
            std::mem::swap(&mut self.batch, &mut self.next);
            let size = self.batch.len();
            let mut count = 1;
            to = next(&mut self.next);
            // Those that follow to the same address go along; only the last may be smaller.
            while to == Some(address)
                && count < largest
                && self.batch.len() == count * size
                && self.next.len() <= size
                && self.batch.len() + self.next.len() <= MAX_BATCH_BYTES
            {
                self.batch.extend_from_slice(&self.next);
                count += 1;
                to = next(&mut self.next);
            }
            let sent = match count {
                1 => usize::from(self.transport.send(address, &self.batch).is_ok()),
                _ => self.transport.send_batch(address, &self.batch, size),
            };
            // The network may lose any datagram; one that never left is no different.
            done.errors += (count - sent.min(count)) as u64;
            done.datagrams += sent as u64;
            done.bytes += (sent * size).min(self.batch.len()) as u64;
        }
        done
    }
}
