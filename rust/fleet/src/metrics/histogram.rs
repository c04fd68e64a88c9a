//! Counts of observations by size.

/// A histogram with fixed bounds. Its numbers only grow, as Prometheus demands.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    bounds: &'static [f64],
    /// Observations of each bucket, and of those above all bounds.
    counts: Vec<u64>,
    sum: f64,
}

impl Histogram {
    /// An empty histogram with these ascending upper bounds, which belong to their buckets.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: vec![0; bounds.len() + 1],
            sum: 0.0,
        }
    }

    /// Counts an observation. One that is no number or negative is left out: the sum would not grow.
    pub fn observe(&mut self, value: f64) {
        if value.is_finite() && value >= 0.0 {
            self.counts[self.bounds.partition_point(|&bound| bound < value)] += 1;
            self.sum += value;
        }
    }

    /// Each bound with the number of observations that do not exceed it; the last bound is infinite.
    pub fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        let totals = self.counts.iter().scan(0, |total, count| {
            *total += count;
            Some(*total)
        });
        bounds.zip(totals)
    }

    /// The sum of all observations.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// The number of observations.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observations_are_counted_by_upper_bounds() {
        let mut histogram = Histogram::new(&[1.0, 2.0]);
        for value in [0.5, 1.0, 1.5, 2.5, -1.0, f64::NAN, f64::INFINITY] {
            histogram.observe(value);
        }
        let found: Vec<_> = histogram.cumulative().collect();
        assert_eq!(found, [(1.0, 2), (2.0, 3), (f64::INFINITY, 4)]);
        assert_eq!((histogram.count(), histogram.sum()), (4, 5.5));
    }
}
