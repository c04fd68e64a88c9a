//! Encrypted sessions, where the crate is built with them (feature `dtls`).

#[cfg(feature = "dtls")]
pub use enet_dtls::{Dtls, DtlsEvent, FailedHandshake, OVERHEAD, Sessions, is_application_data};

#[cfg(not(feature = "dtls"))]
pub use none::*;

/// The same names without a single value: a host cannot be encrypted then.
#[cfg(not(feature = "dtls"))]
mod none {
    use std::net::SocketAddr;

    use enet_proto::Time;

    /// Bytes that encryption adds to a datagram.
    pub const OVERHEAD: usize = 0;

    /// Sessions that cannot be.
    #[derive(Debug)]
    pub enum Dtls {}

    /// How many sessions there are.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Sessions {}

    /// A session that failed.
    #[derive(Debug)]
    pub struct FailedHandshake {
        /// Never true.
        pub is_client: bool,
        /// The remote's.
        pub address: SocketAddr,
    }

    /// An event of a session.
    #[derive(Debug)]
    #[allow(dead_code, reason = "nothing makes one")]
    pub enum DtlsEvent {
        /// See `enet_dtls`.
        Ready(SocketAddr),
        /// See `enet_dtls`.
        Ended(SocketAddr),
        /// See `enet_dtls`.
        Failed(FailedHandshake),
    }

    /// Whether a datagram belongs to an established session.
    pub fn is_application_data(_: &[u8]) -> bool {
        false
    }

    #[allow(missing_docs, reason = "nobody can call them")]
    impl Dtls {
        pub fn is_client(&self) -> bool {
            match *self {}
        }
        pub fn refuse(&mut self, _: bool) {
            match *self {}
        }
        pub fn sessions(&self) -> Sessions {
            match *self {}
        }
        pub fn connect(&mut self, _: Time, _: SocketAddr) -> bool {
            match *self {}
        }
        pub fn receive(
            &mut self,
            _: Time,
            _: SocketAddr,
            _: &[u8],
            _: &mut dyn FnMut(SocketAddr, &[u8]),
        ) {
            match *self {}
        }
        pub fn send(&mut self, _: Time, _: SocketAddr, _: &[u8]) -> bool {
            match *self {}
        }
        pub fn wants_peers(&self, _: Time) -> bool {
            match *self {}
        }
        pub fn sweep(&mut self, _: Time, _: &[SocketAddr]) {
            match *self {}
        }
        pub fn service(&mut self, _: Time) {
            match *self {}
        }
        pub fn next_timer(&self) -> Option<Time> {
            match *self {}
        }
        pub fn next_datagram(&mut self, _: &mut Vec<u8>) -> Option<SocketAddr> {
            match *self {}
        }
        pub fn next_event(&mut self) -> Option<DtlsEvent> {
            match *self {}
        }
        pub fn close(&mut self, _: Time) {
            match *self {}
        }
    }
}
