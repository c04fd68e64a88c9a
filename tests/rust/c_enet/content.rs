//! Packet contents that both sides can compute.

/// The content that `tests/c/peer.c` generates from the same seed. The algorithm is described there.
pub fn content(seed: u32, size: usize) -> Vec<u8> {
    let mut state = if seed == 0 { 2_654_435_769 } else { seed };
    let kept = if seed >> 31 == 1 { 3 } else { 255 };
    let bytes = (0..size).map(|_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8 & kept
    });
    bytes.collect()
}

/// The CRC-32 of Ethernet, which is also ENet's checksum.
pub use crc32fast::hash as crc32;

#[test]
fn the_checksum_has_the_known_check_value() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    assert_eq!(crc32(b""), 0);
}
