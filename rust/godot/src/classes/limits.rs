//! Class ENetLimitsRs: what remotes may cost a host. `limits/accessors.rs` has the getters and setters.

use std::rc::Rc;

use enet_multiplayer::SharedLimits;
use godot::classes::Resource;
use godot::prelude::*;

use crate::report::Reports;

/// What remotes may cost a host: the value of [member ENetMultiplayerPeerRs.limits] and
/// [member ENetConnectionRs.limits].
///
/// The defaults are far beyond what a game needs. Hosts without such an object have the same limits. Lower a limit if
/// your game is known to need less, and raise one for a load test or for players who share an address:
///
/// ```gdscript
/// var limits := ENetLimitsRs.new()
/// limits.peers_per_address = 4
/// limits.unsent_bytes = 4 * 1024 * 1024
/// peer.limits = limits
/// ```
///
/// A change of a property applies to the hosts that use the object from their next poll or service on, and emits
/// [signal Resource.changed]. Connections that exist stay, except that one beyond a lower limit is dropped as soon as
/// it exceeds it. A number out of range prints an error and changes nothing.
///
/// "An address" is an IPv4 address, or the network of 64 bits that an IPv6 address lies in. A remote that is dropped
/// is told the reason, see [enum ENetMultiplayerPeerRs.DisconnectReason], and this side prints a warning.
/// [method ENetMultiplayerPeerRs.get_dropped] counts what was dropped.
///
/// Like all objects of this extension, the object belongs to the main thread: load it there.
#[derive(GodotClass)]
#[class(tool, init, base = Resource)]
pub struct ENetLimitsRs {
    base: Base<Resource>,
    shared: Rc<SharedLimits>,
    /// How many connections may begin in a second, from all addresses together (0 to 4294967295, 2000 by default);
    /// 0 for no limit. Further requests are dropped, and remotes repeat theirs.
    #[export]
    #[var(get = get_connects_per_second, set = set_connects_per_second)]
    connects_per_second: PhantomVar<i64>,
    /// How many connections may begin in a second from one address (0 to 4294967295, 50 by default); 0 for no limit.
    /// Addresses of [member trusted_proxies] are exempt.
    #[export]
    #[var(get = get_connects_per_second_per_address, set = set_connects_per_second_per_address)]
    connects_per_second_per_address: PhantomVar<i64>,
    /// How many connections may be half open at a time, from all addresses together (1 to 65536, 1024 by default). A
    /// connection is half open until the remote has confirmed it. Half-open connections occupy no peer slot.
    #[export]
    #[var(get = get_half_open, set = set_half_open)]
    half_open: PhantomVar<i64>,
    /// How many connections of one address may be half open at a time (1 to 65536, 64 by default). Addresses of
    /// [member trusted_proxies] are exempt.
    #[export]
    #[var(get = get_half_open_per_address, set = set_half_open_per_address)]
    half_open_per_address: PhantomVar<i64>,
    /// How many peers may be connected from one address (0 to 4095, or -1); 0 for no limit. The default, -1, stands
    /// for half of the host's peers, and for 8 if that is more: schools and players in one home share an address. The
    /// addresses 127.0.0.1 and ::1 are exempt, and so are those of [member trusted_proxies].
    #[export]
    #[var(get = get_peers_per_address, set = set_peers_per_address)]
    peers_per_address: PhantomVar<i64>,
    /// How many bytes of received packets of one peer may wait to be read by the script (65536 to 1099511627776, 64
    /// MiB by default). A peer beyond the limit is held back, and dropped with
    /// [constant ENetMultiplayerPeerRs.REASON_UNREAD] if it goes on for long.
    #[export]
    #[var(get = get_unread_bytes, set = set_unread_bytes)]
    unread_bytes: PhantomVar<i64>,
    /// How many received packets of one peer may wait to be read by the script (16 to 4294967295, 65536 by default).
    /// See [member unread_bytes].
    #[export]
    #[var(get = get_unread_packets, set = set_unread_packets)]
    unread_packets: PhantomVar<i64>,
    /// How many bytes of packets one remote that connected to this host may send in a second (0 to 4294967295, 64 MiB
    /// by default); 0 for no limit. A peer beyond the limit is held back, and dropped with
    /// [constant ENetMultiplayerPeerRs.REASON_FLOOD] if it goes on for long.
    #[export]
    #[var(get = get_bytes_per_second, set = set_bytes_per_second)]
    bytes_per_second: PhantomVar<i64>,
    /// How many packets one remote that connected to this host may send in a second (0 to 4294967295, 20000 by
    /// default); 0 for no limit. See [member bytes_per_second].
    #[export]
    #[var(get = get_packets_per_second, set = set_packets_per_second)]
    packets_per_second: PhantomVar<i64>,
    /// How many bytes of one peer may wait for missing parts: packets that came out of order, and fragments (65536 to
    /// 1099511627776, 32 MiB by default). A larger packet than that cannot be received.
    #[export]
    #[var(get = get_waiting_bytes, set = set_waiting_bytes)]
    waiting_bytes: PhantomVar<i64>,
    /// How many bytes of all peers together may wait for missing parts (65536 to 1099511627776, 256 MiB by default).
    /// See [member waiting_bytes].
    #[export]
    #[var(get = get_waiting_bytes_in_all, set = set_waiting_bytes_in_all)]
    waiting_bytes_in_all: PhantomVar<i64>,
    /// How many bytes of packets may wait to be sent to one peer, or to be acknowledged by it (65536 to 1099511627776,
    /// 64 MiB by default). Beyond the limit, [method PacketPeer.put_packet] and [method ENetPacketPeerRs.send] return
    /// [constant ERR_OUT_OF_MEMORY]. A peer beyond it that would miss a packet for several peers, or one that a
    /// server passes on, is dropped with [constant ENetMultiplayerPeerRs.REASON_UNSENT].
    #[export]
    #[var(get = get_unsent_bytes, set = set_unsent_bytes)]
    unsent_bytes: PhantomVar<i64>,
    /// How many datagrams of one peer, in a row, may fail to be decompressed (0 to 4294967295, 64 by default) before
    /// the peer is dropped with [constant ENetMultiplayerPeerRs.REASON_UNDECODABLE]; 0 for no limit.
    #[export]
    #[var(get = get_undecodable, set = set_undecodable)]
    undecodable: PhantomVar<i64>,
    /// IP addresses and networks (like [code]10.0.0.0/8[/code]) of proxies, from which many players come: the limits
    /// for one address do not apply to them. Empty by default. A text that is neither prints an error and changes
    /// nothing.
    #[export]
    #[var(get = get_trusted_proxies, set = set_trusted_proxies)]
    trusted_proxies: PhantomVar<PackedStringArray>,
}

// The module needs a macro that the derive above defines.
mod accessors;

impl ENetLimitsRs {
    /// The limits, for hosts.
    pub fn shared(&self) -> Rc<SharedLimits> {
        Rc::clone(&self.shared)
    }
}

impl Reports for ENetLimitsRs {
    const NAME: &'static str = "ENetLimitsRs";
}
