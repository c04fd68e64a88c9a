//! What happened at the socket, for the state.

use std::net::SocketAddr;

use crate::Mishap;
use crate::driver::outbox::Sent;
use crate::sessions::{DtlsEvent, Sessions};

/// Events and counts, for the state, which takes them out: the report stays where it is, as most rounds have counts only.
#[derive(Debug, Default)]
pub struct Report {
    pub sent: Sent,
    /// Datagrams as they came and went, with encryption and handshakes.
    pub wire: WireTotals,
    /// Bytes that the codec saved of sent datagrams.
    pub codec_saved: u64,
    /// Compressed datagrams that the codec could not decompress: their senders, and their first bytes.
    pub undecoded: Vec<(SocketAddr, [u8; 2])>,
    pub events: Vec<DtlsEvent>,
    /// Counts of the encrypted sessions, if there can be any.
    pub sessions: Option<Sessions>,
    /// What happened to the socket as a whole.
    pub mishap: Option<Mishap>,
}

/// Datagrams as they come and go over the network, and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WireTotals {
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub datagrams_in: u64,
    pub datagrams_out: u64,
}

impl WireTotals {
    pub fn add(&mut self, more: Self) {
        self.bytes_in += more.bytes_in;
        self.bytes_out += more.bytes_out;
        self.datagrams_in += more.datagrams_in;
        self.datagrams_out += more.datagrams_out;
    }

    pub(super) fn add_sent(&mut self, sent: Sent) {
        self.bytes_out += sent.bytes;
        self.datagrams_out += sent.datagrams;
    }
}

impl Report {
    /// Whether it has more than counts.
    pub fn has_events(&self) -> bool {
        self.sessions.is_some()
            || self.mishap.is_some()
            || !self.undecoded.is_empty()
            || !self.events.is_empty()
    }

    /// Whether it tells of something that a user may have to know.
    pub fn has_trouble(&self) -> bool {
        !self.undecoded.is_empty()
            || self.mishap.is_some()
            || (self.events.iter())
                .any(|event| matches!(event, DtlsEvent::Failed(_) | DtlsEvent::Slow(_)))
    }
}

impl Sent {
    pub(super) fn add(&mut self, more: Self) {
        self.datagrams += more.datagrams;
        self.bytes += more.bytes;
        self.errors += more.errors;
    }
}
