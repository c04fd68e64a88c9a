//! ENet hosts on sockets: the protocol of [`enet_proto`] joined to a codec, to encryption and to a
//! socket, served by its owner or by a network thread.

#![forbid(unsafe_code)]

pub mod host;
pub mod io;
pub mod netem;

pub use host::{Clock, Host, Totals, stop_all};
pub use io::udp::Udp;
pub use io::{BindAddress, Network, Taker, Transport, Watch};
