//! What remotes may cost a host.
//!
//! The host keeps each limit where the cost arises, and counts what it drops for one in [`crate::Drops`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Bits of an IPv6 address that name the network of one subscriber.
const SUBSCRIBER_BITS: u32 = 64;
/// Bits of an IPv6 address that name a site: many a subscriber has a whole one, with 256 networks.
const SITE_BITS: u32 = 56;
/// A site may have as much as so many subscribers.
pub const SUBSCRIBERS_OF_SITE: usize = 4;

/// What remotes may cost a host. The defaults are far beyond what a game needs; 0 stands for "no limit" where a
/// field says so.
///
/// "An address" is an IPv4 address, or the network of 64 bits that an IPv6 address lies in: a subscriber has as
/// many addresses in it as he likes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections that may begin in a second, from all addresses together; 0 for no limit.
    pub connects_per_second: u32,
    /// The same from one address, with [`Self::trusted`] and the addresses 127.0.0.1 and ::1 excepted; 0 for
    /// no limit.
    pub connects_per_second_per_address: u32,
    /// Half-open connections at a time, from all addresses together. They occupy no slot of
    /// [`crate::HostConfig::max_peers`], if the host is guarded.
    pub half_open: usize,
    /// The same from one address, with [`Self::trusted`] and the addresses 127.0.0.1 and ::1 excepted. Those with
    /// proven addresses count apart from the others. An IPv6 network of 56 bits may have four times as many.
    pub half_open_per_address: usize,
    /// Connections from one address, with [`Self::trusted`] and the addresses 127.0.0.1 and ::1 excepted; 0 for
    /// no limit.
    pub peers_per_address: usize,
    /// Bytes of received packets of one peer that the application has not taken. Beyond it, and beyond
    /// [`Self::unread_packets`], the peer's packets are refused: it sends reliable ones again later, and no more than its window.
    pub unread_bytes: usize,
    /// Received packets of one peer that the application has not taken.
    pub unread_packets: usize,
    /// Bytes that one incoming connection may bring in a second; 0 for no limit.
    pub bytes_per_second: u32,
    /// Packets that one incoming connection may bring in a second; 0 for no limit. Those of two seconds may come at once. Packets
    /// beyond that are refused, and a peer is dropped of which four times as many, and 250,000 at least, are refused in ten
    /// seconds. All connections from one address bring twice as many together, with [`Self::trusted`] and the addresses
    /// 127.0.0.1 and ::1 excepted; those that bring little are not held back by the others.
    pub packets_per_second: u32,
    /// Bytes of one peer that wait for reordering and reassembly, with the cost of their allocations. A packet of the largest size
    /// has to fit. The last packet that begins to wait may exceed it.
    pub waiting_bytes: usize,
    /// The same of all peers together. Half of it is divided among the connected peers, each of which can always use its share.
    pub waiting_bytes_in_all: usize,
    /// Bytes of reliable packets that wait to be sent to one peer, or to be acknowledged by it, and 256 for each packet
    /// and fragment. A packet that several peers share counts in full for each of them.
    pub unsent_bytes: usize,
    /// Datagrams of one peer that could not be decompressed, in a row and for five seconds at least, before the peer is
    /// dropped; 0 for no limit.
    pub undecodable: u32,
    /// Networks with proxies, from whose addresses many players come.
    pub trusted: Vec<IpNet>,
}

impl Limits {
    /// The defaults of a host with so many peer slots.
    pub fn new(max_peers: usize) -> Self {
        Self {
            connects_per_second: 2000,
            connects_per_second_per_address: 50,
            half_open: 1024,
            half_open_per_address: 64,
            peers_per_address: (max_peers / 2).max(8),
            unread_bytes: 64 * 1024 * 1024,
            unread_packets: 65_536,
            bytes_per_second: 64 * 1024 * 1024,
            packets_per_second: 10_000,
            waiting_bytes: 32 * 1024 * 1024,
            waiting_bytes_in_all: 256 * 1024 * 1024,
            unsent_bytes: 64 * 1024 * 1024,
            undecodable: 64,
            trusted: Vec::new(),
        }
    }

    /// Only the limits that keep a host's memory bounded; otherwise the host behaves as one of the C library.
    pub fn none() -> Self {
        Self {
            connects_per_second: 0,
            connects_per_second_per_address: 0,
            half_open: 1024,
            half_open_per_address: usize::MAX,
            peers_per_address: 0,
            unread_bytes: usize::MAX,
            unread_packets: usize::MAX,
            bytes_per_second: 0,
            packets_per_second: 0,
            waiting_bytes: 32 * 1024 * 1024,
            waiting_bytes_in_all: usize::MAX,
            unsent_bytes: usize::MAX,
            undecodable: 0,
            trusted: Vec::new(),
        }
    }

    /// Whether the limits for each address do not apply to an address: to this machine's own, 127.0.0.1 and ::1,
    /// and to a trusted proxy's.
    pub fn exempts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address == Ipv4Addr::LOCALHOST || address == Ipv6Addr::LOCALHOST || self.trusts(address)
    }

    /// Whether an address belongs to a trusted proxy.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted
            .iter()
            .any(|network| network.contains(&address))
    }
}

/// The subscriber behind an address: the address itself in IPv4, its network of 64 bits in IPv6.
pub fn subscriber(address: IpAddr) -> IpAddr {
    network(address, SUBSCRIBER_BITS)
}

/// The site that an address lies in: the address itself in IPv4, its network of 56 bits in IPv6.
pub fn site(address: IpAddr) -> IpAddr {
    network(address, SITE_BITS)
}

/// The address itself in IPv4, its network of so many bits in IPv6.
fn network(address: IpAddr, bits: u32) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => {
            let host_bits = 128 - bits;
            Ipv6Addr::from_bits(ip.to_bits() >> host_bits << host_bits).into()
        }
        ip => ip,
    }
}

/// The limit for which a host drops a peer. Its code is the data of the DISCONNECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Limit {
    /// [`Limits::bytes_per_second`] or [`Limits::packets_per_second`], exceeded for long.
    Flood = 0x454E_5401,
    /// [`Limits::unread_bytes`] or [`Limits::unread_packets`], exceeded for long.
    Unread = 0x454E_5402,
    /// [`Limits::unsent_bytes`].
    Unsent = 0x454E_5403,
    /// [`Limits::undecodable`].
    Undecodable = 0x454E_5404,
    /// No limit, but a ban: see [`crate::Host::end_banned`].
    Banned = 0x454E_5405,
}

impl Limit {
    /// The data that the peer's DISCONNECT carries.
    pub fn code(self) -> u32 {
        self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_is_an_address_in_ipv4_and_a_network_in_ipv6() {
        let parse = |text: &str| subscriber(text.parse().expect("an address"));
        assert_eq!(parse("::ffff:10.0.0.1"), parse("10.0.0.1"));
        assert_ne!(parse("10.0.0.1"), parse("10.0.0.2"));
        assert_eq!(parse("fd00:0:0:1::1"), parse("fd00:0:0:1:ffff::2"));
        assert_ne!(parse("fd00:0:0:1::1"), parse("fd00:0:0:2::1"));
    }

    #[test]
    fn trusted_networks_are_of_both_families() {
        let mut limits = Limits::new(32);
        limits.trusted = ["10.1.0.0/16", "fd00::/8"]
            .map(|text| text.parse().expect("a network"))
            .to_vec();
        let trusts = |text: &str| limits.trusts(text.parse().expect("an address"));
        assert!(trusts("10.1.2.3") && trusts("::ffff:10.1.2.3") && trusts("fd12::1"));
        assert!(!trusts("10.2.0.1") && !trusts("2001::1"));
    }
}
