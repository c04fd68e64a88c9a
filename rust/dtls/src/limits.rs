//! What the handshakes of strangers may cost a server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::HANDSHAKE_TIMEOUT;

/// What handshakes may cost a server, which computes a signature for each: about a millisecond.
///
/// "An address" is an IPv4 address, or the network of 64 bits that an IPv6 address lies in. Four times the limit of
/// an address apply to a network of 56 bits, of which many a subscriber has a whole one. 127.0.0.1, ::1 and
/// [`Self::trusted`] have only the limits of all addresses together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DtlsLimits {
    /// Handshakes that start in a second, from all addresses together; 0 for no limit. Others wait.
    pub handshakes_per_second: u32,
    /// The same from one address; 0 for no limit.
    pub handshakes_per_second_per_address: u32,
    /// Handshakes in progress, from all addresses together. For one more, the oldest one of the address that has
    /// the most gives way.
    pub half_open: usize,
    /// The same from one address, whose oldest one gives way.
    pub half_open_per_address: usize,
    /// Networks from whose addresses many players come.
    pub trusted: Vec<IpNet>,
}

impl Default for DtlsLimits {
    fn default() -> Self {
        Self {
            handshakes_per_second: 250,
            handshakes_per_second_per_address: 25,
            half_open: 1024,
            half_open_per_address: 64,
            trusted: Vec::new(),
        }
    }
}

impl DtlsLimits {
    /// Whether the limits of one address do not apply to this one.
    pub fn exempts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address == IpAddr::V4(Ipv4Addr::LOCALHOST)
            || address == IpAddr::V6(Ipv6Addr::LOCALHOST)
            || (self.trusted.iter()).any(|network| network.contains(&address))
    }
}

/// A network that limits apply to: its first bits, and their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(u128, u32);

impl Network {
    /// The network of so many bits around an IPv6 address.
    fn around(address: Ipv6Addr, bits: u32) -> Self {
        Self(address.to_bits() >> (128 - bits), bits)
    }

    /// The largest network that has limits and holds the address.
    pub fn largest_of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(ip) => Self::around(ip.to_ipv6_mapped(), 128),
            IpAddr::V6(ip) => Self::around(ip, 56),
        }
    }

    /// The networks that have limits and hold the address, each with its multiple of an address's limit.
    pub fn all_of(address: IpAddr) -> impl Iterator<Item = (Self, u32)> {
        let largest = Self::largest_of(address);
        let own = match address.to_canonical() {
            IpAddr::V4(_) => None,
            IpAddr::V6(ip) => Some((Self::around(ip, 64), 1)),
        };
        let multiple = if own.is_some() { 4 } else { 1 };
        own.into_iter().chain([(largest, multiple)])
    }
}

/// A hello that has waited for longer is of a client that has given up.
pub const MAX_WAIT: crate::Time = HANDSHAKE_TIMEOUT;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_network_is_an_address_in_ipv4_and_64_and_56_bits_in_ipv6() {
        let same = |a: &str, b: &str| {
            let networks = |it| Network::all_of(parse(it)).map(|it| it.0);
            networks(a).zip(networks(b)).map(|(a, b)| a == b).collect()
        };
        let cases: [(&str, &str, Vec<bool>); 5] = [
            ("10.0.0.1", "::ffff:10.0.0.1", vec![true]),
            ("10.0.0.1", "10.0.0.2", vec![false]),
            ("fd00::1:2", "fd00::3:4", vec![true, true]),
            ("fd00:0:0:1::1", "fd00:0:0:2::1", vec![false, true]),
            ("fd00:0:0:100::1", "fd00:0:0:200::1", vec![false, false]),
        ];
        for (a, b, expected) in cases {
            let seen: Vec<bool> = same(a, b);
            assert_eq!(seen, expected, "{a} {b}");
        }
        let multiples = |it| {
            Network::all_of(parse(it))
                .map(|it| it.1)
                .collect::<Vec<_>>()
        };
        assert_eq!(multiples("10.0.0.1"), [1]);
        assert_eq!(multiples("fd00::1"), [1, 4]);
    }

    #[test]
    fn this_machine_and_trusted_networks_are_exempt() {
        let limits = DtlsLimits {
            trusted: vec!["10.1.0.0/16".parse().expect("a network")],
            ..DtlsLimits::default()
        };
        for address in ["127.0.0.1", "::ffff:127.0.0.1", "::1", "10.1.2.3"] {
            assert!(limits.exempts(parse(address)), "{address}");
        }
        for address in ["127.0.0.2", "10.2.0.1", "::2"] {
            assert!(!limits.exempts(parse(address)), "{address}");
        }
    }
}
