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
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

#[cfg_attr(
    not(any(target_os = "linux", target_os = "android")),
    path = "udp/no_batch.rs"
)]
mod batch;
mod errors;
mod keeper;
#[cfg_attr(
    not(any(target_os = "linux", target_os = "android")),
    path = "udp/no_offload.rs"
)]
mod offload;
mod opening;
#[cfg_attr(not(unix), path = "udp/no_poll.rs")]
mod poll;
mod probe;
mod revival;
// The implementation of the other systems also works on Unix, where the tests run it.
#[cfg(all(test, unix))]
mod no_poll;
#[cfg(test)]
mod tests;

use errors::{is_dead, is_oversized, is_report};
use keeper::Keeper;
use opening::Opening;
use socket2::SockRef;

use crate::names::{self, Resolution};
use crate::socket::{
    BindAddress, MAX_DATAGRAM_SIZE, Mishap, Network, Poller, Probe, Taker, Transport, Waker,
};

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
        let socket = Opening::choose(address, port, UdpTransport::open)?;
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
    kept: Keeper,
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
    fn open(opening: Opening) -> io::Result<Self> {
        Ok(Self::on(Keeper::open(opening)?))
    }

    fn on(kept: Keeper) -> Self {
        Self {
            kept,
            sends_batches: offload::LARGEST_BATCH > 1,
            joined: None,
            can_join: true,
            buffer: Box::new([0; BUFFER_SIZE]),
            is_drained: false,
            expected: batch::SIZE,
            in_a_row: (None, 0),
        }
    }

    fn destination(&self, to: SocketAddr) -> SocketAddr {
        match to.ip() {
            IpAddr::V4(ip) if self.kept.is_ipv6() => (ip.to_ipv6_mapped(), to.port()).into(),
            _ => to,
        }
    }

    /// Puts a new socket in the place of a dead one. True if there is one.
    #[cold]
    fn replace(&mut self, error: &io::Error) -> bool {
        self.joined = None;
        self.can_join = true;
        self.is_drained = false;
        self.kept.replace(error)
    }

    fn receive_plain(&mut self, take: Taker<'_>, in_batches: bool) -> io::Result<usize> {
        let is_ipv6 = self.kept.is_ipv6();
        let socket = self.kept.socket()?;
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
            let count = batch::receive(socket, is_ipv6, most, &mut taken)?;
            self.is_drained = count < batch::SIZE.min(most);
            // Room that stays empty costs a little.
            self.expected = count.clamp(self.expected / 2, batch::SIZE);
            count
        } else {
            let (size, from) = socket.recv_from(&mut *self.buffer)?;
            taken(from, &self.buffer[..size]);
            1
        };
        if longest >= PARTS_IN_A_ROW && self.can_join {
            self.joined = offload::Joined::begin(socket);
            self.can_join = self.joined.is_some();
        }
        Ok(count)
    }

    fn receive_any(&mut self, take: Taker<'_>, in_batches: bool) -> io::Result<usize> {
        self.is_drained = false;
        if let Some(error) = self.kept.found_dead() {
            self.replace(&error);
            return Err(error);
        }
        // Nothing new can have happened.
        if !self.kept.may_open() {
            return Ok(0);
        }
        for _ in 0..MAX_REPORTS {
            let received = match &mut self.joined {
                Some(joined) => receive_joined(joined, self.kept.socket()?, take),
                None => self.receive_plain(take, in_batches),
            };
            match received {
                Ok(count) => return Ok(count),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Ok(0),
                    _ if is_report(&error) => {}
                    _ if is_oversized(&error) => {
                        take(unknown_sender(), &[0; BUFFER_SIZE]);
                        return Ok(1);
                    }
                    _ => {
                        if is_dead(&error) {
                            self.replace(&error);
                        }
                        return Err(error);
                    }
                },
            }
        }
        Ok(0)
    }
}

impl Waker for poll::Alarm {
    fn wake(&self) {
        self.set();
    }
}

#[inline(never)]
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
        let to = self.destination(to);
        match self.kept.socket()?.send_to(datagram, to) {
            Ok(_) => Ok(()),
            Err(error) if is_dead(&error) && self.replace(&error) => {
                self.kept.socket()?.send_to(datagram, to).map(|_| ())
            }
            Err(error) => Err(error),
        }
    }

    fn send_batch(&mut self, to: SocketAddr, datagrams: &[u8], size: usize) -> usize {
        if self.sends_batches {
            let mapped = self.destination(to);
            let sent = match self.kept.socket() {
                Ok(socket) => offload::send(socket, mapped, datagrams, size),
                Err(_) => return 0,
            };
            match sent {
                Ok(()) => return datagrams.len().div_ceil(size),
                // The send buffer is full. Sending one by one would not change that.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return 0,
                Err(error) if is_dead(&error) => {
                    self.replace(&error);
                }
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
        let Ok(socket) = self.kept.socket() else {
            std::thread::sleep(timeout.min(self.kept.time_to_open()));
            return Ok(!timeout.is_zero());
        };
        match poll::wait(socket, None, timeout) {
            Err(error) if is_dead(&error) => {
                self.replace(&error);
                Err(error)
            }
            waited => waited,
        }
    }

    fn poller(&mut self) -> io::Result<(Box<dyn Poller>, Arc<dyn Waker>)> {
        let (poller, alarm) = self.kept.poller()?;
        Ok((Box::new(poller), alarm))
    }

    fn buffer_sizes(&self) -> (usize, usize) {
        self.kept.current().map_or((0, 0), |socket| {
            let socket = SockRef::from(socket);
            (
                socket.recv_buffer_size().unwrap_or(0),
                socket.send_buffer_size().unwrap_or(0),
            )
        })
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        self.kept.local_address()
    }

    fn take_mishap(&mut self) -> Option<Mishap> {
        self.kept.take_mishap()
    }
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

fn unknown_sender() -> SocketAddr {
    (Ipv4Addr::UNSPECIFIED, 0).into()
}
