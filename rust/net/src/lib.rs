//! ENet hosts on sockets: the protocol of [`enet_proto`] joined to a codec, to encryption and to a
//! socket, served by its owner or by a network thread.

#![forbid(unsafe_code)]

mod driver;
mod host;
pub mod netem;
mod sessions;
mod socket;
mod udp;

pub use driver::{Clock, stop_all};
pub use host::{Host, Totals};
pub use socket::{BindAddress, MAX_DATAGRAM_SIZE, Network, Poller, Taker, Transport, Waker};
pub use udp::Udp;
