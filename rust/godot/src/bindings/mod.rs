//! The parts that lean on gdext's private surface.

mod entry;
pub mod raw;
pub mod reload;
pub mod threads;
