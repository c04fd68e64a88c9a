//! The records of a datagram and their headers, which can be read without keys.

/// Bytes of a record's header.
pub const HEADER_SIZE: usize = 13;
/// Most bytes that encryption adds to a datagram: the record header, and the explicit nonce and the tag
/// of AES-GCM. ChaCha20-Poly1305 has no explicit nonce.
pub const OVERHEAD: usize = HEADER_SIZE + 8 + 16;
/// DTLS 1.2.
pub const VERSION: [u8; 2] = [254, 253];

/// Content type: the sender encrypts from the next record on.
pub const CHANGE_CIPHER_SPEC: u8 = 20;
/// Content type: an alert.
pub const ALERT: u8 = 21;
/// Content type: handshake messages.
pub const HANDSHAKE: u8 = 22;
/// Content type: application data.
pub const APPLICATION_DATA: u8 = 23;

/// A record: its header, and its content, which may be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    pub content_type: u8,
    pub epoch: u16,
    /// 48 bits.
    pub sequence: u64,
    pub content: &'a [u8],
}

/// The records of a datagram; `None` if they do not fill the datagram exactly, or if one is not DTLS.
pub fn records(datagram: &[u8]) -> Option<impl Iterator<Item = Record<'_>>> {
    let mut rest = datagram;
    while !rest.is_empty() {
        rest = first(rest)?.1;
    }
    let mut rest = datagram;
    Some(std::iter::from_fn(move || {
        let (record, behind) = first(rest)?;
        rest = behind;
        Some(record)
    }))
}

fn first(datagram: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (header, rest) = datagram.split_first_chunk::<HEADER_SIZE>()?;
    let &[
        content_type,
        major,
        _,
        e0,
        e1,
        s0,
        s1,
        s2,
        s3,
        s4,
        s5,
        l0,
        l1,
    ] = header;
    if major != VERSION[0] {
        return None;
    }
    let (content, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([l0, l1])))?;
    let record = Record {
        content_type,
        epoch: u16::from_be_bytes([e0, e1]),
        sequence: u64::from_be_bytes([0, 0, s0, s1, s2, s3, s4, s5]),
        content,
    };
    Some((record, rest))
}

/// Adds an offset to the sequence numbers of the records that are not encrypted.
pub fn renumber(datagram: &mut [u8], offset: u64) {
    let mut at = 0;
    while let Some((record, _)) = datagram.get(at..).and_then(first) {
        let size = HEADER_SIZE + record.content.len();
        if record.epoch == 0 {
            let sequence = (record.sequence + offset).to_be_bytes();
            datagram[at + 5..at + 11].copy_from_slice(&sequence[2..]);
        }
        at += size;
    }
}

/// Whether a datagram begins with encrypted application data. All other datagrams belong to handshakes, or
/// end a session.
pub fn is_application_data(datagram: &[u8]) -> bool {
    datagram.first() == Some(&APPLICATION_DATA)
}

/// Whether a datagram begins with a message of a handshake.
pub fn is_of_handshake(datagram: &[u8]) -> bool {
    matches!(datagram.first(), Some(&(HANDSHAKE | CHANGE_CIPHER_SPEC)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(content_type: u8, epoch: u8, sequence: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![content_type, 254, 253, 0, epoch, 0, 0, 0, 0, 0, sequence];
        bytes.extend((content.len() as u16).to_be_bytes());
        bytes.extend(content);
        bytes
    }

    #[test]
    fn the_records_of_a_datagram_are_read_in_order() {
        let datagram = [record(HANDSHAKE, 0, 3, b"abc"), record(ALERT, 1, 4, b"")].concat();
        let read: Vec<_> = records(&datagram).expect("records").collect();
        assert_eq!(
            read,
            [
                Record {
                    content_type: HANDSHAKE,
                    epoch: 0,
                    sequence: 3,
                    content: b"abc",
                },
                Record {
                    content_type: ALERT,
                    epoch: 1,
                    sequence: 4,
                    content: b"",
                },
            ]
        );
    }

    #[test]
    fn sequence_numbers_have_48_bits() {
        let mut datagram = record(ALERT, 0, 0, b"");
        datagram[3..11].fill(0xFF);
        let read = records(&datagram).and_then(|mut it| it.next());
        let read = read.expect("a record");
        assert_eq!((read.epoch, read.sequence), (0xFFFF, (1 << 48) - 1));
    }

    #[test]
    fn datagrams_with_anything_but_records_are_refused() {
        let datagram = [record(HANDSHAKE, 0, 3, b"abc"), record(ALERT, 1, 4, b"d")].concat();
        let ends = [0, HEADER_SIZE + 3, datagram.len()];
        for size in 0..=datagram.len() {
            let is_whole = records(&datagram[..size]).is_some();
            assert_eq!(is_whole, ends.contains(&size), "{size}");
        }
        let mut tls = record(HANDSHAKE, 0, 3, b"abc");
        tls[1] = 3;
        assert!(records(&tls).is_none());
    }

    #[test]
    fn only_plain_records_are_renumbered() {
        let mut datagram = [
            record(HANDSHAKE, 0, 3, b"abc"),
            record(APPLICATION_DATA, 1, 3, b"d"),
            record(CHANGE_CIPHER_SPEC, 0, 4, b"e"),
        ]
        .concat();
        renumber(&mut datagram, 0x1_0000);
        let numbers: Vec<_> = records(&datagram)
            .expect("records")
            .map(|record| (record.sequence, record.content.len()))
            .collect();
        assert_eq!(numbers, [(0x1_0003, 3), (3, 1), (0x1_0004, 1)]);
    }
}
