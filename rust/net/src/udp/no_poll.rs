//! Waiting for a datagram where the standard library is all there is: a look at the socket every
//! millisecond. A blocking peek would need no looks, but Windows reads a timeout below half a second
//! as half a second, and a resend would be late by as much.

use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(1);

/// What another thread ends a wait with: looked at like the socket.
pub struct Alarm(AtomicBool);

impl Alarm {
    /// One that is not set.
    pub fn new() -> io::Result<Self> {
        Ok(Self(AtomicBool::new(false)))
    }

    /// Ends the wait that goes on, or the next one.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Waits until the socket, which does not block, has something to read, or the alarm goes; true if it
/// has, or does, before the time is over.
pub fn wait(socket: &UdpSocket, alarm: Option<&Alarm>, timeout: Duration) -> io::Result<bool> {
    let clock = Instant::now();
    loop {
        if alarm.is_some_and(|alarm| alarm.0.swap(false, Ordering::SeqCst)) {
            return Ok(true);
        }
        match socket.peek_from(&mut [0]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // Read like a datagram.
            Err(error) if super::is_report(error.kind()) || super::is_oversized(&error) => {
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
