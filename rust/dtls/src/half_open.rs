//! Handshakes in progress, counted by network, and which of them gives way to a new one.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::Time;
use crate::limits::{DtlsLimits, Network};

/// The handshakes in progress. A host has few of them, and asks for one that gives way no more often than handshakes
/// start, so it searches them all.
#[derive(Debug, Default)]
pub struct HalfOpen {
    started: HashMap<SocketAddr, Time>,
}

impl HalfOpen {
    /// A handshake has started.
    pub fn add(&mut self, now: Time, with: SocketAddr) {
        self.started.insert(with, now);
    }

    /// A handshake is over.
    pub fn remove(&mut self, with: SocketAddr) {
        self.started.remove(&with);
    }

    /// The handshake that has to give way before one with `newcomer` starts.
    pub fn one_too_many(&self, newcomer: SocketAddr, limits: &DtlsLimits) -> Option<SocketAddr> {
        if !limits.exempts(newcomer.ip()) {
            for (network, multiple) in Network::all_of(newcomer.ip()) {
                let of_network = || {
                    (self.started.iter())
                        .filter(|(it, _)| Network::all_of(it.ip()).any(|it| it.0 == network))
                };
                let limit = limits
                    .half_open_per_address
                    .saturating_mul(multiple as usize)
                    .max(1);
                if of_network().count() >= limit {
                    return oldest(of_network());
                }
            }
        }
        if self.started.len() < limits.half_open {
            return None;
        }
        let mut counts: HashMap<Network, usize> = HashMap::new();
        for with in self.started.keys() {
            *counts.entry(Network::largest_of(with.ip())).or_default() += 1;
        }
        let most = counts.values().copied().max()?;
        let has_most = |with: &SocketAddr| counts[&Network::largest_of(with.ip())] == most;
        oldest(self.started.iter().filter(|(with, _)| has_most(with)))
    }
}

fn oldest<'a>(of: impl Iterator<Item = (&'a SocketAddr, &'a Time)>) -> Option<SocketAddr> {
    of.min_by_key(|(_, started)| **started)
        .map(|(with, _)| *with)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> DtlsLimits {
        DtlsLimits {
            half_open: 10,
            half_open_per_address: 3,
            ..DtlsLimits::default()
        }
    }

    fn address(host: u8, port: u16) -> SocketAddr {
        ([10, 0, 0, host], port).into()
    }

    #[test]
    fn the_oldest_of_an_address_with_too_many_gives_way() {
        let (mut half_open, limits) = (HalfOpen::default(), limits());
        for port in 1..=3 {
            assert_eq!(half_open.one_too_many(address(1, port), &limits), None);
            half_open.add(Time::from_secs(port.into()), address(1, port));
        }
        let first = half_open.one_too_many(address(1, 4), &limits);
        assert_eq!(first, Some(address(1, 1)));
        assert_eq!(half_open.one_too_many(address(2, 1), &limits), None);
        half_open.remove(address(1, 2));
        assert_eq!(half_open.one_too_many(address(1, 4), &limits), None);
    }

    #[test]
    fn in_full_places_the_oldest_of_the_network_with_the_most_gives_way() {
        let (mut half_open, limits) = (HalfOpen::default(), limits());
        for host in 1..=8 {
            half_open.add(Time::from_secs(host.into()), address(host, 1));
        }
        for port in 2..=3 {
            half_open.add(Time::from_secs(10), address(8, port));
        }
        let given = half_open.one_too_many(address(9, 1), &limits);
        assert_eq!(given, Some(address(8, 1)));
    }

    #[test]
    fn networks_of_ipv6_share_their_places() {
        let (mut half_open, limits) = (HalfOpen::default(), limits());
        let address = |network, host| SocketAddr::from(([0xFD00, 0, 0, network, 0, 0, 0, host], 1));
        for host in 0..3 {
            half_open.add(Time::from_secs(host.into()), address(0, host));
        }
        let given = half_open.one_too_many(address(0, 9), &limits);
        assert_eq!(given, Some(address(0, 0)));
        assert_eq!(half_open.one_too_many(address(1, 9), &limits), None);
    }

    #[test]
    fn an_exempt_address_gives_way_only_to_all() {
        let (mut half_open, limits) = (HalfOpen::default(), limits());
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        for port in 0..10 {
            assert_eq!(half_open.one_too_many(local(port), &limits), None);
            half_open.add(Time::from_secs(port.into()), local(port));
        }
        let given = half_open.one_too_many(address(1, 1), &limits);
        assert_eq!(given, Some(local(0)));
    }
}
