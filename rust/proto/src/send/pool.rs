//! Buffers that are reused, so that a busy host does not allocate.

use std::sync::Arc;

/// Bytes of free buffers that are kept, per kind and size: a burst of one frame to a few thousand
/// players.
const POOL_BYTES: usize = 4 * 1024 * 1024;
/// Cost of a kept buffer, besides its bytes.
const BUFFER_COST: usize = 64;
/// Largest buffer for packets that come in one datagram.
const LARGEST_SMALL: usize = 2048;
/// Larger buffers are not kept: one large packet must not push out all others.
const LARGEST_KEPT: usize = 64 * 1024;

/// Free buffers in two sizes: a small packet that waits must not occupy a large buffer. Each size has
/// a limit of its own, or a burst of one would leave no room for the other.
#[derive(Debug, Default)]
pub struct BufferPool {
    small: Shelf,
    large: Shelf,
}

/// Free buffers of one size.
#[derive(Debug, Default)]
struct Shelf {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl BufferPool {
    /// An empty buffer for about `size` bytes. It may have less capacity, or up to four times as much.
    pub fn empty(&mut self, size: usize) -> Vec<u8> {
        let shelf = self.of_size(size);
        let largest = 4 * size.max(LARGEST_SMALL / 4);
        match shelf.buffers.pop_if(|buffer| buffer.capacity() <= largest) {
            Some(buffer) => {
                let cost = buffer.capacity() + BUFFER_COST;
                shelf.bytes = shelf.bytes.saturating_sub(cost);
                buffer
            }
            None => Vec::new(),
        }
    }

    /// A buffer with these bytes.
    pub fn filled(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut buffer = self.empty(bytes.len());
        buffer.extend_from_slice(bytes);
        buffer
    }

    /// Takes a buffer that is not needed any more.
    pub fn put_back(&mut self, mut buffer: Vec<u8>) {
        let size = buffer.capacity();
        let shelf = self.of_size(size);
        if is_worth_keeping(size, shelf.bytes) {
            buffer.clear();
            shelf.buffers.push(buffer);
            shelf.bytes += size + BUFFER_COST;
        }
    }

    fn of_size(&mut self, size: usize) -> &mut Shelf {
        match size {
            ..=LARGEST_SMALL => &mut self.small,
            _ => &mut self.large,
        }
    }
}

/// Free buffers for the bytes of a packet that several commands share.
#[derive(Debug, Default)]
pub struct SharedPool {
    buffers: Vec<Arc<Vec<u8>>>,
    bytes: usize,
}

impl SharedPool {
    /// A buffer with these bytes.
    pub fn filled(&mut self, bytes: &[u8]) -> Arc<Vec<u8>> {
        let Some(mut shared) = self.buffers.pop() else {
            return Arc::new(bytes.to_vec());
        };
        self.bytes = (self.bytes).saturating_sub(shared.capacity() + BUFFER_COST);
        // A free buffer has one owner, so nothing is cloned here.
        let buffer = Arc::make_mut(&mut shared);
        buffer.clear();
        buffer.extend_from_slice(bytes);
        shared
    }

    /// Takes a buffer that one command does not need any more; it is free if no other command does.
    pub fn put_back(&mut self, mut shared: Arc<Vec<u8>>) {
        let size = shared.capacity();
        if is_worth_keeping(size, self.bytes) && Arc::get_mut(&mut shared).is_some() {
            self.bytes += size + BUFFER_COST;
            self.buffers.push(shared);
        }
    }
}

/// Whether a buffer is kept beside so many bytes of others.
fn is_worth_keeping(size: usize, kept: usize) -> bool {
    (1..=LARGEST_KEPT).contains(&size) && kept + size + BUFFER_COST <= POOL_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_and_for_its_size_only() {
        let mut pool = BufferPool::default();
        let mut buffer = Vec::with_capacity(1000);
        buffer.push(1);
        pool.put_back(buffer);
        assert_eq!(pool.empty(5000).capacity(), 0);
        let reused = pool.empty(500);
        assert!(reused.is_empty() && reused.capacity() == 1000);
        assert_eq!(pool.empty(500).capacity(), 0);
    }

    #[test]
    fn free_buffers_are_limited_in_size_and_sum() {
        let mut pool = BufferPool::default();
        pool.put_back(Vec::with_capacity(LARGEST_KEPT + 1));
        assert_eq!(pool.large.buffers.len(), 0);
        for _ in 0..3 * POOL_BYTES / LARGEST_KEPT {
            pool.put_back(Vec::with_capacity(LARGEST_KEPT));
        }
        assert!(pool.large.bytes <= POOL_BYTES);
        assert_eq!(pool.large.buffers.len(), POOL_BYTES / (LARGEST_KEPT + 64));
    }

    #[test]
    fn a_shared_buffer_is_free_when_its_last_owner_gives_it_back() {
        let mut pool = SharedPool::default();
        let first = pool.filled(b"abc");
        let second = Arc::clone(&first);
        pool.put_back(first);
        assert!(pool.buffers.is_empty());
        pool.put_back(second);
        assert_eq!(pool.buffers.len(), 1);
        assert_eq!(*pool.filled(b"de"), b"de");
        assert!(pool.buffers.is_empty() && pool.bytes == 0);
    }
}
