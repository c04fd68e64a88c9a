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
//! node of a byte within the context "after b" is the context "after b and this byte".

use super::Codec;

/// The interval's top byte is settled when it moves by less than this.
const TOP: u32 = 1 << 24;
/// The interval never gets narrower than this.
const BOTTOM: u32 = 1 << 16;
/// Nodes of the table.
const TABLE_SIZE: usize = 4096;
/// Bytes of context.
const ORDER: usize = 2;
/// Node 0 is the context without a byte before it, the root.
const ROOT: usize = 0;

/// How a kind of context counts.
#[derive(Clone, Copy)]
struct Counting {
    /// Added to a byte's count when it is seen.
    step: u8,
    /// Count of every byte before it is seen: only the root knows all of them.
    least: u16,
}

const IN_ROOT: Counting = Counting { step: 3, least: 1 };
const IN_CONTEXT: Counting = Counting { step: 2, least: 0 };
const ROOT_ESCAPES: u16 = 1;
/// Added to a context's escapes when it meets a byte it has not seen.
const ESCAPE_STEP: u16 = 5;

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    value: u8,
    count: u8,
    /// This node's count and those of everything left of it.
    below: u16,
    left: u16,
    right: u16,
    /// As a context: the tree of its bytes, what escapes count, and everything together.
    tree: u16,
    escapes: u16,
    total: u16,
    /// As a context: the one that is a byte shorter.
    shorter: u16,
}

/// A byte's share of a context.
struct Share {
    node: usize,
    /// Cumulated count of the bytes before it.
    under: u16,
    /// 0 where the context has not seen it.
    count: u16,
}

/// ENet's range coder. See the module's head.
#[derive(Debug)]
pub struct RangeCoder {
    nodes: Box<[Node]>,
    used: usize,
    /// The context the next byte is in.
    context: usize,
    order: usize,
}

impl Default for RangeCoder {
    fn default() -> Self {
        Self::new()
    }
}

impl RangeCoder {
    /// A coder; it holds 72 kB.
    pub fn new() -> Self {
        Self {
            nodes: vec![Node::default(); TABLE_SIZE].into_boxed_slice(),
            used: 0,
            context: ROOT,
            order: 0,
        }
    }

    fn forget(&mut self) {
        self.nodes[ROOT] = Node {
            escapes: ROOT_ESCAPES,
            total: ROOT_ESCAPES + 256 * IN_ROOT.least,
            ..Node::default()
        };
        self.used = 1;
        self.context = ROOT;
        self.order = 0;
    }

    /// A new node for a byte. There is always room: `advance` sees to that.
    fn create(&mut self, value: u8, count: u8) -> usize {
        let node = self.used;
        self.used += 1;
        self.nodes[node] = Node {
            value,
            count,
            below: count.into(),
            ..Node::default()
        };
        node
    }

    /// Finds a byte's share in a context and counts the byte.
    fn count(&mut self, context: usize, value: u8, counting: Counting) -> Share {
        let Counting { step, least } = counting;
        let mut under = u16::from(value) * least;
        let mut at = usize::from(self.nodes[context].tree);
        if at == 0 {
            let node = self.create(value, step);
            self.nodes[context].tree = node as u16;
            return Share {
                node,
                under,
                count: least,
            };
        }
        loop {
            let node = &mut self.nodes[at];
            let next = match value.cmp(&node.value) {
                std::cmp::Ordering::Less => {
                    node.below += u16::from(step);
                    node.left
                }
                std::cmp::Ordering::Greater => {
                    under += node.below;
                    node.right
                }
                std::cmp::Ordering::Equal => {
                    let count = least + u16::from(node.count);
                    under += node.below - u16::from(node.count);
                    node.below += u16::from(step);
                    node.count += step;
                    return Share {
                        node: at,
                        under,
                        count,
                    };
                }
            };
            if next == 0 {
                let goes_left = value < node.value;
                let node = self.create(value, step);
                let parent = &mut self.nodes[at];
                match goes_left {
                    true => parent.left = node as u16,
                    false => parent.right = node as u16,
                }
                return Share {
                    node,
                    under,
                    count: least,
                };
            }
            at = next.into();
        }
    }

    /// Finds the byte whose share holds a cumulated count, and counts it. `None` where the context
    /// has seen no such byte.
    fn find(&mut self, context: usize, code: u16, counting: Counting) -> Option<(u8, Share)> {
        let least = u32::from(counting.least);
        let code = u32::from(code);
        let mut passed = 0u32;
        let mut at = usize::from(self.nodes[context].tree);
        // Bytes between nodes have only the least count: the byte is one of these.
        let mut unseen = 0..256u32;
        while at != 0 {
            let node = self.nodes[at];
            let value = u32::from(node.value);
            let after = passed + u32::from(node.below) + (value + 1) * least;
            if code >= after {
                passed += u32::from(node.below);
                unseen.start = value + 1;
                at = node.right.into();
            } else if code < after - u32::from(node.count) - least {
                unseen.end = value;
                at = node.left.into();
            } else {
                return Some((node.value, self.count(context, node.value, counting)));
            }
        }
        let value = code.checked_sub(passed)?.checked_div(least)?;
        let value = unseen.contains(&value).then_some(value as u8)?;
        Some((value, self.count(context, value, counting)))
    }

    /// Halves a context's counts when they get too large for the arithmetic.
    fn keep_small(&mut self, context: usize, count: u16, counting: Counting) {
        let Counting { step, least } = counting;
        let most = 0xFF - 2 * u16::from(step) + least;
        if count <= most && u32::from(self.nodes[context].total) <= BOTTOM - 0x100 {
            return;
        }
        let tree = usize::from(self.nodes[context].tree);
        let counts = if tree == 0 { 0 } else { self.halve(tree) };
        let node = &mut self.nodes[context];
        node.escapes -= node.escapes >> 1;
        node.total = counts + node.escapes + 256 * least;
    }

    /// Halves the counts of a tree and returns their sum. Goes down at most 256 deep.
    fn halve(&mut self, mut at: usize) -> u16 {
        let mut total = 0;
        loop {
            let node = &mut self.nodes[at];
            node.count -= node.count >> 1;
            let (count, left, right) = (u16::from(node.count), node.left, node.right);
            let below = count
                + if left == 0 {
                    0
                } else {
                    self.halve(left.into())
                };
            self.nodes[at].below = below;
            total += below;
            if right == 0 {
                return total;
            }
            at = right.into();
        }
    }

    /// Counts a byte that a context had to pass on, or knew.
    fn count_in_context(&mut self, context: usize, share: &Share) {
        let node = &mut self.nodes[context];
        if share.count == 0 {
            node.escapes += ESCAPE_STEP;
            node.total += ESCAPE_STEP;
        }
        node.total += u16::from(IN_CONTEXT.step);
        self.keep_small(context, share.count, IN_CONTEXT);
    }

    fn count_in_root(&mut self, share: &Share) {
        self.nodes[ROOT].total += u16::from(IN_ROOT.step);
        self.keep_small(ROOT, share.count, IN_ROOT);
    }

    /// Goes on to the context of the next byte, when `longest` is the node of this one in its
    /// longest context.
    fn advance(&mut self, longest: usize) {
        if self.order >= ORDER {
            self.context = self.nodes[longest].shorter.into();
        } else {
            self.order += 1;
            self.context = longest;
        }
        // A byte makes a node per context at most.
        if self.used >= TABLE_SIZE - ORDER {
            self.forget();
        }
    }

    /// Hangs a byte's node under that of the same byte in the longer context.
    fn chain(&mut self, longest: &mut Option<usize>, last: &mut usize, node: usize) {
        match longest {
            None => *longest = Some(node),
            Some(_) => self.nodes[*last].shorter = node as u16,
        }
        *last = node;
    }
}

impl Codec for RangeCoder {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.forget();
        let mut encoder = Encoder {
            low: 0,
            range: u32::MAX,
            output,
            size: 0,
        };
        for &value in input {
            let (mut longest, mut last) = (None, ROOT);
            let mut context = self.context;
            let mut is_coded = false;
            while context != ROOT {
                let share = self.count(context, value, IN_CONTEXT);
                self.chain(&mut longest, &mut last, share.node);
                let Node { escapes, total, .. } = self.nodes[context];
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
                context = self.nodes[context].shorter.into();
            }
            if !is_coded {
                let share = self.count(ROOT, value, IN_ROOT);
                self.chain(&mut longest, &mut last, share.node);
                let Node { escapes, total, .. } = self.nodes[ROOT];
                encoder.encode(escapes + share.under, share.count, total)?;
                self.count_in_root(&share);
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
                let Node {
                    escapes,
                    total,
                    shorter,
                    ..
                } = self.nodes[context];
                if escapes > 0 && escapes < total {
                    let code = decoder.read(total)?;
                    if code < escapes {
                        decoder.skip(0, escapes, total);
                    } else {
                        let (value, share) = self.find(context, code - escapes, IN_CONTEXT)?;
                        decoder.skip(escapes + share.under, share.count, total);
                        self.count_in_context(context, &share);
                        found = Some((value, share.node));
                        break;
                    }
                }
                context = shorter.into();
            }
            let (value, known) = match found {
                Some(found) => found,
                None => {
                    let Node { escapes, total, .. } = self.nodes[ROOT];
                    let code = decoder.read(total)?;
                    if code < escapes {
                        // Past the end everything reads as zeros, which are escapes.
                        return Some(size);
                    }
                    let (value, share) = self.find(ROOT, code - escapes, IN_ROOT)?;
                    decoder.skip(escapes + share.under, share.count, total);
                    self.count_in_root(&share);
                    (value, share.node)
                }
            };
            // The longer contexts learn what they did not know.
            let (mut longest, mut last) = (None, ROOT);
            let mut patched = first;
            while patched != context {
                let share = self.count(patched, value, IN_CONTEXT);
                self.chain(&mut longest, &mut last, share.node);
                self.count_in_context(patched, &share);
                patched = self.nodes[patched].shorter.into();
            }
            self.chain(&mut longest, &mut last, known);
            *output.get_mut(size)? = value;
            size += 1;
            self.advance(longest.unwrap_or(ROOT));
        }
    }
}

struct Encoder<'a> {
    low: u32,
    range: u32,
    output: &'a mut [u8],
    size: usize,
}

impl Encoder<'_> {
    fn encode(&mut self, under: u16, count: u16, total: u16) -> Option<()> {
        self.range /= u32::from(total);
        self.low = self.low.wrapping_add(u32::from(under) * self.range);
        self.range *= u32::from(count);
        while shrink(self.low, &mut self.range) {
            self.put()?;
            self.range <<= 8;
        }
        Some(())
    }

    fn put(&mut self) -> Option<()> {
        *self.output.get_mut(self.size)? = (self.low >> 24) as u8;
        self.size += 1;
        self.low <<= 8;
        Some(())
    }

    /// The rest; zeros at the end are understood.
    fn finish(mut self) -> Option<usize> {
        while self.low != 0 {
            self.put()?;
        }
        Some(self.size)
    }
}

struct Decoder<'a> {
    low: u32,
    range: u32,
    code: u32,
    input: std::slice::Iter<'a, u8>,
}

impl<'a> Decoder<'a> {
    fn new(input: &'a [u8]) -> Self {
        let mut decoder = Self {
            low: 0,
            range: u32::MAX,
            code: 0,
            input: input.iter(),
        };
        for _ in 0..4 {
            decoder.shift();
        }
        decoder
    }

    fn shift(&mut self) {
        let next = self.input.next().copied().unwrap_or(0);
        self.code = (self.code << 8) | u32::from(next);
    }

    /// The cumulated count the code stands at; `None` if the code is nowhere.
    fn read(&self, total: u16) -> Option<u16> {
        let unit = self.range / u32::from(total);
        let code = self.code.wrapping_sub(self.low) / unit;
        (code < u32::from(total)).then_some(code as u16)
    }

    fn skip(&mut self, under: u16, count: u16, total: u16) {
        self.range /= u32::from(total);
        self.low = self.low.wrapping_add(u32::from(under) * self.range);
        self.range *= u32::from(count);
        while shrink(self.low, &mut self.range) {
            self.shift();
            self.range <<= 8;
            self.low <<= 8;
        }
    }
}

/// Whether the top byte is settled, or has to be to keep the interval wide enough.
fn shrink(low: u32, range: &mut u32) -> bool {
    if low ^ low.wrapping_add(*range) >= TOP {
        if *range >= BOTTOM {
            return false;
        }
        *range = low.wrapping_neg() & (BOTTOM - 1);
    }
    true
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
