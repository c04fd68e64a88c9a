//! The errors, one enum per operation. Their texts name the cause and end up in Godot's error log. Bytes
//! from the network never cause an error.

use std::io;

mod bind;

/// The reason why a server, client, mesh or host was not created. The object stays usable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// There is a server, client, mesh or host already.
    #[error("the object is already active and has to be closed first")]
    AlreadyActive,
    /// The bind address is neither an IP address nor `*`.
    #[error("the bind address must be an IP address or \"*\", not \"{0}\"")]
    BindAddress(String),
    /// The local port is not 0 to 65535.
    #[error("the local port must be 0 to 65535, not {0}")]
    LocalPort(i32),
    /// The number of peers is not 1 to 4095.
    #[error("the number of peers must be 1 to 4095, not {0}")]
    MaxPeers(i32),
    /// The number of channels is not 0 to 255.
    #[error("the number of channels must be 0 to 255, not {0}")]
    MaxChannels(i32),
    /// The incoming bandwidth is negative or has more than 32 bits.
    #[error("the incoming bandwidth must be 0 to 4294967295 bytes per second, not {0}")]
    InBandwidth(i64),
    /// The outgoing bandwidth is negative or has more than 32 bits.
    #[error("the outgoing bandwidth must be 0 to 4294967295 bytes per second, not {0}")]
    OutBandwidth(i64),
    /// A peer of this kind cannot have the id.
    #[error("the unique id must be {least} to 2147483647, not {id}")]
    UniqueId {
        /// The requested id.
        id: i64,
        /// The smallest possible id.
        least: i32,
    },
    /// The socket could not be opened, for example because the port is in use.
    #[error("could not open UDP port {port} of address {address}: {error}{}", bind::hint(.error, *.port))]
    Bind {
        /// The requested address.
        address: String,
        /// The requested port.
        port: u16,
        /// The system's error.
        error: io::Error,
    },
    /// The system started no thread, or the socket cannot be served by one.
    #[error("could not start the network thread: {0}")]
    Thread(io::Error),
    /// The remote port is not 1 to 65535.
    #[error("the remote port must be 1 to 65535, not {0}")]
    RemotePort(i32),
    /// The system found no address for the name.
    #[error("could not resolve \"{host}\": {error}")]
    Resolve {
        /// The name.
        host: String,
        /// The system's error.
        error: io::Error,
    },
    /// The host has no free slot for the connection.
    #[error("the host has no free peer slot")]
    NoFreeSlot,
    /// Godot 3 had no meshes, so its format has no place for them.
    #[error("a mesh cannot use Godot 3's wire protocol")]
    MeshOfGodot3,
}

/// The reason why a connection was not begun.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There is no host.
    #[error("the connection is not active")]
    Inactive,
    /// A host that connects has one peer at a time.
    #[error("the connection already has a peer")]
    HasPeer,
    /// The remote port is not 1 to 65535.
    #[error("the remote port must be 1 to 65535, not {0}")]
    RemotePort(i32),
    /// The system found no address for the name.
    #[error("could not resolve \"{host}\": {error}")]
    Resolve {
        /// The name.
        host: String,
        /// The system's error.
        error: io::Error,
    },
    /// The host has no free slot for the connection.
    #[error("the host has no free peer slot")]
    NoFreeSlot,
    /// The host is a DTLS server, which accepts encrypted sessions and begins none.
    #[error("a DTLS server does not connect; give it another host with dtls_client_setup")]
    DtlsServer,
}

/// The reason why a host was not encrypted.
#[cfg(feature = "dtls")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// There is no host.
    #[error("the connection is not active")]
    Inactive,
    /// The host is encrypted, which cannot be changed.
    #[error("the connection is encrypted already")]
    AlreadyEncrypted,
}

/// The reason why a packet was not queued, where the caller names ENet's channel and flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacketError {
    /// There is no host, or the peer's connection is over.
    #[error("the connection is not active")]
    Inactive,
    /// The number is negative, or beyond the first one that is too high.
    #[error("{}", no_channel(*.channel, *.count))]
    Channel {
        /// The number.
        channel: i64,
        /// How many channels there are.
        count: usize,
    },
    /// The number is the first one that is too high, for which Godot returns another error.
    #[error("{}", no_channel(*.channel, *.count))]
    NoSuchChannel {
        /// The number.
        channel: i64,
        /// How many channels there are.
        count: usize,
    },
    /// Bits are set that are no flags.
    #[error(
        "the flags must be made of FLAG_RELIABLE, FLAG_UNSEQUENCED and FLAG_UNRELIABLE_FRAGMENT, not {0}"
    )]
    Flags(i64),
    /// The peer is not connected yet, or is disconnecting.
    #[error("the peer is not connected")]
    NotConnected,
    /// The packet has more than 32 MiB.
    #[error("a packet can have 33554432 bytes at most, not {0}")]
    TooLarge(usize),
    /// More than the limit waits to be sent to the peer.
    #[error("too much waits to be sent to the peer, which does not receive it fast enough")]
    QueueFull,
}

/// The reason why a raw datagram was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RawSendError {
    /// There is no host.
    #[error("the connection is not active")]
    Inactive,
    /// The destination port is not 1 to 65535.
    #[error("the destination port must be 1 to 65535, not {0}")]
    RemotePort(i32),
    /// The system found no address for the name.
    #[error("could not resolve \"{host}\": {error}")]
    Resolve {
        /// The name.
        host: String,
        /// The system's error.
        error: io::Error,
    },
    /// Too many datagrams wait for the addresses of names.
    #[error(
        "the address of \"{0}\" is not known yet, and too many datagrams wait for addresses; send them to an IP \
         address"
    )]
    TooManyWait(String),
    /// The system refused to send the datagram.
    #[error("could not send the datagram: {0}")]
    Send(io::Error),
}

/// The reason why a packet was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// There is no server, client or mesh.
    #[error("the peer is not active")]
    Inactive,
    /// The client's connection is not up yet.
    #[error("the peer is not connected")]
    NotConnected,
    /// The target names no peer that this one can send to.
    #[error("the target peer {0} is not connected to this peer")]
    UnknownTarget(i32),
    /// The transfer channel is more than 253, or than 252 in Godot 3's format.
    #[error("the transfer channel must be 0 to 253 (252 with WIRE_GODOT3), not {0}")]
    InvalidChannel(i32),
    /// The connection to the recipient has fewer channels.
    #[error("the connection to peer {peer} has no transfer channel {channel}")]
    NoSuchChannel {
        /// The recipient.
        peer: i32,
        /// The transfer channel.
        channel: i32,
    },
    /// The packet has more than 32 MiB.
    #[error("a packet can have 33554432 bytes at most, not {0}")]
    TooLarge(usize),
    /// More than the limit waits to be sent to the recipient.
    #[error("too much waits to be sent to peer {0}, which does not receive it fast enough")]
    QueueFull(i32),
}

/// The object of a call has no host or session, which the call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the object is not active")]
pub struct Inactive;

/// The reason why a network was not banned, or its ban not lifted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BanError {
    /// The text names no address and no network.
    #[error("\"{0}\" is neither an IP address nor a network like 10.0.0.0/8")]
    NotANetwork(String),
    /// The duration is no number of seconds.
    #[error("{0} is not a number of seconds: 0 for ever, or more")]
    Seconds(f64),
    /// The list is full.
    #[error("{0} networks are banned already; ban larger networks instead")]
    TooMany(usize),
}

/// The reason why a setting of a peer or host was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// There is no host, or the peer's connection is over.
    #[error("the connection is not active")]
    Inactive,
    /// The number is negative or has more than 32 bits.
    #[error("the {name} must be 0 to 4294967295, not {value}")]
    OutOfRange {
        /// The name of the setting.
        name: &'static str,
        /// The number.
        value: i64,
    },
    /// The three times are not in ascending order.
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

/// The reason why a host was not added to a mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MeshError {
    /// The session is not a mesh, and only a mesh takes hosts.
    #[error("hosts can only be added to a mesh")]
    NotAMesh,
    /// The host has a session already.
    #[error("the host belongs to another multiplayer peer or is in this mesh already")]
    InUse,
    /// The host does not have exactly one peer.
    #[error("the host must have exactly one peer, not {0}")]
    PeerCount(usize),
    /// The connection of the host's peer is not up.
    #[error("the host's peer must be connected")]
    NotConnected,
    /// The system started no thread, or the socket cannot be served by one.
    #[error("could not start the network thread: {0}")]
    Thread(std::io::ErrorKind),
}

/// The reason why a call that names a peer did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// There is no server, client or mesh.
    #[error("the peer is not active")]
    Inactive,
    /// The session has no connection to a peer with this id.
    #[error("peer {0} is not connected to this peer")]
    UnknownPeer(i32),
    /// The address of the peer is not known yet.
    #[error("the host name of peer {0} is still being resolved")]
    Unresolved(i32),
}

/// The reason why a call of Godot 3's interface did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LegacyError {
    /// The setting takes effect when a session begins, so it is fixed meanwhile.
    #[error("the setting cannot be changed while the peer is active")]
    Active,
    /// The number of channels is not 3 to 255.
    #[error("the number of channels must be 3 to 255, not {0}")]
    ChannelCount(i64),
    /// The peer is unknown, or there is no session.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// A number is out of range.
    #[error(transparent)]
    Setting(SettingError),
}
