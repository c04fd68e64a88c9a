//! For systems that receive one datagram with a system call.

use std::io;
use std::net::{SocketAddr, UdpSocket};

/// Datagrams that one call receives.
pub const SIZE: usize = 1;

/// Never called.
pub fn receive(
    _: &UdpSocket,
    _: bool,
    _: usize,
    _: &mut dyn FnMut(SocketAddr, &[u8]),
) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}
