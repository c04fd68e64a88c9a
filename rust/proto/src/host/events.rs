//! Events that the application has not taken yet, and the memory they hold.

use std::collections::VecDeque;

use crate::Event;

/// Cost of an event, besides its packet's bytes.
const EVENT_COST: usize = 64;

/// A queue of events, oldest first.
pub struct Events {
    queue: VecDeque<Event>,
    bytes: usize,
    limit: usize,
}

impl Events {
    /// An empty queue that is full with `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            bytes: 0,
            limit,
        }
    }

    /// Adds an event, also to a full queue.
    pub fn push(&mut self, event: Event) {
        self.bytes += cost(&event);
        self.queue.push_back(event);
    }

    pub fn pop(&mut self) -> Option<Event> {
        let event = self.queue.pop_front()?;
        self.bytes -= cost(&event);
        Some(event)
    }

    /// Moves all events to the end of another queue.
    pub fn take(&mut self, others: &mut VecDeque<Event>) {
        if others.is_empty() {
            std::mem::swap(&mut self.queue, others);
        } else {
            others.append(&mut self.queue);
        }
        self.bytes = 0;
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether neither packets nor new connections should be taken in.
    pub fn is_full(&self) -> bool {
        self.bytes >= self.limit
    }
}

fn cost(event: &Event) -> usize {
    match event {
        Event::Received { data, .. } => EVENT_COST + data.capacity(),
        _ => EVENT_COST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PacketFlags, PeerId};

    fn received(size: usize) -> Event {
        Event::Received {
            peer: PeerId {
                slot: 0,
                generation: 0,
            },
            channel: 0,
            flags: PacketFlags::RELIABLE,
            data: vec![0; size],
        }
    }

    #[test]
    fn the_queue_is_full_by_bytes_and_empties_both_ways() {
        let mut events = Events::new(1000);
        events.push(received(500));
        assert!(!events.is_full());
        events.push(received(500));
        assert!(events.is_full());
        assert!(events.pop().is_some() && !events.is_full());
        let mut others = VecDeque::from([received(1)]);
        events.take(&mut others);
        assert_eq!(others, [received(1), received(500)]);
        assert!(events.is_empty() && events.bytes == 0);
    }
}
