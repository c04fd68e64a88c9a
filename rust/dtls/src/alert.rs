//! Alerts: how one side tells the other why it ends a session (RFC 5246, 7.2).

use super::record::{ALERT, VERSION, records};

const FATAL: u8 = 2;
const ACCESS_DENIED: u8 = 49;

/// The alert that a new session is refused with.
pub fn refusal(sequence: u64) -> Vec<u8> {
    let mut bytes = vec![ALERT];
    bytes.extend_from_slice(&VERSION);
    bytes.extend_from_slice(&sequence.to_be_bytes());
    bytes.extend_from_slice(&[0, 2, FATAL, ACCESS_DENIED]);
    bytes
}

/// The alert in a datagram, if there is one that is not encrypted: its name and number.
pub fn find(datagram: &[u8]) -> Option<String> {
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
