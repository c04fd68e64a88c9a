//! Waiting for a datagram by poll(2).

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
#[cfg(any(test, not(any(target_os = "linux", target_os = "android"))))]
use nix::poll::PollTimeout;
use nix::poll::{PollFd, PollFlags};

/// Lets another thread end a wait: a pipe that is polled together with the socket.
pub struct Alarm {
    heard: PipeReader,
    pipe: PipeWriter,
    /// Whether the pipe holds its byte. There is never more than one.
    is_set: AtomicBool,
}

impl Alarm {
    /// An alarm that is not set.
    pub fn new() -> io::Result<Self> {
        let (heard, pipe) = io::pipe()?;
        let is_set = AtomicBool::new(false);
        Ok(Self {
            heard,
            pipe,
            is_set,
        })
    }

    /// Ends the current wait, or else the next one.
    pub fn set(&self) {
        if !self.is_set.swap(true, Ordering::SeqCst) {
            // The pipe is empty, so the write neither blocks nor fails.
            let _ = (&self.pipe).write(&[0]);
        }
    }

    fn clear(&self) {
        // The pipe holds a byte, so the read does not block.
        let _ = (&self.heard).read(&mut [0]);
        self.is_set.store(false, Ordering::SeqCst);
    }
}

/// Waits until the socket is readable, the alarm is set or the time is over. True unless the time is over.
/// May take up to a millisecond longer than asked where the system has poll(2) alone, which counts in milliseconds.
pub fn wait(socket: &UdpSocket, alarm: Option<&Alarm>, timeout: Duration) -> io::Result<bool> {
    repeat(timeout, |left| {
        let mut descriptors = [
            PollFd::new(socket.as_fd(), PollFlags::POLLIN),
            // A placeholder where there is no alarm.
            PollFd::new(
                alarm.map_or(socket.as_fd(), |alarm| alarm.heard.as_fd()),
                PollFlags::POLLIN,
            ),
        ];
        let count = if alarm.is_some() { 2 } else { 1 };
        poll(&mut descriptors[..count], left)?;
        if let Some(alarm) = alarm
            && descriptors[1].any().unwrap_or(true)
        {
            alarm.clear();
            return Ok(true);
        }
        let events = descriptors[0].revents().unwrap_or(PollFlags::empty());
        if events.contains(PollFlags::POLLNVAL) {
            return Err(Errno::EBADF);
        }
        // Of a datagram socket, only one that was shut down. It stays "readable" for ever, without an error to read.
        if events.contains(PollFlags::POLLHUP) {
            return Err(Errno::EPIPE);
        }
        // The next `receive` returns an error that there is.
        Ok(!events.is_empty())
    })
}

/// Repeats a poll until it finds something or the time is over: signals interrupt polls, and a single
/// poll may not last as long as asked.
fn repeat(
    timeout: Duration,
    mut poll: impl FnMut(Duration) -> nix::Result<bool>,
) -> io::Result<bool> {
    let clock = Instant::now();
    loop {
        match poll(timeout.saturating_sub(clock.elapsed())) {
            Err(Errno::EINTR) => {}
            Ok(false) if clock.elapsed() < timeout => {}
            done => return Ok(done?),
        }
    }
}

/// Waits for one of the descriptors, exactly: datagrams of an emulated network are due to a fraction of a millisecond.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn poll(descriptors: &mut [PollFd<'_>], timeout: Duration) -> nix::Result<()> {
    // A system whose times have 32 bits takes no more seconds than this, which is longer than any process runs.
    let timeout = timeout.min(Duration::from_secs(i32::MAX as u64));
    nix::poll::ppoll(descriptors, Some(timeout.into()), None)?;
    Ok(())
}

/// Waits for one of the descriptors.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn poll(descriptors: &mut [PollFd<'_>], timeout: Duration) -> nix::Result<()> {
    nix::poll::poll(descriptors, rounded_up(timeout))?;
    Ok(())
}

/// Rounds up: rounding down would spin through the last millisecond.
#[cfg(any(test, not(any(target_os = "linux", target_os = "android"))))]
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
        assert!(asked[0] <= timeout && asked[0] > timeout / 2);
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
