//! The thread, not the owner, computes the handshakes of encrypted hosts.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use enet_dtls::{Dtls, Identity, Trust, Verification};
use enet_net::{Host, Poller, Taker, Transport, Waker};
use enet_proto::{Event, HostConfig, PacketFlags};

use super::{address, host, host_on, now, socket, wait_until};
use crate::dtls::certificates::Kind;

/// The content type of handshake records.
const HANDSHAKE: u8 = 22;

/// Records which threads send handshakes.
struct Watched(Box<dyn Transport>, Arc<Mutex<Vec<ThreadId>>>);

impl Transport for Watched {
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        if datagram.first() == Some(&HANDSHAKE) {
            let id = thread::current().id();
            self.1.lock().expect("sound").push(id);
        }
        self.0.send(to, datagram)
    }

    fn receive(&mut self, take: Taker<'_>) -> io::Result<usize> {
        self.0.receive(take)
    }

    fn wait(&mut self, timeout: std::time::Duration) -> io::Result<bool> {
        self.0.wait(timeout)
    }

    fn poller(&mut self) -> io::Result<(Box<dyn Poller>, Arc<dyn Waker>)> {
        self.0.poller()
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        self.0.local_address()
    }
}

/// A server that polls without a pause reads most datagrams before its thread does. The thread still
/// computes the signatures, and packets that follow a handshake are not lost.
#[test]
fn a_poll_computes_no_handshake() {
    const CLIENTS: usize = 8;
    let pair = Kind::named("game").signed_by_itself();
    let senders = Arc::<Mutex<Vec<ThreadId>>>::default();
    let watched = Watched(socket(), Arc::clone(&senders));
    let mut server = host_on(Box::new(watched), &HostConfig::new(CLIENTS, 1, now()));
    let identity = Identity::from_pem(&pair.key_pem(), &pair.pem()).expect("an identity");
    server.encrypt(now(), Dtls::server(&identity, now()).expect("a server"));
    server.start_thread(now).expect("a thread");
    server.receive(now());
    let to = address(&server);
    let mut clients: Vec<Host> = (0..CLIENTS as u32)
        .map(|seed| {
            let mut client = host(&HostConfig::new(1, seed, now()));
            let verification = Verification {
                trust: Some(Trust::certificates(&pair.pem()).expect("readable")),
                name: Some("game".to_owned()),
            };
            client.encrypt(now(), Dtls::client(verification, now()));
            client.connect(now(), to, 1, 0).expect("a slot");
            client
        })
        .collect();
    let mut peers = Vec::new();
    wait_until("all connect", || {
        for _ in 0..50 {
            server.receive(now());
            while let Some(event) = server.next_event() {
                if let Event::Connected { peer, .. } = event {
                    peers.push(peer);
                }
            }
            server.flush(now());
        }
        for client in &mut clients {
            client.service(now());
        }
        peers.len() == CLIENTS
    });
    let here = thread::current().id();
    let senders = senders.lock().expect("sound").clone();
    assert!(senders.len() >= 2 * CLIENTS, "{}", senders.len());
    assert!(senders.iter().all(|&sender| sender != here));
    // Encrypted packets, which the poll reads itself, still arrive.
    for &peer in &peers {
        let sent = server.send(now(), peer, 0, PacketFlags::RELIABLE, b"hello");
        sent.expect("queued");
    }
    server.flush(now());
    let mut received = 0;
    wait_until("the packets arrive", || {
        server.receive(now());
        for client in &mut clients {
            client.service(now());
            let events = std::iter::from_fn(|| client.next_event());
            received += events
                .filter(|event| matches!(event, Event::Received { .. }))
                .count();
        }
        received == CLIENTS
    });
}
