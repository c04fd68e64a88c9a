//! Class ENetLimitsRs: limits on what remotes can cause on a host. `limits/accessors.rs` has the getters and setters.

use std::rc::Rc;

use enet_multiplayer::SharedLimits;
use godot::classes::Resource;
use godot::prelude::*;

use crate::report::Reports;

/// The ranges of the setters, for the inspector.
const COUNT_HINT: &str = "0,4294967295,1,hide_slider";
const HALF_OPEN_HINT: &str = "1,65536,1";
const PEERS_HINT: &str = "-1,4095,1";
const PACKETS_HINT: &str = "16,4294967295,1,hide_slider";
const BYTES_HINT: &str = "65536,1099511627776,1,hide_slider,suffix:B";
const RATE_HINT: &str = "0,4294967295,1,hide_slider,suffix:B/s";

/// Limits on the memory and work that remote peers can cause on a host: the value of
/// [member ENetMultiplayerPeerRs.limits] and [member ENetConnectionRs.limits].
///
/// The defaults are far beyond what a game needs. Hosts without such an object have the same limits. Lower a limit if
/// your game is known to need less, and raise one for a load test or for players who share an address:
///
/// ```gdscript
/// var limits := ENetLimitsRs.new()
/// limits.max_peers_per_address = 4
/// limits.max_unsent_bytes = 4 * 1024 * 1024
/// peer.limits = limits
/// ```
///
/// A change of a property applies to the hosts that use the object from their next poll or service on, and emits
/// [signal Resource.changed]. A lower limit on the number of connections ends none of the existing connections. A peer
/// that exceeds a lower limit on its traffic or its queues is treated as if the limit had been there before. A number
/// out of range prints an error and changes nothing.
///
/// "An address" is an IPv4 address, or the network of 64 bits that an IPv6 address lies in. A peer that the host drops
/// is told the reason, see [enum ENetMultiplayerPeerRs.DisconnectReason], and this side prints a warning.
/// [method ENetMultiplayerPeerRs.get_dropped] counts what the host dropped.
///
/// Like all objects of this extension, the object belongs to the main thread: load it there.
#[derive(GodotClass)]
#[class(tool, init, base = Resource)]
pub struct ENetLimitsRs {
    base: Base<Resource>,
    shared: Rc<SharedLimits>,
    /// How many connections may begin in a second, from all addresses together (0 to 4294967295, 2000 by default);
    /// 0 for no limit. Further requests to connect are dropped, and their senders repeat them.
    #[export]
    #[var(get = get_max_connects_per_second, set = set_max_connects_per_second, hint = RANGE, hint_string = COUNT_HINT)]
    max_connects_per_second: PhantomVar<i64>,
    /// How many connections may begin in a second from one address (0 to 4294967295, 50 by default); 0 for no limit.
    /// The addresses 127.0.0.1 and ::1 are exempt, and so are those of [member trusted_proxies].
    #[export]
    #[var(
        get = get_max_connects_per_second_per_address, set = set_max_connects_per_second_per_address,
        hint = RANGE, hint_string = COUNT_HINT
    )]
    max_connects_per_second_per_address: PhantomVar<i64>,
    /// How many connections may be half open at a time, from all addresses together (1 to 65536, 1024 by default). A
    /// connection is half open while the request to connect has arrived, but the remote has not yet confirmed the
    /// answer. Half-open connections occupy no peer slot.
    #[export]
    #[var(get = get_max_half_open, set = set_max_half_open, hint = RANGE, hint_string = HALF_OPEN_HINT)]
    max_half_open: PhantomVar<i64>,
    /// How many connections of one address may be half open at a time (1 to 65536, 64 by default); see
    /// [member max_half_open]. Connections whose remotes have shown that they receive what is sent to their address are
    /// counted apart from the others. An IPv6 network of 56 bits may have four times as many. The addresses 127.0.0.1
    /// and ::1 are exempt, and so are those of [member trusted_proxies].
    #[export]
    #[var(
        get = get_max_half_open_per_address, set = set_max_half_open_per_address,
        hint = RANGE, hint_string = HALF_OPEN_HINT
    )]
    max_half_open_per_address: PhantomVar<i64>,
    /// How many peers may be connected from one address (0 to 4095, or -1); 0 for no limit. The default, -1, stands
    /// for half of the host's peers, and for 8 if that is more: schools and players in one home share an address. The
    /// addresses 127.0.0.1 and ::1 are exempt, and so are those of [member trusted_proxies]. A further peer is
    /// refused with [constant ENetMultiplayerPeerRs.REASON_TOO_MANY_OF_ADDRESS].
    #[export]
    #[var(get = get_max_peers_per_address, set = set_max_peers_per_address, hint = RANGE, hint_string = PEERS_HINT)]
    max_peers_per_address: PhantomVar<i64>,
    /// How many bytes of received packets of one peer may wait to be read by the script (65536 to 1099511627776,
    /// 67108864 (64 MiB) by default). While more wait, further packets of the peer are refused: ENet repeats reliable
    /// ones, and unreliable ones are lost. A peer that goes on sending for long is dropped with
    /// [constant ENetMultiplayerPeerRs.REASON_UNREAD].
    #[export]
    #[var(get = get_max_unread_bytes, set = set_max_unread_bytes, hint = RANGE, hint_string = BYTES_HINT)]
    max_unread_bytes: PhantomVar<i64>,
    /// How many received packets of one peer may wait to be read by the script (16 to 4294967295, 65536 by default).
    /// See [member max_unread_bytes].
    #[export]
    #[var(get = get_max_unread_packets, set = set_max_unread_packets, hint = RANGE, hint_string = PACKETS_HINT)]
    max_unread_packets: PhantomVar<i64>,
    /// How many bytes of packets one remote that connected to this host may send in a second (0 to 4294967295,
    /// 67108864 (64 MiB) by default); 0 for no limit. The bytes of two seconds may come at once. Packets beyond the
    /// limit are refused for a while: ENet repeats reliable ones, and unreliable ones are lost. A peer that goes on for
    /// long is dropped with [constant ENetMultiplayerPeerRs.REASON_FLOOD].
    #[export]
    #[var(get = get_max_bytes_per_second, set = set_max_bytes_per_second, hint = RANGE, hint_string = RATE_HINT)]
    max_bytes_per_second: PhantomVar<i64>,
    /// How many packets one remote that connected to this host may send in a second (0 to 4294967295, 10000 by
    /// default); 0 for no limit. See [member max_bytes_per_second].
    ///
    /// All remotes of one address together may send twice as many, except those of 127.0.0.1, ::1 and the
    /// [member trusted_proxies]. A remote that sends little is not held back by the others of its address.
    #[export]
    #[var(get = get_max_packets_per_second, set = set_max_packets_per_second, hint = RANGE, hint_string = COUNT_HINT)]
    max_packets_per_second: PhantomVar<i64>,
    /// How many bytes of one peer may wait for missing parts: packets that came out of order, and fragments (65536 to
    /// 1099511627776, 33554432 (32 MiB) by default). The last packet that begins to wait may exceed the limit.
    #[export]
    #[var(get = get_max_waiting_bytes, set = set_max_waiting_bytes, hint = RANGE, hint_string = BYTES_HINT)]
    max_waiting_bytes: PhantomVar<i64>,
    /// How many bytes of all peers together may wait for missing parts (65536 to 1099511627776, 268435456 (256 MiB) by
    /// default). See [member max_waiting_bytes].
    #[export]
    #[var(get = get_max_waiting_bytes_total, set = set_max_waiting_bytes_total, hint = RANGE, hint_string = BYTES_HINT)]
    max_waiting_bytes_total: PhantomVar<i64>,
    /// How many bytes of reliable packets may wait to be sent to one peer, or to be acknowledged by it (65536 to
    /// 1099511627776, 67108864 (64 MiB) by default). Each packet, and each fragment of a large one, counts 256 bytes
    /// more than it has. A packet of any size passes while no other waits.
    ///
    /// Beyond the limit, [method PacketPeer.put_packet] and [method ENetPacketPeerRs.send] return
    /// [constant ERR_OUT_OF_MEMORY]. A peer beyond it that would miss a packet for several peers, or one that a
    /// server passes on, is dropped with [constant ENetMultiplayerPeerRs.REASON_UNSENT].
    #[export]
    #[var(get = get_max_unsent_bytes, set = set_max_unsent_bytes, hint = RANGE, hint_string = BYTES_HINT)]
    max_unsent_bytes: PhantomVar<i64>,
    /// How many datagrams of one peer, in a row, may fail to be decompressed (0 to 4294967295, 64 by default); 0 for no
    /// limit. A peer that sends more, and no good datagram for five seconds, is dropped with
    /// [constant ENetMultiplayerPeerRs.REASON_UNDECODABLE].
    #[export]
    #[var(
        get = get_max_undecodable_datagrams, set = set_max_undecodable_datagrams,
        hint = RANGE, hint_string = COUNT_HINT
    )]
    max_undecodable_datagrams: PhantomVar<i64>,
    /// IP addresses and networks (like [code]10.0.0.0/8[/code]) of proxies, from which many players come: the limits
    /// for one address do not apply to them. Empty by default. Empty texts are skipped. A text that is neither an
    /// address nor a network prints an error and has no effect; the others apply.
    #[export]
    #[var(get = get_trusted_proxies, set = set_trusted_proxies)]
    trusted_proxies: PhantomVar<PackedStringArray>,
    /// The texts as they were set.
    proxies: PackedStringArray,
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
