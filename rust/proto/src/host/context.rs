//! State that all peers of a host share. Functions that work on a peer get both.

use std::collections::HashMap;
use std::hash::Hash;

use super::events::Events;
use super::millis;
use super::places::{NoPlace, Places};
use super::waiting::Shortage;
use crate::send::{BufferPool, Output};
use crate::{Drops, HostConfig, Refusal, Time};

/// A host whose timers are so many milliseconds late was not serviced. Remotes give up after 5 seconds at the
/// earliest by default.
pub const STALL: u64 = 4000;

/// Shared state of a host, without its peers.
pub struct Context {
    pub config: HostConfig,
    /// The latest time any call had, in milliseconds.
    pub now: u64,
    pub events: Events,
    pub output: Output,
    /// Buffers for received packets.
    pub buffers: BufferPool,
    /// Slots of peers with something to send.
    pub dirty: Vec<u16>,
    pub census: Census,
    pub places: Places,
    /// See [`crate::Host::set_jitter_tolerance`].
    pub jitter_tolerance: u32,
    /// See [`crate::Host::pause_receiving`].
    pub receiving_is_paused: bool,
    /// See [`crate::Host::drops`].
    pub drops: Drops,
    /// Bytes of all peers that wait for reordering and reassembly. Each peer's part is settled when the work on the peer
    /// is done.
    pub waiting: usize,
    pub shortage: Shortage,
    /// The end of the last time that nobody serviced the host for [`STALL`].
    pub stalled_until: Option<u64>,
}

impl Context {
    pub fn new(config: HostConfig) -> Self {
        Self {
            now: millis(config.now),
            events: Events::new(config.max_unread_data),
            output: Output::new(config.checksum),
            buffers: BufferPool::default(),
            dirty: Vec::new(),
            census: Census::default(),
            places: Places::default(),
            jitter_tolerance: 0,
            receiving_is_paused: false,
            drops: Drops::default(),
            waiting: 0,
            shortage: Shortage::default(),
            stalled_until: None,
            config,
        }
    }

    /// Counts a connector for whom there is no place, and says why it is refused.
    pub fn count_refused(&mut self, cause: NoPlace) -> Refusal {
        match cause {
            NoPlace::Full => {
                self.drops.full += 1;
                Refusal::Full
            }
            NoPlace::TooManyOfSubscriber => {
                self.drops.over_limit += 1;
                Refusal::TooManyOfAddress
            }
        }
    }

    /// What a connector that is refused is told: why, by a guarded host.
    pub fn refusal_data(&self, refusal: Refusal) -> u32 {
        match self.config.is_guarded {
            true => refusal.code(),
            false => 0,
        }
    }

    /// Adopts a caller's time, unless it is earlier than that of a previous call: several threads may
    /// use the host, each with a time of its own.
    pub fn advance(&mut self, now: Time) {
        self.now = self.now.max(millis(now));
    }
}

/// Counts of the peers that are connected.
#[derive(Default)]
pub struct Census {
    connected: usize,
    /// Connected peers whose incoming bandwidth is limited.
    limited: usize,
    /// How many incoming connections have this connect data.
    by_data: HashMap<u32, usize>,
    /// Whether the bandwidth of each peer has to be announced anew.
    has_changed: bool,
}

impl Census {
    /// Counts a peer that is connected now; `data` is an incoming connection's connect data.
    pub fn add(&mut self, is_limited: bool, data: Option<u32>) {
        self.connected += 1;
        self.limited += usize::from(is_limited);
        if let Some(data) = data {
            *self.by_data.entry(data).or_default() += 1;
        }
        self.has_changed = true;
    }

    /// Removes a peer that is not connected any more.
    pub fn remove(&mut self, is_limited: bool, data: Option<u32>) {
        self.connected -= 1;
        self.limited -= usize::from(is_limited);
        if let Some(data) = data {
            decrement(&mut self.by_data, data);
        }
        self.has_changed = true;
    }

    /// Records that a connected peer's incoming bandwidth is limited now, or no longer.
    pub fn change_limited(&mut self, before: bool, after: bool) {
        self.limited -= usize::from(before);
        self.limited += usize::from(after);
    }

    pub fn connected(&self) -> usize {
        self.connected
    }

    pub fn has_limited(&self) -> bool {
        self.limited > 0
    }

    /// Whether an incoming connection that is up has this connect data.
    pub fn has_data(&self, data: u32) -> bool {
        self.by_data.contains_key(&data)
    }

    pub fn mark_changed(&mut self) {
        self.has_changed = true;
    }

    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.has_changed)
    }
}

/// Decrements a count, and removes it at zero.
fn decrement<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_counted_by_limit_and_connect_data() {
        let mut census = Census::default();
        census.add(true, Some(5));
        census.add(false, Some(5));
        census.add(false, None);
        assert!(census.take_changed() && !census.take_changed());
        assert!(census.has_data(5) && census.has_limited());
        census.remove(false, Some(5));
        census.change_limited(true, false);
        assert!(census.has_data(5) && !census.has_limited());
        census.remove(false, Some(5));
        assert!(!census.has_data(5) && census.connected() == 1);
    }

    #[test]
    fn time_never_goes_back() {
        let mut context = Context::new(HostConfig::new(1, 1, Time::from_secs(5)));
        context.advance(Time::from_secs(4));
        assert_eq!(context.now, 5000);
        context.advance(Time::from_micros(6_000_999));
        assert_eq!(context.now, 6000);
    }
}
