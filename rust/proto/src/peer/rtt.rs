//! The round-trip time (RTT) of a connection, and the retransmission timeout that follows from it.
//!
//! Each acknowledgement returns the time at which its command was sent. The estimator smooths those
//! samples as the C library does: a new sample counts an eighth, its deviation a quarter.

/// Milliseconds assumed before the first sample.
pub const INITIAL_RTT: u32 = 500;

/// Smoothed round-trip time and its mean deviation, in milliseconds.
#[derive(Debug)]
pub struct RttEstimator {
    smoothed: u32,
    variance: u32,
    /// The last sample, 0 before the first one.
    last: u32,
}

impl Default for RttEstimator {
    fn default() -> Self {
        Self {
            smoothed: INITIAL_RTT,
            variance: 0,
            last: 0,
        }
    }
}

impl RttEstimator {
    /// Adds a measured round trip of at least one millisecond.
    pub fn add_sample(&mut self, sample: u32) {
        let is_first = !self.is_measured();
        self.last = sample;
        if is_first {
            self.smoothed = sample;
            self.variance = sample.div_ceil(2);
            return;
        }
        let difference = sample.abs_diff(self.smoothed);
        self.variance -= self.variance / 4;
        self.variance += difference / 4;
        if sample >= self.smoothed {
            self.smoothed += difference / 8;
        } else {
            self.smoothed -= difference / 8;
        }
    }

    pub fn is_measured(&self) -> bool {
        self.last > 0
    }

    /// The last sample.
    pub fn last(&self) -> Option<u32> {
        self.is_measured().then_some(self.last)
    }

    pub fn smoothed(&self) -> u32 {
        self.smoothed
    }

    pub fn variance(&self) -> u32 {
        self.variance
    }

    /// The retransmission timeout (RTO) of a command's first transmission.
    pub fn rto(&self) -> u32 {
        self.smoothed + 4 * self.variance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sample_replaces_the_assumption() {
        let mut rtt = RttEstimator::default();
        assert_eq!((rtt.smoothed(), rtt.rto()), (500, 500));
        rtt.add_sample(41);
        assert_eq!((rtt.smoothed(), rtt.variance()), (41, 21));
        assert_eq!(rtt.rto(), 125);
    }

    #[test]
    fn later_samples_count_an_eighth_and_their_deviation_a_quarter() {
        let mut rtt = RttEstimator::default();
        rtt.add_sample(100);
        rtt.add_sample(180);
        assert_eq!((rtt.smoothed(), rtt.variance()), (110, 58));
        rtt.add_sample(30);
        assert_eq!((rtt.smoothed(), rtt.variance()), (100, 64));
    }

    #[test]
    fn a_steady_path_narrows_the_timeout() {
        let mut rtt = RttEstimator::default();
        for _ in 0..100 {
            rtt.add_sample(50);
        }
        assert_eq!(rtt.smoothed(), 50);
        assert!(rtt.rto() <= 62, "{}", rtt.rto());
    }
}
