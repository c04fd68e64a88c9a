//! The bottleneck: datagrams leave it one after the other, at a limited rate.

use std::collections::VecDeque;

use enet_proto::Time;

use crate::netem::conditions::Rate;

/// Only times and sizes: the datagrams themselves are with the link.
#[derive(Debug, Default)]
pub struct Bottleneck {
    /// When each datagram has left, and its size. The first one is being sent.
    queue: VecDeque<(Time, usize)>,
    bytes: usize,
}

impl Bottleneck {
    /// Says when a datagram that arrives now has left; `None` if there is no room for it.
    pub fn enter(&mut self, now: Time, rate: &Rate, size: usize) -> Option<Time> {
        self.advance(now);
        if let Some(&(_, being_sent)) = self.queue.front()
            && self.bytes - being_sent + size > rate.queue
        {
            return None;
        }
        let begin = self.queue.back().map_or(now, |&(departure, _)| departure);
        let departure = begin.saturating_add(rate.time_for(size));
        self.append(departure, size);
        Some(departure)
    }

    /// The same for a datagram that waited already at another rate, and keeps its place. The one that is
    /// being sent then does not begin anew.
    pub fn re_enter(&mut self, now: Time, rate: &Rate, size: usize, before: Time) -> Time {
        let time = rate.time_for(size);
        let departure = match self.queue.back() {
            None => now.saturating_add(time).min(before),
            Some(&(begin, _)) => begin.saturating_add(time),
        };
        self.append(departure, size);
        departure
    }

    /// Forgets what waits.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.bytes = 0;
    }

    fn advance(&mut self, now: Time) {
        while let Some(&(departure, size)) = self.queue.front()
            && departure <= now
        {
            self.queue.pop_front();
            self.bytes -= size;
        }
    }

    fn append(&mut self, departure: Time, size: usize) {
        self.queue.push_back((departure, size));
        self.bytes += size;
    }
}
