//! The socket, and what a datagram passes between it and the protocol: the codec and the encrypted
//! sessions. Everything here that may take long runs without the
//! state lock, which debug builds assert.

use enet_codec::Codec;
use enet_proto::Time;

use super::inbox::Inbox;
use super::locks::{Rank, assert_not_held};
use super::outbox::Outbox;
use super::tap::{Form, Sink, SinkId, Tap};
use super::unencrypted::Unencrypted;
use crate::Transport;
use crate::sessions::Dtls;

mod incoming;
mod outgoing;
mod report;

pub use incoming::{Handshakes, Read, Reader};
pub use outgoing::Packing;
pub use report::{Report, WireTotals};

/// The content of the socket lock.
pub struct SocketSide {
    pub transport: Box<dyn Transport>,
    codec: Option<Box<dyn Codec + Send>>,
    dtls: Option<Box<Dtls>>,
    has_checksum: bool,
    /// What follows each datagram that leaves, outside of everything else.
    suffix: Box<[u8]>,
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

impl SocketSide {
    pub fn new(transport: Box<dyn Transport>, has_checksum: bool) -> Self {
        Self {
            transport,
            codec: None,
            dtls: None,
            has_checksum,
            suffix: Box::default(),
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

    pub fn set_suffix(&mut self, suffix: &[u8]) {
        self.suffix = suffix.into();
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

    fn note_sessions(&mut self) {
        if let Some(dtls) = &mut self.dtls {
            let events = &mut self.report.events;
            events.extend(std::iter::from_fn(|| dtls.next_event()));
            self.report.sessions = Some(dtls.sessions());
        }
    }

    /// Events and counts since the last call, for [`Driver::apply`](super::Driver::apply) to take.
    pub fn report(&mut self) -> &mut Report {
        self.report.mishap = self.transport.take_mishap();
        &mut self.report
    }
}
