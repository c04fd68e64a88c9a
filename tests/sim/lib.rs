//! A simulated network and clock for tests of the core. No test sleeps or depends on the machine,
//! and the same seed reproduces the whole run.

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
