//! The parts that lean on gdext's private surface.

mod entry;
pub mod enums;
pub mod raw;
pub mod reload;
pub mod threads;
