//! Settings of servers and clients, and their limits.
//!
//! Numbers are as wide as a script's, so that nonsense arrives here and is named in the error.

use crate::CreateError;
use enet_net::BindAddress;
use enet_proto::Time;
use enet_proto::{HostConfig, MAX_CHANNELS, MAX_PEERS};

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
    pub in_bandwidth: i64,
    /// Outgoing bandwidth in bytes per second, 0 for unlimited.
    pub out_bandwidth: i64,
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
    pub in_bandwidth: i64,
    /// Outgoing bandwidth in bytes per second, 0 for unlimited.
    pub out_bandwidth: i64,
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

/// Settings of a lone host, as [`crate::Connection`] has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostOptions {
    /// Local address (a textual IP address, or `*`) and UDP port; any, if there is none.
    pub bind: Option<(String, i32)>,
    /// Most peers at a time, 1 to 4095.
    pub max_peers: i32,
    /// Most ENet channels granted to those who connect, 0 for as many as there are (255).
    pub max_channels: i32,
    /// Incoming bandwidth in bytes per second, 0 for unlimited.
    pub in_bandwidth: i64,
    /// Outgoing bandwidth in bytes per second, 0 for unlimited.
    pub out_bandwidth: i64,
}

impl HostOptions {
    pub(crate) fn bind_address(&self) -> Result<(BindAddress, u16), CreateError> {
        match &self.bind {
            None => Ok((BindAddress::Any, 0)),
            Some((address, number)) => {
                let address = BindAddress::parse(address)
                    .ok_or_else(|| CreateError::BindAddress(address.clone()))?;
                Ok((address, port(*number)?))
            }
        }
    }
}

pub(crate) fn port(port: i32) -> Result<u16, CreateError> {
    u16::try_from(port).map_err(|_| CreateError::LocalPort(port))
}

/// Only a remote port of 0 has no meaning.
pub(crate) fn remote_port(port: i32) -> Option<u16> {
    u16::try_from(port).ok().filter(|&port| port > 0)
}

/// Checks the numbers of a lone host, in Godot's order.
pub(crate) fn host_config(
    options: &HostOptions,
    seed: u32,
    now: Time,
) -> Result<HostConfig, CreateError> {
    let channels = match usize::try_from(options.max_channels) {
        Ok(0) => MAX_CHANNELS,
        Ok(count @ 1..=MAX_CHANNELS) => count,
        _ => return Err(CreateError::MaxChannels(options.max_channels)),
    };
    checked_config(
        options.max_peers,
        channels,
        options.in_bandwidth,
        options.out_bandwidth,
        seed,
        now,
    )
}

/// Checks the numbers of a host, in Godot's order: peers, incoming, outgoing bandwidth.
pub(crate) fn checked_config(
    max_peers: i32,
    max_channels: usize,
    in_bandwidth: i64,
    out_bandwidth: i64,
    seed: u32,
    now: Time,
) -> Result<HostConfig, CreateError> {
    let max_peers = usize::try_from(max_peers)
        .ok()
        .filter(|count| (1..=MAX_PEERS).contains(count))
        .ok_or(CreateError::MaxPeers(max_peers))?;
    Ok(HostConfig {
        max_channels,
        in_bandwidth: u32::try_from(in_bandwidth)
            .map_err(|_| CreateError::InBandwidth(in_bandwidth))?,
        out_bandwidth: u32::try_from(out_bandwidth)
            .map_err(|_| CreateError::OutBandwidth(out_bandwidth))?,
        answers_refused: true,
        ..HostConfig::new(max_peers, seed, now)
    })
}
