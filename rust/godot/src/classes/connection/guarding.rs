//! What protects ENetConnectionRs from its remotes: limits, bans, the judging of newcomers, and counts.

use godot::prelude::*;

use super::{ENetConnectionRs, INACTIVE};
use crate::classes::limits::ENetLimitsRs;
use crate::newcomers::{JoinFilter, Judges};
use crate::report::Reports;
use crate::{bans, clock, dropped};

#[godot_api(secondary)]
impl ENetConnectionRs {
    /// Bans `address_or_network`, an IP address or a network, for `seconds` or, with 0 or [constant @GDScript.INF], until
    /// [method unban_address]: see [method ENetMultiplayerPeerRs.ban_address]. The list belongs to this object and outlives
    /// its hosts. The
    /// [member ENetMultiplayerPeerRs.host] of an [ENetMultiplayerPeerRs] has the list of that object.
    #[func]
    fn ban_address(
        &mut self,
        address_or_network: GString,
        #[opt(default = 0.0)] seconds: f64,
    ) -> godot::global::Error {
        let now = clock::now();
        let handle = self.handle.clone();
        let banned = bans::parsed(&address_or_network, seconds, now)
            .and_then(|(network, until)| handle.connection().borrow_mut().ban(now, network, until));
        bans::answer(self, "ban_address", banned)
    }

    /// Lifts the ban of `address_or_network`: see [method ENetMultiplayerPeerRs.unban_address].
    #[func]
    fn unban_address(&mut self, address_or_network: GString) -> bool {
        let network = bans::network(self, "unban_address", &address_or_network);
        network.is_some_and(|network| self.handle.connection().borrow_mut().unban(network))
    }

    /// Returns the banned addresses and networks, without those whose bans have ended.
    #[func]
    fn get_banned_addresses(&self) -> PackedStringArray {
        bans::texts(self.handle.connection().borrow().banned(clock::now()))
    }

    /// Returns for how many more seconds `address_or_network` is banned: see
    /// [method ENetMultiplayerPeerRs.get_ban_time_left].
    #[func]
    fn get_ban_time_left(&mut self, address_or_network: GString) -> f64 {
        let network = bans::network(self, "get_ban_time_left", &address_or_network);
        let connection = self.handle.connection().borrow();
        let left = network.and_then(|network| connection.ban_time_left(clock::now(), network));
        bans::seconds_left(left)
    }

    /// Returns how much was dropped since the host was created, by cause: see
    /// [method ENetMultiplayerPeerRs.get_dropped]. Returns an empty Dictionary and prints an error if there is no host.
    #[func]
    fn get_dropped(&self) -> VarDictionary {
        let drops = self.handle.connection().borrow().drops();
        match drops {
            Ok(drops) => dropped::dictionary(&drops),
            Err(_) => {
                self.report_looking("get_dropped", &INACTIVE);
                VarDictionary::new()
            }
        }
    }
}

impl ENetConnectionRs {
    /// Shows limits that the owner of the host has chosen for it.
    pub fn take_over_limits(&mut self, limits: Option<Gd<ENetLimitsRs>>) {
        let former = std::mem::replace(&mut self.limits_object, limits);
        self.lend(|_| drop(former));
    }
}

impl Judges for ENetConnectionRs {
    fn filter(&mut self) -> &mut JoinFilter {
        &mut self.session.filter
    }
}
