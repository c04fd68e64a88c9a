//! What can go wrong, one enum per operation. The texts name the cause and end up in the engine's
//! error log. Bytes from the network never make an error.

use std::io;

/// Why a server, client or mesh was not created. The object stays usable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// There is a server, client or mesh already.
    #[error("it is already active and has to be closed first")]
    AlreadyActive,
    /// Neither an IP address nor `*`.
    #[error("the bind address must be an IP address or \"*\", not \"{0}\"")]
    BindAddress(String),
    /// Not 0 to 65535.
    #[error("the local port must be 0 to 65535, not {0}")]
    LocalPort(i32),
    /// Not 1 to 4095.
    #[error("the number of peers must be 1 to 4095, not {0}")]
    MaxPeers(i32),
    /// Not 0 to 255.
    #[error("the number of channels must be 0 to 255, not {0}")]
    MaxChannels(i32),
    /// Negative, or more than 32 bits.
    #[error("the incoming bandwidth must be 0 to 4294967295 bytes per second, not {0}")]
    InBandwidth(i64),
    /// Negative, or more than 32 bits.
    #[error("the outgoing bandwidth must be 0 to 4294967295 bytes per second, not {0}")]
    OutBandwidth(i64),
    /// Not an id a peer can have.
    #[error("the unique id must be {least} to 2147483647, not {id}")]
    UniqueId {
        /// The id asked for.
        id: i64,
        /// The smallest one possible.
        least: i32,
    },
    /// The socket could not be opened, for example because the port is in use.
    #[error("could not open UDP port {port} of address {address}: {error}")]
    Bind {
        /// The address asked for.
        address: String,
        /// The port asked for.
        port: u16,
        /// What the system says.
        error: io::Error,
    },
    /// The system gave no thread, or the socket cannot be served by one.
    #[error("could not start the network thread: {0}")]
    Thread(io::Error),
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
    /// Godot 3 had no meshes, so its format has none.
    #[error("a mesh cannot use Godot 3's wire protocol")]
    MeshOfGodot3,
}

/// Why a connection was not begun.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There is no host.
    #[error("the connection is not active")]
    Inactive,
    /// A host in use for connecting has one peer at a time.
    #[error("the connection already has a peer")]
    HasPeer,
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
    /// The host has no free slot.
    #[error("the host has no free peer slot")]
    NoFreeSlot,
    /// The host accepts encrypted sessions and begins none.
    #[error("a DTLS server does not connect; give it another host with dtls_client_setup")]
    DtlsServer,
}

/// Why a host was not encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// There is no host.
    #[error("the connection is not active")]
    Inactive,
    /// Once is all.
    #[error("the connection is encrypted already")]
    AlreadyEncrypted,
}

/// Why a packet was not queued, where the caller names ENet's channel and flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacketError {
    /// There is no host, or the peer's connection is over.
    #[error("it is not active")]
    Inactive,
    /// No channel has this number.
    #[error("{}", no_channel(*.channel, *.count))]
    Channel {
        /// The number.
        channel: i64,
        /// How many channels there are.
        count: usize,
    },
    /// The first number that is too high, for which Godot has another error.
    #[error("{}", no_channel(*.channel, *.count))]
    NoSuchChannel {
        /// The number.
        channel: i64,
        /// How many channels there are.
        count: usize,
    },
    /// Bits that mean nothing.
    #[error(
        "the flags must be made of FLAG_RELIABLE, FLAG_UNSEQUENCED and FLAG_UNRELIABLE_FRAGMENT, not {0}"
    )]
    Flags(i64),
    /// Not connected yet, or not any more.
    #[error("the peer is not connected")]
    NotConnected,
    /// More than 32 MiB.
    #[error("a packet can have 33554432 bytes at most, not {0}")]
    TooLarge(usize),
}

/// Why a raw datagram was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RawSendError {
    /// There is no host.
    #[error("the connection is not active")]
    Inactive,
    /// Not 1 to 65535.
    #[error("the destination port must be 1 to 65535, not {0}")]
    RemotePort(i32),
    /// The name has no address.
    #[error("could not resolve \"{host}\": {error}")]
    Resolve {
        /// The name.
        host: String,
        /// What the system says.
        error: io::Error,
    },
    /// The system refused it.
    #[error("could not send: {0}")]
    Send(io::Error),
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
    /// More than the 253 there are; in Godot 3's format 252.
    #[error("the transfer channel must be 0 to 253 (252 with WIRE_GODOT3), not {0}")]
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

/// A call that needs something active, and it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not active")]
pub struct Inactive;

/// Why a peer's setting was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// The peer's connection is over.
    #[error("it is not active")]
    Inactive,
    /// Negative, or more than 32 bits.
    #[error("the {name} must be 0 to 4294967295, not {value}")]
    OutOfRange {
        /// Which number.
        name: &'static str,
        /// What it was.
        value: i64,
    },
    /// They contradict each other.
    #[error("timeout, minimum and maximum must not descend: {limit}, {minimum}, {maximum}")]
    TimeoutOrder {
        /// The timeout.
        limit: i64,
        /// The minimum.
        minimum: i64,
        /// The maximum.
        maximum: i64,
    },
}

fn no_channel(channel: i64, count: usize) -> String {
    match count.checked_sub(1) {
        Some(last) => format!("the channel must be 0 to {last}, not {channel}"),
        None => "the peer is disconnecting".to_owned(),
    }
}

impl From<Inactive> for PacketError {
    fn from(_: Inactive) -> Self {
        Self::Inactive
    }
}

impl From<Inactive> for SettingError {
    fn from(_: Inactive) -> Self {
        Self::Inactive
    }
}

/// Why a host was not added to a mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MeshError {
    /// Only a mesh takes hosts.
    #[error("hosts can only be added to a mesh")]
    NotAMesh,
    /// A host serves one session.
    #[error("the host belongs to another multiplayer peer or is in this mesh already")]
    InUse,
    /// A host of a mesh has one peer.
    #[error("the host must have exactly one peer, not {0}")]
    PeerCount(usize),
    /// The host's connection must be up.
    #[error("the host's peer must be connected")]
    NotConnected,
    /// The system gave no thread, or the socket cannot be served by one.
    #[error("could not start the network thread: {0}")]
    Thread(std::io::ErrorKind),
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

/// Why a call that Godot 3 had did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LegacyError {
    /// It is settled when a session begins.
    #[error("it cannot be changed while the peer is active")]
    Active,
    /// Not 3 to 255.
    #[error("the number of channels must be 3 to 255, not {0}")]
    ChannelCount(i64),
    /// There is no such peer.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// A number makes no sense.
    #[error(transparent)]
    Setting(SettingError),
}
