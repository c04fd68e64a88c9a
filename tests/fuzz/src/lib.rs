//! What the fuzz targets share: scripts for ENet hosts in memory, and datagrams forged for them.

#![forbid(unsafe_code)]

pub mod forge;
pub mod script;
pub mod stage;
