//! The context without a byte before it. It knows every byte, so its cumulated counts are a table,
//! of two levels: groups of bytes, and bytes within their group. Each takes a few instructions for
//! all entries at once to look through or to change.

use super::MOST_TOTAL;

/// Count of every byte before it is seen.
const LEAST: u16 = 1;
/// Added to a byte's count when it is seen.
const STEP: u16 = 3;
const ESCAPES: u16 = 1;
/// Bytes of a group, and groups.
const GROUP: usize = 16;

/// See the module's head.
#[derive(Debug)]
pub struct Root {
    /// What is before a group in the table.
    groups: [u16; GROUP],
    /// What is before a byte in its group.
    within: [[u16; GROUP]; GROUP],
    counts: [u16; 256],
    nodes: [u16; 256],
    escapes: u16,
    total: u16,
}

impl Default for Root {
    fn default() -> Self {
        const WITHIN: [u16; GROUP] = cumulated(LEAST);
        Self {
            groups: const { cumulated(LEAST * GROUP as u16) },
            within: [WITHIN; GROUP],
            counts: [LEAST; 256],
            nodes: [0; 256],
            escapes: ESCAPES,
            total: ESCAPES + 256 * LEAST,
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

    /// What escapes and bytes count together.
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
        if before > 0xFF - 2 * STEP + LEAST || u32::from(self.total) > MOST_TOTAL {
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
                *count -= (*count - LEAST) >> 1;
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

/// Counts a byte in all entries behind one.
fn add_behind(cumulated: &mut [u16; GROUP], at: usize) {
    for (count, step) in cumulated.iter_mut().zip(&BEHIND[at]) {
        *count += step;
    }
}

/// The last entry that is not above a code; the first one never is.
fn last_at_most(cumulated: &[u16; GROUP], code: u16) -> usize {
    // The sign of the difference, added up eight at a time. Counts never get near to where the sign
    // would be wrong: a byte that is counted here has made a node, and when those run out
    // everything starts anew.
    let signs = cumulated.iter().map(|it| it.wrapping_sub(code + 1) >> 15);
    usize::from(signs.sum::<u16>()) - 1
}

/// What a byte adds to each entry of a table, by the byte's own place.
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
