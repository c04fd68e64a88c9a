//! What a connection is called, what it knows of itself, and what can be set.

/// Names one connection: the slot, and which of the slot's successive connections.
///
/// An id goes stale when its connection ends and never names the slot's next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId {
    /// Index of the slot in its host.
    pub slot: u16,
    /// Counts the connections the host has had.
    pub generation: u32,
}

/// ENet's peer states, with its numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum PeerState {
    /// No connection, or a [`PeerId`] that went stale.
    Disconnected = 0,
    /// A CONNECT is on its way.
    Connecting = 1,
    /// A CONNECT was received and is being answered.
    AcknowledgingConnect = 2,
    /// Connected, the event is not taken yet (accepting side).
    ConnectionPending = 3,
    /// Connected, the event is not taken yet (connecting side).
    ConnectionSucceeded = 4,
    /// Up: packets can be sent.
    Connected = 5,
    /// Will disconnect once everything queued is delivered.
    DisconnectLater = 6,
    /// A DISCONNECT is on its way.
    Disconnecting = 7,
    /// A DISCONNECT was received and is being acknowledged.
    AcknowledgingDisconnect = 8,
    /// Gone, the event is not taken yet.
    Zombie = 9,
}

/// What a connection knows of itself: every number ENet keeps per peer, and so Godot's 14 peer
/// statistics. Times are in milliseconds, epochs count from the same zero as the calls' times and
/// wrap after 49 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeerStatistics {
    /// Share of reliable commands that had to be sent again, of [`super::LOSS_SCALE`], smoothed.
    pub packet_loss: u32,
    /// How much that share varies, of [`super::LOSS_SCALE`].
    pub packet_loss_variance: u32,
    /// When the loss was averaged last.
    pub packet_loss_epoch: u32,
    /// Commands sent since then.
    pub packets_sent: u32,
    /// Reliable commands given up for lost since then.
    pub packets_lost: u32,
    /// Round trip, smoothed.
    pub round_trip_time: u32,
    /// How much it varies.
    pub round_trip_time_variance: u32,
    /// The lowest round trip of the throttle's last interval.
    pub last_round_trip_time: u32,
    /// The highest variance of that interval.
    pub last_round_trip_time_variance: u32,
    /// Share of unreliable packets that are sent, of [`super::THROTTLE_SCALE`].
    pub packet_throttle: u32,
    /// The most the throttle may reach, by the bandwidth limits.
    pub packet_throttle_limit: u32,
    /// The counter that picks the packets to drop.
    pub packet_throttle_counter: u32,
    /// When the throttle's interval began.
    pub packet_throttle_epoch: u32,
    /// What a good round trip adds to the throttle.
    pub packet_throttle_acceleration: u32,
    /// What a bad round trip takes off it.
    pub packet_throttle_deceleration: u32,
    /// How long the throttle compares with the same round trip.
    pub packet_throttle_interval: u32,
    /// Largest datagram both sides take, in bytes.
    pub mtu: u32,
    /// Reliable bytes that may be in flight.
    pub window_size: u32,
    /// Reliable bytes in flight.
    pub reliable_data_in_transit: u32,
    /// Bytes that wait for their turn.
    pub waiting_data: usize,
    /// What the remote can take in, bytes per second, 0 for unlimited.
    pub in_bandwidth: u32,
    /// What the remote says it sends at most, bytes per second, 0 for unlimited.
    pub out_bandwidth: u32,
    /// Time without an acknowledgement after which it is asked for one.
    pub ping_interval: u32,
    /// When the last acknowledgement came, 0 for never.
    pub last_receive_time: u32,
}

/// When to give a silent connection up. See [`crate::Enet::set_timeout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeout {
    /// How many times the patience for one command may have grown: twofold with every sending.
    pub limit: u32,
    /// Not before so many milliseconds of silence.
    pub minimum: u32,
    /// After so many milliseconds of silence in any case.
    pub maximum: u32,
}

impl Default for Timeout {
    fn default() -> Self {
        Self {
            limit: 32,
            minimum: 5000,
            maximum: 30_000,
        }
    }
}

/// How a connection's throttle follows its round trips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// Milliseconds over which the best round trip is looked for.
    pub interval: u32,
    /// Added after a good round trip.
    pub acceleration: u32,
    /// Taken off after a bad one.
    pub deceleration: u32,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            interval: 5000,
            acceleration: 2,
            deceleration: 2,
        }
    }
}
