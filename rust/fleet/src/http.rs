//! HTTP/1.1 over plain TCP, as much of it as a sidecar and a scraper need: one request for each connection.

mod body;
mod call;
mod interrupt;

pub use body::{BodyError, Decoder};
pub use call::{Answer, Call, CallError, Opened, call, connect, parse, read, send};
pub use interrupt::Interrupt;

/// The largest head of a message.
pub const MOST_HEAD: usize = 16 * 1024;
/// Header fields of a message, at most.
pub const MOST_FIELDS: usize = 64;
