//! The system's UDP sockets. No other file opens one.
//!
//! A large packet travels as many datagrams of one size, and Linux moves such a series through its
//! network stack as one unit (GSO when sending, GRO when receiving). GSO is used whenever several equal
//! datagrams go to one address. GRO is switched on for a socket once a sender has sent a long series:
//! it makes every single datagram slightly more expensive.
//!
//! Each system call sends to one address: sendmmsg was measured and gains nothing
//! (`cargo xtask bench core --only batches`). A call receives up to eight datagrams, from any senders, because a
//! host that finds fewer need not ask again.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

#[cfg_attr(
    not(any(target_os = "linux", target_os = "android")),
    path = "udp/no_batch.rs"
)]
mod batch;
#[cfg_attr(
    not(any(target_os = "linux", target_os = "android")),
    path = "udp/no_offload.rs"
)]
mod offload;
#[cfg_attr(not(unix), path = "udp/no_poll.rs")]
mod poll;
mod probe;
// The implementation of the other systems also works on Unix, where the tests run it.
#[cfg(all(test, unix))]
mod no_poll;
#[cfg(test)]
mod tests;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::names::{self, Resolution};
use crate::socket::{
    BindAddress, MAX_DATAGRAM_SIZE, Network, Poller, Probe, Taker, Transport, Waker,
};

/// Buffer size asked for, in bytes, in each direction. What a few hundred players send in one frame has to
/// fit.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;
/// Systems give this much without being asked.
const LEAST_SOCKET_BUFFER: usize = 256 * 1024;
/// Errors about earlier datagrams that one call of `receive` skips, at most.
const MAX_REPORTS: usize = 64;
/// One byte more than the largest datagram, so that an oversized datagram can be told from it.
const BUFFER_SIZE: usize = MAX_DATAGRAM_SIZE + 1;
/// A series of this many large datagrams from one sender is taken for the fragments of a large packet.
const PARTS_IN_A_ROW: u32 = 8;
const LARGE: usize = 512;

/// The system's network.
#[derive(Debug, Clone, Copy, Default)]
pub struct Udp;

impl Network for Udp {
    fn bind(&self, address: BindAddress, port: u16) -> io::Result<Box<dyn Transport>> {
        let socket = match address {
            BindAddress::Ip(ip) => UdpTransport::open(SocketAddr::new(ip, port), false),
            // One socket serves both families. Systems without IPv6 fall back to IPv4.
            BindAddress::Any => {
                UdpTransport::open(SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port), true)
                    .or_else(|error| match error.kind() {
                        ErrorKind::AddrInUse | ErrorKind::PermissionDenied => Err(error),
                        _ => UdpTransport::open((Ipv4Addr::UNSPECIFIED, port).into(), false),
                    })
            }
        }?;
        Ok(Box::new(socket))
    }

    fn resolve(&self, host: &str, port: u16) -> Resolution {
        names::resolve(host, port)
    }

    fn probe(&self, to: SocketAddr) -> Option<Box<dyn Probe>> {
        Some(Box::new(probe::UdpProbe::send(to).ok()?))
    }
}

struct UdpTransport {
    socket: Arc<UdpSocket>,
    is_ipv6: bool,
    /// Whether GSO works. Not every network device supports it.
    sends_batches: bool,
    /// Receives with GRO, once it is switched on.
    joined: Option<offload::Joined>,
    can_join: bool,
    buffer: Box<[u8; BUFFER_SIZE]>,
    /// Whether the last call that received found nothing more.
    is_drained: bool,
    /// How many datagrams a call is expected to find, from what the last ones found.
    expected: usize,
    /// The sender of the current series of large datagrams, and the length of the series.
    in_a_row: (Option<SocketAddr>, u32),
}

impl UdpTransport {
    fn open(address: SocketAddr, both_families: bool) -> io::Result<Self> {
        let domain = Domain::for_address(address);
        let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        if both_families {
            socket.set_only_v6(false)?;
        }
        socket.set_nonblocking(true)?;
        // ENet allows broadcast addresses. The socket works without this and with smaller buffers, so
        // a refusal by the system is ignored.
        let _ = socket.set_broadcast(true);
        enlarge(|size| socket.set_recv_buffer_size(size));
        enlarge(|size| socket.set_send_buffer_size(size));
        socket.bind(&address.into())?;
        Ok(Self {
            socket: Arc::new(socket.into()),
            is_ipv6: address.is_ipv6(),
            sends_batches: offload::LARGEST_BATCH > 1,
            joined: None,
            can_join: true,
            buffer: Box::new([0; BUFFER_SIZE]),
            is_drained: false,
            expected: batch::SIZE,
            in_a_row: (None, 0),
        })
    }

    fn destination(&self, to: SocketAddr) -> SocketAddr {
        match to.ip() {
            IpAddr::V4(ip) if self.is_ipv6 => (ip.to_ipv6_mapped(), to.port()).into(),
            _ => to,
        }
    }

    fn receive_plain(&mut self, take: Taker<'_>, in_batches: bool) -> io::Result<usize> {
        let in_a_row = &mut self.in_a_row;
        let mut longest = 0;
        let mut taken = |from: SocketAddr, datagram: &[u8]| {
            take(unmapped(from), datagram);
            let is_large = (LARGE..BUFFER_SIZE).contains(&datagram.len());
            *in_a_row = match *in_a_row {
                (Some(last), count) if is_large && last == from => (Some(from), count + 1),
                _ => (is_large.then_some(from), 1),
            };
            longest = longest.max(in_a_row.1);
        };
        let count = if in_batches && batch::SIZE > 1 {
            let most = self.expected + 1;
            let count = batch::receive(&self.socket, self.is_ipv6, most, &mut taken)?;
            self.is_drained = count < batch::SIZE.min(most);
            // Room that stays empty costs a little.
            self.expected = count.clamp(self.expected / 2, batch::SIZE);
            count
        } else {
            let (size, from) = self.socket.recv_from(&mut *self.buffer)?;
            taken(from, &self.buffer[..size]);
            1
        };
        if longest >= PARTS_IN_A_ROW && self.can_join {
            self.joined = offload::Joined::begin(&self.socket);
            self.can_join = self.joined.is_some();
        }
        Ok(count)
    }

    fn receive_any(&mut self, take: Taker<'_>, in_batches: bool) -> io::Result<usize> {
        self.is_drained = false;
        for _ in 0..MAX_REPORTS {
            let received = match &mut self.joined {
                Some(joined) => receive_joined(joined, &self.socket, take),
                None => self.receive_plain(take, in_batches),
            };
            match received {
                Ok(count) => return Ok(count),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Ok(0),
                    kind if is_report(kind) => {}
                    _ if is_oversized(&error) => {
                        take(unknown_sender(), &[0; BUFFER_SIZE]);
                        return Ok(1);
                    }
                    _ => return Err(error),
                },
            }
        }
        Ok(0)
    }
}

struct UdpPoller {
    socket: Arc<UdpSocket>,
    alarm: Arc<poll::Alarm>,
}

impl Poller for UdpPoller {
    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        poll::wait(&self.socket, Some(&self.alarm), timeout)
    }
}

impl Waker for poll::Alarm {
    fn wake(&self) {
        self.set();
    }
}

fn receive_joined(
    joined: &mut offload::Joined,
    socket: &UdpSocket,
    take: Taker<'_>,
) -> io::Result<usize> {
    let (from, datagrams, size) = joined.receive(socket)?;
    let from = unmapped(from);
    let mut count = 0;
    for datagram in datagrams.chunks(size) {
        take(from, datagram);
        count += 1;
    }
    // `chunks` has nothing for an empty datagram, which counts as one.
    Ok(count.max(1))
}

impl Transport for UdpTransport {
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        self.socket
            .send_to(datagram, self.destination(to))
            .map(|_| ())
    }

    fn send_batch(&mut self, to: SocketAddr, datagrams: &[u8], size: usize) -> usize {
        if self.sends_batches {
            match offload::send(&self.socket, self.destination(to), datagrams, size) {
                Ok(()) => return datagrams.len().div_ceil(size),
                // The send buffer is full. Sending one by one would not change that.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return 0,
                // The network device, or its MTU, does not support GSO.
                Err(_) => self.sends_batches = false,
            }
        }
        let sent = datagrams.chunks(size).map(|one| self.send(to, one));
        sent.filter(Result::is_ok).count()
    }

    fn largest_batch(&self) -> usize {
        match self.sends_batches {
            true => offload::LARGEST_BATCH,
            false => 1,
        }
    }

    fn receive(&mut self, take: Taker<'_>) -> io::Result<usize> {
        self.receive_any(take, false)
    }

    fn receive_batch(&mut self, take: Taker<'_>) -> io::Result<usize> {
        self.receive_any(take, true)
    }

    fn is_drained(&self) -> bool {
        self.is_drained
    }

    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        poll::wait(&self.socket, None, timeout)
    }

    fn poller(&mut self) -> io::Result<(Box<dyn Poller>, Arc<dyn Waker>)> {
        let alarm = Arc::new(poll::Alarm::new()?);
        let poller = UdpPoller {
            socket: Arc::clone(&self.socket),
            alarm: Arc::clone(&alarm),
        };
        Ok((Box::new(poller), alarm))
    }

    fn buffer_sizes(&self) -> (usize, usize) {
        let socket = SockRef::from(&self.socket);
        (
            socket.recv_buffer_size().unwrap_or(0),
            socket.send_buffer_size().unwrap_or(0),
        )
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// Makes a socket buffer as large as the system allows. Linux and Windows cut a larger request to their
/// limit; other systems refuse it.
fn enlarge(mut set: impl FnMut(usize) -> io::Result<()>) {
    let mut size = SOCKET_BUFFER;
    while set(size).is_err() && size > LEAST_SOCKET_BUFFER {
        size /= 2;
    }
}

/// Whether an error of `receive` reports the fate of an earlier datagram, as Windows does after an ICMP
/// message. The socket itself is fine.
fn is_report(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::Interrupted
    )
}

/// Turns an IPv4-mapped IPv6 address back into an IPv4 address. A socket for both families reports mapped
/// addresses.
pub fn unmapped(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(ip) => (ip, v6.port()).into(),
            // Unchanged: a link-local address needs its scope.
            None => address,
        },
        SocketAddr::V4(_) => address,
    }
}

/// Whether an error says that a datagram was larger than the buffer. Windows reports that; other systems
/// cut the datagram.
fn is_oversized(error: &io::Error) -> bool {
    const WSAEMSGSIZE: i32 = 10040;
    cfg!(windows) && error.raw_os_error() == Some(WSAEMSGSIZE)
}

fn unknown_sender() -> SocketAddr {
    (Ipv4Addr::UNSPECIFIED, 0).into()
}
