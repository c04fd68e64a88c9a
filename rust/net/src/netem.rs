//! Network emulation: latency, jitter, loss, duplication, reordering, a limited rate and a limited
//! datagram size, for any [`Transport`](crate::Transport).
//!
//! A [`Link`] decides the fate of the datagrams of one direction, without sockets and clocks. An
//! [`Emulator`] wraps transports with one link for each direction, and changes the conditions while they
//! are in use. The same seed and the same calls give every datagram the same fate.

mod conditions;
mod emulator;
mod link;
mod random;
mod transport;

pub use conditions::{Bursts, Conditions, Rate};
pub use emulator::{Emulator, EmulatorClock, RemoteConditions};
pub use link::{Link, Verdict};
