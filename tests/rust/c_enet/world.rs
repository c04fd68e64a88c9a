//! Hosts of both engines on the system's sockets, serviced in turn.

use std::fmt::{self, Display};
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::sleep;
use std::time::{Duration, Instant};

use enet_net::Host;
use enet_proto::{Admission, PeerId, PeerState};
use sim::Conditions;

use super::node::{Arrival, How, Kind, Node, Seen, Sending, Settings, number};
use super::relay::Relay;

/// The hosts and the network between them.
pub struct World {
    nodes: Vec<Node>,
    relays: Vec<Relay>,
    conditions: Option<Conditions>,
    seed: u32,
    clock: Instant,
}

impl World {
    /// An empty world.
    pub fn new(seed: u32) -> Self {
        // The test harness shows the seed when a test fails.
        println!("seed {seed}");
        Self {
            nodes: Vec::new(),
            relays: Vec::new(),
            conditions: None,
            seed,
            clock: Instant::now(),
        }
    }

    /// Sends new connections through a network of the given conditions from now on.
    pub fn set_conditions(&mut self, conditions: Conditions) {
        self.conditions = Some(conditions);
    }

    /// Creates a host and returns its index.
    pub fn host(&mut self, kind: Kind, settings: Settings) -> usize {
        let seed = self.seed.wrapping_add(self.nodes.len() as u32);
        self.nodes.push(match kind {
            Kind::Ours => Node::ours(settings, seed, self.clock.elapsed()),
            Kind::C => Node::c(settings),
        });
        self.nodes.len() - 1
    }

    /// A connected server and client, with the slot each has at the other.
    pub fn pair(&mut self, server: Kind, client: Kind, settings: Settings) -> Pair {
        let server = self.host(server, settings);
        let client = self.host(client, settings);
        let at_client = self.connect(client, server, settings.max_channels, 0);
        let at_client = at_client.expect("a slot");
        self.until(20_000, "the connection", |world| {
            world.seen(server).len() == 1 && world.seen(client).len() == 1
        });
        let began = Seen::Connected {
            slot: at_client,
            data: 0,
        };
        assert_eq!(self.take(client), [began]);
        let at_server = match self.take(server)[..] {
            [Seen::Connected { slot, data: 0 }] => slot,
            ref other => panic!("{other:?}"),
        };
        Pair {
            server,
            client,
            at_server,
            at_client,
        }
    }

    /// Starts a connection; returns its slot, if one is free.
    pub fn connect(&mut self, from: usize, to: usize, channels: usize, data: u32) -> Option<u16> {
        let address = self.way_to(to);
        let now = self.clock.elapsed();
        self.nodes[from].connect(now, address, channels, data)
    }

    /// Chooses which clients a host of ours admits from now on.
    pub fn set_admission(&mut self, host: usize, admission: Admission) {
        self.nodes[host].set_admission(admission);
    }

    /// The address of a host, or of the relay in front of it.
    fn way_to(&mut self, to: usize) -> SocketAddr {
        let target = (Ipv4Addr::LOCALHOST, self.nodes[to].port).into();
        let Some(conditions) = self.conditions else {
            return target;
        };
        if let Some(relay) = self.relays.iter().find(|relay| relay.target() == target) {
            return relay.address();
        }
        let relay = Relay::new(target, conditions, self.seed.into());
        let address = relay.address();
        self.relays.push(relay);
        address
    }

    /// Sends a packet whose [`content`] follows from its seed. False if the host refuses it.
    pub fn send(&mut self, from: usize, slot: u16, packet: Sending) -> bool {
        let now = self.clock.elapsed();
        self.nodes[from].send(now, slot, packet)
    }

    /// Ends a connection.
    pub fn disconnect(&mut self, from: usize, slot: u16, data: u32, how: How) {
        let now = self.clock.elapsed();
        self.nodes[from].disconnect(now, slot, data, how);
    }

    /// Gives a command to a host of the C library and returns the answer.
    pub fn ask(&mut self, host: usize, command: impl Display) -> String {
        self.nodes[host].ask(&command.to_string())
    }

    /// A statistic of a connection, as the C library reports it.
    pub fn statistic(&mut self, host: usize, slot: u16, name: &str) -> u32 {
        let all = self.ask(host, format_args!("stats {slot}"));
        let value = all
            .split(' ')
            .find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        number(value.unwrap_or_else(|| panic!("no {name} in {all}")))
    }

    /// The number of channels of a connection.
    pub fn channels(&mut self, host: usize, slot: u16) -> usize {
        match self.nodes[host].our_host() {
            Some((host, peers)) => host.channels(peers[&slot]),
            None => self.statistic(host, slot, "channelCount") as usize,
        }
    }

    /// The number of connected peers of a host of ours.
    pub fn connected_peers(&self, host: usize) -> usize {
        let (host, peers) = self.nodes[host].our_host().expect("a host of ours");
        let states = peers.values().map(|&peer| host.state(peer));
        states
            .filter(|&state| state == PeerState::Connected)
            .count()
    }

    /// Whether a host runs our engine.
    pub fn is_ours(&self, host: usize) -> bool {
        self.nodes[host].our_host().is_some()
    }

    /// A host of ours, and the id of its connection in a slot.
    pub fn ours(&self, host: usize, slot: u16) -> (&Host, PeerId) {
        let (host, peers) = self.nodes[host].our_host().expect("a host of ours");
        (host, peers[&slot])
    }

    /// The reports of a host since [`World::take`].
    pub fn seen(&self, host: usize) -> &[Seen] {
        &self.nodes[host].seen
    }

    /// Takes the reports of a host.
    pub fn take(&mut self, host: usize) -> Vec<Seen> {
        std::mem::take(&mut self.nodes[host].seen)
    }

    /// The received packets among a host's reports.
    pub fn arrivals(&self, host: usize) -> Vec<Arrival> {
        let arrivals = self.seen(host).iter().filter_map(|seen| match seen {
            Seen::Received(arrival) => Some(*arrival),
            _ => None,
        });
        arrivals.collect()
    }

    /// Lets time pass.
    pub fn run(&mut self, milliseconds: u64) {
        let end = Instant::now() + Duration::from_millis(milliseconds);
        while Instant::now() < end {
            self.step();
        }
    }

    /// Lets time pass until the condition holds. False if it does not in time.
    pub fn holds(&mut self, milliseconds: u64, condition: impl Fn(&Self) -> bool) -> bool {
        let end = Instant::now() + Duration::from_millis(milliseconds);
        while !condition(self) {
            if Instant::now() > end {
                return false;
            }
            self.step();
        }
        true
    }

    /// Lets time pass until the condition holds, and panics if it does not in time.
    pub fn until(&mut self, milliseconds: u64, what: &str, condition: impl Fn(&Self) -> bool) {
        assert!(
            self.holds(milliseconds, condition),
            "no {what} after {milliseconds} ms:\n{self:?}"
        );
    }

    /// Services every host: those of the C library for two milliseconds, ours repeatedly meanwhile.
    fn step(&mut self) {
        let mut busy = 0;
        for node in &mut self.nodes {
            busy += usize::from(node.begin_service());
        }
        loop {
            let now = self.clock.elapsed();
            for relay in &mut self.relays {
                relay.work();
            }
            for node in &mut self.nodes {
                busy -= usize::from(node.work(now));
            }
            if busy == 0 {
                return;
            }
            sleep(Duration::from_micros(200));
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, node) in self.nodes.iter().enumerate() {
            let last = node.seen.len().saturating_sub(10);
            let (count, last) = (node.seen.len(), &node.seen[last..]);
            writeln!(f, "host {index}: {count} reports, the last: {last:?}")?;
        }
        Ok(())
    }
}

/// The sending host and its slot, then the receiving host and its slot.
pub type Direction = ((usize, u16), (usize, u16));

/// A connection, from both ends.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    pub server: usize,
    pub client: usize,
    /// The client's slot at the server.
    pub at_server: u16,
    /// The server's slot at the client.
    pub at_client: u16,
}

impl Pair {
    /// The server's or the client's host, and the slot of the other end there.
    pub fn end(&self, is_server: bool) -> (usize, u16) {
        match is_server {
            true => (self.server, self.at_server),
            false => (self.client, self.at_client),
        }
    }

    /// The directions from the client to the server, and back.
    pub fn directions(&self) -> [Direction; 2] {
        let (server, client) = (self.end(true), self.end(false));
        [(client, server), (server, client)]
    }
}
