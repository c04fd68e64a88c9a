//! What protects a session's hosts from their remotes, what they report of it, and the lines of the log that remotes
//! can cause.

use std::cell::RefCell;
use std::rc::Rc;

use super::{MAIN_HOST, Mode, Multiplayer};
#[cfg(feature = "dtls")]
use crate::FailedWarning;
use crate::bans::Bans;
use crate::connection::{NameError, Newcomer};
use crate::{
    BanError, Connection, End, Inactive, LeftOut, LineLimit, OverLimitWarning, SendError,
    ServerIsEncrypted, SharedLimits, SocketWarning, UndecodedWarning, UnencryptedWarning,
};
use enet_proto::{Drops, IpNet, Time};

/// Settings that protect the hosts, and outlive them.
#[derive(Default)]
pub(super) struct Guard {
    /// `None` until the caller chooses limits.
    limits: Option<Rc<SharedLimits>>,
    bans: Rc<RefCell<Bans>>,
    is_judged: bool,
    /// Errors of packets for a peer that lacks the channel, or cannot take more.
    no_channel: LineLimit,
    full: LineLimit,
}

impl Guard {
    /// Gives a connection the settings before it has a host.
    pub fn equip(&self, connection: &mut Connection) {
        if let Some(limits) = &self.limits {
            connection.set_limits(Rc::clone(limits));
        }
        connection.share_bans(Rc::clone(&self.bans));
        connection.set_judged(self.is_judged);
    }

    /// Gives the host of a mesh's new peer the settings. It adds the bans to its own list.
    pub fn equip_mesh(&self, connection: &mut Connection, now: Time) {
        if let Some(limits) = &self.limits {
            connection.set_limits(Rc::clone(limits));
        }
        for (network, until) in self.bans.borrow_mut().list(now) {
            connection.take_over_ban(now, network, until);
        }
    }
}

impl Multiplayer {
    /// Chooses the limits of the present hosts and of those made from now on: see [`Connection::set_limits`].
    pub fn set_limits(&mut self, limits: Rc<SharedLimits>) {
        for host in self.hosts.values() {
            host.borrow_mut().set_limits(Rc::clone(&limits));
        }
        self.guard.limits = Some(limits);
    }

    /// Whether the caller chose limits, which the hosts of a mesh take over.
    pub fn has_limits(&self) -> bool {
        self.guard.limits.is_some()
    }

    /// Bans a network on the present hosts and on those made from now on: see [`Connection::ban`].
    pub fn ban(&mut self, now: Time, network: IpNet, until: Option<Time>) -> Result<(), BanError> {
        if let Some(limits) = &self.guard.limits {
            limits.check_ban(network)?;
        }
        self.guard.bans.borrow_mut().add(now, network, until)?;
        for host in self.hosts.values() {
            host.borrow_mut().take_over_ban(now, network, until);
        }
        Ok(())
    }

    /// Lifts a ban; false if the network is not banned.
    pub fn unban(&mut self, network: IpNet) -> bool {
        let was_banned = self.guard.bans.borrow_mut().remove(network);
        for host in self.hosts.values() {
            host.borrow_mut().unban(network);
        }
        was_banned
    }

    /// How long a network stays banned, by itself or by a network that it lies in; [`Time::MAX`] for ever. `None` if it
    /// is not banned.
    pub fn ban_time_left(&self, now: Time, network: IpNet) -> Option<Time> {
        self.guard.bans.borrow().time_left(now, network)
    }

    /// The banned networks.
    pub fn banned(&self, now: Time) -> Vec<IpNet> {
        self.guard.bans.borrow_mut().networks(now)
    }

    /// Chooses whether newcomers of a server wait for [`crate::Connection::judge`] before they occupy a peer slot.
    pub fn set_judged(&mut self, is_judged: bool) {
        self.guard.is_judged = is_judged;
        if let Some(host) = self.host() {
            host.borrow_mut().set_judged(is_judged);
        }
    }

    /// The next newcomer of a server that waits to be judged.
    pub fn next_newcomer(&mut self, now: Time) -> Option<Newcomer> {
        if self.mode() != Mode::Server {
            return None;
        }
        self.hosts.get(MAIN_HOST)?.borrow_mut().next_newcomer(now)
    }

    /// What the hosts dropped so far, by cause.
    pub fn drops(&self) -> Result<Drops, Inactive> {
        if !self.is_active() {
            return Err(Inactive);
        }
        let mut drops = Drops::default();
        for host in self.hosts.values() {
            // A script may have destroyed the host.
            drops.add(&host.borrow().drops().unwrap_or_default());
        }
        Ok(drops)
    }

    /// How the last connection to a peer ended; [`crate::Reason::None`] if it did not, or that was forgotten.
    pub fn ended(&self, id: i32) -> End {
        self.reasons.of(id)
    }

    /// A warning about a host that received datagrams it cannot decode. See
    /// [`crate::Connection::undecoded`].
    pub fn undecoded(&mut self, now: Time) -> Option<UndecodedWarning> {
        let mut hosts = self.hosts.values();
        hosts.find_map(|host| host.borrow_mut().undecoded(now))
    }

    /// A warning about clients that do not encrypt. See [`crate::Connection::unencrypted`].
    pub fn unencrypted(&mut self, now: Time) -> Option<UnencryptedWarning> {
        let mut hosts = self.hosts.values();
        hosts.find_map(|host| host.borrow_mut().unencrypted(now))
    }

    /// A warning about a socket that stopped working. See [`crate::Connection::take_socket_warning`].
    pub fn take_socket_warning(&mut self, now: Time) -> Option<SocketWarning> {
        if let Some(warning) = self.reports.socket.take() {
            return Some(warning);
        }
        let mut hosts = self.hosts.values();
        hosts.find_map(|host| host.borrow_mut().take_socket_warning(now))
    }

    /// The error, if an encrypted server has refused this client. See
    /// [`crate::Connection::take_server_is_encrypted`].
    pub fn take_server_is_encrypted(&mut self) -> Option<ServerIsEncrypted> {
        self.reports.server_is_encrypted.take()
    }

    /// The next encrypted session that failed. See [`crate::Connection::next_failed`].
    #[cfg(feature = "dtls")]
    pub fn next_failed(&mut self, now: Time) -> Option<FailedWarning> {
        let failed = self.reports.failed.pop_front().or_else(|| {
            let mut hosts = self.hosts.values();
            hosts.find_map(|host| host.borrow_mut().next_failed(now))
        })?;
        self.reports.note_failed(&failed);
        Some(failed)
    }

    /// The next thing that was not done for want of an address. See [`crate::Connection::next_name_error`].
    pub fn next_name_error(&mut self) -> Option<NameError> {
        let error = self.reports.names.pop_front().or_else(|| {
            let mut hosts = self.hosts.values();
            hosts.find_map(|host| host.borrow_mut().next_name_error())
        })?;
        self.reports.note_name(&error);
        Some(error)
    }

    /// A warning about a peer that was dropped. See [`crate::Connection::take_over_limit`].
    pub fn take_over_limit(&mut self) -> Option<OverLimitWarning> {
        let mut hosts = self.hosts.values();
        hosts.find_map(|host| host.borrow_mut().take_over_limit())
    }

    /// Whether the error of a packet is due to be printed, and what to append to it. An error that a remote can cause
    /// for each packet is due once in 10 seconds.
    pub fn print_due(&mut self, error: SendError, now: Time) -> Option<LeftOut> {
        match error {
            SendError::QueueFull(_) => self.guard.full.pass(now),
            SendError::NoSuchChannel { .. } if self.has_channel() => {
                self.guard.no_channel.pass(now)
            }
            _ => Some(LeftOut::default()),
        }
    }

    /// Whether a host of this side has the channel that is set, so that only the remote lacks it.
    fn has_channel(&self) -> bool {
        let Some(channel) = self.wire_channel() else {
            return false;
        };
        let has = |limit: usize| usize::from(channel) < limit;
        let mut hosts = self.hosts.values();
        hosts.any(|host| host.borrow().channel_limit().is_ok_and(has))
    }
}
