//! Hostile clients that are connected: they flood, send fragments of any shape, acknowledge nothing, and claim to
//! compress. The server has all its limits. What it holds must stay within them, and its honest client is served.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use arbitrary::{Arbitrary, Result, Unstructured};
use enet_codec::{Codec, RangeCoder};
use enet_proto::{Event, HostConfig, Limits, PacketFlags, PeerId, PeerState, Time};
use sim::oracle::{Engine, OwnEngine};

use crate::forge::{self, Command, Header, Known, Number, SENT_TIME};
use crate::script::{Origin, Party, Vec4};
use crate::stage::{Datagram, address, learn};

const MAX_PACKET: usize = 64 * 1024;
/// The limit of the tight settings for each kind of memory of a peer, and for what waits for order of all peers. Script
/// traffic is several times as much as these limits allow.
const TIGHT: usize = 96 * 1024;
const TIGHT_IN_ALL: usize = 192 * 1024;
/// What the server needs without any packet, with room for its pools.
const FIXED: usize = 512 * 1024;
const PEERS: usize = 3;
/// The most datagrams of a burst, and of a script.
const MOST_IN_A_BURST: u16 = 600;
const MOST_DATAGRAMS: usize = 2500;
const MOST_ACTIONS: usize = 200;
/// The most bytes that the server sends in a script.
const MOST_SENT: usize = 1024 * 1024;
/// The application reads at least this often, or honest connections time out.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const MOST_MESSAGES: u32 = 50;
const RELIABLE: PacketFlags = PacketFlags::RELIABLE;

#[derive(Debug)]
pub struct Script {
    is_tight: bool,
    is_packed: bool,
    actions: Vec<Action>,
}

/// What happens. `by` chooses between the two hostile clients.
#[derive(Debug, Arbitrary)]
enum Action {
    /// A datagram of commands.
    Commands {
        by: bool,
        commands: Vec4<Command>,
        is_packed: bool,
        cut: u8,
    },
    /// Datagrams of one command with data each.
    Burst { by: bool, count: u16, shape: Shape },
    /// Any bytes behind a header.
    Bytes {
        by: bool,
        header: Header,
        bytes: Vec<u8>,
    },
    /// Time passes, and the honest client talks.
    Step { milliseconds: u8 },
    /// The application reads, or does not.
    Read(bool),
    /// Whether the ENet of a hostile client takes part, which acknowledges.
    Answer { by: bool, does: bool },
    /// The server sends to a hostile client.
    Send {
        to: bool,
        size: u16,
        is_reliable: bool,
        times: u8,
    },
}

/// A command with data. Bit `i` of `grows` says whether field `i` of `fields` changes with each repetition.
#[derive(Debug, Arbitrary)]
struct Shape {
    kind: u8,
    channel: u8,
    size: u16,
    sequence: Number,
    start: Number,
    /// The number of fragments, the index of this one, the size of all and the place of this one.
    fields: [Number; 4],
    grows: u8,
}

impl<'a> Arbitrary<'a> for Script {
    /// Reads actions up to the end of the input.
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let [is_tight, is_packed] = <[bool; 2]>::arbitrary(input)?;
        let mut actions = Vec::new();
        while !input.is_empty() && actions.len() < MOST_ACTIONS {
            actions.push(Action::arbitrary(input)?);
        }
        Ok(Self {
            is_tight,
            is_packed,
            actions,
        })
    }
}

impl Shape {
    /// The command in the given repetition.
    fn write(&self, repetition: u32) -> Vec<u8> {
        let grown = |field: usize, by: u32| match self.grows & (1 << field) != 0 {
            true => repetition.wrapping_mul(by),
            false => 0,
        };
        let size = u32::from(self.size % 1350);
        let sequence = self.sequence.get().wrapping_add(grown(4, 1)) as u16;
        let start = self.start.get().wrapping_add(grown(5, 1)) as u16;
        let kind = [6 | 0x80, 7, 8 | 0x80, 9 | 0x40, 12, 8 | 0x80, 8 | 0x80, 12]
            [usize::from(self.kind % 8)];
        let mut bytes = vec![kind, self.channel & 3];
        bytes.extend(sequence.to_be_bytes());
        let is_fragment = matches!(kind & 0x0F, 8 | 12);
        if kind & 0x0F != 6 {
            bytes.extend(start.to_be_bytes());
        }
        bytes.extend((size as u16).to_be_bytes());
        if is_fragment {
            for (index, field) in self.fields.into_iter().enumerate() {
                let by = if index == 3 { size } else { 1 };
                bytes.extend(field.get().wrapping_add(grown(index, by)).to_be_bytes());
            }
        }
        bytes.resize(bytes.len() + size as usize, 7);
        bytes
    }
}

/// A codec that only decompresses: the target tests what an attacker sends, and compression is slow.
struct Unpacking(RangeCoder);

impl Codec for Unpacking {
    fn compress(&mut self, _: &[u8], _: &mut [u8]) -> Option<usize> {
        None
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.0.decompress(input, output)
    }
}

/// A host that is not the server.
struct Client {
    engine: OwnEngine,
    address: SocketAddr,
    server: Option<PeerId>,
    /// Whether it takes part.
    answers: bool,
}

struct Stage<'a> {
    /// Says how many bytes the program has allocated.
    allocated: &'a dyn Fn() -> usize,
    server: OwnEngine,
    is_tight: bool,
    now: Time,
    /// The honest client, and two hostile ones.
    clients: [Client; 3],
    known: HashMap<(SocketAddr, SocketAddr), Known>,
    /// The peers as the server knows them.
    peers: HashMap<SocketAddr, PeerId>,
    /// Bytes that the server holds.
    held: isize,
    /// Bytes that the server may hold because it was sent them.
    taken: usize,
    sent: usize,
    datagrams: usize,
    reads: bool,
    read_last: Time,
    messages: u32,
    received: u32,
}

/// Plays a script. `allocated` says how many bytes the program has allocated.
pub fn play(script: &Script, allocated: &dyn Fn() -> usize) {
    let mut stage = Stage::new(script, allocated);
    for _ in 0..4 {
        stage.step(20);
    }
    assert_eq!(stage.peers.len(), 3, "all connected");
    for action in &script.actions {
        stage.play(action);
        stage.check();
    }
    stage.end();
}

impl<'a> Stage<'a> {
    fn new(script: &Script, allocated: &'a dyn Fn() -> usize) -> Self {
        let mut limits = Limits::new(32);
        if script.is_tight {
            limits.waiting_bytes = TIGHT;
            limits.waiting_bytes_in_all = TIGHT_IN_ALL;
            limits.unread_bytes = TIGHT;
            limits.unread_packets = 1024;
            limits.unsent_bytes = TIGHT;
            limits.bytes_per_second = 1024 * 1024;
            limits.packets_per_second = 1000;
            limits.undecodable = 8;
        }
        let config = HostConfig {
            max_channels: 4,
            max_packet_size: MAX_PACKET,
            answers_refused: true,
            limits,
            ..HostConfig::new(32, 1, Time::ZERO)
        };
        let before = allocated();
        let mut server = OwnEngine::new(&config);
        let held = allocated() as isize - before as isize;
        if script.is_packed {
            server.set_codec(Some(Box::new(Unpacking(RangeCoder::new()))));
        }
        let server_address = address(Origin::Party(Party::Server));
        let client = |party: Origin| {
            let config = HostConfig {
                max_channels: 4,
                limits: Limits::none(),
                ..HostConfig::new(1, 7, Time::ZERO)
            };
            let mut engine = OwnEngine::new(&config);
            engine.connect(Time::ZERO, server_address, 4, 2);
            Client {
                engine,
                address: address(party),
                server: None,
                answers: true,
            }
        };
        Self {
            allocated,
            server,
            is_tight: script.is_tight,
            now: Time::ZERO,
            clients: [
                Origin::Party(Party::Honest),
                Origin::Party(Party::Other),
                Origin::Stranger(1),
            ]
            .map(client),
            known: HashMap::new(),
            peers: HashMap::new(),
            held,
            taken: 0,
            sent: 0,
            datagrams: 0,
            reads: true,
            read_last: Time::ZERO,
            messages: 0,
            received: 0,
        }
    }

    fn play(&mut self, action: &Action) {
        match action {
            Action::Commands {
                by,
                commands,
                is_packed,
                cut,
            } => {
                let known = self.known(*by);
                let commands = &commands.0;
                let mut bytes =
                    forge::datagram(Header::Right, known, commands, *is_packed, false);
                bytes.truncate(bytes.len() - bytes.len().min(usize::from(cut >> 4)));
                self.give(*by, &bytes);
            }
            Action::Burst { by, count, shape } => {
                let header = (self.known(*by).header | SENT_TIME).to_be_bytes();
                for repetition in 0..u32::from(count % MOST_IN_A_BURST) {
                    let mut bytes = vec![header[0], header[1], 0, 0];
                    bytes.extend(shape.write(repetition));
                    self.give(*by, &bytes);
                }
            }
            Action::Bytes { by, header, bytes } => {
                let known = self.known(*by);
                let mut all = forge::datagram(*header, known, &[], false, false);
                all.extend(bytes);
                all.truncate(4096);
                self.give(*by, &all);
            }
            Action::Step { milliseconds } => self.step((*milliseconds).into()),
            Action::Read(reads) => self.reads = *reads,
            Action::Answer { by, does } => self.clients[1 + usize::from(*by)].answers = *does,
            Action::Send {
                to,
                size,
                is_reliable,
                times,
            } => {
                let to = self.clients[1 + usize::from(*to)].address;
                let flags = PacketFlags {
                    reliable: *is_reliable,
                    ..PacketFlags::default()
                };
                let bytes = vec![7; usize::from(*size)];
                for _ in 0..*times {
                    let Some(&peer) = self.peers.get(&to) else {
                        return;
                    };
                    if self.sent + bytes.len() > MOST_SENT {
                        return;
                    }
                    self.sent += bytes.len() + 256;
                    // The call fails when too much waits, or the connection is ending.
                    let now = self.now;
                    self.count(|server| {
                        let _ = server.send(now, peer, 0, flags, &bytes);
                    });
                }
                self.collect();
            }
        }
    }

    /// The attacker's knowledge of its own connection.
    fn known(&self, by: bool) -> Known {
        let from = self.clients[1 + usize::from(by)].address;
        let to = address(Origin::Party(Party::Server));
        self.known.get(&(from, to)).copied().unwrap_or_default()
    }

    /// Lets the server take a datagram of an attacker.
    fn give(&mut self, by: bool, bytes: &[u8]) {
        self.datagrams += 1;
        if self.datagrams > MOST_DATAGRAMS {
            return;
        }
        // A compressed datagram may become as large as the protocol allows.
        let is_packed = bytes.first().is_some_and(|first| first & 0x40 != 0);
        self.taken += 1024 + 4 * bytes.len().max(if is_packed { 4096 } else { 0 });
        let (now, from) = (self.now, self.clients[1 + usize::from(by)].address);
        self.count(|server| server.receive(now, from, bytes));
        // As a poll does after some hundred datagrams.
        if self.datagrams.is_multiple_of(256) {
            self.collect();
        }
    }

    /// Counts what the server allocates meanwhile.
    fn count<R>(&mut self, work: impl FnOnce(&mut OwnEngine) -> R) -> R {
        let before = (self.allocated)();
        let result = work(&mut self.server);
        self.held += (self.allocated)() as isize - before as isize;
        result
    }

    fn check(&self) {
        let held = self.held.max(0) as usize;
        // Attackers pay for what they make the server hold.
        let paid = FIXED + self.taken + 2 * self.sent;
        assert!(held <= paid, "{held} bytes held, {paid} paid for");
        if self.is_tight {
            // Waiting for order, unread and unsent; buffers may have room for twice as much.
            let most = FIXED + 2 * TIGHT_IN_ALL + 2 * PEERS * 2 * TIGHT;
            assert!(held <= most, "{held} bytes held, {most} allowed");
        }
    }

    /// Takes the server's events, if the application reads, and its datagrams.
    fn collect(&mut self) {
        let now = self.now;
        self.count(|server| server.flush(now));
        if self.now > self.read_last + LONGEST_PAUSE {
            self.reads = true;
        }
        if self.reads {
            self.read_last = self.now;
            while let Some(event) = self.count(|server| server.next_event()) {
                self.take(event);
            }
        }
        let mut bytes = Vec::new();
        let server = address(Origin::Party(Party::Server));
        loop {
            let to = self.count(|server| {
                // The buffer is the caller's.
                bytes = Vec::new();
                server.next_datagram(&mut bytes)
            });
            let Some(to) = to else {
                return;
            };
            self.held -= bytes.capacity() as isize;
            self.note(server, to, &bytes);
            let client = self.clients.iter_mut().find(|client| client.address == to);
            if let Some(client) = client.filter(|client| client.answers) {
                client.engine.receive(self.now, server, &bytes);
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Connected { peer, .. } => {
                if let Some(address) = self.server.address(peer) {
                    self.peers.insert(address, peer);
                }
            }
            Event::Disconnected { peer, .. } => self.peers.retain(|_, known| *known != peer),
            Event::OverLimit { .. } => {}
            Event::Received { peer, data, .. } => {
                let honest = self.peers.get(&self.clients[0].address);
                if honest == Some(&peer) {
                    let number = data.as_slice().try_into().ok().map(u32::from_be_bytes);
                    assert_eq!(number, Some(self.received), "in order");
                    self.received += 1;
                }
                self.count(|server| server.recycle(data));
            }
        }
    }

    fn note(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let datagram = Datagram {
            from,
            to,
            bytes: bytes.to_vec(),
        };
        learn(&mut self.known, &datagram, false);
    }

    fn step(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
        let (now, server) = (self.now, address(Origin::Party(Party::Server)));
        if let Some(peer) = self.clients[0].server
            && self.messages < MOST_MESSAGES
        {
            let number = self.messages.to_be_bytes();
            let sent = self.clients[0].engine.send(now, peer, 0, RELIABLE, &number);
            assert_eq!(sent, Ok(()), "the honest client is connected");
            self.messages += 1;
        }
        for index in 0..self.clients.len() {
            let client = &mut self.clients[index];
            if !client.answers {
                continue;
            }
            client.engine.service(now);
            client.engine.flush(now);
            while let Some(event) = client.engine.next_event() {
                match event {
                    Event::Connected { peer, .. } => client.server = Some(peer),
                    Event::Disconnected { .. } => {
                        assert!(index != 0, "the honest client lost its connection");
                        client.server = None;
                    }
                    _ => {}
                }
            }
            let (from, mut bytes) = (client.address, Vec::new());
            while self.clients[index].engine.next_datagram(&mut bytes).is_some() {
                self.note(from, server, &bytes);
                self.taken += 1024 + 4 * bytes.len();
                self.count(|server| server.receive(now, from, &bytes));
            }
        }
        self.count(|server| server.service(now));
        self.collect();
    }

    /// Checks that everything of the honest client arrives.
    fn end(&mut self) {
        self.reads = true;
        self.collect();
        let peer = self.peers[&self.clients[0].address];
        assert_eq!(self.server.state(peer), PeerState::Connected);
        for _ in 0..2000 {
            if self.received == MOST_MESSAGES {
                return;
            }
            self.step(20);
            self.check();
        }
        panic!("{} of {} messages arrived", self.received, self.messages);
    }
}
