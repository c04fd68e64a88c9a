//! What can be seen of a datagram without keys: the headers of its records.

/// Bytes of a record's header.
pub const HEADER_SIZE: usize = 13;
/// Bytes that a record adds to its content, with the ciphers offered here: the header, the explicit
/// nonce and the tag of AES-GCM. ChaCha20-Poly1305 has no nonce there.
pub const OVERHEAD: usize = HEADER_SIZE + 8 + 16;
/// DTLS 1.2.
pub const VERSION: [u8; 2] = [254, 253];

/// Content of a record: encryption begins.
pub const CHANGE_CIPHER_SPEC: u8 = 20;
/// Content of a record: an alert.
pub const ALERT: u8 = 21;
/// Content of a record: a message of the handshake.
pub const HANDSHAKE: u8 = 22;
/// Content of a record: data of the application.
pub const APPLICATION_DATA: u8 = 23;

/// The header of a record, and its content, which may be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    pub content_type: u8,
    pub epoch: u16,
    /// 48 bits.
    pub sequence: u64,
    pub content: &'a [u8],
}

/// The records of a datagram; `None` if they do not fill it exactly, or are of another protocol.
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

/// Adds to the sequence numbers of the records that are not encrypted.
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

/// Whether a datagram holds encrypted application data: all others belong to handshakes, or end a
/// session.
pub fn is_application_data(datagram: &[u8]) -> bool {
    datagram.first() == Some(&APPLICATION_DATA)
}
