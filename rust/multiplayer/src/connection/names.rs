//! What waits for the address of a host name: an attempt to connect, and datagrams outside of the protocol.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use super::Connection;
use crate::RawSendError;
use enet_net::Lookup;
use enet_proto::{Cause, PeerId, Time};

/// A lookup that takes longer has failed. Systems give up earlier with few name servers, and far later with many.
const LIMIT: Time = Time::from_secs(30);
/// How long a service that waits for an event waits at once meanwhile.
pub(super) const SLICE: Time = Time::from_millis(10);
/// Names for which datagrams wait, datagrams, and their bytes.
const MAX_NAMES: usize = 4;
const MAX_DATAGRAMS: usize = 64;
const MAX_BYTES: usize = 64 * 1024;

/// What waits. Dropping it abandons the lookups.
#[derive(Default)]
pub(super) struct Names {
    attempt: Option<Attempt>,
    raw: Vec<RawToName>,
    failed: VecDeque<NameError>,
}

/// The lookup of a name.
struct Pending {
    host: String,
    lookup: Lookup,
    started: Time,
}

/// An attempt to connect.
struct Attempt {
    peer: PeerId,
    port: u16,
    pending: Pending,
}

/// Datagrams for a name, with their ports.
struct RawToName {
    pending: Pending,
    datagrams: Vec<(u16, Vec<u8>)>,
}

/// The reason why something that waited for the address of a name was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is no address for the name.
    #[error("could not resolve \"{host}\": {error}")]
    Resolve {
        /// The name.
        host: String,
        /// The system's error.
        error: io::Error,
    },
    /// The system refused to send a datagram.
    #[error("could not send the datagram to \"{host}\": {error}")]
    Send {
        /// The name.
        host: String,
        /// The system's error.
        error: io::Error,
    },
}

impl Pending {
    fn new(now: Time, host: &str, lookup: Lookup) -> Self {
        Self {
            host: host.to_owned(),
            lookup,
            started: now,
        }
    }

    /// The result of the lookup, which fails after `limit`.
    fn answer(&self, now: Time, limit: Time) -> Option<io::Result<SocketAddr>> {
        self.lookup.answer().or_else(|| {
            let text = "the name servers did not answer in time";
            (now >= self.started + limit)
                .then(|| Err(io::Error::new(io::ErrorKind::TimedOut, text)))
        })
    }

    fn error(self, error: io::Error) -> NameError {
        NameError::Resolve {
            host: self.host,
            error,
        }
    }
}

impl Names {
    /// Whether something waits.
    pub(super) fn is_waiting(&self) -> bool {
        self.attempt.is_some() || !self.raw.is_empty()
    }

    /// Whether [`Connection::next_name_error`] has something to tell.
    pub(super) fn has_failed(&self) -> bool {
        !self.failed.is_empty()
    }

    /// Has an attempt to connect wait for an address.
    pub(super) fn await_address(
        &mut self,
        now: Time,
        peer: PeerId,
        host: &str,
        port: u16,
        lookup: Lookup,
    ) {
        let pending = Pending::new(now, host, lookup);
        self.attempt = Some(Attempt {
            peer,
            port,
            pending,
        });
    }

    /// Has a datagram wait together with others for the same name; false if none do.
    pub(super) fn join_waiting(
        &mut self,
        host: &str,
        port: u16,
        data: &[u8],
    ) -> Result<bool, RawSendError> {
        let Some(index) = self.raw.iter().position(|raw| raw.pending.host == host) else {
            return Ok(false);
        };
        self.check_room(host, data.len())?;
        self.raw[index].datagrams.push((port, data.to_vec()));
        Ok(true)
    }

    /// Has a datagram wait for an address.
    pub(super) fn keep(
        &mut self,
        now: Time,
        host: &str,
        port: u16,
        data: &[u8],
        lookup: Lookup,
    ) -> Result<(), RawSendError> {
        self.check_room(host, data.len())?;
        if self.raw.len() >= MAX_NAMES {
            return Err(RawSendError::TooManyWait(host.to_owned()));
        }
        self.raw.push(RawToName {
            pending: Pending::new(now, host, lookup),
            datagrams: vec![(port, data.to_vec())],
        });
        Ok(())
    }

    fn check_room(&self, host: &str, size: usize) -> Result<(), RawSendError> {
        let waiting = self.raw.iter().flat_map(|raw| &raw.datagrams);
        let bytes: usize = waiting.clone().map(|(_, data)| data.len()).sum();
        match waiting.count() < MAX_DATAGRAMS && bytes + size <= MAX_BYTES {
            true => Ok(()),
            false => Err(RawSendError::TooManyWait(host.to_owned())),
        }
    }
}

impl Connection {
    /// Whether a peer's host name is still being resolved, and then the remote's port. Its address is not known
    /// meanwhile.
    pub fn resolving_port(&self, peer: PeerId) -> Option<u16> {
        let attempt = self.names.attempt.as_ref()?;
        (attempt.peer == peer && self.is_active_peer(peer)).then_some(attempt.port)
    }

    /// The next thing that was not done for want of an address, oldest first.
    pub fn next_name_error(&mut self) -> Option<NameError> {
        self.names.failed.pop_front()
    }

    /// Goes on with what waited for addresses that are known now.
    pub(super) fn settle_names(&mut self, now: Time) {
        if self.names.is_waiting() {
            self.settle_waiting_names(now);
        }
    }

    #[cold]
    fn settle_waiting_names(&mut self, now: Time) {
        self.settle_attempt(now);
        self.settle_raw(now);
    }

    fn settle_attempt(&mut self, now: Time) {
        let Some(attempt) = self.names.attempt.take() else {
            return;
        };
        let Some(host) = &mut self.host else {
            return;
        };
        // A script may have ended the attempt.
        if !self.members.is_active(attempt.peer) {
            return;
        }
        let limit = self.connect_timeout.map_or(LIMIT, |it| it.min(LIMIT));
        match attempt.pending.answer(now, limit) {
            None => self.names.attempt = Some(attempt),
            Some(Ok(address)) => host.set_address(now, attempt.peer, address),
            Some(Err(error)) => {
                host.fail(now, attempt.peer, Cause::Unresolved);
                self.names.failed.push_back(attempt.pending.error(error));
            }
        }
    }

    fn settle_raw(&mut self, now: Time) {
        for raw in std::mem::take(&mut self.names.raw) {
            match raw.pending.answer(now, LIMIT) {
                None => self.names.raw.push(raw),
                Some(Ok(address)) => self.send_waiting(now, raw, address),
                Some(Err(error)) => self.names.failed.push_back(raw.pending.error(error)),
            }
        }
    }

    fn send_waiting(&mut self, now: Time, raw: RawToName, mut address: SocketAddr) {
        let Some(host) = &mut self.host else {
            return;
        };
        for (port, data) in raw.datagrams {
            address.set_port(port);
            if let Err(error) = host.send_raw(now, address, &data) {
                self.names.failed.push_back(NameError::Send {
                    host: raw.pending.host,
                    error,
                });
                // The others go to the same address.
                return;
            }
        }
    }
}
