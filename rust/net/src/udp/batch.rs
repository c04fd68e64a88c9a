//! Receiving several datagrams with one system call. The call that finds a single datagram then also finds that no
//! other waits, which would take a call of its own.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg};

use super::BUFFER_SIZE;
use super::offload::address;

/// Datagrams that one call receives.
pub const SIZE: usize = 8;

/// The system's structures and the datagrams' bytes. Every thread has its own: the structures hold pointers, so
/// that they cannot move to another thread with a socket. They are never freed, because a destructor would keep
/// the library from being unloaded; so only owners of hosts receive batches, and not the many short-lived
/// network threads.
struct Batch {
    headers: MultiHeaders<SockaddrStorage>,
    bytes: Box<[u8]>,
}

impl Batch {
    fn new() -> &'static RefCell<Self> {
        Box::leak(Box::new(RefCell::new(Self {
            headers: MultiHeaders::preallocate(SIZE, None),
            bytes: vec![0; SIZE * BUFFER_SIZE].into(),
        })))
    }
}

// For each family one: the system notes an address's length in the structures, and expects no longer one in the
// next call.
thread_local! {
    static BATCHES: Cell<[Option<&'static RefCell<Batch>>; 2]> = const { Cell::new([None; 2]) };
}

/// Receives what waits on a socket of a family, up to `most` datagrams and [`SIZE`], and returns their number.
pub fn receive(
    socket: &UdpSocket,
    is_ipv6: bool,
    most: usize,
    take: &mut dyn FnMut(SocketAddr, &[u8]),
) -> io::Result<usize> {
    let mut batches = BATCHES.get();
    let batch = *batches[usize::from(is_ipv6)].get_or_insert_with(Batch::new);
    BATCHES.set(batches);
    let Batch { headers, bytes } = &mut *batch.borrow_mut();
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
}
