//! Class ENetMultiplayerPeerRs: its properties, and the methods that Godot 4's class has, too.
//! `properties.rs` has accessors and signals, `legacy.rs` the methods of Godot 3, `encryption.rs` those for
//! DTLS, and `as_peer.rs` the virtual methods that the engine calls.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use enet_codec::Dictionary;
use enet_fleet::agones::Pulse;
use enet_multiplayer::{ClientOptions, CreateError, ServerOptions, SharedConnection};
use enet_net::BindAddress;
use godot::classes::MultiplayerPeerExtension;
use godot::global::Error;
use godot::prelude::*;

use crate::arguments::ObjectArgument;
use crate::classes::Handle;
use crate::classes::connection::ENetConnectionRs;
use crate::classes::limits::ENetLimitsRs;
use crate::classes::packet_peer::ENetPacketPeerRs;
use crate::classes::simulation::ENetSimulationRs;
use crate::release::release;
use crate::report::Reports;
use crate::session::{self, Session};
use crate::simulating::Chosen;
use crate::vocabulary::{FlushMode, PeerCompressionMode, WireProtocol};
use crate::{clock, convert, dtls, overriding, vocabulary};

mod as_peer;
mod capturing;
mod encryption;
mod guarding;
mod legacy;
mod metrics;
mod properties;
mod quitting;
mod reasons;
mod simulating;
mod statistics;
mod version;

/// A [MultiplayerPeer] that speaks ENet, a protocol over UDP with reliable and unreliable packets. It
/// takes the place of [ENetMultiplayerPeer].
///
/// Both classes have the same methods and the same wire format, so that either can be at either end of a
/// connection. To use it, change the class name, create a server or a client and assign the object:
///
/// ```gdscript
/// var peer := ENetMultiplayerPeerRs.new()
/// var error := peer.create_server(24565)
/// if error == OK:
///     multiplayer.multiplayer_peer = peer
/// ```
///
/// [member host] gives the ENet host (the UDP socket and all connections on it) as an
/// [ENetConnectionRs], and [method get_peer] gives a single connection as an [ENetPacketPeerRs].
///
/// Objects of all three classes belong to the main thread. On another thread none can be created, and a
/// call does nothing but print an error.
///
/// Differences from the built-in class: IPv6 works in every build; `max_channels` of
/// [method create_server] does limit the channels; a refused client learns of it at once; any number of
/// players can join in one frame; and [method PacketPeer.put_packet] returns an error if the connection
/// lacks the channel, or if the packet has more than 32 MiB.
#[derive(GodotClass)]
#[class(tool, init, base = MultiplayerPeerExtension)]
pub struct ENetMultiplayerPeerRs {
    base: Base<MultiplayerPeerExtension>,
    #[init(val = Session::new())]
    session: Session,
    /// Script objects for the session's hosts, by host key, made at the first request.
    hosts: RefCell<HashMap<i32, Hosted>>,
    /// The ENet host of a server or client, which compresses, encrypts and counts the traffic of its socket.
    /// A mesh (which has a host for each peer) and an inactive peer give [code]null[/code] and print an
    /// error. The property is read-only.
    #[var(get = get_host, no_set, usage_flags = [NONE])]
    host: PhantomVar<Option<Gd<ENetConnectionRs>>>,
    /// How datagrams (UDP packets) are compressed, in both directions: a [enum CompressionMode],
    /// [constant COMPRESS_NONE] by default. Both ends must use the same mode, as nothing is negotiated. The
    /// mode applies to the current host and to the hosts that [method create_server] and
    /// [method create_client] make later. The hosts of a mesh have modes of their own, see
    /// [method ENetConnectionRs.compress].
    ///
    /// Godot's own classes lack [constant COMPRESS_LZ4] and [constant COMPRESS_ZSTD_DICT], and have no such
    /// property: call [code]peer.host.compress(mode)[/code] there. Setting a number that is no mode changes
    /// nothing. Setting [constant COMPRESS_ZSTD_DICT] before [method set_compression_dictionary] prints an
    /// error and changes nothing.
    ///
    /// ```gdscript
    /// # On the server and on each client, before or after create_server and create_client.
    /// peer.compression_mode = ENetMultiplayerPeerRs.COMPRESS_RANGE_CODER
    /// ```
    ///
    /// The default of Godot 3.6 is [constant COMPRESS_RANGE_CODER]: set this mode to connect to it.
    #[var(
        get = get_compression_mode, set = set_compression_mode,
        hint = ENUM, hint_string = vocabulary::COMPRESSION_HINT
    )]
    compression_mode: PhantomVar<PeerCompressionMode>,
    /// If [code]true[/code], packets that this peer sends with
    /// [constant MultiplayerPeer.TRANSFER_MODE_UNRELIABLE] are sent as
    /// [constant MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED]: the receiver drops a packet that a later
    /// one has overtaken. [code]false[/code] by default. The property comes from Godot 3, and can be set at
    /// any time.
    #[var(get = is_always_ordered, set = set_always_ordered)]
    always_ordered: PhantomVar<bool>,
    /// How many ENet channels a server or client has (3 to 255, 3 by default) if `max_channels` of
    /// [method create_server] or `channel_count` of [method create_client] is 0. An ENet channel is a
    /// sequence of packets with an order of its own.
    ///
    /// As in Godot 3, the number includes the channels that carry transfer channel 0. There are two of them,
    /// so that the value 3 leaves transfer channel 1; with [constant WIRE_GODOT3] there are three, so that
    /// the value 3 leaves none.
    ///
    /// With [constant WIRE_GODOT4], a peer whose script never set this property has all 255 channels, as with
    /// Godot 4's class, although the property reads 3. While the peer is active, setting the property prints an
    /// error and changes nothing.
    #[var(get = get_channel_count, set = set_channel_count)]
    channel_count: PhantomVar<i64>,
    /// If [code]true[/code], as by default, a server passes packets on between its clients and tells them of
    /// each other. If [code]false[/code], a client knows the server alone. Set the property on the server.
    /// While the peer is active, setting it prints an error and changes nothing.
    ///
    /// With [constant WIRE_GODOT4] both tasks belong to [SceneMultiplayer], on a server whose
    /// [member SceneMultiplayer.server_relay] is [code]true[/code] as well; see
    /// [method MultiplayerPeer.is_server_relay_supported].
    #[var(get = is_server_relay_enabled, set = set_server_relay_enabled)]
    server_relay: PhantomVar<bool>,
    /// The version of Godot that the remote peers have: a [enum WireProtocol], [constant WIRE_GODOT4] by
    /// default. Both ends must use the same. While the peer is active, setting the property prints an error
    /// and changes nothing.
    ///
    /// With [constant WIRE_GODOT3], packets travel between this peer and the
    /// [code]NetworkedMultiplayerENet[/code] of Godot 3, in both directions. RPCs do not, as the two versions
    /// encode them differently: use [method PacketPeer.put_packet] and [method PacketPeer.get_packet]. The
    /// clients then know each other through the server, which passes their packets on.
    #[var(get = get_wire_protocol, set = set_wire_protocol)]
    wire_protocol: PhantomVar<WireProtocol>,
    dictionary: Option<Dictionary>,
    /// When packets leave: a [enum FlushMode], [constant FLUSH_FRAME] by default. With
    /// [constant FLUSH_FRAME], the small packets of a frame share datagrams, which saves much of the work of
    /// both computers and of the network, and costs no frame of delay. Packets put before the nodes'
    /// processing (in physics steps or in answer to other packets) leave before the processing begins.
    /// Packets put during the processing leave right after it, or at once in a game that puts one in each frame. At
    /// most a few full datagrams wait. Answers wait until the script has read the last packet: if a script stops
    /// reading before that, its answers leave with the next poll.
    /// Closing or freeing the peer loses no packet that was put.
    ///
    /// A script that polls in a loop of its own lets no frame pass: its packets leave with the next
    /// [method MultiplayerPeer.poll]. If the peer is [member threaded], packets wait some 0.3 seconds at most,
    /// whatever the main thread does.
    ///
    /// Changing the mode sends all packets that wait.
    #[var(get = get_flush_mode, set = set_flush_mode)]
    flush_mode: PhantomVar<FlushMode>,
    /// If [code]true[/code], as by default, the peer has a network thread. The thread receives, acknowledges,
    /// retransmits and sends while the main thread is busy: a main thread that loads for a minute loses no
    /// connection and no packet. This holds while the main thread is blocked. If frames go by without a poll for 3 to 4
    /// seconds, see [member stall_timeout]. Packets, signals and the connection status still change only in
    /// [method MultiplayerPeer.poll], on the thread that polls, and in the same order as without the network thread.
    ///
    /// The network thread works only where it is needed. While the main thread polls at least 20 times a second and
    /// no more than some 60 datagrams (UDP packets) move in each poll, the main thread does all the work in its
    /// polls, and the network thread looks a few times a second whether the main thread is late. It steps in 0.2
    /// seconds after the last poll (0.3 seconds if hardly anything moves), and where there is more to do.
    ///
    /// The network thread starts with the first poll and ends when the peer is closed or freed. Packets leave as
    /// [member flush_mode] says, or when the network thread steps in if the main thread does not get that far. The property can be set at any time, and applies to the current host and to later ones; the
    /// hosts of a mesh take it over when they are added. [member ENetConnectionRs.threaded] of [member host]
    /// changes that host alone, and does not change this property.
    ///
    /// After a long pause, the first poll finds all packets that arrived during the pause, unreliable ones too.
    /// A remote whose main thread hangs does not time out before [member stall_timeout].
    ///
    /// With the network thread, the main thread of a busy server has about a tenth of the work that Godot's
    /// built-in class gives it, but all processors together have somewhat more work than without it: set the
    /// property to [code]false[/code] on a machine with a single processor.
    #[var(get = is_threaded, set = set_threaded)]
    threaded: PhantomVar<bool>,
    /// After how many seconds without a [method MultiplayerPeer.poll] the network thread (see [member threaded])
    /// stops answering, 60 by default; 0 for never. The remotes of a game that hangs for good then time out, as they
    /// do with Godot's built-in class. The next poll ends the pause: if the remotes have not timed out by then,
    /// which takes them 5 to 30 seconds, nothing is lost.
    ///
    /// The network thread also stops when frames go by for 3 to 4 seconds without a poll, whatever this property is: such
    /// a peer counts as abandoned, for example because [code]multiplayer.multiplayer_peer[/code] was set to
    /// [code]null[/code] while a variable still holds it. So a loading screen that sets [member SceneTree.multiplayer_poll]
    /// to [code]false[/code] has to call [method MultiplayerPeer.poll] at least once a second. A main thread that is blocked
    /// lets no frames go by and is not affected. The next poll ends the pause. Frames are only noticed while the main loop
    /// is a [SceneTree].
    ///
    /// While the game does not poll for 0.2 to 0.3 seconds or more, those who try to connect wait, and are answered at the
    /// next poll.
    ///
    /// Set a longer time for a game that loads for minutes, and 0 while you debug with breakpoints. The property
    /// can be set at any time, and applies to the current host and to later ones. A negative number prints an
    /// error and changes nothing. Without the network thread, remotes time out while the game does not poll.
    #[var(get = get_stall_timeout, set = set_stall_timeout)]
    stall_timeout: PhantomVar<f64>,
    /// After how many seconds a client gives up an attempt to connect: status
    /// [constant MultiplayerPeer.CONNECTION_DISCONNECTED], and [signal MultiplayerAPI.connection_failed]. The time
    /// begins with [method create_client], and covers the whole attempt, with the handshake of
    /// [member use_dtls]. 0 by default, for the limits of [method ENetPacketPeerRs.set_timeout]: 31.5 seconds, if they
    /// were not changed.
    ///
    /// A time longer than 31.5 seconds is for servers that have to start first: the client repeats its request at
    /// least every 8 seconds. Limits that [method ENetPacketPeerRs.set_timeout] set for the peer of the server
    /// end the attempt too, where they are shorter.
    ///
    /// The property can be set at any time, and applies to the attempt in progress and to later ones; it has no
    /// effect once the client is connected. The time in which a host name is resolved counts too. The hosts of a mesh
    /// are connected before they are added: use [member ENetConnectionRs.connect_timeout]. A negative number prints an
    /// error and changes nothing.
    #[var(get = get_connect_timeout, set = set_connect_timeout)]
    connect_timeout: PhantomVar<f64>,
    /// If [code]true[/code], [method create_server] and [method create_client] encrypt the traffic with DTLS
    /// 1.2, which is TLS for UDP. [code]false[/code] by default. Both ends must use the same setting. A server
    /// needs [method set_dtls_key] and [method set_dtls_certificate] first.
    ///
    /// Godot's built-in class has [method ENetConnection.dtls_server_setup] and
    /// [method ENetConnection.dtls_client_setup] instead; [member host] has methods of the same names, which
    /// work here, too.
    ///
    /// While the peer is active, setting the property prints an error and changes nothing.
    #[var(get = is_dtls_enabled, set = set_dtls_enabled)]
    use_dtls: PhantomVar<bool>,
    /// If [code]true[/code], as by default, a client with [member use_dtls] verifies the certificate of the
    /// server. If [code]false[/code], the client accepts anybody who answers in the server's place, and
    /// [method create_client] prints a warning.
    ///
    /// Godot's built-in class has [method ENetConnection.dtls_server_setup] and
    /// [method ENetConnection.dtls_client_setup] instead; [member host] has methods of the same names, which
    /// work here, too.
    ///
    /// While the peer is active, setting the property prints an error and changes nothing.
    #[var(get = is_dtls_verify_enabled, set = set_dtls_verify_enabled)]
    dtls_verify: PhantomVar<bool>,
    /// The host name (or IP address) that the certificate of the server must be issued for. Empty by default,
    /// which stands for the address given to [method create_client].
    ///
    /// Godot's built-in class has [method ENetConnection.dtls_server_setup] and
    /// [method ENetConnection.dtls_client_setup] instead; [member host] has methods of the same names, which
    /// work here, too.
    ///
    /// While the peer is active, setting the property prints an error and changes nothing.
    #[var(get = get_dtls_hostname, set = set_dtls_hostname)]
    dtls_hostname: PhantomVar<GString>,
    dtls: dtls::Settings,
    /// Limits on the memory and work that remote peers can cause on the hosts of this peer. [code]null[/code], as by
    /// default, stands for the defaults of [ENetLimitsRs].
    ///
    /// The property can be set at any time, and applies to the current host and to later ones. The hosts of a mesh take it
    /// over when they are added. [member ENetConnectionRs.limits] of [member host] changes that host alone, and does not
    /// change this property.
    #[var(get = get_limits, set = set_limits)]
    limits: PhantomVar<Option<Gd<ENetLimitsRs>>>,
    limits_object: Option<Gd<ENetLimitsRs>>,
    /// The bad network that is simulated between this peer and the real network, for tests. [code]null[/code] by default:
    /// nothing is simulated, unless the command line asks for it (see [ENetSimulationRs]).
    ///
    /// The property can be set at any time, and applies to the current host and to later ones. The hosts of a mesh take it
    /// over when they are added. Setting the property of the same name on [member host] changes that host alone.
    ///
    /// ```gdscript
    /// if OS.is_debug_build():
    ///     peer.simulation = ENetSimulationRs.preset("4G")
    /// ```
    #[var(get = get_simulation, set = set_simulation)]
    simulation: PhantomVar<Option<Gd<ENetSimulationRs>>>,
    simulation_chosen: Chosen,
    /// The TCP port, 1 to 65535, on which this peer shows metrics, or 0 (the default) for none. Prometheus, a program
    /// that watches servers, reads them over HTTP at [code]/metrics[/code]: peers, joins, leaves by reason, bytes and
    /// datagrams, drops by cause, round trips, loss, queues, times between polls. Setting the property opens the port
    /// at once, on [member metrics_address]. The port stays open when the peer is closed and created again. It is
    /// closed when the property is set to 0 or this object is freed. If the port cannot be opened, for example because
    /// another peer has it, an error is printed, and the property reads 0. A number out of range prints an error and
    /// changes nothing. With another port, histograms begin at 0.
    ///
    /// ```gdscript
    /// var peer := ENetMultiplayerPeerRs.new()
    /// peer.metrics_address = "*" # In a container with a private network.
    /// peer.metrics_port = 9464
    /// peer.create_server(24565)
    /// ```
    ///
    /// Each read (scrape) gets the figures of the next poll. While the main thread does not poll, a scrape gets the
    /// last figures that were copied, and [code]enet_metrics_age_seconds[/code] says how old they are. A thread of its
    /// own serves the port. A slow or hostile reader cannot occupy the port, and cannot make the game's main thread
    /// work more than five times a second. See [method observe_tick_time] for a figure of the game itself.
    #[var(get = get_metrics_port, set = set_metrics_port)]
    metrics_port: PhantomVar<i64>,
    /// The IP address of the interface on which [member metrics_port] is opened, [code]"127.0.0.1"[/code] by default:
    /// only this computer can read the metrics. [code]"*"[/code] stands for all interfaces, as in a container whose
    /// network is private. The metrics are neither encrypted nor protected by a password: never show them on the
    /// Internet. A new address opens [member metrics_port] again if it was open, and histograms begin at 0. A text that
    /// is neither an IP address nor [code]"*"[/code] prints an error and changes nothing.
    #[var(get = get_metrics_address, set = set_metrics_address)]
    metrics_address: PhantomVar<GString>,
    /// A function that decides on a server who is let in, before the newcomer occupies one of the `max_clients`
    /// places. An empty [Callable], as by default, lets everybody in.
    ///
    /// [method MultiplayerPeer.poll] calls it with a [Dictionary]: [code]address[/code] (a String, the IP address),
    /// [code]port[/code] (an int, the UDP port), [code]data[/code] (an int, the id that the newcomer will have, which
    /// it chose itself; see [member connect_id]) and [code]proven[/code] (a bool, whether the newcomer has shown that
    /// it receives what is sent to its address; only peers of this extension and encrypted ones can).
    ///
    /// The function takes this one argument, and must return at once, without [code]await[/code]. It returns
    /// [code]true[/code] to let the newcomer in. With [code]false[/code] the newcomer is refused with
    /// [constant REASON_REFUSED], and with an int of 2 to 4294967295 it is refused with that number as the reason (see
    /// [method get_disconnect_reason]); its attempt fails at once. Anything else refuses the newcomer like
    /// [code]false[/code] and prints an error, and so does a function whose object was freed. The function may do
    /// anything to this peer; while it runs, no other newcomer is judged.
    ///
    /// At most 64 newcomers are judged in a poll, and the rest in the next polls. A request that waits for 5 seconds is
    /// forgotten, and its client sends it again. The function is not asked while
    /// [member MultiplayerPeer.refuse_new_connections] is [code]true[/code] or the server is full. It has no effect on a
    /// client or in a mesh.
    ///
    /// ```gdscript
    /// var blocked := PackedStringArray(["203.0.113.7"])
    /// peer.join_filter = func(newcomer: Dictionary) -> Variant:
    ///     if blocked.has(newcomer.address):
    ///         return ENetMultiplayerPeerRs.REASON_BANNED
    ///     return true
    /// ```
    #[var(get = get_join_filter, set = set_join_filter)]
    join_filter: PhantomVar<Callable>,
    /// The id with which [method create_client] connects (2 to 2147483647), for example a token of
    /// [ENetJoinTokensRs]. 0, as by default, stands for a random one, as with the built-in class. The value
    /// stays until it is changed: set a new token before each [method create_client]. The server refuses an id that
    /// another client has. Any other number prints an error and changes nothing.
    #[var(get = get_connect_id, set = set_connect_id)]
    connect_id: PhantomVar<i64>,
    chosen_id: i32,
    /// Up to 64 bytes that a client appends to each datagram (UDP packet): the token by which a proxy between the
    /// client and its servers, such as Quilkin, finds the server. The bytes stand behind those of ENet, and are neither
    /// compressed nor encrypted. Empty by default. The proxy must take the bytes off: a server that gets them does not
    /// answer.
    ///
    /// A datagram with a suffix is no larger than others: ENet's part of it is smaller by the length of the suffix. The
    /// server's datagrams to such a client have no suffix, and are smaller, too. Statistics count the suffix, because
    /// it is on the wire. [method ENetConnectionRs.socket_send] of [member host] appends it, too.
    ///
    /// Set it before [method create_client]. While the peer is active, or with more than 64 bytes, setting the property
    /// prints an error and changes nothing. [method create_server] and [method create_mesh] fail while there is a
    /// suffix: nothing takes it off on the way to a server's clients, and the hosts of a mesh have suffixes of their
    /// own ([member ENetConnectionRs.datagram_suffix]).
    ///
    /// ```gdscript
    /// # The token that the matchmaker gave the player for the match, and the address of the proxy.
    /// peer.datagram_suffix = Marshalls.base64_to_raw("bWF0Y2gtNDcxMQ==")
    /// peer.create_client("127.0.0.1", 7777)
    /// ```
    #[var(get = get_datagram_suffix, set = set_datagram_suffix)]
    datagram_suffix: PhantomVar<PackedByteArray>,
}

/// The objects of one host.
pub(super) struct Hosted {
    handle: Handle,
    /// The host's own object. A mesh does not expose its hosts, so theirs come only from `add_mesh_peer`.
    object: Option<Gd<ENetConnectionRs>>,
}

#[godot_api(secondary)]
impl ENetMultiplayerPeerRs {
    /// Starts a server on UDP port `port` (0 to 65535, 0 lets the system choose) for up to `max_clients`
    /// clients (1 to 4095).
    ///
    /// `max_channels` limits the transfer channels that a client can use besides channel 0. The value 0 leaves
    /// the number to [member channel_count]: all 253, unless that property was set or [member wire_protocol] is
    /// [constant WIRE_GODOT3]. `in_bandwidth` and `out_bandwidth` limit the traffic in bytes per second, 0 means
    /// no limit.
    ///
    /// The server listens on all interfaces, IPv4 and IPv6, unless [method set_bind_ip] was called before. Its
    /// [member MultiplayerPeer.refuse_new_connections] starts as [code]false[/code].
    ///
    /// Returns [constant OK], [constant ERR_ALREADY_IN_USE] if this peer is active,
    /// [constant ERR_INVALID_PARAMETER] for a number out of range, or [constant ERR_CANT_CREATE] if the port
    /// cannot be opened, for example because it is in use. With [member use_dtls],
    /// [constant ERR_INVALID_PARAMETER] stands for a missing or unsuitable key or certificate, too. Errors are
    /// printed with their cause.
    #[func]
    fn create_server(
        &mut self,
        port: i64,
        #[opt(default = 32)] max_clients: i64,
        #[opt(default = 0)] max_channels: i64,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
    ) -> Error {
        let options = ServerOptions {
            port: convert::int(port),
            max_clients: convert::int(max_clients),
            max_channels: convert::int(max_channels),
            in_bandwidth,
            out_bandwidth,
        };
        self.simulate_by_command_line();
        let dtls = self.dtls.server();
        let created = self.session.core.create_server(&options, clock::now());
        let error = self.report_creation(created, "create_server");
        self.encrypt_new(error, dtls, "create_server")
    }

    /// Starts to connect to the server at `address` (a host name, an IPv4 or an IPv6 address) and UDP port
    /// `port`.
    ///
    /// `channel_count` is the number of transfer channels to request besides channel 0. The value 0 leaves the
    /// number to [member channel_count]: all 253, unless that property was set or [member wire_protocol] is
    /// [constant WIRE_GODOT3]. `in_bandwidth` and `out_bandwidth` limit the traffic in bytes per second, 0 means
    /// no limit. `local_port` is the UDP port on this side (on the address of [method set_bind_ip]), 0 lets the
    /// system choose.
    ///
    /// The method does not wait for the server. The status is [constant MultiplayerPeer.CONNECTION_CONNECTING] until a
    /// poll finds the server's answer. An attempt without an answer fails after 31.5 seconds, see
    /// [member connect_timeout].
    ///
    /// ```gdscript
    /// var client := ENetMultiplayerPeerRs.new()
    /// client.connection_failed_with_reason.connect(
    ///     func(_reason: int, _data: int, text: String) -> void: print("Not connected: ", text))
    /// if client.create_client("example.com", 24565) == OK:
    ///     multiplayer.multiplayer_peer = client
    /// ```
    ///
    /// The method waits up to 20 milliseconds for the address of a host name, and returns an error if there is none.
    /// If the name servers take longer, the method returns [constant OK], and the name is resolved while the game goes
    /// on: the attempt begins when the address is known. If there is none, or the name servers do not answer for 30
    /// seconds (or [member connect_timeout], if that is shorter), a poll prints an error with the name, and the attempt fails like one without an answer. Until then,
    /// [method ENetPacketPeerRs.get_remote_address] of the server is empty.
    ///
    /// Returns [constant OK], [constant ERR_ALREADY_IN_USE] if this peer is active,
    /// [constant ERR_INVALID_PARAMETER] for a number out of range, or [constant ERR_CANT_CREATE] if it
    /// turns out within these 20 milliseconds that the name has no address, `port` is not 1 to 65535, or the local port cannot be opened. With
    /// [member use_dtls], [constant ERR_INVALID_PARAMETER] stands for certificates that cannot be used, too. Errors are
    /// printed with their cause.
    #[func]
    fn create_client(
        &mut self,
        address: GString,
        port: i64,
        #[opt(default = 0)] channel_count: i64,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
        #[opt(default = 0)] local_port: i64,
    ) -> Error {
        let unique_id = match self.chosen_id {
            0 => self.base().generate_unique_id() as i32,
            id => id,
        };
        let options = ClientOptions {
            address: address.to_string(),
            port: convert::int(port),
            channels: convert::int(channel_count),
            in_bandwidth,
            out_bandwidth,
            local_port: convert::int(local_port),
            unique_id,
        };
        self.simulate_by_command_line();
        let dtls = self.dtls.client(&address);
        let created = self.session.core.create_client(&options, clock::now());
        let error = self.report_creation(created, "create_client");
        self.encrypt_new(error, dtls, "create_client")
    }

    /// Sets the local address for [method create_server], and for [method create_client] with a local port. `ip` is an
    /// IPv4 or IPv6 address, or `"*"` (the default) for all interfaces.
    ///
    /// Any other text prints an error and changes nothing.
    #[func]
    fn set_bind_ip(&mut self, ip: GString) {
        match BindAddress::parse(&ip.to_string()) {
            Some(address) => self.session.core.set_bind_address(address),
            None => self.report(
                "set_bind_ip",
                &format!("\"{ip}\" is neither an IP address nor \"*\""),
            ),
        }
    }

    /// Sets the dictionary for [constant COMPRESS_ZSTD_DICT]. Call it first, and then set
    /// [member compression_mode]. See [method ENetConnectionRs.set_compression_dictionary].
    ///
    /// Returns [constant OK], or [constant ERR_INVALID_DATA], with an error printed, if the bytes are no
    /// dictionary.
    #[func]
    fn set_compression_dictionary(&mut self, dictionary: PackedByteArray) -> Error {
        match Dictionary::new(dictionary.as_slice()) {
            Ok(dictionary) => {
                self.dictionary = Some(dictionary);
                Error::OK
            }
            Err(error) => {
                self.report("set_compression_dictionary", &error);
                Error::ERR_INVALID_DATA
            }
        }
    }

    /// Makes this peer part of a mesh, in which every player is connected to every other and there is no
    /// server. `unique_id` (1 or more) is the id of this player. Add the other players with
    /// [method add_mesh_peer].
    ///
    /// Returns [constant OK], [constant ERR_ALREADY_IN_USE] if this peer is active,
    /// [constant ERR_INVALID_PARAMETER] for an id below 1, or [constant ERR_UNAVAILABLE] with
    /// [constant WIRE_GODOT3], as Godot 3 has no meshes. Errors are printed with their cause.
    #[func]
    fn create_mesh(&mut self, unique_id: i64) -> Error {
        let created = self.session.core.create_mesh(unique_id, clock::now());
        self.report_creation(created, "create_mesh")
    }

    /// Adds the player `peer_id` to a mesh and emits [signal MultiplayerPeer.peer_connected]. An earlier player
    /// with this id is replaced.
    ///
    /// `host` must have exactly one peer, and this peer must be connected: make the host with
    /// [method ENetConnectionRs.create_host_bound] on one side, and with [method ENetConnectionRs.create_host]
    /// and [method ENetConnectionRs.connect_to_host] on the other, and call [method ENetConnectionRs.service] on
    /// both sides until they are connected. From then on the mesh services the host.
    ///
    /// Returns [constant OK], [constant ERR_UNCONFIGURED] if this peer is no mesh,
    /// [constant ERR_INVALID_PARAMETER] for an unsuitable id or host, or [constant ERR_ALREADY_IN_USE] if the
    /// host belongs to another multiplayer peer. Errors are printed with their cause.
    ///
    /// ```gdscript
    /// # The side that connects, as the player 2 of a mesh. The player 1 waits at the port with create_host_bound.
    /// peer.create_mesh(2)
    /// var link := ENetConnectionRs.new()
    /// link.create_host(1)
    /// link.connect_to_host("192.168.0.5", 24566)
    /// while link.service(100)[0] != ENetConnectionRs.EVENT_CONNECT:
    ///     pass # A game waits in _process instead, and gives up at EVENT_DISCONNECT.
    /// peer.add_mesh_peer(1, link)
    /// ```
    #[func(gd_self)]
    fn add_mesh_peer(
        mut this: Gd<Self>,
        peer_id: i64,
        host: ObjectArgument<ENetConnectionRs>,
    ) -> Error {
        let mut host = match host {
            ObjectArgument::Given(host) => host,
            ObjectArgument::Null => {
                Self::report_unborrowed(&this, "add_mesh_peer", &"the host is null");
                return Error::ERR_INVALID_PARAMETER;
            }
            ObjectArgument::Foreign(class) => {
                let cause = format!("the host must be an ENetConnectionRs, not a {class}");
                Self::report_unborrowed(&this, "add_mesh_peer", &cause);
                return Error::ERR_INVALID_PARAMETER;
            }
        };
        let Ok(id) = i32::try_from(peer_id) else {
            let cause = format!("the id {peer_id} does not fit into 32 bits");
            Self::report_unborrowed(&this, "add_mesh_peer", &cause);
            return Error::ERR_INVALID_PARAMETER;
        };
        let handle = host.bind().handle().clone();
        let connection = handle.connection().clone();
        let added = this.bind_mut().session.core.add_mesh_peer(id, connection);
        match added {
            Ok(signal) => {
                let facts = this.bind().session.core.facts();
                host.bind_mut().leave_session(facts);
                if this.bind().session.core.has_simulation() {
                    let simulation = this.bind().simulation_chosen.object.clone();
                    host.bind_mut().show_simulation(simulation);
                }
                if this.bind().session.core.has_limits() {
                    let limits = this.bind().limits_object.clone();
                    host.bind_mut().take_over_limits(limits);
                }
                let hosted = Hosted {
                    handle,
                    object: Some(host),
                };
                let former = this.bind().hosts.borrow_mut().insert(id, hosted);
                drop(former);
                let (name, arguments) = session::signal_parts(signal);
                this.emit_signal(name, &arguments);
                Error::OK
            }
            Err(error) => {
                Self::report_unborrowed(&this, "add_mesh_peer", &error);
                convert::mesh_error(error)
            }
        }
    }

    /// Returns the connection to the peer `id`. On a client, only the server (id 1) has one. Returns
    /// [code]null[/code] and prints an error if there is no connection to such a peer.
    ///
    /// ```gdscript
    /// var connection := peer.get_peer(id)
    /// print(connection.get_remote_address(), ": ",
    ///     connection.get_statistic(ENetPacketPeerRs.PEER_ROUND_TRIP_TIME), " ms")
    /// ```
    #[func]
    fn get_peer(&self, id: i64) -> Option<Gd<ENetPacketPeerRs>> {
        let known = i32::try_from(id).ok();
        let known = known.and_then(|id| Some((id, self.session.core.connection_to(id)?)));
        let Some((id, (connection, peer))) = known else {
            let cause = match self.session.core.is_active() {
                true => format!("peer {id} is not connected to this peer"),
                false => "the peer is not active".to_owned(),
            };
            self.report_looking("get_peer", &cause);
            return None;
        };
        let key = self.session.core.host_key(id);
        Some(self.hosted(key, &connection).object(peer))
    }
}

impl ENetMultiplayerPeerRs {
    /// Calls `tell` with each object of a host, and then drops the value that they had before. Both can run scripts.
    fn tell_hosts<F>(&mut self, former: F, tell: impl Fn(&mut ENetConnectionRs)) {
        let hosts = self.hosts.borrow();
        let objects = hosts
            .values()
            .filter_map(|hosted| hosted.object.clone())
            .collect::<Vec<_>>();
        drop(hosts);
        self.lend(|_| {
            for mut object in objects {
                tell(&mut object.bind_mut());
            }
            drop(former);
        });
    }

    /// The handle for the host `key`. A new handle replaces one that stands for an earlier connection.
    fn hosted(&self, key: i32, connection: &SharedConnection) -> Handle {
        let mut hosts = self.hosts.borrow_mut();
        if let Some(hosted) = hosts.get(&key)
            && hosted.handle.is_of(connection)
        {
            return hosted.handle.clone();
        }
        let handle = Handle::new(connection.clone());
        let hosted = Hosted {
            handle: handle.clone(),
            object: None,
        };
        let former = hosts.insert(key, hosted);
        drop(hosts);
        drop(former);
        handle
    }

    fn report_creation(&mut self, created: Result<(), CreateError>, method: &str) -> Error {
        let this = self.to_gd();
        self.lend(|_| overriding::warn(&this, method));
        release(this);
        match created {
            Ok(()) => Error::OK,
            Err(error) => {
                self.report(method, &error);
                convert::create_error(&error)
            }
        }
    }
}

impl ENetMultiplayerPeerRs {
    /// The session, for those who tell a fleet of it.
    pub fn session_of_fleet(&self) -> &enet_multiplayer::Multiplayer {
        &self.session.core
    }

    /// Has each poll beat this pulse, in place of an earlier one.
    pub fn beat_at_polls(&self, pulse: &Arc<Pulse>) {
        *self.session.pulse.borrow_mut() = Arc::downgrade(pulse);
    }
}
