//! A relay that simulates a bad network between real sockets.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use sim::{Conditions, Random};

/// A relay in front of one host. Each client gets its own socket towards the host, so that the host
/// can tell clients apart. Random delays make datagrams overtake each other.
pub struct Relay {
    front: UdpSocket,
    target: SocketAddr,
    clients: Vec<(SocketAddr, UdpSocket)>,
    held: BinaryHeap<Reverse<Held>>,
    conditions: Conditions,
    random: Random,
    count: u64,
}

/// A delayed datagram, ordered by due time, then by number.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    due: Instant,
    number: u64,
    client: usize,
    inwards: bool,
    bytes: Vec<u8>,
}

impl Relay {
    pub fn new(target: SocketAddr, conditions: Conditions, seed: u64) -> Self {
        Self {
            front: socket(),
            target,
            clients: Vec::new(),
            held: BinaryHeap::new(),
            conditions,
            random: Random::new(seed),
            count: 0,
        }
    }

    pub fn target(&self) -> SocketAddr {
        self.target
    }

    /// The address that clients send to.
    pub fn address(&self) -> SocketAddr {
        self.front.local_addr().expect("a bound socket")
    }

    /// Receives new datagrams and forwards those due.
    pub fn work(&mut self) {
        let mut buffer = [0; 65536];
        while let Ok((size, from)) = self.front.recv_from(&mut buffer) {
            let known = self.clients.iter().position(|client| client.0 == from);
            let client = known.unwrap_or_else(|| {
                self.clients.push((from, socket()));
                self.clients.len() - 1
            });
            self.hold(client, true, &buffer[..size]);
        }
        for client in 0..self.clients.len() {
            while let Ok((size, _)) = self.clients[client].1.recv_from(&mut buffer) {
                self.hold(client, false, &buffer[..size]);
            }
        }
        let now = Instant::now();
        while self.held.peek().is_some_and(|held| held.0.due <= now) {
            let Some(Reverse(held)) = self.held.pop() else {
                break;
            };
            let (address, behind) = &self.clients[held.client];
            // A datagram that the system refuses is lost, as on any network.
            let _ = if held.inwards {
                behind.send_to(&held.bytes, self.target)
            } else {
                self.front.send_to(&held.bytes, address)
            };
        }
    }

    fn hold(&mut self, client: usize, inwards: bool, bytes: &[u8]) {
        if self.random.chance(self.conditions.loss) {
            return;
        }
        let copies = 1 + usize::from(self.random.chance(self.conditions.duplication));
        for _ in 0..copies {
            let jitter = self.conditions.jitter.as_micros() as u64;
            let jitter = Duration::from_micros(self.random.below(jitter + 1));
            self.count += 1;
            self.held.push(Reverse(Held {
                due: Instant::now() + self.conditions.latency + jitter,
                number: self.count,
                client,
                inwards,
                bytes: bytes.to_vec(),
            }));
        }
    }
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_nonblocking(true).expect("a socket that is open");
    socket
}
