//! The ban list, which outlives the hosts that keep it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use enet_net::MAX_BANS;
use enet_proto::{IpNet, Time};

use crate::{BanError, address};

/// Banned networks, each with the end of its ban; `None` for bans without an end.
#[derive(Debug, Clone, Default)]
pub struct Bans {
    until: BTreeMap<IpNet, Option<Time>>,
}

impl Bans {
    /// Adds a network, or replaces the end of its ban.
    pub fn add(&mut self, now: Time, network: IpNet, until: Option<Time>) -> Result<(), BanError> {
        if self.until.len() >= MAX_BANS && !self.until.contains_key(&network) {
            self.forget_ended(now);
            if self.until.len() >= MAX_BANS {
                return Err(BanError::TooMany(MAX_BANS));
            }
        }
        self.until.insert(network, until);
        Ok(())
    }

    /// Removes a network; false if it is not on the list.
    pub fn remove(&mut self, network: IpNet) -> bool {
        self.until.remove(&network).is_some()
    }

    /// The networks whose bans have not ended.
    pub fn networks(&mut self, now: Time) -> Vec<IpNet> {
        self.forget_ended(now);
        self.until.keys().copied().collect()
    }

    /// The same, and when each ban ends.
    pub fn list(&mut self, now: Time) -> Vec<(IpNet, Option<Time>)> {
        self.forget_ended(now);
        let bans = self.until.iter();
        bans.map(|(&network, &until)| (network, until)).collect()
    }

    /// How long the network stays banned, by itself or by a network that it lies in; [`Time::MAX`] for ever. `None` if it
    /// is not banned.
    pub fn time_left(&self, now: Time, network: IpNet) -> Option<Time> {
        let wider = (0..=network.prefix_len()).filter_map(|length| {
            let wider = IpNet::new(network.addr(), length).ok()?;
            self.until.get(&wider.trunc())
        });
        let left = wider.filter_map(|until| match until {
            Some(until) => until.checked_sub(now).filter(|left| !left.is_zero()),
            None => Some(Time::MAX),
        });
        left.max()
    }

    fn forget_ended(&mut self, now: Time) {
        self.until
            .retain(|_, until| until.is_none_or(|until| now < until));
    }
}

/// The network that a text names: an IP address, or a network like `10.0.0.0/8`.
pub fn network(text: &str) -> Result<IpNet, BanError> {
    let network = match text.trim().parse::<IpAddr>() {
        Ok(address) => Some(IpNet::from(address.to_canonical())),
        Err(_) => text.trim().parse().ok().map(canonical),
    };
    let network = network.ok_or_else(|| BanError::NotANetwork(text.to_owned()))?;
    Ok(network.trunc())
}

/// The network as text: a single address without its length.
pub fn text_of(network: IpNet) -> String {
    match network.prefix_len() == network.max_prefix_len() {
        true => address::text(network.addr()),
        false => format!("{}/{}", address::text(network.addr()), network.prefix_len()),
    }
}

/// An IPv4 network that is written as an IPv6 one, as an IPv4 network: so the system's addresses are compared.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    let length = network.prefix_len().checked_sub(MAPPED_BITS);
    match (network, network.addr().to_canonical(), length) {
        (IpNet::V6(_), address @ IpAddr::V4(_), Some(length)) => {
            IpNet::new(address, length).unwrap_or(network)
        }
        _ => network,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_addresses_and_networks_of_both_families() {
        for (text, shown) in [
            ("10.0.0.7", "10.0.0.7"),
            (" 10.0.0.7/32", "10.0.0.7"),
            ("10.9.8.7/8", "10.0.0.0/8"),
            ("::ffff:10.0.0.7", "10.0.0.7"),
            ("::ffff:10.0.0.7/104", "10.0.0.0/8"),
            ("fd00::1", "fd00:0:0:0:0:0:0:1"),
            ("fd00:0:0:0:0:0:0:1", "fd00:0:0:0:0:0:0:1"),
            ("fd00:0:0:1::7/64", "fd00:0:0:1:0:0:0:0/64"),
        ] {
            let network = network(text).expect(text);
            assert_eq!(text_of(network), shown, "{text}");
        }
        for text in ["", "localhost", "10.0.0", "10.0.0.0/33", "fd00::/129", "*"] {
            assert!(network(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_ban_ends_and_the_list_is_bounded() {
        let mut bans = Bans::default();
        let at = Time::from_secs;
        let net = |text: &str| network(text).expect(text);
        bans.add(at(0), net("10.0.0.1"), Some(at(5))).expect("room");
        bans.add(at(0), net("10.0.0.2"), None).expect("room");
        assert_eq!(bans.list(at(4)).len(), 2);
        assert_eq!(bans.time_left(at(4), net("10.0.0.1")), Some(at(1)));
        assert_eq!(bans.time_left(at(5), net("10.0.0.1")), None);
        assert_eq!(bans.time_left(at(5), net("10.0.0.2")), Some(Time::MAX));
        assert_eq!(bans.time_left(at(0), net("10.0.0.0/24")), None);
        bans.add(at(0), net("10.0.0.0/24"), Some(at(4)))
            .expect("room");
        assert_eq!(bans.time_left(at(1), net("10.0.0.1")), Some(at(4)));
        assert_eq!(bans.time_left(at(1), net("10.0.0.9")), Some(at(3)));
        assert_eq!(bans.time_left(at(1), net("10.0.0.0/25")), Some(at(3)));
        assert_eq!(bans.list(at(5)), [(net("10.0.0.2"), None)]);
        assert!(bans.remove(net("10.0.0.2")) && !bans.remove(net("10.0.0.2")));
        let address = |number: usize| IpNet::from(IpAddr::from((number as u32).to_be_bytes()));
        for number in 0..MAX_BANS {
            bans.add(at(0), address(number), Some(at(1))).expect("room");
        }
        assert!(bans.add(at(0), address(MAX_BANS), None).is_err());
        // Bans that ended make room.
        bans.add(at(1), address(MAX_BANS), None).expect("room");
        assert_eq!(bans.list(at(1)).len(), 1);
    }
}
