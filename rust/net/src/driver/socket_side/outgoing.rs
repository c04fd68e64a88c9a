//! The way out: compression, encryption, sending.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use enet_proto::{PeerId, Time, datagram};

use super::SocketSide;
use crate::driver::locks::{Rank, assert_not_held};
use crate::driver::tap::{Direction, Forms, Stage};
use crate::sessions::OVERHEAD;

/// How compression and encryption change the size of a datagram on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Packing {
    pub peer: PeerId,
    /// Bytes that the codec saved.
    pub saved: usize,
    /// Bytes that encryption added.
    pub added: usize,
}

impl SocketSide {
    /// Takes datagrams of the protocol: see [`Outbox::fill`].
    pub fn take_datagrams(
        &mut self,
        mut next: impl FnMut(&mut Vec<u8>) -> Option<(PeerId, SocketAddr)>,
    ) -> bool {
        let packings = &mut self.packings;
        packings.clear();
        let are_packed = self.codec.is_some() || self.dtls.is_some();
        self.outbox.fill(|buffer| {
            let (peer, to) = next(buffer)?;
            if are_packed {
                packings.push(Packing {
                    peer,
                    saved: 0,
                    added: 0,
                });
            }
            Some(to)
        })
    }

    /// How the sizes of the datagrams changed that [`SocketSide::transmit`] just sent.
    pub fn packings(&self) -> &[Packing] {
        &self.packings
    }

    /// The same for datagrams that leave without encryption.
    pub fn take_unencrypted(
        &mut self,
        next: impl FnMut(&mut Vec<u8>) -> Option<SocketAddr>,
    ) -> bool {
        self.dtls.is_some() && self.unencrypted.fill(next)
    }

    /// Whether [`SocketSide::transmit`] may have something to send.
    pub fn has_output(&self) -> bool {
        !self.outbox.is_empty() || self.dtls.is_some()
    }

    /// Compresses, encrypts and sends what was taken, and what the sessions have to send.
    pub fn transmit(&mut self, now: Time) {
        assert_not_held(Rank::State);
        self.compress();
        let mut tap = self.tap.as_deref_mut();
        let Some(dtls) = &mut self.dtls else {
            let tapped = tap.map(|tap| (tap, Stage::Outbox));
            let sent = self.outbox.send(&mut *self.transport, tapped);
            self.report.sent.add(sent);
            self.report.wire.add_sent(sent);
            return;
        };
        // Counted before encryption, without the datagrams of handshakes.
        let sent = &mut self.report.sent;
        let mut packings = self.packings.iter_mut();
        for (index, (to, datagram)) in self.outbox.iter_mut().enumerate() {
            let packing = packings.next();
            if let Some(sealed) = dtls.seal(now, to, datagram) {
                sent.datagrams += 1;
                sent.bytes += datagram.len() as u64;
                if let Some(packing) = packing {
                    packing.added = sealed.saturating_sub(datagram.len());
                }
                if let Some(tap) = &mut tap {
                    tap.pass_sent(Instant::now(), index, to, datagram, Some(OVERHEAD));
                }
            }
        }
        self.outbox.clear();
        loop {
            let is_full = self.sealed.fill(|buffer| dtls.next_datagram(buffer));
            let tapped = tap.as_deref_mut().map(|tap| (tap, Stage::Sealed));
            let sealed = self.sealed.send(&mut *self.transport, tapped);
            self.report.sent.errors += sealed.errors;
            self.report.wire.add_sent(sealed);
            if !is_full {
                break;
            }
        }
        let tapped = tap.map(|tap| (tap, Stage::Unencrypted));
        let sent = self.unencrypted.send(&mut *self.transport, tapped);
        self.report.sent.errors += sent.errors;
        self.report.wire.add_sent(sent);
        self.note_sessions();
    }

    /// Sends a datagram of the caller's own, of a host that does not encrypt.
    pub fn send_raw(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        assert_not_held(Rank::State);
        let time = Instant::now();
        self.transport.send(to, datagram)?;
        if let Some(tap) = &mut self.tap {
            let forms = Forms::all(datagram);
            tap.pass(time, Direction::Out, to, datagram.len(), forms);
        }
        Ok(())
    }

    fn compress(&mut self) {
        if let Some(tap) = &mut self.tap {
            let changing = if self.codec.is_some() { usize::MAX } else { 0 };
            let datagrams = self.outbox.iter_mut().take(changing);
            tap.stage(datagrams.map(|(_, datagram)| &**datagram));
        }
        let Some(codec) = &mut self.codec else {
            return;
        };
        let scratch = &mut self.scratch;
        let mut packings = self.packings.iter_mut();
        for (_, datagram) in self.outbox.iter_mut() {
            let plain = datagram.len();
            datagram::compress(datagram, self.has_checksum, scratch, |plain, packed| {
                codec.compress(plain, packed)
            });
            let saved = plain - datagram.len();
            self.report.codec_saved += saved as u64;
            if let Some(packing) = packings.next() {
                packing.saved = saved;
            }
        }
    }
}
