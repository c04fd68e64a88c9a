//! The surroundings of a rusty_enet host: socket, clock, codec and checksum, all in memory.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use enet_codec::Codec;
use enet_proto::Time;
use rusty_enet::{PacketReceived, Socket};

/// A replacement for a socket: datagrams that came in, and datagrams to send.
#[derive(Debug, Default)]
pub struct Mailbox {
    pub incoming: VecDeque<(SocketAddr, Vec<u8>)>,
    pub outgoing: VecDeque<(SocketAddr, Vec<u8>)>,
}

impl Socket for Mailbox {
    type Address = SocketAddr;
    type Error = Infallible;

    fn send(&mut self, address: SocketAddr, buffer: &[u8]) -> Result<usize, Infallible> {
        self.outgoing.push_back((address, buffer.to_vec()));
        Ok(buffer.len())
    }

    fn receive(
        &mut self,
        buffer: &mut [u8; rusty_enet::MTU_MAX],
    ) -> Result<Option<(SocketAddr, PacketReceived)>, Infallible> {
        let Some((from, datagram)) = self.incoming.pop_front() else {
            return Ok(None);
        };
        // No datagram is larger than the buffer: `RustyEngine::receive` drops those.
        let size = datagram.len().min(buffer.len());
        buffer[..size].copy_from_slice(&datagram[..size]);
        Ok(Some((from, PacketReceived::Complete(size))))
    }
}

/// The host's clock: it shows the time of the last call. Atomic because the host claims to be `Send`.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    pub fn set(&self, now: Time) {
        let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        // The engine relies on a time that never goes back.
        self.0.fetch_max(millis, Ordering::Relaxed);
    }

    pub fn get(&self) -> Time {
        Time::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// A codec that can be changed: rusty_enet takes one only when a host is made, and applications choose
/// it later. A mutex, because the host claims to be `Send`.
#[derive(Clone, Default)]
pub struct SharedCodec(Arc<Mutex<Option<Box<dyn Codec + Send>>>>);

impl SharedCodec {
    pub fn set(&self, codec: Option<Box<dyn Codec + Send>>) {
        if let Ok(mut current) = self.0.lock() {
            *current = codec;
        }
    }

    /// Runs the codec; 0 if it fails or there is none.
    fn run(&self, run: impl FnOnce(&mut dyn Codec) -> Option<usize>) -> usize {
        let mut codec = self.0.lock().ok();
        let codec = codec.as_mut().and_then(|codec| codec.as_mut());
        codec.and_then(|codec| run(&mut **codec)).unwrap_or(0)
    }
}

impl rusty_enet::Compressor for SharedCodec {
    fn compress(&mut self, input: &[&[u8]], _size: usize, output: &mut [u8]) -> usize {
        self.run(|codec| codec.compress(&input.concat(), output))
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> usize {
        self.run(|codec| codec.decompress(input, output))
    }
}

pub fn checksum(pieces: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize().to_be()
}
