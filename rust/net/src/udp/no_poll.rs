//! Waiting for a datagram with nothing but the standard library: the socket is checked once a
//! millisecond. A blocking peek with a timeout would be no alternative: Windows rounds timeouts below
//! half a second up to half a second, which would delay retransmissions.

use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::errors::{is_oversized, is_report};

/// Time between two checks.
const PAUSE: Duration = Duration::from_millis(1);

/// Lets another thread end a wait. Checked as often as the socket.
pub struct Alarm(AtomicBool);

impl Alarm {
    /// An alarm that is not set.
    pub fn new() -> io::Result<Self> {
        Ok(Self(AtomicBool::new(false)))
    }

    /// Ends the current wait, or else the next one.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Waits until the non-blocking socket is readable, the alarm is set or the time is over. True unless the
/// time is over.
pub fn wait(socket: &UdpSocket, alarm: Option<&Alarm>, timeout: Duration) -> io::Result<bool> {
    let clock = Instant::now();
    loop {
        if alarm.is_some_and(|alarm| alarm.0.swap(false, Ordering::SeqCst)) {
            return Ok(true);
        }
        match socket.peek_from(&mut [0]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // A `receive` follows, which skips it or finds what is behind it.
            Err(error) if is_report(&error) || is_oversized(&error) => {
                return Ok(true);
            }
            peeked => return peeked.map(|_| true),
        }
        let left = timeout.saturating_sub(clock.elapsed());
        if left.is_zero() {
            return Ok(false);
        }
        sleep(left.min(PAUSE));
    }
}
