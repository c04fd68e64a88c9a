//! The ENet protocol, version 1.3.18, as a state machine without I/O.
//!
//! ENet gives a game connections over UDP. Each connection has up to 255 channels that do not wait
//! for each other, and on every channel packets travel reliably or not, in order or not. This crate
//! speaks the C library's wire format in safe Rust.
//!
//! The crate has no socket, no clock, no thread and no compression codec. The caller owns those and
//! passes datagrams and the time in; datagrams and events come out. So the same code runs over UDP, on
//! a simulated network, or below an encryption layer.
//!
//! The entry type is [`Host`]: one end with its connections. A caller repeats these steps:
//!
//! 1. [`Host::receive`] each datagram that the socket has, [`Host::service`] when [`Host::next_timer`]
//!    is due;
//! 2. [`Host::next_event`] until there is none, and [`Host::send`] or [`Host::disconnect`] as needed;
//! 3. [`Host::flush`], then send what [`Host::next_datagram`] returns.
//!
//! # Example
//!
//! Two hosts in one process; `carry` stands for the network.
//!
//! ```
//! use std::net::SocketAddr;
//! use enet_proto::{Event, Host, HostConfig, PacketFlags, Time};
//!
//! fn carry(from: &mut Host, sender: SocketAddr, to: &mut Host, now: Time) {
//!     from.service(now);
//!     from.flush(now);
//!     let mut datagram = Vec::new();
//!     while let Some(_destination) = from.next_datagram(&mut datagram) {
//!         to.receive(now, sender, &datagram);
//!     }
//! }
//!
//! let server_address: SocketAddr = ([10, 0, 0, 1], 7777).into();
//! let client_address: SocketAddr = ([10, 0, 0, 2], 50_000).into();
//! let mut now = Time::ZERO;
//! let mut server = Host::new(&HostConfig::new(32, 1, now));
//! let mut client = Host::new(&HostConfig::new(1, 2, now));
//! client.connect(now, server_address, 2, 0).expect("a free slot");
//!
//! let packet = loop {
//!     now += Time::from_millis(1);
//!     carry(&mut client, client_address, &mut server, now);
//!     carry(&mut server, server_address, &mut client, now);
//!     if let Some(Event::Connected { peer, .. }) = client.next_event() {
//!         client.send(now, peer, 0, PacketFlags::RELIABLE, b"hello")?;
//!     }
//!     if let Some(Event::Received { data, .. }) = server.next_event() {
//!         break data;
//!     }
//! };
//! assert_eq!(packet, b"hello");
//! # Ok::<(), enet_proto::QueueError>(())
//! ```
//!
//! `examples/echo.rs` does the same over real sockets.
//!
//! # Differences from the C library
//!
//! The bytes on the wire are the same; the costs and some defences are not.
//!
//! - No call walks all slots, except the sharing of the bandwidth once a second and calls that say so.
//!   An idle connection costs its ping and nothing else.
//! - Commands are written into a datagram when they are queued, and acknowledgements ride in front of
//!   them. Packets that arrive in order are delivered without being stored. Buffers are reused.
//! - Packets are reported on arrival, so a disconnect does not discard what came before it.
//! - A guarded host ([`HostConfig::is_guarded`]) has random slots, sessions and numbers of control commands, keeps
//!   half-open connections apart from the others, and takes a connection for one only when its remote acknowledges
//!   the random number of the answer.
//! - An unverified sender never receives more bytes than it sends, and memory is allocated only for
//!   bytes that really arrived.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod config;
pub mod datagram;
mod drops;
mod error;
mod event;
mod fairness;
mod figures;
mod host;
mod lifecycle;
mod limits;
mod peer;
mod recv;
mod refusal;
mod seed;
mod send;
mod types;
mod wire;

pub use config::{Admission, HostConfig, Throttle, Timeout};
pub use drops::Drops;
pub use error::QueueError;
pub use event::{Disconnect, Event, FormerPeer, FormerPeers, PacketFlags};
pub use figures::{Backlog, ChannelFigures, PeerFigures, Traffic};
pub use host::{Host, JoinRequest, Verdict};
pub use ipnet::IpNet;
pub use limits::{Limit, Limits, subscriber};
pub use refusal::Refusal;
pub use seed::Seed;
pub use types::{
    DEFAULT_MTU, LOSS_SCALE, MAX_CHANNELS, MAX_DATAGRAM_SIZE, MAX_MTU, MAX_PACKET_SIZE, MAX_PEERS,
    MIN_DATAGRAM_SIZE, MIN_MTU, PeerId, PeerState, PeerStatistics, THROTTLE_SCALE, Time,
};
