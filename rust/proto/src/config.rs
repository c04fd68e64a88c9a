//! Settings: of a host, of its admission of connections, and of a connection.

use crate::{DEFAULT_MTU, Limits, MAX_CHANNELS, MAX_PACKET_SIZE, Seed, Time};

/// Settings of a [`crate::Host`].
#[derive(Debug, Clone)]
pub struct HostConfig {
    /// Most connections at a time, 1 to [`crate::MAX_PEERS`]. Of a host that [`Self::is_guarded`], half-open
    /// ones do not count.
    pub max_peers: usize,
    /// Most channels granted to an incoming connection, 1 to [`MAX_CHANNELS`].
    pub max_channels: usize,
    /// Incoming bandwidth in bytes per second, 0 for unlimited.
    pub in_bandwidth: u32,
    /// Outgoing bandwidth in bytes per second, 0 for unlimited.
    pub out_bandwidth: u32,
    /// Seed of the random numbers.
    pub seed: Seed,
    /// The time at which the host is made.
    pub now: Time,
    /// Largest datagram offered to the remote, [`crate::MIN_MTU`] to [`crate::MAX_MTU`] bytes.
    pub mtu: u32,
    /// Whether every datagram carries a CRC-32. Both ends must agree.
    pub checksum: bool,
    /// Largest packet sent or received, in bytes, at most [`MAX_PACKET_SIZE`].
    pub max_packet_size: usize,
    /// Most bytes of received packets in events that were not taken yet. Beyond this limit the host
    /// takes no data in; the remote retransmits reliable packets later.
    pub max_unread_data: usize,
    /// Whether a refused connector is told so, which ends its attempt at once. Reasons to refuse are:
    /// no free slot, too many connections from its address, or the [`Admission`] rule. In C, and
    /// without this option, a refused connector hears nothing, repeats its CONNECT for half a minute,
    /// and is accepted as soon as the reason is gone. A C host that connects to the broadcast address
    /// believes the first answer, even a refusal.
    pub answers_refused: bool,
    /// Whether the host defends itself where the C library does not, and remains compatible. Slots, sessions
    /// and the first number of control commands are random, so that a forger cannot guess them. A half-open
    /// connection has a slot of its own besides [`Self::max_peers`], gives way to a new one when there are
    /// too many, and becomes a connection only when it acknowledges our answer by its random number.
    pub is_guarded: bool,
    /// Whether connections that begin here offer a proof of their address, which a guarded host of ours asks for
    /// when it is flooded. Other hosts ignore the offer.
    pub offers_proof: bool,
    /// What remotes may cost the host.
    pub limits: Limits,
}

impl HostConfig {
    /// Settings with `max_peers` slots and ENet's defaults for everything else. A seed of 32 bits is for
    /// tests: others set [`Self::seed`].
    pub fn new(max_peers: usize, seed: u32, now: Time) -> Self {
        Self {
            max_peers,
            max_channels: MAX_CHANNELS,
            in_bandwidth: 0,
            out_bandwidth: 0,
            seed: seed.into(),
            now,
            mtu: DEFAULT_MTU,
            checksum: false,
            max_packet_size: MAX_PACKET_SIZE,
            max_unread_data: 128 * 1024 * 1024,
            answers_refused: false,
            is_guarded: false,
            offers_proof: false,
            limits: Limits::none(),
        }
    }
}

/// Which connectors a host accepts while slots are free. Existing connections are not affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Admission {
    /// Every connector.
    #[default]
    Everybody,
    /// No connector.
    Nobody,
    /// Connectors whose connect data lies in a range and differs from that of every incoming
    /// connection that is up. If two connectors with the same data ask at the same time, both are
    /// accepted.
    UniqueData {
        /// Lowest connect data accepted.
        min: u32,
        /// Highest connect data accepted.
        max: u32,
    },
}

/// When to give up a connection whose remote acknowledges nothing. See
/// [`crate::Host::set_timeout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeout {
    /// Growth of one command's retransmission timeout (RTO), as a factor, from which
    /// [`Self::minimum`] is enough. The RTO doubles with every transmission.
    pub limit: u32,
    /// Silence in milliseconds before which the connection is never given up.
    pub minimum: u32,
    /// Silence in milliseconds after which the connection is given up in any case.
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

/// How a connection's packet throttle follows the round-trip times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// Length in milliseconds of the interval whose best round-trip time is the reference.
    pub interval: u32,
    /// Added to the throttle after a good round trip, of [`crate::THROTTLE_SCALE`].
    pub acceleration: u32,
    /// Subtracted from the throttle after a bad round trip, of [`crate::THROTTLE_SCALE`].
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
