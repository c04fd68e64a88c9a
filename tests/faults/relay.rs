//! A relay of datagrams between a client and a server, with an emulated network in it. Kernels without the queueing
//! discipline netem, and users without root, can run it too.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use enet_net::netem::{Conditions, Link};

const LARGEST: usize = 64 * 1024;
/// The longest wait for a datagram: a held one may be due.
const WAIT: Duration = Duration::from_millis(2);

/// The relay. It ends when it is dropped.
pub struct Relay {
    shared: Arc<Shared>,
    port: u16,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    begun: Instant,
    /// In milliseconds since the beginning.
    cut_until: AtomicU64,
    is_over: AtomicBool,
    /// The client, once it has sent something.
    client: Mutex<Option<SocketAddr>>,
}

impl Relay {
    /// A relay to the server at this port.
    pub fn new(server_port: u16, conditions: Conditions, seed: u64) -> Self {
        let socket = || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
            socket.set_read_timeout(Some(WAIT)).expect("a setting");
            socket
        };
        let (front, back) = (socket(), socket());
        let port = front.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            begun: Instant::now(),
            cut_until: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            client: Mutex::new(None),
        });
        let server = SocketAddr::from((Ipv4Addr::LOCALHOST, server_port));
        let clone = |socket: &UdpSocket| socket.try_clone().expect("a clone");
        let there = Direction {
            from: clone(&front),
            to: clone(&back),
            server: Some(server),
            shared: shared.clone(),
        };
        let back = Direction {
            from: back,
            to: front,
            server: None,
            shared: shared.clone(),
        };
        let threads = [(there, 2 * seed), (back, 2 * seed + 1)];
        let threads =
            threads.map(|(direction, seed)| thread::spawn(move || direction.run(conditions, seed)));
        Self {
            shared,
            port,
            threads: threads.into(),
        }
    }

    /// The port for the client.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Loses everything for this time.
    pub fn cut(&self, time: Duration) {
        let end = self.shared.begun.elapsed() + time;
        (self.shared.cut_until).store(end.as_millis() as u64, Ordering::Relaxed);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("the relay does not panic");
        }
    }
}

struct Direction {
    from: UdpSocket,
    to: UdpSocket,
    /// Where the datagrams go; to the client if there is none.
    server: Option<SocketAddr>,
    shared: Arc<Shared>,
}

impl Direction {
    fn run(self, conditions: Conditions, seed: u64) {
        let mut link = Link::new(seed);
        link.set_conditions(Duration::ZERO, conditions);
        let mut buffer = vec![0; LARGEST];
        while !self.shared.is_over.load(Ordering::Relaxed) {
            let received = self.from.recv_from(&mut buffer);
            let now = self.shared.begun.elapsed();
            match received {
                Ok((size, from)) => {
                    if self.server.is_some() {
                        *self.client() = Some(from);
                    }
                    let cut_until = self.shared.cut_until.load(Ordering::Relaxed);
                    link.cut_until(now, Duration::from_millis(cut_until));
                    link.push(now, (), &buffer[..size]);
                }
                // Nothing came, or an earlier datagram found nobody: a killed process.
                Err(error) if is_harmless(error.kind()) => {}
                Err(error) => panic!("the relay cannot read: {error}"),
            }
            while let Some(((), bytes)) = link.pop(now) {
                if let Some(to) = self.server.or_else(|| *self.client()) {
                    // A network may lose any datagram.
                    let _ = self.to.send_to(&bytes, to);
                }
            }
        }
    }

    fn client(&self) -> std::sync::MutexGuard<'_, Option<SocketAddr>> {
        (self.shared.client.lock()).unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_harmless(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::WouldBlock
            | ErrorKind::TimedOut
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
    )
}
