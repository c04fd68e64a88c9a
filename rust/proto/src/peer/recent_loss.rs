//! The share of reliable transmissions that was lost lately. [`super::LossEstimator`] has ENet's own estimate, which
//! counts unreliable commands as sent, and is smoothed over minutes.

/// Length of a part, in milliseconds. Two parts count, the current one and the one before.
const PART: u64 = 10_000;

/// Counts of the current part, and of the part before.
#[derive(Debug, Default)]
pub struct RecentLoss {
    end: u64,
    sent: [u32; 2],
    lost: [u32; 2],
}

impl RecentLoss {
    /// Counts a transmission.
    #[inline]
    pub fn on_sent(&mut self, now: u64) {
        if now >= self.end {
            self.advance(now);
        }
        self.sent[0] = self.sent[0].saturating_add(1);
    }

    /// Counts one that is considered lost.
    pub fn on_lost(&mut self, now: u64) {
        if now >= self.end {
            self.advance(now);
        }
        self.lost[0] = self.lost[0].saturating_add(1);
    }

    #[cold]
    fn advance(&mut self, now: u64) {
        let is_next = now < self.end + PART;
        let keep = |counts: [u32; 2]| [0, if is_next { counts[0] } else { 0 }];
        (self.sent, self.lost) = (keep(self.sent), keep(self.lost));
        self.end = if is_next { self.end + PART } else { now + PART };
    }

    /// The share that was lost, 0 to 1.
    pub fn share(&self) -> f32 {
        let sum = |counts: [u32; 2]| u64::from(counts[0]) + u64::from(counts[1]);
        let (sent, lost) = (sum(self.sent), sum(self.lost));
        match sent {
            0 => 0.0,
            // What was sent in a part that is forgotten may be lost in this one.
            _ => (lost as f32 / sent as f32).min(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_that_of_the_last_parts() {
        let mut loss = RecentLoss::default();
        assert_eq!(loss.share(), 0.0);
        (0..8).for_each(|_| loss.on_sent(50_000));
        (0..2).for_each(|_| loss.on_lost(50_100));
        assert_eq!(loss.share(), 0.25);
        (0..8).for_each(|_| loss.on_sent(60_000));
        assert_eq!(loss.share(), 0.125);
        loss.on_sent(70_000);
        assert_eq!(loss.share(), 0.0);
        loss.on_lost(70_001);
        loss.on_sent(1_000_000);
        assert_eq!(loss.share(), 0.0);
    }
}
