//! Class ENetConnectionRs: one ENet host and its peers.

use std::cell::RefCell;

use enet_codec::Dictionary;
use enet_multiplayer::{HostOptions, Inactive};
use enet_proto::Event;
use godot::classes::MultiplayerPeerExtension;
use godot::global::Error;
use godot::prelude::*;

use crate::classes::Handle;
use crate::classes::limits::ENetLimitsRs;
use crate::classes::packet_peer::{ENetPacketPeerRs, Unread};
use crate::classes::simulation::ENetSimulationRs;
use crate::dtls;
use crate::report::Reports;
use crate::session::{HasSession, Session};
use crate::simulating::Chosen;
use crate::vocabulary::{EventType, FlushMode, HostStatistic};
use crate::{clock, convert, debugger, frames};

/// One ENet host, in place of [ENetConnection]: a UDP socket and the peers (connections) on it. A host does
/// not know the rules of a multiplayer game, such as ids of players.
///
/// Make the host with [method create_host_bound] or [method create_host], and then call [method service]
/// again and again to handle its events:
///
/// ```gdscript
/// var connection := ENetConnectionRs.new()
///
/// func _ready() -> void:
///     connection.create_host_bound("*", 24565)
///
/// func _process(_delta: float) -> void:
///     var event := connection.service()
///     while event[0] > ENetConnectionRs.EVENT_NONE:
///         if event[0] == ENetConnectionRs.EVENT_RECEIVE:
///             var peer: ENetPacketPeerRs = event[1]
///             print(peer.get_packet())
///         event = connection.service()
/// ```
///
/// Unlike the built-in class, this class is a [MultiplayerPeer] too, and can be assigned to
/// [member MultiplayerAPI.multiplayer_peer]. After [method create_host_bound] the object is the server, and
/// the id of a client is the `data` with which the client connects. After [method connect_to_host] the
/// object is a client, and the `data` passed there (2 to 2147483647) is its id. An assigned object is
/// serviced by [method MultiplayerPeer.poll], and [method service] must not be called. Without being assigned,
/// the object works like [ENetConnection].
///
/// [method MultiplayerPeer.get_connection_status] of the [member ENetMultiplayerPeerRs.host] of an
/// [ENetMultiplayerPeerRs], or of a host in a mesh, is the status of that peer as long as the host lives, and
/// [constant MultiplayerPeer.CONNECTION_DISCONNECTED] afterwards. If a script goes on
/// calling an object that is not active, the error is printed ten times for each method, then at most once in ten seconds
/// with the number of those left out.
///
/// The name [code]refuse_new_connections[/code] is both a method of this class and a property of
/// [MultiplayerPeer]. A call means the method, and the bare name reads or sets the property. Both have the
/// same effect here.
#[derive(GodotClass)]
#[class(tool, init, base = MultiplayerPeerExtension)]
pub struct ENetConnectionRs {
    base: Base<MultiplayerPeerExtension>,
    #[init(val = Handle::unconnected())]
    handle: Handle,
    #[init(val = Session::new())]
    session: Session,
    /// When packets leave that are put while this object is the [MultiplayerPeer] of a game: see
    /// [member ENetMultiplayerPeerRs.flush_mode]. [constant ENetMultiplayerPeerRs.FLUSH_FRAME] by default.
    /// Packets of [method broadcast] and [method ENetPacketPeerRs.send] leave with [method service] or
    /// [method flush], or together with those of the game. If the host is [member threaded], they leave some 0.3
    /// seconds after they were queued at the latest.
    #[var(get = get_flush_mode, set = set_flush_mode)]
    flush_mode: PhantomVar<FlushMode>,
    /// If [code]true[/code], a network thread serves the host. [code]false[/code] by default; the
    /// [member ENetMultiplayerPeerRs.host] of an [ENetMultiplayerPeerRs] takes the value from
    /// [member ENetMultiplayerPeerRs.threaded], which says more about the thread.
    ///
    /// Events still come only from [method service], which waits for them without using the processor. The
    /// network thread starts with the first [method service], [method flush] or [method MultiplayerPeer.poll].
    #[var(get = is_threaded, set = set_threaded)]
    threaded: PhantomVar<bool>,
    /// After how many seconds without a [method service] or a [method MultiplayerPeer.poll] the network thread stops
    /// answering, 60 by default; 0 for never. It also stops when frames go by for 3 to 4 seconds without either call. If
    /// neither is called for 0.2 to 0.3 seconds, those who try to connect have to wait for the next call. See [member ENetMultiplayerPeerRs.stall_timeout].
    #[var(get = get_stall_timeout, set = set_stall_timeout)]
    stall_timeout: PhantomVar<f64>,
    /// After how many seconds an attempt of [method connect_to_host] is given up: [method service] then gives
    /// [constant EVENT_DISCONNECT]. 0 by default, for the limits of [method ENetPacketPeerRs.set_timeout]: 31.5 seconds,
    /// if they were not changed. Applies to the attempts in progress and to later ones; see
    /// [member ENetMultiplayerPeerRs.connect_timeout]. The [member ENetMultiplayerPeerRs.host] of an
    /// [ENetMultiplayerPeerRs] takes the value from there; setting it here changes that host alone.
    #[var(get = get_connect_timeout, set = set_connect_timeout)]
    connect_timeout: PhantomVar<f64>,
    dictionary: RefCell<Option<Dictionary>>,
    /// Limits on the memory and work that remote peers can cause on the host. [code]null[/code], as by default, stands for
    /// the defaults of [ENetLimitsRs]. The property can be set at any time, and applies to the current host and to later
    /// ones. The [member ENetMultiplayerPeerRs.host] of an [ENetMultiplayerPeerRs] takes the object from
    /// [member ENetMultiplayerPeerRs.limits].
    #[var(get = get_limits, set = set_limits)]
    limits: PhantomVar<Option<Gd<ENetLimitsRs>>>,
    limits_object: Option<Gd<ENetLimitsRs>>,
    /// The bad network that is simulated between this host and the real network, for tests. [code]null[/code] by default:
    /// nothing is simulated, unless the command line asks for it (see [ENetSimulationRs]).
    ///
    /// The property can be set at any time, and applies to the current host and to later ones. The
    /// [member ENetMultiplayerPeerRs.host] of an [ENetMultiplayerPeerRs] takes the object from
    /// [member ENetMultiplayerPeerRs.simulation]. Setting the property here changes that host alone.
    #[var(get = get_simulation, set = set_simulation)]
    simulation: PhantomVar<Option<Gd<ENetSimulationRs>>>,
    simulation_chosen: Chosen,
    /// A function that decides who may connect, before the newcomer occupies a peer slot: see
    /// [member ENetMultiplayerPeerRs.join_filter]. It is called by [method service] and [method MultiplayerPeer.poll],
    /// and gets the `data` of [method connect_to_host]. An empty [Callable], as by default, lets everybody in.
    ///
    /// The [member ENetMultiplayerPeerRs.host] of an [ENetMultiplayerPeerRs] has no such property: setting it prints an
    /// error and changes nothing.
    #[var(get = get_join_filter, set = set_join_filter)]
    join_filter: PhantomVar<Callable>,
    /// Up to 64 bytes that this host appends to each datagram (UDP packet) that it sends, for a proxy on the way, which
    /// takes them off: see [member ENetMultiplayerPeerRs.datagram_suffix]. Empty by default.
    ///
    /// Set it before [method create_host] or [method create_host_bound]. All datagrams of the host then have the
    /// suffix, whatever they contain and wherever they go. So a host with a suffix to which others connect needs a
    /// proxy on the way to them, as in a mesh whose players meet at a proxy. A server behind a proxy needs no suffix.
    /// While there is a host, or with more than 64 bytes, setting the property prints an error and changes nothing.
    #[var(get = get_datagram_suffix, set = set_datagram_suffix)]
    datagram_suffix: PhantomVar<PackedByteArray>,
    /// Whether the host belongs to an ENetMultiplayerPeerRs.
    is_of_session: bool,
}

// These modules need a macro that the derive above defines.
mod as_peer;
mod capturing;
mod compression;
mod encryption;
mod guarding;
mod host;
mod properties;
mod simulating;
mod socket;
mod statistics;

#[godot_api(secondary)]
impl ENetConnectionRs {
    /// Makes the host on UDP port `bind_port` (0 to 65535, 0 lets the system choose) of the local address
    /// `bind_address` (an IP address, or `"*"` for all interfaces, IPv4 and IPv6) for up to `max_peers` peers (1
    /// to 4095).
    ///
    /// `max_channels` is the largest number of ENet channels that a peer can have (0 for all 255). An ENet
    /// channel is a sequence of packets with an order of its own. `in_bandwidth` and `out_bandwidth` limit the
    /// traffic in bytes per second, 0 means no limit.
    ///
    /// Returns [constant OK], [constant ERR_ALREADY_IN_USE] if there is a host already,
    /// [constant ERR_INVALID_PARAMETER] for an argument out of range, or [constant ERR_CANT_CREATE] if the port
    /// cannot be opened. Errors are printed with their cause.
    #[func(gd_self)]
    fn create_host_bound(
        this: Gd<Self>,
        bind_address: GString,
        bind_port: i64,
        #[opt(default = 32)] max_peers: i64,
        #[opt(default = 0)] max_channels: i64,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
    ) -> Error {
        let options = HostOptions {
            bind: Some((bind_address.to_string(), convert::int(bind_port))),
            max_peers: convert::int(max_peers),
            max_channels: convert::int(max_channels),
            in_bandwidth,
            out_bandwidth,
        };
        Self::create(this, "create_host_bound", &options)
    }

    /// Makes the host on a port that the system chooses. `max_peers`, `max_channels`, `in_bandwidth`, `out_bandwidth` and
    /// everything else are as with [method create_host_bound].
    #[func(gd_self)]
    fn create_host(
        this: Gd<Self>,
        #[opt(default = 32)] max_peers: i64,
        #[opt(default = 0)] max_channels: i64,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
    ) -> Error {
        let options = HostOptions {
            bind: None,
            max_peers: convert::int(max_peers),
            max_channels: convert::int(max_channels),
            in_bandwidth,
            out_bandwidth,
        };
        Self::create(this, "create_host", &options)
    }

    /// Ends the host and its connections without telling the remotes, which notice only by their timeouts.
    /// [method MultiplayerPeer.close] tells them first. Prints an error if there is no host.
    #[func(gd_self)]
    fn destroy(this: Gd<Self>) {
        let handle = this.bind().handle.clone();
        let destroyed = handle.connection().borrow_mut().destroy();
        if destroyed.is_err() {
            return Self::report_unborrowed(&this, "destroy", &INACTIVE);
        }
        drop(handle.departed(|_| false));
        let mut this = this;
        let mut this = this.bind_mut();
        // A polling session reports the end with its next poll.
        if !this.session.core.is_polling() {
            this.session.core.leave();
        }
    }

    /// Starts to connect to `address` (a host name or an IP address) and UDP port `port`, requesting `channels`
    /// ENet channels (0 for all 255). The remote receives `data` (32 bits) in its
    /// [constant EVENT_CONNECT].
    ///
    /// Returns the peer, in [constant ENetPacketPeerRs.STATE_CONNECTING]. The events of [method service] report
    /// whether the attempt succeeds. Returns [code]null[/code] and prints the cause if there is no host, if the
    /// host has a peer already, if `port` is not 1 to 65535, or if it turns out within 20 milliseconds that the name has no
    /// address. An attempt without an answer ends after 31.5 seconds, see [member connect_timeout].
    ///
    /// The method waits up to 20 milliseconds for the address of a host name. If the name servers take longer, the name
    /// is resolved while the script goes on, and [method service] begins the attempt when the address is known. If
    /// there is none, or the name servers do not answer for 30 seconds, [method service] prints an error with the name
    /// and reports [constant EVENT_DISCONNECT], as after an attempt without an answer.
    #[func(gd_self)]
    fn connect_to_host(
        this: Gd<Self>,
        address: GString,
        port: i64,
        #[opt(default = 0)] channels: i64,
        #[opt(default = 0)] data: i64,
    ) -> Option<Gd<ENetPacketPeerRs>> {
        let handle = this.bind().handle.clone();
        let connection = handle.connection();
        // The wire format has 32 bits for the data.
        let data = data as u32;
        let begun = connection.borrow_mut().connect(
            &address.to_string(),
            convert::int(port),
            convert::int(channels),
            data,
            clock::now(),
        );
        match begun {
            Ok(peer) => {
                let mut this = this;
                let session = &mut this.bind_mut().session.core;
                session.leave();
                if let Ok(id @ 2..) = i32::try_from(data) {
                    session.join(connection.clone(), peer, id);
                }
                Some(handle.object(peer))
            }
            Err(error) => {
                Self::report_unborrowed(&this, "connect_to_host", &error);
                None
            }
        }
    }

    /// Receives, sends and returns one event as an array of four values: an [enum EventType], the
    /// [ENetPacketPeerRs] of the event or [code]null[/code], the event's data, and its ENet channel.
    /// [constant EVENT_NONE] means that no other event waits. [constant EVENT_ERROR], with an error printed,
    /// means that there is no host.
    ///
    /// If no event waits, the method waits up to `timeout` milliseconds for one, without using the processor.
    #[func]
    fn service(&mut self, #[opt(default = 0)] timeout: i64) -> VarArray {
        let handle = self.handle.clone();
        let timeout = enet_proto::Time::from_millis(timeout.try_into().unwrap_or(0));
        handle.forget_read();
        // The last call's event may have ended a connection.
        self.forget_departed();
        let event = self.next_event(timeout);
        if event.is_ok() {
            frames::polled(self);
            debugger::polled(self, clock::now());
        }
        let undecoded = handle.connection().borrow_mut().undecoded(clock::now());
        if let Some(undecoded) = undecoded {
            self.warn("service", &undecoded);
        }
        let unencrypted = handle.connection().borrow_mut().unencrypted(clock::now());
        if let Some(unencrypted) = unencrypted {
            self.warn("service", &unencrypted);
        }
        let socket = (handle.connection().borrow_mut()).take_socket_warning(clock::now());
        if let Some(socket) = socket {
            match socket.is_lost() {
                true => self.report("service", &socket),
                false => self.warn("service", &socket),
            }
        }
        let refused = handle.connection().borrow_mut().take_server_is_encrypted();
        if let Some(refused) = refused {
            self.report("service", &refused);
        }
        let over_limit = handle.connection().borrow_mut().take_over_limit();
        if let Some(over_limit) = over_limit {
            self.warn("service", &over_limit);
        }
        self.report_capture("service");
        loop {
            let failed = handle.connection().borrow_mut().next_failed(clock::now());
            let Some(failed) = failed else { break };
            dtls::report(self, "service", &failed);
        }
        loop {
            let error = handle.connection().borrow_mut().next_name_error();
            let Some(error) = error else { break };
            self.report("service", &error);
        }
        match event {
            Ok(Some(Event::Connected { peer, data })) => event_array(
                EventType::EVENT_CONNECT,
                Some(handle.object(peer)),
                data.into(),
                0,
            ),
            Ok(Some(Event::Disconnected { peer, data, .. })) => event_array(
                EventType::EVENT_DISCONNECT,
                Some(handle.object(peer)),
                data.into(),
                0,
            ),
            Ok(Some(Event::Received {
                peer,
                channel,
                flags,
                data,
            })) => {
                let object = handle.object(peer);
                object.bind().take_in(Unread {
                    channel,
                    flags,
                    data,
                });
                event_array(EventType::EVENT_RECEIVE, Some(object), 0, channel.into())
            }
            // The connection takes it.
            Ok(Some(Event::OverLimit { .. }) | None) => {
                event_array(EventType::EVENT_NONE, None, 0, 0)
            }
            Err(Inactive) => {
                self.report("service", &INACTIVE);
                event_array(EventType::EVENT_ERROR, None, 0, 0)
            }
        }
    }

    /// Sends all packets that may be sent now, without waiting for [method service]. Prints an error if there is
    /// no host.
    #[func]
    fn flush(&mut self) {
        let handle = self.handle.clone();
        let done = handle.connection().borrow_mut().flush(clock::now());
        self.report_failure("flush", done);
    }

    /// Limits the traffic of the whole host in bytes per second: `in_bandwidth` what it receives, `out_bandwidth` what it
    /// sends. 0 means no limit. The peers learn of the limits within a second. A negative number prints an error and
    /// changes nothing.
    #[func(gd_self)]
    fn bandwidth_limit(
        this: Gd<Self>,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
    ) {
        let handle = this.bind().handle.clone();
        let done = (handle.connection().borrow_mut()).limit_bandwidth(in_bandwidth, out_bandwidth);
        Self::report_failure_unborrowed(&this, "bandwidth_limit", done);
    }

    /// Limits the number of ENet channels of peers that connect from now on to `limit` (1 to 255). Any other number
    /// stands for 255.
    #[func(gd_self)]
    fn channel_limit(this: Gd<Self>, limit: i64) {
        let handle = this.bind().handle.clone();
        let done = handle.connection().borrow_mut().set_channel_limit(limit);
        Self::report_failure_unborrowed(&this, "channel_limit", done);
    }

    /// Queues a packet for every connected peer that has the ENet channel `channel`, with `flags` as in
    /// [method ENetPacketPeerRs.send]. The packet leaves with the next [method service] or [method flush]. If the
    /// host is [member threaded], the packet leaves some 0.3 seconds later at the latest.
    ///
    /// Prints an error for a channel or flags that do not exist.
    #[func]
    fn broadcast(&mut self, channel: i64, packet: PackedByteArray, flags: i64) {
        let handle = self.handle.clone();
        let now = clock::now();
        let mut connection = handle.connection().borrow_mut();
        let done = connection.broadcast(channel, flags, packet.as_slice(), now);
        drop(connection);
        self.report_failure("broadcast", done);
    }

    /// If `refuse` is [code]true[/code], the host refuses all new connections from now on, and the remotes learn
    /// of it at once. [code]false[/code] accepts connections again.
    #[func(gd_self)]
    fn refuse_new_connections(this: Gd<Self>, refuse: bool) {
        if !this.bind().handle.connection().borrow().is_active() {
            return Self::report_unborrowed(&this, "refuse_new_connections", &INACTIVE);
        }
        let mut this = this;
        this.bind_mut().set_refusing(refuse);
    }

    /// Returns the bytes or datagrams counted since the last call with the same `statistic`. Returns 0 and prints
    /// an error if there is no host or no such statistic.
    #[func]
    fn pop_statistic(&mut self, statistic: HostStatistic) -> f64 {
        let handle = self.handle.clone();
        if !handle.connection().borrow().is_active() {
            self.report("pop_statistic", &INACTIVE);
            return 0.0;
        }
        let Some(statistic) = convert::from_host_statistic(statistic) else {
            let cause = format!("there is no statistic {}", statistic.0);
            self.report("pop_statistic", &cause);
            return 0.0;
        };
        let popped = handle.connection().borrow_mut().pop_statistic(statistic);
        popped.unwrap_or(0) as f64
    }

    /// Returns the largest number of ENet channels that a peer can have, see [method channel_limit]. Returns 0
    /// and prints an error if there is no host.
    #[func]
    fn get_max_channels(&self) -> i64 {
        let limit = self.handle.connection().borrow().channel_limit();
        // The limit is 255 at most.
        self.answer("get_max_channels", limit).unwrap_or(0) as i64
    }

    /// Returns the UDP port of the host's socket. Returns 0 and prints an error if there is no host.
    #[func]
    fn get_local_port(&self) -> i64 {
        let port = self.handle.connection().borrow().local_port();
        self.answer("get_local_port", port).unwrap_or(0).into()
    }

    /// Returns all peers in the order in which they appeared, including those that are connecting or
    /// disconnecting. Returns an empty array and prints an error if there is no host.
    #[func]
    fn get_peers(&mut self) -> Array<Gd<ENetPacketPeerRs>> {
        let handle = self.handle.clone();
        if !handle.connection().borrow().is_active() {
            self.report("get_peers", &INACTIVE);
            return Array::new();
        }
        let peers = handle.connection().borrow().peers();
        peers.into_iter().map(|peer| handle.object(peer)).collect()
    }

    /// Sends `packet` as a single datagram, outside the ENet protocol, through the host's socket to
    /// `destination_address` (a host name or an IP address) and the UDP port `destination_port`. Such a datagram can make a router let a remote connect from
    /// outside. Prints an error if sending fails.
    ///
    /// The method waits up to 20 milliseconds for the address of a host name. If the name servers take longer, the
    /// datagram leaves with the first [method service] after their answer, which prints an error if there is no
    /// address. Of such datagrams, 64 can wait at once, for 4 names and with 64 KiB together; beyond that, an error is
    /// printed and the datagram is dropped.
    #[func(gd_self)]
    fn socket_send(
        this: Gd<Self>,
        destination_address: GString,
        destination_port: i64,
        packet: PackedByteArray,
    ) {
        let handle = this.bind().handle.clone();
        let address = destination_address.to_string();
        let port = convert::int(destination_port);
        let mut connection = handle.connection().borrow_mut();
        let done = connection.send_raw(clock::now(), &address, port, packet.as_slice());
        drop(connection);
        Self::report_failure_unborrowed(&this, "socket_send", done);
    }
}

const INACTIVE: &str = "the connection is not active";

fn event_array(
    event: EventType,
    peer: Option<Gd<ENetPacketPeerRs>>,
    data: i64,
    channel: i64,
) -> VarArray {
    varray![event.0, &peer.to_variant(), data, channel]
}
