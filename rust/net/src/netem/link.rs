//! One direction of an emulated network, without sockets and clocks.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::time::Duration;

use enet_proto::Time;

use super::conditions::Conditions;
use lane::Lane;

mod bottleneck;
mod lane;
#[cfg(test)]
mod tests;

/// Most datagrams, and bytes, that one link holds.
const MAX_HELD: usize = 64 * 1024;
const MAX_HELD_BYTES: usize = 64 * 1024 * 1024;

/// The fate of a datagram that was put into a [`Link`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The link delivers the datagram, once or twice.
    Passed,
    /// The datagram fell to the loss, to a burst or to a cut.
    Lost,
    /// The datagram was larger than [`Conditions::mtu`].
    TooLarge,
    /// The queue of [`Conditions::rate`] was full, or the memory of the link.
    QueueFull,
}

/// One direction of an emulated network. `A` is what the caller knows a datagram by: where it goes, or
/// where it came from.
///
/// The link holds 65 536 datagrams and 64 MiB at most; further ones are lost. Times are those of the
/// caller's clock, which must not run backwards.
#[derive(Debug)]
pub struct Link<A> {
    main: Lane,
    /// Lanes of single addresses.
    lanes: HashMap<A, Lane>,
    /// Whether all these lanes are clear.
    are_lanes_clear: bool,
    cut_until: Option<Time>,
    stalled_until: Option<Time>,
    /// By the time of delivery; the number keeps equal times in the order of the calls.
    held: BTreeMap<(Time, u64), Held<A>>,
    held_bytes: usize,
    count: u64,
}

#[derive(Debug)]
struct Held<A> {
    address: A,
    bytes: Vec<u8>,
    /// When the datagram leaves the bottleneck, and the time it takes from there.
    departure: Time,
    delay: Duration,
}

impl<A: Clone + Eq + Hash> Link<A> {
    /// A link that passes everything at once.
    pub fn new(seed: u64) -> Self {
        Self {
            main: Lane::new(seed),
            lanes: HashMap::new(),
            are_lanes_clear: true,
            cut_until: None,
            stalled_until: None,
            held: BTreeMap::new(),
            held_bytes: 0,
            count: 0,
        }
    }

    /// Draws the fates of later datagrams from another seed.
    pub fn set_seed(&mut self, seed: u64) {
        self.main.set_seed(seed);
    }

    /// Sets the conditions of datagrams from now on. Datagrams that the link holds keep their fate, but
    /// those in the queue of a limited rate leave it at the new rate.
    pub fn set_conditions(&mut self, now: Time, conditions: Conditions) {
        if self.main.set_conditions(conditions) {
            let lanes = &self.lanes;
            let is_meant = |address: &A| !lanes.contains_key(address);
            reschedule(&mut self.held, now, &mut self.main, is_meant);
        }
    }

    /// Gives single addresses conditions of their own, each with a seed, in the place of earlier ones. Such an
    /// address keeps its random numbers and its queue if its seed is the same as before. Datagrams that the link
    /// holds for an address that has none any more keep their fate.
    pub fn set_lanes(&mut self, now: Time, lanes: impl IntoIterator<Item = (A, u64, Conditions)>) {
        let mut former = std::mem::take(&mut self.lanes);
        for (address, seed, conditions) in lanes {
            let known = former.remove(&address).filter(|lane| lane.seed == seed);
            let mut lane = known.unwrap_or_else(|| Lane::new(seed));
            if lane.set_conditions(conditions) {
                reschedule(&mut self.held, now, &mut lane, |other| *other == address);
            }
            self.lanes.insert(address, lane);
        }
        self.are_lanes_clear = self.lanes.values().all(|lane| lane.is_clear);
    }

    /// Loses every datagram that is put in before the given time. A time that is over ends an earlier cut.
    pub fn cut_until(&mut self, now: Time, time: Time) {
        self.cut_until = Some(time);
        self.end_what_is_over(now);
    }

    /// Delivers nothing before the given time, and then at once what became due meanwhile. A time that is
    /// over ends an earlier stall.
    pub fn stall_until(&mut self, now: Time, time: Time) {
        self.stalled_until = Some(time);
        self.end_what_is_over(now);
    }

    /// Whether the link holds nothing and would deliver every datagram at once, so that the caller may
    /// pass it by. The end of a cut or a stall is noticed by [`Link::push`] and [`Link::pop`].
    pub fn is_transparent(&self) -> bool {
        self.main.is_clear
            && self.held.is_empty()
            && self.cut_until.is_none()
            && self.stalled_until.is_none()
            && self.are_lanes_clear
    }

    /// Puts a datagram in.
    pub fn push(&mut self, now: Time, address: A, datagram: &[u8]) -> Verdict {
        self.end_what_is_over(now);
        let lane = self.lanes.get_mut(&address).unwrap_or(&mut self.main);
        let fate = lane.draw();
        if lane.conditions.mtu.is_some_and(|mtu| datagram.len() > mtu) {
            return Verdict::TooLarge;
        }
        if fate.is_lost || self.cut_until.is_some() {
            return Verdict::Lost;
        }
        let [first, second] = fate.delays;
        if fate.is_doubled {
            let verdict = self.hold(now, address.clone(), datagram, first);
            self.hold(now, address, datagram, second);
            verdict
        } else {
            self.hold(now, address, datagram, first)
        }
    }

    /// Takes the next datagram that is due out: the one with the earliest time of delivery, and of several
    /// with the same time the one that was put in first.
    pub fn pop(&mut self, now: Time) -> Option<(A, Vec<u8>)> {
        self.end_what_is_over(now);
        if self.next_delivery()? > now {
            return None;
        }
        self.take_first()
    }

    /// Takes the next datagram out, whether it is due or not.
    pub(super) fn take_first(&mut self) -> Option<(A, Vec<u8>)> {
        let (_, held) = self.held.pop_first()?;
        self.held_bytes -= held.bytes.len();
        Some((held.address, held.bytes))
    }

    /// When [`Link::pop`] has something; `None` while the link holds nothing.
    pub fn next_delivery(&self) -> Option<Time> {
        let (&(time, _), _) = self.held.first_key_value()?;
        Some(self.stalled_until.map_or(time, |end| time.max(end)))
    }

    fn end_what_is_over(&mut self, now: Time) {
        self.cut_until = self.cut_until.filter(|&end| now < end);
        self.stalled_until = self.stalled_until.filter(|&end| now < end);
    }

    fn hold(&mut self, now: Time, address: A, datagram: &[u8], delay: Duration) -> Verdict {
        let size = datagram.len();
        if self.held.len() >= MAX_HELD || self.held_bytes + size > MAX_HELD_BYTES {
            return Verdict::QueueFull;
        }
        let lane = self.lanes.get_mut(&address).unwrap_or(&mut self.main);
        let Some(departure) = lane.enter(now, size) else {
            return Verdict::QueueFull;
        };
        self.count += 1;
        self.held_bytes += size;
        let held = Held {
            address,
            bytes: datagram.to_vec(),
            departure,
            delay,
        };
        let delivery = departure.saturating_add(delay);
        self.held.insert((delivery, self.count), held);
        Verdict::Passed
    }
}

/// Gives datagrams of a lane that did not leave its bottleneck yet the times of the present rate.
fn reschedule<A>(
    all: &mut BTreeMap<(Time, u64), Held<A>>,
    now: Time,
    lane: &mut Lane,
    is_meant: impl Fn(&A) -> bool,
) {
    let waits =
        |_: &(Time, u64), held: &mut Held<A>| held.departure > now && is_meant(&held.address);
    let mut waiting: Vec<_> = all.extract_if(.., waits).collect();
    waiting.sort_by_key(|&((_, number), _)| number);
    lane.bottleneck.clear();
    for ((_, number), mut held) in waiting {
        held.departure = match lane.conditions.rate {
            None => now,
            Some(rate) => {
                let size = held.bytes.len();
                (lane.bottleneck).re_enter(now, &rate, size, held.departure)
            }
        };
        let delivery = held.departure.saturating_add(held.delay);
        all.insert((delivery, number), held);
    }
}
