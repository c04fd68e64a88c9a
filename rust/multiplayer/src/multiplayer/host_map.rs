//! The hosts of a session by their key.

use crate::SharedConnection;

/// Hosts by ascending key. Most sessions have one, and every frame looks at all of them: a list takes less code, and so
/// less of the processor's caches, than a tree.
#[derive(Default)]
pub(super) struct HostMap(Vec<(i32, SharedConnection)>);

impl HostMap {
    /// Adds a host, or replaces the one that had the key.
    pub fn insert(&mut self, key: i32, host: SharedConnection) {
        match self.find(key) {
            Ok(place) => self.0[place].1 = host,
            Err(place) => self.0.insert(place, (key, host)),
        }
    }

    pub fn remove(&mut self, key: i32) -> Option<SharedConnection> {
        let place = self.find(key).ok()?;
        Some(self.0.remove(place).1)
    }

    pub fn get(&self, key: i32) -> Option<&SharedConnection> {
        let place = self.find(key).ok()?;
        Some(&self.0[place].1)
    }

    /// Keys and hosts, by ascending key.
    pub fn iter(&self) -> impl Iterator<Item = (i32, &SharedConnection)> {
        self.0.iter().map(|(key, host)| (*key, host))
    }

    /// The hosts, by ascending key.
    pub fn values(&self) -> impl Iterator<Item = &SharedConnection> {
        self.0.iter().map(|(_, host)| host)
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    fn find(&self, key: i32) -> Result<usize, usize> {
        self.0.binary_search_by_key(&key, |&(known, _)| known)
    }
}
