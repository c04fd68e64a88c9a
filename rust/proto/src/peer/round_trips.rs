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

/// Samples are at least so many milliseconds apart. So no count overflows: a part has a thousand, with what came before it.
const APART: u32 = 20;
/// Samples that are kept in the peer.
const KEPT: usize = 11;

/// The last few round trips of a peer. They lie in the peer itself, so that its counts, which are far away in memory, are
/// touched for many samples at once.
#[derive(Debug)]
pub struct Samples {
    /// The time of the last sample; wraps.
    last: u32,
    count: u8,
    buckets: [u8; KEPT],
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            last: 0u32.wrapping_sub(APART),
            count: 0,
            buckets: [0; KEPT],
        }
    }
}

impl Samples {
    /// Whether the last sample is long enough ago for another one.
    #[inline]
    pub fn is_due(&self, now: u64) -> bool {
        (now as u32).wrapping_sub(self.last) >= APART
    }

    /// Keeps a sample. True if the samples must be counted now.
    pub fn push(&mut self, now: u64, sample: u32) -> bool {
        self.last = now as u32;
        self.buckets[usize::from(self.count)] = bucket(sample) as u8;
        self.count += 1;
        usize::from(self.count) == KEPT
    }

    /// The buckets of the samples.
    pub fn buckets(&self) -> &[u8] {
        &self.buckets[..usize::from(self.count)]
    }

    /// Forgets the samples, which were counted.
    pub fn clear(&mut self) {
        self.count = 0;
    }
}

/// Counts of round trips.
#[derive(Debug)]
pub struct RoundTrips {
    parts: [[u16; BUCKETS]; PARTS],
    /// The current part.
    current: usize,
    /// When the current part ends.
    end: u64,
}

impl RoundTrips {
    pub fn new(now: u64) -> Self {
        Self {
            parts: [[0; BUCKETS]; PARTS],
            current: 0,
            end: now + PART,
        }
    }

    /// Counts round trips by their buckets.
    pub fn add(&mut self, now: u64, buckets: &[u8]) {
        if now >= self.end {
            self.advance(now);
        }
        let part = &mut self.parts[self.current];
        for &bucket in buckets {
            let count = &mut part[usize::from(bucket)];
            *count = count.saturating_add(1);
        }
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

    /// The lengths that so many percent of the round trips do not exceed, with those of further `buckets`. `None` if there
    /// is none.
    pub fn percentiles<const N: usize>(
        &self,
        now: u64,
        buckets: &[u8],
        percents: [u32; N],
    ) -> Option<[u32; N]> {
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
        for &bucket in buckets {
            counts[usize::from(bucket)] += 1;
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

    fn add(trips: &mut RoundTrips, now: u64, sample: u32) {
        trips.add(now, &[bucket(sample) as u8]);
    }

    fn percentiles<const N: usize>(trips: &RoundTrips, now: u64, of: [u32; N]) -> Option<[u32; N]> {
        trips.percentiles(now, &[], of)
    }

    #[test]
    fn percentiles_are_those_of_the_samples() {
        let mut trips = RoundTrips::new(0);
        assert_eq!(percentiles(&trips, 0, [50]), None);
        for now in 0..100 {
            add(&mut trips, now, if now < 98 { 20 } else { 400 });
        }
        let of = [50, 98, 99];
        assert_eq!(percentiles(&trips, 100, of), Some([20, 20, 407]));
        let further = [bucket(400) as u8; 2];
        assert_eq!(trips.percentiles(100, &further, of), Some([20, 407, 407]));
    }

    #[test]
    fn what_is_older_than_a_minute_is_forgotten() {
        let mut trips = RoundTrips::new(0);
        add(&mut trips, 19_999, 10);
        add(&mut trips, 20_000, 30);
        assert_eq!(percentiles(&trips, 59_999, [1, 99]), Some([10, 30]));
        assert_eq!(percentiles(&trips, 60_000, [1, 99]), Some([30, 30]));
        assert_eq!(percentiles(&trips, 80_000, [50]), None);
        add(&mut trips, 61_000, 20);
        assert_eq!(percentiles(&trips, 61_000, [1, 99]), Some([20, 30]));
        add(&mut trips, 1_000_000, 5);
        assert_eq!(percentiles(&trips, 1_000_000, [1, 99]), Some([5, 5]));
    }

    #[test]
    fn samples_are_apart_and_are_counted_together() {
        let mut samples = Samples::default();
        assert!(samples.is_due(0));
        assert!(!samples.push(0, 7));
        assert!(!samples.is_due(0) && !samples.is_due(19) && samples.is_due(20));
        for now in 1..KEPT as u64 {
            assert_eq!(samples.push(20 * now, 7), now + 1 == KEPT as u64);
        }
        assert_eq!(samples.buckets(), [7; KEPT]);
        samples.clear();
        assert!(samples.buckets().is_empty() && !samples.is_due(u64::from(20 * KEPT as u32 - 1)));
    }
}
