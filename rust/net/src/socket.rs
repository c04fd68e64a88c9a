//! Interfaces to the network: sockets, waiting for them, opening them.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use enet_proto::Time;

use crate::names::Resolution;

/// Largest datagram that is read, in bytes. A datagram of a DTLS handshake may hold several certificates.
pub const MAX_DATAGRAM_SIZE: usize = 16 * 1024;

/// The local address of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BindAddress {
    /// Every interface, on IPv6 and IPv4 where the system supports both.
    #[default]
    Any,
    /// One address.
    Ip(IpAddr),
}

impl BindAddress {
    /// Parses `*` or a textual IP address.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "*" => Some(Self::Any),
            text => text.parse::<IpAddr>().ok().map(Self::Ip),
        }
    }
}

/// Receives a datagram and its sender.
pub type Taker<'a> = &'a mut dyn FnMut(SocketAddr, &[u8]);

/// Waits for the datagrams of a [`Transport`], on a thread that does not hold the transport.
pub trait Poller: Send {
    /// Waits as [`Transport::wait`] does. The [`Waker`] also ends the wait, with true.
    fn wait(&mut self, timeout: Duration) -> io::Result<bool>;
}

/// Ends the wait of a [`Poller`].
pub trait Waker: Send + Sync {
    /// Ends the current wait, or else the next one.
    fn wake(&self);
}

/// An open, non-blocking datagram socket.
pub trait Transport: Send {
    /// Sends a datagram. A network may lose any datagram; an error says that this one was not sent.
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()>;

    /// Sends several datagrams to one address and returns how many were sent; the others are lost.
    /// `datagrams` holds them back to back. Each has `size` bytes, but the last may be smaller.
    fn send_batch(&mut self, to: SocketAddr, datagrams: &[u8], size: usize) -> usize {
        let sent = datagrams.chunks(size).map(|one| self.send(to, one));
        sent.filter(Result::is_ok).count()
    }

    /// Most datagrams that [`Transport::send_batch`] sends in one system call; 1 where it gains nothing.
    fn largest_batch(&self) -> usize {
        1
    }

    /// Passes waiting datagrams to `take`, as many as one system call reads, and returns their number; 0
    /// when none waits. A datagram larger than [`MAX_DATAGRAM_SIZE`] may be cut, to a size that is still
    /// larger.
    fn receive(&mut self, take: Taker<'_>) -> io::Result<usize>;

    /// The same, for callers on a thread that lives long: the transport may read several datagrams with one
    /// system call, and keep what it needs for that as long as the process lives.
    fn receive_batch(&mut self, take: Taker<'_>) -> io::Result<usize> {
        self.receive(take)
    }

    /// Whether the last [`Transport::receive_batch`] found that no more datagrams waited, so that another call would
    /// be in vain. False where the transport cannot tell.
    fn is_drained(&self) -> bool {
        false
    }

    /// Waits until a datagram can be received, or until the time is over. True for a datagram.
    ///
    /// Callers loop around this call, so an implementation must not use CPU time while it waits and must
    /// not return false before the time is over. Datagrams that the implementation itself holds back
    /// count as much as those that the system holds. A signal does not end the wait. A timeout of zero
    /// checks without waiting. The result may be true where [`Transport::receive`] then finds nothing, as
    /// long as that call clears the condition. A simulated network lets its time pass.
    fn wait(&mut self, timeout: Duration) -> io::Result<bool>;

    /// A poller that waits in the transport's place, and its waker. A host on a transport without them
    /// cannot have a network thread.
    fn poller(&mut self) -> io::Result<(Box<dyn Poller>, Arc<dyn Waker>)> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// When datagrams that the transport itself holds back are due, on the clock of the host's calls;
    /// `None` while it holds none back. The time may have passed. A host waits no longer than until
    /// then, and then calls [`Transport::receive`], which also sends what is due to leave.
    fn next_due(&self) -> Option<Time> {
        None
    }

    /// Sizes of the system's receive and send buffers in bytes; 0 where they are not known. On Linux at
    /// least half of it is bookkeeping of the system.
    fn buffer_sizes(&self) -> (usize, usize) {
        (0, 0)
    }

    /// The local address.
    fn local_address(&self) -> io::Result<SocketAddr>;

    /// What happened to the socket as a whole since the last call, if something did.
    fn take_mishap(&mut self) -> Option<Mishap> {
        None
    }
}

/// A socket that stopped working: a system closes those of suspended apps. Nothing that a remote sends has this effect.
#[derive(Debug)]
pub enum Mishap {
    /// It died of this error, and another one was opened at the same local address. Connections live on, and datagrams
    /// that were on their way are lost.
    Reopened(io::Error),
    /// It died, and for some seconds no other could be opened, for this error. Attempts go on.
    Lost(io::Error),
}

/// Opens sockets and resolves names.
pub trait Network {
    /// Opens a socket. Port 0 lets the system choose.
    fn bind(&self, address: BindAddress, port: u16) -> io::Result<Box<dyn Transport>>;

    /// Resolves a name or a textual address. Does not wait for the answer of a name server for longer than a frame.
    fn resolve(&self, host: &str, port: u16) -> Resolution;

    /// Asks whether anybody listens at an address, with an empty datagram from a socket of its own. `None` where the network
    /// cannot tell.
    fn probe(&self, _to: SocketAddr) -> Option<Box<dyn Probe>> {
        None
    }
}

/// A question to an address.
pub trait Probe: Send {
    /// Whether the system of the address said that nobody listens there. It may say nothing, or say so later.
    fn is_refused(&mut self) -> bool;
}
