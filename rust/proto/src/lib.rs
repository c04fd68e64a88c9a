//! The ENet protocol, version 1.3.18, in safe Rust: what the C library speaks on the wire, without
//! sockets, clocks or threads.

#![forbid(unsafe_code)]

pub mod datagram;
pub mod enet;
pub mod engine;

pub use enet::Enet;
pub use engine::{
    Admission, DEFAULT_MTU, Disconnect, EngineConfig, Event, LOSS_SCALE, MAX_CHANNELS,
    MAX_DATAGRAM_SIZE, MAX_MTU, MAX_PACKET_SIZE, MAX_PEERS, MIN_DATAGRAM_SIZE, MIN_MTU,
    PacketFlags, PeerId, PeerState, PeerStatistics, QueueError, THROTTLE_SCALE, Throttle, Timeout,
};

/// A point in time: the duration since an epoch that the caller chooses. It never goes back.
pub type Time = std::time::Duration;
