//! The receiving half of a channel: sequence numbers, and whose turn it is.
//!
//! A reliable command has a sequence number of its own; it is delivered when every number before it
//! has been. An unreliable command carries the number of the last reliable command sent before it,
//! waits for that one, and is dropped if a later unreliable one was delivered already. Numbers have 16
//! bits and wrap, so the space is cut into 16 windows of 4096: a number less than seven windows ahead
//! is in the future, anything else is old. Here numbers count on beyond 16 bits; only the wire cuts
//! them.
//!
//! Packets that are in order when they arrive, nearly all of them, are delivered without being stored.
//! The others wait in a reorder buffer.

use super::commands::Refused;
use super::delivery::Delivery;
use super::reorder::{ReorderBuffer, Waiting, add_fragment, add_whole};
use crate::PacketFlags;
use crate::wire::{FREE_WINDOWS, Fragment, WINDOW_SIZE, WINDOWS};

/// The receiving half of a channel.
#[derive(Debug, Default)]
pub struct ReceiveChannel {
    /// The last reliable number delivered.
    reliable: u64,
    /// The last unreliable number delivered since then.
    unreliable: u16,
    reorder: Option<Box<ReorderBuffer>>,
}

/// How an unreliable packet is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnreliableNumber {
    /// The reliable command it comes after.
    pub reliable: u16,
    pub sequence: u16,
}

impl ReceiveChannel {
    /// Whether a reliable number is one that may still be needed.
    fn is_ahead(&self, number: u16) -> bool {
        let (window, current) = self.windows(number);
        window >= current && window < current + FREE_WINDOWS - 1
    }

    /// Whether a number is so far ahead that a receiver must not acknowledge it yet.
    pub fn is_too_far_to_acknowledge(&self, number: u16) -> bool {
        let (window, current) = self.windows(number);
        window >= current + FREE_WINDOWS - 1 && window <= current + FREE_WINDOWS
    }

    /// The windows of a received number and of the last one delivered.
    fn windows(&self, number: u16) -> (u16, u16) {
        let delivered = self.reliable as u16;
        let wraps = if number < delivered { WINDOWS } else { 0 };
        (number / WINDOW_SIZE + wraps, delivered / WINDOW_SIZE)
    }

    /// A number that is ahead, with the wraps counted in.
    fn unwrapped(&self, number: u16) -> u64 {
        self.reliable + u64::from(number.wrapping_sub(self.reliable as u16))
    }

    fn reorder(&mut self) -> &mut ReorderBuffer {
        self.reorder.get_or_insert_default()
    }

    /// Takes in a reliable packet.
    pub fn on_reliable(
        &mut self,
        number: u16,
        bytes: &[u8],
        to: &mut Delivery<'_>,
    ) -> Result<(), Refused> {
        if !self.is_ahead(number) {
            return Ok(());
        }
        let number = self.unwrapped(number);
        let waits_already = (self.reorder.as_ref()).is_some_and(|it| it.reliable.contains(number));
        if number == self.reliable || waits_already {
            return Ok(());
        }
        if number == self.reliable + 1 {
            let data = to.buffers.filled(bytes);
            self.reliable = number;
            to.deliver(data, PacketFlags::RELIABLE);
            self.after_reliable(to);
            return Ok(());
        }
        add_whole(&mut self.reorder().reliable, number, bytes, to)?;
        Ok(())
    }

    /// Takes in a fragment of a reliable packet.
    pub fn on_fragment(
        &mut self,
        fragment: &Fragment,
        bytes: &[u8],
        to: &mut Delivery<'_>,
    ) -> Result<(), Refused> {
        if !self.is_ahead(fragment.start) {
            return Ok(());
        }
        let number = self.unwrapped(fragment.start);
        if number == self.reliable {
            return Ok(());
        }
        let packets = &mut self.reorder().reliable;
        let is_complete = add_fragment(packets, number, fragment, bytes, to)?;
        if is_complete && number == self.reliable + 1 {
            self.deliver_reliable(to);
            self.after_reliable(to);
        }
        Ok(())
    }

    /// Takes in an unreliable packet.
    pub fn on_unreliable(
        &mut self,
        number: UnreliableNumber,
        bytes: &[u8],
        to: &mut Delivery<'_>,
    ) -> Result<(), Refused> {
        if self.is_late(number) {
            return Ok(());
        }
        let reliable = self.unwrapped(number.reliable);
        let is_first = (self.reorder.as_ref()).is_none_or(|it| it.unreliable.is_empty());
        if reliable == self.reliable && is_first {
            self.unreliable = number.sequence;
            let data = to.buffers.filled(bytes);
            to.deliver(data, PacketFlags::default());
            return Ok(());
        }
        let key = unreliable_key(reliable, number.sequence);
        if add_whole(&mut self.reorder().unreliable, key, bytes, to)? {
            self.on_complete_unreliable(key, to);
        }
        Ok(())
    }

    /// Takes in a fragment of an unreliable packet.
    pub fn on_unreliable_fragment(
        &mut self,
        reliable: u16,
        fragment: &Fragment,
        bytes: &[u8],
        to: &mut Delivery<'_>,
    ) -> Result<(), Refused> {
        let number = UnreliableNumber {
            reliable,
            sequence: fragment.start,
        };
        if self.is_late(number) {
            return Ok(());
        }
        let key = unreliable_key(self.unwrapped(reliable), number.sequence);
        if add_fragment(&mut self.reorder().unreliable, key, fragment, bytes, to)? {
            self.on_complete_unreliable(key, to);
        }
        Ok(())
    }

    /// Bytes of waiting packets with which the remote does not go on.
    pub fn stalled_bytes(&self, now: u64) -> usize {
        self.reorder.as_ref().map_or(0, |it| it.stalled_bytes(now))
    }

    fn is_late(&self, number: UnreliableNumber) -> bool {
        let is_current = number.reliable == self.reliable as u16;
        !self.is_ahead(number.reliable) || (is_current && number.sequence <= self.unreliable)
    }

    /// Delivers what a delivered reliable packet makes deliverable.
    fn after_reliable(&mut self, to: &mut Delivery<'_>) {
        self.unreliable = 0;
        if self.reorder.is_none() {
            return;
        }
        self.deliver_reliable(to);
        let current = unreliable_key(self.reliable, 0);
        let end = unreliable_key(self.reliable + 1, 0);
        let last = self.reorder().last_complete(current..end);
        self.deliver_unreliable(last, to);
    }

    /// An unreliable packet that has all its fragments waits for a reliable one, or is delivered.
    fn on_complete_unreliable(&mut self, key: u64, to: &mut Delivery<'_>) {
        if key >= unreliable_key(self.reliable + 1, 0) {
            self.reorder().mark_complete(key);
        } else {
            self.deliver_unreliable(Some(key), to);
        }
    }

    fn deliver_reliable(&mut self, to: &mut Delivery<'_>) {
        loop {
            let next = self.reliable + 1;
            let packets = &mut self.reorder().reliable;
            if !packets.get(next).is_some_and(Waiting::is_complete) {
                return;
            }
            let Some(packet) = packets.take(next) else {
                return;
            };
            self.reliable += packet.numbers();
            self.unreliable = 0;
            to.release(packet, PacketFlags::RELIABLE);
        }
    }

    /// Delivers the unreliable packets whose turn it is, up to the last complete one, and drops
    /// everything else before it as late.
    fn deliver_unreliable(&mut self, last: Option<u64>, to: &mut Delivery<'_>) {
        let current = unreliable_key(self.reliable, 0);
        let reorder = self.reorder();
        while let Some((key, packet)) = reorder.take_unreliable(current, last) {
            if key < current || !packet.is_complete() {
                to.discard(packet);
                continue;
            }
            let flags = PacketFlags {
                unreliable_fragment: packet.is_fragmented(),
                ..PacketFlags::default()
            };
            to.release(packet, flags);
        }
        if let Some(last) = last {
            self.unreliable = last as u16;
        }
    }
}

fn unreliable_key(reliable: u64, sequence: u16) -> u64 {
    (reliable << 16) | u64::from(sequence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Events;
    use crate::recv::{Intake, ReceiveBudget, Room};
    use crate::send::BufferPool;
    use crate::{Event, PeerId};

    struct Receiver {
        channel: ReceiveChannel,
        events: Events,
        buffers: BufferPool,
        budget: ReceiveBudget,
        intake: Intake,
        malformed: u64,
    }

    impl Receiver {
        fn new() -> Self {
            Self {
                channel: ReceiveChannel::default(),
                events: Events::new(1 << 20),
                buffers: BufferPool::default(),
                budget: ReceiveBudget::default(),
                intake: Intake::default(),
                malformed: 0,
            }
        }

        /// Lets the channel take something in, and returns the bytes delivered.
        fn take(
            &mut self,
            act: impl FnOnce(&mut ReceiveChannel, &mut Delivery<'_>) -> Result<(), Refused>,
        ) -> Vec<u8> {
            let peer = PeerId {
                slot: 0,
                generation: 0,
            };
            let mut to = Delivery {
                now: 0,
                peer,
                channel: 0,
                events: &mut self.events,
                buffers: &mut self.buffers,
                budget: &mut self.budget,
                room: Room {
                    limit: 10_000,
                    limit_in_all: usize::MAX,
                    used_in_all: 0,
                    peers: 1,
                },
                intake: &mut self.intake,
                malformed: &mut self.malformed,
            };
            act(&mut self.channel, &mut to).expect("taken");
            let mut delivered = Vec::new();
            while let Some(Event::Received { data, .. }) = self.events.pop() {
                delivered.extend(data);
            }
            delivered
        }

        fn reliable(&mut self, number: u16) -> Vec<u8> {
            self.take(|channel, to| channel.on_reliable(number, &[number as u8], to))
        }

        fn unreliable(&mut self, reliable: u16, sequence: u16) -> Vec<u8> {
            let number = UnreliableNumber { reliable, sequence };
            self.take(|channel, to| channel.on_unreliable(number, &[100 + sequence as u8], to))
        }
    }

    #[test]
    fn reliable_packets_are_delivered_once_and_in_order() {
        let mut receiver = Receiver::new();
        assert_eq!(receiver.reliable(3), []);
        assert_eq!(receiver.reliable(2), []);
        assert_eq!(receiver.reliable(3), []);
        assert!(receiver.budget.held() > 0);
        assert_eq!(receiver.reliable(1), [1, 2, 3]);
        assert_eq!(receiver.reliable(2), []);
        assert_eq!(receiver.budget.held(), 0);
    }

    #[test]
    fn an_unreliable_packet_waits_for_the_reliable_one_before_it() {
        let mut receiver = Receiver::new();
        assert_eq!(receiver.unreliable(1, 2), []);
        assert_eq!(receiver.unreliable(0, 1), [101]);
        assert_eq!(receiver.reliable(1), [1, 102]);
        assert_eq!(receiver.unreliable(1, 1), [], "it is late");
    }

    #[test]
    fn fragments_make_a_packet_in_any_order() {
        let mut receiver = Receiver::new();
        let fragment = |number, offset| Fragment {
            start: 1,
            count: 2,
            number,
            total: 4,
            offset,
        };
        let last = receiver.take(|channel, to| channel.on_fragment(&fragment(1, 2), b"cd", to));
        assert_eq!(last, []);
        let first = receiver.take(|channel, to| channel.on_fragment(&fragment(0, 0), b"ab", to));
        assert_eq!(first, b"abcd");
        // The packet took two numbers.
        assert_eq!(receiver.reliable(3), [3]);
    }

    #[test]
    fn numbers_seven_windows_ahead_are_old() {
        let mut receiver = Receiver::new();
        assert_eq!(receiver.reliable(7 * 4096), []);
        assert_eq!(receiver.budget.held(), 0);
        assert!(receiver.channel.is_too_far_to_acknowledge(7 * 4096));
        assert_eq!(receiver.reliable(7 * 4096 - 1), []);
        assert!(receiver.budget.held() > 0);
    }
}
