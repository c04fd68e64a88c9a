//! What happened and was not taken yet, and how much memory it holds.

use std::collections::VecDeque;

use crate::engine::Event;

/// What an event costs besides its bytes.
const EVENT_COST: usize = 64;

/// Events, oldest first.
pub struct Events {
    queue: VecDeque<Event>,
    bytes: usize,
    most_bytes: usize,
}

impl Events {
    /// None, and room for packets of so many bytes.
    pub fn new(most_bytes: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            bytes: 0,
            most_bytes,
        }
    }

    pub fn push(&mut self, event: Event) {
        self.bytes += cost(&event);
        self.queue.push_back(event);
    }

    pub fn pop(&mut self) -> Option<Event> {
        let event = self.queue.pop_front()?;
        self.bytes -= cost(&event);
        Some(event)
    }

    /// Moves all of them behind others.
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

    /// Whether no more packets should come, and nobody new.
    pub fn is_full(&self) -> bool {
        self.bytes >= self.most_bytes
    }
}

fn cost(event: &Event) -> usize {
    match event {
        Event::Received { data, .. } => EVENT_COST + data.capacity(),
        _ => EVENT_COST,
    }
}
