//! Datagrams in the making, and those that are ready to leave.
//!
//! Each peer with something to send has one open datagram, its draft. Commands are written straight
//! into it, when they are queued: there is no list of commands to go through at the flush, and no
//! second copy. A draft is finished when the next command does not fit, or by the flush. (C collects
//! commands in lists, and at the flush picks those that go.)
//!
//! Buffers of every kind are used again, so that a busy host does not allocate.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use super::peer::Peer;
use super::pool::{BUFFER_COST, BufferPool, is_worth_keeping};
use super::sent::Draft;
use super::wire::{Command, Framed, HEADER_SIZE, MAX_COMMANDS, NO_SLOT, SENT_TIME, SESSION_SHIFT};
use crate::datagram::CHECKSUM_SIZE;

/// Bytes of a header without its time.
pub const SHORT_HEADER_SIZE: usize = 2;
/// Where datagrams are made.
pub struct Output {
    ready: VecDeque<(SocketAddr, Vec<u8>)>,
    pub datagrams: BufferPool,
    /// For bytes of packets on their way, when nobody holds them any more.
    shared: Vec<Arc<Vec<u8>>>,
    shared_bytes: usize,
    pub has_checksum: bool,
}

impl Output {
    pub fn new(has_checksum: bool) -> Self {
        Self {
            ready: VecDeque::new(),
            datagrams: BufferPool::default(),
            shared: Vec::new(),
            shared_bytes: 0,
            has_checksum,
        }
    }

    /// Takes the next datagram, in exchange for a buffer.
    pub fn next(&mut self, buffer: &mut Vec<u8>) -> Option<SocketAddr> {
        let (to, bytes) = self.ready.pop_front()?;
        self.datagrams.put_back(std::mem::replace(buffer, bytes));
        Some(to)
    }

    /// Datagrams that are ready to leave.
    pub fn ready_count(&self) -> usize {
        self.ready.len()
    }

    /// Bytes that the checksum takes of each datagram.
    pub fn checksum_size(&self) -> usize {
        if self.has_checksum { CHECKSUM_SIZE } else { 0 }
    }

    /// Bytes that several commands can hold.
    pub fn share(&mut self, bytes: &[u8]) -> Arc<Vec<u8>> {
        let Some(mut shared) = self.shared.pop() else {
            return Arc::new(bytes.to_vec());
        };
        self.shared_bytes = (self.shared_bytes).saturating_sub(shared.capacity() + BUFFER_COST);
        // Nobody else holds what was kept.
        let buffer = Arc::make_mut(&mut shared);
        buffer.clear();
        buffer.extend_from_slice(bytes);
        shared
    }

    /// Takes bytes back that a command held; they are used again if nobody else holds them.
    pub fn unshare(&mut self, mut bytes: Arc<Vec<u8>>) {
        let size = bytes.capacity();
        if is_worth_keeping(size, self.shared_bytes) && Arc::get_mut(&mut bytes).is_some() {
            self.shared_bytes += size + BUFFER_COST;
            self.shared.push(bytes);
        }
    }

    /// Writes a command and its payload into the peer's draft, or into a new one if they do not fit.
    pub fn write(&mut self, peer: &mut Peer, framed: &Framed, payload: &[u8], now: u64) {
        let size = framed.command.size() + payload.len();
        if !self.has_room(peer, size) {
            self.finish(peer, now);
        }
        if peer.draft.is_none() && !peer.acks.is_empty() {
            self.write_acks(peer, now);
            return self.write(peer, framed, payload, now);
        }
        let checksum = self.checksum_size();
        let draft = peer.draft.get_or_insert_with(|| {
            let mut bytes = self.datagrams.empty(peer.mtu as usize);
            bytes.reserve(peer.mtu as usize);
            let header = if framed.wants_ack {
                HEADER_SIZE
            } else {
                SHORT_HEADER_SIZE
            };
            bytes.resize(header + checksum, 0);
            Draft {
                bytes,
                commands: 0,
                is_timed: framed.wants_ack,
            }
        });
        if framed.wants_ack && !draft.is_timed {
            draft.is_timed = true;
            let room = [0; HEADER_SIZE - SHORT_HEADER_SIZE];
            draft
                .bytes
                .splice(SHORT_HEADER_SIZE..SHORT_HEADER_SIZE, room);
        }
        framed.write(&mut draft.bytes);
        draft.bytes.extend_from_slice(payload);
        draft.commands += 1;
        peer.packets_sent += u32::from(!matches!(framed.command, Command::Acknowledge { .. }));
    }

    /// Writes the acknowledgements that are due.
    pub fn write_acks(&mut self, peer: &mut Peer, now: u64) {
        // Before it has this one, C reads nothing else of a datagram.
        if peer.acks.iter().any(|ack| ack.goes_first) {
            self.finish(peer, now);
        }
        let mut acks = std::mem::take(&mut peer.acks);
        for ack in acks.drain(..) {
            self.write(peer, &ack.framed(), &[], now);
        }
        peer.acks = acks;
    }

    /// Whether the draft, if there is one, has room for so many bytes more.
    fn has_room(&self, peer: &Peer, size: usize) -> bool {
        let Some(draft) = &peer.draft else {
            return true;
        };
        // The time counts in any case, as in C: a later command may need it.
        let header = match draft.is_timed {
            true => 0,
            false => HEADER_SIZE - SHORT_HEADER_SIZE,
        };
        draft.commands < MAX_COMMANDS && draft.bytes.len() + header + size <= peer.mtu as usize
    }

    /// Finishes the peer's draft: it leaves with the next datagrams.
    pub fn finish(&mut self, peer: &mut Peer, now: u64) {
        let Some(draft) = peer.draft.take() else {
            return;
        };
        peer.measure_loss(now);
        let mut bytes = draft.bytes;
        let mut flags = 0;
        let mut start = SHORT_HEADER_SIZE;
        if draft.is_timed {
            flags |= SENT_TIME;
            bytes[start..HEADER_SIZE].copy_from_slice(&(now as u16).to_be_bytes());
            start = HEADER_SIZE;
        }
        if peer.remote_slot < NO_SLOT {
            flags |= u16::from(peer.outgoing_session & 3) << SESSION_SHIFT;
        }
        bytes[..2].copy_from_slice(&(peer.remote_slot | flags).to_be_bytes());
        if self.has_checksum {
            let seed = if peer.remote_slot < NO_SLOT {
                peer.token
            } else {
                0
            };
            seal(&mut bytes, start, seed);
        }
        self.ready.push_back((peer.address, bytes));
    }
}

/// Fills the checksum in: a CRC-32 of the whole datagram with the connection's token in its place.
fn seal(bytes: &mut [u8], start: usize, token: u32) {
    let field = start..start + CHECKSUM_SIZE;
    bytes[field.clone()].copy_from_slice(&token.to_be_bytes());
    let checksum = crc32fast::hash(bytes);
    bytes[field].copy_from_slice(&checksum.to_be_bytes());
}
