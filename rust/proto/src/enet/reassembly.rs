//! Putting a packet together from fragments.
//!
//! A fragment names the packet's size, up to 32 MiB, before a byte of it has come. So the buffer
//! grows with what really arrives: fragments in order are appended, later ones are kept apart until
//! the gap closes. The claim alone costs nothing but its share of the limit on waiting data. (C
//! allocates what is claimed, and hands out whatever the memory held where a sender left holes.)

use std::collections::BTreeMap;

use super::wire::Fragment;

/// Most fragments a packet can have.
pub const MAX_FRAGMENTS: u32 = 1024 * 1024;
/// What a packet in parts costs besides the bytes it claims.
const PACKET_COST: usize = 256;
/// What the first early fragment costs besides its bytes, and what each further one does. Without
/// this, a million fragments of a byte would take a hundred times their bytes.
const FIRST_EARLY_COST: usize = 512;
const EARLY_COST: usize = 128;

#[derive(Debug)]
pub struct Reassembly {
    total: usize,
    count: u32,
    missing: u32,
    /// Fragments before this one are in `data`.
    next: u32,
    data: Vec<u8>,
    /// By number, with their offsets: fragments that came before the one they follow.
    early: BTreeMap<u32, (u32, Vec<u8>)>,
    cost: usize,
}

impl Reassembly {
    /// An empty packet of the size that a (sound) fragment names, in a buffer that may have been
    /// used before.
    pub fn new(fragment: &Fragment, mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self {
            total: fragment.total as usize,
            count: fragment.count,
            missing: fragment.count,
            next: 0,
            data: buffer,
            early: BTreeMap::new(),
            cost: fragment.total as usize + PACKET_COST,
        }
    }

    /// What it counts for towards the limit on waiting data.
    pub fn cost(&self) -> usize {
        self.cost
    }

    /// What adding a fragment will cost besides.
    pub fn cost_of(&self, fragment: &Fragment) -> usize {
        let is_early = fragment.number > self.next && !self.early.contains_key(&fragment.number);
        match (is_early, self.cost == self.total + PACKET_COST) {
            (false, _) => 0,
            (true, true) => FIRST_EARLY_COST,
            (true, false) => EARLY_COST,
        }
    }

    /// Whether a fragment belongs to this packet.
    pub fn matches(&self, fragment: &Fragment) -> bool {
        self.total == fragment.total as usize && self.count == fragment.count
    }

    /// Puts a (sound) fragment in its place; a repeated one changes nothing.
    pub fn add(&mut self, fragment: &Fragment, bytes: &[u8]) {
        self.cost += self.cost_of(fragment);
        if fragment.number < self.next || self.early.contains_key(&fragment.number) {
            return;
        }
        self.missing -= 1;
        if fragment.number > self.next {
            let part = (fragment.offset, bytes.to_vec());
            self.early.insert(fragment.number, part);
            return;
        }
        self.append(fragment.offset, bytes);
        while let Some((offset, bytes)) = self.early.remove(&self.next) {
            self.append(offset, &bytes);
        }
    }

    /// A fragment that does not continue the one before it is left out, and so the packet will be
    /// too short to be one.
    fn append(&mut self, offset: u32, bytes: &[u8]) {
        self.next += 1;
        if offset as usize == self.data.len() {
            self.data.extend_from_slice(bytes);
        }
    }

    pub fn is_complete(&self) -> bool {
        self.missing == 0
    }

    pub fn count(&self) -> u32 {
        self.count
    }

    /// The packet; `None` if its fragments left holes or overlapped.
    pub fn into_data(self) -> Option<Vec<u8>> {
        (self.data.len() == self.total).then_some(self.data)
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
