//! An ordered map with a place of its own for a single entry.

use std::collections::BTreeMap;

use super::progress::Progress;

/// Packets by number. The usual case, one packet in reassembly, does not allocate: a map would do so
/// every time.
#[derive(Debug)]
pub struct Waitlist<T> {
    single: Option<(u64, T)>,
    map: BTreeMap<u64, T>,
    pub progress: Progress,
}

impl<T> Default for Waitlist<T> {
    fn default() -> Self {
        Self {
            single: None,
            map: BTreeMap::new(),
            progress: Progress::default(),
        }
    }
}

impl<T> Waitlist<T> {
    pub fn is_empty(&self) -> bool {
        self.single.is_none() && self.map.is_empty()
    }

    pub fn values(&self) -> impl Iterator<Item = &T> {
        let single = self.single.iter().map(|(_, waiting)| waiting);
        single.chain(self.map.values())
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

    /// Adds a packet under a number that is free.
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

    /// The lowest number.
    pub fn first(&self) -> Option<u64> {
        let single = self.single.as_ref().map(|(key, _)| *key);
        let first = self.map.first_key_value().map(|(key, _)| *key);
        single.into_iter().chain(first).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_and_taken_in_order_wherever_they_are() {
        let mut list = Waitlist::default();
        for key in [7, 3, 9] {
            list.insert(key, key * 10);
        }
        assert!(list.contains(9) && !list.contains(8));
        assert_eq!(list.get(7), Some(&70));
        if let Some(waiting) = list.get_mut(7) {
            *waiting = 71;
        }
        let mut taken = Vec::new();
        while let Some(key) = list.first() {
            taken.extend(list.take(key));
        }
        assert_eq!(taken, [30, 71, 90]);
        assert!(list.is_empty() && list.take(7).is_none());
    }
}
