//! The shared parts of the fuzz targets: scripts for ENet hosts in memory, forged datagrams, and the
//! checks of a codec.

#![forbid(unsafe_code)]

pub mod codec;
pub mod connected;
pub mod dtls;
pub mod forge;
pub mod insider;
pub mod script;
pub mod stage;
