//! The classes that scripts see.

pub mod connection;
pub mod multiplayer_peer;
pub mod packet_peer;
