//! Class ENetPacketPeerRs: one peer of a connection.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use enet_multiplayer::{Connection, PacketError, SharedConnection};
use enet_proto::Disconnect;
use enet_proto::{PacketFlags, PeerId, PeerState as State};
use godot::classes::{IPacketPeerExtension, PacketPeerExtension};
use godot::global::Error;
use godot::meta::conv::RawPtr;
use godot::prelude::*;

use crate::bindings::{raw, reload};
use crate::handle::PeerObject;
use crate::lent::Lent;
use crate::report::Reports;
use crate::vocabulary::{PeerState, PeerStatistic};
use crate::{clock, convert};

/// One peer of an [ENetConnectionRs], in place of [ENetPacketPeer].
///
/// Connections make these objects: get them from [method ENetConnectionRs.connect_to_host], from the
/// events of [method ENetConnectionRs.service], from [method ENetConnectionRs.get_peers] or from
/// [method ENetMultiplayerPeerRs.get_peer]. A peer always is the same object while it is connected.
///
/// When its connection ends, the object becomes inactive for good: [method is_active] tells. The
/// remote's next connection gets a new object. Packets that arrived before the end can still be read.
/// Do read what arrives: it is kept until then, however much it is.
///
/// [method PacketPeer.put_packet] and [method PacketPeer.put_var] send reliably on ENet channel 0; for
/// everything else there is [method send].
#[derive(GodotClass)]
#[class(tool, no_init, base = PacketPeerExtension)]
pub struct ENetPacketPeerRs {
    base: Base<PacketPeerExtension>,
    connection: Weak<RefCell<Connection>>,
    /// Which of the connection's hosts it is a peer of.
    host_number: u32,
    peer: PeerId,
    inbox: RefCell<VecDeque<Unread>>,
    lent: Rc<Lent>,
}

/// A packet that waits to be read.
pub struct Unread {
    pub flags: PacketFlags,
    pub data: Vec<u8>,
}

#[godot_api]
impl ENetPacketPeerRs {
    /// The scale of [constant PEER_PACKET_LOSS]: a loss of 1.0.
    #[constant]
    const PACKET_LOSS_SCALE: i64 = enet_proto::LOSS_SCALE as i64;
    /// The scale of [constant PEER_PACKET_THROTTLE]: every unreliable packet is sent.
    #[constant]
    const PACKET_THROTTLE_SCALE: i64 = enet_proto::THROTTLE_SCALE as i64;
    /// The packet arrives, and in order.
    #[constant]
    const FLAG_RELIABLE: i64 = 1;
    /// The packet may get lost and may arrive in another order.
    #[constant]
    const FLAG_UNSEQUENCED: i64 = 2;
    /// If the packet needs several datagrams, these may get lost too, and the packet with them.
    /// Without this flag large packets are sent reliably.
    #[constant]
    const FLAG_UNRELIABLE_FRAGMENT: i64 = 8;

    /// Asks the remote to disconnect. What is queued is dropped.
    ///
    /// Both sides get [constant ENetConnectionRs.EVENT_DISCONNECT] when the remote has acknowledged;
    /// `data` (32 bits) is the event's data there. A connection that is not up yet ends at once, and
    /// without an event.
    #[func]
    fn peer_disconnect(&mut self, #[opt(default = 0)] data: i64) {
        self.end("peer_disconnect", data, Disconnect::Acknowledged);
    }

    /// Asks the remote to disconnect once everything that is queued has been delivered. Otherwise as
    /// [method peer_disconnect]. What the remote sends meanwhile is dropped.
    #[func]
    fn peer_disconnect_later(&mut self, #[opt(default = 0)] data: i64) {
        self.end("peer_disconnect_later", data, Disconnect::Later);
    }

    /// Tells the remote once that the connection is over, and forgets it: this object is inactive, no
    /// event follows on this side. If the message gets lost, the remote only notices by its timeout.
    #[func]
    fn peer_disconnect_now(&mut self, #[opt(default = 0)] data: i64) {
        self.end("peer_disconnect_now", data, Disconnect::Now);
    }

    /// Asks the remote for an acknowledgement, which measures the round trip. Connections do so by
    /// themselves, see [method ping_interval].
    #[func]
    fn ping(&mut self) {
        let done = self.with(|host, peer| host.ping(peer, clock::now()));
        self.report_failure("ping", done);
    }

    /// Sets after how many milliseconds without an acknowledgement a ping is sent; 0 stands for the
    /// usual 500. A negative number prints an error and changes nothing.
    #[func]
    fn ping_interval(&mut self, ping_interval: i64) {
        let now = clock::now();
        let done = self.with(|host, peer| host.set_ping_interval(peer, ping_interval, now));
        self.report_failure("ping_interval", done);
    }

    /// Forgets the connection without a word: this object is inactive, no event follows on this side,
    /// and the remote only notices by its timeout. [method peer_disconnect_now] is politer.
    #[func]
    fn reset(&mut self) {
        self.end("reset", 0, Disconnect::Silent);
    }

    /// Queues a packet on ENet channel `channel` (0 to [method get_channels] - 1) with `flags` made of
    /// [constant FLAG_RELIABLE], [constant FLAG_UNSEQUENCED] and [constant FLAG_UNRELIABLE_FRAGMENT].
    /// It leaves with the next [method ENetConnectionRs.service] or [method ENetConnectionRs.flush], where
    /// the host is [member ENetConnectionRs.threaded] some 30 milliseconds later at the latest.
    ///
    /// Returns [constant OK], [constant ERR_UNCONFIGURED] if this peer is inactive,
    /// [constant ERR_INVALID_PARAMETER] for a channel or flags that do not exist, or
    /// [constant FAILED] if the packet has more than 32 MiB or the peer is not connected (which alone
    /// is not printed).
    #[func]
    fn send(&mut self, channel: i64, packet: PackedByteArray, flags: i64) -> Error {
        let now = clock::now();
        let sent = self.with(|host, peer| host.send(peer, channel, flags, packet.as_slice(), now));
        match sent {
            Ok(()) => Error::OK,
            // Often tried, and told by the result alone, as with the built-in class.
            Err(PacketError::NotConnected) => Error::FAILED,
            Err(error) => {
                self.report("send", &error);
                convert::packet_error(error)
            }
        }
    }

    /// Configures the throttle that holds unreliable packets back while the network is slow. Over
    /// `interval` milliseconds ENet looks for the best round trip; good ones then add `acceleration`,
    /// bad ones take off `deceleration`, of [constant PACKET_THROTTLE_SCALE]. The remote is told and
    /// does the same. A negative number prints an error and changes nothing.
    #[func]
    fn throttle_configure(&mut self, interval: i64, acceleration: i64, deceleration: i64) {
        let now = clock::now();
        let done = self.with(|host, peer| {
            host.configure_throttle(peer, interval, acceleration, deceleration, now)
        });
        self.report_failure("throttle_configure", done);
    }

    /// Sets when a silent remote is given up: after `timeout_max` milliseconds in any case, and after
    /// `timeout_min` milliseconds once the wait for an acknowledgement has grown `timeout`-fold (it
    /// doubles with every repetition). Zeros stand for 32, 5000 and 30000.
    ///
    /// `timeout` must not be more than `timeout_min`, nor that more than `timeout_max`, and none
    /// negative: otherwise an error is printed and nothing changes.
    #[func]
    fn set_timeout(&mut self, timeout: i64, timeout_min: i64, timeout_max: i64) {
        let done =
            self.with(|host, peer| host.set_timeout(peer, timeout, timeout_min, timeout_max));
        self.report_failure("set_timeout", done);
    }

    /// How the next packet travelled: [constant FLAG_RELIABLE], [constant FLAG_UNSEQUENCED],
    /// [constant FLAG_UNRELIABLE_FRAGMENT], or 0 for an unreliable one in order. Prints an error and
    /// returns 0 if no packet waits.
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

    /// The remote's IP address as text. Empty, with an error printed, if this peer is inactive.
    #[func]
    fn get_remote_address(&self) -> GString {
        let address = self.look(|host, peer| host.address(peer));
        match address {
            Some(address) => GString::from(&address.ip().to_string()),
            None => {
                self.report_looking("get_remote_address", &INACTIVE);
                GString::new()
            }
        }
    }

    /// The remote's UDP port. 0, with an error printed, if this peer is inactive.
    #[func]
    fn get_remote_port(&self) -> i64 {
        let address = self.look(|host, peer| host.address(peer));
        if address.is_none() {
            self.report_looking("get_remote_port", &INACTIVE);
        }
        address.map_or(0, |address| address.port().into())
    }

    /// A number that the connection keeps about itself. 0, with an error printed, if this peer is
    /// inactive or there is no such statistic.
    #[func]
    fn get_statistic(&mut self, statistic: PeerStatistic) -> f64 {
        let statistics = self.look(|host, peer| host.statistics(peer));
        let Some(statistics) = statistics else {
            self.report("get_statistic", &INACTIVE);
            return 0.0;
        };
        match convert::peer_statistic(&statistics, statistic) {
            Some(value) => value.into(),
            None => {
                let cause = format!("there is no statistic {}", statistic.0);
                self.report("get_statistic", &cause);
                0.0
            }
        }
    }

    /// The state of the connection. [constant STATE_DISCONNECTED] if this peer is inactive.
    #[func]
    fn get_state(&self) -> PeerState {
        let state = self.look(|host, peer| Some(host.state(peer)));
        convert::peer_state(state.unwrap_or(State::Disconnected))
    }

    /// How many ENet channels the connection has: until it is up those asked for, then those granted.
    /// 0, with an error printed, if this peer is inactive.
    #[func]
    fn get_channels(&self) -> i64 {
        let channels = self.look(|host, peer| host.channels(peer));
        if channels.is_none() {
            self.report_looking("get_channels", &INACTIVE);
        }
        // 255 at most.
        channels.unwrap_or(0) as i64
    }

    /// Whether the connection, or the attempt to connect, goes on.
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
            Err(error) => {
                self.report("put_packet", &error);
                convert::packet_error(error)
            }
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
    /// An inactive object: what is left of one when the extension was reloaded.
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

    fn end(&mut self, method: &str, data: i64, how: Disconnect) {
        let now = clock::now();
        let done = self.with(|host, peer| {
            if !host.is_active_peer(peer) {
                return Err(enet_multiplayer::Inactive);
            }
            // The wire has 32 bits for it.
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
        Gd::from_init_fn(|base| Self {
            base,
            connection: Rc::downgrade(connection),
            host_number,
            peer,
            inbox: RefCell::default(),
            lent: Rc::clone(lent),
        })
    }
}

impl Reports for ENetPacketPeerRs {
    const NAME: &'static str = "ENetPacketPeerRs";
}

const INACTIVE: &str = "the peer is not active";
