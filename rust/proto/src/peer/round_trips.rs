//! The round trips of the last minute, counted by length.
//!
//! Lengths up to 31 ms have a bucket each; longer ones share buckets whose width is at most a sixteenth of the length.
//! Three parts of 20 seconds follow each other, so the counts span the last 40 to 60 seconds.

/// Length of a part, in milliseconds.
const PART: u64 = 20_000;
const PARTS: usize = 3;
/// Buckets of each power of two, as bits.
const BITS: u32 = 4;
/// Buckets of a part: lengths up to 8 seconds. Longer ones count as these.
const BUCKETS: usize = 160;

/// Counts of round trips. One sample each millisecond is counted, so that no count overflows: a part has 20,000.
#[derive(Debug)]
pub struct RoundTrips {
    parts: [[u16; BUCKETS]; PARTS],
    /// The current part.
    current: usize,
    /// When the current part ends.
    end: u64,
    last: u64,
}

impl RoundTrips {
    pub fn new(now: u64) -> Self {
        Self {
            parts: [[0; BUCKETS]; PARTS],
            current: 0,
            end: now + PART,
            last: now.wrapping_sub(1),
        }
    }

    /// Counts a round trip, unless another one was counted in this millisecond.
    #[inline]
    pub fn add(&mut self, now: u64, sample: u32) {
        if now == self.last {
            return;
        }
        self.last = now;
        if now >= self.end {
            self.advance(now);
        }
        self.parts[self.current][bucket(sample)] += 1;
    }

    /// Begins a new part, and forgets parts whose time is over.
    #[cold]
    fn advance(&mut self, now: u64) {
        let passed = (now - self.end) / PART + 1;
        for _ in 0..passed.min(PARTS as u64) {
            self.current = (self.current + 1) % PARTS;
            self.parts[self.current] = [0; BUCKETS];
        }
        self.end += passed * PART;
    }

    /// The lengths that so many percent of the round trips do not exceed. `None` if there is none.
    pub fn percentiles<const N: usize>(&self, now: u64, percents: [u32; N]) -> Option<[u32; N]> {
        // Parts that are over by now count no more.
        let old = match now.checked_sub(self.end) {
            Some(late) => late / PART + 1,
            None => 0,
        };
        let fresh = (PARTS as u64).saturating_sub(old) as usize;
        let part = |age: usize| &self.parts[(self.current + PARTS - age) % PARTS];
        let mut counts = [0u32; BUCKETS];
        for age in 0..fresh {
            let bucketed = counts.iter_mut().zip(part(age));
            bucketed.for_each(|(sum, &count)| *sum += u32::from(count));
        }
        let total: u32 = counts.iter().sum();
        (total > 0).then(|| percents.map(|percent| at(&counts, total, percent)))
    }
}

/// The middle of the bucket with the sample below which so many percent lie.
fn at(counts: &[u32; BUCKETS], total: u32, percent: u32) -> u32 {
    let rank = (u64::from(total) * u64::from(percent)).div_ceil(100).max(1);
    let mut sum = 0;
    for (index, &count) in counts.iter().enumerate() {
        sum += u64::from(count);
        if sum >= rank {
            return middle(index);
        }
    }
    middle(BUCKETS - 1)
}

/// The bucket of a length.
#[inline]
fn bucket(sample: u32) -> usize {
    let octave = (u32::BITS - sample.leading_zeros()).saturating_sub(BITS + 1);
    let index = (octave << BITS) + (sample >> octave);
    (index as usize).min(BUCKETS - 1)
}

/// The middle of a bucket's lengths.
fn middle(bucket: usize) -> u32 {
    let octave = (bucket >> BITS).saturating_sub(1) as u32;
    let first = ((bucket as u32) - (octave << BITS)) << octave;
    first + ((1 << octave) - 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_lies_near_the_middle_of_its_bucket() {
        for sample in 1..8192 {
            let middle = middle(bucket(sample));
            assert!(
                middle.abs_diff(sample) <= sample / 32 + 1,
                "{sample} {middle}"
            );
            assert!(sample >= 32 || middle == sample, "{sample} {middle}");
        }
        assert!((7900..8192).contains(&middle(bucket(u32::MAX))));
        assert!(size_of::<RoundTrips>() <= 1024);
    }

    #[test]
    fn percentiles_are_those_of_the_samples() {
        let mut trips = RoundTrips::new(0);
        assert_eq!(trips.percentiles(0, [50]), None);
        for now in 0..100 {
            trips.add(now, if now < 98 { 20 } else { 400 });
            // A second one in the same millisecond does not count.
            trips.add(now, 1000);
        }
        assert_eq!(trips.percentiles(100, [50, 98, 99]), Some([20, 20, 407]));
    }

    #[test]
    fn what_is_older_than_a_minute_is_forgotten() {
        let mut trips = RoundTrips::new(0);
        trips.add(19_999, 10);
        trips.add(20_000, 30);
        assert_eq!(trips.percentiles(59_999, [1, 99]), Some([10, 30]));
        assert_eq!(trips.percentiles(60_000, [1, 99]), Some([30, 30]));
        assert_eq!(trips.percentiles(80_000, [50]), None);
        trips.add(61_000, 20);
        assert_eq!(trips.percentiles(61_000, [1, 99]), Some([20, 30]));
        trips.add(1_000_000, 5);
        assert_eq!(trips.percentiles(1_000_000, [1, 99]), Some([5, 5]));
    }

    #[test]
    fn a_full_part_does_not_overflow() {
        let mut trips = RoundTrips::new(0);
        (0..60_000).for_each(|now| trips.add(now, 7));
        assert_eq!(trips.percentiles(60_000, [50]), Some([7]));
    }
}
