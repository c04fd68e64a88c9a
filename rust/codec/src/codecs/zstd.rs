//! Zstandard frames (RFC 8878): Godot's `COMPRESS_ZSTD`.

mod literals;

use zstd_safe::{CCtx, CParameter, DCtx, ParamSwitch, compress_bound};

use literals::{Estimate, Literals};

use crate::Codec;

/// Zstd's default level, which Godot uses.
pub(crate) const LEVEL: i32 = 3;
/// How far back a match can reach, in bytes, as a power of two: enough for datagrams of the default
/// MTU. After many small datagrams a context frees memory that only a large one would need, and
/// allocates it again for the next large one. With this window no datagram needs enough memory for
/// that to happen.
const WINDOW_LOG: u32 = 11;
/// With less room than this, compression is not tried. The framing takes 9 bytes, so hardly any input
/// that small shrinks, and acknowledgements are small and many.
const MIN_ROOM: usize = 40;

/// The zstd codec. It reuses the contexts of both directions for every datagram.
///
/// Zstd spends half of its time on Huffman codes for literals, in vain where the literals are mostly
/// the lower bits of numbers. The codec leaves Huffman coding out where an estimate predicts no gain.
/// The packed bytes depend on the datagram alone, apart from close calls; the previous datagram only
/// decides which way is tried first.
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
    /// A codec with zstd's default level.
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
        if output.len() < MIN_ROOM {
            return None;
        }
        self.packer.pack(input)?;
        let codes_literals = match Literals::of(self.packer.packed(), input) {
            Literals::Other => self.codes_literals,
            // Zstd tried to code them, and they did not shrink.
            Literals::Plain(_) if self.codes_literals => false,
            Literals::Plain(literals) => self.estimate.predicts_gain(literals),
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

/// A compression context with its output buffer.
pub(super) struct Packer {
    pub context: CCtx<'static>,
    /// Room for the worst case: with less, zstd may give up on frames that would have fitted.
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

    /// Packs a datagram into a frame.
    pub fn pack(&mut self, input: &[u8]) -> Option<()> {
        let most = compress_bound(input.len());
        if self.packed.len() < most {
            self.packed.resize(most, 0);
        }
        self.size = self.context.compress2(&mut self.packed[..], input).ok()?;
        Some(())
    }

    /// The last frame that [`Self::pack`] made.
    pub fn packed(&self) -> &[u8] {
        &self.packed[..self.size]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    /// Numbers whose low bytes are as good as random, and whose high bytes are alike.
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

    /// Total packed size of this codec, and of plain zstd, and the codec after that.
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

    #[test]
    fn zstd_passes_the_common_checks() {
        testing::check(&mut Zstd::new());
    }

    #[test]
    fn a_frame_that_is_cut_off_is_refused() {
        let mut codec = Zstd::new();
        let packed = testing::packed(&mut codec, &lines()[3]);
        for size in 1..packed.len() {
            assert_eq!(codec.decompress(&packed[..size], &mut [0; 4096]), None);
        }
    }

    /// Headers that claim a terabyte of content, and a window of two; then a repeated byte.
    #[test]
    fn a_claim_of_much_content_is_refused() {
        for claim in [&[0xE0, 0, 0, 0, 0, 0, 1, 0, 0][..], &[0x00, 0xF8]] {
            let frame = [&[0x28, 0xB5, 0x2F, 0xFD], claim, &[0xFB, 0xFF, 0xFF, 0]].concat();
            assert_eq!(Zstd::new().decompress(&frame, &mut [0; 4096]), None);
        }
    }

    #[test]
    fn little_room_is_refused_at_once() {
        let mut codec = Zstd::new();
        let plain = [0; 300];
        assert_eq!(codec.compress(&plain, &mut [0; MIN_ROOM - 1]), None);
        assert!(codec.compress(&plain, &mut [0; MIN_ROOM]).is_some());
    }
}
