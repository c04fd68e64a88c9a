//! Buffers that are used again: a busy host does not allocate.

/// Bytes of buffers of a kind and size that are kept for use again: a burst of one frame to a few thousand
/// players.
const POOL_BYTES: usize = 4 * 1024 * 1024;
/// What a kept buffer costs besides its bytes.
pub const BUFFER_COST: usize = 64;
/// Largest buffer for packets that come in one datagram.
const LARGEST_SMALL: usize = 2048;
/// Larger buffers are not kept: one large packet must not push out all others.
const LARGEST_KEPT: usize = 64 * 1024;

/// Buffers that are used again, in two sizes: a small packet that waits must not hold a large buffer.
/// Each has a limit of its own, or a burst of one would leave no room for the other.
#[derive(Debug, Default)]
pub struct BufferPool {
    small: Shelf,
    large: Shelf,
}

/// Buffers of one size.
#[derive(Debug, Default)]
struct Shelf {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl BufferPool {
    /// An empty buffer for so many bytes. It may have less room, or up to four times as much.
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

/// Whether a buffer is kept beside so many bytes of others.
pub fn is_worth_keeping(size: usize, kept: usize) -> bool {
    (1..=LARGEST_KEPT).contains(&size) && kept + size + BUFFER_COST <= POOL_BYTES
}
