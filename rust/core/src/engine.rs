//! The seam between the protocol and everything above it.
//!
//! An [`Engine`] is one ENet host without a socket and without a clock. Datagrams and the time go
//! in, datagrams and events come out. Whoever drives it ([`crate::Host`]) decides where datagrams
//! come from, so the same engine runs on UDP, on a simulated network, or below an encryption layer.

use std::collections::VecDeque;
use std::net::SocketAddr;

use crate::compress::Codec;
use crate::{Compression, Time};

mod config;
mod peer;
#[cfg(feature = "rusty_enet")]
pub mod rusty;

pub use config::{Admission, EngineConfig};
pub use peer::{PeerId, PeerState, PeerStatistics, Throttle, Timeout};

/// Most peers a host can have: the slot travels in 12 bits and its highest value means "no slot".
pub const MAX_PEERS: usize = 4095;
/// Most channels a connection can have.
pub const MAX_CHANNELS: usize = 255;
/// Largest packet ENet carries, in bytes.
pub const MAX_PACKET_SIZE: usize = 32 * 1024 * 1024;
/// No datagram of the protocol is shorter, in bytes: a header of two, then a command of four or more.
/// rusty_enet is led into undefined behaviour by less.
pub(crate) const MIN_DATAGRAM_SIZE: usize = 5;
/// Largest datagram ENet accepts, in bytes.
pub const MAX_DATAGRAM_SIZE: usize = 4096;

/// Size of a datagram unless another is chosen: what nearly every path carries whole.
pub const DEFAULT_MTU: u32 = 1392;
/// Smallest datagram size two hosts agree on, in bytes.
pub const MIN_MTU: u32 = 576;
/// Largest datagram size two hosts agree on, in bytes.
pub const MAX_MTU: u32 = 4096;
/// ENet's throttle runs from 0 to this: the share of unreliable packets that are sent.
pub const THROTTLE_SCALE: u32 = 32;
/// A packet loss of 1.0.
pub const LOSS_SCALE: u32 = 65536;

/// How a packet travels: ENet's packet flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PacketFlags {
    /// Delivered for certain and in order. Wins over the others.
    pub reliable: bool,
    /// Delivered in whatever order it arrives.
    pub unsequenced: bool,
    /// When it needs several datagrams, send these unreliably too.
    pub unreliable_fragment: bool,
}

impl PacketFlags {
    /// Delivered for certain and in order.
    pub const RELIABLE: Self = Self {
        reliable: true,
        unsequenced: false,
        unreliable_fragment: false,
    };
}

/// What an engine reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A connection is up, whichever side began it.
    Connected {
        /// The connection.
        peer: PeerId,
        /// The connect data of the remote, 0 on the side that began.
        data: u32,
    },
    /// A connection ended, or an attempt failed. `peer` is stale from here on.
    Disconnected {
        /// The connection that was.
        peer: PeerId,
        /// The disconnect data of the remote, 0 for a timeout.
        data: u32,
    },
    /// A packet arrived.
    Received {
        /// Who sent it.
        peer: PeerId,
        /// ENet channel it came on.
        channel: u8,
        /// How it travelled.
        flags: PacketFlags,
        /// Its bytes, possibly none.
        data: Vec<u8>,
    },
}

/// Why an engine did not queue a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// No such connection, or it is not up.
    #[error("the peer is not connected")]
    NotConnected,
    /// The connection has fewer channels.
    #[error("the connection has no such channel")]
    NoSuchChannel,
    /// Larger than [`MAX_PACKET_SIZE`], or the engine could not split it.
    #[error("the packet is too large")]
    TooLarge,
}

/// Ways to end a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disconnect {
    /// Tell the remote and wait for its acknowledgement; what was queued is dropped. An event follows.
    Acknowledged,
    /// The same, after everything queued has been delivered.
    Later,
    /// Tell the remote once and forget it. No event follows.
    Now,
    /// Forget it without a word. No event follows.
    Silent,
}

/// One ENet host without socket and clock. See the module's head.
///
/// Calls name connections by [`PeerId`]; a stale id is never an error, it names a disconnected peer.
pub trait Engine: Send {
    /// Starts a connection. The CONNECT leaves with the next [`Engine::service`] or
    /// [`Engine::flush`]. `None` when no slot is free.
    fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId>;

    /// Takes in one datagram. Hostile bytes are dropped without a report.
    fn receive(&mut self, now: Time, from: SocketAddr, datagram: &[u8]);

    /// Does what time makes due: resends, timeouts, pings, sharing the bandwidth. Acknowledgements
    /// of what came in wait for [`Engine::flush`], so that they ride with the answers.
    fn service(&mut self, now: Time);

    /// When [`Engine::service`] has something to do next, if no datagram comes and nothing is called
    /// before. Possibly early, never late, and after a service always later than that. `None` if the
    /// engine cannot tell.
    fn next_timer(&self) -> Option<Time>;

    /// Puts everything that may be sent now into datagrams.
    fn flush(&mut self, now: Time);

    /// The next thing that happened, oldest first.
    fn next_event(&mut self) -> Option<Event>;

    /// Whether [`Engine::next_event`] has something to give.
    fn has_events(&self) -> bool;

    /// Takes all events there are, oldest first, behind those that are there.
    fn take_events(&mut self, events: &mut VecDeque<Event>) {
        events.extend(std::iter::from_fn(|| self.next_event()));
    }

    /// Takes in no packets from now on, or does so again. What is reliable comes again later, and
    /// connections live on meanwhile. False from an engine that cannot do this.
    fn refuse_data(&mut self, _refuse: bool) -> bool {
        false
    }

    /// Round trips that are longer by so many milliseconds than the shortest ones close no peer's throttle,
    /// from now on. 0, as at first, is C's way. An engine may know no other.
    fn tolerate_jitter(&mut self, _milliseconds: u32) {}

    /// Gives the buffer of a [`Event::Received`] back, for the next packets.
    fn recycle(&mut self, _buffer: Vec<u8>) {}

    /// The next datagram to send, oldest first; its bytes replace those of `datagram`. What is full
    /// may leave before [`Engine::flush`].
    fn next_datagram(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr>;

    /// Queues one packet. The protocol makes each 65,536th packet reliable that follows as many
    /// unreliable ordered ones on its channel, without a reliable one between.
    fn send(
        &mut self,
        now: Time,
        peer: PeerId,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError>;

    /// Queues one packet for several peers, holding its bytes once, and says for how many. Peers that
    /// are not connected or lack the channel are left out. Only a packet that is too large is an
    /// error.
    fn send_to_all(
        &mut self,
        now: Time,
        peers: &[PeerId],
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<usize, QueueError>;

    /// Ends a connection.
    fn disconnect(&mut self, now: Time, peer: PeerId, data: u32, how: Disconnect);

    /// Tells those once that it is over who were let in and have not answered yet: to them they may be
    /// connected. An engine that does not know them leaves them to their timeouts.
    fn turn_newcomers_away(&mut self, _now: Time) {}

    /// The state of a connection.
    fn state(&self, peer: PeerId) -> PeerState;

    /// The remote's address, while the connection exists.
    fn address(&self, peer: PeerId) -> Option<SocketAddr>;

    /// Number of channels of the connection, 0 when there is none.
    fn channels(&self, peer: PeerId) -> usize;

    /// Everything the connection knows of itself.
    fn statistics(&self, peer: PeerId) -> Option<PeerStatistics>;

    /// Peers that are connected.
    fn connected_peers(&self) -> usize;

    /// Asks the remote for an acknowledgement, which measures the round trip.
    fn ping(&mut self, now: Time, peer: PeerId);

    /// Time without an acknowledgement after which a ping is sent, in milliseconds; 0 for the usual
    /// 500.
    fn set_ping_interval(&mut self, now: Time, peer: PeerId, interval: u32);

    /// When to give the connection up. A field of 0 stands for its default.
    fn set_timeout(&mut self, peer: PeerId, timeout: Timeout);

    /// How both sides' throttles follow the round trips; the remote is told.
    fn configure_throttle(&mut self, now: Time, peer: PeerId, throttle: Throttle);

    /// Bandwidth of the whole host in bytes per second, 0 for unlimited. The peers are told within a
    /// second.
    fn set_bandwidth(&mut self, incoming: u32, outgoing: u32);

    /// Shares the bandwidth out now instead of at the end of its second.
    fn share_bandwidth(&mut self, now: Time);

    /// Most channels granted to connections from now on, 1 to [`MAX_CHANNELS`]; 0 stands for the
    /// most.
    fn set_channel_limit(&mut self, channels: usize);

    /// Chooses whom to let in from now on. See [`EngineConfig::answers_refused`] for the others.
    fn set_admission(&mut self, admission: Admission);

    /// Datagrams that [`Engine::next_datagram`] would give. An engine that does not know says many.
    fn ready_datagrams(&self) -> usize {
        usize::MAX
    }

    /// About how many datagrams [`Engine::flush`] would leave ready: those that are, and one for each
    /// peer that has something to send. An engine that does not know says many.
    fn unsent_datagrams(&self) -> usize {
        usize::MAX
    }

    /// Largest datagram offered to the other side from now on, [`MIN_MTU`] to [`MAX_MTU`] bytes. An
    /// engine may keep the one it was made with.
    fn set_mtu(&mut self, _mtu: u32) {}

    /// Connections begun here wait from now on, without a datagram, until [`Engine::go_on`]; those that
    /// got no answer yet begin anew. An engine that cannot do this sends its CONNECT again and again.
    fn hold(&mut self) {}

    /// Lets connections to an address begin.
    fn go_on(&mut self, _now: Time, _address: SocketAddr) {}

    /// Ends the connections with an address that is known to be gone, as their timeout would. An engine
    /// that cannot do this waits for that.
    fn lose(&mut self, _address: SocketAddr) {}

    /// Calls its argument with the address of each peer. An engine that does not know them must not be
    /// used with encryption.
    fn each_address(&self, _each: &mut dyn FnMut(SocketAddr));

    /// Chooses the codec for both directions, from now on.
    fn set_compression(&mut self, mode: Compression) {
        self.set_codec(mode.codec());
    }

    /// The same with a codec of the caller's own.
    fn set_codec(&mut self, codec: Option<Box<dyn Codec + Send>>);

    /// Datagrams dropped because they were compressed, and not with our codec. An engine may not
    /// count them.
    fn undecoded(&self) -> u64 {
        0
    }
}
