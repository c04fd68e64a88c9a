//! ENet's own codec: an adaptive range coder of order 2.
//!
//! A range coder narrows an interval by the probability of each symbol and writes the leading bytes
//! as soon as they are settled. The probabilities come from counts of what was seen: after the last
//! two bytes, else after the last one, else at all. A context that has not seen a byte yet codes an
//! escape and passes the byte on to the next shorter context; the shortest knows every byte. Counts
//! start from nothing with every datagram, so datagrams may get lost.
//!
//! Each context is a binary tree of the bytes it has seen. A node's `below` sums its own count and
//! those of its left subtree, so that the cumulated count of a byte is found on the way down. All
//! nodes live in one table; when it is full, everything is forgotten. Nodes are contexts too: the
//! node of a byte within the context "after b" is the context "after b and this byte". The root, the
//! context without a byte before it, knows every byte, and so is a table instead of a tree.

mod interval;
mod root;

use interval::{BOTTOM, Decoder, Encoder};
use root::Root;

use super::Codec;

/// Nodes of the table.
const TABLE_SIZE: usize = 4096;
/// Bytes of context.
const ORDER: usize = 2;
/// Node 0 stands for the root, and for no node in a tree.
const ROOT: u16 = 0;
/// Added to a byte's count when a context sees it.
const STEP: u8 = 2;
/// Added to a context's escapes when it meets a byte it has not seen.
const ESCAPE_STEP: u16 = 5;
/// A larger total would not leave the interval wide enough.
const MOST_TOTAL: u32 = BOTTOM - 0x100;

/// A byte within a context.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    value: u8,
    count: u8,
    /// This node's count and those of everything left of it.
    below: u16,
    /// Left and right.
    children: [u16; 2],
}

/// What a node is as a context.
#[derive(Debug, Clone, Copy, Default)]
struct Context {
    tree: u16,
    escapes: u16,
    /// What escapes and bytes count together.
    total: u16,
    /// The context that is a byte shorter.
    shorter: u16,
}

/// A byte's share of a context.
struct Share {
    node: u16,
    /// Cumulated count of the bytes before it.
    under: u16,
    /// 0 where the context has not seen it.
    count: u16,
}

/// ENet's range coder. See the module's head.
#[derive(Debug)]
pub struct RangeCoder {
    nodes: Box<[Node; TABLE_SIZE]>,
    contexts: Box<[Context; TABLE_SIZE]>,
    root: Root,
    used: u16,
    /// The context the next byte is in.
    context: u16,
    order: usize,
}

impl Default for RangeCoder {
    fn default() -> Self {
        Self::new()
    }
}

impl RangeCoder {
    /// A coder; it holds 66 kB.
    pub fn new() -> Self {
        Self {
            nodes: Box::new([Node::default(); TABLE_SIZE]),
            contexts: Box::new([Context::default(); TABLE_SIZE]),
            root: Root::default(),
            used: 1,
            context: ROOT,
            order: 0,
        }
    }

    fn forget(&mut self) {
        self.root = Root::default();
        self.used = 1;
        self.context = ROOT;
        self.order = 0;
    }

    /// A new node for a byte. There is always room: `advance` sees to that.
    fn create(&mut self, value: u8) -> u16 {
        let node = self.used;
        self.used += 1;
        self.nodes[index(node)] = Node {
            value,
            count: STEP,
            below: STEP.into(),
            children: [0; 2],
        };
        self.contexts[index(node)] = Context::default();
        node
    }

    /// Finds a byte's share in a context and counts the byte.
    fn count(&mut self, context: u16, value: u8) -> Share {
        let mut under = 0;
        let mut at = self.contexts[index(context)].tree;
        let mut parent = None;
        while at != 0 {
            let node = &mut self.nodes[index(at)];
            if node.value == value {
                let count = node.count;
                under += node.below - u16::from(count);
                node.below += u16::from(STEP);
                node.count += STEP;
                return Share {
                    node: at,
                    under,
                    count: count.into(),
                };
            }
            // Which way it goes is anybody's guess: no branches.
            let goes_right = value > node.value;
            under += node.below * u16::from(goes_right);
            node.below += u16::from(STEP) * u16::from(!goes_right);
            parent = Some((at, goes_right));
            at = node.children[usize::from(goes_right)];
        }
        let node = self.create(value);
        match parent {
            Some((at, side)) => self.nodes[index(at)].children[usize::from(side)] = node,
            None => self.contexts[index(context)].tree = node,
        }
        Share {
            node,
            under,
            count: 0,
        }
    }

    /// Finds the byte whose share holds a cumulated count, and counts it. `None` where the context
    /// has seen no such byte: its counts are wrong then, and nothing more is decoded with them.
    fn find(&mut self, context: u16, code: u16) -> Option<(u8, Share)> {
        let mut passed = 0;
        let mut at = self.contexts[index(context)].tree;
        while at != 0 {
            let node = &mut self.nodes[index(at)];
            let after = passed + node.below;
            let count = u16::from(node.count);
            if code < after && code >= after - count {
                node.below += u16::from(STEP);
                node.count += STEP;
                let share = Share {
                    node: at,
                    under: after - count,
                    count,
                };
                return Some((node.value, share));
            }
            let goes_right = code >= after;
            passed += node.below * u16::from(goes_right);
            node.below += u16::from(STEP) * u16::from(!goes_right);
            at = node.children[usize::from(goes_right)];
        }
        None
    }

    /// Counts a byte that a context had to pass on, or knew. Halves the context's counts when they
    /// get too large for the arithmetic.
    fn count_in_context(&mut self, at: u16, share: &Share) {
        let context = &mut self.contexts[index(at)];
        if share.count == 0 {
            context.escapes += ESCAPE_STEP;
            context.total += ESCAPE_STEP;
        }
        context.total += u16::from(STEP);
        let most = 0xFF - 2 * u16::from(STEP);
        if share.count <= most && u32::from(context.total) <= MOST_TOTAL {
            return;
        }
        let tree = context.tree;
        let counts = if tree == 0 { 0 } else { self.halve(tree) };
        let context = &mut self.contexts[index(at)];
        context.escapes -= context.escapes >> 1;
        context.total = counts + context.escapes;
    }

    /// Halves the counts of a tree and returns their sum. Goes down at most 256 deep.
    fn halve(&mut self, mut at: u16) -> u16 {
        let mut total = 0;
        loop {
            let node = &mut self.nodes[index(at)];
            node.count -= node.count >> 1;
            let (mut below, [left, right]) = (u16::from(node.count), node.children);
            if left != 0 {
                below += self.halve(left);
            }
            self.nodes[index(at)].below = below;
            total += below;
            if right == 0 {
                return total;
            }
            at = right;
        }
    }

    /// The root's node for a byte.
    fn root_node(&mut self, value: u8) -> u16 {
        match self.root.node(value) {
            0 => {
                let node = self.create(value);
                self.root.set_node(value, node);
                node
            }
            node => node,
        }
    }

    /// Goes on to the context of the next byte, when `longest` is the node of this one in its
    /// longest context.
    fn advance(&mut self, longest: u16) {
        if self.order >= ORDER {
            self.context = self.contexts[index(longest)].shorter;
        } else {
            self.order += 1;
            self.context = longest;
        }
        // A byte makes a node per context at most.
        if usize::from(self.used) >= TABLE_SIZE - ORDER {
            self.forget();
        }
    }

    /// Hangs a byte's node under that of the same byte in the longer context.
    fn chain(&mut self, longest: &mut Option<u16>, last: &mut u16, node: u16) {
        match longest {
            None => *longest = Some(node),
            Some(_) => self.contexts[index(*last)].shorter = node,
        }
        *last = node;
    }
}

/// Nodes are numbered so that no check is needed.
fn index(node: u16) -> usize {
    usize::from(node) % TABLE_SIZE
}

impl Codec for RangeCoder {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.forget();
        let mut encoder = Encoder::new(output);
        for &value in input {
            let (mut longest, mut last) = (None, ROOT);
            let mut context = self.context;
            let mut is_coded = false;
            while context != ROOT {
                let share = self.count(context, value);
                self.chain(&mut longest, &mut last, share.node);
                let Context { escapes, total, .. } = self.contexts[index(context)];
                if share.count > 0 {
                    encoder.encode(escapes + share.under, share.count, total)?;
                    is_coded = true;
                } else if escapes > 0 && escapes < total {
                    encoder.encode(0, escapes, total)?;
                }
                self.count_in_context(context, &share);
                if is_coded {
                    break;
                }
                context = self.contexts[index(context)].shorter;
            }
            if !is_coded {
                let node = self.root_node(value);
                self.chain(&mut longest, &mut last, node);
                let (under, count) = self.root.share(value);
                encoder.encode(self.root.escapes() + under, count, self.root.total())?;
                self.root.count(value);
            }
            self.advance(longest.unwrap_or(ROOT));
        }
        encoder.finish()
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.forget();
        let mut decoder = Decoder::new(input);
        let mut size = 0;
        loop {
            let first = self.context;
            let mut context = first;
            // The context that knows the byte, and the byte.
            let mut found = None;
            while context != ROOT {
                let Context {
                    escapes,
                    total,
                    shorter,
                    ..
                } = self.contexts[index(context)];
                if escapes > 0 && escapes < total {
                    decoder.split(total);
                    if decoder.is_below(escapes) {
                        decoder.skip(0, escapes);
                    } else {
                        let code = decoder.read(total)?;
                        let (value, share) = self.find(context, code - escapes)?;
                        decoder.skip(escapes + share.under, share.count);
                        self.count_in_context(context, &share);
                        found = Some((value, share.node));
                        break;
                    }
                }
                context = shorter;
            }
            let (value, known) = match found {
                Some(found) => found,
                None => {
                    let (escapes, total) = (self.root.escapes(), self.root.total());
                    decoder.split(total);
                    let code = decoder.read(total)?;
                    if code < escapes {
                        // Past the end everything reads as zeros, which are escapes.
                        return Some(size);
                    }
                    let value = self.root.find(code - escapes);
                    let (under, count) = self.root.share(value);
                    decoder.skip(escapes + under, count);
                    self.root.count(value);
                    (value, self.root_node(value))
                }
            };
            // The longer contexts learn what they did not know.
            let (mut longest, mut last) = (None, ROOT);
            let mut patched = first;
            while patched != context {
                let share = self.count(patched, value);
                self.chain(&mut longest, &mut last, share.node);
                self.count_in_context(patched, &share);
                patched = self.contexts[index(patched)].shorter;
            }
            self.chain(&mut longest, &mut last, known);
            *output.get_mut(size)? = value;
            size += 1;
            self.advance(longest.unwrap_or(ROOT));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"))
            .collect()
    }

    #[test]
    fn a_captured_connect_packs_as_it_does_in_c() {
        let plain = bytes(
            "82ff00010000ffff0000057000010000000000030000000000000000000013880000000200000002f9fa970e11223344",
        );
        let packed = bytes("837b88b1fdf1df576b939eeefcbd22fb8a54df98ab2be77fb3410a3817d2aa720dad");
        let mut coder = RangeCoder::new();
        let mut output = [0; 64];
        let size = coder.compress(&plain, &mut output).expect("fits");
        assert_eq!(output[..size], packed);
        let size = coder.decompress(&packed, &mut output).expect("fits");
        assert_eq!(output[..size], plain);
    }

    #[test]
    fn what_does_not_fit_is_none_not_a_part() {
        let mut coder = RangeCoder::new();
        let plain: Vec<u8> = (0..200u32).map(|n| (n * n) as u8).collect();
        let mut output = vec![0; 400];
        let size = coder.compress(&plain, &mut output).expect("fits");
        let packed = output[..size].to_vec();
        assert_eq!(coder.compress(&plain, &mut output[..size - 1]), None);
        assert_eq!(coder.decompress(&packed, &mut output[..199]), None);
        assert_eq!(coder.decompress(&packed, &mut output[..200]), Some(200));
        assert_eq!(output[..200], plain);
    }
}
