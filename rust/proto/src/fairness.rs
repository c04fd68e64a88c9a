//! Sharing memory that all peers of a host use.

/// Whether a peer that holds `own` of the `used` bytes may hold `more`, of a `limit` that `peers` share.
///
/// A share of half the limit, divided by the number of peers, is each peer's own. Beyond its share a peer gets
/// what the shares of the others leave, so that whoever takes all there is takes nothing from the others.
pub fn permits(limit: usize, used: usize, own: usize, more: usize, peers: usize) -> bool {
    let sum = used.saturating_add(more);
    if sum <= limit / 2 {
        return true;
    }
    let share = limit / 2 / peers.max(1);
    let others = share * peers.saturating_sub(1);
    own.saturating_add(more) <= share || sum <= limit - others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_peer_gets_everything() {
        assert!(permits(1000, 999, 999, 1, 1));
        assert!(!permits(1000, 1000, 1000, 1, 1));
        assert!(permits(usize::MAX, usize::MAX / 4, 0, 1, 4095));
    }

    #[test]
    fn a_greedy_peer_leaves_the_shares_of_the_others_and_the_sum_stays_within_the_limit() {
        let mut held = [0; 10];
        let used = |held: &[usize; 10]| held.iter().sum();
        while permits(1000, used(&held), held[0], 1, 10) {
            held[0] += 1;
        }
        assert_eq!(held[0], 1000 - 9 * 50);
        for peer in 1..10 {
            while permits(1000, used(&held), held[peer], 1, 10) {
                held[peer] += 1;
            }
            assert_eq!(held[peer], 50);
        }
        assert_eq!(used(&held), 1000);
    }
}
