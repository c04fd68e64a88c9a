//! An attacker with a DTLS session of its own: it encrypts what it likes, as a client or as a server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use bytes::BytesMut;
use enet_dtls::{Dtls, DtlsEvent};
use enet_proto::Time;
use rtc_crypto::RTCCryptoProvider;
use rtc_crypto::providers::RingProvider;
use rtc_dtls::cipher_suite::{CipherSuite, CipherSuiteId, cipher_suite_for_id};
use rtc_dtls::config::{ConfigBuilder, HandshakeConfig};
use rtc_dtls::content::ContentType;
use rtc_dtls::endpoint::Endpoint;
use rtc_dtls::record_layer::record_layer_header::{PROTOCOL_VERSION1_2, RecordLayerHeader};
use rtc_shared::TransportProtocol;

use crate::dtls::{change, client_address, keys, server_address};
use crate::forge::Number;

const SUITE: CipherSuiteId = CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256;
/// The most steps that are played of a script.
const MOST_STEPS: usize = 100;
/// The most datagrams in answer to one: a flight of the handshake, twice.
const MOST_ANSWERS: usize = 16;
const RECORD_HEADER: usize = 13;
const FIRST_RECORD: u64 = 1000;
const HONEST: u8 = 2;
const LATE: u8 = 3;
const MARK: &[u8] = b"the honest one gets through";

#[derive(Debug, Arbitrary)]
pub struct Script {
    /// Whether the attacker is the server, and the victim a client.
    is_server: bool,
    /// Whether a client attacks before it has sent its Finished.
    is_early: bool,
    steps: Vec<Step>,
}

#[derive(Debug, Arbitrary)]
enum Step {
    /// A record of any content, encrypted or not.
    Record {
        kind: u8,
        epoch: u8,
        is_encrypted: bool,
        number: Option<Number>,
        content: Vec<u8>,
    },
    /// A part of a handshake message, encrypted or not. `kind` is mostly one that exists.
    Message {
        kind: u8,
        is_encrypted: bool,
        length: Number,
        sequence: u8,
        offset: Number,
        size: Number,
        payload: u16,
        repeat: u8,
    },
    /// An earlier datagram of the attacker, with flipped bits.
    Distort { which: u16, at: u16, bits: u8 },
    Bytes(Vec<u8>),
    Wait { milliseconds: u16 },
    /// The victim sends data.
    Answer { size: u16 },
}

struct Stage {
    victim: Dtls,
    is_server: bool,
    now: Time,
    suite: Box<dyn CipherSuite>,
    next_record: u64,
    next_message: u16,
    seen: Vec<Vec<u8>>,
}

/// Plays a script. The victim must stay, and serve its honest client.
pub fn play(script: &Script) {
    let mut honest = None;
    let mut victim = match script.is_server {
        true => {
            let mut victim = Dtls::client(keys().1.clone(), Time::ZERO);
            victim.connect(Time::ZERO, server_address());
            victim
        }
        false => {
            let mut victim = Dtls::server(&keys().0, Time::ZERO).expect("a server");
            let mut client = client_of(Time::ZERO);
            assert!(meet(&mut victim, &mut client, HONEST, Time::ZERO));
            honest = Some(client);
            victim
        }
    };
    let (suite, seen) = secrets(&mut victim, script);
    let mut stage = Stage {
        victim,
        is_server: script.is_server,
        now: Time::ZERO,
        suite,
        next_record: FIRST_RECORD,
        next_message: 4,
        seen,
    };
    for step in script.steps.iter().take(MOST_STEPS) {
        stage.play(step);
        stage.serve();
    }
    if let Some(mut client) = honest {
        let now = stage.now;
        assert!(passes(&mut stage.victim, &mut client, now), "the honest session is dead");
        // A server starts some handshakes at a time.
        let now = now + Duration::from_secs(1);
        stage.victim.service(now);
        let mut late = client_of(now);
        assert!(meet(&mut stage.victim, &mut late, LATE, now), "no new client gets in");
        let sessions = stage.victim.sessions();
        assert!(sessions.ready + sessions.pending <= 4, "{sessions:?}");
    }
}

impl Stage {
    fn play(&mut self, step: &Step) {
        match step {
            Step::Record {
                kind,
                epoch,
                is_encrypted,
                number,
                content,
            } => {
                let kind = 20 + kind % 5;
                let number = number.map(|number| number.get().into());
                let epoch = u16::from(*epoch % 3);
                self.record(kind, epoch, number, *is_encrypted, content);
            }
            Step::Message {
                kind,
                is_encrypted,
                length,
                sequence,
                offset,
                size,
                payload,
                repeat,
            } => {
                let kind = *[1, 2, 11, 12, 14, 15, 16, 20, 0, *kind]
                    .get(usize::from(*kind % 10))
                    .expect("one of ten");
                for part in 0..=u32::from(repeat / 8) {
                    let payload = usize::from(*payload % 1500);
                    let number = self.next_message.wrapping_add(u16::from(sequence % 8));
                    let mut content = vec![kind];
                    content.extend(&length.get().to_be_bytes()[1..]);
                    content.extend(number.wrapping_sub(2).to_be_bytes());
                    let offset = offset.get().wrapping_add(part * payload as u32);
                    content.extend(&offset.to_be_bytes()[1..]);
                    // Mostly what is there.
                    let size = match size {
                        Number::Small(_) | Number::Short(_) => payload as u32,
                        size => size.get(),
                    };
                    content.extend(&size.to_be_bytes()[1..]);
                    content.resize(content.len() + payload, 7);
                    self.record(22, 1, None, *is_encrypted, &content);
                }
            }
            Step::Distort { which, at, bits } => {
                let which = usize::from(*which) % self.seen.len().max(1);
                let mut bytes = self.seen.get(which).cloned().unwrap_or_default();
                change(&mut bytes, *at, *bits);
                self.give(&bytes);
            }
            Step::Bytes(bytes) => self.give(bytes),
            Step::Wait { milliseconds } => {
                self.now += Duration::from_millis((*milliseconds % 3000).into());
            }
            Step::Answer { size } => {
                let bytes = vec![7; usize::from(*size % 4097)];
                let to = self.attacker();
                self.victim.send(self.now, to, &bytes);
            }
        }
    }

    fn record(
        &mut self,
        kind: u8,
        epoch: u16,
        number: Option<u64>,
        is_encrypted: bool,
        content: &[u8],
    ) {
        let number = number.unwrap_or_else(|| {
            self.next_record += 1;
            self.next_record
        });
        let bytes = match is_encrypted {
            true => encrypted(&mut *self.suite, kind, epoch, number, content),
            false => plain(kind, epoch, number, content),
        };
        self.give(&bytes);
        if self.seen.len() == 64 {
            self.seen.remove(0);
        }
        self.seen.push(bytes);
    }

    fn attacker(&self) -> SocketAddr {
        match self.is_server {
            true => server_address(),
            false => client_address(1),
        }
    }

    fn give(&mut self, bytes: &[u8]) {
        let from = self.attacker();
        self.victim.receive(self.now, from, bytes, &mut |_, _| {});
        let answers = drain(&mut self.victim).len();
        assert!(answers <= MOST_ANSWERS, "{answers} datagrams in answer to one");
    }

    fn serve(&mut self) {
        if self.victim.wants_peers(self.now) {
            // The honest client is a peer.
            self.victim.sweep(self.now, &[(client_address(HONEST), true)]);
        }
        self.victim.service(self.now);
        drain(&mut self.victim);
    }
}

fn drain(dtls: &mut Dtls) -> Vec<(SocketAddr, Vec<u8>)> {
    while dtls.next_event().is_some() {}
    let mut all = Vec::new();
    let mut datagram = Vec::new();
    while let Some(to) = dtls.next_datagram(&mut datagram) {
        all.push((to, datagram.clone()));
    }
    all
}

fn plain(kind: u8, epoch: u16, number: u64, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, 254, 253];
    bytes.extend(epoch.to_be_bytes());
    bytes.extend(&number.to_be_bytes()[2..]);
    bytes.extend((content.len() as u16).to_be_bytes());
    bytes.extend(content);
    bytes
}

fn encrypted(
    suite: &mut dyn CipherSuite,
    kind: u8,
    epoch: u16,
    number: u64,
    content: &[u8],
) -> Vec<u8> {
    let header = RecordLayerHeader {
        content_type: ContentType::from(kind),
        protocol_version: PROTOCOL_VERSION1_2,
        epoch,
        sequence_number: number & 0xFFFF_FFFF_FFFF,
        content_len: content.len() as u16,
    };
    let raw = plain(kind, epoch, number, content);
    suite.encrypt(&header, &raw).expect("the keys are there")
}

/// Lets the attacker have a session with the victim. Returns its keys and its datagrams.
fn secrets(victim: &mut Dtls, script: &Script) -> (Box<dyn CipherSuite>, Vec<Vec<u8>>) {
    let zero = Instant::now();
    let (own, other) = match script.is_server {
        true => (server_address(), client_address(1)),
        false => (client_address(1), server_address()),
    };
    let config = config(!script.is_server);
    let server = script.is_server.then(|| config.clone());
    let mut endpoint = Endpoint::new(own, TransportProtocol::UDP, server);
    if !script.is_server {
        endpoint.connect(zero, other, config, None).expect("a handshake");
    }
    let (mut randoms, mut seen) = ([None, None], Vec::new());
    for _ in 0..8 {
        while let Some(datagram) = endpoint.poll_transmit() {
            note_random(&mut randoms, &datagram.message);
            seen.push(datagram.message.to_vec());
            let has_keys = endpoint
                .get_connection_state(other)
                .is_some_and(|state| state.cipher_suite().is_some_and(CipherSuite::is_initialized));
            if !(script.is_early && has_keys && !script.is_server) {
                victim.receive(Time::ZERO, own, &datagram.message, &mut |_, _| {});
            }
        }
        victim.service(Time::ZERO);
        for (to, datagram) in drain(victim) {
            if to == own || script.is_server {
                note_random(&mut randoms, &datagram);
                // A flight that the library refuses ends the handshake, which the keys below show.
                let _ = endpoint.read(zero, other, None, BytesMut::from(&datagram[..]));
            }
        }
    }
    let state = endpoint.get_connection_state(other).expect("a session");
    let blob = state.marshal_binary().expect("keys");
    // The master secret is the first thing in the serialised state.
    let [client, server] = randoms.map(|random| random.expect("both hellos were seen"));
    let mut suite = cipher_suite_for_id(SUITE).expect("it exists");
    suite
        .init(Arc::new(RingProvider::new()), &blob[..48], &client, &server, !script.is_server)
        .expect("keys");
    // The keys are the right ones: the victim reads what they encrypt.
    if !script.is_early || script.is_server {
        let bytes = encrypted(&mut *suite, 23, 1, FIRST_RECORD, MARK);
        let mut arrived = false;
        victim.receive(Time::ZERO, own, &bytes, &mut |_, plain| arrived = plain == MARK);
        assert!(arrived, "the keys are wrong");
    }
    (suite, seen)
}

/// Takes the random bytes out of a ClientHello or ServerHello.
fn note_random(randoms: &mut [Option<[u8; 32]>; 2], datagram: &[u8]) {
    let index = match (datagram.first(), datagram.get(RECORD_HEADER)) {
        (Some(22), Some(1)) => 0,
        (Some(22), Some(2)) => 1,
        _ => return,
    };
    let start = RECORD_HEADER + 12 + 2;
    if let Some(random) = datagram.get(start..).and_then(<[u8]>::first_chunk) {
        randoms[index] = Some(*random);
    }
}

fn config(is_client: bool) -> Arc<HandshakeConfig> {
    let provider: Arc<dyn RTCCryptoProvider> = Arc::new(RingProvider::new());
    let builder = ConfigBuilder::default()
        .with_crypto_provider(provider.clone())
        .with_cipher_suites(vec![SUITE])
        .with_insecure_skip_verify(true);
    let builder = match is_client {
        true => builder,
        false => builder.with_certificates(vec![crate::dtls::certificate(&*provider)]),
    };
    Arc::new(builder.build(is_client, None).expect("a configuration"))
}

fn client_of(now: Time) -> Dtls {
    let mut client = Dtls::client(keys().1.clone(), now);
    client.connect(now, server_address());
    client
}

/// Lets an honest client shake hands. Says whether it has a session.
fn meet(server: &mut Dtls, client: &mut Dtls, number: u8, now: Time) -> bool {
    let address = client_address(number);
    let mut datagram = Vec::new();
    for _ in 0..10 {
        while client.next_datagram(&mut datagram).is_some() {
            server.receive(now, address, &datagram, &mut |_, _| {});
        }
        server.service(now);
        for (to, datagram) in drain(server) {
            if to == address {
                client.receive(now, server_address(), &datagram, &mut |_, _| {});
            }
        }
        client.service(now);
        if client.next_event() == Some(DtlsEvent::Ready(server_address())) {
            // Its last datagrams are on the way.
            while client.next_datagram(&mut datagram).is_some() {
                server.receive(now, address, &datagram, &mut |_, _| {});
            }
            return passes(server, client, now) || number == LATE;
        }
    }
    false
}

/// Whether data of the honest client arrives, and its answer.
fn passes(server: &mut Dtls, client: &mut Dtls, now: Time) -> bool {
    let mut arrived = 0;
    let mut datagram = Vec::new();
    client.send(now, server_address(), MARK);
    while client.next_datagram(&mut datagram).is_some() {
        server.receive(now, client_address(HONEST), &datagram, &mut |_, plain| {
            arrived += usize::from(plain == MARK);
        });
    }
    server.send(now, client_address(HONEST), MARK);
    for (_, datagram) in drain(server) {
        client.receive(now, server_address(), &datagram, &mut |_, plain| {
            arrived += usize::from(plain == MARK);
        });
    }
    arrived == 2
}
