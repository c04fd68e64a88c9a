//! Hellos that wait for their handshake, and the limits on half-open connections.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Most half-open connections.
const MAX_HALF_OPEN: usize = 1024;
/// Most half-open connections of one subscriber: it takes eight of them to shut the others out.
const MAX_HALF_OPEN_EACH: usize = MAX_HALF_OPEN / 8;
/// Most hellos that wait.
const MAX_WAITING: usize = 1024;
/// Most hellos that wait of one subscriber.
const MAX_WAITING_EACH: usize = MAX_WAITING / 8;

/// First in, first out, at most one hello per address. The caller reports which handshakes are half-open.
#[derive(Default)]
pub struct HelloQueue {
    /// Addresses and datagrams.
    waiting: VecDeque<(SocketAddr, Vec<u8>)>,
    addresses: HashSet<SocketAddr>,
    waiting_each: Counts,
    half_open: usize,
    half_open_each: Counts,
}

impl HelloQueue {
    /// Number of hellos that wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Queues a hello; false if there is no room for it, or one of the same address already.
    pub fn push(&mut self, from: SocketAddr, datagram: &[u8]) -> bool {
        if self.waiting.len() >= MAX_WAITING
            || self.waiting_each.of(from) >= MAX_WAITING_EACH
            || !self.addresses.insert(from)
        {
            return false;
        }
        self.waiting_each.add(from);
        self.waiting.push_back((from, datagram.to_vec()));
        true
    }

    /// Takes the next hello to start a handshake with. Drops those over the limits, whose clients try
    /// again.
    pub fn pop(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        while let Some((from, datagram)) = self.waiting.pop_front() {
            self.addresses.remove(&from);
            self.waiting_each.subtract(from);
            if self.half_open < MAX_HALF_OPEN && self.half_open_each.of(from) < MAX_HALF_OPEN_EACH {
                return Some((from, datagram));
            }
        }
        None
    }

    /// A handshake has started.
    pub fn handshake_started(&mut self, with: SocketAddr) {
        self.half_open += 1;
        self.half_open_each.add(with);
    }

    /// A handshake that had started is over.
    pub fn handshake_ended(&mut self, with: SocketAddr) {
        self.half_open -= 1;
        self.half_open_each.subtract(with);
    }
}

/// Counts by subscriber. Entries that drop to zero are removed.
#[derive(Default)]
struct Counts(HashMap<IpAddr, usize>);

/// The subscriber behind an address: in IPv6 one has a whole network of 64 bits.
fn subscriber(address: SocketAddr) -> IpAddr {
    match address.ip() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        ip => ip,
    }
}

impl Counts {
    fn of(&self, address: SocketAddr) -> usize {
        self.0.get(&subscriber(address)).copied().unwrap_or(0)
    }

    fn add(&mut self, address: SocketAddr) {
        *self.0.entry(subscriber(address)).or_default() += 1;
    }

    fn subtract(&mut self, address: SocketAddr) {
        if let Some(count) = self.0.get_mut(&subscriber(address)) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&subscriber(address));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(network: u16, host: u16) -> SocketAddr {
        ([0xFD00, 0, 0, network, 0, 0, 0, host], 1000).into()
    }

    #[test]
    fn hellos_come_out_in_order() {
        let mut queue = HelloQueue::default();
        for host in 0..3 {
            assert!(queue.push(address(0, host), &[host as u8]));
        }
        assert_eq!(queue.len(), 3);
        for host in 0..3 {
            assert_eq!(queue.pop(), Some((address(0, host), vec![host as u8])));
        }
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn an_address_waits_once() {
        let mut queue = HelloQueue::default();
        assert!(queue.push(address(0, 1), b"one"));
        assert!(!queue.push(address(0, 1), b"two"));
        assert_eq!(queue.pop(), Some((address(0, 1), b"one".to_vec())));
        assert!(queue.push(address(0, 1), b"three"));
    }

    #[test]
    fn the_queue_has_limits_for_all_and_for_each() {
        let mut queue = HelloQueue::default();
        for host in 0..200 {
            let is_queued = queue.push(address(0, host), &[]);
            assert_eq!(is_queued, usize::from(host) < MAX_WAITING_EACH);
        }
        for network in 1..2000 {
            let has_room = queue.len() < MAX_WAITING;
            assert_eq!(queue.push(address(network, 0), &[]), has_room);
        }
        assert_eq!(queue.len(), MAX_WAITING);
    }

    #[test]
    fn hellos_beyond_the_half_open_connections_of_a_subscriber_are_dropped() {
        let mut queue = HelloQueue::default();
        for host in 0..MAX_HALF_OPEN_EACH as u16 {
            queue.handshake_started(address(0, host));
        }
        assert!(queue.push(address(0, 500), b"too many"));
        assert!(queue.push(address(1, 0), b"another's"));
        assert_eq!(queue.pop(), Some((address(1, 0), b"another's".to_vec())));
        assert_eq!(queue.pop(), None);
        queue.handshake_ended(address(0, 0));
        assert!(queue.push(address(0, 500), b"again"));
        assert_eq!(queue.pop(), Some((address(0, 500), b"again".to_vec())));
    }

    #[test]
    fn hellos_beyond_all_half_open_connections_are_dropped() {
        let mut queue = HelloQueue::default();
        for network in 0..MAX_HALF_OPEN as u16 {
            queue.handshake_started(address(network, 0));
        }
        assert!(queue.push(address(5000, 0), &[]));
        assert_eq!(queue.pop(), None);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_subscriber_is_an_address_in_ipv4_and_a_network_in_ipv6() {
        let v4 = |host| SocketAddr::from(([10, 0, 0, host], 1000 + u16::from(host)));
        assert_ne!(subscriber(v4(1)), subscriber(v4(2)));
        assert_eq!(subscriber(v4(1)), subscriber(([10, 0, 0, 1], 7).into()));
        assert_eq!(subscriber(address(1, 1)), subscriber(address(1, 2)));
        assert_ne!(subscriber(address(1, 1)), subscriber(address(2, 1)));
    }

    #[test]
    fn nothing_is_kept_of_handshakes_that_ended() {
        let mut queue = HelloQueue::default();
        for host in 0..5 {
            assert!(queue.push(address(host, 0), &[]));
        }
        while let Some((from, _)) = queue.pop() {
            queue.handshake_started(from);
        }
        for host in 0..5 {
            queue.handshake_ended(address(host, 0));
        }
        assert_eq!((queue.half_open, queue.addresses.len()), (0, 0));
        assert!(queue.waiting_each.0.is_empty() && queue.half_open_each.0.is_empty());
    }
}
