//! What protects ENetMultiplayerPeerRs from its remotes: limits, bans, the judging of newcomers, and counts.

use godot::prelude::*;

use super::ENetMultiplayerPeerRs;
use crate::newcomers::{JoinFilter, Judges};
use crate::report::Reports;
use crate::{bans, clock, dropped};

#[godot_api(secondary)]
impl ENetMultiplayerPeerRs {
    /// Bans `address_or_network`, an IP address, or a network like [code]10.0.0.0/8[/code] or
    /// [code]2001:db8:1:2::/64[/code]. The ban lasts for `seconds` or, with 0 or [constant @GDScript.INF], until
    /// [method unban_address]. All datagrams from there are dropped before
    /// anything is done with them, and connections from there end at once with [constant REASON_BANNED]. A banned client
    /// that connects later gets no answer: its attempt ends with a timeout.
    ///
    /// Ask for the address of a player while it is connected. A subscriber with IPv6 usually has a network of 64 bits, so
    /// append [code]/64[/code] to an IPv6 address:
    ///
    /// ```gdscript
    /// var address: String = peer.get_peer(id).get_remote_address()
    /// peer.ban_address(address + "/64" if address.contains(":") else address, 3600.0)
    /// ```
    ///
    /// The list belongs to this object: it outlives [method MultiplayerPeer.close], and applies to the current host and
    /// to later ones; the hosts of a mesh take the bans over when they are added. The list has room for 16384 addresses
    /// and networks. A new ban of the same address replaces the former one. The list is not saved; save it like this, and
    /// pass the times to this method again later:
    ///
    /// ```gdscript
    /// var bans := {}
    /// for banned in peer.get_banned_addresses():
    ///     bans[banned] = peer.get_ban_time_left(banned)
    /// var file := ConfigFile.new()
    /// file.set_value("bans", "seconds", bans)
    /// file.save("user://bans.cfg")
    /// ```
    ///
    /// Returns [constant OK], [constant ERR_INVALID_PARAMETER] if the text is neither an address nor a network or
    /// `seconds` is negative, or [constant ERR_OUT_OF_MEMORY] if the list is full. Errors are printed.
    #[func]
    fn ban_address(
        &mut self,
        address_or_network: GString,
        #[opt(default = 0.0)] seconds: f64,
    ) -> godot::global::Error {
        let now = clock::now();
        let banned = bans::parsed(&address_or_network, seconds, now)
            .and_then(|(network, until)| self.session.core.ban(now, network, until));
        bans::answer(self, "ban_address", banned)
    }

    /// Lifts the ban of `address_or_network`. Pass the address or network that was banned: a single address in a
    /// banned network stays banned. In a mesh, the ban is lifted on all hosts. Returns [code]false[/code] if it was
    /// not banned, or, with an error printed, if the text is neither an address nor a network.
    #[func]
    fn unban_address(&mut self, address_or_network: GString) -> bool {
        let network = bans::network(self, "unban_address", &address_or_network);
        network.is_some_and(|network| self.session.core.unban(network))
    }

    /// Returns the banned addresses and networks, without those whose bans have ended. IPv6 addresses have
    /// Godot's form of eight groups: a ban of [code]2001:db8:1:2::/64[/code] is listed as
    /// [code]2001:db8:1:2:0:0:0:0/64[/code].
    #[func]
    fn get_banned_addresses(&self) -> PackedStringArray {
        bans::texts(self.session.core.banned(clock::now()))
    }

    /// Returns for how many more seconds `address_or_network` is banned, by itself or by a network that it lies in:
    /// [constant @GDScript.INF] if the ban has no end, and -1 if it is not banned. Returns -1, with an error printed, if
    /// the text is neither an address nor a network.
    #[func]
    fn get_ban_time_left(&mut self, address_or_network: GString) -> f64 {
        let network = bans::network(self, "get_ban_time_left", &address_or_network);
        let core = &self.session.core;
        let left = network.and_then(|network| core.ban_time_left(clock::now(), network));
        bans::seconds_left(left)
    }

    /// Returns how much was dropped since the host was created, as a [Dictionary] of numbers by cause:
    /// - [code]malformed[/code]: datagrams that are not valid ENet;
    /// - [code]undecodable[/code]: datagrams that could not be decompressed;
    /// - [code]strangers[/code]: datagrams from addresses without a connection, also late ones of connections that
    ///   have ended;
    /// - [code]over_limit[/code]: packets, fragments and requests to connect that exceeded one of the [member limits];
    /// - [code]banned[/code]: datagrams from banned addresses;
    /// - [code]full[/code]: requests to connect for which no peer slot was free;
    /// - [code]refused[/code]: requests to connect that were refused, for example by the [member join_filter];
    /// - [code]handshakes[/code]: DTLS handshakes that failed or were not begun.
    ///
    /// A mesh adds up the numbers of its hosts. Returns an empty Dictionary and prints an error if this peer is not
    /// active.
    #[func]
    fn get_dropped(&self) -> VarDictionary {
        match self.session.core.drops() {
            Ok(drops) => dropped::dictionary(&drops),
            Err(error) => {
                self.report_looking("get_dropped", &error);
                VarDictionary::new()
            }
        }
    }
}

impl Judges for ENetMultiplayerPeerRs {
    fn filter(&mut self) -> &mut JoinFilter {
        &mut self.session.filter
    }
}
