//! Two hosts on a simulated network, each with a clock and a socket that a test disturbs.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use enet_net::{BindAddress, Host, Mishap, Network, SocketTrouble, Taker, Transport};
use enet_proto::{Cause, Event, HostConfig, PacketFlags, PeerId, Time};
use sim::{Conditions, SimNetwork};

/// Packets that an end sends in a second of [`Pair::talk`].
pub const PACKETS: u64 = 20;
const STEP: Duration = Duration::from_millis(5);
const LATENCY: Duration = Duration::from_millis(15);
/// The size of the packets of [`Pair::talk`], which take two datagrams.
const SIZE: usize = 2000;
const CONNECT_DATA: u32 = 7;

/// Decides about a datagram of so many bytes at this time.
type Send = Box<dyn FnMut(Time, usize) -> io::Result<()> + core::marker::Send>;
type Receive = Box<dyn FnMut(Time) -> io::Result<()> + core::marker::Send>;

/// The handle of a test to a socket.
#[derive(Clone)]
pub struct Socket(Arc<Mutex<Rules>>);

struct Rules {
    send: Send,
    receive: Receive,
    mishap: Option<Mishap>,
}

impl Socket {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Rules {
            send: Box::new(|_, _| Ok(())),
            receive: Box::new(|_| Ok(())),
            mishap: None,
        })))
    }

    /// Sends what this rule accepts.
    pub fn set_send(
        &self,
        rule: impl FnMut(Time, usize) -> io::Result<()> + core::marker::Send + 'static,
    ) {
        self.0.lock().expect("no panic").send = Box::new(rule);
    }

    /// Has the socket report this.
    pub fn set_mishap(&self, mishap: Mishap) {
        self.0.lock().expect("no panic").mishap = Some(mishap);
    }

    /// Reads when this rule accepts it.
    pub fn set_receive(
        &self,
        rule: impl FnMut(Time) -> io::Result<()> + core::marker::Send + 'static,
    ) {
        self.0.lock().expect("no panic").receive = Box::new(rule);
    }
}

struct Disturbed {
    inner: Box<dyn Transport>,
    network: SimNetwork,
    socket: Socket,
}

impl Transport for Disturbed {
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        let now = self.network.now();
        (self.socket.0.lock().expect("no panic").send)(now, datagram.len())?;
        self.inner.send(to, datagram)
    }

    fn receive(&mut self, take: Taker<'_>) -> io::Result<usize> {
        let now = self.network.now();
        (self.socket.0.lock().expect("no panic").receive)(now)?;
        self.inner.receive(take)
    }

    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        self.inner.wait(timeout)
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        self.inner.local_address()
    }

    fn take_mishap(&mut self) -> Option<Mishap> {
        self.socket.0.lock().expect("no panic").mishap.take()
    }
}

/// What an end reads on its clock, compared with the time of the network.
#[derive(Clone, Copy, Default)]
struct Offset {
    ahead: Duration,
    back: Duration,
}

struct End {
    host: Host,
    offset: Offset,
    peer: Option<PeerId>,
    sent: Vec<usize>,
    received: Vec<Vec<u8>>,
    is_told: bool,
    cause: Option<Cause>,
    sleeps: bool,
}

/// The server and the client, in this order.
pub struct Pair {
    pub sockets: [Socket; 2],
    network: SimNetwork,
    ends: [End; 2],
}

impl Pair {
    /// Two hosts that are connected.
    pub fn connected(seed: u64) -> Self {
        let network = SimNetwork::new(seed);
        network.set_conditions(Conditions {
            latency: LATENCY,
            ..Conditions::default()
        });
        let sockets = [Socket::new(), Socket::new()];
        let end = |index: usize| {
            let inner = network.bind(BindAddress::Any, 0).expect("a socket");
            let transport = Disturbed {
                inner,
                network: network.clone(),
                socket: sockets[index].clone(),
            };
            let config = HostConfig::new(4, 1 + index as u32, Time::ZERO);
            End {
                host: Host::new(&config, Box::new(transport)),
                offset: Offset::default(),
                peer: None,
                sent: Vec::new(),
                received: Vec::new(),
                is_told: false,
                cause: None,
                sleeps: false,
            }
        };
        let mut pair = Self {
            ends: [end(0), end(1)],
            sockets,
            network,
        };
        let address = SocketAddr::new(sim::SERVER_IP, pair.ends[0].host.local_port());
        let connecting = pair.ends[1]
            .host
            .connect(Time::ZERO, address, 1, CONNECT_DATA);
        connecting.expect("a slot");
        pair.run_until(Duration::from_secs(5), |pair| {
            pair.ends.iter().all(|end| end.peer.is_some())
        });
        assert!(pair.ends.iter().all(|end| end.peer.is_some()));
        pair
    }

    /// The time of the network.
    pub fn now(&self) -> Time {
        self.network.now()
    }

    pub fn jump_ahead(&mut self, end: usize, time: Duration) {
        self.ends[end].offset.ahead += time;
    }

    pub fn jump_back(&mut self, end: usize, time: Duration) {
        self.ends[end].offset.back += time;
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    /// Lets time pass until `holds` is true.
    pub fn run_until(&mut self, time: Duration, holds: impl Fn(&Self) -> bool) {
        let end = self.now() + time;
        while !holds(self) && self.now() < end {
            self.step();
        }
    }

    /// Both ends send packets while time passes.
    pub fn talk(&mut self, time: Duration) {
        let end = self.now() + time;
        let mut due = self.now();
        while self.now() < end {
            if self.now() >= due {
                due += Duration::from_secs(1) / PACKETS as u32;
                self.send(0, SIZE);
                self.send(1, SIZE);
            }
            self.step();
        }
    }

    /// An end sends a reliable packet, unless it knows that its connection ended.
    pub fn send(&mut self, end: usize, size: usize) {
        let now = self.time_of(end);
        let end = &mut self.ends[end];
        let Some(peer) = end.peer.filter(|_| !end.is_told) else {
            return;
        };
        let packet = packet(end.sent.len(), size);
        let sent = end.host.send(now, peer, 0, PacketFlags::RELIABLE, &packet);
        sent.expect("connected");
        end.sent.push(size);
    }

    /// How many packets an end sent.
    pub fn sent(&self, end: usize) -> usize {
        self.ends[end].sent.len()
    }

    /// Whether everything arrived.
    pub fn is_whole(&self) -> bool {
        let [server, client] = &self.ends;
        server.sent.len() == client.received.len() && client.sent.len() == server.received.len()
    }

    /// An end does nothing.
    pub fn fall_asleep(&mut self, end: usize, sleeps: bool) {
        self.ends[end].sleeps = sleeps;
    }

    /// Whether this end knows that the connection ended.
    pub fn is_told_at(&self, end: usize) -> bool {
        self.ends[end].is_told
    }

    /// Why the connection ended, for each end.
    pub fn causes(&self) -> [Option<Cause>; 2] {
        [0, 1].map(|index| self.ends[index].cause)
    }

    /// Datagrams that both ends sent.
    pub fn datagrams(&self) -> u64 {
        let sent = (self.ends.iter()).map(|end| end.host.totals().sent_datagrams);
        sent.sum()
    }

    pub fn socket_trouble(&self, end: usize) -> SocketTrouble {
        self.ends[end].host.socket_trouble()
    }

    /// Whether both ends know that the connection ended.
    pub fn is_told(&self) -> bool {
        self.ends.iter().all(|end| end.is_told)
    }

    /// Checks that everything arrived in order, and that the connection is still there.
    pub fn assert_whole(&self) {
        self.assert_order();
        assert!(self.is_whole(), "{}", self.told());
        assert!(!self.ends.iter().any(|end| end.is_told), "{}", self.told());
    }

    /// Checks that both ends know that the connection ended, and that what arrived before was in order.
    pub fn assert_told(&self) {
        self.assert_order();
        assert!(self.is_told(), "{}", self.told());
    }

    pub fn socket_errors(&self) -> [u64; 2] {
        [0, 1].map(|index| self.ends[index].host.totals().socket_errors)
    }

    fn assert_order(&self) {
        for (from, to) in [(0, 1), (1, 0)] {
            let received = &self.ends[to].received;
            for (number, (bytes, size)) in received.iter().zip(&self.ends[from].sent).enumerate() {
                assert!(*bytes == packet(number, *size), "packet {number} of {from}");
            }
            assert!(received.len() <= self.ends[from].sent.len());
        }
    }

    fn told(&self) -> String {
        let ends = self.ends.iter().map(|end| {
            let (sent, received) = (end.sent.len(), end.received.len());
            format!("{sent} sent, {received} received, told: {}", end.is_told)
        });
        ends.collect::<Vec<_>>().join("; ")
    }

    fn time_of(&self, end: usize) -> Time {
        let offset = self.ends[end].offset;
        (self.now() + offset.ahead).saturating_sub(offset.back)
    }

    fn step(&mut self) {
        self.network.advance_to(self.now() + STEP);
        for index in 0..2 {
            let now = self.time_of(index);
            let end = &mut self.ends[index];
            if end.sleeps {
                continue;
            }
            end.host.service(now);
            while let Some(event) = end.host.next_event() {
                match event {
                    Event::Connected { peer, .. } => end.peer = Some(peer),
                    Event::Disconnected { cause, .. } => {
                        end.is_told = true;
                        end.cause = Some(cause);
                    }
                    Event::Received { data, .. } => end.received.push(data),
                    Event::OverLimit { limit, .. } => panic!("{limit:?}"),
                }
            }
        }
    }
}

fn packet(number: usize, size: usize) -> Vec<u8> {
    let mut bytes = vec![number as u8; size];
    bytes[..4].copy_from_slice(&(number as u32).to_be_bytes());
    bytes
}
