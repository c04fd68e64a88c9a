//! The behaviour of Godot's ENet classes, without Godot.
//!
//! - [`Multiplayer`] is Godot's `ENetMultiplayerPeer`: peer ids; servers, clients and meshes; targets,
//!   transfer modes and channels; the queue of received packets; and the signals, which a poll hands out
//!   as [`Notice`]s. It also speaks the packet format of Godot 3's `NetworkedMultiplayerENet`: see
//!   [`WireProtocol`].
//! - [`Connection`] is Godot's `ENetConnection`, with its `ENetPacketPeer`s: a host that can be made and
//!   destroyed, and the list of its peers. A session and scripts can use one together: see
//!   [`SharedConnection`].
//!
//! Numbers come from scripts unchecked. Calls check them in Godot's order, and errors name the wrong one.
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
//! // A poll begins with `begin_poll`, and ends when `next_notice` has no more notices. Between
//! // `next_notice` and `finish` the caller emits the signal, whose handlers may call anything.
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
//! The crate has no protocol, socket or thread of its own: a [`Connection`] drives an [`enet_net::Host`],
//! which speaks the protocol of [`enet_proto`] over an [`enet_net::Network`] and may have a network thread.
//! The crate reads no clock either. Callers pass the time, so that a test can simulate clock and network; only a
//! caller that asks for threads passes a clock. Binding the classes to Godot is the work of another crate.
//! There is no async interface and no matchmaking.
//!
//! # Features
//!
//! All are on by default.
//!
//! - `dtls`: encrypted hosts ([`Connection`]'s `encrypt` and `next_failed`).
//! - `zlib`, `zstd`, `lz4`: the codecs of these names, in addition to the range coder and FastLZ.

#![forbid(unsafe_code)]

pub mod address;
pub mod bans;
pub mod capture;
pub mod channel;
pub mod config;
pub mod connection;
pub mod ending;
mod entropy;
pub mod error;
pub mod figures;
pub mod limits;
pub mod lines;
pub mod metrics;
pub mod multiplayer;
pub mod proxies;
pub mod rates;
pub mod scene;
pub mod simulation;
mod suffix;
mod tokens;

pub use capture::{CaptureError, CaptureSettings, CaptureStopped, DEFAULT_CAPTURE_BYTES};
pub use channel::TransferMode;
pub use config::{ClientOptions, DEFAULT_STALL_TIMEOUT, HostOptions, ServerOptions};
#[cfg(feature = "dtls")]
pub use connection::FailedWarning;
pub use connection::{
    Connection, HostStatistic, NameError, Newcomer, OverLimitWarning, ServerIsEncrypted,
    SharedConnection, SocketWarning, UndecodedWarning, UnencryptedWarning,
};
pub use ending::{End, Reason};
pub use entropy::{system_key, system_seed};
#[cfg(feature = "dtls")]
pub use error::EncryptError;
pub use error::{
    BanError, ConnectError, CreateError, Inactive, LegacyError, MeasureError, MeshError,
    PacketError, PeerError, RawSendError, SendError, SettingError, SuffixError,
};
pub use figures::{Figures, Number};
pub use limits::{LimitSettings, SharedLimits};
pub use lines::{LeftOut, LineLimit, RepeatLimit, Repeated};
pub use multiplayer::{
    Facts, FlushMode, FramePlan, Leave, Mode, Multiplayer, Notice, Packet, PacketHead, Signal,
    Status, Tally, WireProtocol,
};
pub use simulation::{
    LinkProperty, LinkSettings, SharedSimulation, SimulationError, SimulationSettings,
};
pub use tokens::JoinTokens;
