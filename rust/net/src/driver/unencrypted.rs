//! Requests to connect that came without encryption to a server that encrypts, and the answers to them. They stay
//! apart from everything that was decrypted or is to be encrypted.

use std::net::SocketAddr;

use enet_proto::datagram;

use super::inbox::{Arrival, Inbox};
use super::outbox::{Outbox, Sent};
use super::tap::{Stage, Tap};
use crate::Transport;

/// The way in and the way out of such datagrams.
#[derive(Debug, Default)]
pub struct Unencrypted {
    requests: Inbox,
    answers: Outbox,
    plain: Vec<u8>,
}

impl Unencrypted {
    /// Takes a datagram if it can be a request to connect. No record of DTLS looks like one. A compressed one
    /// stays as it is if `decompress` fails, which gets the bytes and what they may become.
    pub fn take(
        &mut self,
        arrival: Arrival<'_>,
        decompress: impl FnOnce(&[u8], &mut Vec<u8>) -> bool,
    ) -> bool {
        let Arrival { from, bytes, .. } = arrival;
        if !datagram::may_be_connect(bytes) {
            return false;
        }
        let is_plain = datagram::is_compressed(bytes) && decompress(bytes, &mut self.plain);
        let content = if is_plain { &self.plain } else { bytes };
        self.requests.push(from, content, bytes.len());
        true
    }

    /// The requests that were not forgotten.
    pub fn requests(&self) -> impl Iterator<Item = Arrival<'_>> {
        self.requests.iter()
    }

    /// Forgets the requests.
    pub fn clear(&mut self) {
        self.requests.clear();
    }

    /// Takes answers of the protocol: see [`Outbox::fill`].
    pub fn fill(&mut self, next: impl FnMut(&mut Vec<u8>) -> Option<SocketAddr>) -> bool {
        self.answers.fill(next)
    }

    /// Sends the answers: see [`Outbox::send`].
    pub fn send(
        &mut self,
        transport: &mut dyn Transport,
        suffix: &[u8],
        tap: Option<(&mut Tap, Stage)>,
    ) -> Sent {
        self.answers.send(transport, suffix, tap)
    }
}
