//! Events of the hosts on their way to a poll's handlers.

use std::collections::VecDeque;

use crate::End;
use enet_proto::{Event, PeerId, Time};

/// Events that one poll takes from the hosts, so that a flood cannot hold up a frame for long. The next
/// poll takes the others.
const MAX_EVENTS: usize = 32_768;

/// Packets of one client that one poll of a server takes, besides those that the client may bring meanwhile. A script spends some
/// ten microseconds on each: one client's burst must not take a frame.
const MAX_OF_CLIENT: u64 = 512;
/// How many times as much as a client may bring is taken, so that what has piled up is read in the end.
const CATCH_UP: u64 = 2;
/// The time for which clients may bring more, at most. A long frame must not make the next one longer.
const MAX_ELAPSED: Time = Time::from_millis(50);
/// Packets of a poll that are not counted before there are more. Fewer than any client's portion while a poll has taken
/// little.
const FIRST: usize = 64;
/// Packets of all clients that one poll of a server takes while one of the clients has its portion already.
const MAX_OF_ALL: usize = 2048;
const TWICE_OF_ALL: usize = 2 * MAX_OF_ALL;
/// The portion of each client, with which a poll goes on beyond [`MAX_OF_ALL`]: many clients with little each are served in
/// one poll. Beyond twice [`MAX_OF_ALL`] it is the small one, or many connections with a portion each take the frame.
const PORTION: u64 = 64;
const SMALL_PORTION: u64 = 8;
/// A server's poll ends after this time if it took so many events, in case the handlers of signals are slow.
const MAX_TIME: Time = Time::from_millis(8);
const FEW_EVENTS: usize = 256;

/// Events that were taken from a host, or happened without the session, each with its host's key.
#[derive(Default)]
pub(super) struct EventQueues {
    /// Events for the next poll: ends of connections whose last packets, or whose beginning, the game
    /// could not see yet, and peers that come back after such an end.
    postponed: VecDeque<(i32, Event)>,
    /// Events for this poll, ahead of those that the hosts still hold.
    due: VecDeque<(i32, Event)>,
    /// Peers that another holder of the host ended, and how.
    lost: VecDeque<(i32, PeerId, End)>,
    /// Number of events that this poll took from the hosts.
    taken: usize,
    /// Packets that this poll takes of one client, at most.
    allowance: u64,
    /// Slots of the first packets that this poll took. Few are no client's portion: their counts are made when there are
    /// more, so that the polls of most games leave the list below alone.
    first: Vec<u16>,
    /// Whether there are more, and packets are counted.
    counts: bool,
    /// By slot, the poll that took packets of it last, and their number.
    taken_of: Vec<(u64, u64)>,
    polls: u64,
    polled_at: Time,
    /// The time between the last two polls.
    elapsed: Time,
    /// Whether a client's allowance is used up. The hosts give the clients' packets in turn, so each other client was
    /// served as well.
    is_served: bool,
}

impl EventQueues {
    /// Begins a poll: postponed events are due now, and the count of taken ones starts over.
    pub fn begin_poll(&mut self, now: Time) {
        self.elapsed = now.saturating_sub(self.polled_at);
        self.polled_at = now;
        if !self.postponed.is_empty() {
            self.due.append(&mut self.postponed);
        }
        self.taken = 0;
        self.first.clear();
        self.counts = false;
        self.polls += 1;
        self.is_served = false;
        self.allowance = u64::MAX;
    }

    /// Limits the packets that a server's poll takes of one client, which may bring `rate` of them a second, 0 for no limit.
    pub fn limit_clients(&mut self, rate: u32) {
        if rate > 0 {
            let millis = self.elapsed.min(MAX_ELAPSED).as_millis() as u64;
            let meanwhile = millis * u64::from(rate) * CATCH_UP / 1000;
            self.allowance = MAX_OF_CLIENT + meanwhile;
        }
    }

    /// Counts a packet that was taken of a client.
    pub fn count_packet(&mut self, peer: PeerId) {
        if self.allowance == u64::MAX {
            return;
        }
        if self.counts {
            self.count(peer.slot);
        } else if self.first.len() < FIRST && self.taken < MAX_OF_ALL {
            self.first.push(peer.slot);
        } else {
            self.count_first();
            self.count(peer.slot);
        }
    }

    /// Where other events have filled a poll meanwhile, the first packets count as if they came only now.
    #[cold]
    fn count_first(&mut self) {
        self.counts = true;
        for at in 0..self.first.len() {
            self.count(self.first[at]);
        }
    }

    fn count(&mut self, slot: u16) {
        let slot = usize::from(slot);
        if slot >= self.taken_of.len() {
            self.taken_of.resize(slot + 1, (0, 0));
        }
        let (poll, taken) = &mut self.taken_of[slot];
        if *poll != self.polls {
            (*poll, *taken) = (self.polls, 0);
        }
        *taken += 1;
        let portion = match self.taken {
            ..MAX_OF_ALL => self.allowance,
            MAX_OF_ALL..TWICE_OF_ALL => PORTION.min(self.allowance),
            _ => SMALL_PORTION,
        };
        self.is_served |= *taken >= portion;
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
    pub fn push_lost(&mut self, key: i32, peer: PeerId, end: End) {
        self.lost.push_back((key, peer, end));
    }

    /// The next event that is due.
    pub fn next_due(&mut self) -> Option<(i32, Event)> {
        self.due.pop_front()
    }

    /// The next peer that another holder of its host ended.
    pub fn next_lost(&mut self) -> Option<(i32, PeerId, End)> {
        self.lost.pop_front()
    }

    /// Counts one more event of the hosts; false if this poll may take no more.
    pub fn count_taken(&mut self, now: Time) -> bool {
        let is_limited = self.allowance < u64::MAX;
        let is_late = now.saturating_sub(self.polled_at) > MAX_TIME;
        let is_over = is_limited && is_late && self.taken >= FEW_EVENTS;
        let may_take = self.taken < MAX_EVENTS && !self.is_served && !is_over;
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
            cause: enet_proto::Cause::Timeout,
        }
    }

    #[test]
    fn a_postponed_event_is_due_in_the_next_poll() {
        let mut queues = EventQueues::default();
        queues.begin_poll(Time::ZERO);
        queues.push_due(0, end(1));
        queues.postpone(0, end(2));
        assert!(queues.is_end_postponed(peer(2)) && !queues.is_end_postponed(peer(1)));
        assert_eq!(queues.next_due(), Some((0, end(1))));
        assert_eq!(queues.next_due(), None);
        queues.begin_poll(Time::ZERO);
        assert!(!queues.is_end_postponed(peer(2)));
        assert_eq!(queues.next_due(), Some((0, end(2))));
    }

    #[test]
    fn a_poll_takes_a_limited_number_of_events() {
        let mut queues = EventQueues::default();
        for _ in 0..2 {
            queues.begin_poll(Time::ZERO);
            let taken = (0..MAX_EVENTS + 5)
                .filter(|_| queues.count_taken(Time::ZERO))
                .count();
            assert_eq!(taken, MAX_EVENTS);
        }
    }

    #[test]
    fn a_clients_packets_end_a_poll_when_it_took_enough_of_them() {
        let mut queues = EventQueues::default();
        let taken = |queues: &mut EventQueues| {
            let take = |_: &usize| {
                let may_take = queues.count_taken(Time::ZERO);
                queues.count_packet(peer(1));
                may_take
            };
            (0..MAX_EVENTS).take_while(take).count()
        };
        let mut poll = |millis, rate| {
            queues.begin_poll(Time::from_millis(millis));
            queues.limit_clients(rate);
            (0..100).for_each(|_| queues.count_packet(peer(2)));
            taken(&mut queues)
        };
        poll(1000, 1000);
        assert_eq!(poll(1016, 1000), 512 + 32);
        assert_eq!(poll(11_016, 1000), 512 + 100, "a long frame");
        assert_eq!(poll(11_032, 0), MAX_EVENTS);
    }

    /// What a poll takes of so many clients in turn, each of which has `waiting` packets.
    fn taken_of_all(clients: u16, waiting: usize) -> usize {
        let mut queues = EventQueues::default();
        queues.begin_poll(Time::ZERO);
        queues.limit_clients(10_000);
        let packets = (0..waiting).flat_map(|_| 0..clients);
        let take = |slot: &u16| {
            let may_take = queues.count_taken(Time::ZERO);
            queues.count_packet(peer(*slot));
            may_take
        };
        packets.take_while(take).count()
    }

    #[test]
    fn many_clients_that_bring_much_share_a_poll() {
        for clients in [16, 32] {
            assert_eq!(taken_of_all(clients, 1000), MAX_OF_ALL);
        }
        assert!(taken_of_all(400, 1000) <= 2 * MAX_OF_ALL);
    }

    #[test]
    fn many_clients_that_bring_little_are_served_in_one_poll() {
        for (clients, waiting) in [(256, 8), (1000, 4), (1000, 7), (60, 60), (2, 400)] {
            let all = usize::from(clients) * waiting;
            assert_eq!(taken_of_all(clients, waiting), all, "{clients}");
        }
    }

    #[test]
    fn slow_handlers_of_signals_end_a_servers_poll() {
        let mut queues = EventQueues::default();
        for (rate, most) in [(1000, FEW_EVENTS), (0, MAX_EVENTS)] {
            queues.begin_poll(Time::from_secs(1));
            queues.limit_clients(rate);
            let now = Time::from_millis(1009);
            let taken = (0..MAX_EVENTS).filter(|_| queues.count_taken(now)).count();
            assert_eq!(taken, most);
        }
    }

    #[test]
    fn clearing_drops_every_queue() {
        let mut queues = EventQueues::default();
        queues.push_due(0, end(1));
        queues.postpone(0, end(2));
        queues.push_lost(0, peer(3), End::default());
        queues.clear();
        queues.begin_poll(Time::ZERO);
        assert_eq!(queues.next_due(), None);
        assert_eq!(queues.next_lost(), None);
    }
}
