//! The bounded queue between the hosts and the thread that writes.

use std::mem::size_of;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::pcapng::Counts;
use crate::driver::{Direction, Sink, Tapped};
use crate::sync::lock;

/// Most bytes that wait to be written, with what is noted of each datagram.
const CAPACITY: usize = 4 * 1024 * 1024;

/// A datagram that waits to be written.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub interface: u32,
    pub time: Instant,
    pub direction: Direction,
    pub remote: SocketAddr,
    /// Where its bytes end.
    end: usize,
    /// Its whole size.
    pub size: usize,
}

/// What waits to be written: datagrams back to back, and interfaces before them.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    pub interfaces: Vec<NewInterface>,
    /// The counts of all interfaces up to now.
    pub counts: Vec<Counts>,
    /// Whether it is the last one.
    pub is_last: bool,
}

/// An interface that has to be described in the file.
#[derive(Debug, Clone)]
pub struct NewInterface {
    pub name: String,
    pub description: String,
    pub bound: SocketAddr,
}

impl Batch {
    fn held(&self) -> usize {
        self.bytes.len() + self.entries.len() * size_of::<Entry>()
    }

    /// The datagrams, with their bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&Entry, &[u8])> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let bytes = &self.bytes[start..entry.end];
            start = entry.end;
            (entry, bytes)
        })
    }

    /// Forgets the datagrams and interfaces. The memory stays for the next ones.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
        self.interfaces.clear();
    }
}

/// The queue. Hosts push under their socket locks, so nothing takes long under the lock of the queue.
#[derive(Debug, Default)]
pub struct Queue {
    batch: Mutex<Batch>,
    /// Much waits, or the capture ends.
    urgent: Condvar,
    /// Nothing is written any more.
    is_closed: AtomicBool,
}

impl Queue {
    /// Adds an interface; returns its number.
    pub fn add_interface(&self, interface: NewInterface) -> u32 {
        let mut batch = lock(&self.batch);
        batch.interfaces.push(interface);
        batch.counts.push(Counts::default());
        (batch.counts.len() - 1) as u32
    }

    fn push(&self, interface: u32, datagram: &Tapped<'_>, kept: usize) {
        if self.is_closed() {
            return;
        }
        let mut guard = lock(&self.batch);
        let batch = &mut *guard;
        let before = batch.held();
        let fits = before + kept + size_of::<Entry>() <= CAPACITY;
        let counts = &mut batch.counts[interface as usize];
        counts.received += 1;
        if !fits {
            counts.dropped += 1;
            return;
        }
        batch.bytes.extend_from_slice(&datagram.bytes[..kept]);
        batch.entries.push(Entry {
            interface,
            time: datagram.time,
            direction: datagram.direction,
            remote: datagram.remote,
            end: batch.bytes.len(),
            size: datagram.bytes.len(),
        });
        let is_urgent = before < CAPACITY / 2 && batch.held() >= CAPACITY / 2;
        drop(guard);
        if is_urgent {
            self.urgent.notify_one();
        }
    }

    /// Exchanges an empty batch for what waits, after that time, or earlier if much waits or the capture ends.
    pub fn take(&self, pause: Duration, empty: &mut Batch) {
        let batch = lock(&self.batch);
        let rests = |batch: &mut Batch| !batch.is_last && batch.held() < CAPACITY / 2;
        let waited = self.urgent.wait_timeout_while(batch, pause, rests);
        let (mut batch, _) = waited.unwrap_or_else(PoisonError::into_inner);
        empty.counts.clone_from(&batch.counts);
        empty.is_last = batch.is_last;
        std::mem::swap(&mut *batch, empty);
    }

    /// Asks for the last batch.
    pub fn end(&self) {
        lock(&self.batch).is_last = true;
        self.urgent.notify_one();
    }

    /// Takes nothing more.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        let mut batch = lock(&self.batch);
        batch.bytes = Vec::new();
        batch.entries = Vec::new();
    }

    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    /// The counts of all interfaces.
    pub fn counts(&self) -> Counts {
        let batch = lock(&self.batch);
        let mut sum = Counts::default();
        for counts in &batch.counts {
            sum.received += counts.received;
            sum.dropped += counts.dropped;
        }
        sum
    }
}

/// Puts the datagrams of a host into a queue.
#[derive(Debug)]
pub struct Inlet {
    pub queue: std::sync::Arc<Queue>,
    pub interface: u32,
    /// Most bytes of a datagram that are kept.
    pub snap_length: usize,
}

impl Sink for Inlet {
    fn take(&mut self, datagram: &Tapped<'_>) {
        let kept = datagram.bytes.len().min(self.snap_length);
        self.queue.push(self.interface, datagram, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(queue: &Queue, interface: u32, size: usize) {
        let bytes = vec![7; size];
        let datagram = Tapped {
            time: Instant::now(),
            direction: Direction::In,
            remote: ([127, 0, 0, 1], 5).into(),
            bytes: &bytes,
            wire_size: size,
        };
        queue.push(interface, &datagram, size);
    }

    fn with_interfaces(count: usize) -> Queue {
        let queue = Queue::default();
        for _ in 0..count {
            queue.add_interface(NewInterface {
                name: String::new(),
                description: String::new(),
                bound: ([127, 0, 0, 1], 5).into(),
            });
        }
        queue
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_counted() {
        let queue = with_interfaces(2);
        push(&queue, 1, 9);
        let mut pushed = 0;
        while queue.counts().dropped == 0 {
            push(&queue, 0, 1000);
            pushed += 1;
            assert!(pushed <= CAPACITY / 1000);
        }
        // Those that take no bytes take room, too.
        for _ in 0..CAPACITY {
            push(&queue, 0, 0);
        }
        let mut batch = Batch::default();
        queue.take(Duration::ZERO, &mut batch);
        assert!(batch.held() <= CAPACITY);
        let written = batch.iter().filter(|(entry, _)| entry.interface == 0);
        let counts = batch.counts[0];
        assert_eq!(counts.received, pushed as u64 + CAPACITY as u64);
        assert_eq!(counts.received - counts.dropped, written.count() as u64);
        let other = Counts {
            received: 1,
            dropped: 0,
        };
        assert_eq!(batch.counts[1], other);
        // There is room again, and the counts go on.
        batch.clear();
        push(&queue, 0, 3);
        queue.take(Duration::ZERO, &mut batch);
        assert_eq!(batch.iter().map(|(_, bytes)| bytes.len()).sum::<usize>(), 3);
        assert_eq!(batch.counts[0].received, counts.received + 1);
    }

    #[test]
    fn a_closed_queue_holds_nothing() {
        let queue = with_interfaces(1);
        push(&queue, 0, 1000);
        queue.close();
        push(&queue, 0, 1000);
        let mut batch = Batch::default();
        queue.take(Duration::ZERO, &mut batch);
        assert_eq!(batch.held(), 0);
    }
}
