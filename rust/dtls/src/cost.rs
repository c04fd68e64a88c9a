//! What a record costs the library, found out before it is handed over.
//!
//! The library looks through all the fragments it keeps for each fragment of a message, after every
//! record, and calls itself as deep as there are fragments in a row: some tens of kilobytes would hold a
//! host up for a quarter of a minute, or end the process for want of stack. And it makes room for a
//! certificate of any length before it looks whether there is one.

use super::record::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, Record};

/// Most fragments that a remote may send. Even a chain of large certificates in small datagrams, sent
/// thrice, has fewer.
pub const MAX_COST: usize = 512;
/// What cannot be looked into counts as so many: 16 of them are enough for every repetition.
const ENCRYPTED_COST: usize = MAX_COST / 16;
/// Bytes of the only encrypted message there is, with the larger overhead of the two ciphers.
const ENCRYPTED_SIZE: usize = 12 + 12 + 8 + 16;
/// More than a handshake has messages.
const MAX_MESSAGES: u16 = 16;
const CERTIFICATE: u8 = 11;

/// Fragments in a record; `None` if it is nothing that a handshake, or a session, has. Servers here ask
/// nobody for a certificate.
pub fn of(record: &Record<'_>, to_server: bool) -> Option<usize> {
    match (record.content_type, record.epoch) {
        (HANDSHAKE, 0) => fragments(record.content, to_server),
        (HANDSHAKE, _) => (record.content.len() <= ENCRYPTED_SIZE).then_some(ENCRYPTED_COST),
        (CHANGE_CIPHER_SPEC, 0) => (record.content == [1]).then_some(0),
        (ALERT, 0) => (record.content.len() == 2).then_some(0),
        (ALERT | APPLICATION_DATA, 1..) => (!record.content.is_empty()).then_some(0),
        _ => None,
    }
}

fn fragments(content: &[u8], to_server: bool) -> Option<usize> {
    let (mut rest, mut count) = (content, 0);
    while count == 0 || !rest.is_empty() {
        let (header, body) = rest.split_first_chunk()?;
        let &[kind, l0, l1, l2, m0, m1, o0, o1, o2, s0, s1, s2]: &[u8; 12] = header;
        let number = |a, b, c| u32::from_be_bytes([0, a, b, c]) as usize;
        let (length, offset, size) = (number(l0, l1, l2), number(o0, o1, o2), number(s0, s1, s2));
        (_, rest) = body.split_at_checked(size)?;
        let is_part = size < length;
        let is_sound = offset + size <= length
            && (size > 0 || length == 0)
            // The library takes what follows for more of it.
            && (!is_part || rest.is_empty())
            && u16::from_be_bytes([m0, m1]) < MAX_MESSAGES
            && !(to_server && kind == CERTIFICATE);
        if !is_sound {
            return None;
        }
        count += 1;
    }
    Some(count)
}
