//! The channels of a connection.

use crate::recv::ReceiveChannel;
use crate::send::SendChannel;

/// One channel, in both directions.
#[derive(Debug, Default)]
pub struct Channel {
    pub sending: SendChannel,
    pub receiving: ReceiveChannel,
}

/// The channels up to the highest one used so far, each allocated at its first use.
#[derive(Debug, Default)]
pub struct Channels {
    used: Vec<Option<Box<Channel>>>,
    count: usize,
}

impl Channels {
    /// Number of channels of the connection, whether used or not.
    pub fn count(&self) -> usize {
        self.count
    }

    pub fn set_count(&mut self, count: usize) {
        self.count = count;
    }

    pub fn contains(&self, number: u8) -> bool {
        usize::from(number) < self.count
    }

    /// A channel of the connection, allocated now if it was never used.
    pub fn get_or_create(&mut self, number: u8) -> Option<&mut Channel> {
        if !self.contains(number) {
            return None;
        }
        let index = usize::from(number);
        if index >= self.used.len() {
            self.used.resize_with(index + 1, || None);
        }
        Some(self.used[index].get_or_insert_default())
    }

    /// A channel that was used already.
    pub fn used(&self, number: u8) -> Option<&Channel> {
        self.used.get(usize::from(number))?.as_deref()
    }

    /// A channel that was used already.
    pub fn used_mut(&mut self, number: u8) -> Option<&mut Channel> {
        self.used.get_mut(usize::from(number))?.as_deref_mut()
    }

    /// The channels that were used already, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &Channel)> {
        // Not an open range: its end would overflow behind the last channel.
        let numbered = (0..=u8::MAX).zip(&self.used);
        numbered.filter_map(|(number, channel)| Some((number, channel.as_deref()?)))
    }

    /// Bytes of waiting packets with which the remote does not go on.
    pub fn stalled_bytes(&self, now: u64) -> usize {
        let used = self.used.iter().flatten();
        used.map(|it| it.receiving.stalled_bytes(now)).sum()
    }

    /// Forgets the contents and sequence numbers of all channels.
    pub fn clear(&mut self) {
        self.used.clear();
    }

    /// Frees what only a burst needed, when no reliable command is unacknowledged.
    pub fn release_memory(&mut self, is_idle: bool) {
        for channel in self.used.iter_mut().flatten() {
            channel.sending.release_memory(is_idle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_allocated_at_its_first_use() {
        let mut channels = Channels::default();
        channels.set_count(3);
        assert!(channels.used(2).is_none());
        assert!(channels.get_or_create(2).is_some());
        assert!(channels.used(2).is_some() && channels.used(1).is_none());
        assert!(channels.get_or_create(3).is_none());
    }

    #[test]
    fn every_channel_may_be_used() {
        let mut channels = Channels::default();
        channels.set_count(crate::MAX_CHANNELS);
        let last = crate::MAX_CHANNELS as u8 - 1;
        assert!(channels.get_or_create(last).is_some());
        assert!(channels.iter().map(|(number, _)| number).eq([last]));
    }
}
