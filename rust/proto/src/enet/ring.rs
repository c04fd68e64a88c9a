//! Things with consecutive numbers, found by number.

use std::collections::VecDeque;

/// Things with consecutive numbers of which mostly the oldest goes first.
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
    /// Gives memory back if nothing is held and it is more than for so many.
    pub fn release_memory(&mut self, kept: usize) {
        if self.items.is_empty() && self.items.capacity() > kept {
            self.items = VecDeque::new();
        }
    }

    /// Number of the oldest item, or of the next one.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// The oldest item.
    pub fn front(&self) -> Option<&T> {
        self.items.front()?.as_ref()
    }

    pub fn push(&mut self, item: T) {
        self.items.push_back(Some(item));
    }

    pub fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        #[cfg(test)]
        LOOKS.set(LOOKS.get() + 1);
        let index = usize::try_from(number.checked_sub(self.base)?).ok()?;
        self.items.get_mut(index)?.as_mut()
    }

    pub fn remove(&mut self, number: u64) -> Option<T> {
        let index = usize::try_from(number.checked_sub(self.base)?).ok()?;
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
}

#[cfg(test)]
thread_local! {
    /// How often somebody looked for an item. Whoever goes through what waits for a peer shows here.
    pub static LOOKS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}
