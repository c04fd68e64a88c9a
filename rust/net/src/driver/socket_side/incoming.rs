//! The way in: reading, decryption, decompression.

use std::net::SocketAddr;
use std::time::Instant;

use enet_proto::{Time, datagram};

use super::SocketSide;
use crate::driver::inbox::Arrival;
use crate::driver::locks::{Rank, assert_not_held};
use crate::driver::tap::{Direction, Forms, Tap};
use crate::sessions::{OVERHEAD, is_application_data};

/// Results of a call of [`SocketSide::read`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Read {
    pub datagrams: usize,
    pub bytes: usize,
    /// Whether it stopped at its limit, so that more may wait.
    pub is_full: bool,
    pub has_failed: bool,
}

/// The thread that reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    Owner,
    Thread,
}

/// Which encrypted datagrams are processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshakes {
    /// All.
    Process,
    /// Only datagrams of established sessions. The first handshake datagram, and all behind it, wait for the
    /// thread: a handshake needs signatures, and the owner must not spend milliseconds in a poll.
    Defer,
}

impl SocketSide {
    /// Reads the socket until it is empty or one of the limits is reached. Datagrams that need neither
    /// decryption nor decompression are passed to `take` from the transport's own buffer: a copy would
    /// cost some 5 % of a large packet. `lock` is taken for all datagrams that one system call returned,
    /// and not during the call. Datagrams of banned senders are dropped before anything else is done with them. The other datagrams wait for [`SocketSide::decrypt`] and
    /// [`SocketSide::decompress`].
    pub fn read<G>(
        &mut self,
        max_datagrams: usize,
        max_bytes: usize,
        reader: Reader,
        is_banned: impl Fn(SocketAddr) -> bool,
        lock: impl Fn() -> G,
        mut take: impl FnMut(&mut G, Arrival<'_>),
    ) -> Read {
        assert_not_held(Rank::State);
        let mut read = Read::default();
        let inbox = &mut self.inbox;
        let wire = &mut self.report.wire;
        let is_encrypted = self.dtls.is_some();
        let tap = &mut self.tap;
        while !read.is_full {
            let mut guard = None;
            let take = &mut |from, datagram: &[u8]| {
                let wire_size = datagram.len();
                read.bytes += wire_size;
                wire.datagrams_in += 1;
                wire.bytes_in += wire_size as u64;
                if is_banned(from) {
                    return;
                }
                if let Some(tap) = tap {
                    let forms = Forms {
                        wire: Some(datagram),
                        decrypted: (!is_encrypted).then_some(datagram),
                        plain: None,
                    };
                    tap.pass(Instant::now(), Direction::In, from, wire_size, forms);
                }
                // One that waits holds up those behind it: a later packet would make it late. Sinks are not called
                // under the state lock, which the first that does not wait takes.
                let waits = is_encrypted
                    || tap.is_some()
                    || !inbox.is_empty()
                    || datagram::is_compressed(datagram);
                if waits {
                    inbox.push(from, datagram, wire_size);
                } else {
                    let arrival = Arrival {
                        from,
                        bytes: datagram,
                        wire_size,
                        sealed_size: wire_size,
                    };
                    take(guard.get_or_insert_with(&lock), arrival);
                }
            };
            let received = match reader {
                Reader::Owner => self.transport.receive_batch(take),
                Reader::Thread => self.transport.receive(take),
            };
            drop(guard);
            match received {
                Ok(0) => break,
                Ok(count) => read.datagrams += count,
                // The socket stays: its peers time out by themselves if it is really gone.
                Err(_) => {
                    self.report.sent.errors += 1;
                    read.has_failed = true;
                    break;
                }
            }
            if self.transport.is_drained() {
                break;
            }
            read.is_full = read.datagrams >= max_datagrams || read.bytes >= max_bytes;
        }
        read
    }

    /// Decrypts what was read, and with [`Handshakes::Process`] does what is due in the sessions.
    #[inline(never)]
    pub fn decrypt(&mut self, now: Time, handshakes: Handshakes) {
        assert_not_held(Rank::State);
        let Some(dtls) = &mut self.dtls else {
            return;
        };
        let plain = &mut self.step;
        let (unencrypted, codec) = (&mut self.unencrypted, &mut self.codec);
        let tap = &mut self.tap;
        let (is_server, has_checksum) = (!dtls.is_client(), self.has_checksum);
        let mut decompress = |bytes: &[u8], plain: &mut Vec<u8>| {
            let codec = |packed: &[u8], plain: &mut [u8]| codec.as_mut()?.decompress(packed, plain);
            datagram::decompress(bytes, has_checksum, datagram::CONNECT_ROOM, plain, codec)
        };
        let mut open = |arrival: Arrival<'_>| {
            let wire_size = arrival.bytes.len();
            let mut pass = |from, forms: Forms<'_>| {
                if let Some(tap) = tap {
                    tap.pass(Instant::now(), Direction::In, from, wire_size, forms);
                }
            };
            if is_server && unencrypted.take(arrival, &mut decompress) {
                let forms = Forms {
                    wire: None,
                    ..Forms::all(arrival.bytes)
                };
                return pass(arrival.from, forms);
            }
            let mut sealed = arrival.bytes.len();
            dtls.receive(now, arrival.from, arrival.bytes, &mut |from, bytes| {
                let forms = Forms {
                    decrypted: Some(bytes),
                    ..Forms::default()
                };
                pass(from, forms);
                plain.push_opened(from, bytes, bytes.len(), std::mem::take(&mut sealed));
            });
        };
        match handshakes {
            Handshakes::Process => {
                self.deferred.iter().for_each(&mut open);
                self.deferred.clear();
                self.inbox.iter().for_each(&mut open);
                dtls.service(now);
            }
            Handshakes::Defer => {
                for arrival in self.inbox.iter() {
                    if self.deferred.is_empty() && is_application_data(arrival.bytes) {
                        open(arrival);
                    } else {
                        let Arrival { from, bytes, .. } = arrival;
                        self.deferred.push(from, bytes, bytes.len());
                    }
                }
            }
        }
        std::mem::swap(&mut self.inbox, &mut self.step);
        self.step.clear();
        self.note_sessions();
    }

    /// Whether [`SocketSide::decompress`] has something to do.
    pub fn has_compressed(&self) -> bool {
        self.inbox
            .iter()
            .any(|arrival| datagram::is_compressed(arrival.bytes))
    }

    /// Datagrams that were read, and not dropped since.
    pub fn arrivals(&self) -> impl Iterator<Item = Arrival<'_>> {
        self.inbox.iter()
    }

    /// Requests to connect that came past the encryption, since [`SocketSide::clear_arrivals`].
    pub fn unencrypted(&self) -> impl Iterator<Item = Arrival<'_>> {
        self.unencrypted.requests()
    }

    /// Asks for each datagram how many bytes its payload may become at most: `None` for those that are
    /// not to be decompressed.
    pub fn ask_rooms(&mut self, ask: impl FnMut(Arrival<'_>) -> Option<usize>) {
        self.rooms.clear();
        self.rooms.extend(self.inbox.iter().map(ask));
    }

    /// Shows the tap what arrived, if nothing of it is compressed. [`SocketSide::decompress`] does otherwise.
    #[inline(never)]
    pub fn tap_plain(&mut self) {
        let Some(tap) = &mut self.tap else {
            return;
        };
        assert_not_held(Rank::State);
        let overhead = if self.dtls.is_some() { OVERHEAD } else { 0 };
        let time = Instant::now();
        for arrival in self.inbox.iter() {
            pass_plain(tap, time, arrival, arrival.bytes, overhead);
        }
    }

    /// Decompresses what is compressed, after [`SocketSide::ask_rooms`].
    #[inline(never)]
    pub fn decompress(&mut self) {
        assert_not_held(Rank::State);
        let (codec, has_checksum) = (&mut self.codec, self.has_checksum);
        let overhead = if self.dtls.is_some() { OVERHEAD } else { 0 };
        let mut tap = self.tap.as_deref_mut().map(|tap| (tap, Instant::now()));
        for (arrival, room) in self.inbox.iter().zip(&self.rooms) {
            let Arrival {
                from,
                bytes,
                wire_size,
                sealed_size,
            } = arrival;
            if !datagram::is_compressed(bytes) {
                if let Some((tap, time)) = &mut tap {
                    pass_plain(tap, *time, arrival, bytes, overhead);
                }
                self.step.push_opened(from, bytes, wire_size, sealed_size);
                continue;
            }
            let plain = &mut self.scratch;
            let is_plain = room.is_some_and(|room| {
                datagram::decompress(bytes, has_checksum, room, plain, |packed, plain| {
                    codec.as_mut()?.decompress(packed, plain)
                })
            });
            if room.is_some()
                && !is_plain
                && let Some(start) = bytes.first_chunk()
            {
                self.report.undecoded.push((from, *start));
            }
            if let Some((tap, time)) = &mut tap {
                let shown = if is_plain { plain.as_slice() } else { bytes };
                pass_plain(tap, *time, arrival, shown, overhead);
            }
            let bytes = if is_plain { plain.as_slice() } else { &[] };
            self.step.push_opened(from, bytes, wire_size, sealed_size);
        }
        std::mem::swap(&mut self.inbox, &mut self.step);
        self.step.clear();
    }

    /// Forgets what was read.
    pub fn clear_arrivals(&mut self) {
        self.inbox.clear();
        self.unencrypted.clear();
    }
}

/// Shows a datagram that arrived in [`Form::Plain`].
fn pass_plain(tap: &mut Tap, time: Instant, arrival: Arrival<'_>, bytes: &[u8], overhead: usize) {
    let forms = Forms {
        plain: Some(bytes),
        ..Forms::default()
    };
    let wire_size = arrival.wire_size + overhead;
    tap.pass(time, Direction::In, arrival.from, wire_size, forms);
}
