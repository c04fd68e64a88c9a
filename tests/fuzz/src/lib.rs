//! What the fuzz targets share: scripts for ENet hosts in memory, datagrams forged for them, and
//! what every codec has to stand.

#![forbid(unsafe_code)]

pub mod codec;
pub mod dtls;
pub mod forge;
pub mod script;
pub mod stage;
