//! The packet throttle: the share of unreliable packets that are sent.
//!
//! The throttle runs from 0 to [`THROTTLE_SCALE`]. Round trips better than those of the last interval
//! raise it, markedly worse ones lower it, and the sharing of the bandwidth limits it. A counter
//! advances by 7 modulo 32 with each packet; packets at which the counter exceeds the throttle are
//! dropped.

use super::rtt::{INITIAL_RTT, RttEstimator};
use crate::{PeerStatistics, THROTTLE_SCALE, Throttle};

/// Advance of the counter per unreliable packet.
const STEP: u32 = 7;

/// The throttle of one connection. The fields that every packet needs come first.
#[derive(Debug)]
#[repr(C)]
pub struct PacketThrottle {
    level: u32,
    counter: u32,
    limit: u32,
    last_rtt: u32,
    last_variance: u32,
    lowest_rtt: u32,
    highest_variance: u32,
    settings: Throttle,
    interval_start: Option<u64>,
}

impl Default for PacketThrottle {
    fn default() -> Self {
        Self {
            level: THROTTLE_SCALE,
            counter: 0,
            limit: THROTTLE_SCALE,
            last_rtt: INITIAL_RTT,
            last_variance: 0,
            lowest_rtt: INITIAL_RTT,
            highest_variance: 0,
            settings: Throttle::default(),
            interval_start: None,
        }
    }
}

impl PacketThrottle {
    /// Whether the next unreliable packet is sent.
    pub fn admits_next(&mut self) -> bool {
        self.counter = (self.counter + STEP) % THROTTLE_SCALE;
        self.counter <= self.level
    }

    /// The share of `amount` that the throttle lets through.
    pub fn share_of(&self, amount: u32) -> u32 {
        self.level * amount / THROTTLE_SCALE
    }

    pub fn settings(&self) -> Throttle {
        self.settings
    }

    pub fn configure(&mut self, settings: Throttle) {
        self.settings = settings;
    }

    /// Sets the highest throttle that the bandwidth permits.
    pub fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
        self.level = self.level.min(limit);
    }

    /// Follows a round trip. Up to `jitter` milliseconds above the reference are tolerated.
    pub fn adapt(&mut self, rtt: u32, jitter: u32) {
        let tolerance = self.last_variance.saturating_mul(2).max(jitter);
        if self.last_rtt <= self.last_variance {
            self.level = self.limit;
        } else if rtt <= self.last_rtt {
            let raised = self.level.saturating_add(self.settings.acceleration);
            self.level = raised.min(self.limit);
        } else if rtt > self.last_rtt.saturating_add(tolerance) {
            self.level = self.level.saturating_sub(self.settings.deceleration);
        }
    }

    /// Keeps the best round-trip time of the interval, which is the reference in the next one.
    pub fn track(&mut self, now: u64, rtt: &RttEstimator) {
        self.lowest_rtt = self.lowest_rtt.min(rtt.smoothed());
        self.highest_variance = self.highest_variance.max(rtt.variance());
        let interval = u64::from(self.settings.interval);
        let is_over = (self.interval_start).is_none_or(|start| now - start >= interval);
        if is_over {
            self.last_rtt = self.lowest_rtt;
            self.last_variance = self.highest_variance.max(1);
            self.lowest_rtt = rtt.smoothed();
            self.highest_variance = rtt.variance();
            self.interval_start = Some(now);
        }
    }

    pub fn report(&self, statistics: &mut PeerStatistics) {
        statistics.last_round_trip_time = self.last_rtt;
        statistics.last_round_trip_time_variance = self.last_variance;
        statistics.packet_throttle = self.level;
        statistics.packet_throttle_limit = self.limit;
        statistics.packet_throttle_counter = self.counter;
        statistics.packet_throttle_epoch = self.interval_start.unwrap_or(0) as u32;
        statistics.packet_throttle_acceleration = self.settings.acceleration;
        statistics.packet_throttle_deceleration = self.settings.deceleration;
        statistics.packet_throttle_interval = self.settings.interval;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(throttle: &mut PacketThrottle) -> usize {
        (0..THROTTLE_SCALE)
            .filter(|_| throttle.admits_next())
            .count()
    }

    /// A throttle whose reference is a steady round trip of 100 milliseconds.
    fn measured() -> PacketThrottle {
        let mut rtt = RttEstimator::default();
        let mut throttle = PacketThrottle::default();
        for now in (0..200).map(|sample| sample * 100) {
            rtt.add_sample(100);
            throttle.track(now, &rtt);
        }
        throttle
    }

    #[test]
    fn the_level_is_the_share_of_packets_sent() {
        let mut throttle = PacketThrottle::default();
        assert_eq!(admitted(&mut throttle), 32);
        throttle.set_limit(7);
        assert_eq!(admitted(&mut throttle), 8);
        assert_eq!(throttle.share_of(6400), 1400);
    }

    #[test]
    fn good_round_trips_raise_the_level_to_its_limit() {
        let mut throttle = measured();
        throttle.set_limit(1);
        throttle.set_limit(4);
        for expected in [3, 4, 4] {
            throttle.adapt(100, 0);
            assert_eq!(throttle.level, expected);
        }
    }

    #[test]
    fn bad_round_trips_lower_the_level_unless_jitter_is_tolerated() {
        let mut throttle = measured();
        throttle.adapt(150, 60);
        assert_eq!(throttle.level, 32);
        throttle.adapt(150, 40);
        assert_eq!(throttle.level, 30);
    }
}
