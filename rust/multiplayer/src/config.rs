//! Options of servers, clients and lone hosts, and their limits.
//!
//! Numbers are as wide as a script's, so that the error can name a number that is out of range.

use crate::CreateError;
use enet_net::BindAddress;
use enet_proto::{HostConfig, Limits, MAX_CHANNELS, MAX_PEERS, Seed, Time};

/// After so long without a poll a network thread stops answering, unless the caller chooses another time.
pub const DEFAULT_STALL_TIMEOUT: Time = Time::from_secs(60);

/// Options of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerOptions {
    /// Local UDP port, 0 to 65535; 0 lets the system choose.
    pub port: i32,
    /// Largest number of clients at a time, 1 to 4095.
    pub max_clients: i32,
    /// Number of transfer channels that a client may use besides channel 0; 0 for the most, 253.
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

/// Options of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientOptions {
    /// The server's name or address.
    pub address: String,
    /// The server's UDP port, 1 to 65535.
    pub port: i32,
    /// Number of transfer channels that the client asks for besides channel 0; 0 for the most, 253.
    pub channels: i32,
    /// Incoming bandwidth in bytes per second, 0 for unlimited.
    pub in_bandwidth: i64,
    /// Outgoing bandwidth in bytes per second, 0 for unlimited.
    pub out_bandwidth: i64,
    /// Local UDP port, 0 to 65535. With 0 the system chooses one, and the bind address is ignored.
    pub local_port: i32,
    /// The id that this client will have, 2 or more. Clients choose theirs at random.
    pub unique_id: i32,
}

impl ClientOptions {
    /// Default options for a server at `address` and `port`. The caller still has to choose the id.
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

/// Options of a lone host: see [`crate::Connection::create`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostOptions {
    /// Local address, as a textual IP address or `*`, and UDP port, 0 to 65535. `None` stands for any
    /// address and a port that the system chooses.
    pub bind: Option<(String, i32)>,
    /// Largest number of peers at a time, 1 to 4095.
    pub max_peers: i32,
    /// Largest number of ENet channels of a connection, 0 for the most, 255.
    pub max_channels: i32,
    /// Incoming bandwidth in bytes per second, 0 for unlimited.
    pub in_bandwidth: i64,
    /// Outgoing bandwidth in bytes per second, 0 for unlimited.
    pub out_bandwidth: i64,
}

impl HostOptions {
    /// The checked local address and port.
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

/// A checked local port.
pub(crate) fn port(port: i32) -> Result<u16, CreateError> {
    u16::try_from(port).map_err(|_| CreateError::LocalPort(port))
}

/// A checked remote port, which unlike a local one cannot be 0.
pub(crate) fn remote_port(port: i32) -> Option<u16> {
    u16::try_from(port).ok().filter(|&port| port > 0)
}

/// The configuration of a lone host. Checks the numbers in Godot's order.
pub(crate) fn host_config(
    options: &HostOptions,
    seed: Seed,
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

/// The configuration of a host. Checks the numbers in Godot's order: peers, incoming bandwidth, outgoing
/// bandwidth.
pub(crate) fn checked_config(
    max_peers: i32,
    max_channels: usize,
    in_bandwidth: i64,
    out_bandwidth: i64,
    seed: Seed,
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
        is_guarded: true,
        offers_proof: true,
        limits: Limits::new(max_peers),
        seed,
        ..HostConfig::new(max_peers, 0, now)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_hosts_numbers_are_checked_in_godots_order() {
        let wrong = HostOptions {
            bind: None,
            max_peers: 0,
            max_channels: 256,
            in_bandwidth: -1,
            out_bandwidth: 1 << 32,
        };
        let error_of = |options: &HostOptions| {
            let config = host_config(options, 1.into(), Time::ZERO);
            config.err().map(|error| error.to_string())
        };
        let expect = |options: &HostOptions, text: &str| {
            let error = error_of(options).expect("a number is wrong");
            assert!(error.contains(text), "{error}");
        };
        expect(&wrong, "number of channels");
        let wrong = HostOptions {
            max_channels: 255,
            ..wrong
        };
        expect(&wrong, "number of peers");
        let wrong = HostOptions {
            max_peers: MAX_PEERS as i32,
            ..wrong
        };
        expect(&wrong, "incoming bandwidth");
        let wrong = HostOptions {
            in_bandwidth: u32::MAX.into(),
            ..wrong
        };
        expect(&wrong, "outgoing bandwidth");
        let right = HostOptions {
            out_bandwidth: 0,
            ..wrong
        };
        assert_eq!(error_of(&right), None);
    }

    #[test]
    fn ports_have_sixteen_bits_and_a_remote_one_is_not_zero() {
        assert!(port(-1).is_err() && port(65_536).is_err());
        assert!(matches!(port(0), Ok(0)));
        assert!(matches!(port(65_535), Ok(65_535)));
        assert_eq!(remote_port(0), None);
        assert_eq!(remote_port(65_536), None);
        assert_eq!(remote_port(65_535), Some(65_535));
    }

    #[test]
    fn a_bind_address_is_an_ip_address_or_a_star() {
        let bind = |address: &str| {
            let options = HostOptions {
                bind: Some((address.to_owned(), 7)),
                max_peers: 1,
                max_channels: 0,
                in_bandwidth: 0,
                out_bandwidth: 0,
            };
            options.bind_address()
        };
        assert!(matches!(bind("*"), Ok((BindAddress::Any, 7))));
        let local: std::net::IpAddr = "127.0.0.1".parse().expect("an address");
        assert!(matches!(bind("127.0.0.1"), Ok((BindAddress::Ip(ip), 7)) if ip == local));
        assert!(matches!(
            bind("localhost"),
            Err(CreateError::BindAddress(_))
        ));
    }
}
