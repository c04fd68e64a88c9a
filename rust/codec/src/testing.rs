//! Tests that every codec has to pass.

use crate::Codec;

/// The largest datagram of ENet.
const MAX_DATAGRAM: usize = 4096;
/// Bytes on either side of a buffer that no codec may touch.
const GUARD: usize = 64;

/// Reproducible random numbers.
pub struct Random(u32);

impl Random {
    pub fn new(seed: u32) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(self.0) * u64::from(end)) >> u32::BITS) as u32
    }

    pub fn bytes(&mut self, size: usize, kinds: u32) -> Vec<u8> {
        (0..size).map(|_| self.below(kinds) as u8).collect()
    }
}

/// Datagrams from a single byte to the largest: random, of few values, and repetitive.
pub fn samples() -> Vec<Vec<u8>> {
    let mut random = Random::new(1);
    let mut samples = Vec::new();
    for size in [
        1,
        2,
        3,
        4,
        7,
        8,
        16,
        31,
        33,
        100,
        257,
        1000,
        1392,
        MAX_DATAGRAM,
    ] {
        for kinds in [1, 2, 30, 256] {
            samples.push(random.bytes(size, kinds));
        }
        let period = 1 + random.below(40) as usize;
        let pattern = random.bytes(period, 256);
        samples.push(pattern.iter().copied().cycle().take(size).collect());
    }
    samples
}

/// Messages of a game that have much in common, other ones for each seed.
#[cfg(feature = "zstd")]
pub fn game_samples(seed: u32) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed);
    let name = random.bytes(12, 256);
    let message = |index: u32| {
        let mut message = [&name[..], &index.to_le_bytes()].concat();
        for _ in 0..10 {
            message.extend([0, 0, 0x80, 0x3F, random.below(256) as u8]);
        }
        message
    };
    (0..400).map(message).collect()
}

/// A dictionary for such messages.
#[cfg(feature = "zstd")]
pub fn trained(seed: u32, size: usize) -> Vec<u8> {
    crate::train_dictionary(&game_samples(seed), size).expect("enough samples")
}

/// Runs all checks of this module.
pub fn check(codec: &mut dyn Codec) {
    samples_come_back(codec);
    empty_input_makes_nothing(codec);
    compressible_data_shrinks(codec);
    output_that_is_too_small_is_refused(codec);
    hostile_input_stays_in_bounds(codec);
}

/// Packs into as much room as any codec needs.
pub fn packed(codec: &mut dyn Codec, plain: &[u8]) -> Vec<u8> {
    let mut packed = vec![0; 2 * plain.len() + 64];
    let size = codec.compress(plain, &mut packed).expect("fits");
    packed.truncate(size);
    packed
}

fn samples_come_back(codec: &mut dyn Codec) {
    for plain in samples() {
        let packed = packed(codec, &plain);
        assert_eq!(decompress(codec, &packed, plain.len()), Some(plain));
    }
}

fn empty_input_makes_nothing(codec: &mut dyn Codec) {
    let mut packed = [0; 64];
    if let Some(size) = codec.compress(&[], &mut packed) {
        let plain = decompress(codec, &packed[..size], MAX_DATAGRAM);
        assert!(plain.is_none_or(|plain| plain.is_empty()));
    }
    let plain = decompress(codec, &[], MAX_DATAGRAM);
    assert!(plain.is_none_or(|plain| plain.is_empty()));
    assert_eq!(codec.compress(&[1; 100], &mut []), None);
}

fn compressible_data_shrinks(codec: &mut dyn Codec) {
    for plain in [vec![0; 1000], b"position, ".repeat(100)] {
        assert!(packed(codec, &plain).len() < 100);
    }
}

fn output_that_is_too_small_is_refused(codec: &mut dyn Codec) {
    for plain in samples() {
        let packed = packed(codec, &plain);
        for room in [0, packed.len() / 2, packed.len() - 1] {
            assert_eq!(compress(codec, &plain, room), None, "{room}");
        }
        for room in [0, plain.len() / 2, plain.len() - 1] {
            assert_eq!(decompress(codec, &packed, room), None, "{room}");
        }
        assert_eq!(decompress(codec, &packed, plain.len()), Some(plain));
    }
}

/// Cut, changed, and random bytes.
fn hostile_input_stays_in_bounds(codec: &mut dyn Codec) {
    let mut random = Random::new(2);
    for plain in samples() {
        let packed = packed(codec, &plain);
        let mut inputs: Vec<Vec<u8>> = vec![packed[..packed.len() / 2].to_vec()];
        for _ in 0..10 {
            let mut changed = packed.clone();
            changed[random.below(packed.len() as u32) as usize] ^= 1 << random.below(8);
            inputs.push(changed);
        }
        inputs.push(random.bytes(plain.len(), 256));
        for input in inputs {
            for room in [0, plain.len(), MAX_DATAGRAM] {
                let one = decompress_between(codec, &input, room, 0x00);
                let other = decompress_between(codec, &input, room, 0xFF);
                assert_eq!(one, other, "nothing beyond the input is read");
            }
        }
        let after = decompress(codec, &packed, plain.len());
        assert_eq!(after, Some(plain), "a later datagram is not affected");
    }
}

fn compress(codec: &mut dyn Codec, input: &[u8], room: usize) -> Option<Vec<u8>> {
    guarded(input, room, 0xAA, |input, output| {
        codec.compress(input, output)
    })
}

fn decompress(codec: &mut dyn Codec, input: &[u8], room: usize) -> Option<Vec<u8>> {
    decompress_between(codec, input, room, 0xAA)
}

fn decompress_between(
    codec: &mut dyn Codec,
    input: &[u8],
    room: usize,
    guard: u8,
) -> Option<Vec<u8>> {
    let call = |input: &[u8], output: &mut [u8]| codec.decompress(input, output);
    guarded(input, room, guard, call)
}

/// Calls with input and output in the middle of larger buffers. The codecs in C would not notice the
/// end of a slice by themselves.
fn guarded(
    input: &[u8],
    room: usize,
    guard: u8,
    call: impl FnOnce(&[u8], &mut [u8]) -> Option<usize>,
) -> Option<Vec<u8>> {
    let (before, after) = ([guard; GUARD], [guard; GUARD]);
    let framed = [&before[..], input, &after].concat();
    let mut output = vec![guard; GUARD + room + GUARD];
    let size = call(
        &framed[GUARD..GUARD + input.len()],
        &mut output[GUARD..GUARD + room],
    );
    assert_eq!(output[..GUARD], before);
    assert_eq!(output[GUARD + room..], after);
    size.map(|size| output[GUARD..GUARD + room][..size].to_vec())
}
