//! ENet hosts on sockets.
//!
//! A [`Host`] joins the protocol ([`enet_proto`]) to a socket ([`Transport`]), and optionally to a codec
//! ([`enet_codec`]) and to encrypted sessions (`enet_dtls`, feature `dtls`). Its owner serves it with
//! each call, or leaves that to a network thread ([`Host::start_thread`]).
//!
//! The entry type is [`Host`]. [`Udp`] opens the system's sockets, and [`netem`] puts an emulated bad
//! network around any transport. The driver between socket and protocol is private; the head of
//! `driver.rs` explains its locks and rounds.
//!
//! Not here: peer ids, targets and signals of Godot (`enet_multiplayer`), and anything asynchronous.
//! Time is an argument of the calls, as in [`enet_proto`]; a network thread is given a [`Clock`].
//!
//! ```
//! use std::time::{Duration, Instant};
//!
//! use enet_net::{BindAddress, Host, Network, Udp};
//! use enet_proto::{Event, HostConfig, PacketFlags, Time};
//!
//! let local = BindAddress::Ip([127, 0, 0, 1].into());
//! let mut server = Host::new(&HostConfig::new(8, 1, Time::ZERO), Udp.bind(local, 0)?);
//! let mut client = Host::new(&HostConfig::new(1, 2, Time::ZERO), Udp.bind(local, 0)?);
//! let address = ([127, 0, 0, 1], server.local_port()).into();
//! client.connect(Time::ZERO, address, 1, 0).expect("a free slot");
//!
//! let clock = Instant::now();
//! let greeting = loop {
//!     assert!(clock.elapsed() < Duration::from_secs(10));
//!     for host in [&mut client, &mut server] {
//!         host.service(clock.elapsed());
//!     }
//!     if let Some(Event::Connected { peer, .. }) = client.next_event() {
//!         let sent = client.send(clock.elapsed(), peer, 0, PacketFlags::RELIABLE, b"hello");
//!         sent.expect("connected");
//!     }
//!     if let Some(Event::Received { data, .. }) = server.next_event() {
//!         break data;
//!     }
//! };
//! assert_eq!(greeting, b"hello");
//! # Ok::<(), std::io::Error>(())
//! ```

#![forbid(unsafe_code)]

mod bans;
mod capture;
mod driver;
mod gaps;
mod host;
mod names;
pub mod netem;
mod sessions;
mod socket;
mod sync;
mod udp;

pub use bans::{BansFull, MAX_BANS};
pub use capture::{Capture, CaptureCounts, CaptureOptions, MIN_CAPTURE_BYTES, older_capture};
pub use driver::{Clock, Direction, Form, Sink, SinkId, Tapped, note_frames};
pub use host::{Host, HostFigures, SocketTrouble, Totals};
pub use names::{Answer, Lookup, Resolution, await_lookups};
pub use socket::{
    BindAddress, MAX_DATAGRAM_SIZE, Mishap, Network, Poller, Probe, Taker, Transport, Waker,
};
pub use udp::Udp;

/// Ends the threads of all hosts and of all captures: none may go on when the library is unloaded, also where an object
/// is never freed. The hosts stay, and are served by their owners, if any goes on. The files of the captures are complete.
pub fn stop_all() {
    driver::stop_all();
    capture::stop_all();
}
