//! The context without a byte before it. The root knows every byte, so its cumulated counts are a
//! table of two levels: groups of bytes, and bytes within their group. A level is small enough that a
//! few vector instructions search or change all of its entries at once.

use super::contexts::MAX_TOTAL;

/// Count of a byte that was not seen yet.
const INITIAL: u16 = 1;
/// Added to a byte's count when it is seen.
const STEP: u16 = 3;
/// Count of the escape, which ends a datagram.
const ESCAPES: u16 = 1;
/// Bytes per group, and number of groups.
const GROUP: usize = 16;

/// The counts of all bytes; see the module's head.
#[derive(Debug)]
pub struct Root {
    /// Cumulated count of the bytes before a group.
    groups: [u16; GROUP],
    /// Cumulated count of the bytes before a byte in its group.
    within: [[u16; GROUP]; GROUP],
    counts: [u16; 256],
    nodes: [u16; 256],
    escapes: u16,
    total: u16,
}

impl Default for Root {
    fn default() -> Self {
        const WITHIN: [u16; GROUP] = cumulated(INITIAL);
        Self {
            groups: const { cumulated(INITIAL * GROUP as u16) },
            within: [WITHIN; GROUP],
            counts: [INITIAL; 256],
            nodes: [0; 256],
            escapes: ESCAPES,
            total: ESCAPES + 256 * INITIAL,
        }
    }
}

impl Root {
    /// The node of a byte, 0 for none.
    pub fn node(&self, value: u8) -> u16 {
        self.nodes[usize::from(value)]
    }

    pub fn set_node(&mut self, value: u8, node: u16) {
        self.nodes[usize::from(value)] = node;
    }

    pub fn escapes(&self) -> u16 {
        self.escapes
    }

    /// The counts of escapes and bytes together.
    pub fn total(&self) -> u16 {
        self.total
    }

    /// The cumulated count of the bytes before this one, and its own.
    pub fn share(&self, value: u8) -> (u16, u16) {
        let (group, byte) = split(value);
        let under = self.groups[group] + self.within[group][byte];
        (under, self.counts[usize::from(value)])
    }

    /// The byte whose share holds a cumulated count.
    pub fn find(&self, code: u16) -> u8 {
        let group = last_at_most(&self.groups, code);
        let byte = last_at_most(&self.within[group], code - self.groups[group]);
        (group * GROUP + byte) as u8
    }

    /// Counts a byte. Halves all counts when they get too large for the arithmetic.
    pub fn count(&mut self, value: u8) {
        let (group, byte) = split(value);
        let before = self.counts[usize::from(value)];
        self.counts[usize::from(value)] += STEP;
        add_behind(&mut self.groups, group);
        add_behind(&mut self.within[group], byte);
        self.total += STEP;
        if before > 0xFF - 2 * STEP + INITIAL || u32::from(self.total) > MAX_TOTAL {
            self.halve();
        }
    }

    fn halve(&mut self) {
        let mut total = 0;
        let groups = self.groups.iter_mut().zip(&mut self.within);
        for ((before, within), counts) in groups.zip(self.counts.chunks_exact_mut(GROUP)) {
            *before = total;
            for (within, count) in within.iter_mut().zip(counts) {
                *within = total - *before;
                *count -= (*count - INITIAL) >> 1;
                total += *count;
            }
        }
        self.escapes -= self.escapes >> 1;
        self.total = total + self.escapes;
    }
}

/// A byte's group, and its place there.
fn split(value: u8) -> (usize, usize) {
    (usize::from(value) / GROUP, usize::from(value) % GROUP)
}

/// Counts a byte in all entries after its own.
fn add_behind(cumulated: &mut [u16; GROUP], at: usize) {
    for (count, step) in cumulated.iter_mut().zip(&BEHIND[at]) {
        *count += step;
    }
}

/// The last entry that is not above a code. The first entry is 0, and never above.
fn last_at_most(cumulated: &[u16; GROUP], code: u16) -> usize {
    // Sums the signs of the differences, eight per instruction. Counts stay far below the point where
    // the sign would be wrong: a byte counted here made a node, and everything starts anew when the
    // nodes run out.
    let signs = cumulated.iter().map(|it| it.wrapping_sub(code + 1) >> 15);
    usize::from(signs.sum::<u16>()) - 1
}

/// The steps that a byte adds to the entries of a table, by the byte's own place.
const BEHIND: [[u16; GROUP]; GROUP] = {
    let mut steps = [[0; GROUP]; GROUP];
    let mut at = 0;
    while at < GROUP {
        let mut index = at + 1;
        while index < GROUP {
            steps[at][index] = STEP;
            index += 1;
        }
        at += 1;
    }
    steps
};

const fn cumulated(step: u16) -> [u16; GROUP] {
    let mut counts = [0; GROUP];
    let mut index = 1;
    while index < GROUP {
        counts[index] = counts[index - 1] + step;
        index += 1;
    }
    counts
}
