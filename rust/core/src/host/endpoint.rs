//! All of a host but its socket: the engine, and the encryption below it.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::Totals;
use super::line::{Line, Sent};
use crate::dtls::{self, Dtls, DtlsEvent, Failed};
use crate::engine::{Admission, DEFAULT_MTU, MAX_DATAGRAM_SIZE, MIN_DATAGRAM_SIZE};
use crate::{Engine, PeerId, Time};

/// Failed sessions that wait to be asked for.
const MAX_FAILED: usize = 16;

pub struct Endpoint {
    pub engine: Box<dyn Engine>,
    pub dtls: Option<Box<Dtls>>,
    pub totals: Totals,
    failed: VecDeque<Failed>,
    /// The time of the last call, for what has none of its own.
    pub latest: Time,
    plain: Vec<u8>,
}

impl Endpoint {
    pub fn new(engine: Box<dyn Engine>) -> Self {
        Self {
            engine,
            dtls: None,
            totals: Totals::default(),
            failed: VecDeque::new(),
            latest: Time::ZERO,
            plain: Vec::new(),
        }
    }

    /// Takes in one datagram.
    pub fn take(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        let (engine, totals) = (&mut self.engine, &mut self.totals);
        let mut take = |from, datagram: &[u8]| {
            totals.received_datagrams += 1;
            totals.received_bytes += datagram.len() as u64;
            if (MIN_DATAGRAM_SIZE..=MAX_DATAGRAM_SIZE).contains(&datagram.len()) {
                engine.receive(now, from, datagram);
            } else {
                totals.dropped_datagrams += 1;
            }
        };
        match &mut self.dtls {
            Some(dtls) => dtls.receive(now, from, datagram, &mut take),
            None => take(from, datagram),
        }
    }

    /// Does what is due, below the protocol and in it.
    pub fn work(&mut self, now: Time) {
        self.latest = self.latest.max(now);
        if let Some(dtls) = &mut self.dtls {
            let engine = &self.engine;
            dtls.service(now, &|each| engine.each_address(each));
        }
        self.heed_sessions(now);
        self.engine.service(now);
    }

    /// Tells the engine what became of the encrypted sessions.
    fn heed_sessions(&mut self, now: Time) {
        while let Some(event) = self.dtls.as_mut().and_then(|dtls| dtls.next_event()) {
            match event {
                DtlsEvent::Ready(address) => self.engine.go_on(now, address),
                DtlsEvent::Ended(address) => self.engine.lose(address),
                DtlsEvent::Failed(failed) => {
                    if failed.is_client {
                        self.engine.lose(failed.address);
                    }
                    if self.failed.len() < MAX_FAILED {
                        self.failed.push_back(failed);
                    }
                }
            }
        }
    }

    /// When [`Endpoint::work`] has something to do, if the engine knows.
    pub fn next_timer(&self) -> Option<Time> {
        let below = self.dtls.as_ref().and_then(|dtls| dtls.next_timer());
        match (self.engine.next_timer(), below) {
            (Some(timer), Some(below)) => Some(timer.min(below)),
            (timer, _) => timer,
        }
    }

    /// The next datagram for the socket, in exchange for a buffer.
    pub fn next_datagram(&mut self, now: Time, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        let Some(dtls) = &mut self.dtls else {
            return self.engine.next_datagram(datagram);
        };
        loop {
            if let Some(to) = dtls.next_datagram(datagram) {
                return Some(to);
            }
            let to = self.engine.next_datagram(&mut self.plain)?;
            if dtls.send(now, to, &self.plain) {
                self.totals.sent_datagrams += 1;
                self.totals.sent_bytes += self.plain.len() as u64;
            }
        }
    }

    /// Sends what is ready.
    pub fn send(&mut self, line: &mut Line, now: Time) {
        let sent = line.send(|datagram| self.next_datagram(now, datagram));
        self.count(sent);
    }

    /// Counts what left.
    pub fn count(&mut self, sent: Sent) {
        self.totals.socket_errors += sent.errors;
        // Encrypted ones were counted before.
        if self.dtls.is_none() {
            self.totals.sent_datagrams += sent.datagrams;
            self.totals.sent_bytes += sent.bytes;
        }
    }

    /// See [`super::Host::connect`].
    pub fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        let peer = self.engine.connect(now, address, channels, data)?;
        if let Some(dtls) = &mut self.dtls
            && dtls.connect(now, address)
        {
            self.engine.go_on(now, address);
        }
        Some(peer)
    }

    /// See [`super::Host::encrypt`].
    pub fn encrypt(&mut self, now: Time, mut dtls: Dtls) {
        // With what encryption adds, datagrams are as large as they were.
        self.engine.set_mtu(DEFAULT_MTU - dtls::OVERHEAD as u32);
        if dtls.is_client() {
            self.engine.hold();
            let mut addresses = Vec::new();
            self.engine
                .each_address(&mut |address| addresses.push(address));
            for address in addresses {
                dtls.connect(now, address);
            }
        }
        self.dtls = Some(Box::new(dtls));
    }

    /// See [`super::Host::next_failed`].
    pub fn next_failed(&mut self) -> Option<Failed> {
        self.failed.pop_front()
    }

    /// See [`super::Host::set_admission`].
    pub fn set_admission(&mut self, admission: Admission) {
        self.engine.set_admission(admission);
        if let Some(dtls) = &mut self.dtls {
            dtls.refuse(admission == Admission::Nobody);
        }
    }
}
