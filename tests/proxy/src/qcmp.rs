//! The answers to QCMP pings.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use super::{TURN, received};

/// Bytes of a ping and of its answer.
const PING: usize = 17;
const ANSWER: usize = 33;

/// How a responder misbehaves, or its network.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fault {
    /// How long each answer takes.
    pub delay: Duration,
    /// Does not answer pings whose number is divisible by this; 0 for none.
    pub loses_each: u64,
    /// Answers with another nonce.
    pub wrong_nonce: bool,
    /// Answers with another client's time.
    pub wrong_time: bool,
    /// Answers from another port.
    pub other_port: bool,
    /// Sends so many copies of each answer.
    pub copies: u32,
}

/// A responder that works until it is dropped.
#[derive(Debug)]
pub struct Responder {
    address: SocketAddr,
    ends: Arc<AtomicBool>,
    pings: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Responder {
    /// Starts one.
    ///
    /// # Errors
    /// The system gave no socket.
    pub fn start(listen: SocketAddr, fault: Fault) -> io::Result<Self> {
        let socket = UdpSocket::bind(listen)?;
        socket.set_read_timeout(Some(TURN))?;
        let other = UdpSocket::bind((listen.ip(), 0))?;
        let address = socket.local_addr()?;
        let ends = Arc::new(AtomicBool::new(false));
        let pings = Arc::new(AtomicU64::new(0));
        let (is_over, count) = (Arc::clone(&ends), Arc::clone(&pings));
        let thread = thread::spawn(move || {
            let mut buffer = [0; 512];
            while !is_over.load(Ordering::Relaxed) {
                let Some((size, from)) = received(&socket, &mut buffer) else {
                    continue;
                };
                let start = nanos();
                let Some(mut answer) = answer(&buffer[..size], start) else {
                    continue;
                };
                let number = count.fetch_add(1, Ordering::Relaxed) + 1;
                if fault.loses_each > 0 && number.is_multiple_of(fault.loses_each) {
                    continue;
                }
                thread::sleep(fault.delay);
                answer[8] ^= u8::from(fault.wrong_nonce);
                answer[16] ^= u8::from(fault.wrong_time);
                answer[25..].copy_from_slice(&nanos().to_be_bytes());
                let by = if fault.other_port { &other } else { &socket };
                for _ in 0..fault.copies.max(1) {
                    // The network may lose any datagram.
                    let _ = by.send_to(&answer, from);
                }
            }
        });
        Ok(Self {
            address,
            ends,
            pings,
            thread: Some(thread),
        })
    }

    /// Where pings go.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Pings so far.
    pub fn pings(&self) -> u64 {
        self.pings.load(Ordering::Relaxed)
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic is in the output already.
            let _ = thread.join();
        }
    }
}

/// The answer to a ping: the magic, version 0, type, the length of the rest, nonce, and times in nanoseconds: the client's, of the
/// arrival, of the answer. All numbers are big-endian. `None` for anything that is no ping.
fn answer(ping: &[u8], start: i64) -> Option<[u8; ANSWER]> {
    if ping.len() != PING || !ping.starts_with(b"QLKN\0\0\0\x09") {
        return None;
    }
    let mut answer = [0; ANSWER];
    answer[..8].copy_from_slice(b"QLKN\0\x01\0\x19");
    answer[8..PING].copy_from_slice(&ping[8..]);
    answer[PING..25].copy_from_slice(&start.to_be_bytes());
    Some(answer)
}

fn nanos() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_pings_and_nothing_else() {
        let ping = b"QLKN\0\0\0\x09\xBF\0\0\0\0\x63\xB6\xE9\x57";
        let made = answer(ping, 0x0102_0304_0506_0708).expect("an answer");
        assert_eq!(
            made[..25],
            *b"QLKN\0\x01\0\x19\xBF\0\0\0\0\x63\xB6\xE9\x57\x01\x02\x03\x04\x05\x06\x07\x08"
        );
        assert_eq!(answer(&made, 0), None, "an answer");
        assert_eq!(answer(&ping[..16], 0), None, "too short");
        assert_eq!(answer(b"QLKN\x01\0\0\x09\0\0\0\0\0\0\0\0\0", 0), None);
    }
}
