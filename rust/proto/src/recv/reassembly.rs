//! Reassembly of a packet from its fragments.
//!
//! A fragment names the packet's size, up to 32 MiB, before a byte of it has come. So the buffer grows
//! with what really arrives: fragments in order are appended, later ones are kept apart until the gap
//! closes. (C allocates what is claimed, and delivers whatever the memory held where a sender left holes.)
//!
//! Every ENet cuts a packet into pieces that follow each other without a gap. A fragment that contradicts those
//! that are held breaks the packet: it holds nothing any more, and delivers nothing. So all fragments together never
//! hold more than the packet's size and the cost of their allocations.

use std::collections::BTreeMap;

use super::budget::Cost;
use crate::wire::{Fragment, MAX_FRAGMENTS};

/// Cost of a packet in reassembly, besides its bytes.
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
    cost: Cost,
}

/// How a fragment fits to those that a packet has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It follows the fragments in order.
    Next,
    /// It comes before a fragment that it follows.
    Early,
    /// Its number is there already.
    Repeated,
    /// It contradicts the others.
    Contradiction,
}

impl Reassembly {
    /// An empty packet of the size that a (sound) fragment names, in a buffer that may have been
    /// used before.
    pub fn new(fragment: &Fragment, mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        let total = fragment.total as usize;
        Self {
            total,
            count: fragment.count,
            missing: fragment.count,
            next: 0,
            early: BTreeMap::new(),
            cost: Cost {
                claimed: total.max(buffer.capacity()) + PACKET_COST,
                held: buffer.capacity() + PACKET_COST,
            },
            data: buffer,
        }
    }

    /// What the packet costs.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The additional cost of adding a fragment of `length` bytes. The claim covers bytes, and not allocations.
    pub fn cost_of(&self, fit: Fit, length: usize) -> Cost {
        match fit {
            Fit::Next => Cost {
                claimed: 0,
                held: self.grown(length).saturating_sub(self.data.capacity()),
            },
            Fit::Early => {
                let allocation = match self.early.is_empty() {
                    true => FIRST_EARLY_COST,
                    false => EARLY_COST,
                };
                Cost {
                    claimed: allocation,
                    held: allocation + length,
                }
            }
            Fit::Repeated | Fit::Contradiction => Cost::default(),
        }
    }

    /// Whether a fragment belongs to this packet.
    pub fn matches(&self, fragment: &Fragment) -> bool {
        self.total == fragment.total as usize && self.count == fragment.count
    }

    /// How a (sound) fragment of `length` bytes fits to the others. Pieces that are still missing have at least a
    /// byte each.
    pub fn fit(&self, fragment: &Fragment, length: usize) -> Fit {
        let number = fragment.number;
        let start = fragment.offset as usize;
        if number < self.next || self.missing == 0 {
            return Fit::Repeated;
        }
        let mut before = (self.next, self.data.len());
        let mut after = (self.count, self.total);
        if !self.early.is_empty() {
            if let Some((&at, (offset, bytes))) = self.early.range(..=number).next_back() {
                if at == number {
                    return Fit::Repeated;
                }
                before = (at + 1, *offset as usize + bytes.len());
            }
            if let Some((&at, (offset, _))) = self.early.range(number..).next() {
                after = (at, *offset as usize);
            }
        }
        let fits_before = follows(before.1, (number - before.0) as usize, start);
        let fits_after = follows(start + length, (after.0 - number - 1) as usize, after.1);
        match (fits_before && fits_after, number == self.next) {
            (false, _) => Fit::Contradiction,
            (true, true) => Fit::Next,
            (true, false) => Fit::Early,
        }
    }

    /// Adds a (sound) fragment.
    pub fn add(&mut self, fragment: &Fragment, bytes: &[u8], fit: Fit) {
        let cost = self.cost_of(fit, bytes.len());
        self.cost.claimed += cost.claimed;
        self.cost.held += cost.held;
        match fit {
            Fit::Repeated => {}
            Fit::Contradiction => self.break_up(),
            Fit::Early => {
                self.missing -= 1;
                let part = (fragment.offset, bytes.to_vec());
                self.early.insert(fragment.number, part);
            }
            Fit::Next => {
                self.missing -= 1;
                self.append(bytes);
                self.append_early();
            }
        }
    }

    /// Appends the early fragments whose turn it is.
    fn append_early(&mut self) {
        while let Some((_, bytes)) = self.early.remove(&self.next) {
            let growth = self.cost_of(Fit::Next, bytes.len()).held;
            let allocation = match self.early.is_empty() {
                true => FIRST_EARLY_COST,
                false => EARLY_COST,
            };
            self.cost.claimed -= allocation;
            self.cost.held = self.cost.held + growth - allocation - bytes.len();
            self.append(&bytes);
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        let capacity = self.grown(bytes.len());
        self.data.reserve_exact(capacity - self.data.len());
        self.data.extend_from_slice(bytes);
        self.next += 1;
    }

    /// Capacity of the buffer when `length` bytes are appended. It doubles, up to the packet's size.
    fn grown(&self, length: usize) -> usize {
        let needed = self.data.len() + length;
        match self.data.capacity() {
            capacity if capacity >= needed => capacity,
            capacity => needed.max((2 * capacity).min(self.total)),
        }
    }

    /// Frees everything. The packet's numbers are used up, so that the channel goes on.
    fn break_up(&mut self) {
        self.missing = 0;
        self.data = Vec::new();
        self.early = BTreeMap::new();
        self.cost = Cost {
            claimed: PACKET_COST,
            held: PACKET_COST,
        };
    }

    pub fn is_complete(&self) -> bool {
        self.missing == 0
    }

    pub fn count(&self) -> u32 {
        self.count
    }

    /// The packet; `None` if it is broken.
    pub fn into_data(self) -> Option<Vec<u8>> {
        (self.data.len() == self.total).then_some(self.data)
    }
}

/// Whether a piece that begins at `start` can follow one that ended at `end`, with so many pieces between them.
fn follows(end: usize, between: usize, start: usize) -> bool {
    match between {
        0 => end == start,
        _ => end + between <= start,
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

    fn add(packet: &mut Reassembly, fragment: &Fragment, bytes: &[u8]) -> Fit {
        let fit = packet.fit(fragment, bytes.len());
        packet.add(fragment, bytes, fit);
        fit
    }

    /// What a packet really holds.
    fn held(packet: &Reassembly) -> usize {
        let early = packet.early.values().map(|(_, bytes)| bytes.capacity());
        packet.data.capacity() + early.sum::<usize>()
    }

    #[test]
    fn fragments_in_any_order_make_the_packet() {
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            let mut packet = Reassembly::new(&fragment(0, 0), Vec::new());
            for number in order {
                assert!(!packet.is_complete());
                let start = 2 * number as usize;
                let bytes = &b"abcdef"[start..start + 2];
                let fit = add(&mut packet, &fragment(number, 2 * number), bytes);
                assert!(matches!(fit, Fit::Next | Fit::Early));
                let again = add(&mut packet, &fragment(number, 2 * number), b"XX");
                assert_eq!(again, Fit::Repeated);
            }
            assert!(packet.is_complete());
            let rest = Cost {
                claimed: 6 + PACKET_COST,
                held: 6 + PACKET_COST,
            };
            assert_eq!(packet.cost(), rest);
            assert_eq!(packet.into_data(), Some(b"abcdef".to_vec()));
        }
    }

    #[test]
    fn pieces_of_any_lengths_fit_in_any_order() {
        // Lengths 1, 3 and 2.
        let pieces = [(0, 0, &b"a"[..]), (1, 1, b"bcd"), (2, 4, b"ef")];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            let mut packet = Reassembly::new(&fragment(0, 0), Vec::new());
            for (number, offset, bytes) in order.map(|index: usize| pieces[index]) {
                add(&mut packet, &fragment(number, offset), bytes);
            }
            assert_eq!(packet.into_data(), Some(b"abcdef".to_vec()));
        }
    }

    #[test]
    fn a_contradiction_breaks_the_packet_and_frees_it_at_once() {
        // Holes, overlaps, and pieces that leave no room for those between them.
        let cases: [&[(u32, u32, &[u8])]; 7] = [
            &[(0, 0, b"ab"), (1, 3, b"ab")],
            &[(0, 1, b"ab")],
            &[(2, 3, b"ab")],
            &[(1, 2, b"ab"), (0, 0, b"a")],
            &[(1, 2, b"ab"), (2, 3, b"abc")],
            &[(2, 4, b"ab"), (1, 0, b"ab")],
            &[(0, 0, b"ab"), (2, 2, b"abcd")],
        ];
        for case in cases {
            let mut packet = Reassembly::new(&fragment(0, 0), Vec::new());
            let fits = case
                .iter()
                .map(|&(number, offset, bytes)| add(&mut packet, &fragment(number, offset), bytes));
            assert_eq!(fits.last(), Some(Fit::Contradiction), "{case:?}");
            assert!(packet.is_complete() && held(&packet) == 0);
            assert_eq!(packet.cost().held, PACKET_COST);
            assert_eq!(add(&mut packet, &fragment(0, 0), b"ab"), Fit::Repeated);
            assert_eq!(packet.into_data(), None);
        }
    }

    #[test]
    fn what_is_held_is_counted() {
        let count = 100;
        let piece = |number: u32| Fragment {
            start: 1,
            count,
            number,
            total: count * 1000,
            offset: number * 1000,
        };
        // The odd ones, then the even ones backwards, so that the first one closes all gaps.
        let order = (0..50)
            .map(|it| 2 * it + 1)
            .chain((0..50).rev().map(|it| 2 * it));
        let mut packet = Reassembly::new(&piece(0), Vec::new());
        for number in order {
            let cost = packet.cost_of(packet.fit(&piece(number), 1000), 1000);
            let before = packet.cost();
            add(&mut packet, &piece(number), &[7; 1000]);
            assert!(packet.cost().held >= held(&packet));
            assert!(packet.cost().held <= packet.cost().claimed);
            if number > 0 {
                assert_eq!(packet.cost().held, before.held + cost.held);
            }
        }
        assert_eq!(packet.cost().held, 100_000 + PACKET_COST);
        assert_eq!(
            packet.into_data().map(|data| data.capacity()),
            Some(100_000)
        );
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
