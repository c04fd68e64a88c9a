//! The send path.
//!
//! Each peer with something to send has one open datagram. Commands are written into it when they are
//! queued ([`packer`], [`datagram_builder`]): no list of commands is walked at the flush, and nothing
//! is copied twice. A full datagram leaves at once, others at the flush.
//!
//! A reliable packet may have to wait ([`reliable`], [`queue`]): while as many bytes are in flight as
//! the window allows, or while its number is too far ahead of the oldest unacknowledged one. It then
//! holds up the reliable packets behind it, and nothing else. Its bytes are kept on its channel
//! ([`channel`], [`send_buffer`]) until it is acknowledged.

mod acks;
mod channel;
mod control;
mod datagram_builder;
mod flush;
mod output;
mod packer;
mod packets;
mod pool;
mod queue;
mod reliable;
mod retransmit;
mod ring;
mod send_buffer;

pub use acks::Ack;
pub use channel::{Payload, SendChannel};
pub use control::{ControlQueue, queue_control, queue_unacknowledged_control, transmit_control};
pub use flush::flush_peer;
pub use output::Output;
pub use packer::{Packer, Route};
pub use packets::{Content, queue_packet};
pub use pool::BufferPool;
pub use queue::{KEPT_CAPACITY, Key, SendQueue};
pub use retransmit::retransmit_if_due;
#[cfg(test)]
pub use ring::LOOKS;
