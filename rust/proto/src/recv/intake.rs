//! How much an incoming connection may bring, and when it brings so much more that it must be hostile.

use crate::Limits;

/// Seconds of the limit that may come at once.
const BURST: u64 = 2;
/// The time, in milliseconds, in which refused packets are counted.
const WINDOW: u64 = 10_000;
/// Refused packets, as a multiple of those that the limit permits in that time, after which the connection is dropped.
/// One that the application does not read sends what it always sends, which the limit permits.
const EXCESS: u64 = 4;
/// The least number of refused packets that are a flood, however low the limit is. An honest sender that is held back repeats
/// what it has in flight, ever more slowly: some 28,000 numbers, seven times in ten seconds.
const LEAST: u64 = 250_000;

/// Thousandths of packets and bytes that came, less those that the limits permitted since: two leaky buckets.
#[derive(Debug, Default)]
pub struct Intake {
    packets: u64,
    bytes: u64,
    /// When the buckets leaked last.
    leaked_at: u64,
    /// When the counting of refused packets began.
    counts_since: u64,
    refused: u64,
}

impl Intake {
    /// Counts a packet, or a part of one that is not its first; false if it exceeds the limits.
    #[inline]
    pub fn admits(&mut self, now: u64, limits: &Limits, is_packet: bool, bytes: usize) -> bool {
        let packets_limit = u64::from(limits.packets_per_second);
        let bytes_limit = u64::from(limits.bytes_per_second);
        let elapsed = now - self.leaked_at;
        if elapsed > 0 {
            self.leaked_at = now;
            self.packets = (self.packets).saturating_sub(elapsed.saturating_mul(packets_limit));
            self.bytes = (self.bytes).saturating_sub(elapsed.saturating_mul(bytes_limit));
        }
        let is_over = |level: u64, limit: u64| limit > 0 && level >= BURST * 1000 * limit;
        if is_over(self.packets, packets_limit) || is_over(self.bytes, bytes_limit) {
            return false;
        }
        // Without a limit nothing leaks.
        if packets_limit > 0 && is_packet {
            self.packets += 1000;
        }
        if bytes_limit > 0 {
            self.bytes += 1000 * bytes as u64;
        }
        true
    }

    /// Counts refused packets. True if they are so many that the connection is to be dropped.
    pub fn is_flood(&mut self, now: u64, limits: &Limits, refused: usize) -> bool {
        if now - self.counts_since >= WINDOW {
            self.counts_since = now;
            self.refused = 0;
        }
        self.refused += refused as u64;
        let permitted = u64::from(limits.packets_per_second) * WINDOW / 1000;
        permitted > 0 && self.refused > LEAST.max(EXCESS * permitted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            packets_per_second: 100,
            bytes_per_second: 10_000,
            ..Limits::none()
        }
    }

    fn admitted(intake: &mut Intake, now: u64, size: usize) -> usize {
        let all = std::iter::repeat_with(|| intake.admits(now, &limits(), true, size));
        all.take_while(|&is_admitted| is_admitted)
            .take(9999)
            .count()
    }

    #[test]
    fn two_seconds_may_come_at_once_and_then_what_the_limit_permits() {
        let mut intake = Intake::default();
        assert_eq!(admitted(&mut intake, 50_000, 0), 200);
        assert_eq!(admitted(&mut intake, 50_005, 0), 1);
        assert_eq!(admitted(&mut intake, 51_005, 0), 100);
        assert_eq!(admitted(&mut intake, 99_000, 0), 200);
        let mut intake = Intake::default();
        assert_eq!(admitted(&mut intake, 50_000, 1000), 20);
        assert_eq!(admitted(&mut intake, 50_500, 1000), 5);
    }

    #[test]
    fn further_fragments_count_by_their_bytes_alone() {
        let mut intake = Intake::default();
        for _ in 0..1000 {
            assert!(intake.admits(0, &limits(), false, 1));
        }
    }

    #[test]
    fn without_limits_everything_comes() {
        let mut intake = Intake::default();
        for _ in 0..100_000 {
            assert!(intake.admits(0, &Limits::none(), true, 4096));
        }
        assert!(!intake.is_flood(0, &Limits::none(), usize::MAX / 2));
    }

    #[test]
    fn a_flood_exceeds_the_limit_several_times_within_the_window() {
        for (rate, most) in [(20_000, 800_000), (100, LEAST as usize)] {
            let limits = Limits {
                packets_per_second: rate,
                ..limits()
            };
            let mut intake = Intake::default();
            for second in 0..100 {
                assert!(
                    !intake.is_flood(second * 1000, &limits, most / 10),
                    "{second}"
                );
            }
            let mut intake = Intake::default();
            assert!(!intake.is_flood(1, &limits, most));
            assert!(intake.is_flood(9999, &limits, 1));
        }
    }
}
