//! Metrics for Prometheus: the text, and a server that answers scrapes.
//!
//! The numbers belong to the game's main thread, and a scrape may come at any time. So the server's thread asks for a
//! text, the main thread writes one at its next poll, and a main thread that is busy costs the scrape a moment only: the
//! former text goes out with its age.

mod histogram;
mod page;
mod server;
mod text;

pub use histogram::Histogram;
pub use page::Page;
pub use server::Server;
pub use text::{Kind, Text};
