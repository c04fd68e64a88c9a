//! Compression of whole datagrams, for callers of a [`crate::Host`].
//!
//! ENet compresses the payload behind a datagram's header, and only if that makes it smaller; a bit of
//! the header says so. A host makes and takes plain datagrams. The caller compresses and decompresses
//! them between the host and the socket, with a codec of its own, and so outside of any lock around
//! the host.
//!
//! Before a datagram is decompressed, [`crate::Host::decompressed_room`] says whether it belongs to a
//! connection: a stranger's random bytes would cost as much as a player's.

use crate::wire::{
    CHECKSUM_SIZE, COMPRESSED, CONNECT_SIZE, HEADER_SIZE, NO_SLOT, SENT_TIME, SHORT_HEADER_SIZE,
};

/// The largest datagram with a CONNECT.
const MAX_CONNECT_SIZE: usize = HEADER_SIZE + CHECKSUM_SIZE + CONNECT_SIZE;
/// Most bytes that the payload of a CONNECT may become.
pub const CONNECT_ROOM: usize = CONNECT_SIZE;
const SENT_TIME_SIZE: usize = 2;

/// Whether the payload is compressed. `datagram` may be any bytes.
pub fn is_compressed(datagram: &[u8]) -> bool {
    header(datagram).is_some_and(|header| header & COMPRESSED != 0)
}

/// Whether a datagram can be a CONNECT: the sender knows no slot of the receiver. `datagram` may be any bytes.
pub fn may_be_connect(datagram: &[u8]) -> bool {
    datagram.len() <= MAX_CONNECT_SIZE
        && header(datagram).is_some_and(|header| header & NO_SLOT == NO_SLOT)
}

/// Index of the first byte of the payload, behind the header, the sending time and the checksum. `None`
/// if the datagram is shorter.
pub fn payload_start(datagram: &[u8], has_checksum: bool) -> Option<usize> {
    let mut start = SHORT_HEADER_SIZE;
    if header(datagram)? & SENT_TIME != 0 {
        start += SENT_TIME_SIZE;
    }
    if has_checksum {
        start += CHECKSUM_SIZE;
    }
    (start <= datagram.len()).then_some(start)
}

/// Compresses a plain datagram in place. False, and no change, if the codec makes it no smaller.
///
/// `codec` writes into its second argument, which is as long as its input, and returns the length, or
/// `None` if the output does not fit. `scratch` is memory that is reused between calls.
pub fn compress(
    datagram: &mut Vec<u8>,
    has_checksum: bool,
    scratch: &mut Vec<u8>,
    codec: impl FnOnce(&[u8], &mut [u8]) -> Option<usize>,
) -> bool {
    let Some(start) = payload_start(datagram, has_checksum) else {
        return false;
    };
    let payload = &datagram[start..];
    scratch.resize(payload.len(), 0);
    let size = codec(payload, scratch).filter(|size| (1..payload.len()).contains(size));
    let Some(size) = size else {
        return false;
    };
    set_flag(datagram, start, has_checksum);
    datagram.truncate(start);
    datagram.extend_from_slice(&scratch[..size]);
    true
}

/// Decompresses a datagram whose payload may become at most `room` bytes. The plain datagram replaces
/// the bytes of `plain`. False if the payload is malformed or too large; `plain` is undefined then.
///
/// `codec` writes into its second argument and returns the length, or `None` if it cannot.
pub fn decompress(
    datagram: &[u8],
    has_checksum: bool,
    room: usize,
    plain: &mut Vec<u8>,
    codec: impl FnOnce(&[u8], &mut [u8]) -> Option<usize>,
) -> bool {
    let Some(start) = payload_start(datagram, has_checksum) else {
        return false;
    };
    let (head, payload) = datagram.split_at(start);
    // Senders compress only what becomes smaller.
    if payload.len() >= room {
        return false;
    }
    plain.clear();
    plain.extend_from_slice(head);
    plain.resize(start + room, 0);
    match codec(payload, &mut plain[start..]) {
        Some(size) if (1..=room).contains(&size) => plain.truncate(start + size),
        _ => return false,
    }
    set_flag(plain, start, has_checksum);
    true
}

/// Flips the header's compression bit of a datagram with a plain payload, and corrects the checksum.
///
/// The checksum is a CRC-32 of the plain datagram with the connection's token in its place. A CRC-32
/// is affine: how it changes with one bit depends on that bit and the length alone, so the token is
/// not needed.
fn set_flag(datagram: &mut [u8], start: usize, has_checksum: bool) {
    let bit = COMPRESSED.to_be_bytes();
    datagram[0] ^= bit[0];
    if has_checksum {
        let rest = vec![0; datagram.len() - SHORT_HEADER_SIZE];
        let crc = |head: [u8; SHORT_HEADER_SIZE]| {
            let mut hasher = crc32fast::Hasher::new();
            hasher.update(&head);
            hasher.update(&rest);
            hasher.finalize()
        };
        let change = crc(bit) ^ crc([0; SHORT_HEADER_SIZE]);
        let field = &mut datagram[start - CHECKSUM_SIZE..start];
        for (byte, change) in field.iter_mut().zip(change.to_be_bytes()) {
            *byte ^= change;
        }
    }
}

fn header(datagram: &[u8]) -> Option<u16> {
    datagram
        .first_chunk()
        .map(|bytes| u16::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run-length codec: pairs of a count and a byte.
    fn pack(input: &[u8], output: &mut [u8]) -> Option<usize> {
        let mut size = 0;
        for run in input.chunk_by(|a, b| a == b) {
            *output.get_mut(size)? = u8::try_from(run.len()).ok()?;
            *output.get_mut(size + 1)? = run[0];
            size += 2;
        }
        Some(size)
    }

    fn unpack(input: &[u8], output: &mut [u8]) -> Option<usize> {
        let mut size = 0;
        for pair in input.chunks_exact(2) {
            let end = size + usize::from(pair[0]);
            output.get_mut(size..end)?.fill(pair[1]);
            size = end;
        }
        Some(size)
    }

    fn sealed(token: u32, head: &[u8], payload: &[u8]) -> Vec<u8> {
        let with = |field: u32| [head, &field.to_be_bytes(), payload].concat();
        with(crc32fast::hash(&with(token)))
    }

    #[test]
    fn a_datagram_comes_back_as_it_was_and_its_checksum_covers_the_flag() {
        let token = 0x1234_5678;
        for head in [&[0x00, 0x05][..], &[0x80, 0x05, 0xAB, 0xCD]] {
            let plain = sealed(token, head, &[7; 40]);
            let mut packed = plain.clone();
            assert!(compress(&mut packed, true, &mut Vec::new(), pack));
            assert!(is_compressed(&packed) && packed.len() < plain.len());
            let flagged = [&[head[0] | 0x40], &head[1..]].concat();
            let expected = sealed(token, &flagged, &[7; 40]);
            let start = head.len() + CHECKSUM_SIZE;
            assert_eq!(packed[..start], expected[..start]);
            let mut back = Vec::new();
            assert!(decompress(&packed, true, 40, &mut back, unpack));
            assert_eq!(back, plain);
        }
    }

    #[test]
    fn a_payload_that_gets_no_smaller_stays_plain() {
        let mut datagram = vec![0, 1, 2, 3, 4, 5];
        assert!(!compress(&mut datagram, false, &mut Vec::new(), pack));
        assert_eq!(datagram, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn malformed_datagrams_are_refused() {
        let mut plain = Vec::new();
        for datagram in [&[][..], &[0x40], &[0xC0, 0], &[0x40, 0, 0, 0, 0]] {
            assert!(!decompress(datagram, true, 100, &mut plain, unpack));
        }
        // More than there is room for, and nothing at all.
        assert!(!decompress(
            &[0x40, 0, 200, 1],
            false,
            100,
            &mut plain,
            unpack
        ));
        assert!(!decompress(
            &[0x40, 0, 0, 1],
            false,
            100,
            &mut plain,
            unpack
        ));
        // Not smaller than what it may become.
        assert!(!decompress(&[0x40, 0, 1, 1], false, 2, &mut plain, unpack));
    }
}
