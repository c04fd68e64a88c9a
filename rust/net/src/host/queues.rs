//! Datagrams between a host's socket and its lock, which is not held while the system works.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::endpoint::Endpoint;
use super::line::{Line, Sent};
use enet_proto::Time;

/// Datagrams, and bytes, that are taken in under one lock.
pub const MAX_TAKEN: usize = 128;
const MAX_TAKEN_BYTES: usize = 128 * 1024;
/// Datagrams that are sent before it is time to look for others.
const MAX_SENT: usize = 512;

/// Datagrams that came, back to back.
#[derive(Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    ends: Vec<(SocketAddr, usize)>,
    pub was_full: bool,
    /// Whether the socket could not be read.
    pub has_failed: bool,
}

impl Inbox {
    pub fn fill(&mut self, line: &mut Line, sent: &mut Sent) {
        self.was_full = false;
        self.has_failed = false;
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
                    self.has_failed = true;
                    return;
                }
            }
            if self.ends.len() >= MAX_TAKEN || self.bytes.len() >= MAX_TAKEN_BYTES {
                self.was_full = true;
                return;
            }
        }
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn empty(&mut self, mut take: impl FnMut(SocketAddr, &[u8])) {
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
pub struct Outbox {
    datagrams: VecDeque<(SocketAddr, Vec<u8>)>,
    spare: Vec<Vec<u8>>,
}

impl Outbox {
    pub fn fill(&mut self, endpoint: &mut Endpoint, now: Time) {
        let mut sent = Sent::default();
        while self.datagrams.len() < MAX_SENT {
            let mut buffer = self.spare.pop().unwrap_or_default();
            let Some(to) = endpoint.next_datagram(now, &mut buffer) else {
                self.spare.push(buffer);
                break;
            };
            sent.datagrams += 1;
            sent.bytes += buffer.len() as u64;
            self.datagrams.push_back((to, buffer));
        }
        endpoint.count(sent);
    }

    pub fn is_full(&self) -> bool {
        self.datagrams.len() >= MAX_SENT
    }

    pub fn next(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        let (to, bytes) = self.datagrams.pop_front()?;
        let buffer = std::mem::replace(datagram, bytes);
        if self.spare.len() < MAX_SENT {
            self.spare.push(buffer);
        }
        Some(to)
    }
}
