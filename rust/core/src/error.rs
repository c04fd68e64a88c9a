//! What can go wrong, one enum per operation. The texts name the cause and end up in the engine's
//! error log. Bytes from the network never make an error.

use std::io;

/// Why a server, client or mesh was not created. The object stays usable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// There is a server, client or mesh already.
    #[error("the peer is already active; call close() first")]
    AlreadyActive,
    /// Not 0 to 65535.
    #[error("the local port must be 0 to 65535, not {0}")]
    LocalPort(i32),
    /// Not 1 to 4095.
    #[error("the number of peers must be 1 to 4095, not {0}")]
    MaxPeers(i32),
    /// Negative.
    #[error("the incoming bandwidth must be 0 or more bytes per second, not {0}")]
    InBandwidth(i32),
    /// Negative.
    #[error("the outgoing bandwidth must be 0 or more bytes per second, not {0}")]
    OutBandwidth(i32),
    /// Not an id a peer can have.
    #[error("the unique id must be {least} or more, not {id}")]
    UniqueId {
        /// The id asked for.
        id: i32,
        /// The smallest one possible.
        least: i32,
    },
    /// The socket could not be opened, for example because the port is in use.
    #[error("could not open UDP port {port}: {error}")]
    Bind {
        /// The port asked for.
        port: u16,
        /// What the system says.
        error: io::Error,
    },
    /// Not 1 to 65535.
    #[error("the remote port must be 1 to 65535, not {0}")]
    RemotePort(i32),
    /// The name has no address.
    #[error("could not resolve \"{host}\": {error}")]
    Resolve {
        /// The name.
        host: String,
        /// What the system says.
        error: io::Error,
    },
    /// The host has no free slot for the connection.
    #[error("the host has no free peer slot")]
    NoFreeSlot,
}

/// Why a packet was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// There is no server, client or mesh.
    #[error("the peer is not active")]
    Inactive,
    /// A client whose connection is not up yet.
    #[error("the peer is not connected")]
    NotConnected,
    /// The target is nobody this peer can send to.
    #[error("the target peer {0} is not connected to this peer")]
    UnknownTarget(i32),
    /// More than the 253 there are.
    #[error("the transfer channel must be 0 to 253, not {0}")]
    InvalidChannel(i32),
    /// The connection has fewer channels.
    #[error("the connection to peer {peer} has no transfer channel {channel}")]
    NoSuchChannel {
        /// The recipient.
        peer: i32,
        /// The transfer channel.
        channel: i32,
    },
    /// More than 32 MiB.
    #[error("a packet can have 33554432 bytes at most, not {0}")]
    TooLarge(usize),
}

/// A call that needs a server, client or mesh, and there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the peer is not active")]
pub struct Inactive;

/// Why a host was not added to a mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MeshError {
    /// Only a mesh takes hosts.
    #[error("hosts can only be added to a mesh")]
    NotAMesh,
    /// The host's connection must be up.
    #[error("the host's peer must be connected")]
    NotConnected,
}

/// Why a call that names a peer did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// There is no server, client or mesh.
    #[error("the peer is not active")]
    Inactive,
    /// Nobody with this id is connected to this peer.
    #[error("peer {0} is not connected to this peer")]
    UnknownPeer(i32),
}
