//! The checks that every codec must pass for any input.

use std::alloc::System;

use cap::Cap;
use enet_codec::{Codec, Dictionary, train_dictionary};

/// The largest datagram, in bytes.
const LARGEST: usize = 4096;
/// The most that one input may allocate, in bytes. Codecs keep their memory from the first use on.
const MOST: usize = 1 << 20;

/// Decompresses and compresses the input, into large and small buffers, and checks that compressed
/// data decompresses to the input.
pub fn check(allocator: &Cap<System>, codec: &mut dyn Codec, input: &[u8]) {
    let input = &input[..input.len().min(LARGEST)];
    // An allocation beyond the limit fails, which ends the process.
    let limit = allocator.allocated() + MOST;
    allocator.set_limit(limit).expect("room to begin with");
    // The first byte chooses the size of the buffer, which is often too small. A write beyond the
    // slice panics.
    let little = input.first().map_or(0, |first| usize::from(*first) * 16);
    for room in [little, LARGEST] {
        let mut plain = vec![0; room];
        let size = codec.decompress(input, &mut plain);
        assert!(size.is_none_or(|size| size <= room));
        let mut packed = vec![0; room];
        let size = codec.compress(input, &mut packed);
        assert!(size.is_none_or(|size| size <= room));
    }
    if input.is_empty() {
        return;
    }
    let mut packed = vec![0; 2 * LARGEST + 64];
    let size = codec
        .compress(input, &mut packed)
        .expect("room for the worst case");
    let packed = &packed[..size];
    // The buffer may be filled completely; a buffer one byte smaller must be an error.
    let mut plain = vec![0; input.len()];
    assert_eq!(codec.decompress(packed, &mut plain), Some(input.len()));
    assert_eq!(plain, input, "there and back");
    assert_eq!(codec.decompress(packed, &mut plain[1..]), None);
}

/// A dictionary that is the same in every run.
pub fn dictionary() -> Dictionary {
    let mut state = 1u32;
    let samples: Vec<Vec<u8>> = (0..400u32)
        .map(|index| {
            let mut sample = format!("player {} walks at {index} ", index % 7).into_bytes();
            for _ in 0..20 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                sample.extend([0, 0, 0x80, 0x3F, (state >> 24) as u8]);
            }
            sample
        })
        .collect();
    let trained = train_dictionary(&samples, 2048).expect("enough samples");
    Dictionary::new(&trained).expect("a dictionary")
}
