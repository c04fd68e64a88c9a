//! Class ENetPacketPeerRs: one peer of a connection.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use enet_multiplayer::{Connection, End, LeftOut, PacketError, SharedConnection, address};
use enet_proto::Disconnect;
use enet_proto::{Backlog, PacketFlags, PeerId, PeerState as State};
use godot::classes::{IPacketPeerExtension, PacketPeerExtension};
use godot::global::Error;
use godot::meta::conv::RawPtr;
use godot::prelude::*;

use crate::bindings::{raw, reload};
use crate::handle::PeerObject;
use crate::lent::Lent;
use crate::report::Reports;
use crate::vocabulary::{self, DisconnectReason, PeerState, PeerStatistic};
use crate::{clock, convert, dropped};

mod statistics;

/// One peer of an [ENetConnectionRs], in place of [ENetPacketPeer]: a connection to a single remote.
///
/// Connections make these objects. Get one from [method ENetConnectionRs.connect_to_host], from the events of
/// [method ENetConnectionRs.service], from [method ENetConnectionRs.get_peers] or from
/// [method ENetMultiplayerPeerRs.get_peer]. As long as a peer is connected, all of them return the same
/// object.
///
/// When the connection ends, the object becomes inactive for good, and [method is_active] returns
/// [code]false[/code]. The remote's next connection gets a new object. Packets that arrived before the end can
/// still be read. After the remote has left, the address, the port and the statistics can still be asked for until
/// [method ENetConnectionRs.service] returns [constant ENetConnectionRs.EVENT_DISCONNECT], or, in a game, until the handlers
/// of [signal MultiplayerPeer.peer_disconnected] have returned. Read all packets that arrive: the object keeps them without limit until then.
///
/// [method PacketPeer.put_packet] and [method PacketPeer.put_var] send reliably on ENet channel 0. Use
/// [method send] for other channels and for unreliable packets.
#[derive(GodotClass)]
#[class(tool, no_init, base = PacketPeerExtension)]
pub struct ENetPacketPeerRs {
    base: Base<PacketPeerExtension>,
    connection: Weak<RefCell<Connection>>,
    /// Number of the host, among those that the connection had, to which the peer belongs.
    host_number: u32,
    peer: PeerId,
    inbox: RefCell<VecDeque<Unread>>,
    lent: Rc<Lent>,
    /// How the connection ended.
    end: Rc<Cell<End>>,
}

/// A packet that waits to be read.
pub struct Unread {
    /// The ENet channel that it came on.
    pub channel: u8,
    pub flags: PacketFlags,
    pub data: Vec<u8>,
}

#[godot_api]
impl ENetPacketPeerRs {
    /// The value of [constant PEER_PACKET_LOSS] that stands for a loss of all packets.
    #[constant]
    const PACKET_LOSS_SCALE: i64 = enet_proto::LOSS_SCALE as i64;
    /// The value of [constant PEER_PACKET_THROTTLE] with which every unreliable packet is sent.
    #[constant]
    const PACKET_THROTTLE_SCALE: i64 = enet_proto::THROTTLE_SCALE as i64;
    /// The packet is sent again until it arrives, and arrives in the order of its ENet channel.
    #[constant]
    const FLAG_RELIABLE: i64 = 1;
    /// The packet can get lost, and can arrive in another order.
    #[constant]
    const FLAG_UNSEQUENCED: i64 = 2;
    /// An unreliable packet that is too large for one datagram is sent unreliably: if one of its datagrams gets
    /// lost, the packet is lost. Without this flag, such a packet is sent reliably.
    #[constant]
    const FLAG_UNRELIABLE_FRAGMENT: i64 = 8;

    /// Asks the remote to disconnect. Packets that are still queued are dropped.
    ///
    /// Both sides get [constant ENetConnectionRs.EVENT_DISCONNECT] once the remote has acknowledged, and `data` (32
    /// bits) is the data of the remote's event. A connection that is not established yet ends at once and without
    /// an event. Prints an error if this peer is inactive.
    #[func]
    fn peer_disconnect(&mut self, #[opt(default = 0)] data: i64) {
        self.end("peer_disconnect", data, Disconnect::Acknowledged);
    }

    /// Asks the remote to disconnect once all queued packets have been delivered. Packets that the remote sends
    /// meanwhile are dropped. `data` and everything else are as with [method peer_disconnect].
    #[func]
    fn peer_disconnect_later(&mut self, #[opt(default = 0)] data: i64) {
        self.end("peer_disconnect_later", data, Disconnect::Later);
    }

    /// Tells the remote once that the connection is over, with `data` (32 bits), and ends it at once: this object
    /// becomes inactive, and no event follows on this side. If the message gets lost, the remote notices only by its
    /// timeout. Prints an error if this peer is inactive.
    #[func]
    fn peer_disconnect_now(&mut self, #[opt(default = 0)] data: i64) {
        self.end("peer_disconnect_now", data, Disconnect::Now);
    }

    /// Returns why the connection ended. The object keeps the reason for good. Returns
    /// [constant ENetMultiplayerPeerRs.REASON_NONE] while the connection, or the attempt to connect, goes on. The side that
    /// accepted the connection judges for itself. The side that requested the connection also believes what the remote
    /// said, see [enum ENetMultiplayerPeerRs.DisconnectReason].
    #[func]
    fn get_disconnect_reason(&self) -> DisconnectReason {
        self.end.get().reason.into()
    }

    /// Returns the number of 32 bits with which the connection ended: the one that the remote passed to
    /// [method peer_disconnect] or one of its variants, or that this side passed if this side ended it. Returns 0 if no
    /// number was given, and while the connection goes on. A remote chooses its number freely: do not trust it.
    #[func]
    fn get_disconnect_data(&self) -> i64 {
        self.end.get().data.into()
    }

    /// Asks the remote for an acknowledgement, which measures the round-trip time. Connections do so regularly by
    /// themselves, see [method ping_interval]. Prints an error if this peer is inactive.
    #[func]
    fn ping(&mut self) {
        let done = self.with(|host, peer| host.ping(peer, clock::now()));
        self.report_failure("ping", done);
    }

    /// Sets the time without an acknowledgement after which a ping is sent to `ping_interval` (in milliseconds). The value 0
    /// stands for the default, 500. A negative number prints an error and changes nothing.
    #[func]
    fn ping_interval(&mut self, ping_interval: i64) {
        let now = clock::now();
        let done = self.with(|host, peer| host.set_ping_interval(peer, ping_interval, now));
        self.report_failure("ping_interval", done);
    }

    /// Ends the connection without telling the remote, which notices only by its timeout: this object becomes
    /// inactive, and no event follows on this side. [method peer_disconnect_now] tells the remote. Prints an error
    /// if this peer is inactive.
    #[func]
    fn reset(&mut self) {
        self.end("reset", 0, Disconnect::Silent);
    }

    /// Queues a packet on ENet channel `channel` (0 to [method get_channels] - 1). `flags` is 0 for an unreliable
    /// packet that arrives in order, or a combination of [constant FLAG_RELIABLE], [constant FLAG_UNSEQUENCED] and
    /// [constant FLAG_UNRELIABLE_FRAGMENT].
    ///
    /// ```gdscript
    /// var connection := peer.get_peer(id)
    /// connection.send(0, "hello".to_utf8_buffer(), ENetPacketPeerRs.FLAG_RELIABLE)
    /// ```
    ///
    /// The packet leaves with the next [method ENetConnectionRs.service] or [method ENetConnectionRs.flush]. If the
    /// host is [member ENetConnectionRs.threaded], the packet leaves some 0.3 seconds later at the latest.
    ///
    /// Returns [constant OK], [constant ERR_UNCONFIGURED] if this peer is inactive,
    /// [constant ERR_INVALID_PARAMETER] for a channel or flags that do not exist, [constant ERR_OUT_OF_MEMORY] if too
    /// much waits to be sent to the peer (see [member ENetLimitsRs.max_unsent_bytes]), or [constant FAILED] if the packet
    /// has more than 32 MiB or the peer is not connected. All errors except the last are printed. An error that the
    /// remote can cause for each packet is printed once in 10 seconds.
    #[func]
    fn send(&mut self, channel: i64, packet: PackedByteArray, flags: i64) -> Error {
        let now = clock::now();
        let sent = self.with(|host, peer| host.send(peer, channel, flags, packet.as_slice(), now));
        match sent {
            Ok(()) => Error::OK,
            // Scripts often try this, so only the result reports it, as with the built-in class.
            Err(PacketError::NotConnected) => Error::FAILED,
            Err(error) => self.fail("send", error),
        }
    }

    /// Configures the throttle, which drops a share of the unreliable packets while the network is slow. Over each
    /// `interval` (in milliseconds) ENet measures the lowest round-trip time. In the next interval, a round-trip time
    /// that is no longer adds `acceleration` to the share that is sent, and one that is markedly longer subtracts
    /// `deceleration`, where [constant PACKET_THROTTLE_SCALE] stands for all packets. The remote is told, and uses
    /// the same configuration.
    ///
    /// A negative number prints an error and changes nothing.
    #[func]
    fn throttle_configure(&mut self, interval: i64, acceleration: i64, deceleration: i64) {
        let now = clock::now();
        let done = self.with(|host, peer| {
            host.configure_throttle(peer, interval, acceleration, deceleration, now)
        });
        self.report_failure("throttle_configure", done);
    }

    /// Sets the timeouts after which a remote that does not answer is disconnected. The connection ends
    /// `timeout_max` milliseconds after a packet was sent that is still not acknowledged. It ends already
    /// `timeout_min` milliseconds after the packet was sent if the wait for the acknowledgement, which doubles with
    /// every retransmission, has grown `timeout`-fold: `timeout` is a factor, not a time. Both are checked only when
    /// a retransmission is due, so that the end can come later. The value 0 stands for the default: 32, 5000 and
    /// 30000, in the order of the arguments.
    ///
    /// If a number is negative, or `timeout` is larger than `timeout_min`, or `timeout_min` larger than
    /// `timeout_max`, the method prints an error and changes nothing.
    #[func]
    fn set_timeout(&mut self, timeout: i64, timeout_min: i64, timeout_max: i64) {
        let done =
            self.with(|host, peer| host.set_timeout(peer, timeout, timeout_min, timeout_max));
        self.report_failure("set_timeout", done);
    }

    /// Returns how the next packet travelled, which can differ from the flags that its sender passed:
    /// [constant FLAG_RELIABLE], [constant FLAG_UNSEQUENCED], [constant FLAG_UNRELIABLE_FRAGMENT] for an unreliable
    /// packet that took several datagrams, or 0 for any other unreliable packet, which arrives in order. Returns 0
    /// and prints an error if no packet waits.
    #[func]
    fn get_packet_flags(&self) -> i64 {
        let flags = self.inbox.borrow().front().map(|unread| unread.flags);
        let Some(flags) = flags else {
            self.report_looking("get_packet_flags", &"no packet is waiting");
            return 0;
        };
        let bit = |is_set, bit| if is_set { bit } else { 0 };
        bit(flags.reliable, Self::FLAG_RELIABLE)
            | bit(flags.unsequenced, Self::FLAG_UNSEQUENCED)
            | bit(flags.unreliable_fragment, Self::FLAG_UNRELIABLE_FRAGMENT)
    }

    /// Returns the remote's IP address as text, in the form of [IP] and Godot's other classes: an IPv6 address has eight
    /// groups, like [code]0:0:0:0:0:0:0:1[/code]. Returns an empty text while the host name of a peer that connects is
    /// being resolved. Returns an empty text and prints an error if this peer is inactive.
    #[func]
    fn get_remote_address(&self) -> GString {
        let address = self.look(|host, peer| host.address(peer));
        match address {
            Some(address) => GString::from(&address::text(address.ip())),
            None => {
                if self.resolving_port().is_none() {
                    self.report_looking("get_remote_address", &INACTIVE);
                }
                GString::new()
            }
        }
    }

    /// Returns the remote's UDP port. Returns 0 and prints an error if this peer is inactive.
    #[func]
    fn get_remote_port(&self) -> i64 {
        let address = self.look(|host, peer| host.address(peer));
        let port = address.map(|address| address.port());
        let port = port.or_else(|| self.resolving_port());
        if port.is_none() {
            self.report_looking("get_remote_port", &INACTIVE);
        }
        port.unwrap_or(0).into()
    }

    /// Returns a number that describes the connection, see [enum PeerStatistic]. Returns 0 and prints an error if
    /// this peer is inactive or there is no such statistic.
    #[func]
    fn get_statistic(&mut self, statistic: PeerStatistic) -> f64 {
        let statistics = self.look(|host, peer| host.statistics(peer));
        let Some(statistics) = statistics else {
            self.report("get_statistic", &INACTIVE);
            return 0.0;
        };
        match vocabulary::peer_statistic(&statistics, statistic) {
            Some(value) => value.into(),
            None => {
                let cause = format!("there is no statistic {}", statistic.0);
                self.report("get_statistic", &cause);
                0.0
            }
        }
    }

    /// Returns the state of the connection, a [enum PeerState]. Returns [constant STATE_DISCONNECTED] if this peer is
    /// inactive.
    #[func]
    fn get_state(&self) -> PeerState {
        let state = self.look(|host, peer| Some(host.state(peer)));
        convert::peer_state(state.unwrap_or(State::Disconnected))
    }

    /// Returns the number of ENet channels of the connection: until it is established the number requested, then the
    /// number granted. Returns 0 and prints an error if this peer is inactive.
    #[func]
    fn get_channels(&self) -> i64 {
        let channels = self.look(|host, peer| host.channels(peer));
        if channels.is_none() {
            self.report_looking("get_channels", &INACTIVE);
        }
        // The limit is 255 at most.
        channels.unwrap_or(0) as i64
    }

    /// Returns how much of what this remote sent was dropped, by cause: see
    /// [method ENetMultiplayerPeerRs.get_dropped]. Returns an empty Dictionary and prints an error if this peer is
    /// inactive.
    #[func]
    fn get_dropped(&self) -> VarDictionary {
        match self.look(|host, peer| host.peer_drops(peer)) {
            Some(drops) => dropped::dictionary(&drops),
            None => {
                self.report_looking("get_dropped", &INACTIVE);
                VarDictionary::new()
            }
        }
    }

    /// Returns [code]true[/code] as long as the connection, or the attempt to connect, has not ended.
    #[func]
    fn is_active(&self) -> bool {
        self.look(|host, peer| host.is_active_peer(peer).then_some(()))
            .is_some()
    }
}

#[godot_api]
impl IPacketPeerExtension for ENetPacketPeerRs {
    unsafe fn get_packet_rawptr(
        &mut self,
        r_buffer: RawPtr<*mut RawPtr<*const u8>>,
        r_buffer_size: RawPtr<*mut i32>,
    ) -> Error {
        let unread = self.inbox.borrow_mut().pop_front();
        let Some(unread) = unread else {
            let (cause, error) = match self.is_active() {
                true => ("no packet is waiting", Error::ERR_UNAVAILABLE),
                false => (INACTIVE, Error::ERR_UNCONFIGURED),
            };
            self.report("get_packet", &cause);
            return error;
        };
        // SAFETY: the engine passes two valid out-parameters.
        unsafe { raw::hand_out(&self.lent, unread.data, r_buffer, r_buffer_size) }
        Error::OK
    }

    unsafe fn put_packet_rawptr(&mut self, buffer: RawPtr<*const u8>, size: i32) -> Error {
        // SAFETY: the engine passes a buffer of this size that stays valid during the call.
        let data = unsafe { raw::bytes(buffer, size) };
        let now = clock::now();
        let sent = self.with(|host, peer| host.send(peer, 0, Self::FLAG_RELIABLE, data, now));
        match sent {
            Ok(()) => Error::OK,
            Err(PacketError::NotConnected) => Error::FAILED,
            Err(error) => self.fail("put_packet", error),
        }
    }

    fn get_available_packet_count(&self) -> i32 {
        i32::try_from(self.inbox.borrow().len()).unwrap_or(i32::MAX)
    }

    fn get_max_packet_size(&self) -> i32 {
        raw::REPORTED_MAX_PACKET_SIZE
    }
}

impl ENetPacketPeerRs {
    /// An inactive object, which replaces an object that existed before the extension was reloaded.
    fn without_connection(base: Base<PacketPeerExtension>) -> Self {
        Self {
            base,
            connection: Weak::new(),
            host_number: 0,
            peer: PeerId {
                slot: 0,
                generation: 0,
            },
            inbox: RefCell::default(),
            lent: Rc::default(),
            end: Rc::default(),
        }
    }

    /// Adds a packet that arrived.
    pub fn take_in(&self, unread: Unread) {
        self.inbox.borrow_mut().push_back(unread);
    }

    /// Calls the core with this peer, if there is a connection.
    fn with<T, E: From<enet_multiplayer::Inactive>>(
        &self,
        call: impl FnOnce(&mut Connection, PeerId) -> Result<T, E>,
    ) -> Result<T, E> {
        let connection = self
            .connection
            .upgrade()
            .ok_or(enet_multiplayer::Inactive)?;
        let mut connection = connection.borrow_mut();
        if connection.host_number() != self.host_number {
            return Err(enet_multiplayer::Inactive.into());
        }
        call(&mut connection, self.peer)
    }

    /// Asks the core about this peer, if there is a connection.
    fn look<T>(&self, ask: impl FnOnce(&Connection, PeerId) -> Option<T>) -> Option<T> {
        let connection = self.connection.upgrade()?;
        let connection = connection.borrow();
        let is_of_host = connection.host_number() == self.host_number;
        is_of_host.then(|| ask(&connection, self.peer)).flatten()
    }

    /// Returns the engine's error for a packet that was not sent, and prints the cause.
    fn fail(&mut self, method: &str, error: PacketError) -> Error {
        let due = self.with(|host, _| Ok::<_, PacketError>(host.print_due(error, clock::now())));
        // Without a host there is no remote that could cause errors.
        if let Some(left_out) = due.unwrap_or_else(|_| Some(LeftOut::default())) {
            self.report(method, &format!("{error}{left_out}"));
        }
        convert::packet_error(error)
    }

    /// The port of a remote whose host name is being resolved.
    fn resolving_port(&self) -> Option<u16> {
        self.look(|host, peer| host.resolving_port(peer))
    }

    fn end(&mut self, method: &str, data: i64, how: Disconnect) {
        let now = clock::now();
        let done = self.with(|host, peer| {
            if !host.is_active_peer(peer) {
                return Err(enet_multiplayer::Inactive);
            }
            // The wire format has 32 bits for the data.
            host.disconnect(now, peer, data as u32, how);
            Ok(())
        });
        self.report_failure(method, done);
    }
}

reload::recreatable!(ENetPacketPeerRs, ENetPacketPeerRs::without_connection);

impl PeerObject for ENetPacketPeerRs {
    fn of_peer(connection: &SharedConnection, peer: PeerId, lent: &Rc<Lent>) -> Gd<Self> {
        let host_number = connection.borrow().host_number();
        let end = connection.borrow_mut().watch_end(peer);
        Gd::from_init_fn(|base| Self {
            base,
            connection: Rc::downgrade(connection),
            host_number,
            peer,
            inbox: RefCell::default(),
            lent: Rc::clone(lent),
            end,
        })
    }

    fn unread_of(object: &Gd<Self>) -> Backlog {
        object.bind().unread()
    }
}

impl Reports for ENetPacketPeerRs {
    const NAME: &'static str = "ENetPacketPeerRs";
}

const INACTIVE: &str = "the peer is not active";
