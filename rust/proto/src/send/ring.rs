//! Items with consecutive numbers, found by number.

use std::collections::VecDeque;

/// Items numbered from 1 on, of which mostly the oldest is removed first.
#[derive(Debug)]
pub struct Ring<T> {
    /// Number of the first item.
    base: u64,
    items: VecDeque<Option<T>>,
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self {
            base: 1,
            items: VecDeque::new(),
        }
    }
}

impl<T> Ring<T> {
    /// Frees the memory if the ring is empty and has a capacity of more than `kept` items.
    pub fn release_memory(&mut self, kept: usize) {
        if self.items.is_empty() && self.items.capacity() > kept {
            self.items = VecDeque::new();
        }
    }

    /// Number of the oldest item, or of the next one if the ring is empty.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// The oldest item.
    pub fn front(&self) -> Option<&T> {
        self.items.front()?.as_ref()
    }

    /// The items, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter().flatten()
    }

    pub fn push(&mut self, item: T) {
        self.items.push_back(Some(item));
    }

    pub fn get(&self, number: u64) -> Option<&T> {
        count_look();
        self.items.get(self.index(number)?)?.as_ref()
    }

    pub fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        count_look();
        let index = self.index(number)?;
        self.items.get_mut(index)?.as_mut()
    }

    pub fn remove(&mut self, number: u64) -> Option<T> {
        let index = self.index(number)?;
        let item = self.items.get_mut(index)?.take();
        while let Some(None) = self.items.front() {
            self.items.pop_front();
            self.base += 1;
        }
        item
    }

    /// The number with these low 16 bits that is not before the oldest item.
    pub fn unwrapped(&self, number: u16) -> u64 {
        self.base + u64::from(number.wrapping_sub(self.base as u16))
    }

    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.base)?).ok()
    }
}

#[cfg(test)]
thread_local! {
    /// How often an item was looked for. Tests show with it that no call walks a peer's backlog.
    pub static LOOKS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn count_look() {
    #[cfg(test)]
    LOOKS.set(LOOKS.get() + 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_numbers_when_others_are_removed() {
        let mut ring = Ring::default();
        "abcd".chars().for_each(|item| ring.push(item));
        assert_eq!(ring.remove(2), Some('b'));
        assert_eq!((ring.base(), ring.front()), (1, Some(&'a')));
        assert_eq!(ring.remove(2), None);
        assert_eq!(ring.remove(1), Some('a'));
        assert_eq!((ring.base(), ring.front()), (3, Some(&'c')));
        assert_eq!(ring.get(4), Some(&'d'));
        assert_eq!((ring.get(0), ring.get(5)), (None, None));
        assert_eq!(ring.remove(4), Some('d'));
        assert_eq!(ring.remove(3), Some('c'));
        assert_eq!(ring.base(), 5);
    }

    #[test]
    fn short_numbers_are_extended_from_the_oldest_item_on() {
        let mut ring = Ring {
            base: 0x1_FFFE,
            items: VecDeque::new(),
        };
        (0..4).for_each(|item| ring.push(item));
        assert_eq!(ring.unwrapped(0xFFFE), 0x1_FFFE);
        assert_eq!(ring.unwrapped(1), 0x2_0001);
    }
}
