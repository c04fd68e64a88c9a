//! One channel of a connection: sequence numbers, and what waits for its turn.
//!
//! A reliable command has a sequence number of its own; it is delivered when every number before it
//! has been. An unreliable one carries the number of the last reliable command sent before it, waits
//! for that one, and is dropped when a later unreliable one was delivered already. Numbers have 16
//! bits and wrap, so the space is cut into 16 windows of 4096: a number less than seven windows ahead
//! is in the future, anything else is old.

use std::collections::{HashMap, VecDeque};

use super::reassembly::Reassembly;

pub const WINDOW_SIZE: u16 = 0x1000;
pub const WINDOWS: u16 = 16;
/// Windows a receiver looks ahead, and a sender keeps free.
pub const FREE_WINDOWS: u16 = 8;
/// What an entry that waits costs at least, so that empty packets are not free.
pub const ENTRY_COST: usize = 64;

/// A packet, or one in the making, that waits for its turn.
#[derive(Debug)]
pub enum Waiting {
    Whole(Vec<u8>),
    Parts(Reassembly),
}

/// An unreliable packet that waits.
#[derive(Debug)]
pub struct WaitingUnreliable {
    pub reliable: u16,
    pub sequence: u16,
    pub content: Waiting,
}

/// What became deliverable.
#[derive(Debug)]
pub struct Delivery {
    pub data: Vec<u8>,
    pub reliable: bool,
    pub fragmented: bool,
}

#[derive(Debug, Default)]
pub struct Channel {
    pub out_reliable: u16,
    pub out_unreliable: u16,
    /// Bit per window that holds unacknowledged commands, and how many each holds.
    pub used_windows: u16,
    pub window_counts: [u16; WINDOWS as usize],
    pub in_reliable: u16,
    pub in_unreliable: u16,
    reliable: HashMap<u16, Waiting>,
    unreliable: VecDeque<WaitingUnreliable>,
}

impl Channel {
    /// Whether a reliable number is one that may still be needed.
    pub fn is_ahead(&self, number: u16) -> bool {
        let window = window_of(number)
            + if number < self.in_reliable {
                WINDOWS
            } else {
                0
            };
        let current = window_of(self.in_reliable);
        window >= current && window < current + FREE_WINDOWS - 1
    }

    /// Whether an acknowledgement would promise something that a receiver must not yet promise.
    pub fn is_too_far_to_acknowledge(&self, number: u16) -> bool {
        let window = window_of(number)
            + if number < self.in_reliable {
                WINDOWS
            } else {
                0
            };
        let current = window_of(self.in_reliable);
        window >= current + FREE_WINDOWS - 1 && window <= current + FREE_WINDOWS
    }

    /// Whether a reliable packet with this number is new.
    pub fn wants_reliable(&self, number: u16) -> bool {
        number != self.in_reliable && self.is_ahead(number) && !self.reliable.contains_key(&number)
    }

    pub fn insert_reliable(&mut self, number: u16, content: Waiting) {
        self.reliable.insert(number, content);
    }

    /// The packet whose parts begin at this number.
    pub fn reliable_parts(&mut self, start: u16) -> Option<&mut Waiting> {
        self.reliable.get_mut(&start)
    }

    /// Takes what is in order now. `waiting` is what the peer has waiting in all, in bytes.
    pub fn take_reliable(&mut self, waiting: &mut usize, out: &mut Vec<Delivery>) {
        let mut moved = false;
        loop {
            let next = self.in_reliable.wrapping_add(1);
            match self.reliable.get(&next) {
                Some(Waiting::Parts(parts)) if !parts.is_complete() => break,
                None => break,
                Some(_) => {}
            }
            let Some(content) = self.reliable.remove(&next) else {
                break;
            };
            moved = true;
            self.in_reliable = next;
            *waiting = waiting.saturating_sub(content.cost());
            let (data, parts) = content.into_data();
            self.in_reliable = self.in_reliable.wrapping_add(parts.saturating_sub(1));
            out.push(Delivery {
                data,
                reliable: true,
                fragmented: parts > 0,
            });
        }
        if moved {
            self.in_unreliable = 0;
            self.take_unreliable(waiting, out);
        }
    }

    /// Where an unreliable packet has its place; `None` if it is old or there already.
    pub fn unreliable_place(&self, reliable: u16, sequence: u16) -> Option<usize> {
        if !self.is_ahead(reliable)
            || (reliable == self.in_reliable && sequence <= self.in_unreliable)
        {
            return None;
        }
        let rank = |number: u16| number.wrapping_sub(self.in_reliable);
        let mut place = self.unreliable.len();
        // New ones mostly belong at the end.
        while let Some(before) = place.checked_sub(1) {
            let other = &self.unreliable[before];
            let order = (rank(other.reliable), other.sequence).cmp(&(rank(reliable), sequence));
            match order {
                std::cmp::Ordering::Less => break,
                std::cmp::Ordering::Equal => return None,
                std::cmp::Ordering::Greater => place = before,
            }
        }
        Some(place)
    }

    pub fn insert_unreliable(&mut self, place: usize, packet: WaitingUnreliable) {
        self.unreliable.insert(place, packet);
    }

    pub fn unreliable_parts(&mut self, reliable: u16, sequence: u16) -> Option<&mut Waiting> {
        self.unreliable
            .iter_mut()
            .rev()
            .find(|packet| packet.reliable == reliable && packet.sequence == sequence)
            .map(|packet| &mut packet.content)
    }

    /// Takes the unreliable packets whose turn it is, and drops those that are too late: everything
    /// before the last one taken.
    pub fn take_unreliable(&mut self, waiting: &mut usize, out: &mut Vec<Delivery>) {
        let mut done = 0;
        for (index, packet) in self.unreliable.iter().enumerate() {
            if packet.reliable == self.in_reliable {
                if packet.content.is_complete() {
                    self.in_unreliable = packet.sequence;
                    done = index + 1;
                }
            } else if self.is_ahead(packet.reliable) {
                break;
            } else {
                done = index + 1;
            }
        }
        for packet in self.unreliable.drain(..done) {
            *waiting = waiting.saturating_sub(packet.content.cost());
            if packet.reliable == self.in_reliable && packet.content.is_complete() {
                let (data, parts) = packet.content.into_data();
                out.push(Delivery {
                    data,
                    reliable: false,
                    fragmented: parts > 0,
                });
            }
        }
    }
}

impl Waiting {
    /// What it counts for towards the limit on waiting data.
    pub fn cost(&self) -> usize {
        let size = match self {
            Self::Whole(data) => data.len(),
            Self::Parts(parts) => parts.claimed(),
        };
        size.max(ENTRY_COST)
    }

    fn is_complete(&self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Parts(parts) => parts.is_complete(),
        }
    }

    /// The bytes, and in how many parts they came; 0 for one that came whole.
    fn into_data(self) -> (Vec<u8>, u16) {
        match self {
            Self::Whole(data) => (data, 0),
            Self::Parts(parts) => {
                let count = parts.count() as u16;
                (parts.into_data(), count)
            }
        }
    }
}

pub fn window_of(number: u16) -> u16 {
    number / WINDOW_SIZE
}
