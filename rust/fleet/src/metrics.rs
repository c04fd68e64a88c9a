//! Metrics for Prometheus: the text, and a server that answers scrapes.
//!
//! The numbers belong to the game's main thread, and a scrape may come at any time. So the server's thread asks for
//! them, the main thread copies them at its next poll, and the server's thread writes the text. A main thread that is busy
//! costs the scrape a moment only: the former numbers go out with their age.

mod desk;
mod histogram;
mod page;
mod request;
mod server;
mod text;

pub use histogram::Histogram;
pub use page::Page;
pub use server::Server;
pub use text::{Kind, Text};
