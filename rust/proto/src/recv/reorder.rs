//! The reorder buffer of a channel: packets that wait for an earlier packet or for their fragments.
//!
//! The buffer holds what really arrived and nothing for the gaps, in ordered maps. Neither a far
//! number nor a descending series costs more than any other. (C keeps sorted lists, in which such
//! series cost quadratic time.)

use std::collections::BTreeSet;

use super::budget::Cost;
use super::commands::Refused;
use super::delivery::Delivery;
use super::reassembly::{Fit, Reassembly};
use super::waitlist::Waitlist;
use crate::wire::Fragment;

/// Cost of a waiting packet, besides its bytes: empty packets are not free.
const PACKET_COST: usize = 240;

/// A packet, or one in the making, that waits for its turn.
#[derive(Debug)]
pub enum Waiting {
    Whole(Vec<u8>),
    Fragments(Reassembly),
}

impl Waiting {
    /// What the packet costs.
    pub fn cost(&self) -> Cost {
        match self {
            Self::Whole(data) => whole_cost(data.capacity()),
            Self::Fragments(packet) => packet.cost(),
        }
    }

    pub fn is_complete(&self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Fragments(packet) => packet.is_complete(),
        }
    }

    pub fn is_fragmented(&self) -> bool {
        matches!(self, Self::Fragments(_))
    }

    /// How many reliable numbers the packet takes.
    pub fn numbers(&self) -> u64 {
        match self {
            Self::Whole(_) => 1,
            Self::Fragments(packet) => packet.count().into(),
        }
    }

    /// The packet's bytes; `None` if its fragments left holes or overlapped.
    pub fn into_data(self) -> Option<Vec<u8>> {
        match self {
            Self::Whole(data) => Some(data),
            Self::Fragments(packet) => packet.into_data(),
        }
    }
}

/// Packets that wait on a channel.
#[derive(Debug, Default)]
pub struct ReorderBuffer {
    /// By reliable number.
    pub reliable: Waitlist<Waiting>,
    /// By reliable number, then unreliable one.
    pub unreliable: Waitlist<Waiting>,
    /// Keys of complete unreliable packets that wait for a reliable packet only.
    complete: BTreeSet<u64>,
}

impl ReorderBuffer {
    /// Records that an unreliable packet waits for a reliable packet only.
    pub fn mark_complete(&mut self, key: u64) {
        self.complete.insert(key);
    }

    /// The last complete unreliable packet with a key in a range.
    pub fn last_complete(&self, keys: std::ops::Range<u64>) -> Option<u64> {
        self.complete.range(keys).next_back().copied()
    }

    /// Bytes of waiting packets with which the remote does not go on.
    pub fn stalled_bytes(&self, now: u64) -> usize {
        let of_list = |list: &Waitlist<Waiting>| {
            let held = list.values().map(|packet| packet.cost().held).sum();
            match list.progress.is_stalled(now, held) {
                true => held,
                false => 0,
            }
        };
        of_list(&self.reliable) + of_list(&self.unreliable)
    }

    /// Removes the next unreliable packet with a key of at most `last`, or below `current`.
    pub fn take_unreliable(&mut self, current: u64, last: Option<u64>) -> Option<(u64, Waiting)> {
        let key = self.unreliable.first()?;
        if key >= current && last.is_none_or(|last| key > last) {
            return None;
        }
        let packet = self.unreliable.take(key)?;
        self.complete.remove(&key);
        Some((key, packet))
    }
}

fn whole_cost(size: usize) -> Cost {
    Cost {
        claimed: size + PACKET_COST,
        held: size + PACKET_COST,
    }
}

/// Stores a whole packet, unless it is there already. False if it is.
pub fn add_whole(
    packets: &mut Waitlist<Waiting>,
    key: u64,
    bytes: &[u8],
    to: &mut Delivery<'_>,
) -> Result<bool, Refused> {
    if packets.contains(key) {
        return Ok(false);
    }
    let cost = whole_cost(bytes.len());
    to.budget.check_packet(cost, &to.room)?;
    to.budget.add(cost);
    packets.progress.add(to.now, cost.held);
    packets.insert(key, Waiting::Whole(bytes.to_vec()));
    Ok(true)
}

/// Adds a fragment to its packet, which may begin with it. True if the packet is complete.
pub fn add_fragment(
    packets: &mut Waitlist<Waiting>,
    key: u64,
    fragment: &Fragment,
    bytes: &[u8],
    to: &mut Delivery<'_>,
) -> Result<bool, Refused> {
    match packets.get_mut(key) {
        Some(Waiting::Fragments(packet)) if packet.matches(fragment) => {
            let fit = packet.fit(fragment, bytes.len());
            let more = packet.cost_of(fit, bytes.len());
            if more.claimed > 0 {
                to.budget.check_more(more, &to.room)?;
            } else if more.held > 0 {
                to.budget.check_held(more.held, &to.room)?;
            }
            to.budget.remove(packet.cost());
            packet.add(fragment, bytes, fit);
            to.budget.add(packet.cost());
            let is_complete = packet.is_complete();
            match fit {
                Fit::Contradiction => to.note_malformed(),
                Fit::Repeated => {}
                Fit::Next | Fit::Early => packets.progress.add(to.now, bytes.len()),
            }
            Ok(is_complete)
        }
        Some(_) => Err(Refused::Malformed),
        None => {
            let buffer = to.buffers.empty(fragment.total as usize);
            let mut packet = Reassembly::new(fragment, buffer);
            let fit = packet.fit(fragment, bytes.len());
            let mut cost = packet.cost_of(fit, bytes.len());
            cost.claimed += packet.cost().claimed;
            cost.held += packet.cost().held;
            to.budget.check_packet(cost, &to.room)?;
            if fragment.number > 0 {
                to.intake.count_packets(1);
            }
            packet.add(fragment, bytes, fit);
            to.budget.add(packet.cost());
            if fit == Fit::Contradiction {
                to.note_malformed();
            }
            let is_complete = packet.is_complete();
            packets.progress.add(to.now, bytes.len());
            packets.insert(key, Waiting::Fragments(packet));
            Ok(is_complete)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(keys: &[u64]) -> ReorderBuffer {
        let mut buffer = ReorderBuffer::default();
        for &key in keys {
            buffer
                .unreliable
                .insert(key, Waiting::Whole(vec![key as u8]));
            buffer.mark_complete(key);
        }
        buffer
    }

    #[test]
    fn unreliable_packets_leave_in_order_up_to_the_last_complete_one() {
        let mut buffer = waiting(&[12, 5, 30, 11]);
        assert_eq!(buffer.last_complete(10..20), Some(12));
        let mut taken = Vec::new();
        while let Some((key, _)) = buffer.take_unreliable(10, Some(12)) {
            taken.push(key);
        }
        assert_eq!(taken, [5, 11, 12]);
        assert_eq!(buffer.last_complete(0..100), Some(30));
    }

    #[test]
    fn without_a_complete_packet_only_the_old_ones_leave() {
        let mut buffer = waiting(&[5, 11]);
        assert!(buffer.take_unreliable(10, None).is_some());
        assert!(buffer.take_unreliable(10, None).is_none());
    }

    #[test]
    fn a_packet_costs_its_place_in_a_half_empty_map_and_an_allocation() {
        const ALLOCATION: usize = 16;
        let place = 2 * size_of::<(u64, Waiting)>();
        assert!(PACKET_COST >= place + ALLOCATION, "{place}");
        assert_eq!(Waiting::Whole(Vec::new()).cost().held, PACKET_COST);
    }
}
