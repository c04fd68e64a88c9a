//! Networks whose datagrams are dropped unread.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use enet_proto::{IpNet, Time};
use thiserror::Error;

/// Most networks of a ban list.
pub const MAX_BANS: usize = 16_384;

/// The ban list is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the ban list has {MAX_BANS} entries already")]
pub struct BansFull;

/// A ban list. A look-up costs a hash for each length of prefix that the list has: mostly one or two.
#[derive(Debug, Default)]
struct BanList {
    /// The banned networks, and when each ban ends.
    until: HashMap<IpNet, Option<Time>>,
    /// How many networks have which length, in IPv4 and in IPv6.
    lengths: [BTreeMap<u8, usize>; 2],
}

impl BanList {
    fn insert(&mut self, network: IpNet, until: Option<Time>, now: Time) -> Result<(), BansFull> {
        if !self.until.contains_key(&network) {
            if self.until.len() >= MAX_BANS {
                self.expire(now);
            }
            if self.until.len() >= MAX_BANS {
                return Err(BansFull);
            }
            let lengths = &mut self.lengths[usize::from(network.addr().is_ipv6())];
            *lengths.entry(network.prefix_len()).or_default() += 1;
        }
        self.until.insert(network, until);
        Ok(())
    }

    fn remove(&mut self, network: IpNet) -> bool {
        let was_banned = self.until.remove(&network).is_some();
        let lengths = &mut self.lengths[usize::from(network.addr().is_ipv6())];
        if was_banned && let Some(count) = lengths.get_mut(&network.prefix_len()) {
            *count -= 1;
            if *count == 0 {
                lengths.remove(&network.prefix_len());
            }
        }
        was_banned
    }

    /// Removes the bans that are over.
    fn expire(&mut self, now: Time) {
        let is_over = |until: &Option<Time>| until.is_some_and(|until| until <= now);
        let over: Vec<IpNet> = self
            .until
            .iter()
            .filter(|it| is_over(it.1))
            .map(|it| *it.0)
            .collect();
        for network in over {
            self.remove(network);
        }
    }

    /// Whether a canonical address is banned.
    fn contains(&self, address: IpAddr, now: Time) -> bool {
        let mut lengths = self.lengths[usize::from(address.is_ipv6())].keys();
        lengths.any(|&length| {
            let network = IpNet::new(address, length).map(|network| network.trunc());
            let until = network.ok().and_then(|network| self.until.get(&network));
            until.is_some_and(|until| until.is_none_or(|until| now < until))
        })
    }
}

/// The ban list of a host. The owner changes it, and whoever reads the socket asks it, under a lock of its own that
/// is held for a look-up or a change and under which no other lock is taken. Without bans nobody locks.
#[derive(Debug, Default)]
pub struct Bans {
    list: Mutex<BanList>,
    has_any: AtomicBool,
    dropped: AtomicU64,
}

impl Bans {
    /// Bans a network for as long as `until` says, or for ever. A network that is banned already gets the new end.
    pub fn ban(&self, now: Time, network: IpNet, until: Option<Time>) -> Result<(), BansFull> {
        let done = self.lock().insert(canonical(network), until, now);
        self.has_any.store(true, Ordering::Relaxed);
        done
    }

    /// Ends the ban of a network; false if the list has no such entry.
    pub fn unban(&self, network: IpNet) -> bool {
        let mut list = self.lock();
        let was_banned = list.remove(canonical(network));
        self.has_any
            .store(!list.until.is_empty(), Ordering::Relaxed);
        was_banned
    }

    /// The banned networks in order, and when each ban ends.
    pub fn list(&self, now: Time) -> Vec<(IpNet, Option<Time>)> {
        let mut list = self.lock();
        list.expire(now);
        self.has_any
            .store(!list.until.is_empty(), Ordering::Relaxed);
        let mut bans: Vec<_> = list
            .until
            .iter()
            .map(|(&network, &until)| (network, until))
            .collect();
        bans.sort_unstable();
        bans
    }

    /// Whether a datagram from an address is to be dropped, which is counted then.
    #[inline]
    pub fn drops(&self, from: IpAddr, now: Time) -> bool {
        self.has_any.load(Ordering::Relaxed) && self.look_up(from, now)
    }

    fn look_up(&self, from: IpAddr, now: Time) -> bool {
        let is_banned = self.lock().contains(from.to_canonical(), now);
        if is_banned {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        is_banned
    }

    /// Datagrams dropped so far.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, BanList> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A network without bits of hosts, and in IPv4 if it is one of mapped addresses.
pub fn canonical(network: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = Ipv6Addr::BITS as u8 - Ipv4Addr::BITS as u8;
    let network = network.trunc();
    let mapped = match (network.addr().to_canonical(), network.prefix_len()) {
        (IpAddr::V4(address), length @ MAPPED_BITS..) if network.addr().is_ipv6() => {
            IpNet::new(address.into(), length - MAPPED_BITS).ok()
        }
        _ => None,
    };
    mapped.unwrap_or(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_secs(100);

    fn net(text: &str) -> IpNet {
        text.parse().expect("a network")
    }

    fn drops(bans: &Bans, from: &str, now: Time) -> bool {
        bans.drops(from.parse().expect("an address"), now)
    }

    #[test]
    fn addresses_and_networks_of_both_families_are_banned_until_their_time() {
        let bans = Bans::default();
        assert!(!drops(&bans, "10.0.0.1", NOW));
        for network in [
            "10.0.0.1/32",
            "10.1.2.3/16",
            "fd00::/56",
            "::ffff:10.9.0.0/112",
        ] {
            assert_eq!(bans.ban(NOW, net(network), None), Ok(()));
        }
        let end = NOW + Time::from_secs(5);
        assert_eq!(bans.ban(NOW, net("2001::1/128"), Some(end)), Ok(()));
        for from in [
            "10.0.0.1",
            "::ffff:10.0.0.1",
            "10.1.255.0",
            "fd00::ff:1:2:3",
            "10.9.7.7",
            "2001::1",
        ] {
            assert!(drops(&bans, from, NOW), "{from}");
        }
        for from in [
            "10.0.0.2",
            "10.2.0.0",
            "fd00:0:0:100::1",
            "10.10.0.0",
            "2001::2",
        ] {
            assert!(!drops(&bans, from, NOW), "{from}");
        }
        assert_eq!(bans.dropped(), 6);
        assert!(!drops(&bans, "2001::1", end));
        let networks = bans
            .list(end)
            .into_iter()
            .map(|(network, _)| network.to_string());
        let expected = ["10.0.0.1/32", "10.1.0.0/16", "10.9.0.0/16", "fd00::/56"];
        assert_eq!(networks.collect::<Vec<_>>(), expected);
        assert!(bans.unban(net("10.1.0.0/16")) && !bans.unban(net("10.1.0.0/16")));
        assert!(!drops(&bans, "10.1.2.3", NOW) && drops(&bans, "10.0.0.1", NOW));
    }

    #[test]
    fn the_list_is_bounded_and_bans_that_are_over_make_room() {
        let bans = Bans::default();
        let end = NOW + Time::from_secs(1);
        for number in 0..MAX_BANS as u32 {
            let network = IpNet::from(IpAddr::from(number.to_be_bytes()));
            let until = (number == 5).then_some(end);
            assert_eq!(bans.ban(NOW, network, until), Ok(()));
        }
        let one_more = net("200.0.0.0/8");
        assert_eq!(bans.ban(NOW, one_more, None), Err(BansFull));
        assert_eq!(
            bans.ban(NOW, net("0.0.0.1/32"), None),
            Ok(()),
            "it is in the list"
        );
        assert_eq!(bans.ban(end, one_more, None), Ok(()));
        for (network, _) in bans.list(end) {
            assert!(bans.unban(network));
        }
        let list = bans.lock();
        assert!(list.until.is_empty() && list.lengths.iter().all(BTreeMap::is_empty));
        assert!(!bans.has_any.load(Ordering::Relaxed));
    }
}
