//! Class ENetMultiplayerPeerRs: the methods of Godot 4. Properties and signals are in `properties.rs`,
//! other methods of Godot 3 in `legacy.rs`, the engine's own calls in `as_peer.rs`.

use std::cell::RefCell;
use std::collections::HashMap;

use enet_codec::Dictionary;
use enet_multiplayer::{ClientOptions, CreateError, ServerOptions, SharedConnection};
use enet_net::BindAddress;
use godot::classes::MultiplayerPeerExtension;
use godot::global::Error;
use godot::prelude::*;

use crate::arguments::HostArgument;
use crate::classes::Handle;
use crate::classes::connection::ENetConnectionRs;
use crate::classes::packet_peer::ENetPacketPeerRs;
use crate::report::Reports;
use crate::session::{self, Session};
use crate::vocabulary::{FlushMode, PeerCompressionMode, WireProtocol};
use crate::{clock, convert, dtls, vocabulary};

mod as_peer;
mod encryption;
mod legacy;
mod properties;

/// A [MultiplayerPeer] that speaks ENet, in place of [ENetMultiplayerPeer].
///
/// Same methods, same wire format: it talks to Godot's own class in both directions. To use it,
/// change the class name, create a server or client and assign the object:
///
/// ```gdscript
/// var peer := ENetMultiplayerPeerRs.new()
/// var error := peer.create_server(24565)
/// if error == OK:
///     multiplayer.multiplayer_peer = peer
/// ```
///
/// Its connections are [ENetConnectionRs] ([member host]) and [ENetPacketPeerRs] ([method get_peer]).
///
/// All of them belong to the main thread: on another one none can be made, and calls do nothing but
/// print an error.
///
/// Unlike the built-in class it reaches IPv6 in every build, `max_channels` of
/// [method create_server] limits channels, a refused client is told so at once, any number of
/// players can join in one frame, and a packet that cannot be sent (a channel the connection lacks,
/// more than 32 MiB) makes [method PacketPeer.put_packet] return an error.
#[derive(GodotClass)]
#[class(tool, init, base = MultiplayerPeerExtension)]
pub struct ENetMultiplayerPeerRs {
    base: Base<MultiplayerPeerExtension>,
    #[init(val = Session::new())]
    session: Session,
    /// Objects for the session's hosts, by the core's keys, made when first asked for.
    hosts: RefCell<HashMap<i32, Hosted>>,
    /// The host of a server or client, to compress or encrypt what it sends, or to see what went over
    /// its socket. [code]null[/code], with an error printed, for a mesh and while inactive. It cannot
    /// be set.
    #[var(get = get_host, no_set, usage_flags = [NONE])]
    host: PhantomVar<Option<Gd<ENetConnectionRs>>>,
    /// How datagrams are compressed, in both directions: a [enum CompressionMode],
    /// [constant COMPRESS_NONE] by default. The other side must have the same. It
    /// applies to the host there is, and to those that [method create_server] and
    /// [method create_client] make; a mesh's hosts have modes of their own, see
    /// [method ENetConnectionRs.compress].
    ///
    /// Godot's own classes know all but LZ4 and the dictionary, and have no such property: they are
    /// told with [code]peer.host.compress(mode)[/code]. A number that is no mode changes nothing.
    ///
    /// In Godot 3.6 the default is [constant COMPRESS_RANGE_CODER]: set that to talk to it.
    #[var(
        get = get_compression_mode, set = set_compression_mode,
        hint = ENUM, hint_string = vocabulary::COMPRESSION_HINT
    )]
    compression_mode: PhantomVar<PeerCompressionMode>,
    /// If true, packets sent with [constant MultiplayerPeer.TRANSFER_MODE_UNRELIABLE] arrive in order,
    /// too: those that others overtook are dropped. They arrive as
    /// [constant MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED]. As in Godot 3, and it may be set at
    /// any time.
    #[var(get = is_always_ordered, set = set_always_ordered)]
    always_ordered: PhantomVar<bool>,
    /// How many ENet channels a server or client has (3 to 255) that is made without naming a number.
    /// As in Godot 3 it counts those that belong to the transfer modes: two of them, so that 3, the
    /// default, leaves transfer channel 1; in Godot 3's [member wire_protocol] three.
    ///
    /// Until this is set, and with [constant WIRE_GODOT4], there are as many as possible, as with
    /// Godot 4's class. It cannot be set while the peer is active.
    #[var(get = get_channel_count, set = set_channel_count)]
    channel_count: PhantomVar<i64>,
    /// If false, a server does not pass packets on between its clients, and does not tell them of each
    /// other: they know the server alone. Set it on the server. It cannot be set while the peer is
    /// active.
    ///
    /// With [constant WIRE_GODOT4] both is done by [SceneMultiplayer], on a server where
    /// [member SceneMultiplayer.server_relay] is true as well; see
    /// [method MultiplayerPeer.is_server_relay_supported].
    #[var(get = is_server_relay_enabled, set = set_server_relay_enabled)]
    server_relay: PhantomVar<bool>,
    /// Which version of Godot the peers at the other end have: a [enum WireProtocol],
    /// [constant WIRE_GODOT4] by default. Both sides must have the same. It cannot be set while the peer
    /// is active.
    ///
    /// With [constant WIRE_GODOT3] packets travel between this peer and the
    /// [code]NetworkedMultiplayerENet[/code] of Godot 3, in both directions. RPCs do not, as the two
    /// versions write them in different ways: use [method PacketPeer.put_packet] and
    /// [method PacketPeer.get_packet]. Clients then know each other through the server, which passes
    /// their packets on.
    #[var(get = get_wire_protocol, set = set_wire_protocol)]
    wire_protocol: PhantomVar<WireProtocol>,
    dictionary: Option<Dictionary>,
    /// When packets leave: [constant FLUSH_FRAME] by default. With packets that travel together computers
    /// and network have much less to do. It costs no frame of delay, and nothing that was put is lost
    /// when the peer is closed or freed: packets that are put before the nodes' processing, in physics
    /// steps or in answer to others, leave before it, and those put in it right after it. Full datagrams
    /// wait in small numbers only. In a script's own loop, in which no frame goes by, packets leave with the
    /// next [method MultiplayerPeer.poll]. Those that are [member threaded] do not wait for longer than some
    /// 30 milliseconds, whatever the main thread does.
    ///
    /// A change sends what waits.
    #[var(get = get_flush_mode, set = set_flush_mode)]
    flush_mode: PhantomVar<FlushMode>,
    /// Whether a network thread of its own serves the peer, as by default. It reads, acknowledges, repeats and sends while
    /// the main thread is busy: a main thread that loads for a minute loses no connection and no packet,
    /// and round-trip times contain no frames. Packets, signals and the status still change in
    /// [method MultiplayerPeer.poll] alone, on the thread that polls, and in the same order.
    ///
    /// The thread begins with the first poll, and ends when the peer is closed or freed. What is put
    /// leaves with [member flush_mode], and if the main thread does not get that far, some 30 milliseconds
    /// later. It may be changed at any time, for the host there is and those that are made later; a mesh's
    /// hosts follow when they are added. [member ENetConnectionRs.threaded] of [member host] changes that
    /// host alone, and is not seen here.
    ///
    /// After a long pause the first poll finds all that came in it, unreliable packets too. A remote
    /// whose main thread hangs does not time out, as its thread answers: to notice it, have the players
    /// answer a message of the game's own.
    ///
    /// A server's main thread then has some tenth of the work that Godot's built-in class gives it, and
    /// all processors together somewhat more than without the thread: turn it off where one processor is
    /// all there is.
    #[var(get = is_threaded, set = set_threaded)]
    threaded: PhantomVar<bool>,
    /// Whether [method create_server] and [method create_client] encrypt what they send, with DTLS 1.2. A
    /// server needs [method set_dtls_key] and [method set_dtls_certificate] before. Both sides must have
    /// it. Godot's built-in class has [method ENetConnection.dtls_server_setup] and
    /// [method ENetConnection.dtls_client_setup] instead; those of [member host] work here too.
    ///
    /// Cannot be changed while the peer is active.
    #[var(get = is_dtls_enabled, set = set_dtls_enabled)]
    use_dtls: PhantomVar<bool>,
    /// Whether a client verifies the server's certificate. Without, it talks to anybody who answers in
    /// the server's place, and a warning says so.
    ///
    /// Cannot be changed while the peer is active.
    #[var(get = is_dtls_verify_enabled, set = set_dtls_verify_enabled)]
    dtls_verify: PhantomVar<bool>,
    /// Whom the server's certificate must be for; empty stands for the address that
    /// [method create_client] is given.
    ///
    /// Cannot be changed while the peer is active.
    #[var(get = get_dtls_hostname, set = set_dtls_hostname)]
    dtls_hostname: PhantomVar<GString>,
    dtls: dtls::Settings,
}

/// The objects of one host.
struct Hosted {
    handle: Handle,
    /// The host itself; a mesh does not give its hosts away.
    object: Option<Gd<ENetConnectionRs>>,
}

#[godot_api(secondary)]
impl ENetMultiplayerPeerRs {
    /// Starts a server on UDP port `port` (0 to 65535, 0 lets the system choose) for up to
    /// `max_clients` clients (1 to 4095).
    ///
    /// `max_channels` limits the transfer channels a client may use besides channel 0; 0 allows all
    /// 253, or leaves it to [member channel_count]. `in_bandwidth` and `out_bandwidth` limit the bytes per second, 0 does not.
    ///
    /// Listens on all interfaces, IPv4 and IPv6, unless [method set_bind_ip] was called. Clears
    /// [member MultiplayerPeer.refuse_new_connections].
    ///
    /// Returns [constant OK], [constant ERR_ALREADY_IN_USE] if this peer is active,
    /// [constant ERR_INVALID_PARAMETER] for a number out of range, or [constant ERR_CANT_CREATE] if
    /// the port cannot be opened, for example because it is in use. Errors are printed with their
    /// cause.
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
        let dtls = self.dtls.server();
        let created = self.session.core.create_server(&options, clock::now());
        let error = self.report_creation(created, "create_server");
        self.encrypt_new(error, dtls, "create_server")
    }

    /// Connects to the server at `address` (a name, an IPv4 or an IPv6 address) and UDP port `port`.
    ///
    /// `channel_count` asks for transfer channels besides channel 0; 0 asks for all 253, or leaves it to
    /// [member channel_count].
    /// `in_bandwidth` and `out_bandwidth` limit the bytes per second, 0 does not. `local_port` fixes
    /// the own UDP port (with the address of [method set_bind_ip]), 0 lets the system choose.
    ///
    /// Returns at once, though a name may take the system a while to resolve: the status is
    /// [constant MultiplayerPeer.CONNECTION_CONNECTING] until a poll finds the answer. An attempt
    /// that gets none ends after some 30 seconds.
    ///
    /// Returns [constant OK], [constant ERR_ALREADY_IN_USE] if this peer is active,
    /// [constant ERR_INVALID_PARAMETER] for a number out of range, or [constant ERR_CANT_CREATE] if
    /// the name cannot be resolved, the remote port is not 1 to 65535, or the local port cannot be
    /// opened. Errors are printed with their cause.
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
        let unique_id = self.base().generate_unique_id() as i32;
        let options = ClientOptions {
            address: address.to_string(),
            port: convert::int(port),
            channels: convert::int(channel_count),
            in_bandwidth,
            out_bandwidth,
            local_port: convert::int(local_port),
            unique_id,
        };
        let dtls = self.dtls.client(&address);
        let created = self.session.core.create_client(&options, clock::now());
        let error = self.report_creation(created, "create_client");
        self.encrypt_new(error, dtls, "create_client")
    }

    /// Sets the address that [method create_server], and [method create_client] with a local port,
    /// listen on: an IPv4 or IPv6 address, or `"*"` for all interfaces (the default).
    ///
    /// Anything else prints an error and changes nothing.
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

    /// Sets the dictionary for [constant ENetConnectionRs.COMPRESS_ZSTD_DICT], which is to be chosen
    /// afterwards with [member compression_mode]. See
    /// [method ENetConnectionRs.set_compression_dictionary].
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

    /// Becomes a mesh with the id `unique_id` (1 or more): every player is connected to every other,
    /// and there is no server. Add the others with [method add_mesh_peer].
    ///
    /// Returns [constant OK], [constant ERR_ALREADY_IN_USE] if this peer is active,
    /// [constant ERR_INVALID_PARAMETER] for an id below 1, or [constant ERR_UNAVAILABLE] with
    /// [constant WIRE_GODOT3], as Godot 3 had no meshes. Errors are printed with their cause.
    #[func]
    fn create_mesh(&mut self, unique_id: i64) -> Error {
        let created = self.session.core.create_mesh(unique_id, clock::now());
        self.report_creation(created, "create_mesh")
    }

    /// Adds the peer `peer_id` to a mesh, in place of an earlier one with this id, and emits
    /// [signal MultiplayerPeer.peer_connected]. `host` must have exactly one peer, and that connected:
    /// make it with [method ENetConnectionRs.create_host_bound] on one side and
    /// [method ENetConnectionRs.create_host] and [method ENetConnectionRs.connect_to_host] on the
    /// other, and service both until they are connected. From then on the mesh services it.
    ///
    /// Returns [constant OK], [constant ERR_UNCONFIGURED] if this is not a mesh,
    /// [constant ERR_INVALID_PARAMETER] if the host is not as it must be, or
    /// [constant ERR_ALREADY_IN_USE] if it belongs to another multiplayer peer. Errors are printed
    /// with their cause.
    #[func(gd_self)]
    fn add_mesh_peer(
        mut this: Gd<Self>,
        peer_id: i64,
        host: HostArgument<ENetConnectionRs>,
    ) -> Error {
        let mut host = match host {
            HostArgument::Connection(host) => host,
            HostArgument::Null => {
                Self::report_unborrowed("add_mesh_peer", &"the host is null");
                return Error::ERR_INVALID_PARAMETER;
            }
            HostArgument::Foreign(class) => {
                let cause = format!("the host must be an ENetConnectionRs, not a {class}");
                Self::report_unborrowed("add_mesh_peer", &cause);
                return Error::ERR_INVALID_PARAMETER;
            }
        };
        let Ok(id) = i32::try_from(peer_id) else {
            let cause = format!("an id has 32 bits, which {peer_id} has not");
            Self::report_unborrowed("add_mesh_peer", &cause);
            return Error::ERR_INVALID_PARAMETER;
        };
        let handle = host.bind().handle().clone();
        let connection = handle.connection().clone();
        let added = this.bind_mut().session.core.add_mesh_peer(id, connection);
        match added {
            Ok(signal) => {
                host.bind_mut().leave_session();
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
                Self::report_unborrowed("add_mesh_peer", &error);
                convert::mesh_error(error)
            }
        }
    }

    /// The connection to the peer `id`; on a client, only 1 is one. [code]null[/code], with an error
    /// printed, if there is no such peer.
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
    /// The objects for a host, which may be another one than last time.
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
        match created {
            Ok(()) => Error::OK,
            Err(error) => {
                self.report(method, &error);
                convert::create_error(&error)
            }
        }
    }
}
