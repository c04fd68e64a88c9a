//! Receiving several datagrams with one system call. The call that finds a single datagram then also finds that no
//! other waits, which would take a call of its own.

use std::cell::RefCell;
use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg};

use super::BUFFER_SIZE;
use super::offload::address;

/// Datagrams that one call receives.
pub const SIZE: usize = 8;

/// The system's structures and the datagrams' bytes. Every thread has its own: the structures hold pointers, so
/// that they cannot move to another thread with a socket.
struct Batch {
    headers: MultiHeaders<SockaddrStorage>,
    bytes: Box<[u8]>,
}

impl Batch {
    fn new() -> RefCell<Self> {
        RefCell::new(Self {
            headers: MultiHeaders::preallocate(SIZE, None),
            bytes: vec![0; SIZE * BUFFER_SIZE].into(),
        })
    }
}

// For each family one: the system notes an address's length in the structures, and expects no longer one in the
// next call.
thread_local! {
    static IPV4: RefCell<Batch> = Batch::new();
    static IPV6: RefCell<Batch> = Batch::new();
}

/// Receives what waits on a socket of a family, up to `most` datagrams and [`SIZE`], and returns their number.
pub fn receive(
    socket: &UdpSocket,
    is_ipv6: bool,
    most: usize,
    take: &mut dyn FnMut(SocketAddr, &[u8]),
) -> io::Result<usize> {
    let batch = if is_ipv6 { &IPV6 } else { &IPV4 };
    batch.with_borrow_mut(|Batch { headers, bytes }| {
        let mut buffers = bytes.chunks_exact_mut(BUFFER_SIZE);
        let mut slices: [[IoSliceMut<'_>; 1]; SIZE] = std::array::from_fn(|_| {
            let buffer = buffers.next().unwrap_or_default();
            [IoSliceMut::new(buffer)]
        });
        let fd = socket.as_raw_fd();
        let received = recvmmsg(
            fd,
            headers,
            &mut slices[..most.min(SIZE)],
            MsgFlags::empty(),
            None,
        )?;
        let mut count = 0;
        for message in received {
            let datagram = message.iovs().next().unwrap_or_default();
            if let Some(from) = message.address.as_ref().and_then(address) {
                take(from, datagram);
            }
            count += 1;
        }
        Ok(count)
    })
}
