//! Where datagrams come from and go to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use enet_proto::Time;

pub mod udp;

/// Largest datagram that is read, in bytes: that of a DTLS handshake may have some certificates in one.
pub const MAX_DATAGRAM_SIZE: usize = 16 * 1024;

/// The local address of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BindAddress {
    /// Every interface, IPv6 and IPv4 where the system can.
    #[default]
    Any,
    /// One address.
    Ip(IpAddr),
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

/// Takes a datagram and its sender.
pub type Taker<'a> = &'a mut dyn FnMut(SocketAddr, &[u8]);

/// Waits for a [`Transport`]'s datagrams while others use it.
pub trait Watch: Send + Sync {
    /// As [`Transport::wait`], of what the system holds; also true for a [`Watch::wake`]. For one thread
    /// at a time.
    fn wait(&self, timeout: Duration) -> io::Result<bool>;

    /// Ends the wait that goes on, or else the next one.
    fn wake(&self);
}

/// One open socket, not blocking.
pub trait Transport: Send {
    /// Sends a datagram. Datagrams may get lost: an error only says that this one surely was.
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()>;

    /// Sends several datagrams to one address. `datagrams` has them back to back, each but the last
    /// with `size` bytes. Says how many left; the others are lost.
    fn send_batch(&mut self, to: SocketAddr, datagrams: &[u8], size: usize) -> usize {
        let sent = datagrams.chunks(size).map(|one| self.send(to, one));
        sent.filter(Result::is_ok).count()
    }

    /// Most datagrams worth handing to [`Transport::send_batch`] at a time; 1 where it gains
    /// nothing.
    fn largest_batch(&self) -> usize {
        1
    }

    /// Hands out datagrams that wait, as many as are convenient, and says how many; 0 when nothing
    /// waits. A datagram that is larger than the protocol allows may come cut, but stays too large.
    fn receive(&mut self, take: Taker<'_>) -> io::Result<usize>;

    /// Waits until a datagram can be received, or until the time is over: true for a datagram.
    ///
    /// Callers do this in a loop and rely on it for their rest, so there is no default. It must take
    /// no CPU time while it waits, must not return false before the time is over, and must count what
    /// an implementation holds back itself as much as what the system holds. What a signal interrupts
    /// is resumed. A zero timeout only looks. It may say true where [`Transport::receive`] then finds
    /// nothing, as long as receiving ends that. Where time is simulated, the time passes.
    fn wait(&mut self, timeout: Duration) -> io::Result<bool>;

    /// Something that waits in its place. What has none cannot be served by a thread of its own.
    fn watch(&mut self) -> io::Result<Arc<dyn Watch>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// When something that the transport holds back itself is due, on the clock of the host's calls;
    /// `None` while it holds nothing back. The time may have passed. A network thread waits no longer than
    /// until then, and then calls [`Transport::receive`], which also sends what is due to leave.
    fn next_due(&self) -> Option<Time> {
        None
    }

    /// Bytes that the system's buffers take, to receive and to send; 0 where they are not known. Linux
    /// counts its own bookkeeping too, at least as much again.
    fn buffer_sizes(&self) -> (usize, usize) {
        (0, 0)
    }

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
