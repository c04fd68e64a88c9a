//! Bytes of small reliable packets until they are acknowledged, one behind the other.
//!
//! A server with many players sends each many small packets. In one piece they are written and freed
//! without a look at any other memory; in buffers of their own, finding those would cost more than the
//! protocol does.

/// Bytes in front that are not needed any more, before the others move up.
const MOST_STALE: usize = 4096;

#[derive(Debug, Default)]
pub struct Log {
    /// Position of the first byte that is kept. Positions count on for ever.
    base: u64,
    /// Where that is in `bytes`.
    start: usize,
    bytes: Vec<u8>,
}

impl Log {
    /// Position behind the last byte.
    pub fn end(&self) -> u64 {
        self.base + (self.bytes.len() - self.start) as u64
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes that are kept; none where they are not.
    pub fn get(&self, position: u64, length: usize) -> &[u8] {
        let skipped = position.checked_sub(self.base);
        let start = skipped.and_then(|skipped| self.start.checked_add(skipped as usize));
        start
            .and_then(|start| self.bytes.get(start..start + length))
            .unwrap_or_default()
    }

    /// Lets go of everything before a position.
    pub fn release_to(&mut self, position: u64) {
        self.start += position.saturating_sub(self.base) as usize;
        self.base = self.base.max(position);
        if self.start >= self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        } else if self.start > MOST_STALE && self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }

    /// Gives memory back if nothing is held and it is more than so many bytes.
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
    fn what_is_kept_stays_readable_while_the_rest_goes() {
        let mut log = Log::default();
        let mut positions = Vec::new();
        for round in 0..200u8 {
            positions.push(log.end());
            log.push(&[round; 100]);
            if round >= 60 {
                log.release_to(positions[usize::from(round) - 60]);
            }
            for (index, &position) in positions.iter().enumerate().rev().take(60) {
                assert_eq!(log.get(position, 100), [index as u8; 100]);
            }
        }
        log.release_to(log.end());
        assert_eq!(log.get(positions[199], 100), []);
        assert_eq!(log.end(), 20_000);
    }
}
