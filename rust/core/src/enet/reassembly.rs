//! Putting a packet together from fragments.
//!
//! A fragment names the packet's size, up to 32 MiB, before a byte of it has come. So the buffer
//! grows with what really arrives: the claim alone costs nothing but its share of the limit on
//! waiting data.

use super::wire::Fragment;

#[derive(Debug)]
pub struct Reassembly {
    total: usize,
    count: u32,
    missing: u32,
    seen: Vec<u64>,
    data: Vec<u8>,
}

impl Reassembly {
    /// An empty packet of the size that a (checked) fragment names.
    pub fn new(fragment: &Fragment) -> Self {
        Self {
            total: fragment.total as usize,
            count: fragment.count,
            missing: fragment.count,
            seen: Vec::new(),
            data: Vec::new(),
        }
    }

    /// Whether a fragment belongs to this packet.
    pub fn matches(&self, fragment: &Fragment) -> bool {
        self.total == fragment.total as usize && self.count == fragment.count
    }

    /// Puts a (checked) fragment in its place; a repeated one changes nothing.
    pub fn add(&mut self, fragment: &Fragment, bytes: &[u8]) {
        let (word, bit) = (fragment.number as usize / 64, fragment.number % 64);
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        if self.seen[word] & (1 << bit) != 0 {
            return;
        }
        self.seen[word] |= 1 << bit;
        self.missing -= 1;
        let start = fragment.offset as usize;
        let end = (start + bytes.len()).min(self.total);
        if self.data.len() < end {
            self.data.resize(end, 0);
        }
        self.data[start..end].copy_from_slice(&bytes[..end - start]);
    }

    pub fn is_complete(&self) -> bool {
        self.missing == 0
    }

    pub fn count(&self) -> u32 {
        self.count
    }

    /// The size it will have.
    pub fn claimed(&self) -> usize {
        self.total
    }

    pub fn into_data(mut self) -> Vec<u8> {
        // A sender that left holes gets zeros, as in ENet.
        self.data.resize(self.total, 0);
        self.data
    }
}

/// Whether the numbers of a fragment with `length` bytes make sense.
pub fn is_sound(fragment: &Fragment, length: usize, largest: usize) -> bool {
    let total = fragment.total as usize;
    let offset = fragment.offset as usize;
    length > 0
        && fragment.count <= MAX_FRAGMENTS
        && fragment.number < fragment.count
        && total <= largest
        && total >= fragment.count as usize
        && offset < total
        && length <= total - offset
}

/// Most fragments a packet can have.
pub const MAX_FRAGMENTS: u32 = 1024 * 1024;
