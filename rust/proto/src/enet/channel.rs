//! One channel of a connection: sequence numbers, and what waits for its turn.
//!
//! A reliable command has a sequence number of its own; it is delivered when every number before it
//! has been. An unreliable one carries the number of the last reliable command sent before it, waits
//! for that one, and is dropped when a later unreliable one was delivered already. Numbers have 16
//! bits and wrap, so the space is cut into 16 windows of 4096: a number less than seven windows ahead
//! is in the future, anything else is old. Here numbers count on beyond 16 bits; only the wire cuts
//! them.
//!
//! What is in order when it arrives, nearly everything, is delivered without being stored. The rest
//! waits in ordered maps (`Reorder`), which hold what really arrived and nothing for the gaps:
//! neither a far number nor a descending series costs more than any other. C keeps sorted lists,
//! where such series cost quadratic time.

use std::collections::BTreeSet;

use super::events::Events;
use super::log::Log;
use super::pool::BufferPool;
use super::reassembly::Reassembly;
use super::ring::Ring;
use super::sent::Sent;
use super::waitlist::Waitlist;
use crate::Event;
use crate::engine::{PacketFlags, PeerId};

pub const WINDOW_SIZE: u16 = 0x1000;
pub const WINDOWS: u16 = 16;
/// Windows a receiver looks ahead, and a sender keeps free.
pub const FREE_WINDOWS: u16 = 8;
/// What an entry that waits costs at least: empty packets are not free.
const ENTRY_COST: usize = 192;

#[derive(Debug, Default)]
pub struct Channel {
    /// The last reliable number given out.
    pub out_reliable: u64,
    pub out_unreliable: u16,
    /// Reliable commands that are not acknowledged.
    pub sent: Ring<Sent>,
    /// The bytes of those that are small.
    pub log: Log,
    /// The last reliable number delivered.
    in_reliable: u64,
    in_unreliable: u16,
    reorder: Option<Box<Reorder>>,
}

/// What waits on a channel: for an earlier packet, or for its own fragments.
#[derive(Debug, Default)]
struct Reorder {
    reliable: Waitlist<Waiting>,
    /// By reliable number, then unreliable one.
    unreliable: Waitlist<Waiting>,
    /// Those of them that are complete, and wait for a reliable packet only.
    complete: BTreeSet<u64>,
}

/// A packet, or one in the making, that waits for its turn.
#[derive(Debug)]
pub enum Waiting {
    Whole(Vec<u8>),
    Parts(Reassembly),
}

/// Where delivered packets go.
pub struct Delivery<'a> {
    pub peer: PeerId,
    pub channel: u8,
    pub events: &'a mut Events,
    pub buffers: &'a mut BufferPool,
    /// What the peer has waiting in all, in bytes, and the most it may have.
    pub waiting: &'a mut usize,
    pub most_waiting: usize,
}

/// How an unreliable packet is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreliable {
    /// The reliable command it comes after.
    pub reliable: u16,
    pub sequence: u16,
}

/// The peer broke a rule that every ENet keeps: the rest of its datagram is not worth reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

impl Channel {
    /// Whether a reliable number is one that may still be needed.
    fn is_ahead(&self, number: u16) -> bool {
        let (window, current) = self.windows(number);
        window >= current && window < current + FREE_WINDOWS - 1
    }

    /// Whether an acknowledgement would promise something that a receiver must not yet promise.
    pub fn is_too_far_to_acknowledge(&self, number: u16) -> bool {
        let (window, current) = self.windows(number);
        window >= current + FREE_WINDOWS - 1 && window <= current + FREE_WINDOWS
    }

    /// The windows of a received number and of the last one delivered.
    fn windows(&self, number: u16) -> (u16, u16) {
        let delivered = self.in_reliable as u16;
        let wraps = if number < delivered { WINDOWS } else { 0 };
        (number / WINDOW_SIZE + wraps, delivered / WINDOW_SIZE)
    }

    /// A number that is ahead, with the wraps counted in.
    fn unwrapped(&self, number: u16) -> u64 {
        self.in_reliable + u64::from(number.wrapping_sub(self.in_reliable as u16))
    }

    /// Takes an acknowledged reliable command off the books; nothing if it was never sent.
    pub fn acknowledged(&mut self, number: u16) -> Option<Sent> {
        let number = self.sent.unwrapped(number);
        if self.sent.get_mut(number)?.timing.attempts == 0 {
            return None;
        }
        let sent = self.sent.remove(number)?;
        let oldest = self.sent.front().map(|oldest| oldest.log_start);
        self.log.release_to(oldest.unwrap_or(self.log.end()));
        Some(sent)
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
        let is_known = number == self.in_reliable
            || (self.reorder.as_ref()).is_some_and(|it| it.reliable.contains(number));
        if is_known {
            return Ok(());
        }
        if number == self.in_reliable + 1 {
            let data = to.buffers.filled(bytes);
            self.in_reliable = number;
            to.deliver(data, PacketFlags::RELIABLE);
            self.after_reliable(to);
            return Ok(());
        }
        to.claim(bytes.len().max(ENTRY_COST))?;
        self.reorder()
            .reliable
            .insert(number, Waiting::Whole(bytes.to_vec()));
        Ok(())
    }

    /// Takes in a fragment of a reliable packet.
    pub fn on_fragment(
        &mut self,
        fragment: &super::wire::Fragment,
        bytes: &[u8],
        to: &mut Delivery<'_>,
    ) -> Result<(), Refused> {
        if !self.is_ahead(fragment.start) {
            return Ok(());
        }
        let number = self.unwrapped(fragment.start);
        if number == self.in_reliable {
            return Ok(());
        }
        let reliable = &mut self.reorder().reliable;
        let is_done = add_part(reliable, number, fragment, bytes, to)?;
        if is_done && number == self.in_reliable + 1 {
            self.deliver_waiting(to);
            self.after_reliable(to);
        }
        Ok(())
    }

    /// Takes in an unreliable packet.
    pub fn on_unreliable(
        &mut self,
        place: Unreliable,
        bytes: &[u8],
        to: &mut Delivery<'_>,
    ) -> Result<(), Refused> {
        if self.is_late(place) {
            return Ok(());
        }
        let reliable = self.unwrapped(place.reliable);
        let nothing_waits = match &self.reorder {
            None => true,
            Some(reorder) => reorder.unreliable.is_empty(),
        };
        if reliable == self.in_reliable && nothing_waits {
            self.in_unreliable = place.sequence;
            let data = to.buffers.filled(bytes);
            to.deliver(data, PacketFlags::default());
            return Ok(());
        }
        let key = unreliable_key(reliable, place.sequence);
        let waitlist = &mut self.reorder().unreliable;
        if waitlist.contains(key) {
            return Ok(());
        }
        to.claim(bytes.len().max(ENTRY_COST))?;
        waitlist.insert(key, Waiting::Whole(bytes.to_vec()));
        self.unreliable_is_complete(key, to);
        Ok(())
    }

    /// Takes in a fragment of an unreliable packet.
    pub fn on_unreliable_fragment(
        &mut self,
        reliable: u16,
        fragment: &super::wire::Fragment,
        bytes: &[u8],
        to: &mut Delivery<'_>,
    ) -> Result<(), Refused> {
        let place = Unreliable {
            reliable,
            sequence: fragment.start,
        };
        if self.is_late(place) {
            return Ok(());
        }
        let key = unreliable_key(self.unwrapped(reliable), place.sequence);
        let waitlist = &mut self.reorder().unreliable;
        if add_part(waitlist, key, fragment, bytes, to)? {
            self.unreliable_is_complete(key, to);
        }
        Ok(())
    }

    fn reorder(&mut self) -> &mut Reorder {
        self.reorder.get_or_insert_default()
    }

    fn is_late(&self, place: Unreliable) -> bool {
        let is_current = place.reliable == self.in_reliable as u16;
        !self.is_ahead(place.reliable) || (is_current && place.sequence <= self.in_unreliable)
    }

    /// What a delivered reliable packet makes deliverable.
    fn after_reliable(&mut self, to: &mut Delivery<'_>) {
        self.in_unreliable = 0;
        if self.reorder.is_some() {
            self.deliver_waiting(to);
            let current = unreliable_key(self.in_reliable, 0);
            let end = unreliable_key(self.in_reliable + 1, 0);
            let last = self.reorder().complete.range(current..end).next_back();
            let last = last.copied();
            self.deliver_unreliable(last, to);
        }
    }

    /// An unreliable packet has all its parts: it waits for a reliable one, or its turn has come.
    fn unreliable_is_complete(&mut self, key: u64, to: &mut Delivery<'_>) {
        if key >= unreliable_key(self.in_reliable + 1, 0) {
            self.reorder().complete.insert(key);
        } else {
            self.deliver_unreliable(Some(key), to);
        }
    }

    fn deliver_waiting(&mut self, to: &mut Delivery<'_>) {
        loop {
            let next = self.in_reliable + 1;
            let waitlist = &mut self.reorder().reliable;
            if !waitlist.get(next).is_some_and(Waiting::is_complete) {
                return;
            }
            let Some(content) = waitlist.take(next) else {
                return;
            };
            self.in_reliable += match &content {
                Waiting::Whole(_) => 1,
                Waiting::Parts(parts) => u64::from(parts.count()),
            };
            self.in_unreliable = 0;
            to.hand_over(content, PacketFlags::RELIABLE);
        }
    }

    /// Delivers the unreliable packets whose turn it is, up to the last complete one, and drops those
    /// that are too late: everything else before it.
    fn deliver_unreliable(&mut self, last: Option<u64>, to: &mut Delivery<'_>) {
        let current = unreliable_key(self.in_reliable, 0);
        let reorder = self.reorder();
        while let Some(key) = reorder.unreliable.first() {
            if key >= current && last.is_none_or(|last| key > last) {
                break;
            }
            let Some(content) = reorder.unreliable.take(key) else {
                break;
            };
            reorder.complete.remove(&key);
            if key < current || !content.is_complete() {
                to.drop_waiting(content);
                continue;
            }
            let flags = PacketFlags {
                unreliable_fragment: matches!(content, Waiting::Parts(_)),
                ..PacketFlags::default()
            };
            to.hand_over(content, flags);
        }
        if let Some(last) = last {
            self.in_unreliable = last as u16;
        }
    }
}

impl Delivery<'_> {
    /// Hands a packet to the application.
    pub fn deliver(&mut self, data: Vec<u8>, flags: PacketFlags) {
        self.events.push(Event::Received {
            peer: self.peer,
            channel: self.channel,
            flags,
            data,
        });
    }

    /// Counts a packet as waiting, unless too much waits already.
    fn claim(&mut self, size: usize) -> Result<(), Refused> {
        if *self.waiting >= self.most_waiting {
            return Err(Refused);
        }
        *self.waiting += size;
        Ok(())
    }

    /// Counts what a packet that waits already costs besides. A packet as large as the limit must
    /// still get its parts in any order, so there is some room for this.
    fn claim_more(&mut self, size: usize) -> Result<(), Refused> {
        if *self.waiting + size > self.most_waiting + self.most_waiting / 4 {
            return Err(Refused);
        }
        *self.waiting += size;
        Ok(())
    }

    fn hand_over(&mut self, content: Waiting, flags: PacketFlags) {
        *self.waiting = self.waiting.saturating_sub(content.cost());
        match content {
            Waiting::Whole(data) => self.deliver(data, flags),
            Waiting::Parts(parts) => {
                // Parts that make no whole are no packet; its numbers are used up all the same.
                if let Some(data) = parts.into_data() {
                    self.deliver(data, flags);
                }
            }
        }
    }

    fn drop_waiting(&mut self, content: Waiting) {
        *self.waiting = self.waiting.saturating_sub(content.cost());
        if let Waiting::Whole(data) = content {
            self.buffers.put_back(data);
        }
    }
}

/// Adds a fragment to its packet, which may begin with it. True if the packet is complete.
fn add_part(
    waitlist: &mut Waitlist<Waiting>,
    key: u64,
    fragment: &super::wire::Fragment,
    bytes: &[u8],
    to: &mut Delivery<'_>,
) -> Result<bool, Refused> {
    match waitlist.get_mut(key) {
        Some(Waiting::Parts(parts)) if parts.matches(fragment) => {
            to.claim_more(parts.cost_of(fragment))?;
            parts.add(fragment, bytes);
            Ok(parts.is_complete())
        }
        Some(_) => Err(Refused),
        None => {
            let buffer = to.buffers.empty(fragment.total as usize);
            let mut parts = Reassembly::new(fragment, buffer);
            to.claim(parts.cost() + parts.cost_of(fragment))?;
            parts.add(fragment, bytes);
            let is_done = parts.is_complete();
            waitlist.insert(key, Waiting::Parts(parts));
            Ok(is_done)
        }
    }
}

fn unreliable_key(reliable: u64, sequence: u16) -> u64 {
    (reliable << 16) | u64::from(sequence)
}

impl Waiting {
    /// What it counts for towards the limit on waiting data.
    fn cost(&self) -> usize {
        match self {
            Self::Whole(data) => data.len().max(ENTRY_COST),
            Self::Parts(parts) => parts.cost(),
        }
    }

    fn is_complete(&self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Parts(parts) => parts.is_complete(),
        }
    }
}
