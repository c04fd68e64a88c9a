//! What a user should hear of: datagrams and strangers that do not fit this side's settings.

use super::Connection;
use enet_dtls::FailedHandshake;
use enet_proto::Time;

/// Datagrams that were compressed, but not with the codec of this side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecoded {
    /// Name of the mode of this side.
    pub mode: &'static str,
    /// How many, since the last warning.
    pub count: u64,
}

impl std::fmt::Display for Undecoded {
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

/// Between two warnings: whoever sends garbage must not fill a log.
const WARNING_INTERVAL: Time = Time::from_secs(10);

impl Connection {
    /// A warning, if datagrams came that nobody here can decode, and none was given lately.
    pub fn undecoded(&mut self, now: Time) -> Option<Undecoded> {
        let host = self.host.as_mut()?;
        let count = host.undecoded();
        let is_due = self
            .warned
            .is_none_or(|(at, _)| now >= at + WARNING_INTERVAL);
        let known = self.warned.map_or(0, |(_, count)| count);
        if count == known || !is_due {
            return None;
        }
        self.warned = Some((now, count));
        Some(Undecoded {
            mode: host.compression().name(),
            count: count - known,
        })
    }

    /// The next encrypted session that failed, oldest first: each that this side began, and of those that
    /// strangers began one now and then.
    pub fn next_failed(&mut self, now: Time) -> Option<FailedHandshake> {
        loop {
            let failed = self.host.as_mut()?.next_failed()?;
            if failed.is_client {
                return Some(failed);
            }
            let is_due = (self.warned_of_failed).is_none_or(|at| now >= at + WARNING_INTERVAL);
            if is_due {
                self.warned_of_failed = Some(now);
                return Some(failed);
            }
        }
    }
}
