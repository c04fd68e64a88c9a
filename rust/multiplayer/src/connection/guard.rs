//! What protects the host from its remotes: limits, bans, and the judging of newcomers. The settings outlive hosts.

use std::cell::RefCell;
use std::rc::Rc;

use super::Connection;
use crate::bans::Bans;
use crate::{BanError, Inactive, SharedLimits};
use enet_net::Host;
use enet_proto::{Drops, HostConfig, IpNet, JoinRequest, PeerId, Time, Verdict};

/// Settings that protect a host.
pub(super) struct Guard {
    limits: Rc<SharedLimits>,
    /// The revision of the limits that the host has.
    revision: u64,
    bans: Rc<RefCell<Bans>>,
    is_judged: bool,
    max_peers: usize,
    /// A newcomer that ended a service.
    waiting: Option<Newcomer>,
}

/// A newcomer that waits to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Newcomer {
    /// The request to connect.
    pub request: JoinRequest,
    /// The host that has the request.
    host_number: u32,
}

impl Guard {
    pub fn new() -> Self {
        Self {
            limits: Rc::default(),
            revision: 0,
            bans: Rc::default(),
            is_judged: false,
            max_peers: 0,
            waiting: None,
        }
    }

    /// The configuration of a new host, with the limits in it.
    pub fn config(&mut self, config: &HostConfig) -> HostConfig {
        self.max_peers = config.max_peers;
        self.revision = self.limits.revision();
        HostConfig {
            limits: self.limits.get().of_host(config.max_peers),
            ..config.clone()
        }
    }

    /// Gives a new host the bans, and has it wait for judgement.
    pub fn equip(&self, host: &mut Host, now: Time) {
        for (network, until) in self.bans.borrow_mut().list(now) {
            // This list has no more room than that of the host.
            let _ = host.ban(now, network, until);
        }
        host.set_judged(self.is_judged);
    }
}

impl Connection {
    /// Chooses the limits of the present host and those made from now on. Later changes of the limits apply
    /// from the next service on.
    pub fn set_limits(&mut self, limits: Rc<SharedLimits>) {
        self.guard.limits = limits;
        // Any other number than the present one.
        self.guard.revision = self.guard.limits.revision().wrapping_sub(1);
        self.update_limits();
    }

    pub(super) fn update_limits(&mut self) {
        let revision = self.guard.limits.revision();
        if self.guard.revision != revision {
            self.take_over_limits(revision);
        }
    }

    #[cold]
    fn take_over_limits(&mut self, revision: u64) {
        let guard = &mut self.guard;
        guard.revision = revision;
        if let Some(host) = &mut self.host {
            host.set_limits(guard.limits.get().of_host(guard.max_peers));
        }
    }

    /// Uses a list of bans that others use, too.
    pub(crate) fn share_bans(&mut self, bans: Rc<RefCell<Bans>>) {
        self.guard.bans = bans;
    }

    /// Drops whatever comes from a network until then, or for ever. Ends the connections that come from there.
    pub fn ban(&mut self, now: Time, network: IpNet, until: Option<Time>) -> Result<(), BanError> {
        self.guard.limits.check_ban(network)?;
        self.guard.bans.borrow_mut().add(now, network, until)?;
        self.apply_ban(now, network, until);
        Ok(())
    }

    /// Takes over a ban of a session that has a list of its own.
    pub(crate) fn take_over_ban(&mut self, now: Time, network: IpNet, until: Option<Time>) {
        // The host drops what comes from there even if this list is full.
        let _ = self.guard.bans.borrow_mut().add(now, network, until);
        self.apply_ban(now, network, until);
    }

    /// Bans a network on the host, but not on the list.
    fn apply_ban(&mut self, now: Time, network: IpNet, until: Option<Time>) {
        self.flush_waiting();
        if let Some(host) = &mut self.host {
            // This list has no more room than that of the host.
            let _ = host.ban(now, network, until);
        }
    }

    /// Lifts a ban; false if the network is not banned.
    pub fn unban(&mut self, network: IpNet) -> bool {
        if let Some(host) = &mut self.host {
            host.unban(network);
        }
        self.guard.bans.borrow_mut().remove(network)
    }

    /// How long a network stays banned: see [`crate::Multiplayer::ban_time_left`].
    pub fn ban_time_left(&self, now: Time, network: IpNet) -> Option<Time> {
        self.guard.bans.borrow().time_left(now, network)
    }

    /// The banned networks.
    pub fn banned(&self, now: Time) -> Vec<IpNet> {
        self.guard.bans.borrow_mut().networks(now)
    }

    /// Chooses whether newcomers wait for [`Connection::judge`] before they occupy a peer slot.
    pub fn set_judged(&mut self, is_judged: bool) {
        self.guard.is_judged = is_judged;
        if let Some(host) = &mut self.host {
            host.set_judged(is_judged);
        }
    }

    /// The next newcomer that waits to be judged.
    pub fn next_newcomer(&mut self, now: Time) -> Option<Newcomer> {
        if !self.guard.is_judged {
            return None;
        }
        if let Some(newcomer) = self.guard.waiting.take() {
            return Some(newcomer);
        }
        let request = self.host.as_mut()?.next_request(now)?;
        Some(Newcomer {
            request,
            host_number: self.hosts,
        })
    }

    /// Whether a newcomer waits to be judged.
    pub fn has_newcomer(&mut self, now: Time) -> bool {
        self.guard.waiting = self.next_newcomer(now);
        self.guard.waiting.is_some()
    }

    /// Lets a newcomer in, or refuses it. Does nothing if its host has been replaced meanwhile.
    pub fn judge(&mut self, now: Time, newcomer: Newcomer, verdict: Verdict) {
        if let Some(host) = &mut self.host
            && newcomer.host_number == self.hosts
        {
            host.judge(now, newcomer.request.id, verdict);
        }
    }

    /// What the host dropped so far, by cause.
    pub fn drops(&self) -> Result<Drops, Inactive> {
        self.host.as_ref().map(Host::drops).ok_or(Inactive)
    }

    /// What the host dropped of an active peer, by cause.
    pub fn peer_drops(&self, peer: PeerId) -> Option<Drops> {
        match self.members.former(peer) {
            Some(former) => Some(former.drops),
            None => (self.host_with(peer)?).peer_drops(peer),
        }
    }
}
