//! For systems that receive one datagram with a system call.

use std::cell::RefCell;
use std::io;
use std::net::{SocketAddr, UdpSocket};

use super::BUFFER_SIZE;

/// Datagrams that one call receives.
pub const SIZE: usize = 1;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; BUFFER_SIZE].into());
}

/// Receives a datagram, and returns their number.
pub fn receive(
    socket: &UdpSocket,
    _: bool,
    _: usize,
    take: &mut dyn FnMut(SocketAddr, &[u8]),
) -> io::Result<usize> {
    BUFFER.with_borrow_mut(|buffer| {
        let (size, from) = socket.recv_from(buffer)?;
        take(from, &buffer[..size]);
        Ok(1)
    })
}
