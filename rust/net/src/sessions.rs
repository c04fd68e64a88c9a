//! Encrypted sessions, where the crate is built with them (feature `dtls`).

use enet_proto::Limits;

#[cfg(feature = "dtls")]
pub use enet_dtls::{
    Dtls, DtlsEvent, DtlsLimits, FailedHandshake, OVERHEAD, Sessions, is_application_data,
};

#[cfg(not(feature = "dtls"))]
pub use none::*;

/// Connections that may begin in the time of one handshake. A handshake costs far more than an ENet connection, and
/// an encrypted connection needs one.
#[cfg(feature = "dtls")]
const CONNECTS_PER_HANDSHAKE: u32 = 8;
/// The same for one address, from which fewer of either come.
#[cfg(feature = "dtls")]
const CONNECTS_PER_HANDSHAKE_PER_ADDRESS: u32 = 2;

/// The limits of a host, for the handshakes of its encrypted sessions.
#[cfg(feature = "dtls")]
pub fn dtls_limits(limits: &Limits) -> DtlsLimits {
    // 0 stays: it lifts the limit.
    DtlsLimits {
        handshakes_per_second: (limits.connects_per_second).div_ceil(CONNECTS_PER_HANDSHAKE),
        handshakes_per_second_per_address: (limits.connects_per_second_per_address)
            .div_ceil(CONNECTS_PER_HANDSHAKE_PER_ADDRESS),
        half_open: limits.half_open,
        half_open_per_address: limits.half_open_per_address,
        trusted: limits.trusted.clone(),
    }
}

/// Handshakes that failed or were not begun.
#[cfg(feature = "dtls")]
pub fn dropped_handshakes(sessions: &Sessions) -> u64 {
    sessions.failed + sessions.over_limit + sessions.refused
}

/// No limits: there is no handshake.
#[cfg(not(feature = "dtls"))]
pub fn dtls_limits(_: &Limits) -> DtlsLimits {
    DtlsLimits {}
}

/// None.
#[cfg(not(feature = "dtls"))]
pub fn dropped_handshakes(_: &Sessions) -> u64 {
    0
}

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

    /// Limits of sessions that cannot be.
    #[derive(Debug)]
    pub struct DtlsLimits {}

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
        /// See `enet_dtls`.
        Slow(FailedHandshake),
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
        pub fn set_limits(&mut self, _: DtlsLimits) {
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
        pub fn seal(&mut self, _: Time, _: SocketAddr, _: &[u8]) -> Option<usize> {
            match *self {}
        }
        pub fn wants_peers(&self, _: Time) -> bool {
            match *self {}
        }
        pub fn sweep(&mut self, _: Time, _: &[(SocketAddr, bool)]) {
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
        pub fn close(&mut self, _: Time, _: impl Fn(&SocketAddr) -> bool) {
            match *self {}
        }
    }
}
