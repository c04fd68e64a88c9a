//! ENet's own codec: an adaptive range coder of order 2.
//!
//! A range coder narrows an interval by the probability of each symbol, and writes the leading bytes as
//! soon as they are settled. The probabilities come from counts of the bytes seen so far: of those
//! after the same two bytes, else of those after the same byte, else of all. A context that has not
//! seen a byte yet codes an escape and passes the byte on to the next shorter context; the shortest one
//! knows every byte. Counts start from nothing with every datagram, so datagrams may get lost.
//!
//! The root, the context without a byte before it, knows every byte, and so is a table ([`root`]). The
//! other contexts are trees ([`contexts`]). When their table is full, the coder forgets everything.

mod contexts;
mod interval;
mod root;

use contexts::{Context, Contexts, ROOT};
use interval::{Decoder, Encoder};
use root::Root;

use crate::Codec;

/// Bytes of context.
const ORDER: usize = 2;

/// ENet's range coder, byte for byte as in C.
#[derive(Debug)]
pub struct RangeCoder {
    contexts: Contexts,
    root: Root,
    /// The context of the next byte.
    context: u16,
    order: usize,
}

impl Default for RangeCoder {
    fn default() -> Self {
        Self::new()
    }
}

impl RangeCoder {
    /// A codec. It holds 66 kB.
    pub fn new() -> Self {
        Self {
            contexts: Contexts::new(),
            root: Root::default(),
            context: ROOT,
            order: 0,
        }
    }

    fn forget(&mut self) {
        self.contexts.forget();
        self.root = Root::default();
        self.context = ROOT;
        self.order = 0;
    }

    /// The root's node for a byte.
    fn root_node(&mut self, value: u8) -> u16 {
        match self.root.node(value) {
            0 => {
                let node = self.contexts.create(value);
                self.root.set_node(value, node);
                node
            }
            node => node,
        }
    }

    /// Goes on to the context of the next byte. `longest` is the node of the current byte in its longest
    /// context.
    fn advance(&mut self, longest: u16) {
        if self.order >= ORDER {
            self.context = self.contexts.context(longest).shorter;
        } else {
            self.order += 1;
            self.context = longest;
        }
        // A byte makes at most one node per context.
        if !self.contexts.has_room(ORDER) {
            self.forget();
        }
    }

    /// Makes a byte's node the shorter context of the same byte's node in the longer context.
    fn chain(&mut self, longest: &mut Option<u16>, last: &mut u16, node: u16) {
        match longest {
            None => *longest = Some(node),
            Some(_) => self.contexts.set_shorter(*last, node),
        }
        *last = node;
    }
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
                let share = self.contexts.count(context, value);
                self.chain(&mut longest, &mut last, share.node);
                let Context { escapes, total, .. } = self.contexts.context(context);
                if share.count > 0 {
                    encoder.encode(escapes + share.under, share.count, total)?;
                    is_coded = true;
                } else if escapes > 0 && escapes < total {
                    encoder.encode(0, escapes, total)?;
                }
                self.contexts.count_in_context(context, &share);
                if is_coded {
                    break;
                }
                context = self.contexts.context(context).shorter;
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
                } = self.contexts.context(context);
                if escapes > 0 && escapes < total {
                    decoder.split(total);
                    if decoder.is_below(escapes) {
                        decoder.skip(0, escapes);
                    } else {
                        let code = decoder.read(total)?;
                        let (value, share) = self.contexts.find(context, code - escapes)?;
                        decoder.skip(escapes + share.under, share.count);
                        self.contexts.count_in_context(context, &share);
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
                        // Beyond the end the input reads as zeros, which are an escape here.
                        return Some(size);
                    }
                    let value = self.root.find(code - escapes);
                    let (under, count) = self.root.share(value);
                    decoder.skip(escapes + under, count);
                    self.root.count(value);
                    (value, self.root_node(value))
                }
            };
            // The longer contexts learn the byte that they did not know.
            let (mut longest, mut last) = (None, ROOT);
            let mut patched = first;
            while patched != context {
                let share = self.contexts.count(patched, value);
                self.chain(&mut longest, &mut last, share.node);
                self.contexts.count_in_context(patched, &share);
                patched = self.contexts.context(patched).shorter;
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
    use crate::testing;

    #[test]
    fn the_range_coder_passes_the_common_checks() {
        testing::check(&mut RangeCoder::new());
    }

    /// Random bytes make a node or more each, so the table fills up several times.
    #[test]
    fn a_full_table_is_forgotten_by_both_ends() {
        let plain = testing::Random::new(3).bytes(20_000, 256);
        let mut coder = RangeCoder::new();
        let packed = testing::packed(&mut coder, &plain);
        let mut output = vec![0; plain.len()];
        assert_eq!(coder.decompress(&packed, &mut output), Some(plain.len()));
        assert_eq!(output, plain);
    }

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
    fn output_of_the_exact_size_is_enough() {
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
