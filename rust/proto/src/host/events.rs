//! Events that the application has not taken yet, and the memory they hold.
//!
//! Events wait in the order of their arrival, up to [`QUEUED`] of each peer. Further events of a peer wait behind
//! these in a backlog of its own; one of them joins the queue whenever one of the peer's events is taken. So an event waits
//! for [`QUEUED`] events of each other peer at most, however much one of them sends.

use std::collections::VecDeque;

use crate::{Backlog, Cause, Event, FormerPeer, FormerPeers, Limits, PeerId, fairness};

/// Cost of an event, besides its packet's bytes.
const EVENT_COST: usize = 64;
/// Cost of what is kept of a connection until its end is taken.
const FORMER_COST: usize = 2 * size_of::<(PeerId, FormerPeer)>();
/// Events of one peer in the common queue.
const QUEUED: u32 = 256;
/// Events, and bytes of their packets, that [`Events::take`] takes at a time.
const PORTION: usize = 512;
const PORTION_BYTES: usize = 1024 * 1024;

/// The events of a slot's peers. Each packet touches one of them: it is a line of the processor's caches.
#[derive(Default)]
#[repr(align(64))]
struct Flow {
    /// Counts of an earlier epoch of the queue are zero by now.
    epoch: u64,
    /// Events in the common queue.
    queued: u32,
    /// The connection that the next three are counts of. What is left of an earlier one in this slot is not counted.
    generation: u32,
    /// What its events cost that wait.
    bytes: usize,
    /// Its packets so far, and those of them that wait no more: each packet is counted once on its way in.
    came: Backlog,
    gone: Backlog,
    #[expect(
        clippy::box_collection,
        reason = "it is rare, and the rest fits in one line"
    )]
    backlog: Option<Box<VecDeque<Event>>>,
}

const _: () = assert!(size_of::<Flow>() == 64);

impl Flow {
    /// Number of packets that wait.
    #[inline]
    fn waiting(&self) -> usize {
        (self.came.packets - self.gone.packets) as usize
    }

    fn unread(&self) -> Backlog {
        Backlog {
            packets: self.came.packets - self.gone.packets,
            bytes: self.came.bytes - self.gone.bytes,
        }
    }
}

/// A queue of events, oldest first.
pub struct Events {
    queue: VecDeque<Event>,
    /// By slot, up to the highest one that had an event.
    flows: Vec<Flow>,
    /// The connections whose ends wait.
    former: FormerPeers,
    /// Number of times that everything was taken.
    epoch: u64,
    /// Events in backlogs.
    behind: usize,
    bytes: usize,
    limit: usize,
}

impl Events {
    /// An empty queue that is full with `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            flows: Vec::new(),
            former: FormerPeers::new(),
            epoch: 0,
            behind: 0,
            bytes: 0,
            limit,
        }
    }

    /// Adds an event, also to a full queue.
    #[inline]
    pub fn push(&mut self, event: Event) {
        let cost = cost(&event);
        self.bytes += cost;
        let PeerId { slot, generation } = peer(&event);
        let slot = usize::from(slot);
        if slot >= self.flows.len() {
            self.flows.resize_with(slot + 1, Flow::default);
        }
        let flow = &mut self.flows[slot];
        if flow.epoch != self.epoch {
            (flow.epoch, flow.queued, flow.bytes) = (self.epoch, 0, 0);
            flow.gone = flow.came;
        }
        if flow.generation != generation {
            (flow.generation, flow.bytes) = (generation, 0);
            (flow.came, flow.gone) = Default::default();
        }
        flow.bytes += cost;
        if let Event::Received { data, .. } = &event {
            flow.came.count(data.len());
        }
        if flow.queued < QUEUED {
            flow.queued += 1;
            self.queue.push_back(event);
        } else {
            self.behind += 1;
            flow.backlog.get_or_insert_default().push_back(event);
        }
    }

    /// Adds the end of a connection.
    pub fn push_end(&mut self, peer: PeerId, (data, cause): (u32, Cause), mut former: FormerPeer) {
        former.figures.traffic.count_arrived(self.arrived(peer));
        self.former.insert(peer, former);
        self.push(Event::Disconnected { peer, data, cause });
    }

    /// What is kept of a connection whose end waits.
    pub fn former(&self, peer: PeerId) -> Option<&FormerPeer> {
        self.former.get(&peer)
    }

    pub fn pop(&mut self) -> Option<Event> {
        let event = self.pop_keeping()?;
        if let Event::Disconnected { peer, .. } = event {
            self.former.remove(&peer);
        }
        Some(event)
    }

    /// Leaves what is kept of a connection that ended.
    #[inline]
    fn pop_keeping(&mut self) -> Option<Event> {
        let event = self.queue.pop_front()?;
        let cost = cost(&event);
        self.bytes -= cost;
        let PeerId { slot, generation } = peer(&event);
        if let Some(flow) = self.flows.get_mut(usize::from(slot)) {
            if flow.generation == generation {
                flow.bytes -= cost;
                if let Event::Received { data, .. } = &event {
                    flow.gone.count(data.len());
                }
            }
            let next = flow
                .backlog
                .as_mut()
                .and_then(|backlog| backlog.pop_front());
            match next {
                Some(next) => {
                    self.behind -= 1;
                    self.queue.push_back(next);
                }
                None => flow.queued -= 1,
            }
            flow.backlog.take_if(|backlog| backlog.is_empty());
        }
        Some(event)
    }

    /// Moves events to the end of another queue, and what is kept of connections that ended to `former`. Where much
    /// waits, these are not all.
    pub fn take(&mut self, others: &mut VecDeque<Event>, former: &mut FormerPeers) {
        let is_little = self.queue.len() <= PORTION && self.bytes <= PORTION_BYTES;
        if is_little && self.behind == 0 && others.is_empty() {
            std::mem::swap(&mut self.queue, others);
            if !self.former.is_empty() {
                former.extend(std::mem::take(&mut self.former));
            }
            self.epoch += 1;
            self.bytes = 0;
            return;
        }
        let (most, until) = (PORTION, self.bytes.saturating_sub(PORTION_BYTES));
        for _ in 0..most {
            let Some(event) = self.pop_keeping() else {
                return;
            };
            if let Event::Disconnected { peer, .. } = event {
                former.extend(self.former.remove_entry(&peer));
            }
            others.push_back(event);
            if self.bytes < until {
                return;
            }
        }
    }

    /// Drops the packets in a peer's backlog.
    pub fn drop_backlog(&mut self, peer: PeerId) {
        let Some(flow) = self.flows.get_mut(usize::from(peer.slot)) else {
            return;
        };
        let is_counted = flow.generation == peer.generation;
        let (bytes, behind) = (&mut self.bytes, &mut self.behind);
        let (flow_bytes, gone) = (&mut flow.bytes, &mut flow.gone);
        let Some(backlog) = &mut flow.backlog else {
            return;
        };
        backlog.retain(|event| {
            let Event::Received {
                peer: from, data, ..
            } = event
            else {
                return true;
            };
            if *from != peer {
                return true;
            }
            *bytes -= cost(event);
            if is_counted {
                *flow_bytes -= cost(event);
                gone.count(data.len());
            }
            *behind -= 1;
            false
        });
        backlog.shrink_to_fit();
    }

    /// The packets of a peer that wait.
    pub fn unread(&self, peer: PeerId) -> Backlog {
        let flow = self.flow(peer);
        flow.map_or(Backlog::default(), Flow::unread)
    }

    /// All packets of a peer so far, taken or not.
    pub fn arrived(&self, peer: PeerId) -> Backlog {
        let flow = self.flows.get(usize::from(peer.slot));
        let flow = flow.filter(|flow| flow.generation == peer.generation);
        flow.map_or(Backlog::default(), |flow| flow.came)
    }

    /// Calls `each` with the channel and the size of each packet of a peer that waits.
    pub fn for_each_unread(&self, peer: PeerId, mut each: impl FnMut(u8, usize)) {
        let flow = self.flows.get(usize::from(peer.slot));
        let backlog = flow
            .iter()
            .flat_map(|flow| &flow.backlog)
            .flat_map(|backlog| backlog.iter());
        for event in self.queue.iter().chain(backlog) {
            if let Event::Received {
                peer: from,
                channel,
                data,
                ..
            } = event
                && *from == peer
            {
                each(*channel, data.len());
            }
        }
    }

    /// The events of a connection, unless there are none.
    #[inline]
    fn flow(&self, peer: PeerId) -> Option<&Flow> {
        let flow = self.flows.get(usize::from(peer.slot));
        flow.filter(|flow| flow.epoch == self.epoch && flow.generation == peer.generation)
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether new connections should not be taken in.
    pub fn is_full(&self) -> bool {
        self.bytes >= self.limit
    }

    /// Whether packets of a peer should not be taken in, of `peers` that are connected.
    #[inline]
    pub fn is_full_for(&self, peer: PeerId, limits: &Limits, peers: usize) -> bool {
        let (packets, bytes) = self
            .flow(peer)
            .map_or((0, 0), |flow| (flow.waiting(), flow.bytes));
        packets >= limits.unread_packets
            || bytes >= limits.unread_bytes
            || !fairness::permits(self.limit, self.bytes, bytes, 1, peers)
    }
}

#[inline]
fn peer(event: &Event) -> PeerId {
    let (Event::Connected { peer, .. }
    | Event::Disconnected { peer, .. }
    | Event::OverLimit { peer, .. }
    | Event::Received { peer, .. }) = event;
    *peer
}

#[inline]
fn cost(event: &Event) -> usize {
    match event {
        Event::Received { data, .. } => EVENT_COST + data.capacity(),
        Event::Disconnected { .. } => EVENT_COST + FORMER_COST,
        _ => EVENT_COST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PacketFlags;

    fn peer(slot: u16) -> PeerId {
        PeerId {
            slot,
            generation: 1,
        }
    }

    fn received(slot: u16, size: usize) -> Event {
        Event::Received {
            peer: peer(slot),
            channel: 0,
            flags: PacketFlags::RELIABLE,
            data: vec![0; size],
        }
    }

    fn sizes(events: &mut Events, of: u16) -> Vec<usize> {
        let all = std::iter::from_fn(|| events.pop());
        let size = |event| match event {
            Event::Received { peer, data, .. } if peer.slot == of => Some(data.len()),
            _ => None,
        };
        all.filter_map(size).collect()
    }

    fn is_settled(events: &Events) -> bool {
        let is_empty = |flow: &Flow| {
            flow.epoch != events.epoch
                || flow.unread().is_empty()
                    && flow.came == flow.gone
                    && (flow.bytes, flow.queued) == (0, 0)
        };
        (events.bytes, events.behind) == (0, 0) && events.flows.iter().all(is_empty)
    }

    #[test]
    fn the_queue_is_full_by_bytes_and_empties_both_ways() {
        let limits = Limits::none();
        let mut events = Events::new(1000);
        events.push(received(0, 500));
        assert!(!events.is_full_for(peer(0), &limits, 1));
        events.push(received(0, 500));
        assert!(events.is_full() && events.is_full_for(peer(0), &limits, 1));
        assert!(events.pop().is_some() && !events.is_full());
        let mut others = VecDeque::from([received(0, 1)]);
        events.take(&mut others, &mut FormerPeers::new());
        assert_eq!(others, [received(0, 1), received(0, 500)]);
        assert!(events.is_empty() && is_settled(&events));
    }

    #[test]
    fn a_full_queue_still_takes_a_peers_share() {
        let limits = Limits::none();
        let mut events = Events::new(100_000);
        while !events.is_full_for(peer(0), &limits, 4) {
            events.push(received(0, 0));
        }
        let mut packets = 0;
        while !events.is_full_for(peer(1), &limits, 4) {
            events.push(received(1, 0));
            packets += 1;
        }
        assert_eq!(packets, 100_000 / 2 / 4 / EVENT_COST + 1);
        assert!(events.bytes <= 100_000 + EVENT_COST);
    }

    fn former(port: u16) -> FormerPeer {
        FormerPeer {
            address: Some(([10, 0, 0, 1], port).into()),
            statistics: crate::PeerStatistics::default(),
            drops: crate::Drops::default(),
            figures: crate::PeerFigures::default(),
        }
    }

    #[test]
    fn what_is_kept_of_a_connection_goes_with_its_end_and_costs_memory() {
        let port =
            |former: &FormerPeers, slot| former.get(&peer(slot))?.address.map(|it| it.port());
        let mut events = Events::new(usize::MAX);
        for slot in 0..3 {
            events.push(received(slot, 0));
            events.push_end(peer(slot), (0, Cause::Timeout), former(slot));
        }
        assert!(events.bytes >= 3 * size_of::<FormerPeer>());
        assert!((0..2).all(|_| events.pop().is_some()));
        assert!(events.former(peer(0)).is_none() && events.former(peer(1)).is_some());
        let (mut taken, mut kept) = (VecDeque::from([received(9, 1)]), FormerPeers::new());
        events.take(&mut taken, &mut kept);
        assert_eq!(
            (port(&kept, 0), port(&kept, 1), port(&kept, 2)),
            (None, Some(1), Some(2))
        );
        assert!(events.former.is_empty() && is_settled(&events));
        // Everything at once.
        events.push_end(peer(3), (0, Cause::Timeout), former(3));
        taken.clear();
        events.take(&mut taken, &mut kept);
        assert_eq!(port(&kept, 3), Some(3));
        assert!(events.former.is_empty() && is_settled(&events));
    }

    #[test]
    fn a_peer_has_limits_of_its_own() {
        let limits = Limits {
            unread_packets: 3,
            unread_bytes: 1000,
            ..Limits::none()
        };
        let mut events = Events::new(usize::MAX);
        for number in 0..3 {
            assert!(!events.is_full_for(peer(0), &limits, 2), "{number}");
            events.push(received(0, 0));
        }
        assert!(events.is_full_for(peer(0), &limits, 2));
        events.push(received(1, 1000));
        assert!(events.is_full_for(peer(1), &limits, 2));
        while events.pop().is_some() {}
        assert!(!events.is_full_for(peer(0), &limits, 2) && is_settled(&events));
    }

    #[test]
    fn a_new_peer_begins_without_the_packets_of_its_slots_former_one() {
        let limits = Limits {
            unread_packets: 600,
            ..Limits::none()
        };
        let new = PeerId {
            slot: 0,
            generation: 2,
        };
        let from_new = || match received(0, 5) {
            Event::Received {
                channel,
                flags,
                data,
                ..
            } => Event::Received {
                peer: new,
                channel,
                flags,
                data,
            },
            event => event,
        };
        let mut events = Events::new(usize::MAX);
        (0..600).for_each(|_| events.push(received(0, 9)));
        assert!(events.is_full_for(peer(0), &limits, 2));
        assert!(!events.is_full_for(new, &limits, 2));
        (0..599).for_each(|_| events.push(from_new()));
        assert!(!events.is_full_for(new, &limits, 2));
        events.push(from_new());
        assert!(events.is_full_for(new, &limits, 2));
        // The packets of the former one come first, and are not counted for the new one.
        (0..600).for_each(|_| assert_eq!(events.pop(), Some(received(0, 9))));
        assert!(events.is_full_for(new, &limits, 2));
        events.drop_backlog(peer(0));
        assert_eq!(std::iter::from_fn(|| events.pop()).count(), 600);
        assert!(is_settled(&events));
    }

    #[test]
    fn few_events_keep_the_order_of_arrival() {
        let mut events = Events::new(usize::MAX);
        let all: Vec<_> = (0..2 * QUEUED as usize)
            .map(|number| received(number as u16 % 2, number))
            .collect();
        all.iter().cloned().for_each(|event| events.push(event));
        assert_eq!(Vec::from_iter(std::iter::from_fn(|| events.pop())), all);
    }

    #[test]
    fn a_flood_waits_behind_the_packets_of_others_and_stays_in_order() {
        let mut events = Events::new(usize::MAX);
        for number in 0..10_000 {
            events.push(received(0, number));
        }
        events.push(received(1, 7));
        events.push(Event::Disconnected {
            peer: peer(0),
            data: 9,
            cause: Cause::Remote,
        });
        let mut waited = 0;
        let mut flood = Vec::new();
        while let Some(event) = events.pop() {
            match event {
                Event::Received { peer, .. } if peer.slot == 1 => waited = flood.len(),
                event => flood.push(event),
            }
        }
        assert_eq!(waited, QUEUED as usize);
        let expected = (0..10_000).map(|number| received(0, number));
        assert!(flood[..10_000].iter().cloned().eq(expected));
        assert!(matches!(flood[10_000..], [Event::Disconnected { .. }]));
        assert!(is_settled(&events));
    }

    #[test]
    fn counts_begin_anew_when_everything_was_taken() {
        let limits = Limits {
            unread_packets: 3,
            ..Limits::none()
        };
        let mut events = Events::new(usize::MAX);
        let mut taken = VecDeque::new();
        for _ in 0..3 {
            (0..3).for_each(|_| events.push(received(0, 9)));
            assert!(events.is_full_for(peer(0), &limits, 1));
            events.take(&mut taken, &mut FormerPeers::new());
            assert!(!events.is_full_for(peer(0), &limits, 1) && is_settled(&events));
            assert_eq!(taken.drain(..).count(), 3);
        }
    }

    #[test]
    fn a_portion_is_limited_by_number_and_bytes() {
        let mut events = Events::new(usize::MAX);
        (0..1000).for_each(|number| events.push(received(0, number)));
        let mut taken = VecDeque::new();
        events.take(&mut taken, &mut FormerPeers::new());
        assert_eq!(taken.len(), PORTION);
        let mut events = Events::new(usize::MAX);
        (0..100).for_each(|_| events.push(received(0, PORTION_BYTES / 4)));
        taken.clear();
        events.take(&mut taken, &mut FormerPeers::new());
        assert_eq!(taken.len(), 4);
    }

    #[test]
    fn a_dropped_backlog_frees_its_memory_and_keeps_what_was_in_order_before() {
        let mut events = Events::new(usize::MAX);
        (0..1000).for_each(|number| events.push(received(0, number)));
        events.push(Event::Connected {
            peer: peer(0),
            data: 0,
        });
        events.drop_backlog(peer(0));
        events.drop_backlog(peer(5));
        assert_eq!(events.flows[0].backlog.as_ref().map_or(0, |it| it.len()), 1);
        let kept: Vec<usize> = (0..QUEUED as usize).collect();
        assert_eq!(sizes(&mut events, 0), kept);
        assert!(is_settled(&events));
    }
}
