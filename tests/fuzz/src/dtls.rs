//! A DTLS client and server, and an attacker between them that cuts, changes, replays and forges
//! datagrams.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use arbitrary::Arbitrary;
use enet_proto::Time;
use enet_dtls::{Dtls, DtlsEvent, Identity, Trust, Verification};
use rcgen::{CertifiedKey, KeyPair};
use rtc_crypto::{RTCCryptoProvider, SignatureScheme};
use rtc_dtls::crypto::Certificate;

/// The most steps that are played of a script.
const MOST_STEPS: usize = 200;

/// A step of a script.
#[derive(Debug, Arbitrary)]
pub enum Step {
    /// The oldest datagram in flight to this end arrives.
    Arrive { at_client: bool },
    /// The oldest datagram is lost.
    Lose { at_client: bool },
    /// The oldest datagram arrives with flipped bits.
    Change { at_client: bool, at: u16, bits: u8 },
    /// The oldest datagram arrives truncated.
    Cut { at_client: bool, size: u16 },
    /// An earlier datagram of either end arrives again, at either end.
    Repeat { at_client: bool, which: u16 },
    /// An earlier datagram arrives with flipped bits.
    Distort {
        at_client: bool,
        which: u16,
        at: u16,
        bits: u8,
    },
    /// A forged record arrives.
    Forge {
        at_client: bool,
        kind: u8,
        epoch: u8,
        sequence: u8,
        content: Vec<u8>,
    },
    /// Arbitrary bytes arrive.
    Bytes { at_client: bool, bytes: Vec<u8> },
    /// Time passes.
    Wait { milliseconds: u16 },
    /// An end sends data.
    Send { from_client: bool, size: u16 },
}

struct Stage {
    now: Time,
    server: Dtls,
    client: Dtls,
    to_server: Vec<Vec<u8>>,
    to_client: Vec<Vec<u8>>,
    seen: Vec<Vec<u8>>,
}

/// Plays a script. Afterwards the server must still accept an honest client.
pub fn play(steps: &[Step]) {
    let mut stage = Stage::new();
    for step in steps.iter().take(MOST_STEPS) {
        stage.play(step);
        stage.serve();
    }
    assert!(stage.server.sessions().pending <= 1 && stage.server.sessions().ready <= 1);
    stage.good_client_gets_in();
}

impl Stage {
    fn new() -> Self {
        let (identity, verification) = keys();
        let now = Time::ZERO;
        let server = Dtls::server(identity, now).expect("a server");
        let mut client = Dtls::client(verification.clone(), now);
        client.connect(now, server_address());
        let mut stage = Self {
            now,
            server,
            client,
            to_server: Vec::new(),
            to_client: Vec::new(),
            seen: Vec::new(),
        };
        stage.serve();
        stage
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Arrive { at_client } => {
                let bytes = self.next(*at_client);
                self.give(*at_client, &bytes);
            }
            Step::Lose { at_client } => {
                self.next(*at_client);
            }
            Step::Change {
                at_client,
                at,
                bits,
            } => {
                let mut bytes = self.next(*at_client);
                change(&mut bytes, *at, *bits);
                self.give(*at_client, &bytes);
            }
            Step::Cut { at_client, size } => {
                let mut bytes = self.next(*at_client);
                bytes.truncate(usize::from(*size));
                self.give(*at_client, &bytes);
            }
            Step::Repeat { at_client, which } => {
                let bytes = self.seen(*which);
                self.give(*at_client, &bytes);
            }
            Step::Distort {
                at_client,
                which,
                at,
                bits,
            } => {
                let mut bytes = self.seen(*which);
                change(&mut bytes, *at, *bits);
                self.give(*at_client, &bytes);
            }
            Step::Forge {
                at_client,
                kind,
                epoch,
                sequence,
                content,
            } => {
                let mut bytes = vec![20 + kind % 5, 254, 253, 0, epoch % 3];
                bytes.extend_from_slice(&[0, 0, 0, 0, 0, *sequence]);
                bytes.extend_from_slice(&(content.len() as u16).to_be_bytes());
                bytes.extend_from_slice(content);
                self.give(*at_client, &bytes);
            }
            Step::Bytes { at_client, bytes } => self.give(*at_client, bytes),
            Step::Wait { milliseconds } => {
                self.now += Duration::from_millis((*milliseconds % 3000).into());
            }
            Step::Send { from_client, size } => {
                let bytes = vec![7; usize::from(*size % 4097)];
                match from_client {
                    true => self.client.send(self.now, server_address(), &bytes),
                    false => self.server.send(self.now, client_address(1), &bytes),
                };
            }
        }
    }

    fn next(&mut self, at_client: bool) -> Vec<u8> {
        let queue = match at_client {
            true => &mut self.to_client,
            false => &mut self.to_server,
        };
        match queue.is_empty() {
            true => Vec::new(),
            false => queue.remove(0),
        }
    }

    fn seen(&self, which: u16) -> Vec<u8> {
        match self.seen.len() {
            0 => Vec::new(),
            count => self.seen[usize::from(which) % count].clone(),
        }
    }

    /// Delivers bytes to an end. Decrypted data must be data that [`Step::Send`] sent.
    fn give(&mut self, at_client: bool, bytes: &[u8]) {
        let check = &mut |_, plain: &[u8]| assert!(plain.iter().all(|byte| *byte == 7));
        match at_client {
            true => (self.client).receive(self.now, server_address(), bytes, check),
            false => (self.server).receive(self.now, client_address(1), bytes, check),
        }
    }

    fn serve(&mut self) {
        for dtls in [&mut self.server, &mut self.client] {
            // Nobody has a peer.
            if dtls.wants_peers(self.now) {
                dtls.sweep(self.now, &[]);
            }
            dtls.service(self.now);
        }
        let mut datagram = Vec::new();
        while let Some(to) = self.server.next_datagram(&mut datagram) {
            assert_eq!(to, client_address(1));
            self.seen.push(datagram.clone());
            self.to_client.push(datagram.clone());
        }
        while self.client.next_datagram(&mut datagram).is_some() {
            self.seen.push(datagram.clone());
            self.to_server.push(datagram.clone());
        }
        while self.server.next_event().is_some() {}
        while self.client.next_event().is_some() {}
        // A handshake needs no more datagrams than these.
        self.to_server.truncate(64);
        self.to_client.truncate(64);
        self.seen.truncate(256);
    }

    fn good_client_gets_in(mut self) {
        // A server starts some handshakes at a time, and some a second for an address.
        self.now += Duration::from_secs(1);
        self.server.service(self.now);
        while self.server.next_datagram(&mut Vec::new()).is_some() {}
        let mut client = Dtls::client(keys().1.clone(), self.now);
        client.connect(self.now, server_address());
        let address = client_address(2);
        let mut datagram = Vec::new();
        for _ in 0..10 {
            while client.next_datagram(&mut datagram).is_some() {
                (self.server).receive(self.now, address, &datagram, &mut |_, _| {});
            }
            self.server.service(self.now);
            while let Some(to) = self.server.next_datagram(&mut datagram) {
                if to == address {
                    client.receive(self.now, server_address(), &datagram, &mut |_, _| {});
                }
            }
            client.service(self.now);
            if client.next_event() == Some(DtlsEvent::Ready(server_address())) {
                return;
            }
        }
        panic!("a good client does not get in");
    }
}

pub(crate) fn change(bytes: &mut [u8], at: u16, bits: u8) {
    let size = bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(usize::from(at) % size) {
        *byte ^= bits;
    }
}

pub(crate) fn server_address() -> SocketAddr {
    ([10, 0, 0, 1], 1000).into()
}

pub(crate) fn client_address(number: u8) -> SocketAddr {
    ([10, 0, 0, 2], 1000 + u16::from(number)).into()
}

/// The server's key and certificate.
fn made() -> &'static CertifiedKey<KeyPair> {
    static MADE: OnceLock<CertifiedKey<KeyPair>> = OnceLock::new();
    MADE.get_or_init(|| {
        rcgen::generate_simple_self_signed(["game".to_owned()]).expect("a certificate")
    })
}

pub(crate) fn keys() -> &'static (Identity, Verification) {
    static KEYS: OnceLock<(Identity, Verification)> = OnceLock::new();
    KEYS.get_or_init(|| {
        let pem = made().cert.pem();
        let identity = Identity::from_pem(&made().signing_key.serialize_pem(), &pem);
        let verification = Verification {
            trust: Some(Trust::certificates(&pem).expect("readable")),
            name: Some("game".to_owned()),
        };
        (identity.expect("an identity"), verification)
    })
}

/// The server's certificate, for a server that is not ours.
pub(crate) fn certificate(provider: &dyn RTCCryptoProvider) -> Certificate {
    let key = made().signing_key.serialize_der();
    let key = provider
        .crypto()
        .import_signing_key(SignatureScheme::EcdsaP256Sha256, &key);
    Certificate::from_signing_key(vec![made().cert.der().clone()], key.expect("a key"))
}
