//! Whether what waits is still being sent.
//!
//! A remote that begins packets and leaves them holds memory for as long as it stays. Where the memory is short, it has to
//! go on with what it holds.

/// The time, in milliseconds, in which bytes are counted.
const PERIOD: u64 = 5000;
/// The part of what a list holds that has to come in one or two such times.
const PART: usize = 64;

/// The bytes that joined a list of waiting packets lately.
#[derive(Debug, Default)]
pub struct Progress {
    since: u64,
    bytes: usize,
    /// Those of the period before.
    bytes_before: usize,
}

impl Progress {
    /// Counts bytes.
    pub fn add(&mut self, now: u64, bytes: usize) {
        let periods = (now - self.since) / PERIOD;
        if periods > 0 {
            self.bytes_before = if periods == 1 { self.bytes } else { 0 };
            (self.bytes, self.since) = (0, now);
        }
        self.bytes += bytes;
    }

    /// Whether hardly anything came for a list that holds so many bytes.
    pub fn is_stalled(&self, now: u64, held: usize) -> bool {
        let came = match (now - self.since) / PERIOD {
            0 => self.bytes + self.bytes_before,
            1 => self.bytes,
            _ => 0,
        };
        came < held / PART
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_stalls_when_little_of_it_came_lately() {
        let mut progress = Progress::default();
        progress.add(5000, 64_000);
        assert!(!progress.is_stalled(5000, 64_000));
        assert!(!progress.is_stalled(9999, 64_000));
        assert!(progress.is_stalled(15_000, 64_000));
        for second in 20..100 {
            progress.add(second * 1000, 100);
            assert!(!progress.is_stalled(second * 1000, 6400), "{second}");
        }
        assert!(progress.is_stalled(99_000, 64 * 1101));
    }
}
