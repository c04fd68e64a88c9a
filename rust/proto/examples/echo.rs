//! An echo server and a client over UDP, with nothing but `std`.
//!
//! ```text
//! cargo run --example echo -- server 127.0.0.1:7777
//! cargo run --example echo -- client 127.0.0.1:7777
//! ```

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use enet_proto::{
    Disconnect, Event, Host, HostConfig, MAX_DATAGRAM_SIZE, PacketFlags, QueueError, Time,
};

const CHANNEL: u8 = 0;

/// A host, and the socket and clock that it lacks.
struct Endpoint {
    host: Host,
    socket: UdpSocket,
    start: Instant,
    /// The datagram that leaves; its buffer is reused.
    outgoing: Vec<u8>,
}

impl Endpoint {
    fn bind(address: &str, max_peers: usize) -> io::Result<Self> {
        // The seed should be unpredictable; a program with a random source takes that instead.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let seed = now.map_or(1, |now| now.subsec_nanos());
        Ok(Self {
            host: Host::new(&HostConfig::new(max_peers, seed, Time::ZERO)),
            socket: UdpSocket::bind(address)?,
            start: Instant::now(),
            outgoing: Vec::new(),
        })
    }

    /// The host's time: any epoch will do.
    fn now(&self) -> Time {
        self.start.elapsed()
    }

    /// Sends everything that is due, then waits for a datagram or for the host's next timer.
    fn turn(&mut self) -> io::Result<()> {
        let now = self.now();
        self.host.service(now);
        self.host.flush(now);
        while let Some(to) = self.host.next_datagram(&mut self.outgoing) {
            self.socket.send_to(&self.outgoing, to)?;
        }
        if self.host.has_events() {
            return Ok(());
        }
        let wait = self.host.next_timer().saturating_sub(self.now());
        // A timeout of zero would be an error.
        let wait = wait.max(Duration::from_millis(1));
        self.socket.set_read_timeout(Some(wait))?;
        let mut datagram = [0; MAX_DATAGRAM_SIZE];
        match self.socket.recv_from(&mut datagram) {
            Ok((size, from)) => {
                let now = self.now();
                self.host.receive(now, from, &datagram[..size]);
                Ok(())
            }
            // The wait is over, or the network says that a remote is not there: the protocol finds
            // that out by itself.
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock
                | ErrorKind::TimedOut
                | ErrorKind::Interrupted
                | ErrorKind::ConnectionRefused
                | ErrorKind::ConnectionReset => Ok(()),
                _ => Err(error),
            },
        }
    }
}

fn serve(address: &str) -> Result<(), Box<dyn Error>> {
    let mut endpoint = Endpoint::bind(address, 32)?;
    println!("listening on {}", endpoint.socket.local_addr()?);
    loop {
        endpoint.turn()?;
        while let Some(event) = endpoint.host.next_event() {
            match event {
                Event::Connected { peer, .. } => {
                    let address = endpoint.host.address(peer);
                    println!("{peer:?} connected from {address:?}");
                }
                Event::Disconnected { peer, .. } => println!("{peer:?} disconnected"),
                Event::OverLimit { peer, limit } => println!("{peer:?} exceeds {limit:?}"),
                Event::Received {
                    peer,
                    channel,
                    flags,
                    data,
                } => {
                    println!("{peer:?} sent {} bytes", data.len());
                    let now = endpoint.now();
                    match endpoint.host.send(now, peer, channel, flags, &data) {
                        // The peer may have disconnected right after its packet.
                        Ok(()) | Err(QueueError::NotConnected) => {}
                        Err(error) => return Err(error.into()),
                    }
                    endpoint.host.recycle(data);
                }
            }
        }
    }
}

fn ask(server: SocketAddr) -> Result<(), Box<dyn Error>> {
    let any = match server {
        SocketAddr::V4(_) => "0.0.0.0:0",
        SocketAddr::V6(_) => "[::]:0",
    };
    let mut endpoint = Endpoint::bind(any, 1)?;
    let now = endpoint.now();
    (endpoint.host.connect(now, server, 1, 0)).ok_or("no free slot")?;
    let mut was_connected = false;
    loop {
        endpoint.turn()?;
        let now = endpoint.now();
        while let Some(event) = endpoint.host.next_event() {
            match event {
                Event::Connected { peer, .. } => {
                    println!("connected");
                    was_connected = true;
                    let reliable = PacketFlags::RELIABLE;
                    endpoint.host.send(now, peer, CHANNEL, reliable, b"hello")?;
                }
                Event::Received { peer, data, .. } => {
                    println!("echo: {}", String::from_utf8_lossy(&data));
                    (endpoint.host).disconnect(now, peer, 0, Disconnect::Acknowledged);
                }
                Event::OverLimit { limit, .. } => println!("the server exceeds {limit:?}"),
                Event::Disconnected { .. } if was_connected => {
                    println!("disconnected");
                    return Ok(());
                }
                Event::Disconnected { .. } => return Err("the server does not answer".into()),
            }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["server", address] => serve(address),
        ["client", address] => ask(address.parse()?),
        _ => Err("usage: echo server|client ADDRESS".into()),
    }
}
