//! The receive path.
//!
//! [`commands`] carries out the commands of a datagram that belongs to a connection. Packets go to
//! their channel ([`channel`]), which delivers those in order at once. Other packets wait in a reorder
//! buffer ([`reorder`]), and packets in several datagrams in a [`reassembly`]; what waits counts for
//! the peer's [`budget`].

mod acknowledgements;
mod budget;
mod channel;
mod commands;
mod data;
mod delivery;
mod reassembly;
mod reorder;
mod waitlist;

pub use acknowledgements::acknowledge;
pub use budget::ReceiveBudget;
pub use channel::ReceiveChannel;
pub use commands::{Refused, carry_out};
