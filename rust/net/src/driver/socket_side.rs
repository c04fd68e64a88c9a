//! The socket, and what a datagram passes between it and the protocol: the codec and the encrypted
//! sessions. Everything here that may take long runs without the
//! state lock, which debug builds assert.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use enet_codec::Codec;
use enet_proto::{PeerId, Time, datagram};

use super::inbox::{Arrival, Inbox};
use super::locks::{Rank, assert_not_held};
use super::outbox::{Outbox, Sent};
use super::tap::{Direction, Form, Forms, Sink, SinkId, Stage, Tap};
use super::unencrypted::Unencrypted;
use crate::Transport;
use crate::sessions::{Dtls, DtlsEvent, OVERHEAD, Sessions, is_application_data};

/// The content of the socket lock.
pub struct SocketSide {
    pub transport: Box<dyn Transport>,
    codec: Option<Box<dyn Codec + Send>>,
    dtls: Option<Box<Dtls>>,
    has_checksum: bool,
    /// Datagrams from the socket.
    inbox: Inbox,
    /// Handshakes that the owner read and left to the thread, with everything behind them.
    deferred: Inbox,
    /// The other end of each step that turns one inbox into another.
    step: Inbox,
    outbox: Outbox,
    /// Whose each datagram of the outbox is, and how its size changes, where it does.
    packings: Vec<Packing>,
    /// Encrypted datagrams, and those of handshakes.
    sealed: Outbox,
    unencrypted: Unencrypted,
    scratch: Vec<u8>,
    rooms: Vec<Option<usize>>,
    report: Report,
    /// `None` while nobody listens.
    tap: Option<Box<Tap>>,
}

/// How compression and encryption change the size of a datagram on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Packing {
    pub peer: PeerId,
    /// Bytes that the codec saved.
    pub saved: usize,
    /// Bytes that encryption added.
    pub added: usize,
}

/// Events and counts since the last [`SocketSide::take_report`], for the state.
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

    fn add_sent(&mut self, sent: Sent) {
        self.bytes_out += sent.bytes;
        self.datagrams_out += sent.datagrams;
    }
}

impl Report {
    /// Whether it tells of something that a user may have to know.
    pub fn has_trouble(&self) -> bool {
        !self.undecoded.is_empty()
            || (self.events.iter())
                .any(|event| matches!(event, DtlsEvent::Failed(_) | DtlsEvent::Slow(_)))
    }
}

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
    pub fn new(transport: Box<dyn Transport>, has_checksum: bool) -> Self {
        Self {
            transport,
            codec: None,
            dtls: None,
            has_checksum,
            inbox: Inbox::default(),
            deferred: Inbox::default(),
            step: Inbox::default(),
            outbox: Outbox::default(),
            packings: Vec::new(),
            sealed: Outbox::default(),
            unencrypted: Unencrypted::default(),
            scratch: Vec::new(),
            rooms: Vec::new(),
            report: Report::default(),
            tap: None,
        }
    }

    /// Chooses the codec. Datagrams that the protocol has made are compressed with the old one: the
    /// caller has sent them.
    pub fn set_codec(&mut self, codec: Option<Box<dyn Codec + Send>>) {
        self.codec = codec;
    }

    pub fn set_dtls(&mut self, dtls: Dtls) {
        self.dtls = Some(Box::new(dtls));
    }

    /// Adds a listener to the datagrams.
    pub fn add_sink(&mut self, id: SinkId, form: Form, sink: Box<dyn Sink>) {
        self.tap.get_or_insert_default().add(id, form, sink);
    }

    /// Removes one. The caller drops it without the lock.
    pub fn remove_sink(&mut self, id: SinkId) -> Option<Box<dyn Sink>> {
        let tap = self.tap.as_mut()?;
        let sink = tap.remove(id);
        if tap.is_empty() {
            self.tap = None;
        }
        sink
    }

    /// The encrypted sessions, if there can be any.
    pub fn dtls(&mut self) -> Option<&mut Dtls> {
        assert_not_held(Rank::State);
        self.dtls.as_deref_mut()
    }

    /// Whether handshakes wait for the thread.
    pub fn has_deferred(&self) -> bool {
        !self.deferred.is_empty()
    }

    /// When a session or the transport has something to do next.
    pub fn next_timer(&self) -> Option<Time> {
        let session = self.dtls.as_ref().and_then(|dtls| dtls.next_timer());
        let held = self.transport.next_due();
        [session, held].into_iter().flatten().min()
    }

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

    fn note_sessions(&mut self) {
        if let Some(dtls) = &mut self.dtls {
            let events = &mut self.report.events;
            events.extend(std::iter::from_fn(|| dtls.next_event()));
            self.report.sessions = Some(dtls.sessions());
        }
    }

    /// Takes events and counts since the last call.
    pub fn take_report(&mut self) -> Report {
        std::mem::take(&mut self.report)
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

impl Sent {
    fn add(&mut self, more: Self) {
        self.datagrams += more.datagrams;
        self.bytes += more.bytes;
        self.errors += more.errors;
    }
}
