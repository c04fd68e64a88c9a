//! Numbers of unsequenced packets: one for each packet sent, and a window of those received.
//!
//! Unsequenced packets are delivered in the order of arrival, so the only thing to prevent is that a
//! duplicated datagram is delivered twice.

/// Groups in a window, one bit each.
const WINDOW: u16 = 1024;
/// How many windows ahead a group may be.
const FREE_WINDOWS: u32 = 32;

/// The unsequenced groups of one connection.
#[derive(Debug, Default)]
pub struct UnsequencedGroups {
    /// A bit per group of the current window, allocated for the first one.
    seen: Option<Box<[u32; WINDOW as usize / 32]>>,
    /// First group of the current window.
    window: u16,
    last_sent: u16,
}

impl UnsequencedGroups {
    /// The number of the next packet to send.
    pub fn next(&mut self) -> u16 {
        self.last_sent = self.last_sent.wrapping_add(1);
        self.last_sent
    }

    /// Records a received group. False if it was received before or is too old to tell.
    pub fn receive(&mut self, group: u16) -> bool {
        let index = group % WINDOW;
        let mut position = u32::from(group);
        if group < self.window {
            position += 0x1_0000;
        }
        if position >= u32::from(self.window) + FREE_WINDOWS * u32::from(WINDOW) {
            return false;
        }
        let (word, bit) = (usize::from(index / 32), 1 << (index % 32));
        let seen = (self.seen).get_or_insert_with(|| Box::new([0; WINDOW as usize / 32]));
        if group - index != self.window {
            self.window = group - index;
            seen.fill(0);
        } else if seen[word] & bit != 0 {
            return false;
        }
        seen[word] |= bit;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_received_once_in_any_order() {
        let mut groups = UnsequencedGroups::default();
        for group in [5, 1, 900, 2] {
            assert!(groups.receive(group), "{group}");
            assert!(!groups.receive(group), "{group} again");
        }
    }

    #[test]
    fn groups_before_the_window_are_old_and_numbers_wrap() {
        let mut groups = UnsequencedGroups::default();
        assert!(groups.receive(2000));
        assert!(!groups.receive(1000));
        assert!(groups.receive(30_000));
        assert!(groups.receive(60_000));
        assert!(groups.receive(10));
        assert!(!groups.receive(60_001));
    }

    #[test]
    fn sent_numbers_begin_at_one_and_wrap() {
        let mut groups = UnsequencedGroups::default();
        assert_eq!(groups.next(), 1);
        groups.last_sent = u16::MAX;
        assert_eq!(groups.next(), 0);
    }
}
