//! How much an incoming connection may bring, and when it brings so much more that it must be hostile.

use crate::Limits;

/// Seconds of the limit that may come at once.
const BURST: u64 = 2;
/// The time, in milliseconds, in which refused packets are counted.
const WINDOW: u32 = 10_000;
/// Refused packets, as a multiple of those that the limit permits in that time, after which the connection is dropped.
/// One that the application does not read sends what it always sends, which the limit permits.
const EXCESS: u64 = 4;
/// The least number of refused packets that are a flood, however low the limit is. An honest sender that is held back repeats
/// what it has in flight, ever more slowly: some 28,000 numbers, seven times in ten seconds.
const LEAST: u64 = 250_000;
/// Bytes of a packet, where only the bytes are limited: a full datagram has little more.
const PACKET_BYTES: u64 = 1024;
/// A connection settles its packets with its subscriber's budget in batches of the packets of a second, divided by this.
const BATCHES_PER_SECOND: u32 = 32;
/// A connection that brought no more than the packets of a second, divided by this, is not held back by its subscriber's
/// other connections.
const MODEST: u64 = 16;
/// The budget of a subscriber, as a multiple of a connection's.
const SHARED: u64 = 2;

/// A leaky bucket, as what it has room for: thousandths of packets, or of bytes. What comes last may exceed it.
#[derive(Debug, Default)]
struct Bucket(i64);

impl Bucket {
    /// Makes the room that `elapsed` milliseconds leave.
    fn leak(&mut self, elapsed: u64, limit: u64) {
        let all = match limit {
            0 => i64::MAX / 2,
            _ => (BURST * 1000 * limit) as i64,
        };
        let more = i64::try_from(elapsed.saturating_mul(limit)).unwrap_or(i64::MAX);
        self.0 = match limit {
            0 => all,
            _ => self.0.saturating_add(more).min(all),
        };
    }

    #[inline]
    fn take(&mut self, amount: u64) {
        self.0 = self.0.wrapping_sub(1000 * amount as i64);
    }

    #[inline]
    fn is_spent(&self) -> bool {
        self.0 <= 0
    }
}

/// What a connection may bring now.
#[derive(Debug, Default)]
pub struct Intake {
    packets: Bucket,
    bytes: Bucket,
    /// A millisecond after the buckets leaked last, 0 before the first time.
    leaked_at: u64,
    /// Packets until the next settlement with the subscriber's budget.
    batch: i32,
    /// The low bits of times: of the last settlement, and of the beginning of the counting of refused packets.
    settled_at: u32,
    counts_since: u32,
    refused: u32,
}

impl Intake {
    /// Counts a packet, or a part of one that is not its first; false if it exceeds the limits, or if a batch is to be
    /// settled first.
    #[inline]
    pub fn admits(&mut self, now: u64, limits: &Limits, is_packet: bool, bytes: usize) -> bool {
        if self.leaked_at != now + 1 {
            self.leak(now, limits);
        }
        if self.packets.is_spent() | self.bytes.is_spent() | (self.batch <= 0) {
            return false;
        }
        self.count_packets(u32::from(is_packet));
        self.bytes.take(bytes as u64);
        true
    }

    /// Happens once a millisecond at most.
    #[inline(never)]
    fn leak(&mut self, now: u64, limits: &Limits) {
        let elapsed = match self.leaked_at {
            0 => u64::MAX,
            at => now + 1 - at,
        };
        if self.leaked_at == 0 {
            self.begin_batch(now, limits);
        }
        if limits.packets_per_second > 0 {
            // There may have been no limit before.
            self.batch = self.batch.min(batch_of(limits.packets_per_second) as i32);
        }
        self.leaked_at = now + 1;
        self.packets.leak(elapsed, limits.packets_per_second.into());
        self.bytes.leak(elapsed, limits.bytes_per_second.into());
    }

    /// Counts packets that are admitted.
    #[inline]
    pub fn count_packets(&mut self, packets: u32) {
        self.packets.take(packets.into());
        self.batch = self.batch.wrapping_sub(packets as i32);
    }

    /// The packets to settle with the subscriber's budget, if a batch is over; and whether they came so slowly that the
    /// budget is not asked.
    pub fn batch(&self, now: u64, limits: &Limits) -> Option<(u32, bool)> {
        let rate = limits.packets_per_second;
        let batch = batch_of(rate);
        let least = u64::from(batch) * 1000 * MODEST;
        let elapsed = (now as u32).wrapping_sub(self.settled_at);
        let is_modest = u64::from(elapsed) * u64::from(rate) >= least;
        (self.batch <= 0).then_some((batch, is_modest))
    }

    /// Begins the next batch.
    pub fn begin_batch(&mut self, now: u64, limits: &Limits) {
        self.settled_at = now as u32;
        self.batch = match limits.packets_per_second {
            0 => i32::MAX,
            rate => batch_of(rate) as i32,
        };
    }

    /// Counts refused packets. True if they are so many that the connection is to be dropped.
    pub fn is_flood(&mut self, now: u64, limits: &Limits, refused: usize) -> bool {
        if (now as u32).wrapping_sub(self.counts_since) >= WINDOW {
            self.counts_since = now as u32;
            self.refused = 0;
        }
        self.refused = (self.refused).saturating_add(u32::try_from(refused).unwrap_or(u32::MAX));
        let rate = match limits.packets_per_second {
            0 => u64::from(limits.bytes_per_second).div_ceil(PACKET_BYTES),
            rate => rate.into(),
        };
        let permitted = rate * u64::from(WINDOW) / 1000;
        permitted > 0 && u64::from(self.refused) > LEAST.max(EXCESS * permitted)
    }
}

fn batch_of(rate: u32) -> u32 {
    rate.div_ceil(BATCHES_PER_SECOND).max(1)
}

/// What all connections of a subscriber may bring together: twice as many packets as one of them. Otherwise whoever opens
/// many connections may bring as many times more.
#[derive(Debug, Default)]
pub struct SharedIntake {
    packets: Bucket,
    leaked_at: u64,
}

impl SharedIntake {
    /// Counts a batch of packets; false, and nothing is counted, if the connections brought too many.
    pub fn admits(&mut self, now: u64, limits: &Limits, packets: u32, is_modest: bool) -> bool {
        let limit = SHARED * u64::from(limits.packets_per_second);
        let elapsed = match self.leaked_at {
            0 => u64::MAX,
            at => now + 1 - at,
        };
        self.packets.leak(elapsed, limit);
        self.leaked_at = now + 1;
        if self.packets.is_spent() && !is_modest {
            return false;
        }
        self.packets.take(packets.into());
        // Many modest connections leave a debt of a second.
        self.packets.0 = self.packets.0.max(-1000 * limit as i64);
        true
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
        let all = std::iter::repeat_with(|| {
            if intake.batch(now, &limits()).is_some() {
                intake.begin_batch(now, &limits());
            }
            intake.admits(now, &limits(), true, size)
        });
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
    fn a_flood_of_bytes_exceeds_their_limit_several_times() {
        let limits = Limits {
            packets_per_second: 0,
            bytes_per_second: 64 << 20,
            ..limits()
        };
        let most = 4 * 10 * (64 << 20) / 1024;
        let mut intake = Intake::default();
        assert!(!intake.is_flood(1, &limits, most));
        assert!(intake.is_flood(2, &limits, 1));
    }

    /// Packets that so many connections of one subscriber bring in a second, each of which tries `rate` a second.
    fn brought(connections: usize, rate: u64) -> Vec<u64> {
        let limits = Limits {
            packets_per_second: 10_000,
            ..Limits::none()
        };
        let mut shared = SharedIntake::default();
        let mut intakes: Vec<_> = (0..connections).map(|_| Intake::default()).collect();
        let mut all = vec![0; connections];
        for now in 50_000..60_000 {
            let tries = (now + 1) * rate / 1000 - now * rate / 1000;
            for (intake, brought) in intakes.iter_mut().zip(&mut all) {
                for _ in 0..tries {
                    if let Some((packets, is_modest)) = intake.batch(now, &limits)
                        && shared.admits(now, &limits, packets, is_modest)
                    {
                        intake.begin_batch(now, &limits);
                    }
                    *brought += u64::from(intake.admits(now, &limits, true, 9));
                }
            }
        }
        all
    }

    #[test]
    fn connections_of_a_subscriber_share_twice_the_packets_of_one() {
        assert_eq!(brought(1, 10_000), [100_000]);
        assert_eq!(brought(2, 10_000), [100_000; 2]);
        // Two seconds may come at once, and each connection's last batch is not settled.
        let sum: u64 = brought(16, 10_000).iter().sum();
        assert!((200_000..=245_100).contains(&sum), "{sum}");
        // Those that bring little are never held back.
        assert_eq!(brought(64, 600), [6000; 64]);
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
