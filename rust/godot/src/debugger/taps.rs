//! Sizes of datagrams, and copies of them for the timeline. The sinks are called under the socket lock, by whichever
//! thread moves the datagrams.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use enet_multiplayer::{Connection, SharedConnection};
use enet_net::{Direction, Form, Sink, SinkId, Tapped};
use godot::prelude::*;

use super::hosts::Connected;
use super::send;
use crate::clock;

/// The least sizes of the buckets but the first.
const BUCKETS: [usize; 6] = [64, 128, 256, 512, 1024, 1392];
/// Datagrams of a timeline in a second, and bytes of each.
const MOST_A_SECOND: u32 = 2000;
const MOST_BYTES: usize = 512;
/// Datagrams that wait to be sent to the editor.
const MOST_WAITING: usize = 4000;

/// The sinks on the hosts of an object.
#[derive(Default)]
pub struct Taps {
    sizes: Arc<Sizes>,
    timeline: Arc<Mutex<Timeline>>,
    hosts: Vec<Tap>,
}

struct Tap {
    connection: Weak<std::cell::RefCell<Connection>>,
    /// The number of the host among those of the connection.
    number: u32,
    sizes: SinkId,
    timeline: Option<SinkId>,
}

#[derive(Default)]
struct Sizes {
    out: [AtomicU32; BUCKETS.len() + 1],
    r#in: [AtomicU32; BUCKETS.len() + 1],
}

/// A datagram of the timeline.
struct Entry {
    time: Instant,
    direction: Direction,
    remote: SocketAddr,
    wire_size: usize,
    contents: Box<[u8]>,
}

#[derive(Default)]
struct Timeline {
    entries: Vec<Entry>,
    second: Option<Instant>,
    in_second: u32,
    left_out: u64,
}

struct SizesSink(Arc<Sizes>);

impl Sink for SizesSink {
    fn take(&mut self, datagram: &Tapped<'_>) {
        let counts = match datagram.direction {
            Direction::In => &self.0.r#in,
            Direction::Out => &self.0.out,
        };
        let bucket = BUCKETS.partition_point(|&least| least <= datagram.wire_size);
        counts[bucket].fetch_add(1, Ordering::Relaxed);
    }
}

struct TimelineSink(Arc<Mutex<Timeline>>);

impl Sink for TimelineSink {
    fn take(&mut self, datagram: &Tapped<'_>) {
        let mut timeline = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        timeline.take(datagram);
    }
}

impl Timeline {
    fn take(&mut self, datagram: &Tapped<'_>) {
        let is_new_second = (self.second).is_none_or(|second| {
            datagram.time.saturating_duration_since(second) >= Duration::from_secs(1)
        });
        if is_new_second {
            self.second = Some(datagram.time);
            self.in_second = 0;
        }
        if self.in_second >= MOST_A_SECOND || self.entries.len() >= MOST_WAITING {
            self.left_out += 1;
            return;
        }
        self.in_second += 1;
        let shown = datagram.bytes.len().min(MOST_BYTES);
        self.entries.push(Entry {
            time: datagram.time,
            direction: datagram.direction,
            remote: datagram.remote,
            wire_size: datagram.wire_size,
            contents: datagram.bytes[..shown].into(),
        });
    }
}

impl Taps {
    /// Has sinks on exactly these hosts, for the timeline too if it is recorded.
    pub fn cover<'a>(
        &mut self,
        hosts: impl Iterator<Item = &'a SharedConnection>,
        is_recorded: bool,
    ) {
        let mut kept = Vec::new();
        for connection in hosts {
            let number = connection.borrow().host_number();
            let is_same = |tap: &Tap| {
                tap.number == number
                    && std::ptr::eq(tap.connection.as_ptr(), Rc::as_ptr(connection))
            };
            if kept.iter().any(is_same) {
                continue;
            }
            let mut borrowed = connection.borrow_mut();
            let Some(host) = borrowed.host() else {
                continue;
            };
            let known = self.hosts.iter().position(is_same);
            let known = known.map(|index| self.hosts.swap_remove(index));
            let mut tap = known.unwrap_or_else(|| Tap {
                connection: Rc::downgrade(connection),
                number,
                sizes: host.add_sink(Form::Wire, Box::new(SizesSink(Arc::clone(&self.sizes)))),
                timeline: None,
            });
            match tap.timeline {
                None if is_recorded => {
                    let sink = TimelineSink(Arc::clone(&self.timeline));
                    tap.timeline = Some(host.add_sink(Form::Plain, Box::new(sink)));
                }
                Some(sink) if !is_recorded => {
                    host.remove_sink(sink);
                    tap.timeline = None;
                }
                _ => {}
            }
            kept.push(tap);
        }
        let former = std::mem::replace(&mut self.hosts, kept);
        former.into_iter().for_each(Tap::remove);
    }

    /// Sends the numbers of datagrams by size, if there were some.
    pub fn tell_sizes(&self, object: i64) {
        let take = |counts: &[AtomicU32]| -> Vec<i32> {
            let counts = counts.iter().map(|count| count.swap(0, Ordering::Relaxed));
            counts
                .map(|count| i32::try_from(count).unwrap_or(i32::MAX))
                .collect()
        };
        let (out, r#in) = (take(&self.sizes.out), take(&self.sizes.r#in));
        if out.iter().chain(&r#in).any(|&count| count > 0) {
            let (out, r#in) = (PackedInt32Array::from(out), PackedInt32Array::from(r#in));
            send("sizes", &varray![object, &out, &r#in]);
        }
    }

    /// Sends the datagrams since the last call. Returns how many were left out.
    pub fn tell_timeline(&self, object: i64, peers: &[Connected]) -> u64 {
        let (entries, left_out) = {
            let mut timeline = self.timeline.lock().unwrap_or_else(PoisonError::into_inner);
            let left_out = std::mem::take(&mut timeline.left_out);
            (std::mem::take(&mut timeline.entries), left_out)
        };
        if entries.is_empty() {
            return left_out;
        }
        let ids: HashMap<SocketAddr, i32> = (peers.iter())
            .filter_map(|peer| Some((peer.host.borrow().address(peer.peer)?, peer.id)))
            .collect();
        let times = entries.iter().map(|it| clock::micros_at(it.time));
        let directions = entries
            .iter()
            .map(|it| u8::from(it.direction == Direction::Out));
        let peers = entries
            .iter()
            .map(|it| ids.get(&it.remote).copied().unwrap_or(0));
        let sizes = (entries.iter()).map(|it| i32::try_from(it.wire_size).unwrap_or(i32::MAX));
        let contents: VarArray = (entries.iter())
            .map(|it| PackedByteArray::from(&*it.contents).to_variant())
            .collect();
        let data = varray![
            object,
            &PackedInt64Array::from_iter(times),
            &PackedByteArray::from_iter(directions),
            &PackedInt32Array::from_iter(peers),
            &PackedInt32Array::from_iter(sizes),
            &contents,
        ];
        send("timeline", &data);
        left_out
    }
}

impl Tap {
    fn remove(self) {
        let Some(connection) = self.connection.upgrade() else {
            return;
        };
        // The sinks of a host that a call is using stay until the host ends: they are bounded.
        if let Ok(mut connection) = connection.try_borrow_mut()
            && connection.host_number() == self.number
            && let Some(host) = connection.host()
        {
            host.remove_sink(self.sizes);
            if let Some(timeline) = self.timeline {
                host.remove_sink(timeline);
            }
        }
    }
}

impl Drop for Taps {
    fn drop(&mut self) {
        self.hosts.drain(..).for_each(Tap::remove);
    }
}
