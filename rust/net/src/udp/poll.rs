//! Waiting for a datagram by poll(2).

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout};

/// What another thread ends a wait with: a pipe.
pub struct Alarm {
    heard: PipeReader,
    pipe: PipeWriter,
    /// Whether a byte is on its way, so that there never are two.
    is_set: AtomicBool,
}

impl Alarm {
    /// One that is not set.
    pub fn new() -> io::Result<Self> {
        let (heard, pipe) = io::pipe()?;
        let is_set = AtomicBool::new(false);
        Ok(Self {
            heard,
            pipe,
            is_set,
        })
    }

    /// Ends the wait that goes on, or the next one.
    pub fn set(&self) {
        if !self.is_set.swap(true, Ordering::SeqCst) {
            // It has room for the byte.
            let _ = (&self.pipe).write(&[0]);
        }
    }

    fn clear(&self) {
        // It has a byte.
        let _ = (&self.heard).read(&mut [0]);
        self.is_set.store(false, Ordering::SeqCst);
    }
}

/// Waits until the socket has something to read, or the alarm goes; true if it has, or does, before the
/// time is over. That may take up to a millisecond longer: poll(2) counts no less.
pub fn wait(socket: &UdpSocket, alarm: Option<&Alarm>, timeout: Duration) -> io::Result<bool> {
    repeat(timeout, |left| {
        let mut descriptors = [
            PollFd::new(socket.as_fd(), PollFlags::POLLIN),
            // One of the two again where there is no alarm.
            PollFd::new(
                alarm.map_or(socket.as_fd(), |alarm| alarm.heard.as_fd()),
                PollFlags::POLLIN,
            ),
        ];
        let count = if alarm.is_some() { 2 } else { 1 };
        nix::poll::poll(&mut descriptors[..count], left)?;
        if let Some(alarm) = alarm
            && descriptors[1].any().unwrap_or(true)
        {
            alarm.clear();
            return Ok(true);
        }
        match descriptors[0].revents() {
            Some(PollFlags::POLLNVAL) => Err(Errno::EBADF),
            // An error is read like a datagram.
            events => Ok(events.is_some_and(|events| !events.is_empty())),
        }
    })
}

/// Polls until something is there or the time is over: again after a signal, and after the longest
/// time that can be asked for.
fn repeat(
    timeout: Duration,
    mut poll: impl FnMut(PollTimeout) -> nix::Result<bool>,
) -> io::Result<bool> {
    let clock = Instant::now();
    loop {
        match poll(rounded_up(timeout.saturating_sub(clock.elapsed()))) {
            Err(Errno::EINTR) => {}
            Ok(false) if clock.elapsed() < timeout => {}
            done => return Ok(done?),
        }
    }
}

/// Cut to milliseconds, the last of them would be polled through without a pause.
fn rounded_up(time: Duration) -> PollTimeout {
    let millis = time.as_nanos().div_ceil(1_000_000);
    PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_does_not_end_the_wait() {
        let timeout = Duration::from_secs(100);
        let mut answers = [Err(Errno::EINTR), Err(Errno::EINTR), Ok(true)].into_iter();
        let mut asked = Vec::new();
        let waited = repeat(timeout, |left| {
            asked.push(left);
            answers.next().expect("no poll after the answer")
        });
        assert!(waited.expect("no error"));
        assert_eq!(asked.len(), 3);
        assert!(asked.is_sorted_by(|earlier, later| earlier >= later));
        assert_eq!(asked[0], rounded_up(timeout));
    }

    #[test]
    fn other_errors_do() {
        let waited = repeat(Duration::from_secs(100), |_| Err(Errno::ENOMEM));
        let error = waited.expect_err("an error");
        assert_eq!(error.raw_os_error(), Some(Errno::ENOMEM as i32));
    }

    #[test]
    fn a_poll_that_ends_early_is_repeated() {
        let timeout = Duration::from_millis(5);
        let clock = Instant::now();
        let waited = repeat(timeout, |_| Ok(false));
        assert!(!waited.expect("no error"));
        assert!(clock.elapsed() >= timeout);
    }

    #[test]
    fn times_are_rounded_up() {
        for (nanos, millis) in [(0, 0), (1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2)] {
            let rounded = rounded_up(Duration::from_nanos(nanos));
            assert_eq!(rounded.as_millis(), Some(millis), "{nanos}");
        }
        assert_eq!(rounded_up(Duration::MAX), PollTimeout::MAX);
    }
}
