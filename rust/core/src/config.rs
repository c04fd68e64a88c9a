//! Settings of servers and clients, and their limits.
//!
//! Numbers are as wide as a script's, so that nonsense arrives here and is named in the error.

use std::net::IpAddr;

use crate::channel;
use crate::engine::{EngineConfig, MAX_PEERS};
use crate::{BindAddress, CreateError, Time};

/// Settings of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerOptions {
    /// Local UDP port, 0 to 65535; 0 lets the system choose.
    pub port: i32,
    /// Most clients at a time, 1 to 4095.
    pub max_clients: i32,
    /// Transfer channels a client may use besides channel 0; 0 for as many as there are (253).
    pub max_channels: i32,
    /// Incoming bandwidth in bytes per second, 0 for unlimited.
    pub in_bandwidth: i32,
    /// Outgoing bandwidth in bytes per second, 0 for unlimited.
    pub out_bandwidth: i32,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            port: 0,
            max_clients: 32,
            max_channels: 0,
            in_bandwidth: 0,
            out_bandwidth: 0,
        }
    }
}

/// Settings of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientOptions {
    /// The server's name or address.
    pub address: String,
    /// The server's UDP port, 1 to 65535.
    pub port: i32,
    /// Transfer channels wanted besides channel 0; 0 for as many as there are (253).
    pub channels: i32,
    /// Incoming bandwidth in bytes per second, 0 for unlimited.
    pub in_bandwidth: i32,
    /// Outgoing bandwidth in bytes per second, 0 for unlimited.
    pub out_bandwidth: i32,
    /// Local UDP port, 0 lets the system choose (and ignores the bind address).
    pub local_port: i32,
    /// The id this client will have, 2 or more; choose it at random.
    pub unique_id: i32,
}

impl ClientOptions {
    /// Default settings for a server at `address` and `port`. The id still has to be chosen.
    pub fn new(address: &str, port: i32) -> Self {
        Self {
            address: address.to_owned(),
            port,
            channels: 0,
            in_bandwidth: 0,
            out_bandwidth: 0,
            local_port: 0,
            unique_id: 0,
        }
    }
}

impl BindAddress {
    /// Reads `*` or a textual IP address.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "*" => Some(Self::Any),
            text => text.parse::<IpAddr>().ok().map(Self::Ip),
        }
    }
}

pub(crate) fn port(port: i32) -> Result<u16, CreateError> {
    u16::try_from(port).map_err(|_| CreateError::LocalPort(port))
}

pub(crate) fn remote_port(port: i32) -> Result<u16, CreateError> {
    match u16::try_from(port) {
        Ok(port @ 1..) => Ok(port),
        _ => Err(CreateError::RemotePort(port)),
    }
}

/// Checks the numbers of a host, in Godot's order: peers, incoming, outgoing bandwidth.
pub(crate) fn engine_config(
    max_peers: i32,
    user_channels: i32,
    in_bandwidth: i32,
    out_bandwidth: i32,
    seed: u32,
    now: Time,
) -> Result<EngineConfig, CreateError> {
    let max_peers = usize::try_from(max_peers)
        .ok()
        .filter(|count| (1..=MAX_PEERS).contains(count))
        .ok_or(CreateError::MaxPeers(max_peers))?;
    Ok(EngineConfig {
        max_channels: channel::wire_count(user_channels),
        in_bandwidth: u32::try_from(in_bandwidth)
            .map_err(|_| CreateError::InBandwidth(in_bandwidth))?,
        out_bandwidth: u32::try_from(out_bandwidth)
            .map_err(|_| CreateError::OutBandwidth(out_bandwidth))?,
        ..EngineConfig::new(max_peers, seed, now)
    })
}
