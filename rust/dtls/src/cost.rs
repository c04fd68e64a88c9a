//! The cost of a record to the DTLS library, estimated before the library gets the record.
//!
//! After every record the library searches all the fragments it keeps, for each fragment of a message,
//! and recurses as deep as there are consecutive fragments: some tens of kilobytes would block a host
//! for a quarter of a minute, or overflow the stack and end the process. The library also allocates
//! memory for a certificate of any claimed length before it checks that the certificate is there. Encrypted records are
//! also looked at when they are decrypted: see `provider/records.rs`.

use crate::record::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, Record};

/// Most fragments that a remote may send. Even a chain of large certificates in small datagrams, sent
/// three times, has fewer.
pub const MAX_COST: usize = 512;
/// Cost of an encrypted record, which makes the library send its last flight again. A remote may send 16, enough for
/// all retransmissions.
const ENCRYPTED_COST: usize = MAX_COST / 16;
/// Bytes of a Finished message, the only encrypted one, with the larger overhead of the two ciphers.
const ENCRYPTED_SIZE: usize = 12 + 12 + 8 + 16;
/// More than the number of messages in a handshake.
const MAX_MESSAGES: u16 = 16;
const CERTIFICATE: u8 = 11;

/// Number of fragments in a record; `None` if no valid handshake or session has such a record. A server
/// here asks for no certificate, so certificates `to_server` are not valid.
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
            // The library would take the bytes after a partial message for more of that message.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn record(content_type: u8, epoch: u16, content: &[u8]) -> Record<'_> {
        Record {
            content_type,
            epoch,
            sequence: 0,
            content,
        }
    }

    /// A fragment of `size` bytes at `offset` of a message of `length`.
    fn fragment(kind: u8, message: u16, length: u8, offset: u8, size: u8) -> Vec<u8> {
        let [m0, m1] = message.to_be_bytes();
        let mut bytes = vec![kind, 0, 0, length, m0, m1, 0, 0, offset, 0, 0, size];
        bytes.resize(12 + usize::from(size), 7);
        bytes
    }

    fn handshake(content: &[u8]) -> Option<usize> {
        of(&record(HANDSHAKE, 0, content), true)
    }

    #[test]
    fn whole_messages_and_fragments_are_counted() {
        assert_eq!(handshake(&fragment(16, 2, 30, 0, 30)), Some(1));
        assert_eq!(handshake(&fragment(14, 2, 0, 0, 0)), Some(1), "no body");
        let three = [fragment(16, 2, 9, 0, 9), fragment(15, 3, 4, 0, 4)].concat();
        let three = [three, fragment(20, 4, 9, 3, 2)].concat();
        assert_eq!(handshake(&three), Some(3));
    }

    #[test]
    fn malformed_fragments_are_refused() {
        assert_eq!(handshake(&[]), None);
        assert_eq!(handshake(&fragment(16, 2, 9, 0, 9)[..20]), None, "cut off");
        assert_eq!(handshake(&fragment(16, 2, 9, 5, 5)), None, "too long");
        assert_eq!(handshake(&fragment(16, 2, 9, 5, 0)), None, "empty");
        assert_eq!(handshake(&fragment(16, MAX_MESSAGES, 1, 0, 1)), None);
        let part_first = [fragment(16, 2, 9, 0, 5), fragment(16, 2, 9, 5, 4)].concat();
        assert_eq!(handshake(&part_first), None);
    }

    #[test]
    fn only_a_client_takes_certificates() {
        let certificate = fragment(CERTIFICATE, 2, 30, 0, 30);
        let record = record(HANDSHAKE, 0, &certificate);
        assert_eq!(of(&record, false), Some(1));
        assert_eq!(of(&record, true), None);
    }

    #[test]
    fn encrypted_messages_cost_much_and_have_a_size() {
        let cost = |size| of(&record(HANDSHAKE, 1, &vec![0; size]), true);
        assert_eq!(cost(ENCRYPTED_SIZE), Some(ENCRYPTED_COST));
        assert_eq!(cost(ENCRYPTED_SIZE + 1), None);
    }

    #[test]
    fn other_records_are_free_or_refused() {
        for (content_type, epoch, content, cost) in [
            (CHANGE_CIPHER_SPEC, 0, &[1][..], Some(0)),
            (CHANGE_CIPHER_SPEC, 0, &[2], None),
            (CHANGE_CIPHER_SPEC, 1, &[1], None),
            (ALERT, 0, &[2, 40], Some(0)),
            (ALERT, 0, &[2], None),
            (ALERT, 1, &[0; 26], Some(0)),
            (APPLICATION_DATA, 1, &[0; 50], Some(0)),
            (APPLICATION_DATA, 1, &[], None),
            (APPLICATION_DATA, 0, &[0; 50], None),
            (24, 0, &[0; 50], None),
        ] {
            let seen = of(&record(content_type, epoch, content), true);
            assert_eq!(seen, cost, "{content_type} {epoch} {content:?}");
        }
    }
}
