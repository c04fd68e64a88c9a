//! The protocol, and what its owner and its thread both know.

use std::collections::{HashSet, VecDeque};
use std::net::SocketAddr;

use enet_proto::{
    Admission, Cause, Drops, Host, Limits, MAX_DATAGRAM_SIZE, MIN_DATAGRAM_SIZE, PeerId, PeerState,
    Time, datagram,
};

use super::inbox::Arrival;
use super::schedule::Schedule;
use super::socket_side::{Report, WireTotals};
use crate::Mishap;
use crate::gaps::Gaps;
use crate::host::{SocketTrouble, Totals};
use crate::netem::Emulator;
use crate::sessions::{
    DtlsEvent, DtlsLimits, FailedHandshake, Sessions, dropped_handshakes, dtls_limits,
};

/// Failed handshakes that wait for [`Encryption::next_failed`], at most.
const MAX_FAILED: usize = 16;

/// The content of the state lock.
pub struct State {
    pub host: Host,
    pub schedule: Schedule,
    pub totals: Totals,
    /// Datagrams as they came and went, with encryption and handshakes.
    pub wire: WireTotals,
    /// Bytes that the codec saved of received datagrams, and of sent ones.
    pub codec_saved: [u64; 2],
    /// Encrypted handshakes that were completed.
    pub handshakes: u64,
    /// The times between sends.
    pub sends: Gaps,
    /// Compressed datagrams that the codec could not decompress.
    pub undecoded: u64,
    /// Requests to connect without encryption to this side, which encrypts, and the sender of the last one.
    pub unencrypted: (u64, Option<SocketAddr>),
    /// What was dropped before the protocol saw it.
    pub drops: Drops,
    /// What happened to the socket as a whole.
    pub socket_trouble: SocketTrouble,
    pub encryption: Option<Encryption>,
    /// The emulated network, once there was one.
    pub emulator: Option<Emulator>,
    /// The latest time of a call, for calls that have none.
    pub latest: Time,
    /// Whether the owner blocks until an event happens.
    pub is_awaited: bool,
}

/// News of the encrypted sessions, exchanged between the owner and whoever runs the sessions.
#[derive(Debug, Default)]
pub struct Encryption {
    pub is_client: bool,
    pub sessions: Sessions,
    failed: VecDeque<FailedHandshake>,
    orders: Orders,
}

/// Orders of the owner for the sessions.
#[derive(Debug, Default)]
pub struct Orders {
    /// Addresses to begin a session with.
    pub connect: Vec<SocketAddr>,
    /// Whether new sessions are refused.
    pub refuse: bool,
    /// Limits that have changed.
    pub limits: Option<DtlsLimits>,
}

impl Encryption {
    pub fn new(is_client: bool, refuse: bool) -> Self {
        Self {
            is_client,
            orders: Orders {
                refuse,
                ..Orders::default()
            },
            ..Self::default()
        }
    }

    /// Takes the owner's orders. A refusal stays in force.
    pub fn take_orders(&mut self) -> Orders {
        let refuse = self.orders.refuse;
        let orders = std::mem::take(&mut self.orders);
        self.orders.refuse = refuse;
        orders
    }

    fn push_failed(&mut self, failed: FailedHandshake) {
        if self.failed.len() < MAX_FAILED {
            self.failed.push_back(failed);
        }
    }

    /// See [`crate::Host::next_failed`].
    pub fn next_failed(&mut self) -> Option<FailedHandshake> {
        self.failed.pop_front()
    }
}

impl State {
    pub fn new(host: Host) -> Self {
        Self {
            host,
            schedule: Schedule::default(),
            totals: Totals::default(),
            wire: WireTotals::default(),
            codec_saved: [0; 2],
            handshakes: 0,
            sends: Gaps::default(),
            undecoded: 0,
            unencrypted: (0, None),
            drops: Drops::default(),
            socket_trouble: SocketTrouble::default(),
            encryption: None,
            emulator: None,
            latest: Time::ZERO,
            is_awaited: false,
        }
    }

    /// Hands a plain datagram to the protocol.
    pub fn receive(&mut self, now: Time, arrival: Arrival<'_>) {
        let Arrival {
            from,
            bytes,
            wire_size,
            sealed_size,
        } = arrival;
        self.totals.received_datagrams += 1;
        self.totals.received_bytes += wire_size as u64;
        if !is_sound(wire_size) {
            self.totals.dropped_datagrams += 1;
        } else if !bytes.is_empty() {
            self.codec_saved[0] += bytes.len().saturating_sub(wire_size) as u64;
            (self.host).receive_packed(now, from, bytes, wire_size, sealed_size);
        }
    }

    /// Hands the protocol a datagram that came past the encryption. True if its sender wants to connect.
    #[inline(never)]
    pub fn refuse_unencrypted(&mut self, now: Time, arrival: Arrival<'_>) -> bool {
        let Arrival {
            from,
            bytes,
            wire_size,
            ..
        } = arrival;
        if !is_sound(wire_size) || !(self.host).refuse_unencrypted(now, from, bytes, wire_size) {
            return false;
        }
        self.unencrypted = (self.unencrypted.0 + 1, Some(from));
        true
    }

    /// Most bytes that a datagram's payload may become, if it is to be decompressed.
    pub fn decompressed_room(&mut self, arrival: Arrival<'_>) -> Option<usize> {
        if !is_sound(arrival.wire_size) {
            return None;
        }
        let room = self.host.decompressed_room(arrival.from, arrival.bytes);
        if room.is_none() && datagram::is_compressed(arrival.bytes) {
            self.host.note_stranger();
        }
        room
    }

    /// Counts a datagram that was sent past the protocol.
    pub fn count_raw(&mut self, now: Time, size: usize) {
        self.wire.datagrams_out += 1;
        self.wire.bytes_out += size as u64;
        self.sends.note(now);
    }

    /// Whether the protocol has something for the owner: an event, or a connector that waits to be judged.
    pub fn has_news(&self) -> bool {
        self.host.has_events() || self.host.has_requests()
    }

    /// Datagrams that arrived or left since the host was made.
    pub fn moved(&self) -> u64 {
        self.totals.received_datagrams + self.totals.sent_datagrams
    }

    /// The owner looks at the host: connectors that waited for that are answered. True if something may have to leave.
    pub fn attend(&mut self, now: Time) -> bool {
        self.host.set_attended(now, true)
    }

    /// Has connectors wait if the owner does not look at the host.
    pub fn judge_attendance(&mut self, now: Time) {
        // Only the owner ends the wait.
        if !self.schedule.is_attended(now) {
            self.host.set_attended(now, false);
        }
    }

    /// The thread's pause or sleep is over. True if the owner is gone.
    pub fn on_resume(&mut self, now: Time) -> bool {
        let is_gone = self.schedule.on_resume(now);
        self.judge_attendance(now);
        is_gone
    }

    /// Does what is due in the protocol.
    pub fn service(&mut self, now: Time) {
        self.latest = self.latest.max(now);
        self.host.service(now);
    }

    /// Takes over the counts of what happened at the socket.
    pub fn count(&mut self, now: Time, report: &mut Report) {
        let sent = std::mem::take(&mut report.sent);
        self.totals.sent_datagrams += sent.datagrams;
        self.totals.sent_bytes += sent.bytes;
        self.totals.socket_errors += sent.errors;
        let wire = std::mem::take(&mut report.wire);
        self.wire.add(wire);
        self.codec_saved[1] += std::mem::take(&mut report.codec_saved);
        if wire.datagrams_out > 0 {
            self.sends.note(now);
        }
    }

    /// Takes over the events at the socket.
    #[inline(never)]
    pub fn apply(&mut self, now: Time, report: &mut Report) {
        let undecoded = std::mem::take(&mut report.undecoded);
        self.undecoded += undecoded.len() as u64;
        for (from, start) in undecoded {
            self.host.note_undecodable(now, from, &start);
        }
        if let Some(mishap) = report.mishap.take() {
            self.note_mishap(now, mishap);
        }
        let sessions = report.sessions.take();
        let events = std::mem::take(&mut report.events);
        let Some(encryption) = &mut self.encryption else {
            return;
        };
        encryption.sessions = sessions.unwrap_or(encryption.sessions);
        self.drops.handshakes = dropped_handshakes(&encryption.sessions);
        for event in events {
            match event {
                DtlsEvent::Ready(address) => {
                    self.handshakes += 1;
                    self.host.resume_connecting(now, address);
                }
                DtlsEvent::Ended(address) => self.host.fail_peers_at(address, Cause::Remote),
                DtlsEvent::Slow(slow) => encryption.push_failed(slow),
                DtlsEvent::Failed(failed) => {
                    if failed.is_client {
                        (self.host).fail_peers_at(failed.address, Cause::Handshake);
                    }
                    encryption.push_failed(failed);
                }
            }
        }
    }

    fn note_mishap(&mut self, now: Time, mishap: Mishap) {
        if let Mishap::Lost(_) = mishap {
            self.host.fail_all(now, Cause::Socket);
        }
        self.socket_trouble.note(mishap);
    }

    /// See [`crate::Host::connect`].
    pub fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        let peer = self.host.connect(now, address, channels, data)?;
        if let Some(encryption) = &mut self.encryption {
            encryption.orders.connect.push(address);
        }
        Some(peer)
    }

    /// See [`crate::Host::set_address`].
    pub fn set_address(&mut self, now: Time, peer: PeerId, address: SocketAddr) {
        if self.host.set_address(now, peer, address)
            && let Some(encryption) = &mut self.encryption
        {
            encryption.orders.connect.push(address);
        }
    }

    /// See [`crate::Host::set_admission`].
    pub fn set_admission(&mut self, admission: Admission) {
        self.host.set_admission(admission);
        if let Some(encryption) = &mut self.encryption {
            encryption.orders.refuse = admission == Admission::Nobody;
        }
    }

    /// See [`crate::Host::set_limits`].
    pub fn set_limits(&mut self, limits: Limits) {
        if let Some(encryption) = &mut self.encryption {
            encryption.orders.limits = Some(dtls_limits(&limits));
        }
        self.host.set_limits(limits);
    }

    /// Addresses of the peers whose end is not agreed: their remotes have neither sent nor been sent a disconnect.
    pub fn untold(&self) -> HashSet<SocketAddr> {
        use PeerState::{AcknowledgingDisconnect, Disconnecting};
        let mut addresses = HashSet::new();
        self.host.for_each_address(|address, state| {
            if !matches!(state, Disconnecting | AcknowledgingDisconnect) {
                addresses.insert(address);
            }
        });
        addresses
    }

    /// Addresses of all peers, each with whether the peer is or was connected.
    pub fn addresses(&self) -> Vec<(SocketAddr, bool)> {
        let mut addresses = Vec::new();
        self.host.for_each_address(|address, state| {
            let is_half_open = matches!(
                state,
                PeerState::Connecting | PeerState::AcknowledgingConnect
            );
            addresses.push((address, !is_half_open));
        });
        addresses
    }
}

/// Whether a datagram's size is one that the protocol has.
fn is_sound(wire_size: usize) -> bool {
    (MIN_DATAGRAM_SIZE..=MAX_DATAGRAM_SIZE).contains(&wire_size)
}
