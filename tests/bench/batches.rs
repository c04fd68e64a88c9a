//! The gain of sendmmsg and recvmmsg: a server of 256 players with single and with batched system
//! calls, in turn, over real sockets. Only the server's CPU time counts, including system calls.
//!
//! The batches work as they would in a host: a flush copies its datagrams into a buffer and sends 64 of
//! them a call, and 64 datagrams are received a call. The ratio for both directions together decides
//! whether a host should use batches.

use std::cell::RefCell;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use enet_net::Taker;
use enet_net::{BindAddress, Host, Network, Transport, Udp};
use enet_proto::{Event, HostConfig, PacketFlags, PeerId, Throttle};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg};

const PLAYERS: usize = 256;
const IN: [u8; 130] = [0x5A; 130];
const OUT: [u8; 350] = [0xA5; 350];
const ROUNDS: usize = 15;
const TICKS: usize = 60;
/// Datagrams per system call.
const BATCH: usize = 64;
/// The largest datagram, and one byte to detect larger ones.
const SLOT: usize = 4097;
const UNRELIABLE: PacketFlags = PacketFlags {
    reliable: false,
    unsequenced: true,
    unreliable_fragment: true,
};

/// A throttle that never drops packets: dropped ones would not be measured.
const STEADY: Throttle = Throttle {
    interval: 5000,
    acceleration: 32,
    deceleration: 0,
};

/// The datagrams that a flush has not sent yet.
struct Outbox {
    socket: UdpSocket,
    headers: MultiHeaders<SockaddrIn>,
    bytes: Vec<u8>,
    sizes: [usize; BATCH],
    addresses: [Option<SockaddrIn>; BATCH],
    count: usize,
}

impl Outbox {
    fn push(&mut self, to: SocketAddr, datagram: &[u8]) {
        let SocketAddr::V4(to) = to else {
            unreachable!("this benchmark binds IPv4")
        };
        if self.count == BATCH {
            self.flush();
        }
        self.bytes.extend_from_slice(datagram);
        self.sizes[self.count] = datagram.len();
        self.addresses[self.count] = Some(to.into());
        self.count += 1;
    }

    fn flush(&mut self) {
        let mut rest: &[u8] = &self.bytes;
        let slices: [[IoSlice<'_>; 1]; BATCH] = std::array::from_fn(|index| {
            let size = if index < self.count {
                self.sizes[index]
            } else {
                0
            };
            let (datagram, others) = rest.split_at(size);
            rest = others;
            [IoSlice::new(datagram)]
        });
        if self.count > 0 {
            let sent = sendmmsg(
                self.socket.as_raw_fd(),
                &mut self.headers,
                &slices[..self.count],
                &self.addresses[..self.count],
                [],
                MsgFlags::empty(),
            );
            let sent = sent.expect("room in the socket").count();
            assert_eq!(sent, self.count, "the system takes all of a batch");
        }
        self.count = 0;
        self.bytes.clear();
    }
}

/// The buffers of the batched server, for both directions. A transport must be `Send`, and the library's
/// headers are not, so they live in a thread-local variable.
struct Boxes {
    outbox: Outbox,
    headers: MultiHeaders<SockaddrIn>,
    buffer: Vec<u8>,
}

thread_local! {
    static BOXES: RefCell<Option<Boxes>> = const { RefCell::new(None) };
}

fn with_boxes<R>(act: impl FnOnce(&mut Boxes) -> R) -> R {
    BOXES.with_borrow_mut(|boxes| act(boxes.as_mut().expect("a batched server")))
}

impl Boxes {
    fn receive(&mut self, take: Taker<'_>) -> io::Result<usize> {
        let mut slots = self.buffer.chunks_exact_mut(SLOT);
        let mut slices: [[IoSliceMut<'_>; 1]; BATCH] = std::array::from_fn(|_| {
            let slot = slots.next().expect("as many slots");
            [IoSliceMut::new(slot)]
        });
        let received = recvmmsg(
            self.outbox.socket.as_raw_fd(),
            &mut self.headers,
            &mut slices,
            MsgFlags::empty(),
            None,
        );
        let received = match received {
            Err(Errno::EWOULDBLOCK) => return Ok(0),
            received => received?,
        };
        let mut count = 0;
        for message in received {
            let from = message.address.expect("UDP has senders");
            let datagram = message.iovs().next().unwrap_or_default();
            take(SocketAddr::V4(from.into()), datagram);
            count += 1;
        }
        Ok(count)
    }
}

struct Batched;

impl Transport for Batched {
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        with_boxes(|boxes| boxes.outbox.push(to, datagram));
        Ok(())
    }

    fn receive(&mut self, take: Taker<'_>) -> io::Result<usize> {
        with_boxes(|boxes| boxes.receive(take))
    }

    fn wait(&mut self, _: Duration) -> io::Result<bool> {
        unreachable!("nobody waits here")
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        with_boxes(|boxes| boxes.outbox.socket.local_addr())
    }
}

/// A server with connected players.
struct Game {
    server: Host,
    peers: Vec<PeerId>,
    players: Vec<(Host, PeerId)>,
    is_batched: bool,
    clock: Instant,
}

impl Game {
    fn start(is_batched: bool) -> Self {
        let localhost = BindAddress::Ip([127, 0, 0, 1].into());
        let host = |transport, slots, seed| {
            let config = HostConfig::new(slots, seed, Duration::ZERO);
            Host::new(&config, transport)
        };
        let transport: Box<dyn Transport> = match is_batched {
            false => Udp.bind(localhost, 0).expect("a port"),
            true => Box::new(batched().expect("a socket")),
        };
        let mut game = Self {
            server: host(transport, PLAYERS, 1),
            peers: Vec::new(),
            players: Vec::new(),
            is_batched,
            clock: Instant::now(),
        };
        let address = ([127, 0, 0, 1], game.server.local_port()).into();
        for index in 0..PLAYERS {
            let transport = Udp.bind(localhost, 0).expect("a port");
            let mut player = host(transport, 1, index as u32 + 2);
            let now = game.clock.elapsed();
            let peer = player.connect(now, address, 1, 0).expect("a slot");
            player.flush(now);
            game.players.push((player, peer));
        }
        while game.peers.len() < PLAYERS {
            game.receive();
            game.flush();
            game.players_receive();
        }
        let now = game.clock.elapsed();
        for &peer in &game.peers {
            game.server
                .with_protocol(|protocol| protocol.configure_throttle(now, peer, STEADY));
        }
        for (player, peer) in &mut game.players {
            player.with_protocol(|protocol| protocol.configure_throttle(now, *peer, STEADY));
        }
        game
    }

    fn receive(&mut self) -> usize {
        let mut packets = 0;
        self.server.receive(self.clock.elapsed());
        while let Some(event) = self.server.next_event() {
            match event {
                Event::Connected { peer, .. } => self.peers.push(peer),
                Event::Received { data, .. } => {
                    packets += 1;
                    self.server.recycle(data);
                }
                _ => {}
            }
        }
        packets
    }

    fn flush(&mut self) {
        self.server.flush(self.clock.elapsed());
        if self.is_batched {
            with_boxes(|boxes| boxes.outbox.flush());
        }
    }

    fn players_receive(&mut self) -> usize {
        let mut packets = 0;
        for (player, _) in &mut self.players {
            player.service(self.clock.elapsed());
            while let Some(event) = player.next_event() {
                if let Event::Received { data, .. } = event {
                    packets += 1;
                    player.recycle(data);
                }
            }
        }
        packets
    }

    /// Returns the nanoseconds of CPU time per tick to receive and to send.
    fn measure(&mut self) -> [f64; 2] {
        let mut spent = [0.0; 2];
        let mut arrived = [0; 2];
        for _ in 0..TICKS {
            let now = self.clock.elapsed();
            for (player, peer) in &mut self.players {
                let sent = player.send(now, *peer, 0, UNRELIABLE, &IN);
                sent.expect("queued");
                player.flush(now);
            }
            let begun = ThreadTime::now();
            arrived[0] += self.receive();
            spent[0] += begun.elapsed().as_nanos() as f64;
            let begun = ThreadTime::now();
            let now = self.clock.elapsed();
            for &peer in &self.peers {
                let sent = self.server.send(now, peer, 0, UNRELIABLE, &OUT);
                sent.expect("queued");
            }
            self.flush();
            spent[1] += begun.elapsed().as_nanos() as f64;
            arrived[1] += self.players_receive();
        }
        for arrived in arrived {
            let sent = TICKS * PLAYERS;
            assert!(arrived * 100 >= sent * 95, "{arrived} of {sent} arrived");
        }
        spent.map(|spent| spent / TICKS as f64)
    }
}

fn batched() -> io::Result<Batched> {
    let socket = UdpSocket::bind(("127.0.0.1", 0))?;
    socket.set_nonblocking(true)?;
    let boxes = Boxes {
        outbox: Outbox {
            socket,
            headers: MultiHeaders::preallocate(BATCH, None),
            bytes: Vec::new(),
            sizes: [0; BATCH],
            addresses: [None; BATCH],
            count: 0,
        },
        headers: MultiHeaders::preallocate(BATCH, None),
        buffer: vec![0; SLOT * BATCH],
    };
    BOXES.set(Some(boxes));
    Ok(Batched)
}

/// Prints the cost of a tick with single calls and with batched calls, and the ratio.
pub fn measure() {
    let mut games = [false, true].map(Game::start);
    let mut rounds = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (times, game) in rounds.iter_mut().zip(&mut games) {
            let [receive, send] = game.measure();
            times.push([receive, send, receive + send]);
        }
    }
    println!(
        "{:<40}{:>12}{:>12}{:>12}{:>8}",
        "256 players, a tick of the server", "", "plain", "batched", "ratio"
    );
    for (column, name) in ["receive 130 bytes each", "send 350 bytes each", "both"]
        .into_iter()
        .enumerate()
    {
        let [plain, batched] = rounds
            .each_ref()
            .map(|times| super::median(times.iter().map(|row| row[column]).collect()));
        println!(
            "{name:<40}{:>12}{plain:>12.0}{batched:>12.0}{:>8.2}",
            "ns/tick",
            batched / plain
        );
    }
}
