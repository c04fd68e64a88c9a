//! Reassembly of a packet from its fragments.
//!
//! A fragment names the packet's size, up to 32 MiB, before a byte of it has come. So the buffer grows
//! with what really arrives: fragments in order are appended, later ones are kept apart until the gap
//! closes. A claimed size alone costs nothing but its share of the limit on waiting data. (C allocates
//! what is claimed, and delivers whatever the memory held where a sender left holes.)

use std::collections::BTreeMap;

use crate::wire::{Fragment, MAX_FRAGMENTS};

/// Cost of a packet in reassembly, besides the bytes it claims.
const PACKET_COST: usize = 256;
/// Cost of the first early fragment, besides its bytes; [`EARLY_COST`] is that of each further one.
/// Without these costs, a million fragments of a byte would take a hundred times their bytes.
const FIRST_EARLY_COST: usize = 512;
const EARLY_COST: usize = 128;

/// A packet whose fragments are being collected.
#[derive(Debug)]
pub struct Reassembly {
    total: usize,
    count: u32,
    missing: u32,
    /// Fragments before this one are in `data`.
    next: u32,
    data: Vec<u8>,
    /// Fragments that came before the one they follow: by number, with their offsets.
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

    /// The packet's share, in bytes, of the limit on waiting data.
    pub fn cost(&self) -> usize {
        self.cost
    }

    /// The additional cost of adding a fragment.
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

    /// Adds a (sound) fragment; a repeated one changes nothing.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(number: u32, offset: u32) -> Fragment {
        Fragment {
            start: 1,
            count: 3,
            number,
            total: 6,
            offset,
        }
    }

    #[test]
    fn fragments_in_any_order_make_the_packet() {
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            let mut packet = Reassembly::new(&fragment(0, 0), Vec::new());
            for number in order {
                assert!(!packet.is_complete());
                let start = 2 * number as usize;
                packet.add(&fragment(number, 2 * number), &b"abcdef"[start..start + 2]);
                packet.add(&fragment(number, 2 * number), b"XX");
            }
            assert!(packet.is_complete());
            assert_eq!(packet.into_data(), Some(b"abcdef".to_vec()));
        }
    }

    #[test]
    fn fragments_with_holes_make_no_packet() {
        let mut packet = Reassembly::new(&fragment(0, 0), Vec::new());
        for (number, offset) in [(0, 0), (1, 3), (2, 4)] {
            packet.add(&fragment(number, offset), b"ab");
        }
        assert!(packet.is_complete());
        assert_eq!(packet.into_data(), None);
    }

    #[test]
    fn early_fragments_cost_more_than_their_bytes() {
        let mut packet = Reassembly::new(&fragment(0, 0), Vec::new());
        let claimed = packet.cost();
        assert_eq!(packet.cost_of(&fragment(0, 0)), 0);
        assert_eq!(packet.cost_of(&fragment(1, 2)), FIRST_EARLY_COST);
        packet.add(&fragment(1, 2), b"cd");
        packet.add(&fragment(2, 4), b"ef");
        assert_eq!(packet.cost(), claimed + FIRST_EARLY_COST + EARLY_COST);
    }

    #[test]
    fn senseless_numbers_are_unsound() {
        assert!(is_sound(&fragment(2, 4), 2, 6));
        assert!(!is_sound(&fragment(3, 4), 2, 6), "number");
        assert!(!is_sound(&fragment(2, 4), 3, 6), "beyond the end");
        assert!(!is_sound(&fragment(2, 4), 0, 6), "empty");
        assert!(!is_sound(&fragment(2, 4), 2, 5), "larger than permitted");
    }
}
