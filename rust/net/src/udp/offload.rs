//! Segmentation offload of Linux: several datagrams of one size and one address cross the kernel as a
//! single large one (GSO when sending, GRO when receiving). Most of a datagram's cost is its way
//! through the kernel, so this halves the cost of large packets.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket};
use std::os::fd::AsRawFd;

use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt,
    sockopt::UdpGroSegment,
};

/// Most datagrams that one GSO call sends.
pub const LARGEST_BATCH: usize = 64;
/// Most bytes that one GRO call returns.
const BUFFER_SIZE: usize = 65_536;

/// Sends several datagrams in one call. `datagrams` holds them back to back; each has `size` bytes, but the
/// last may be smaller.
pub fn send(socket: &UdpSocket, to: SocketAddr, datagrams: &[u8], size: usize) -> io::Result<()> {
    let size = u16::try_from(size).map_err(|_| io::ErrorKind::InvalidInput)?;
    sendmsg(
        socket.as_raw_fd(),
        &[IoSlice::new(datagrams)],
        &[ControlMessage::UdpGsoSegments(&size)],
        MsgFlags::empty(),
        Some(&SockaddrStorage::from(to)),
    )?;
    Ok(())
}

/// Receives with GRO.
pub struct Joined {
    buffer: Vec<u8>,
    control: Vec<u8>,
}

impl Joined {
    /// Switches GRO on; `None` if the kernel has none. From then on the socket must be read with this
    /// type only.
    pub fn begin(socket: &UdpSocket) -> Option<Self> {
        setsockopt(socket, UdpGroSegment, &true).ok()?;
        Some(Self {
            buffer: vec![0; BUFFER_SIZE],
            control: nix::cmsg_space!(i32),
        })
    }

    /// The next datagrams: their sender, their bytes back to back, and the size of each but the last.
    pub fn receive(&mut self, socket: &UdpSocket) -> io::Result<(SocketAddr, &[u8], usize)> {
        let mut slices = [IoSliceMut::new(&mut self.buffer)];
        let (length, from, size) = {
            let received = recvmsg::<SockaddrStorage>(
                socket.as_raw_fd(),
                &mut slices,
                Some(&mut self.control),
                MsgFlags::empty(),
            )?;
            let mut size = None;
            for message in received.cmsgs()? {
                if let ControlMessageOwned::UdpGroSegments(bytes) = message {
                    size = usize::try_from(bytes).ok();
                }
            }
            let from = received.address.as_ref().and_then(address);
            (received.bytes, from, size)
        };
        let from = from.ok_or(io::ErrorKind::InvalidData)?;
        let size = size.unwrap_or(length).max(1);
        Ok((from, &self.buffer[..length], size))
    }
}

pub fn address(from: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = from
        .as_sockaddr_in()
        .map(|v4| SocketAddrV4::from(*v4).into());
    let v6 = from
        .as_sockaddr_in6()
        .map(|v6| SocketAddrV6::from(*v6).into());
    v4.or(v6)
}
