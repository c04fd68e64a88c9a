//! Limits of the protocol, and what describes a connection.

/// A point in time: the duration since an epoch that the caller chooses. If a call's time is earlier
/// than that of a previous call, the later time counts.
pub type Time = std::time::Duration;

/// Most peers a host can have: the slot travels in 12 bits and its highest value means "no slot".
pub const MAX_PEERS: usize = 4095;
/// Most channels a connection can have.
pub const MAX_CHANNELS: usize = 255;
/// Largest packet ENet carries, in bytes.
pub const MAX_PACKET_SIZE: usize = 32 * 1024 * 1024;
/// Smallest datagram of the protocol that can hold a command, in bytes. Callers may drop shorter
/// datagrams unread.
pub const MIN_DATAGRAM_SIZE: usize = 5;
/// Largest datagram ENet accepts, in bytes.
pub const MAX_DATAGRAM_SIZE: usize = 4096;

/// Default datagram size in bytes, which nearly every network path carries without fragmentation.
pub const DEFAULT_MTU: u32 = 1392;
/// Smallest datagram size two hosts agree on, in bytes.
pub const MIN_MTU: u32 = 576;
/// Largest datagram size two hosts agree on, in bytes.
pub const MAX_MTU: u32 = 4096;
/// The packet throttle's full scale: the throttle is the share of unreliable packets that are sent,
/// from 0 to this value.
pub const THROTTLE_SCALE: u32 = 32;
/// The value that stands for a packet loss of 100 %.
pub const LOSS_SCALE: u32 = 65536;

/// Names one connection of a host.
///
/// An id goes stale when its connection ends, and never names a later connection in the same slot.
/// Calls with a stale id do nothing, and treat the peer as disconnected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId {
    /// Index of the slot in its host, below [`MAX_PEERS`].
    pub slot: u16,
    /// Number of the connection among all that the host has had.
    pub generation: u32,
}

/// The state of a connection, with the C library's numbering.
///
/// A [`crate::Host`] reports events at once, so it never enters the three states in which C waits for
/// the application to take an event: `ConnectionPending`, `ConnectionSucceeded` and `Zombie`. They are
/// listed because applications know the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum PeerState {
    /// No connection, or a stale [`PeerId`].
    Disconnected = 0,
    /// The CONNECT was sent or is waiting to be sent; no answer came yet.
    Connecting = 1,
    /// A CONNECT was received, and its answer is not acknowledged yet: a half-open connection.
    AcknowledgingConnect = 2,
    /// Never entered. In C: connected, the event not taken yet (accepting side).
    ConnectionPending = 3,
    /// Never entered. In C: connected, the event not taken yet (connecting side).
    ConnectionSucceeded = 4,
    /// Up: packets can be sent.
    Connected = 5,
    /// Up until everything queued is delivered, then disconnecting.
    DisconnectLater = 6,
    /// A DISCONNECT was sent and is not acknowledged yet.
    Disconnecting = 7,
    /// A DISCONNECT was received and is being acknowledged.
    AcknowledgingDisconnect = 8,
    /// Never entered. In C: ended, the event not taken yet.
    Zombie = 9,
}

/// Statistics of a connection: every number that ENet keeps per peer.
///
/// Times are in milliseconds. Epochs count from the same zero as the times of the calls, and wrap
/// after 49 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeerStatistics {
    /// Share of commands that were lost, of [`LOSS_SCALE`], smoothed.
    pub packet_loss: u32,
    /// Mean deviation of that share, of [`LOSS_SCALE`].
    pub packet_loss_variance: u32,
    /// When the loss was averaged last.
    pub packet_loss_epoch: u32,
    /// Commands sent since then.
    pub packets_sent: u32,
    /// Reliable commands considered lost since then.
    pub packets_lost: u32,
    /// Smoothed round-trip time (RTT).
    pub round_trip_time: u32,
    /// Mean deviation of the round-trip time.
    pub round_trip_time_variance: u32,
    /// The lowest round-trip time of the throttle's last interval.
    pub last_round_trip_time: u32,
    /// The highest deviation of that interval.
    pub last_round_trip_time_variance: u32,
    /// Share of unreliable packets that are sent, of [`THROTTLE_SCALE`].
    pub packet_throttle: u32,
    /// The most the throttle may reach, by the bandwidth limits.
    pub packet_throttle_limit: u32,
    /// The counter that picks the packets to drop.
    pub packet_throttle_counter: u32,
    /// When the throttle's interval began.
    pub packet_throttle_epoch: u32,
    /// Added to the throttle after a good round trip.
    pub packet_throttle_acceleration: u32,
    /// Subtracted from the throttle after a bad round trip.
    pub packet_throttle_deceleration: u32,
    /// Length of the throttle's interval.
    pub packet_throttle_interval: u32,
    /// Largest datagram both sides accept, in bytes.
    pub mtu: u32,
    /// Reliable bytes that may be in flight.
    pub window_size: u32,
    /// Reliable bytes in flight.
    pub reliable_data_in_transit: u32,
    /// Received bytes held for reordering and reassembly.
    pub waiting_data: usize,
    /// The most the remote can receive, in bytes per second, 0 for unlimited.
    pub in_bandwidth: u32,
    /// The most the remote sends, in bytes per second, 0 for unlimited.
    pub out_bandwidth: u32,
    /// Time without an acknowledgement after which a ping is sent.
    pub ping_interval: u32,
    /// When the last acknowledgement came, 0 for never.
    pub last_receive_time: u32,
}
