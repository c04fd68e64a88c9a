//! The floor: a server that moves as many datagrams as our class did through bare sockets, with as few
//! system calls as possible, and does nothing else.

use std::collections::HashSet;
use std::io::{IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use nix::errno::Errno;
use nix::sys::socket::{
    MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg, setsockopt, sockopt::RcvBuf,
};

use super::cases::Case;
use super::load::{self, Schedule};
use super::run::{self, Figures};

/// Datagrams per system call.
const BATCH: usize = 64;
const LARGEST: usize = 1500;
const WARM_UP: Duration = Duration::from_millis(500);
/// The socket buffer that our class asks for: the datagrams of a tick have to fit.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;

/// Runs the floor with as many datagrams, of the same sizes, as a run of our class had.
pub fn measure(case: &Case, ours: &Figures) -> Figures {
    let size = |way: &str| {
        let bytes = ours[&format!("{way}_bytes")] / ours[&format!("{way}_datagrams")];
        bytes.round().to_string()
    };
    let sent = ours["sent_datagrams"].round().to_string();
    let clients = case.clients.to_string();
    let mut server = Command::new(std::env::current_exe().expect("a path"));
    server
        .args(["floor", &clients, &sent, &size("sent")])
        .args([case.ticks_per_second.to_string(), case.seconds.to_string()]);
    let rate = ours["received_datagrams"] * case.ticks_per_second as f64 / case.clients as f64;
    run::pair(&mut server, |port| {
        let rate = (rate.round() as u32).to_string();
        let words = ["floor_load", port, &clients, &rate, &size("received")];
        words.map(str::to_owned).to_vec()
    })
}

/// Runs the server: `floor CLIENTS DATAGRAMS SIZE TICKS_PER_SECOND SECONDS`.
pub fn serve(words: &[String]) {
    let [clients, datagrams, size, rate, seconds] = words else {
        panic!("floor <clients> <datagrams> <size> <ticks a second> <seconds>");
    };
    let clients: usize = clients.parse().expect("clients");
    let datagrams: usize = datagrams.parse().expect("datagrams");
    let payload = vec![0x5A; size.parse().expect("a size")];
    let rate: u32 = rate.parse().expect("ticks a second");
    let interval = Duration::from_secs(1) / rate;
    let limit = Duration::from_secs_f64(seconds.parse().expect("seconds"));
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a socket");
    // The system may grant less.
    let _ = setsockopt(&socket, RcvBuf, &SOCKET_BUFFER);
    println!("@port {}", socket.local_addr().expect("bound").port());
    let mut known = HashSet::new();
    while known.len() < clients {
        let (_, from) = socket.recv_from(&mut [0; LARGEST]).expect("received");
        known.insert(from);
    }
    let addresses: Vec<Option<SockaddrIn>> = (known.iter().cycle().take(datagrams))
        .map(|address| match *address {
            SocketAddr::V4(address) => Some(address.into()),
            SocketAddr::V6(_) => None,
        })
        .collect();
    let mut batches = Batches::new();
    let begun = Instant::now();
    let mut measured = None;
    let (mut ticks, mut received) = (0_u32, 0);
    for tick in 1_u32.. {
        received += batches.receive(&socket);
        batches.send(&socket, &payload, &addresses);
        ticks += 1;
        let elapsed = begun.elapsed();
        if measured.is_none() && elapsed >= WARM_UP {
            measured = Some(ProcessTime::now());
            (ticks, received) = (0, 0);
        }
        if elapsed >= WARM_UP + limit {
            break;
        }
        thread::sleep((interval * tick).saturating_sub(begun.elapsed()));
    }
    let cpu = measured.expect("longer than the warm-up").elapsed();
    println!(
        "@result ticks={ticks} net_cpu_usec={} received={}",
        cpu.as_secs_f64() * 1e6 / f64::from(ticks),
        received as f64 / f64::from(ticks),
    );
}

struct Batches {
    headers: MultiHeaders<SockaddrIn>,
    buffers: Vec<[u8; LARGEST]>,
}

impl Batches {
    fn new() -> Self {
        Self {
            headers: MultiHeaders::preallocate(BATCH, None),
            buffers: vec![[0; LARGEST]; BATCH],
        }
    }

    /// Receives all pending datagrams; returns their number.
    fn receive(&mut self, socket: &UdpSocket) -> usize {
        let mut total = 0;
        loop {
            let buffers = self.buffers.iter_mut();
            let mut slices: Vec<_> = buffers.map(|buffer| [IoSliceMut::new(buffer)]).collect();
            let flags = MsgFlags::MSG_DONTWAIT;
            let count = match recvmmsg(
                socket.as_raw_fd(),
                &mut self.headers,
                &mut slices,
                flags,
                None,
            ) {
                Ok(messages) => messages.count(),
                Err(Errno::EAGAIN | Errno::ECONNREFUSED) => 0,
                Err(error) => panic!("recvmmsg: {error}"),
            };
            total += count;
            if count < BATCH {
                return total;
            }
        }
    }

    /// Sends a datagram to each address.
    fn send(&mut self, socket: &UdpSocket, payload: &[u8], addresses: &[Option<SockaddrIn>]) {
        for mut addresses in addresses.chunks(BATCH) {
            while !addresses.is_empty() {
                let slices = vec![[IoSlice::new(payload)]; addresses.len()];
                let sent = sendmmsg(
                    socket.as_raw_fd(),
                    &mut self.headers,
                    &slices,
                    addresses,
                    [],
                    MsgFlags::empty(),
                );
                addresses = match sent {
                    Ok(sent) => &addresses[sent.count()..],
                    // The clients have left.
                    Err(Errno::ECONNREFUSED) => return,
                    Err(error) => panic!("sendmmsg: {error}"),
                };
            }
        }
    }
}

/// Runs the clients: `floor_load PORT CLIENTS DATAGRAMS_PER_SECOND SIZE`.
pub fn play(words: &[String]) {
    let [port, count, rate, size] = words else {
        panic!("floor_load <port> <clients> <datagrams a second> <size>");
    };
    let port: u16 = port.parse().expect("a port");
    let count: usize = count.parse().expect("clients");
    let payload = vec![0xA5; size.parse().expect("a size")];
    load::watch_input();
    let sockets: Vec<UdpSocket> = (0..count)
        .map(|_| {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
            socket.connect((Ipv4Addr::LOCALHOST, port)).expect("bound");
            socket.set_nonblocking(true).expect("a socket's mode");
            socket
        })
        .collect();
    let epoch = Instant::now();
    let mut schedule = Schedule::new(count, rate.parse().expect("a rate"), epoch.elapsed());
    while !load::is_over() {
        let begun = Instant::now();
        for (index, socket) in sockets.iter().enumerate() {
            while socket.recv(&mut [0; LARGEST]).is_ok() {}
            if schedule.is_due(index, epoch.elapsed()) {
                // The call fails if the server has ended.
                let _ = socket.send(&payload);
            }
        }
        load::pause(begun, count);
    }
    println!("@result");
}
