//! Alerts, which tell the remote why a session ends (RFC 5246, 7.2).

use crate::record::{ALERT, VERSION, records};

const FATAL: u8 = 2;
const ACCESS_DENIED: u8 = 49;

/// The alert that refuses a new session, in a record with this sequence number.
pub fn access_denied(sequence: u64) -> Vec<u8> {
    let mut bytes = vec![ALERT];
    bytes.extend_from_slice(&VERSION);
    bytes.extend_from_slice(&sequence.to_be_bytes());
    bytes.extend_from_slice(&[0, 2, FATAL, ACCESS_DENIED]);
    bytes
}

/// Name and number of the first alert in a datagram that is not encrypted.
pub fn describe(datagram: &[u8]) -> Option<String> {
    let mut records = records(datagram)?;
    let alert = records.find(|it| it.content_type == ALERT && it.epoch == 0)?;
    let &[_, number] = alert.content else {
        return None;
    };
    Some(format!("{} (alert {number})", name(number)))
}

fn name(number: u8) -> &'static str {
    match number {
        0 => "it closed",
        10 => "unexpected message",
        20 => "bad record",
        22 => "record too large",
        40 => "handshake failure",
        42 => "bad certificate",
        43 => "unsupported certificate",
        44 => "certificate revoked",
        45 => "certificate expired",
        46 => "certificate unknown",
        47 => "illegal parameter",
        48 => "unknown certificate authority",
        ACCESS_DENIED => "access denied",
        50 => "decode error",
        51 => "decrypt error",
        70 => "protocol version",
        71 => "insufficient security",
        80 => "internal error",
        90 => "cancelled",
        _ => "unknown reason",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_described() {
        let refusal = access_denied(7);
        assert_eq!(refusal.len(), 15);
        let mut read = records(&refusal).expect("a record");
        assert_eq!(read.next().map(|record| record.sequence), Some(7));
        assert_eq!(
            describe(&refusal).as_deref(),
            Some("access denied (alert 49)")
        );
    }

    #[test]
    fn numbers_without_a_name_are_described_too() {
        let mut alert = access_denied(0);
        alert[14] = 200;
        assert_eq!(
            describe(&alert).as_deref(),
            Some("unknown reason (alert 200)")
        );
    }

    #[test]
    fn an_alert_behind_another_record_is_found() {
        let message = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 5];
        let datagram = [&message[..], &access_denied(2)].concat();
        assert_eq!(
            describe(&datagram).as_deref(),
            Some("access denied (alert 49)")
        );
        assert_eq!(describe(&message), None);
    }

    #[test]
    fn encrypted_and_malformed_alerts_are_not_described() {
        let mut encrypted = access_denied(0);
        encrypted[4] = 1;
        assert_eq!(describe(&encrypted), None);
        let mut long = access_denied(0);
        long[12] = 3;
        long.push(0);
        assert_eq!(describe(&long), None, "three bytes");
        assert_eq!(describe(&access_denied(0)[..14]), None, "cut off");
        assert_eq!(describe(&[]), None);
    }
}
