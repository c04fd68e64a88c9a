//! The network: sockets without a system, and one emulated link between all of them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use enet_net::netem::{self, Link};
use enet_net::{Answer, BindAddress, Lookup, Network, Probe, Resolution, Taker, Transport};
use enet_proto::Time;

/// The one machine of the simulated network; sockets differ by port.
pub const SERVER_IP: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

/// The treatment of datagrams on their way: those of [`netem::Conditions`] that most tests need.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conditions {
    /// Time every datagram takes.
    pub latency: Duration,
    /// Time some take on top, evenly spread: the reason for another order.
    pub jitter: Duration,
    /// Share that never arrives.
    pub loss: f64,
    /// Share that arrives twice.
    pub duplication: f64,
}

impl From<Conditions> for netem::Conditions {
    fn from(conditions: Conditions) -> Self {
        Self {
            latency: conditions.latency,
            jitter: conditions.jitter,
            loss: conditions.loss,
            duplication: conditions.duplication,
            ..Self::default()
        }
    }
}

/// A network that several peers share.
#[derive(Clone)]
pub struct SimNetwork(Arc<Mutex<State>>);

struct State {
    now: Time,
    sockets: HashMap<SocketAddr, VecDeque<Datagram>>,
    /// Datagrams on their way, from one address to another.
    link: Link<(SocketAddr, SocketAddr)>,
    next_port: u16,
    cut_off: HashSet<SocketAddr>,
    recording: Option<Vec<(SocketAddr, SocketAddr, Vec<u8>)>>,
    /// Of names that begin with "slow".
    lookups: Vec<Answer>,
    /// Held by each probe.
    probes: Arc<()>,
}

struct Datagram {
    from: SocketAddr,
    bytes: Vec<u8>,
}

impl SimNetwork {
    /// How many probes exist.
    pub fn probes(&self) -> usize {
        Arc::strong_count(&self.state().probes) - 1
    }

    /// A perfect network.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            now: Time::ZERO,
            sockets: HashMap::new(),
            probes: Arc::default(),
            link: Link::new(seed),
            next_port: 40_000,
            cut_off: HashSet::new(),
            recording: None,
            lookups: Vec::new(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what happens to datagrams sent from now on.
    pub fn set_conditions(&self, conditions: impl Into<netem::Conditions>) {
        let mut state = self.state();
        let now = state.now;
        state.link.set_conditions(now, conditions.into());
    }

    /// The time.
    pub fn now(&self) -> Time {
        self.state().now
    }

    /// Lets time pass: what is due arrives.
    pub fn advance_to(&self, now: Time) {
        let mut state = self.state();
        state.now = now;
        while let Some(((from, to), bytes)) = state.link.pop(now) {
            if let Some(waiting) = state.sockets.get_mut(&to) {
                waiting.push_back(Datagram { from, bytes });
            }
        }
    }

    /// Loses everything to and from an address from now on, or no longer.
    pub fn cut_off(&self, address: SocketAddr, cut: bool) {
        let mut state = self.state();
        if cut {
            state.cut_off.insert(address);
        } else {
            state.cut_off.remove(&address);
        }
    }

    /// Puts a forged datagram before a socket.
    pub fn forge(&self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let mut state = self.state();
        if let Some(waiting) = state.sockets.get_mut(&to) {
            waiting.push_back(Datagram {
                from,
                bytes: bytes.to_vec(),
            });
        }
    }

    /// Answers all lookups of names that begin with "slow": with the server's address, or that there is none. Says
    /// how many there were.
    pub fn answer_lookups(&self, exists: bool) -> usize {
        let lookups = std::mem::take(&mut self.state().lookups);
        let count = lookups.len();
        for answer in lookups {
            answer.give(match exists {
                true => Ok(SocketAddr::new(SERVER_IP, 0)),
                false => Err(no_such_name()),
            });
        }
        count
    }

    /// Begins to keep what is sent.
    pub fn record(&self) {
        self.state().recording = Some(Vec::new());
    }

    /// Datagrams sent since, as (from, to, bytes).
    pub fn take_recording(&self) -> Vec<(SocketAddr, SocketAddr, Vec<u8>)> {
        let mut state = self.state();
        state.recording.replace(Vec::new()).unwrap_or_default()
    }
}

impl State {
    fn send(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        if let Some(recording) = &mut self.recording {
            recording.push((from, to, bytes.to_vec()));
        }
        if self.cut_off.contains(&from) || self.cut_off.contains(&to) {
            return;
        }
        self.link.push(self.now, (from, to), bytes);
    }
}

impl Network for SimNetwork {
    fn bind(&self, address: BindAddress, port: u16) -> io::Result<Box<dyn Transport>> {
        let mut state = self.state();
        let ip = match address {
            BindAddress::Any => SERVER_IP,
            BindAddress::Ip(ip) => ip,
        };
        let port = if port == 0 {
            state.next_port += 1;
            state.next_port
        } else {
            port
        };
        let address = SocketAddr::new(ip, port);
        if state.sockets.contains_key(&address) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        state.sockets.insert(address, VecDeque::new());
        Ok(Box::new(SimSocket {
            network: self.clone(),
            address,
        }))
    }

    fn resolve(&self, host: &str, port: u16) -> Resolution {
        match host {
            "server" => Resolution::Done(Ok(SocketAddr::new(SERVER_IP, port))),
            _ if host.starts_with("slow") => {
                let (answer, lookup) = Lookup::pending(host, port);
                self.state().lookups.push(answer);
                Resolution::Pending(lookup)
            }
            _ => Resolution::Done(Err(no_such_name())),
        }
    }

    fn probe(&self, to: SocketAddr) -> Option<Box<dyn Probe>> {
        let state = self.state();
        let is_refused = !state.sockets.contains_key(&to) && !state.cut_off.contains(&to);
        Some(Box::new(SimProbe(is_refused, Arc::clone(&state.probes))))
    }
}

/// Whether nobody listened when it was asked, and a mark of its existence.
struct SimProbe(bool, #[allow(dead_code)] Arc<()>);

impl Probe for SimProbe {
    fn is_refused(&mut self) -> bool {
        self.0
    }
}

fn no_such_name() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "no such name")
}

struct SimSocket {
    network: SimNetwork,
    address: SocketAddr,
}

impl Transport for SimSocket {
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        let mut state = self.network.state();
        state.send(self.address, to, datagram);
        Ok(())
    }

    fn receive(&mut self, take: Taker<'_>) -> io::Result<usize> {
        let next = {
            let mut state = self.network.state();
            let waiting = state.sockets.get_mut(&self.address);
            waiting.and_then(VecDeque::pop_front)
        };
        Ok(match next {
            Some(datagram) => {
                take(datagram.from, &datagram.bytes);
                1
            }
            None => 0,
        })
    }

    /// Nobody else works meanwhile: only what is on its way arrives.
    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        let end = self.network.now() + timeout;
        loop {
            let next = {
                let state = self.network.state();
                let waiting = state.sockets.get(&self.address);
                if waiting.is_some_and(|waiting| !waiting.is_empty()) {
                    return Ok(true);
                }
                state.link.next_delivery().filter(|&due| due <= end)
            };
            self.network.advance_to(next.unwrap_or(end));
            if next.is_none() {
                return Ok(false);
            }
        }
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Drop for SimSocket {
    fn drop(&mut self) {
        self.network.state().sockets.remove(&self.address);
    }
}
