//! A UDP proxy for tests that does what Quilkin 0.10 does with the filters Capture (`suffix`, `remove: true`) and
//! TokenRouter, and its answers to QCMP pings. No proxy for games: each session has a thread.
//!
//! - The last bytes of each datagram of a client are its token. A datagram that is shorter, or whose token no endpoint has,
//!   is dropped. Otherwise the token is taken off, and the rest goes to all endpoints with this token.
//! - A session is a pair of a client's address and an endpoint. Each has a socket of its own, so that the endpoint sees
//!   as many ports of the proxy as there are clients.
//! - What an endpoint answers goes to the session's client unchanged. What comes from anybody else is dropped.
//! - A session ends when its client was silent for [`Options::idle`]; answers do not prolong it.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

mod base64;
mod qcmp;

pub use base64::encode as base64;
pub use qcmp::{Fault, Responder};

/// How long a socket is waited for before the threads look whether they are to end.
const TURN: Duration = Duration::from_millis(20);
const MAX_SESSIONS: usize = 1024;
const MAX_SIZE: usize = 65_536;

/// What the proxy does.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where clients send to. The sessions' sockets have its IP address.
    pub listen: SocketAddr,
    /// Bytes of a token.
    pub token_size: usize,
    /// Addresses of servers with their tokens.
    pub endpoints: Vec<(SocketAddr, Vec<u8>)>,
    /// The silence after which a session ends: 60 seconds in Quilkin.
    pub idle: Duration,
}

/// What came by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// Datagrams of clients.
    pub datagrams: u64,
    /// Their bytes, with tokens.
    pub bytes: u64,
    /// The largest of them, with its token.
    pub largest: usize,
    /// The largest answer.
    pub largest_answer: usize,
    /// Datagrams of clients that were dropped because they are shorter than a token.
    pub too_short: u64,
    /// Those that were dropped because no endpoint has their token.
    pub unknown: u64,
    /// Sessions that began.
    pub sessions: u64,
    /// Sessions that ended.
    pub ended: u64,
    /// Datagrams that went to each endpoint.
    pub routed: HashMap<SocketAddr, u64>,
}

#[derive(Debug)]
struct Shared {
    records: Mutex<Records>,
    ends: AtomicBool,
}

impl Shared {
    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends(&self) -> bool {
        self.ends.load(Ordering::Relaxed)
    }
}

/// A proxy that works until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts one.
    ///
    /// # Errors
    /// The system gave no socket.
    pub fn start(options: Options) -> io::Result<Self> {
        let socket = UdpSocket::bind(options.listen)?;
        socket.set_read_timeout(Some(TURN))?;
        let address = socket.local_addr()?;
        let shared = Arc::new(Shared {
            records: Mutex::default(),
            ends: AtomicBool::new(false),
        });
        let seen = Arc::clone(&shared);
        let thread = thread::spawn(move || Downstream::new(socket, options, seen).work());
        Ok(Self {
            shared,
            address,
            thread: Some(thread),
        })
    }

    /// Where clients send to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What came by so far.
    pub fn records(&self) -> Records {
        self.shared.records().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic is in the output already.
            let _ = thread.join();
        }
    }
}

/// The clients' side.
struct Downstream {
    socket: Arc<UdpSocket>,
    options: Options,
    shared: Arc<Shared>,
    sessions: HashMap<(SocketAddr, SocketAddr), Session>,
}

struct Session {
    socket: Arc<UdpSocket>,
    last: Instant,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Downstream {
    fn new(socket: UdpSocket, options: Options, shared: Arc<Shared>) -> Self {
        Self {
            socket: Arc::new(socket),
            options,
            shared,
            sessions: HashMap::new(),
        }
    }

    fn work(mut self) {
        let mut buffer = vec![0; MAX_SIZE];
        while !self.shared.ends() {
            if let Some((size, from)) = received(&self.socket, &mut buffer) {
                self.route(from, &buffer[..size]);
            }
            self.end_silent();
        }
    }

    fn route(&mut self, from: SocketAddr, datagram: &[u8]) {
        let mut records = self.shared.records();
        records.datagrams += 1;
        records.bytes += datagram.len() as u64;
        records.largest = records.largest.max(datagram.len());
        let Some(own) = datagram.len().checked_sub(self.options.token_size) else {
            records.too_short += 1;
            return;
        };
        let (rest, token) = datagram.split_at(own);
        let endpoints = self.options.endpoints.iter();
        let to: Vec<_> = endpoints
            .filter(|(_, known)| known == token)
            .map(|(address, _)| *address)
            .collect();
        if to.is_empty() {
            records.unknown += 1;
            return;
        }
        for endpoint in &to {
            *records.routed.entry(*endpoint).or_default() += 1;
        }
        drop(records);
        for endpoint in to {
            if let Some(session) = self.session(from, endpoint) {
                session.last = Instant::now();
                // The network may lose any datagram.
                let _ = session.socket.send_to(rest, endpoint);
            }
        }
    }

    fn session(&mut self, client: SocketAddr, endpoint: SocketAddr) -> Option<&mut Session> {
        let key = (client, endpoint);
        if !self.sessions.contains_key(&key) {
            if self.sessions.len() >= MAX_SESSIONS {
                return None;
            }
            let socket = UdpSocket::bind((self.options.listen.ip(), 0)).ok()?;
            socket.set_read_timeout(Some(TURN)).ok()?;
            let socket = Arc::new(socket);
            let ends = Arc::new(AtomicBool::new(false));
            let upstream = Upstream {
                socket: Arc::clone(&socket),
                downstream: Arc::clone(&self.socket),
                client,
                endpoint,
                shared: Arc::clone(&self.shared),
                ends: Arc::clone(&ends),
            };
            let thread = thread::spawn(move || upstream.work());
            self.shared.records().sessions += 1;
            let session = Session {
                socket,
                last: Instant::now(),
                ends,
                thread: Some(thread),
            };
            self.sessions.insert(key, session);
        }
        self.sessions.get_mut(&key)
    }

    fn end_silent(&mut self) {
        let (idle, before) = (self.options.idle, self.sessions.len());
        self.sessions
            .retain(|_, session| session.last.elapsed() < idle);
        let ended = before - self.sessions.len();
        if ended > 0 {
            self.shared.records().ended += ended as u64;
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic is in the output already.
            let _ = thread.join();
        }
    }
}

/// The way back of a session.
struct Upstream {
    socket: Arc<UdpSocket>,
    downstream: Arc<UdpSocket>,
    client: SocketAddr,
    endpoint: SocketAddr,
    shared: Arc<Shared>,
    ends: Arc<AtomicBool>,
}

impl Upstream {
    fn work(self) {
        let mut buffer = vec![0; MAX_SIZE];
        while !self.ends.load(Ordering::Relaxed) {
            let Some((size, from)) = received(&self.socket, &mut buffer) else {
                continue;
            };
            if from == self.endpoint {
                let mut records = self.shared.records();
                records.largest_answer = records.largest_answer.max(size);
                drop(records);
                // The network may lose any datagram.
                let _ = self.downstream.send_to(&buffer[..size], self.client);
            }
        }
    }
}

/// The next datagram, if one comes within [`TURN`].
fn received(socket: &UdpSocket, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
    match socket.recv_from(buffer) {
        Ok(received) => Some(received),
        Err(error) => {
            let is_patient = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            if !is_patient {
                // A closed port of a client or server, for example. It must not make the loop spin.
                thread::sleep(Duration::from_millis(1));
            }
            None
        }
    }
}
