//! Bytes of small reliable packets until they are acknowledged, back to back.
//!
//! A server with many players sends each of them many small packets. In one buffer they are written
//! and freed without touching other memory; with a buffer per packet, finding those buffers would cost
//! more than the protocol does.

/// Acknowledged bytes at the front that are tolerated before the rest moves up.
const MAX_STALE: usize = 4096;

/// The send buffer of a channel: a queue of bytes with positions that never repeat.
#[derive(Debug, Default)]
pub struct SendBuffer {
    /// Position of the first byte that is kept.
    base: u64,
    /// Index of that byte in `bytes`.
    start: usize,
    bytes: Vec<u8>,
}

impl SendBuffer {
    /// Position behind the last byte.
    pub fn end(&self) -> u64 {
        self.base + (self.bytes.len() - self.start) as u64
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The bytes from a position on; empty if they are not kept.
    pub fn get(&self, position: u64, length: usize) -> &[u8] {
        let skipped = position.checked_sub(self.base);
        let start = skipped.and_then(|skipped| self.start.checked_add(skipped as usize));
        start
            .and_then(|start| self.bytes.get(start..start + length))
            .unwrap_or_default()
    }

    /// Frees everything before a position.
    pub fn release_to(&mut self, position: u64) {
        self.start += position.saturating_sub(self.base) as usize;
        self.base = self.base.max(position);
        if self.start >= self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        } else if self.start > MAX_STALE && self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }

    /// Frees the memory if the buffer is empty and has more than `kept` bytes of capacity.
    pub fn release_memory(&mut self, kept: usize) {
        if self.bytes.is_empty() && self.bytes.capacity() > kept {
            self.bytes = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_bytes_stay_readable_while_older_ones_are_freed() {
        let mut buffer = SendBuffer::default();
        let mut positions = Vec::new();
        for round in 0..200u8 {
            positions.push(buffer.end());
            buffer.push(&[round; 100]);
            if round >= 60 {
                buffer.release_to(positions[usize::from(round) - 60]);
            }
            for (index, &position) in positions.iter().enumerate().rev().take(60) {
                assert_eq!(buffer.get(position, 100), [index as u8; 100]);
            }
        }
        buffer.release_to(buffer.end());
        assert_eq!(buffer.get(positions[199], 100), []);
        assert_eq!(buffer.end(), 20_000);
    }
}
