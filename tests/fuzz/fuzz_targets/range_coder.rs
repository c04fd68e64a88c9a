//! The range coder on arbitrary bytes, compared with that of crate rusty_enet.

#![no_main]

use std::cell::RefCell;

use enet_codec::{Codec, RangeCoder};
use libfuzzer_sys::fuzz_target;
use rusty_enet::Compressor;

/// The largest datagram, in bytes.
const LARGEST: usize = 4096;

thread_local! {
    static CODECS: RefCell<(RangeCoder, rusty_enet::RangeCoder)> = RefCell::default();
}

fuzz_target!(|input: &[u8]| {
    let input = &input[..input.len().min(LARGEST)];
    CODECS.with_borrow_mut(|(ours, theirs)| {
        // The first byte chooses the size of the buffer, which is often too small.
        let room = input.first().map_or(0, |first| usize::from(*first) * 16);
        for room in [room, LARGEST] {
            let mut plain = vec![0; room];
            let size = ours.decompress(input, &mut plain);
            assert!(size.is_none_or(|size| size <= room));
            // A write beyond the slice panics.
            let mut packed = vec![0; room];
            let size = ours.compress(input, &mut packed);
            assert!(size.is_none_or(|size| size <= room));
        }
        let mut packed = vec![0; 2 * LARGEST + 64];
        let size = ours.compress(input, &mut packed).unwrap_or(0);
        let mut theirs_packed = vec![0; packed.len()];
        let their_size = theirs.compress(&[input], input.len(), &mut theirs_packed);
        assert_eq!(packed[..size], theirs_packed[..their_size], "packed alike");
        if input.is_empty() {
            return;
        }
        let mut plain = vec![0; LARGEST];
        let plain_size = ours.decompress(&packed[..size], &mut plain);
        assert_eq!(
            plain_size.map(|size| &plain[..size]),
            Some(input),
            "there and back"
        );
    });
});
