//! Packets that wait for their turn, by number.

use std::collections::BTreeMap;

/// Packets by number. The usual case, one packet in the making, has a place of its own: a map would
/// allocate for it every time.
#[derive(Debug)]
pub struct Waitlist<T> {
    single: Option<(u64, T)>,
    map: BTreeMap<u64, T>,
}

impl<T> Default for Waitlist<T> {
    fn default() -> Self {
        Self {
            single: None,
            map: BTreeMap::new(),
        }
    }
}

impl<T> Waitlist<T> {
    pub fn is_empty(&self) -> bool {
        self.single.is_none() && self.map.is_empty()
    }

    pub fn contains(&self, key: u64) -> bool {
        self.get(key).is_some()
    }

    pub fn get(&self, key: u64) -> Option<&T> {
        match &self.single {
            Some((single, waiting)) if *single == key => Some(waiting),
            _ => self.map.get(&key),
        }
    }

    pub fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        match &mut self.single {
            Some((single, waiting)) if *single == key => Some(waiting),
            _ => self.map.get_mut(&key),
        }
    }

    /// Puts a packet in place of nothing.
    pub fn insert(&mut self, key: u64, waiting: T) {
        if self.is_empty() {
            self.single = Some((key, waiting));
        } else {
            self.map.insert(key, waiting);
        }
    }

    pub fn take(&mut self, key: u64) -> Option<T> {
        match &self.single {
            Some((single, _)) if *single == key => self.single.take().map(|(_, waiting)| waiting),
            _ => self.map.remove(&key),
        }
    }

    pub fn first(&self) -> Option<u64> {
        let single = self.single.as_ref().map(|(key, _)| *key);
        let first = self.map.first_key_value().map(|(key, _)| *key);
        single.into_iter().chain(first).min()
    }
}
