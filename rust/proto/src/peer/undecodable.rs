//! Datagrams of a connection that could not be decompressed.

/// Milliseconds in which no good datagram came. A live ENet sends pings, which nobody who forges datagrams in
/// its name can hold back.
const SILENCE: u64 = 5000;

/// Undecodable datagrams since the last good one.
#[derive(Debug, Default)]
pub struct Undecodable {
    count: u32,
    since: u64,
}

impl Undecodable {
    /// A good datagram came.
    #[inline]
    pub fn clear(&mut self) {
        self.count = 0;
    }

    /// Counts one; true if they are more than `limit` permits, 0 for no limit.
    pub fn is_too_many(&mut self, now: u64, limit: u32) -> bool {
        if self.count == 0 {
            self.since = now;
        }
        self.count = self.count.saturating_add(1);
        limit > 0 && self.count >= limit && now - self.since >= SILENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_too_many_in_a_row_when_nothing_else_came_for_seconds() {
        let mut undecodable = Undecodable::default();
        for number in 0..100 {
            assert!(!undecodable.is_too_many(1000 + number, 10));
        }
        assert!(undecodable.is_too_many(6000, 10));
        assert!(!undecodable.is_too_many(6000, 0));
        undecodable.clear();
        assert!(!undecodable.is_too_many(20_000, 10));
        assert!(!undecodable.is_too_many(26_000, 10), "few");
    }
}
