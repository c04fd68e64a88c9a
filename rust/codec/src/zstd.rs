//! Zstandard frames (RFC 8878): Godot's `COMPRESS_ZSTD`.

mod literals;

use zstd_safe::{CCtx, CParameter, DCtx, ParamSwitch, compress_bound};

use literals::{Estimate, Literals};

use super::Codec;

/// Zstd's default, as Godot's.
pub(super) const LEVEL: i32 = 3;
/// Bytes that a match can reach back, as a power of two: enough for the datagrams of the default
/// MTU. A context that many small ones have used gives memory up that only a large one would need,
/// and takes it again for the next. With this no datagram needs that much more than another.
const WINDOW_LOG: u32 = 11;
/// With less room than this it is not tried. The framing is 9 bytes, so next to nothing of what is
/// that small shrinks, and acknowledgements, which are, are many.
const LEAST_ROOM: usize = 40;

/// Zstd, the contexts of both directions used again for every datagram.
///
/// Half of the time goes into Huffman codes for what no match covers, in vain where that is mostly the
/// lower bits of numbers. So it is left out as long as an estimate says so. What is packed depends on
/// the datagram alone, apart from close calls; what the last one was like only decides what is tried
/// first.
pub struct Zstd {
    packer: Packer,
    unpacker: DCtx<'static>,
    estimate: Estimate,
    codes_literals: bool,
}

impl Default for Zstd {
    fn default() -> Self {
        Self::new()
    }
}

impl Zstd {
    /// A codec of zstd's default level.
    pub fn new() -> Self {
        Self {
            packer: Packer::new(),
            unpacker: DCtx::create(),
            estimate: Estimate::new(),
            codes_literals: true,
        }
    }

    fn set_coding(&mut self, codes_literals: bool) {
        self.codes_literals = codes_literals;
        let mode = match codes_literals {
            true => ParamSwitch::Auto,
            false => ParamSwitch::Disable,
        };
        let set = self
            .packer
            .context
            .set_parameter(CParameter::LiteralCompressionMode(mode));
        set.expect("a valid parameter");
    }
}

impl std::fmt::Debug for Zstd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Zstd").finish_non_exhaustive()
    }
}

impl Codec for Zstd {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        if output.len() < LEAST_ROOM {
            return None;
        }
        self.packer.pack(input)?;
        let codes_literals = match Literals::of(self.packer.packed(), input) {
            Literals::Other => self.codes_literals,
            // Zstd has tried that.
            Literals::Plain(_) if self.codes_literals => false,
            Literals::Plain(literals) => self.estimate.says_yes(literals),
        };
        if codes_literals != self.codes_literals {
            self.set_coding(codes_literals);
            if codes_literals {
                self.packer.pack(input)?;
            }
        }
        let packed = self.packer.packed();
        output.get_mut(..packed.len())?.copy_from_slice(packed);
        Some(packed.len())
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.unpacker.decompress(output, input).ok()
    }
}

/// A context for packing, and where it packs.
pub(super) struct Packer {
    pub context: CCtx<'static>,
    /// With less room than for the worst case zstd gives up on what would have fitted.
    packed: Vec<u8>,
    size: usize,
}

impl Packer {
    pub fn new() -> Self {
        let mut context = CCtx::create();
        for parameter in [
            CParameter::CompressionLevel(LEVEL),
            CParameter::WindowLog(WINDOW_LOG),
        ] {
            context.set_parameter(parameter).expect("a valid parameter");
        }
        Self {
            context,
            packed: Vec::new(),
            size: 0,
        }
    }

    /// Makes a frame of a datagram.
    pub fn pack(&mut self, input: &[u8]) -> Option<()> {
        let most = compress_bound(input.len());
        if self.packed.len() < most {
            self.packed.resize(most, 0);
        }
        self.size = self.context.compress2(&mut self.packed[..], input).ok()?;
        Some(())
    }

    /// The last frame.
    pub fn packed(&self) -> &[u8] {
        &self.packed[..self.size]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the bytes of a number are as good as random, and the next one is alike.
    fn numbers() -> Vec<Vec<u8>> {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let mut datagram = || -> Vec<u8> {
            let numbers = (0..10 + next() % 60).flat_map(|_| {
                let number = f32::from_bits(0x41A0_0000 + next() % 0x80_0000);
                [&[3, 0, 0, 0], &number.to_le_bytes()[..], &[0; 4]].concat()
            });
            numbers.collect()
        };
        (0..300).map(|_| datagram()).collect()
    }

    fn lines() -> Vec<Vec<u8>> {
        let line = |at: u32| {
            let number = at.wrapping_mul(2_654_435_761);
            format!("{at}: {number} moves to {} and waits; ", number % 977)
                .repeat(1 + at as usize % 4)
                + &format!("what it sees there is {:x}, perhaps", number.rotate_left(9))
        };
        (0..300).map(|at| line(at).into_bytes()).collect()
    }

    /// What it takes of ours, and of zstd as it is.
    fn sizes(datagrams: &[Vec<u8>]) -> (usize, usize, Zstd) {
        let (mut ours, mut plain) = (Zstd::new(), Packer::new());
        let (mut our_size, mut plain_size) = (0, 0);
        let mut room = [0; 4096];
        for datagram in datagrams {
            our_size += ours.compress(datagram, &mut room).expect("fits");
            plain.pack(datagram).expect("fits");
            plain_size += plain.packed().len();
        }
        (our_size, plain_size, ours)
    }

    #[test]
    fn leaving_codes_out_costs_next_to_nothing() {
        let mut both: Vec<Vec<u8>> = Vec::new();
        for (number, line) in std::iter::zip(numbers(), lines()) {
            both.extend([number, line]);
        }
        for datagrams in [numbers(), lines(), both] {
            let (ours, plain, _) = sizes(&datagrams);
            assert!(ours <= plain + plain / 200, "{ours} for {plain}");
        }
        assert!(!sizes(&numbers()).2.codes_literals);
        assert!(sizes(&lines()).2.codes_literals);
    }
}
