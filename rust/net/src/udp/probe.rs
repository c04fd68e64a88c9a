//! Asks whether anybody listens at an address.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use crate::socket::Probe;

/// A connected socket: only to such a one do all systems tell that a port is closed (ICMP "port unreachable"). The
/// host's own socket stays unconnected, so that no message about one remote disturbs what is sent to the others.
pub struct UdpProbe {
    socket: UdpSocket,
    is_refused: bool,
}

impl UdpProbe {
    /// Sends an empty datagram, which every ENet host ignores.
    pub fn send(to: SocketAddr) -> io::Result<Self> {
        let any: SocketAddr = match to {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any)?;
        socket.set_nonblocking(true)?;
        socket.connect(to)?;
        socket.send(&[])?;
        Ok(Self {
            socket,
            is_refused: false,
        })
    }
}

impl Probe for UdpProbe {
    fn is_refused(&mut self) -> bool {
        let received = self.socket.recv(&mut [0; 1]).err();
        // Wine answers the second question alone. Other systems answer the first.
        let pending = self.socket.take_error().ok().flatten();
        // Windows calls it a reset.
        self.is_refused |= [received, pending].into_iter().flatten().any(|error| {
            matches!(
                error.kind(),
                ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
            )
        });
        self.is_refused
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_closed_port_refuses_and_an_open_one_does_not() {
        let open = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let to = open.local_addr().expect("an address");
        let mut probe = UdpProbe::send(to).expect("sent");
        open.recv(&mut [0; 1]).expect("the empty datagram");
        assert!(!probe.is_refused());
        drop(open);
        let mut probe = UdpProbe::send(to).expect("sent");
        let end = Instant::now() + Duration::from_secs(10);
        while !probe.is_refused() && Instant::now() < end {
            std::thread::yield_now();
        }
        assert!(probe.is_refused() && probe.is_refused(), "for good");
    }
}
