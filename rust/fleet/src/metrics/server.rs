//! Answers scrapes over HTTP, in one thread: see [`Desk`].

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use super::Page;
use super::desk::Desk;
use crate::http::Interrupt;
use crate::threads::Thread;

/// The time between two looks for connections. A scrape waits for it; a machine full of servers pays for each look.
const IDLE: Duration = Duration::from_millis(250);
/// The time between two looks at connections that are open.
const BUSY: Duration = Duration::from_millis(5);
/// Connections that the system keeps until they are looked at.
const BACKLOG: i32 = 64;

/// A server of metrics. Dropping it closes its port.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    _thread: Thread,
}

impl Server {
    /// Listens on an address; port 0 takes any.
    pub fn bind(address: SocketAddr, page: Arc<Page>) -> std::io::Result<Self> {
        let listener = listen(address)?;
        // An accept that blocks could only be ended by a connection, which a firewall may keep from coming.
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let run = move |interrupt: &Interrupt| {
            let mut desk = Desk::new(page);
            loop {
                desk.accept(&listener);
                desk.serve(Instant::now());
                let pause = if desk.is_empty() { IDLE } else { BUSY };
                if !interrupt.sleep(pause, || false) {
                    return;
                }
            }
        };
        Ok(Self {
            address,
            _thread: Thread::spawn("metrics", Interrupt::new(), run)?,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Listens on an address. The unspecified one of IPv6 stands for all interfaces of both families.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    use std::io::ErrorKind::{AddrInUse, PermissionDenied};
    if !(address.is_ipv6() && address.ip().is_unspecified()) {
        return TcpListener::bind(address);
    }
    let open = || {
        let socket = Socket::new(Domain::IPV6, Type::STREAM, None)?;
        // Windows and the BSDs serve IPv6 alone unless told otherwise.
        socket.set_only_v6(false)?;
        // As the standard library does. On Windows the option would let others take the port.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    open().or_else(|error: std::io::Error| match error.kind() {
        // IPv4 would meet the same error.
        AddrInUse | PermissionDenied => Err(error),
        // IPv6 is switched off.
        _ => TcpListener::bind(("0.0.0.0", address.port())),
    })
}
