//! The classes that scripts see.

pub mod agones;
pub mod connection;
pub mod limits;
pub mod multiplayer_peer;
pub mod packet_peer;
pub mod proxy_ping;
pub mod simulation;
pub mod tokens;

/// A connection and the objects of its peers.
type Handle = crate::handle::Handle<packet_peer::ENetPacketPeerRs>;
