//! Where datagrams come from and go to.

use std::io;
use std::net::{IpAddr, SocketAddr};

pub mod udp;

/// The local address of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BindAddress {
    /// Every interface, IPv6 and IPv4 where the system can.
    #[default]
    Any,
    /// One address.
    Ip(IpAddr),
}

/// One open socket, not blocking.
pub trait Transport {
    /// Sends a datagram. Datagrams may get lost: an error only says that this one surely was.
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()>;

    /// Takes the next waiting datagram into `buffer` and says its length and sender. `None` when
    /// nothing waits. A datagram that does not fit in `buffer` fills it.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>>;

    /// The local address.
    fn local_address(&self) -> io::Result<SocketAddr>;
}

/// A network: opens sockets and knows names.
pub trait Network {
    /// Opens a socket. Port 0 lets the system choose.
    fn bind(&self, address: BindAddress, port: u16) -> io::Result<Box<dyn Transport>>;

    /// Finds the address behind a name or a textual address.
    fn resolve(&self, host: &str, port: u16) -> io::Result<SocketAddr>;
}
