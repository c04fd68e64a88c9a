//! DTLS 1.2 sessions for the datagrams of an ENet host, one session per remote address. Each datagram
//! travels as one encrypted record, as with Godot's built-in ENet.
//!
//! The crate is sans-IO: it has no sockets, clocks or threads. The caller passes datagrams and times
//! in, and fetches datagrams for the socket and [`DtlsEvent`]s. The entry type is [`Dtls`], the
//! sessions of one host.
//!
//! The DTLS protocol itself comes from the crate `rtc-dtls`, certificate verification from rustls, the
//! ciphers from ring. This crate decides who gets a session, and for how long:
//!
//! - A server keeps no state and computes no signature for an address before the address has proved,
//!   with a cookie, that it receives there.
//! - A server starts a limited number of handshakes at a time and a second, so that they do not delay a running
//!   game; networks take turns, and each has limits of its own ([`DtlsLimits`]).
//! - A session that is up lives on until the same address has completed another handshake.
//! - A session without an ENet peer is closed after some seconds.
//!
//! The crate does not speak DTLS 1.0 or 1.3, resume sessions, or ask clients for certificates.
//!
//! ```
//! use std::net::SocketAddr;
//! use enet_dtls::{Dtls, DtlsEvent, Identity, Time, Trust, Verification};
//!
//! let made = rcgen::generate_simple_self_signed(["game".to_owned()])?;
//! let identity = Identity::from_pem(&made.signing_key.serialize_pem(), &made.cert.pem())?;
//! let verification = Verification {
//!     trust: Some(Trust::certificates(&made.cert.pem())?),
//!     name: Some("game".to_owned()),
//! };
//! let now = Time::ZERO;
//! let mut server = Dtls::server(&identity, now)?;
//! let mut client = Dtls::client(verification, now);
//! let server_address = SocketAddr::from(([10, 0, 0, 1], 1000));
//! let client_address = SocketAddr::from(([10, 0, 0, 2], 2000));
//!
//! client.connect(now, server_address);
//! let mut datagram = Vec::new();
//! while client.next_event() != Some(DtlsEvent::Ready(server_address)) {
//!     while client.next_datagram(&mut datagram).is_some() {
//!         server.receive(now, client_address, &datagram, &mut |_, _| {});
//!     }
//!     server.service(now);
//!     while server.next_datagram(&mut datagram).is_some() {
//!         client.receive(now, server_address, &datagram, &mut |_, _| {});
//!     }
//!     client.service(now);
//! }
//!
//! assert!(client.send(now, server_address, b"hello"));
//! let mut received = Vec::new();
//! while client.next_datagram(&mut datagram).is_some() {
//!     server.receive(now, client_address, &datagram, &mut |from, plain| {
//!         received.push((from, plain.to_vec()));
//!     });
//! }
//! assert_eq!(received, [(client_address, b"hello".to_vec())]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod alert;
mod budget;
mod cookie;
mod cost;
mod dtls;
mod error;
mod half_open;
mod hello_queue;
mod identity;
mod limits;
mod p384;
mod provider;
mod record;
mod session;
mod verify;

pub use dtls::Dtls;
pub use error::{CertificateError, FailedHandshake, HandshakeError, SetupError};
pub use identity::Identity;
pub use limits::DtlsLimits;
pub use record::{OVERHEAD, is_application_data};
pub use session::{HANDSHAKE_TIMEOUT, SLOW_HANDSHAKE};
pub use verify::{Trust, Verification, first_certificate};

use std::net::SocketAddr;

/// A point in time: the duration since an epoch that the caller chooses. Times passed to a [`Dtls`]
/// never decrease.
pub type Time = std::time::Duration;

/// Largest datagram that a handshake may consist of, in bytes: some remotes send all of their
/// certificates in one. A receive buffer has to hold as much.
pub const MAX_DATAGRAM_SIZE: usize = 16 * 1024;

/// A change of a session that the host has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DtlsEvent {
    /// The session is up: datagrams can be sent to the address from now on.
    Ready(SocketAddr),
    /// The session is gone: the remote closed it, or a new one replaced it.
    Ended(SocketAddr),
    /// A handshake failed.
    Failed(FailedHandshake),
    /// A client's handshake is [slow](HandshakeError::Slow), and goes on.
    Slow(FailedHandshake),
}

/// Counts of the sessions of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sessions {
    /// Sessions that are up.
    pub ready: usize,
    /// Handshakes in progress.
    pub pending: usize,
    /// Handshakes that a server has not started yet.
    pub waiting: usize,
    /// Handshakes that failed so far.
    pub failed: u64,
    /// Handshakes that a server did not start, or gave up, for one of its limits, so far.
    pub over_limit: u64,
    /// Handshakes that a refusing server did not start, so far.
    pub refused: u64,
}
