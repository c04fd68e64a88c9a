//! Limits on what remotes can cause on a host, as a caller sets them for hosts of any size and while they run.

use std::cell::{Cell, Ref, RefCell};

use enet_proto::{IpNet, Limits};

use crate::BanError;
use crate::bans::text_of;

/// Limits for hosts of any size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitSettings {
    /// The limits. [`Limits::peers_per_address`] has no meaning here.
    pub limits: Limits,
    /// [`Limits::peers_per_address`]; `None` for the default, which depends on the number of the host's peers.
    pub peers_per_address: Option<usize>,
}

impl LimitSettings {
    /// The limits of a host with so many peer slots.
    pub fn of_host(&self, max_peers: usize) -> Limits {
        let default = Limits::new(max_peers).peers_per_address;
        Limits {
            peers_per_address: self.peers_per_address.unwrap_or(default),
            ..self.limits.clone()
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            limits: Limits::new(0),
            peers_per_address: None,
        }
    }
}

/// Limits that a caller changes while hosts use them. Each host takes a change over with its next service.
#[derive(Debug, Default)]
pub struct SharedLimits {
    settings: RefCell<LimitSettings>,
    revision: Cell<u64>,
}

impl SharedLimits {
    /// The present settings.
    pub fn get(&self) -> Ref<'_, LimitSettings> {
        self.settings.borrow()
    }

    /// Changes the settings. Returns whether they differ from before.
    pub fn change(&self, change: impl FnOnce(&mut LimitSettings)) -> bool {
        let mut settings = self.settings.borrow_mut();
        let before = settings.clone();
        change(&mut settings);
        let differs = *settings != before;
        if differs {
            self.revision.set(self.revision.get() + 1);
        }
        differs
    }

    /// Whether a network may be banned: not if trusted proxies are in it, or it is in a network of them.
    pub(crate) fn check_ban(&self, network: IpNet) -> Result<(), BanError> {
        let settings = self.get();
        let mut trusted = settings.limits.trusted.iter();
        match trusted.find(|it| it.contains(&network) || network.contains(*it)) {
            Some(proxy) => Err(BanError::OfProxy {
                network: text_of(network),
                proxy: text_of(*proxy),
            }),
            None => Ok(()),
        }
    }

    /// A number that each change increases.
    pub fn revision(&self) -> u64 {
        self.revision.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_of_peers_for_each_address_follows_the_hosts_size() {
        let mut settings = LimitSettings::default();
        assert_eq!(settings.of_host(32), Limits::new(32));
        assert_eq!(settings.of_host(100).peers_per_address, 50);
        settings.peers_per_address = Some(3);
        assert_eq!(settings.of_host(100).peers_per_address, 3);
    }

    #[test]
    fn no_ban_meets_a_trusted_proxy() {
        let limits = SharedLimits::default();
        let net = |text: &str| crate::bans::network(text).expect(text);
        limits.change(|it| it.limits.trusted = vec![net("10.1.0.0/16"), net("fd00::7")]);
        for (text, fits) in [
            ("10.2.0.0/16", true),
            ("10.1.2.3", false),
            ("10.0.0.0/8", false),
            ("fd00::8", true),
            ("fd00::/64", false),
            ("0.0.0.0/0", false),
        ] {
            assert_eq!(limits.check_ban(net(text)).is_ok(), fits, "{text}");
        }
    }

    #[test]
    fn an_equal_value_is_no_change() {
        let limits = SharedLimits::default();
        assert!(limits.change(|it| it.limits.half_open = 7));
        assert!(!limits.change(|it| it.limits.half_open = 7));
        assert_eq!(limits.revision(), 1);
    }
}
