//! Events of the hosts on their way to a poll's handlers.

use std::collections::VecDeque;

use enet_proto::{Event, PeerId};

/// Events that one poll takes from the hosts, so that a flood cannot hold up a frame for long. The next
/// poll takes the others.
const MAX_EVENTS: usize = 32_768;

/// Events that were taken from a host, or happened without the session, each with its host's key.
#[derive(Default)]
pub(super) struct EventQueues {
    /// Events for the next poll: ends of connections whose last packets, or whose beginning, the game
    /// could not see yet, and peers that come back after such an end.
    postponed: VecDeque<(i32, Event)>,
    /// Events for this poll, ahead of those that the hosts still hold.
    due: VecDeque<(i32, Event)>,
    /// Peers that another holder of the host ended, with the data of the end.
    lost: VecDeque<(i32, PeerId, u32)>,
    /// Number of events that this poll took from the hosts.
    taken: usize,
}

impl EventQueues {
    /// Begins a poll: postponed events are due now, and the count of taken ones starts over.
    pub fn begin_poll(&mut self) {
        self.due.append(&mut self.postponed);
        self.taken = 0;
    }

    /// Keeps an event for the next poll.
    pub fn postpone(&mut self, key: i32, event: Event) {
        self.postponed.push_back((key, event));
    }

    /// Adds an event for this poll.
    pub fn push_due(&mut self, key: i32, event: Event) {
        self.due.push_back((key, event));
    }

    /// Notes a peer that another holder of its host ended.
    pub fn push_lost(&mut self, key: i32, peer: PeerId, data: u32) {
        self.lost.push_back((key, peer, data));
    }

    /// The next event that is due.
    pub fn next_due(&mut self) -> Option<(i32, Event)> {
        self.due.pop_front()
    }

    /// The next peer that another holder of its host ended.
    pub fn next_lost(&mut self) -> Option<(i32, PeerId, u32)> {
        self.lost.pop_front()
    }

    /// Counts one more event of the hosts; false if this poll may take no more.
    pub fn count_taken(&mut self) -> bool {
        let may_take = self.taken < MAX_EVENTS;
        self.taken += usize::from(may_take);
        may_take
    }

    /// Whether the end of this peer's connection waits for the next poll.
    pub fn is_end_postponed(&self, peer: PeerId) -> bool {
        let ends = |event: &Event| matches!(event, Event::Disconnected { peer: ended, .. } if *ended == peer);
        self.postponed.iter().any(|(_, event)| ends(event))
    }

    /// Drops every event.
    pub fn clear(&mut self) {
        self.postponed.clear();
        self.due.clear();
        self.lost.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(slot: u16) -> PeerId {
        PeerId {
            slot,
            generation: 1,
        }
    }

    fn end(slot: u16) -> Event {
        Event::Disconnected {
            peer: peer(slot),
            data: 0,
        }
    }

    #[test]
    fn a_postponed_event_is_due_in_the_next_poll() {
        let mut queues = EventQueues::default();
        queues.begin_poll();
        queues.push_due(0, end(1));
        queues.postpone(0, end(2));
        assert!(queues.is_end_postponed(peer(2)) && !queues.is_end_postponed(peer(1)));
        assert_eq!(queues.next_due(), Some((0, end(1))));
        assert_eq!(queues.next_due(), None);
        queues.begin_poll();
        assert!(!queues.is_end_postponed(peer(2)));
        assert_eq!(queues.next_due(), Some((0, end(2))));
    }

    #[test]
    fn a_poll_takes_a_limited_number_of_events() {
        let mut queues = EventQueues::default();
        for _ in 0..2 {
            queues.begin_poll();
            let taken = (0..MAX_EVENTS + 5).filter(|_| queues.count_taken()).count();
            assert_eq!(taken, MAX_EVENTS);
        }
    }

    #[test]
    fn clearing_drops_every_queue() {
        let mut queues = EventQueues::default();
        queues.push_due(0, end(1));
        queues.postpone(0, end(2));
        queues.push_lost(0, peer(3), 0);
        queues.clear();
        queues.begin_poll();
        assert_eq!(queues.next_due(), None);
        assert_eq!(queues.next_lost(), None);
    }
}
