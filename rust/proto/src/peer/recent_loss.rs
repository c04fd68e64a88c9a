//! The share of reliable transmissions that was lost lately. [`super::LossEstimator`] has ENet's own estimate, which
//! counts unreliable commands as sent, and is smoothed over minutes. Both have the same intervals.

/// Counts of the current interval, and of the one before.
#[derive(Debug, Default)]
pub struct RecentLoss {
    sent: u32,
    lost: u32,
    before: [u32; 2],
}

impl RecentLoss {
    /// Counts a transmission.
    #[inline]
    pub fn on_sent(&mut self) {
        self.sent += 1;
    }

    /// Counts transmissions that are considered lost.
    pub fn on_lost(&mut self, commands: usize) {
        self.lost += commands as u32;
    }

    /// Begins an interval. The one before counts if it `is_recent`.
    pub fn advance(&mut self, is_recent: bool) {
        *self = Self {
            before: if is_recent {
                [self.sent, self.lost]
            } else {
                [0; 2]
            },
            ..Self::default()
        };
    }

    /// The share that was lost, 0 to 1.
    pub fn share(&self) -> f32 {
        let [sent, lost] = [self.sent, self.lost].map(u64::from);
        let [sent_before, lost_before] = self.before.map(u64::from);
        match sent + sent_before {
            0 => 0.0,
            // What was sent in an interval that is forgotten may be lost in this one.
            sent => ((lost + lost_before) as f32 / sent as f32).min(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_that_of_the_last_two_intervals() {
        let mut loss = RecentLoss::default();
        assert_eq!(loss.share(), 0.0);
        (0..8).for_each(|_| loss.on_sent());
        loss.on_lost(2);
        assert_eq!(loss.share(), 0.25);
        loss.advance(true);
        (0..8).for_each(|_| loss.on_sent());
        assert_eq!(loss.share(), 0.125);
        loss.advance(true);
        loss.on_sent();
        assert_eq!(loss.share(), 0.0);
        loss.on_lost(1);
        loss.advance(false);
        assert_eq!(loss.share(), 0.0);
    }
}
