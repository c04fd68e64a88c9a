//! For systems without GSO and GRO.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, UdpSocket};

pub const LARGEST_BATCH: usize = 1;

pub fn send(_: &UdpSocket, _: SocketAddr, _: &[u8], _: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Never constructed.
pub struct Joined(Infallible);

impl Joined {
    pub fn begin(_: &UdpSocket) -> Option<Self> {
        None
    }

    pub fn receive(&mut self, _: &UdpSocket) -> io::Result<(SocketAddr, &[u8], usize)> {
        match self.0 {}
    }
}
