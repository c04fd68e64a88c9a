//! How many handshakes may start in a second.
//!
//! Each network has an account, of which only one time is kept: when it will be full again. An account holds the
//! handshakes of a second. Only clients that have proved their address have one, and full ones are forgotten.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::Time;
use crate::limits::{DtlsLimits, Network};

/// The time in which an empty account becomes full.
const WINDOW: Time = Time::from_secs(1);
/// Most accounts. As many handshakes do not start in a second, unless the limits are lifted.
const MAX_ACCOUNTS: usize = 4096;

/// The accounts, and that of all networks together.
#[derive(Debug, Default)]
pub struct Budget {
    full_at: HashMap<Network, Time>,
    all_full_at: Time,
}

impl Budget {
    /// When a handshake with the address may start: `now`, if not later.
    pub fn ready_at(&self, now: Time, address: IpAddr, limits: &DtlsLimits) -> Time {
        let mut ready = ready_at(self.all_full_at, limits.handshakes_per_second);
        for (network, rate) in rates(address, limits) {
            let full_at = self.full_at.get(&network).copied().unwrap_or_default();
            ready = ready.max(ready_at(full_at, rate));
        }
        ready.max(now)
    }

    /// Takes a handshake with the address out of its accounts.
    pub fn take(&mut self, now: Time, address: IpAddr, limits: &DtlsLimits) {
        self.all_full_at = full_at(now, self.all_full_at, limits.handshakes_per_second);
        for (network, rate) in rates(address, limits) {
            let before = self.full_at.get(&network).copied().unwrap_or_default();
            self.full_at.insert(network, full_at(now, before, rate));
        }
        if self.full_at.len() > MAX_ACCOUNTS {
            self.full_at.retain(|_, full_at| *full_at > now);
            while self.full_at.len() > MAX_ACCOUNTS
                && let Some(fullest) = self.full_at.iter().min_by_key(|it| it.1)
            {
                let network = *fullest.0;
                self.full_at.remove(&network);
            }
        }
    }
}

/// The networks of an address that have a limit, with their handshakes a second.
fn rates(address: IpAddr, limits: &DtlsLimits) -> impl Iterator<Item = (Network, u32)> {
    let rate = match limits.exempts(address) {
        true => 0,
        false => limits.handshakes_per_second_per_address,
    };
    Network::all_of(address)
        .map(move |(network, multiple)| (network, rate.saturating_mul(multiple)))
        .filter(|(_, rate)| *rate > 0)
}

/// When an account has a handshake to give.
fn ready_at(full_at: Time, rate: u32) -> Time {
    match rate {
        0 => Time::ZERO,
        rate => (full_at + WINDOW / rate).saturating_sub(WINDOW),
    }
}

/// When an account is full after it gave a handshake.
fn full_at(now: Time, before: Time, rate: u32) -> Time {
    match rate {
        0 => Time::ZERO,
        rate => before.max(now) + WINDOW / rate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// Takes what there is for the addresses, in turn.
    fn take_all(budget: &mut Budget, now: Time, from: &[IpAddr], limits: &DtlsLimits) -> usize {
        let is_ready = |budget: &Budget, it| budget.ready_at(now, it, limits) <= now;
        let mut taken = 0;
        while let Some(&next) = from.iter().find(|it| is_ready(budget, **it)) {
            budget.take(now, next, limits);
            taken += 1;
            assert!(taken < 10_000);
        }
        taken
    }

    #[test]
    fn an_address_has_a_second_s_worth_at_once_and_then_its_rate() {
        let (mut budget, limits) = (Budget::default(), DtlsLimits::default());
        let one = [address("10.0.0.1")];
        let mut now = Time::from_secs(100);
        assert_eq!(take_all(&mut budget, now, &one, &limits), 25);
        let next = budget.ready_at(now, one[0], &limits);
        assert_eq!(next, now + Time::from_millis(40));
        let mut taken = 0;
        for _ in 0..1000 {
            now += Time::from_millis(4);
            taken += take_all(&mut budget, now, &one, &limits);
        }
        assert_eq!(taken, 100);
    }

    #[test]
    fn all_addresses_together_have_a_limit() {
        let (mut budget, limits) = (Budget::default(), DtlsLimits::default());
        let all: Vec<_> = (0..100u8).map(|it| IpAddr::from([10, 0, 0, it])).collect();
        let now = Time::from_secs(100);
        assert_eq!(take_all(&mut budget, now, &all, &limits), 250);
        assert!(budget.ready_at(now, address("127.0.0.1"), &limits) > now);
    }

    #[test]
    fn networks_of_ipv6_have_limits_of_64_and_56_bits() {
        let limits = DtlsLimits::default();
        let now = Time::from_secs(100);
        let hosts: Vec<_> = (0..100u16)
            .map(|it| IpAddr::from([0xFD00, 0, 0, 0, 0, 0, 0, it]))
            .collect();
        assert_eq!(take_all(&mut Budget::default(), now, &hosts, &limits), 25);
        let networks: Vec<_> = (0..100u16)
            .map(|it| IpAddr::from([0xFD00, 0, 0, it, 0, 0, 0, 1]))
            .collect();
        assert_eq!(
            take_all(&mut Budget::default(), now, &networks, &limits),
            100
        );
    }

    #[test]
    fn exempt_addresses_and_lifted_limits_have_no_account() {
        let lifted = DtlsLimits {
            handshakes_per_second: 0,
            ..DtlsLimits::default()
        };
        let now = Time::from_secs(100);
        let mut budget = Budget::default();
        for _ in 0..1000 {
            let ready = budget.ready_at(now, address("::1"), &lifted);
            assert_eq!(ready, now);
            budget.take(now, address("::1"), &lifted);
        }
        assert!(budget.full_at.is_empty());
    }

    #[test]
    fn the_number_of_accounts_is_bounded() {
        let lifted = DtlsLimits {
            handshakes_per_second: 0,
            ..DtlsLimits::default()
        };
        let mut budget = Budget::default();
        for number in 0..2 * MAX_ACCOUNTS as u32 {
            let from = IpAddr::from((0x0A00_0000 + number).to_be_bytes());
            budget.take(Time::from_secs(1), from, &lifted);
            assert!(budget.full_at.len() <= MAX_ACCOUNTS);
        }
        budget.take(Time::from_secs(9), address("10.9.9.9"), &lifted);
        assert_eq!(budget.full_at.len(), 1, "full accounts are forgotten");
    }
}
