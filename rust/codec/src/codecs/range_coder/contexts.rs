//! The contexts with a byte or two before them: binary trees of the bytes that each has seen.
//!
//! A node's `below` sums its own count and the counts of its left subtree, so that the way down to a
//! node yields the cumulated count of its byte. All nodes live in one table. A node is a context too:
//! the node of a byte in the context "after b" is the context "after b and this byte".

use super::interval::BOTTOM;

/// Nodes of the table.
const TABLE_SIZE: usize = 4096;
/// Added to a byte's count when a context sees the byte.
const STEP: u8 = 2;
/// Added to a context's escapes when the context meets a byte it has not seen.
const ESCAPE_STEP: u16 = 5;
/// A larger total would not leave the interval wide enough.
pub const MAX_TOTAL: u32 = BOTTOM - 0x100;

/// Node 0 stands for the root, and for no node in a tree.
pub const ROOT: u16 = 0;

/// A byte within a context.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    value: u8,
    count: u8,
    /// The counts of this node and of everything left of it.
    below: u16,
    /// Left and right.
    children: [u16; 2],
}

/// The part of a node that concerns it as a context.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context {
    tree: u16,
    pub escapes: u16,
    /// The counts of escapes and bytes together.
    pub total: u16,
    /// The context that is a byte shorter.
    pub shorter: u16,
}

/// A byte's share of a context.
pub struct Share {
    pub node: u16,
    /// Cumulated count of the bytes before it.
    pub under: u16,
    /// 0 if the context has not seen the byte.
    pub count: u16,
}

/// All nodes, each with its data as a context.
#[derive(Debug)]
pub struct Contexts {
    nodes: Box<[Node; TABLE_SIZE]>,
    contexts: Box<[Context; TABLE_SIZE]>,
    used: u16,
}

impl Contexts {
    pub fn new() -> Self {
        Self {
            nodes: Box::new([Node::default(); TABLE_SIZE]),
            contexts: Box::new([Context::default(); TABLE_SIZE]),
            used: 1,
        }
    }

    pub fn forget(&mut self) {
        self.used = 1;
    }

    /// Whether the table has room for a byte that makes so many nodes.
    pub fn has_room(&self, nodes: usize) -> bool {
        usize::from(self.used) < TABLE_SIZE - nodes
    }

    pub fn context(&self, context: u16) -> Context {
        self.contexts[index(context)]
    }

    pub fn set_shorter(&mut self, context: u16, shorter: u16) {
        self.contexts[index(context)].shorter = shorter;
    }

    /// A new node for a byte. The caller has checked [`Self::has_room`].
    pub fn create(&mut self, value: u8) -> u16 {
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
    pub fn count(&mut self, context: u16, value: u8) -> Share {
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
            // Left or right is unpredictable, so this is written without branches.
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

    /// Finds the byte whose share holds a cumulated count, and counts it. `None` if the context has
    /// seen no such byte: its counts are wrong then, and nothing more may be decoded with them.
    pub fn find(&mut self, context: u16, code: u16) -> Option<(u8, Share)> {
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

    /// Counts a byte in the totals of a context, which knew it or had to escape. Halves the context's
    /// counts when they get too large for the arithmetic.
    pub fn count_in_context(&mut self, at: u16, share: &Share) {
        let context = &mut self.contexts[index(at)];
        if share.count == 0 {
            context.escapes += ESCAPE_STEP;
            context.total += ESCAPE_STEP;
        }
        context.total += u16::from(STEP);
        let most = 0xFF - 2 * u16::from(STEP);
        if share.count <= most && u32::from(context.total) <= MAX_TOTAL {
            return;
        }
        let tree = context.tree;
        let counts = if tree == 0 { 0 } else { self.halve(tree) };
        let context = &mut self.contexts[index(at)];
        context.escapes -= context.escapes >> 1;
        context.total = counts + context.escapes;
    }

    /// Halves the counts of a tree and returns their sum. Recurses at most 256 deep.
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
}

/// The remainder never changes a node's number, and spares the bounds check.
fn index(node: u16) -> usize {
    usize::from(node) % TABLE_SIZE
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A context that has seen the bytes.
    fn context(bytes: &[u8]) -> (Contexts, u16) {
        let mut contexts = Contexts::new();
        let context = contexts.create(0);
        for &value in bytes {
            let share = contexts.count(context, value);
            contexts.count_in_context(context, &share);
        }
        (contexts, context)
    }

    #[test]
    fn shares_lie_in_the_order_of_the_bytes() {
        for (value, under, count) in [(b'a', 0, 2), (b'b', 2, 2), (b'c', 4, 2), (b'm', 6, 4)] {
            let (mut counting, context) = context(b"mcxabm");
            let share = counting.count(context, value);
            assert_eq!((share.under, share.count), (under, count));
            let (mut finding, context) = self::context(b"mcxabm");
            for code in under..under + count {
                let (found, share) = finding.find(context, code).expect("seen");
                assert_eq!((found, share.under), (value, under));
                (finding, _) = self::context(b"mcxabm");
            }
        }
        let (mut contexts, context) = context(b"mcxabm");
        let Context { escapes, total, .. } = contexts.context(context);
        assert_eq!((escapes, total), (5 * ESCAPE_STEP, 5 * ESCAPE_STEP + 12));
        assert!(contexts.find(context, 12).is_none(), "beyond all shares");
    }

    #[test]
    fn counts_are_halved_before_they_overflow() {
        let (contexts, context) = context(&[b'a'; 1000]);
        let node = contexts.nodes[index(contexts.context(context).tree)];
        assert!(node.count > 100 && node.below == u16::from(node.count));
        let Context { escapes, total, .. } = contexts.context(context);
        assert!(u32::from(total) <= MAX_TOTAL);
        assert_eq!(total, node.below + escapes);
    }
}
