//! The conditions of one direction of an emulated network.

use std::num::NonZeroU64;
use std::time::Duration;

/// The treatment of the datagrams of one direction. Sizes are of UDP payloads, in bytes. Shares are
/// probabilities for each datagram; values outside of 0 to 1 count as the nearer of the two.
///
/// The default changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Conditions {
    /// Time that every datagram takes.
    pub latency: Duration,
    /// Most time that is added to the latency, evenly spread from zero. Datagrams that follow each other
    /// by less than the jitter may change places.
    pub jitter: Duration,
    /// Share of datagrams that are lost, outside of bursts.
    pub loss: f64,
    /// Bursts of loss.
    pub bursts: Option<Bursts>,
    /// Share of the surviving datagrams that arrive twice. Each copy has a jitter of its own.
    pub duplication: f64,
    /// Share of datagrams that are held back by `reordering_delay`, so that later ones overtake them.
    pub reordering: f64,
    /// Time that reordered datagrams take in addition.
    pub reordering_delay: Duration,
    /// Rate of the bottleneck; `None` for no limit.
    pub rate: Option<Rate>,
    /// Largest datagram that passes; larger ones are lost. `None` for no limit.
    pub mtu: Option<usize>,
}

impl Conditions {
    /// Whether every datagram passes at once.
    pub fn is_clear(&self) -> bool {
        self.latency.is_zero()
            && self.jitter.is_zero()
            && self.loss <= 0.0
            && self.bursts.is_none()
            && self.duplication <= 0.0
            && (self.reordering <= 0.0 || self.reordering_delay.is_zero())
            && self.rate.is_none()
            && self.mtu.is_none()
    }
}

/// Bursts of loss after the model of Gilbert and Elliott: the direction is either good or in a burst, and
/// may change over with each datagram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bursts {
    /// Probability, for each datagram outside of a burst, that a burst begins with it.
    pub begin: f64,
    /// Probability, for each further datagram in a burst, that the burst is over. A burst spans
    /// `1 / end` datagrams on average.
    pub end: f64,
    /// Share of datagrams that are lost in a burst; [`Conditions::loss`] is the share outside.
    pub loss: f64,
}

impl Bursts {
    /// Bursts that lose all their datagrams, a `share` of all datagrams in the long run, and
    /// `mean_length` datagrams in a row on average, which is at least 1.
    ///
    /// At least one datagram lies between two bursts, so short bursts cannot reach a large share.
    pub fn of_share(share: f64, mean_length: f64) -> Self {
        let end = 1.0 / mean_length.max(1.0);
        let share = share.clamp(0.0, 1.0);
        Self {
            // In the long run as many bursts begin as end.
            begin: (end * share / (1.0 - share)).min(1.0),
            end,
            loss: 1.0,
        }
    }
}

/// The rate of a bottleneck, and the queue before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Bytes per second that leave the queue.
    pub bytes_per_second: NonZeroU64,
    /// Most bytes that wait behind the datagram that is being sent. A datagram that does not fit any
    /// more is lost.
    pub queue: usize,
}

impl Rate {
    /// The time that a datagram takes to be sent.
    pub(super) fn time_for(&self, size: usize) -> Duration {
        const NANOS_PER_SECOND: u128 = 1_000_000_000;
        let rate = u128::from(self.bytes_per_second.get());
        let nanos = (size as u128 * NANOS_PER_SECOND).div_ceil(rate);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}
