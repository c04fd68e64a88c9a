//! ENet for games, without an engine around it.
//!
//! Three layers, each usable alone:
//!
//! - [`Host`] is one ENet endpoint: an [`Engine`] (the protocol) joined to a [`Transport`] (the
//!   datagrams). It speaks the wire format of ENet 1.3.18.
//! - [`Connection`] is what Godot's `ENetConnection` does with a host: it can be made and destroyed,
//!   and keeps the list of peers.
//! - [`Multiplayer`] adds what Godot's `ENetMultiplayerPeer` does on top: peer ids, server, client
//!   and mesh modes, targets, transfer modes and channels, the queue of received packets, and the
//!   signals a game listens to.
//!
//! ```
//! use enet_multiplayer::{ClientOptions, Multiplayer, ServerOptions, Signal, Status};
//! use enet_net::Udp;
//! use enet_proto::Time;
//!
//! let now = Time::ZERO;
//! let mut server = Multiplayer::new(Box::new(Udp), 1);
//! let options = ServerOptions { port: 0, ..ServerOptions::default() };
//! server.create_server(&options, now)?;
//! let port = server.local_port().expect("a server has a port");
//!
//! let mut client = Multiplayer::new(Box::new(Udp), 2);
//! let options = ClientOptions { unique_id: 42, ..ClientOptions::new("127.0.0.1", port.into()) };
//! client.create_client(&options, now)?;
//!
//! // The driving loop: begin a poll, then take notices until there is none. Between `next_notice`
//! // and `finish` the caller may do anything with the peer, also close it.
//! let clock = std::time::Instant::now();
//! while client.status() != Status::Connected {
//!     for peer in [&mut server, &mut client] {
//!         peer.begin_poll(clock.elapsed())?;
//!         while let Some(notice) = peer.next_notice(clock.elapsed()) {
//!             match notice.signal() {
//!                 Signal::PeerConnected(id) => assert!(id == 42 || id == 1),
//!                 signal => assert_eq!(signal, Signal::ConnectionSucceeded),
//!             }
//!             peer.finish(notice, clock.elapsed());
//!         }
//!     }
//!     assert!(clock.elapsed().as_secs() < 10);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing here reads a clock: time is an argument and datagrams come through [`Transport`], so a test can
//! put a simulated network and clock around it. The one file that opens sockets is `io/udp.rs`; waiting
//! for one takes the system's time. The one that starts threads is `host/service.rs`, where it is asked to
//! ([`Host::start_thread`]); such a thread is given a clock.
//!
//! Not offered: an async interface, matchmaking.

#![forbid(unsafe_code)]

pub mod channel;
pub mod config;
pub mod connection;
pub mod error;
pub mod multiplayer;

pub use channel::TransferMode;
pub use config::{ClientOptions, HostOptions, ServerOptions};
pub use connection::{Connection, HostStatistic, SharedConnection, UndecodedWarning};
#[cfg(feature = "dtls")]
pub use error::EncryptError;
pub use error::{
    ConnectError, CreateError, Inactive, LegacyError, MeshError, PacketError, PeerError,
    RawSendError, SendError, SettingError,
};
pub use multiplayer::{FlushMode, Mode, Multiplayer, Notice, Packet, Signal, Status, WireProtocol};
