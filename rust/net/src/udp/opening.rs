//! Opening a socket, with the options of each system.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

use crate::socket::BindAddress;

/// Buffer size asked for, in bytes, in each direction. What a few hundred players send in one frame has to
/// fit.
pub const SOCKET_BUFFER: usize = 4 * 1024 * 1024;
/// Systems give this much without being asked.
const LEAST_SOCKET_BUFFER: usize = 256 * 1024;

/// The local address of a socket, and the families that it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    pub address: SocketAddr,
    pub both_families: bool,
}

impl Opening {
    /// Opens a socket with `open`: one for both families, where the system has them.
    pub fn choose<S>(
        address: BindAddress,
        port: u16,
        mut open: impl FnMut(Self) -> io::Result<S>,
    ) -> io::Result<S> {
        let of = |address: SocketAddr, both_families| Self {
            address,
            both_families,
        };
        let ip = match address {
            BindAddress::Ip(ip) => return open(of((ip, port).into(), false)),
            BindAddress::Any => Ipv6Addr::UNSPECIFIED,
        };
        open(of((ip, port).into(), true)).or_else(|error| match error.kind() {
            // IPv4 would meet the same error, or serve only half of what the caller asked for.
            ErrorKind::AddrInUse | ErrorKind::PermissionDenied => Err(error),
            // IPv6 is switched off, or the system has no sockets for both.
            _ => open(of((Ipv4Addr::UNSPECIFIED, port).into(), false)),
        })
    }

    /// Opens the socket.
    pub fn open(self) -> io::Result<UdpSocket> {
        let domain = Domain::for_address(self.address);
        let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        if self.both_families {
            // Windows and the BSDs serve IPv6 alone unless told otherwise.
            socket.set_only_v6(false)?;
        }
        socket.set_nonblocking(true)?;
        // ENet allows broadcast addresses. The socket works without this and with smaller buffers, so
        // a refusal by the system is ignored.
        let _ = socket.set_broadcast(true);
        enlarge(|size| socket.set_recv_buffer_size(size));
        enlarge(|size| socket.set_send_buffer_size(size));
        socket.bind(&self.address.into())?;
        Ok(socket.into())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_is_refused_is_asked_for_smaller() {
        let mut asked = Vec::new();
        let allowed = 1024 * 1024;
        enlarge(|size| {
            asked.push(size);
            match size <= allowed {
                true => Ok(()),
                false => Err(ErrorKind::OutOfMemory.into()),
            }
        });
        assert_eq!(asked, [SOCKET_BUFFER, SOCKET_BUFFER / 2, allowed]);
        let mut count = 0;
        enlarge(|_| {
            count += 1;
            Err(ErrorKind::OutOfMemory.into())
        });
        assert_eq!(count, 5, "it gives up in the end");
    }

    fn asked(address: BindAddress, error: ErrorKind) -> (Vec<Opening>, Option<ErrorKind>) {
        let mut asked = Vec::new();
        let opened = Opening::choose(address, 7, |opening| {
            asked.push(opening);
            match opening.address.is_ipv6() {
                true => Err(io::Error::from(error)),
                false => Ok(()),
            }
        });
        (asked, opened.err().map(|error| error.kind()))
    }

    #[test]
    fn a_machine_without_ipv6_is_served_on_ipv4() {
        let both = Opening {
            address: "[::]:7".parse().expect("an address"),
            both_families: true,
        };
        let ipv4 = Opening {
            address: "0.0.0.0:7".parse().expect("an address"),
            both_families: false,
        };
        for kind in [
            // There is no such family, no such address, no such option.
            ErrorKind::Unsupported,
            ErrorKind::AddrNotAvailable,
            ErrorKind::InvalidInput,
            ErrorKind::Other,
        ] {
            assert_eq!(asked(BindAddress::Any, kind), (vec![both, ipv4], None));
        }
        for kind in [ErrorKind::AddrInUse, ErrorKind::PermissionDenied] {
            assert_eq!(asked(BindAddress::Any, kind), (vec![both], Some(kind)));
        }
    }

    #[test]
    fn one_address_has_no_substitute() {
        let ip = BindAddress::Ip(Ipv6Addr::LOCALHOST.into());
        let (asked, error) = asked(ip, ErrorKind::AddrNotAvailable);
        assert_eq!((asked.len(), error), (1, Some(ErrorKind::AddrNotAvailable)));
        assert!(!asked[0].both_families);
    }
}
