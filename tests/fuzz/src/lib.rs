//! The shared parts of the fuzz targets: scripts for ENet hosts in memory, forged datagrams, and the
//! checks of a codec.

#![forbid(unsafe_code)]

pub mod codec;
#[cfg(feature = "hosts")]
pub mod connected;
#[cfg(feature = "hosts")]
pub mod dtls;
#[cfg(feature = "hosts")]
pub mod forge;
#[cfg(feature = "hosts")]
pub mod insider;
#[cfg(feature = "hosts")]
pub mod script;
#[cfg(feature = "hosts")]
pub mod stage;
