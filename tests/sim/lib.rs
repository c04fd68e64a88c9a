//! A simulated network and clock for tests of the core: nobody sleeps, nothing depends on the
//! machine, and a seed repeats everything.

#[path = "../oracle/mod.rs"]
pub mod oracle;

mod network;
mod random;
mod traffic;
mod world;

pub use network::{Conditions, SERVER_IP, SimNetwork};
pub use random::Random;
pub use traffic::{Kind, Traffic};
pub use world::{Node, NodeId, World};
