//! Hellos that wait for their handshake. Networks take turns, so that one network's many hellos delay only its own.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;

use crate::Time;
use crate::limits::{MAX_WAIT, Network};

/// Most hellos that wait.
const MAX_WAITING: usize = 1024;
/// Most hellos that wait of one network.
const MAX_WAITING_EACH: usize = 64;

/// A hello whose cookie is valid.
#[derive(Debug, PartialEq, Eq)]
pub struct Waiting {
    pub from: SocketAddr,
    pub datagram: Vec<u8>,
    since: Time,
}

/// What became of a hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// It waits.
    Waits,
    /// Another one of its address waits already.
    Repeated,
    /// It, or one of a network with more of them, was dropped.
    OneDropped,
}

/// At most one hello of each address.
#[derive(Default)]
pub struct HelloQueue {
    networks: HashMap<Network, VecDeque<Waiting>>,
    /// The networks with hellos, next first.
    turns: VecDeque<Network>,
    addresses: HashSet<SocketAddr>,
}

impl HelloQueue {
    /// Number of hellos that wait.
    pub fn len(&self) -> usize {
        self.addresses.len()
    }

    /// Queues a hello.
    pub fn push(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) -> Queued {
        if self.addresses.contains(&from) {
            return Queued::Repeated;
        }
        let network = Network::largest_of(from.ip());
        let own = self.networks.get(&network).map_or(0, VecDeque::len);
        let is_full = self.len() >= MAX_WAITING;
        if own >= MAX_WAITING_EACH || is_full && !self.make_room(own) {
            return Queued::OneDropped;
        }
        self.addresses.insert(from);
        if own == 0 {
            self.turns.push_back(network);
        }
        self.networks
            .entry(network)
            .or_default()
            .push_back(Waiting {
                from,
                datagram: datagram.to_vec(),
                since: now,
            });
        match is_full {
            true => Queued::OneDropped,
            false => Queued::Waits,
        }
    }

    /// Drops a hello of the network with the most, if that has at least two more than `own`.
    fn make_room(&mut self, own: usize) -> bool {
        let most = self.networks.values_mut().max_by_key(|it| it.len());
        let Some(most) = most.filter(|it| it.len() > own + 1) else {
            return false;
        };
        if let Some(dropped) = most.pop_back() {
            self.addresses.remove(&dropped.from);
        }
        true
    }

    /// Takes the next hello that may have its handshake.
    pub fn pop(
        &mut self,
        now: Time,
        mut may_start: impl FnMut(SocketAddr) -> bool,
    ) -> Option<Waiting> {
        for _ in 0..self.turns.len() {
            let network = self.turns.pop_front()?;
            let hellos = self.networks.get_mut(&network)?;
            while hellos.front().is_some_and(|it| now >= it.since + MAX_WAIT) {
                let given_up = hellos.pop_front();
                given_up.map(|it| self.addresses.remove(&it.from));
            }
            let next = hellos.pop_front_if(|it| may_start(it.from));
            match hellos.is_empty() {
                true => drop(self.networks.remove(&network)),
                false => self.turns.push_back(network),
            }
            if let Some(next) = next {
                self.addresses.remove(&next.from);
                return Some(next);
            }
        }
        None
    }

    /// The addresses that are the next ones of their networks.
    pub fn next_addresses(&self) -> impl Iterator<Item = SocketAddr> {
        let next = self.networks.values().filter_map(|it| it.front());
        next.map(|it| it.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_secs(100);

    fn address(network: u16, host: u16) -> SocketAddr {
        ([0xFD00, 0, network, 0, 0, 0, 0, host], 1000).into()
    }

    fn pop(queue: &mut HelloQueue) -> Option<SocketAddr> {
        queue.pop(NOW, |_| true).map(|it| it.from)
    }

    #[test]
    fn hellos_of_a_network_come_out_in_order() {
        let mut queue = HelloQueue::default();
        for host in 0..3 {
            let queued = queue.push(NOW, address(0, host), &[host as u8]);
            assert_eq!(queued, Queued::Waits);
        }
        assert_eq!(queue.len(), 3);
        for host in 0..3 {
            let next = queue.pop(NOW, |_| true).expect("a hello");
            assert_eq!(
                (next.from, next.datagram),
                (address(0, host), vec![host as u8])
            );
        }
        assert_eq!(pop(&mut queue), None);
        assert!(queue.networks.is_empty() && queue.turns.is_empty());
    }

    #[test]
    fn networks_take_turns() {
        let mut queue = HelloQueue::default();
        for (network, host) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0)] {
            queue.push(NOW, address(network, host), &[]);
        }
        for (network, host) in [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (0, 2)] {
            assert_eq!(pop(&mut queue), Some(address(network, host)));
        }
        assert_eq!(pop(&mut queue), None);
    }

    #[test]
    fn a_network_that_may_not_start_one_holds_up_no_other() {
        let mut queue = HelloQueue::default();
        for (network, host) in [(0, 0), (0, 1), (1, 0)] {
            queue.push(NOW, address(network, host), &[]);
        }
        let may = |from| from != address(0, 0);
        let next = queue.pop(NOW, may).map(|it| it.from);
        assert_eq!(next, Some(address(1, 0)));
        assert_eq!(queue.pop(NOW, may), None);
        assert_eq!(queue.len(), 2);
        assert_eq!(pop(&mut queue), Some(address(0, 0)));
    }

    #[test]
    fn an_address_waits_once() {
        let mut queue = HelloQueue::default();
        assert_eq!(queue.push(NOW, address(0, 1), b"one"), Queued::Waits);
        assert_eq!(queue.push(NOW, address(0, 1), b"two"), Queued::Repeated);
        let next = queue.pop(NOW, |_| true).expect("a hello");
        assert_eq!(next.datagram, b"one");
        assert_eq!(queue.push(NOW, address(0, 1), b"three"), Queued::Waits);
    }

    #[test]
    fn a_hello_whose_client_has_given_up_is_forgotten() {
        let mut queue = HelloQueue::default();
        queue.push(NOW, address(0, 1), &[]);
        queue.push(NOW + MAX_WAIT / 2, address(0, 2), &[]);
        let next = queue.pop(NOW + MAX_WAIT, |_| true).map(|it| it.from);
        assert_eq!(next, Some(address(0, 2)));
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn the_queue_has_limits_for_all_and_for_each() {
        let mut queue = HelloQueue::default();
        for host in 0..200 {
            let queued = queue.push(NOW, address(0, host), &[]);
            let has_room = usize::from(host) < MAX_WAITING_EACH;
            assert_eq!(queued == Queued::Waits, has_room);
        }
        for network in 1..3000 {
            queue.push(NOW, address(network, 0), &[]);
            assert!(queue.len() <= MAX_WAITING);
        }
        assert_eq!(queue.len(), MAX_WAITING);
    }

    #[test]
    fn in_a_full_queue_the_network_with_the_most_gives_way() {
        let mut queue = HelloQueue::default();
        for network in 0..16 {
            for host in 0..64 {
                queue.push(NOW, address(network, host), &[]);
            }
        }
        assert_eq!(queue.len(), MAX_WAITING);
        let queued = queue.push(NOW, address(500, 0), &[]);
        assert_eq!((queued, queue.len()), (Queued::OneDropped, MAX_WAITING));
        assert!(queue.addresses.contains(&address(500, 0)));
    }
}
