//! The local addresses of datagrams. A socket that is bound to all interfaces does not tell them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Most remotes whose routes are asked for. Anybody can send datagrams from any number of addresses.
const MAX_ROUTES: usize = 1024;

/// The local end of a host's datagrams.
#[derive(Debug)]
pub struct Local {
    bound: SocketAddr,
    routes: HashMap<IpAddr, IpAddr>,
    /// The last answer for each family, for remotes beyond [`MAX_ROUTES`].
    last: [IpAddr; 2],
}

impl Local {
    pub fn new(bound: SocketAddr) -> Self {
        Self {
            bound,
            routes: HashMap::new(),
            last: [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
        }
    }

    /// The local address that a remote sees.
    pub fn toward(&mut self, remote: SocketAddr) -> SocketAddr {
        let ip = self.bound.ip().to_canonical();
        let ip = match ip.is_unspecified() {
            true => self.routed(remote.ip()),
            false => ip,
        };
        SocketAddr::new(ip, self.bound.port())
    }

    fn routed(&mut self, remote: IpAddr) -> IpAddr {
        if let Some(&known) = self.routes.get(&remote) {
            return known;
        }
        let last = &mut self.last[usize::from(remote.is_ipv6())];
        if self.routes.len() < MAX_ROUTES {
            *last = route(remote).unwrap_or(*last);
            self.routes.insert(remote, *last);
        }
        *last
    }
}

/// The address from which the system would send to a remote. Nothing is sent.
fn route(remote: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = match remote {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    // Any port but 0 will do.
    socket.connect((remote, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_address_is_the_local_one() {
        let bound: SocketAddr = ([10, 1, 2, 3], 7000).into();
        let mut local = Local::new(bound);
        assert_eq!(local.toward(([127, 0, 0, 1], 5).into()), bound);
        assert!(local.routes.is_empty());
    }

    #[test]
    fn the_system_knows_the_local_address_toward_a_remote() {
        let mut local = Local::new("[::]:7000".parse().expect("an address"));
        let loopback: SocketAddr = ([127, 0, 0, 1], 7000).into();
        assert_eq!(local.toward(([127, 0, 0, 1], 5).into()), loopback);
    }

    #[test]
    fn strangers_cost_a_bounded_number_of_questions() {
        let mut local = Local::new(([0, 0, 0, 0], 7000).into());
        for number in 0..2 * MAX_ROUTES as u32 {
            let ip = Ipv4Addr::from(0x7F00_0001 + number);
            let answer = local.toward((ip, 5).into()).ip();
            assert!(answer.is_loopback(), "{answer}");
        }
        assert_eq!(local.routes.len(), MAX_ROUTES);
    }
}
