//! How many received bytes a peer may have waiting for reordering and reassembly.

use super::commands::Refused;

/// Bytes of one peer that wait.
#[derive(Debug, Default)]
pub struct ReceiveBudget {
    used: usize,
}

impl ReceiveBudget {
    pub fn used(&self) -> usize {
        self.used
    }

    /// Counts a packet that is about to wait, unless `limit` bytes wait already.
    pub fn claim(&mut self, size: usize, limit: usize) -> Result<(), Refused> {
        if self.used >= limit {
            return Err(Refused);
        }
        self.used += size;
        Ok(())
    }

    /// Counts additional bytes of a packet that waits already. A packet as large as the limit must
    /// still get its fragments in any order, so a quarter more is permitted.
    pub fn claim_more(&mut self, size: usize, limit: usize) -> Result<(), Refused> {
        if self.used + size > limit + limit / 4 {
            return Err(Refused);
        }
        self.used += size;
        Ok(())
    }

    /// Gives back the bytes of a packet that waits no longer.
    pub fn release(&mut self, size: usize) {
        self.used = self.used.saturating_sub(size);
    }

    pub fn clear(&mut self) {
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_packet_may_exceed_the_limit_and_its_parts_a_quarter_more() {
        let mut budget = ReceiveBudget::default();
        assert_eq!(budget.claim(90, 100), Ok(()));
        assert_eq!(budget.claim(30, 100), Ok(()));
        assert_eq!(budget.claim(1, 100), Err(Refused));
        assert_eq!(budget.claim_more(5, 100), Ok(()));
        assert_eq!(budget.claim_more(1, 100), Err(Refused));
        budget.release(200);
        assert_eq!(budget.used(), 0);
    }
}
