//! All of a host but its socket: the engine, and the encryption below it.

use std::collections::VecDeque;
use std::net::SocketAddr;

use enet_codec::Codec;
use enet_dtls::{Dtls, DtlsEvent, FailedHandshake};
use enet_proto::{
    Admission, DEFAULT_MTU, Enet, MAX_DATAGRAM_SIZE, MIN_DATAGRAM_SIZE, PeerId, Time, datagram,
};

use super::Totals;
use super::line::{Line, Sent};

/// Failed sessions that wait to be asked for.
const MAX_FAILED: usize = 16;

pub struct Endpoint {
    pub engine: Enet,
    pub codec: Option<Box<dyn Codec + Send>>,
    pub undecoded: u64,
    scratch: Vec<u8>,
    pub dtls: Option<Box<Dtls>>,
    pub totals: Totals,
    failed: VecDeque<FailedHandshake>,
    /// The time of the last call, for what has none of its own.
    pub latest: Time,
    plain: Vec<u8>,
}

impl Endpoint {
    pub fn new(engine: Enet) -> Self {
        Self {
            engine,
            codec: None,
            undecoded: 0,
            scratch: Vec::new(),
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
        let (codec, undecoded) = (&mut self.codec, &mut self.undecoded);
        let scratch = &mut self.scratch;
        let has_checksum = engine.has_checksum();
        let mut take = |from, datagram: &[u8]| {
            totals.received_datagrams += 1;
            totals.received_bytes += datagram.len() as u64;
            if (MIN_DATAGRAM_SIZE..=MAX_DATAGRAM_SIZE).contains(&datagram.len()) {
                if !datagram::is_compressed(datagram) {
                    engine.receive(now, from, datagram);
                } else if let Some(room) = engine.decompressed_room(from, datagram) {
                    let is_plain = datagram::decompress(
                        datagram,
                        has_checksum,
                        room,
                        scratch,
                        |packed, plain| codec.as_mut()?.decompress(packed, plain),
                    );
                    *undecoded += u64::from(!is_plain);
                    if is_plain {
                        engine.receive_decompressed(now, from, scratch, datagram.len());
                    }
                }
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
            if dtls.wants_peers(now) {
                let mut in_use = Vec::new();
                self.engine
                    .each_address(&mut |address| in_use.push(address));
                dtls.sweep(now, &in_use);
            }
            dtls.service(now);
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

    /// When [`Endpoint::work`] has something to do.
    pub fn next_timer(&self) -> Time {
        let timer = self.engine.next_timer();
        let below = self.dtls.as_ref().and_then(|dtls| dtls.next_timer());
        below.map_or(timer, |below| timer.min(below))
    }

    /// The next datagram for the socket, in exchange for a buffer.
    pub fn next_datagram(&mut self, now: Time, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        if self.dtls.is_none() {
            return self.next_packed(datagram);
        }
        loop {
            let dtls = self.dtls.as_mut()?;
            if let Some(to) = dtls.next_datagram(datagram) {
                return Some(to);
            }
            let mut plain = std::mem::take(&mut self.plain);
            let to = self.next_packed(&mut plain);
            self.plain = plain;
            let to = to?;
            let Some(dtls) = &mut self.dtls else {
                return None;
            };
            if dtls.send(now, to, &self.plain) {
                self.totals.sent_datagrams += 1;
                self.totals.sent_bytes += self.plain.len() as u64;
            }
        }
    }

    fn next_packed(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        let to = self.engine.next_datagram(datagram)?;
        if let Some(codec) = &mut self.codec {
            let has_checksum = self.engine.has_checksum();
            datagram::compress(
                datagram,
                has_checksum,
                &mut self.scratch,
                |plain, packed| codec.compress(plain, packed),
            );
        }
        Some(to)
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
        self.engine
            .set_mtu(DEFAULT_MTU - enet_dtls::OVERHEAD as u32);
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
    pub fn next_failed(&mut self) -> Option<FailedHandshake> {
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
