//! The packet loss of a connection, as its statistics report it.

use super::RecentLoss;
use crate::{LOSS_SCALE, PeerStatistics};

/// Milliseconds over which losses are counted before they are averaged.
const INTERVAL: u64 = 10_000;

/// Counts sent and lost commands, and smooths their ratio.
#[derive(Debug, Default)]
pub struct LossEstimator {
    interval_start: Option<u64>,
    sent: u32,
    lost: u32,
    loss: u32,
    variance: u32,
    recent: RecentLoss,
}

impl LossEstimator {
    pub fn on_sent(&mut self) {
        self.sent += 1;
    }

    pub fn on_lost(&mut self, commands: usize) {
        self.lost += commands as u32;
        self.recent.on_lost(commands);
    }

    /// Commands that were sent in this interval.
    #[inline]
    pub fn sent(&self) -> u32 {
        self.sent
    }

    /// Counts the transmission of a reliable command.
    #[inline]
    pub fn on_transmit(&mut self) {
        self.recent.on_sent();
    }

    /// The recent loss of a connection that is up counts from now on.
    pub fn forget_recent(&mut self) {
        self.recent = RecentLoss::default();
    }

    /// See [`RecentLoss::share`].
    pub fn recent_share(&self) -> f32 {
        self.recent.share()
    }

    /// Forgets the commands that were sent in this interval.
    pub fn forget_sent(&mut self) {
        self.sent = 0;
    }

    /// Averages the loss if the interval is over.
    pub fn update(&mut self, now: u64) {
        let Some(start) = self.interval_start else {
            self.interval_start = Some(now);
            return;
        };
        if now - start < INTERVAL || self.sent == 0 {
            return;
        }
        let loss = u64::from(self.lost) * u64::from(LOSS_SCALE) / u64::from(self.sent);
        let difference = loss.abs_diff(self.loss.into());
        self.variance = smoothed(self.variance, 3, difference);
        self.loss = smoothed(self.loss, 7, loss);
        self.recent.advance(now - start < 2 * INTERVAL);
        self.interval_start = Some(now);
        self.sent = 0;
        self.lost = 0;
    }

    pub fn report(&self, statistics: &mut PeerStatistics) {
        statistics.packet_loss = self.loss;
        statistics.packet_loss_variance = self.variance;
        statistics.packet_loss_epoch = self.interval_start.unwrap_or(0) as u32;
        statistics.packets_sent = self.sent;
        statistics.packets_lost = self.lost;
    }
}

fn smoothed(old: u32, weight: u64, new: u64) -> u32 {
    ((u64::from(old) * weight + new) / (weight + 1)).min(u32::MAX.into()) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_lost_is_smoothed_over_the_intervals() {
        let mut loss = LossEstimator::default();
        loss.update(0);
        for (now, expected) in [(10_000, 2048), (20_000, 3840)] {
            (0..40).for_each(|_| loss.on_sent());
            loss.on_lost(10);
            loss.update(now - 1);
            loss.update(now);
            assert_eq!(loss.loss, expected);
        }
        assert_eq!(loss.variance, 4096 * 3 / 4 + (16_384 - 2048) / 4);
    }

    #[test]
    fn the_recent_loss_has_the_same_intervals() {
        let mut loss = LossEstimator::default();
        loss.update(0);
        loss.on_sent();
        (0..4).for_each(|_| loss.on_transmit());
        loss.on_lost(1);
        loss.update(10_000);
        assert_eq!(loss.recent_share(), 0.25);
        loss.on_sent();
        loss.update(30_000);
        assert_eq!(loss.recent_share(), 0.0);
        (0..2).for_each(|_| loss.on_transmit());
        loss.on_lost(1);
        loss.on_sent();
        loss.update(50_000);
        assert_eq!(loss.recent_share(), 0.0, "long ago");
    }

    #[test]
    fn an_interval_without_commands_goes_on() {
        let mut loss = LossEstimator::default();
        loss.update(0);
        loss.update(30_000);
        assert_eq!(loss.interval_start, Some(0));
    }
}
