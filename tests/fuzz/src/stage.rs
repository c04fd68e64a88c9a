//! Plays a script with three hosts in memory and a clock that only the script advances, and checks
//! the invariants.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use enet_codec::{Codec, RangeCoder};
use sim::oracle::OwnEngine;
use enet_proto::Disconnect;
use enet_codec::Compression;
use enet_proto::{Admission, HostConfig, Event, PacketFlags, PeerId, PeerState, Throttle, Time, Timeout};
use sim::oracle::Engine;

use crate::forge::{self, COMPRESSED, Known, NO_SLOT, SENT_TIME};
use crate::script::{Action, Origin, Party, Script, Settings};

const MAX_PACKET: usize = 256 * 1024;
const MAX_WAITING: usize = 1024 * 1024;
/// The bytes that a fragmented packet counts besides its size.
const BOOKKEEPING: usize = 4096;
/// The most bytes that the hosts send as packets in a script.
const BUDGET: usize = 96 * 1024;
/// The network loses no more datagrams after this time, so that no connection times out.
const BAD_TIMES: Duration = Duration::from_secs(3);
const MARK: &[u8] = b"the honest ones get through";

struct Node {
    engine: Box<dyn Engine>,
    address: SocketAddr,
    peers: Vec<PeerId>,
    /// The number of datagrams that this host sent.
    sent: usize,
    received_mark: bool,
}

/// The traffic between the hosts and an address that no host has.
#[derive(Default)]
struct Stranger {
    /// The most bytes that the hosts may send to it.
    allowance: usize,
    sent: usize,
    is_connected: bool,
}

#[derive(Clone)]
pub(crate) struct Datagram {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub bytes: Vec<u8>,
}

struct Stage {
    nodes: [Node; 3],
    now: Time,
    settings: Settings,
    /// The datagrams in flight.
    flying: Vec<Datagram>,
    /// The last few datagrams that the hosts sent.
    seen: Vec<Datagram>,
    /// The attacker's knowledge, by sender and receiver.
    known: HashMap<(SocketAddr, SocketAddr), Known>,
    budget: usize,
    bad_since: Option<Time>,
    /// Whether the attacker interfered with the honest pair in a way that no ENet can withstand.
    is_spoiled: bool,
    strangers: HashMap<SocketAddr, Stranger>,
    packets_queued: usize,
}

pub fn address(origin: Origin) -> SocketAddr {
    match origin {
        Origin::Party(party) => ([10, 0, 0, 1 + party as u8], 1000).into(),
        Origin::Stranger(which) => ([10, 9, 9, which & 3], 666).into(),
    }
}

/// Plays a script. Panics if an invariant does not hold.
pub fn play(script: &Script) {
    let mut stage = Stage::new(script.settings);
    stage.connect(Party::Honest);
    stage.connect(Party::Other);
    for _ in 0..4 {
        stage.step(20, |_| 1, false);
    }
    let [server, honest, _] = &stage.nodes;
    assert_eq!(
        (server.peers.len(), honest.peers.len()),
        (2, 1),
        "all connected"
    );
    for action in &script.actions {
        stage.act(action);
    }
    stage.end();
}

impl Stage {
    fn new(settings: Settings) -> Self {
        let node = |party: Party| {
            let config = HostConfig {
                max_channels: 4,
                in_bandwidth: settings.incoming.into(),
                out_bandwidth: settings.outgoing.into(),
                checksum: settings.has_checksum,
                answers_refused: settings.answers_refused,
                max_packet_size: MAX_PACKET,
                limits: enet_proto::Limits {
                    waiting_bytes: MAX_WAITING,
                    ..enet_proto::Limits::none()
                },
                ..HostConfig::new(5, party as u32, Time::ZERO)
            };
            let mut engine = OwnEngine::boxed(&config);
            if settings.is_packed {
                engine.set_compression(&Compression::RangeCoder);
            }
            Node {
                engine,
                address: address(Origin::Party(party)),
                peers: Vec::new(),
                sent: 0,
                received_mark: false,
            }
        };
        Self {
            nodes: [Party::Server, Party::Honest, Party::Other].map(node),
            now: Time::ZERO,
            settings,
            flying: Vec::new(),
            seen: Vec::new(),
            known: HashMap::new(),
            budget: BUDGET,
            bad_since: None,
            is_spoiled: false,
            strangers: HashMap::new(),
            packets_queued: 0,
        }
    }

    fn connect(&mut self, party: Party) {
        let server = self.nodes[0].address;
        let engine = &mut self.nodes[party as usize].engine;
        // The call fails when no slot is free, which a script may cause.
        let _ = engine.connect(self.now, server, 4, 9 + party as u32);
    }

    fn act(&mut self, action: &Action) {
        match *action {
            Action::Send {
                from,
                to,
                channel,
                flags,
                size,
            } => {
                // Mostly small packets, because large ones are slow to play.
                let size = if size < 0xF000 {
                    size & 0xFF
                } else {
                    size & 0x7FFF
                };
                let size = usize::from(size).min(self.budget);
                self.budget -= size;
                self.send(from, to, channel, flags, &vec![channel; size]);
            }
            Action::Step {
                milliseconds,
                lost,
                twice,
                held,
                is_reversed,
            } => {
                let bad = *self.bad_since.get_or_insert(self.now);
                let is_bad = self.now < bad + BAD_TIMES;
                let copies = move |index: usize| {
                    let bit = |mask: u8| mask & (1 << (index % 8)) != 0;
                    match is_bad {
                        true if bit(lost) => 0,
                        true if bit(held) => HELD,
                        _ => 1 + usize::from(bit(twice)),
                    }
                };
                self.step(milliseconds.into(), copies, is_reversed);
            }
            Action::Flush(party) => self.collect(party as usize, true),
            Action::Forge {
                to,
                from,
                header,
                ref commands,
                cut,
                is_packed,
            } => {
                let known = self.known(from, to);
                let mut bytes = forge::datagram(
                    header,
                    known,
                    &commands.0,
                    is_packed,
                    self.settings.has_checksum,
                );
                bytes.truncate(bytes.len() - bytes.len().min(usize::from(cut >> 4)));
                self.forged(from, to, &bytes);
            }
            Action::Mutate {
                to,
                from,
                which,
                ref changes,
                cut,
            } => {
                let Some(seen) = self.seen.get(usize::from(which) % self.seen.len().max(1)) else {
                    return;
                };
                let mut bytes = seen.bytes.clone();
                for &(at, value) in &changes.0 {
                    let at = usize::from(at) % bytes.len();
                    bytes[at] = value;
                }
                bytes.truncate(bytes.len() - bytes.len().min(usize::from(cut >> 2)));
                self.forged(from, to, &bytes);
            }
            Action::Leave { by_server, how } => {
                let how = [
                    Disconnect::Acknowledged,
                    Disconnect::Later,
                    Disconnect::Now,
                    Disconnect::Silent,
                ][usize::from(how & 3)];
                let leaver = if by_server { 0 } else { Party::Other as usize };
                let node = &mut self.nodes[leaver];
                let honest = address(Origin::Party(Party::Honest));
                let engine = &node.engine;
                let mut peers = node.peers.iter();
                if let Some(&peer) = peers.find(|&&peer| engine.address(peer) != Some(honest)) {
                    node.engine.disconnect(self.now, peer, 5, how);
                }
            }
            Action::Join => self.connect(Party::Other),
            Action::Tune { by, what, number } => self.tune(by, what, number),
        }
    }

    fn tune(&mut self, by: Party, what: u8, number: u32) {
        let node = &mut self.nodes[by as usize];
        let Some(&peer) = node
            .peers
            .get(usize::from(what >> 6) % node.peers.len().max(1))
        else {
            return;
        };
        match what & 7 {
            0 => node.engine.ping(self.now, peer),
            1 => node.engine.set_ping_interval(self.now, peer, number),
            2 => {
                let throttle = Throttle {
                    interval: number,
                    acceleration: number,
                    deceleration: number,
                };
                node.engine.configure_throttle(self.now, peer, throttle);
            }
            3 => node
                .engine
                .set_bandwidth(number.max(20_000), number.rotate_left(8).max(20_000)),
            4 => node.engine.share_bandwidth(self.now),
            5 => {
                // No shorter than the defaults, or connections time out.
                let timeout = Timeout {
                    limit: number.max(32),
                    minimum: number.max(5000),
                    maximum: number.max(30_000),
                };
                node.engine.set_timeout(peer, timeout);
            }
            6 => node.engine.set_admission(
                [
                    Admission::Everybody,
                    Admission::Nobody,
                    sim::oracle::UNIQUE_IDS,
                ][(number % 3) as usize],
            ),
            _ => node.engine.set_channel_limit((number % 300) as usize),
        }
    }

    fn send(&mut self, from: Party, to: u8, channel: u8, flags: u8, data: &[u8]) {
        let node = &mut self.nodes[from as usize];
        let flags = PacketFlags {
            reliable: flags & 1 != 0,
            unsequenced: flags & 2 != 0,
            unreliable_fragment: flags & 4 != 0,
        };
        self.packets_queued += 1 + data.len() / 500;
        if to & 0x80 != 0 {
            let sent = node
                .engine
                .send_to_all(self.now, &node.peers, channel % 5, flags, data);
            assert!(sent.is_ok());
        } else if let Some(&peer) = node.peers.get(usize::from(to) % node.peers.len().max(1)) {
            // The call fails on a connection that is ending, or on the fifth of four channels.
            let _ = node.engine.send(self.now, peer, channel % 5, flags, data);
        }
    }

    /// The knowledge of an attacker at this address. A stranger knows the connection of the other client.
    fn known(&self, from: Origin, to: Party) -> Known {
        let to = address(Origin::Party(to));
        let from = match from {
            Origin::Stranger(_) => address(Origin::Party(Party::Other)),
            from => address(from),
        };
        self.known.get(&(from, to)).copied().unwrap_or_default()
    }

    fn forged(&mut self, from: Origin, to: Party, bytes: &[u8]) {
        let mut from = from;
        if let Origin::Party(party) = from
            && [party, to]
                .iter()
                .all(|party| matches!(party, Party::Server | Party::Honest))
            && party != to
        {
            if self.settings.may_spoil {
                self.is_spoiled = true;
            } else {
                from = Origin::Stranger(party as u8);
            }
        }
        let is_stranger = matches!(from, Origin::Stranger(_));
        let from = address(from);
        self.collect(to as usize, true);
        let node = &mut self.nodes[to as usize];
        if from == node.address {
            return;
        }
        let before = node.sent;
        if is_stranger {
            // A packed CONNECT can be smaller than its answer, which has 48 bytes and the checksum.
            let allowance = if self.settings.is_packed {
                bytes.len().max(52)
            } else {
                bytes.len()
            };
            self.strangers.entry(from).or_default().allowance += allowance;
        }
        node.engine.receive(self.now, from, bytes);
        self.collect(to as usize, true);
        let node = &self.nodes[to as usize];
        // Each command may be acknowledged, and each acknowledgement may release a packet.
        let most = 40 + 2 * self.packets_queued;
        assert!(
            node.sent - before <= most,
            "{} datagrams for one of {} bytes from {from}, {most} allowed; it begins {:02x?}",
            node.sent - before,
            bytes.len(),
            &bytes[..bytes.len().min(24)]
        );
        for &peer in &node.peers {
            if let Some(statistics) = node.engine.statistics(peer) {
                assert!(statistics.waiting_data < MAX_WAITING + MAX_PACKET + BOOKKEEPING);
            }
        }
    }

    /// Takes all events and datagrams out of a host.
    fn collect(&mut self, index: usize, flush: bool) {
        let node = &mut self.nodes[index];
        if flush {
            node.engine.flush(self.now);
        }
        while let Some(event) = node.engine.next_event() {
            match event {
                Event::Connected { peer, .. } => {
                    node.peers.push(peer);
                    // A peer that is gone again has no address; it could have been any stranger.
                    let address = node.engine.address(peer);
                    for (known, stranger) in &mut self.strangers {
                        stranger.is_connected |= address.is_none_or(|address| address == *known);
                    }
                }
                Event::Disconnected { peer, .. } => node.peers.retain(|known| *known != peer),
                Event::OverLimit { .. } => {}
                Event::Received {
                    peer,
                    flags,
                    data,
                    channel,
                } => {
                    assert!(channel < 4);
                    let honest =
                        [Party::Honest, Party::Server].map(|it| address(Origin::Party(it)));
                    let from = node.engine.address(peer);
                    node.received_mark |= flags.reliable
                        && data == MARK
                        && from.is_some_and(|from| honest.contains(&from));
                    node.engine.recycle(data);
                }
            }
        }
        let mut bytes = Vec::new();
        while let Some(to) = node.engine.next_datagram(&mut bytes) {
            assert!(bytes.len() <= 4096);
            node.sent += 1;
            if let Some(stranger) = self.strangers.get_mut(&to) {
                stranger.sent += bytes.len();
                let (sent, most) = (stranger.sent, stranger.allowance);
                assert!(
                    stranger.is_connected || sent <= most,
                    "{sent} bytes out, at most {most}"
                );
                continue;
            }
            let datagram = Datagram {
                from: node.address,
                to,
                bytes: bytes.clone(),
            };
            learn(&mut self.known, &datagram, self.settings.has_checksum);
            if self.seen.len() == 64 {
                self.seen.remove(0);
            }
            self.seen.push(datagram.clone());
            self.flying.push(datagram);
        }
    }

    fn step(&mut self, milliseconds: u64, copies: impl Fn(usize) -> usize, is_reversed: bool) {
        self.now += Duration::from_millis(milliseconds);
        for index in 0..3 {
            self.nodes[index].engine.service(self.now);
            self.collect(index, true);
        }
        let mut flying = std::mem::take(&mut self.flying);
        if is_reversed {
            flying.reverse();
        }
        for (index, datagram) in flying.into_iter().enumerate() {
            let copies = copies(index);
            if copies == HELD {
                self.flying.push(datagram);
                continue;
            }
            let Some(to) = self
                .nodes
                .iter()
                .position(|node| node.address == datagram.to)
            else {
                continue;
            };
            for _ in 0..copies {
                let engine = &mut self.nodes[to].engine;
                engine.receive(self.now, datagram.from, &datagram.bytes);
            }
            self.collect(to, false);
        }
    }

    /// Checks that the honest pair is still connected and can exchange packets.
    fn end(&mut self) {
        if self.is_spoiled {
            return;
        }
        let honest = address(Origin::Party(Party::Honest));
        for (index, remote) in [(0, honest), (1, self.nodes[0].address)] {
            let node = &mut self.nodes[index];
            let engine = &mut node.engine;
            let peer = node.peers.iter().copied().find(|&peer| {
                engine.address(peer) == Some(remote) && engine.state(peer) == PeerState::Connected
            });
            let peer = peer.expect("the honest connection is up");
            let reliable = PacketFlags {
                reliable: true,
                ..PacketFlags::default()
            };
            let sent = engine.send(self.now, peer, 0, reliable, MARK);
            assert_eq!(sent, Ok(()));
        }
        for _ in 0..4000 {
            if self.nodes[0].received_mark && self.nodes[1].received_mark {
                return;
            }
            self.step(50, |_| 1, false);
        }
        panic!("the honest pair could not exchange a packet");
    }
}

/// A number of copies that stands for a datagram that stays in flight until the next step.
const HELD: usize = usize::MAX;

/// Notes what a datagram reveals about its connection.
pub(crate) fn learn(
    known: &mut HashMap<(SocketAddr, SocketAddr), Known>,
    datagram: &Datagram,
    has_checksum: bool,
) {
    let bytes = &datagram.bytes;
    let header = u16::from_be_bytes([bytes[0], bytes[1]]);
    let slot = header & NO_SLOT;
    if slot != NO_SLOT {
        let entry = known.entry((datagram.from, datagram.to)).or_default();
        entry.header = header & !(COMPRESSED | SENT_TIME);
        return;
    }
    let start = 4 + if has_checksum { 4 } else { 0 };
    let mut plain = [0; 4096];
    let commands = if header & COMPRESSED == 0 {
        &bytes[start..]
    } else {
        let size = RangeCoder::new().decompress(&bytes[start..], &mut plain);
        &plain[..size.unwrap_or(0)]
    };
    // Both directions use the token of the CONNECT command.
    if let Some(&token) = commands.get(40..).and_then(<[u8]>::first_chunk) {
        for pair in [(datagram.from, datagram.to), (datagram.to, datagram.from)] {
            known.entry(pair).or_default().token = token;
        }
    }
}
