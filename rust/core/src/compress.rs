//! Compression of datagrams, and the switch that lets it change while a host is in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusty_enet::{Compressor, RangeCoder};

/// Which codec a host applies to its datagrams. Both ends must use the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compression {
    /// Datagrams travel as they are, and compressed ones that arrive are dropped.
    #[default]
    None,
    /// ENet's own order-2 range coder.
    RangeCoder,
}

/// The handle that turns a [`SwitchedCodec`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Switch(Arc<AtomicBool>);

impl Switch {
    pub(crate) fn set(&self, mode: Compression) {
        self.0
            .store(mode == Compression::RangeCoder, Ordering::Relaxed);
    }
}

/// A codec that does nothing until it is switched on: rusty_enet takes one only when a host is made,
/// Godot's `compress()` comes later.
pub(crate) struct SwitchedCodec {
    switch: Switch,
    range_coder: RangeCoder,
}

impl SwitchedCodec {
    pub(crate) fn new(switch: Switch) -> Self {
        Self {
            switch,
            range_coder: RangeCoder::new(),
        }
    }

    fn is_on(&self) -> bool {
        self.switch.0.load(Ordering::Relaxed)
    }
}

impl Compressor for SwitchedCodec {
    // 0 says "no gain": the datagram goes out plain.
    fn compress(&mut self, input: &[&[u8]], input_size: usize, output: &mut [u8]) -> usize {
        if self.is_on() {
            self.range_coder.compress(input, input_size, output)
        } else {
            0
        }
    }

    // 0 says "not decodable": the datagram is dropped, as by a host without a codec.
    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> usize {
        if self.is_on() {
            self.range_coder.decompress(input, output)
        } else {
            0
        }
    }
}
