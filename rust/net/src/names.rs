//! From the names of hosts to their addresses.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use crate::udp::unmapped;

mod lookups;
#[cfg(test)]
mod tests;

use lookups::Lookups;
pub use lookups::{Answer, Lookup};

/// How long [`resolve`] waits for an answer: about a frame. Names of the hosts file, and most names that do not
/// exist, are answered faster.
const PATIENCE: Duration = Duration::from_millis(20);
/// The longest name of the DNS, in bytes.
const MAX_NAME: usize = 253;

static LOOKUPS: Lookups = Lookups::new(ask_system);

/// Result of [`crate::Network::resolve`].
#[derive(Debug)]
pub enum Resolution {
    /// The address, or why there is none.
    Done(io::Result<SocketAddr>),
    /// The name servers have not answered yet.
    Pending(Lookup),
}

/// Resolves a name or a textual address. Addresses are resolved at once. For a name a thread asks the system, as the
/// system waits for its name servers and cannot be interrupted; the call waits [`PATIENCE`] at most.
pub fn resolve(host: &str, port: u16) -> Resolution {
    let host = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Resolution::Done(Ok(unmapped(SocketAddr::new(ip, port))));
    }
    if is_scoped(host) {
        // The system knows its interfaces.
        return Resolution::Done(ask_system(host).map(|found| with_port(found, port)));
    }
    if let Err(cause) = check_name(host) {
        return Resolution::Done(Err(io::Error::new(ErrorKind::InvalidInput, cause)));
    }
    let lookup = match LOOKUPS.begin(host, port) {
        Ok(lookup) => lookup,
        Err(error) => return Resolution::Done(Err(error)),
    };
    match lookup.wait(PATIENCE) {
        Some(found) => Resolution::Done(found),
        None => Resolution::Pending(lookup),
    }
}

/// Waits until no thread looks up a name any more; false if the time is over before. Names that wait for a thread
/// are forgotten. For a library that is about to be unloaded: the code of the threads must not vanish.
pub fn await_lookups(limit: Duration) -> bool {
    LOOKUPS.end(limit)
}

/// Asks the system for an address, of any port. Prefers an IPv4 address: many servers listen on nothing else.
fn ask_system(host: &str) -> io::Result<SocketAddr> {
    let addresses: Vec<_> = (host, 0).to_socket_addrs()?.collect();
    let ipv4 = addresses.iter().find(|address| address.is_ipv4());
    ipv4.or(addresses.first())
        .map(|&address| unmapped(address))
        .ok_or_else(|| io::Error::new(ErrorKind::NotFound, "the name has no address"))
}

fn with_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    address.set_port(port);
    address
}

/// Whether the text is an IPv6 address with the interface to use.
fn is_scoped(host: &str) -> bool {
    host.split_once('%')
        .is_some_and(|(ip, _)| ip.parse::<Ipv6Addr>().is_ok())
}

/// Refuses what cannot be the name of a host, so that no name server is asked for it.
fn check_name(host: &str) -> Result<(), &'static str> {
    let is_foreign = |c: char| c.is_whitespace() || c.is_control() || ":/\\?#@*[]%".contains(c);
    if host.is_empty() {
        return Err("the name is empty");
    }
    if host.len() > MAX_NAME {
        return Err("a host name has 253 characters at most");
    }
    if host.contains(is_foreign) {
        return Err("this is neither a host name nor an IP address");
    }
    // RFC 6761: such names never exist, and are not to be asked for.
    if host.ends_with(".invalid") {
        return Err("names in .invalid do not exist");
    }
    let mut parts = host.split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if parts.clone().count() == 4 && parts.all(is_number) {
        return Err("this is no IPv4 address: each of the four numbers must be 0 to 255");
    }
    Ok(())
}
