//! Warnings about datagrams and handshakes that do not fit the settings of this side.

use super::Connection;
#[cfg(feature = "dtls")]
use enet_dtls::FailedHandshake;
use enet_proto::Time;

/// Time between two warnings of a kind, so that a remote that sends garbage cannot fill a log.
const INTERVAL: Time = Time::from_secs(10);

/// Datagrams that were compressed, but not with the codec of this side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndecodedWarning {
    /// Name of this side's compression mode.
    pub mode: &'static str,
    /// Number of such datagrams since the last warning.
    pub count: u64,
}

impl std::fmt::Display for UndecodedWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { mode, count } = self;
        match *mode {
            "COMPRESS_NONE" => write!(
                f,
                "{count} datagrams were dropped: they are compressed, and no mode is set on this side"
            ),
            _ => write!(
                f,
                "{count} datagrams were dropped: they cannot be decoded with {mode}, the mode of this \
                 side; the other side must have the same mode, and dictionary if there is one"
            ),
        }
    }
}

/// When a host's warnings were given.
#[derive(Default)]
pub(super) struct Warned {
    /// Of datagrams that cannot be decoded, with their number until then.
    undecoded: Option<(Time, u64)>,
    /// Of a remote's handshake that failed.
    #[cfg(feature = "dtls")]
    failed: Option<Time>,
}

impl Warned {
    /// How many of `total` undecoded datagrams to warn of now, if a warning is due.
    fn count_undecoded(&mut self, now: Time, total: u64) -> Option<u64> {
        let known = self.undecoded.map_or(0, |(_, count)| count);
        if total == known || !is_due(self.undecoded.map(|(at, _)| at), now) {
            return None;
        }
        self.undecoded = Some((now, total));
        Some(total - known)
    }
}

fn is_due(last: Option<Time>, now: Time) -> bool {
    last.is_none_or(|at| now >= at + INTERVAL)
}

impl Connection {
    /// A warning, if the host has received datagrams that it cannot decode. There are 10 seconds between
    /// two warnings.
    pub fn undecoded(&mut self, now: Time) -> Option<UndecodedWarning> {
        let host = self.host.as_mut().filter(|host| host.has_trouble())?;
        let count = self.warned.count_undecoded(now, host.undecoded())?;
        Some(UndecodedWarning {
            mode: host.compression().name(),
            count,
        })
    }

    /// The next encrypted session that failed, oldest first. Of sessions that remotes began, there is at
    /// most one in 10 seconds; of those that this side began, none is left out.
    #[cfg(feature = "dtls")]
    pub fn next_failed(&mut self, now: Time) -> Option<FailedHandshake> {
        loop {
            let host = self.host.as_mut().filter(|host| host.has_trouble())?;
            let failed = host.next_failed()?;
            if failed.is_client {
                return Some(failed);
            }
            if is_due(self.warned.failed, now) {
                self.warned.failed = Some(now);
                return Some(failed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_counts_what_came_since_the_last_one() {
        let mut warned = Warned::default();
        let start = Time::from_secs(5);
        assert_eq!(warned.count_undecoded(start, 0), None);
        assert_eq!(warned.count_undecoded(start, 3), Some(3));
        let too_early = start + INTERVAL - Time::from_millis(1);
        assert_eq!(warned.count_undecoded(too_early, 7), None);
        assert_eq!(warned.count_undecoded(start + INTERVAL, 8), Some(5));
        assert_eq!(warned.count_undecoded(start + INTERVAL * 3, 8), None);
    }
}
