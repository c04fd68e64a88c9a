//! Datagrams that are ready to leave, and the buffers of everything that is sent.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::datagram_builder::DatagramBuilder;
use super::packer::Route;
use super::pool::{BufferPool, SharedPool};
use crate::PeerId;
use crate::wire::{CHECKSUM_SIZE, Framed, NO_SLOT};

/// Stands for the peer of a datagram that belongs to no connection.
pub const NOBODY: PeerId = PeerId {
    slot: NO_SLOT,
    generation: 0,
};

/// Where finished datagrams wait.
pub struct Output {
    ready: VecDeque<(PeerId, SocketAddr, Vec<u8>)>,
    /// Those that leave without encryption although the host encrypts.
    unencrypted: VecDeque<(SocketAddr, Vec<u8>)>,
    pub datagrams: BufferPool,
    pub shared: SharedPool,
    has_checksum: bool,
}

impl Output {
    pub fn new(has_checksum: bool) -> Self {
        Self {
            ready: VecDeque::new(),
            unencrypted: VecDeque::new(),
            datagrams: BufferPool::default(),
            shared: SharedPool::default(),
            has_checksum,
        }
    }

    pub fn push(&mut self, peer: PeerId, to: SocketAddr, datagram: Vec<u8>) {
        self.ready.push_back((peer, to, datagram));
    }

    /// Adds a datagram with a single command that needs no acknowledgement.
    pub fn push_single(&mut self, route: &Route, framed: &Framed, now: u64) {
        let bytes = self.single(route, framed, now);
        self.push(NOBODY, route.address(), bytes);
    }

    /// The same for one that leaves without encryption.
    pub fn push_unencrypted(&mut self, route: &Route, framed: &Framed, now: u64) {
        let bytes = self.single(route, framed, now);
        self.unencrypted.push_back((route.address(), bytes));
    }

    fn single(&mut self, route: &Route, framed: &Framed, now: u64) -> Vec<u8> {
        let size = framed.command.size();
        let buffer = self.datagrams.empty(size);
        let mut datagram = DatagramBuilder::new(buffer, size as u32, false, self.has_checksum);
        datagram.push(framed, &[]);
        datagram.finish(route, now, self.has_checksum)
    }

    /// Takes the next datagram, in exchange for a buffer. Says whose it is and where it goes.
    pub fn next(&mut self, buffer: &mut Vec<u8>) -> Option<(PeerId, SocketAddr)> {
        let (peer, to, bytes) = self.ready.pop_front()?;
        self.datagrams.put_back(std::mem::replace(buffer, bytes));
        Some((peer, to))
    }

    /// The same for datagrams that leave without encryption.
    pub fn next_unencrypted(&mut self, buffer: &mut Vec<u8>) -> Option<SocketAddr> {
        let (to, bytes) = self.unencrypted.pop_front()?;
        self.datagrams.put_back(std::mem::replace(buffer, bytes));
        Some(to)
    }

    /// Number of datagrams that are ready to leave.
    pub fn ready_count(&self) -> usize {
        self.ready.len()
    }

    pub fn has_checksum(&self) -> bool {
        self.has_checksum
    }

    /// Bytes that the checksum takes of each datagram.
    pub fn checksum_size(&self) -> usize {
        if self.has_checksum { CHECKSUM_SIZE } else { 0 }
    }
}
