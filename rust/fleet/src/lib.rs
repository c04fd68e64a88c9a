//! What a dedicated server tells the fleet that it runs in, without Godot and without ENet.
//!
//! [`agones`] speaks to the SDK server of Agones, which runs beside a game server on Kubernetes. [`metrics`] answers
//! the scrapes of Prometheus. Both use plain HTTP to and from the machine itself, and threads of their own, so that a
//! main thread that loads for a while neither loses the server nor blinds those who watch it.

pub mod agones;
pub mod http;
pub mod metrics;
mod threads;

pub use threads::stop_all;
