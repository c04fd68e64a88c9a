//! Copies of the datagrams that pass the socket, for captures and timelines. Sinks are called under the socket lock and
//! never under the state lock. Without a sink, a datagram costs a look at an empty option.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The way of a datagram, as this host sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// It was received.
    In,
    /// It was sent.
    Out,
}

/// How far a datagram is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Form {
    /// As it is on the wire.
    #[default]
    Wire,
    /// Without DTLS, whose handshakes are left out. Maybe compressed.
    Decrypted,
    /// Without DTLS and decompressed. One that cannot be decompressed stays compressed.
    Plain,
}

/// A datagram that passed the socket.
#[derive(Debug, Clone, Copy)]
pub struct Tapped<'a> {
    /// When the host read it or began to send it.
    pub time: Instant,
    /// Its way.
    pub direction: Direction,
    /// The remote's address.
    pub remote: SocketAddr,
    /// Its bytes in the [`Form`] of the sink.
    pub bytes: &'a [u8],
    /// The size of its UDP payload on the wire.
    pub wire_size: usize,
}

/// Takes copies of datagrams.
pub trait Sink: Send {
    /// Takes one. The host waits meanwhile, so this must only copy what it needs into a bounded queue.
    fn take(&mut self, datagram: &Tapped<'_>);
}

/// Names a sink of a host, to remove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SinkId(u64);

impl SinkId {
    /// One that no other sink has.
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// The bytes of a datagram in each form, as far as they are known at one place.
#[derive(Debug, Clone, Copy, Default)]
pub struct Forms<'a> {
    pub wire: Option<&'a [u8]>,
    pub decrypted: Option<&'a [u8]>,
    pub plain: Option<&'a [u8]>,
}

impl<'a> Forms<'a> {
    /// A datagram that is the same in each form.
    pub fn all(bytes: &'a [u8]) -> Self {
        Self {
            wire: Some(bytes),
            decrypted: Some(bytes),
            plain: Some(bytes),
        }
    }

    /// One that was sent without encryption, and what of it is ENet's.
    pub fn sent(wire: &'a [u8], own: &'a [u8]) -> Self {
        Self {
            wire: Some(wire),
            ..Self::all(own)
        }
    }

    fn get(&self, form: Form) -> Option<&'a [u8]> {
        match form {
            Form::Wire => self.wire,
            Form::Decrypted => self.decrypted,
            Form::Plain => self.plain,
        }
    }
}

/// What is known of a datagram on the wire.
#[derive(Debug, Clone, Copy)]
pub enum Wire<'a> {
    /// Its bytes.
    Bytes(&'a [u8]),
    /// By how much it is larger than before, but not its bytes.
    Larger(usize),
}

/// What an outbox holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Datagrams of the protocol that leave without encryption.
    Outbox,
    /// Encrypted ones.
    Sealed,
    /// Answers to requests that came past the encryption.
    Unencrypted,
}

/// The sinks of a host.
#[derive(Default)]
pub struct Tap {
    sinks: Vec<(SinkId, Form, Box<dyn Sink>)>,
    /// The datagrams of the outbox before they were compressed, and buffers of earlier ones behind them.
    staged: Vec<Vec<u8>>,
    staged_count: usize,
}

impl Tap {
    pub fn add(&mut self, id: SinkId, form: Form, sink: Box<dyn Sink>) {
        self.sinks.push((id, form, sink));
    }

    pub fn remove(&mut self, id: SinkId) -> Option<Box<dyn Sink>> {
        let index = self.sinks.iter().position(|(known, ..)| *known == id)?;
        Some(self.sinks.swap_remove(index).2)
    }

    pub fn is_empty(&self) -> bool {
        self.sinks.is_empty()
    }

    /// Hands a datagram to the sinks of the forms that are given.
    pub fn pass(
        &mut self,
        time: Instant,
        direction: Direction,
        remote: SocketAddr,
        wire_size: usize,
        forms: Forms<'_>,
    ) {
        for (_, form, sink) in &mut self.sinks {
            if let Some(bytes) = forms.get(*form) {
                sink.take(&Tapped {
                    time,
                    direction,
                    remote,
                    bytes,
                    wire_size,
                });
            }
        }
    }

    /// Keeps datagrams as they are before they are compressed.
    pub fn stage<'a>(&mut self, datagrams: impl Iterator<Item = &'a [u8]>) {
        self.staged_count = 0;
        if self.sinks.iter().all(|(_, form, _)| *form != Form::Plain) {
            return;
        }
        for datagram in datagrams {
            match self.staged.get_mut(self.staged_count) {
                Some(buffer) => {
                    buffer.clear();
                    buffer.extend_from_slice(datagram);
                }
                None => self.staged.push(datagram.to_vec()),
            }
            self.staged_count += 1;
        }
    }

    /// Hands a datagram to the sinks that is at an index of the outbox in question. Its last `suffix` bytes are none
    /// of ENet's, and are on the wire only.
    pub fn pass_from(
        &mut self,
        time: Instant,
        stage: Stage,
        index: usize,
        to: SocketAddr,
        bytes: &[u8],
        suffix: usize,
    ) {
        let own = &bytes[..bytes.len().saturating_sub(suffix)];
        match stage {
            Stage::Outbox => self.pass_sent(time, index, to, own, Wire::Bytes(bytes)),
            Stage::Sealed => {
                let forms = Forms {
                    wire: Some(bytes),
                    ..Forms::default()
                };
                self.pass(time, Direction::Out, to, bytes.len(), forms);
            }
            Stage::Unencrypted => {
                let forms = Forms::sent(bytes, own);
                self.pass(time, Direction::Out, to, bytes.len(), forms);
            }
        }
    }

    /// Hands a datagram of the protocol to the sinks, with its index among those of [`Tap::stage`].
    pub fn pass_sent(
        &mut self,
        time: Instant,
        index: usize,
        to: SocketAddr,
        bytes: &[u8],
        wire: Wire<'_>,
    ) {
        let staged = std::mem::take(&mut self.staged);
        let plain = staged[..self.staged_count].get(index);
        let (wire, wire_size) = match wire {
            Wire::Bytes(wire) => (Some(wire), wire.len()),
            Wire::Larger(added) => (None, bytes.len() + added),
        };
        let forms = Forms {
            wire,
            decrypted: Some(bytes),
            plain: Some(plain.map_or(bytes, Vec::as_slice)),
        };
        self.pass(time, Direction::Out, to, wire_size, forms);
        self.staged = staged;
    }
}
