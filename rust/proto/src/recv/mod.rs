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
mod intake;
mod progress;
mod reassembly;
mod reorder;
mod waitlist;

pub use acknowledgements::acknowledge;
pub use budget::ReceiveBudget;
#[cfg(test)]
pub use budget::Room;
pub use channel::ReceiveChannel;
pub use commands::{Arrival, Refused, carry_out};
pub use intake::{Intake, SharedIntake};
