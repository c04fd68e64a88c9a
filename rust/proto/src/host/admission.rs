//! Which connectors are accepted, and what refused ones are told.
//!
//! A connector may have forged its sender address. Three rules follow:
//!
//! - An answer goes out only when a CONNECT comes in, and is no longer than that (with a codec, twice
//!   as long at most). (C retransmits its answer for half a minute to whatever address was named.)
//! - A half-open connection is dropped five seconds after the last CONNECT. When most slots are
//!   half-open and none is free, the oldest one is evicted after two.
//! - A refusal, if the config asks for them, is a DISCONNECT for the slot that the CONNECT names, which
//!   every ENet that is connecting believes. It waits for no acknowledgement, so nothing is kept, and
//!   it is repeated only when the CONNECT is. A refusal is shorter than an honest CONNECT; where a
//!   codec made the CONNECT shorter still, there is none.
//!
//! A refusal that a forged CONNECT provokes does less than a forged DISCONNECT would: an established
//! connection checks the session, which is always 3 here, and ours checks the number, which is always
//! 1.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};

use super::context::{Census, Context, decrement};
use super::slots::Slots;
use crate::peer::Peer;
use crate::send::Route;
use crate::wire::{CONTROL_CHANNEL, Command, Framed, SHORT_HEADER_SIZE, Terms};
use crate::{Admission, PeerId, PeerState};

/// Milliseconds a half-open connection is kept even if its slot is needed: an honest answer hardly
/// takes longer.
const HALF_OPEN_GRACE: u64 = 2000;

/// The connections that others began, and the rule for new ones.
pub struct Incoming {
    rule: Admission,
    max_per_ip: usize,
    /// Slots, by a hash of address and token.
    by_token: HashMap<u64, u16>,
    hasher: RandomState,
    by_ip: HashMap<IpAddr, usize>,
    /// Half-open connections and when they began, oldest first. Others may be among them.
    half_open: VecDeque<(PeerId, u64)>,
}

impl Incoming {
    /// No connections, and every connector welcome.
    pub fn new(max_per_ip: usize) -> Self {
        Self {
            rule: Admission::default(),
            max_per_ip,
            by_token: HashMap::new(),
            hasher: RandomState::new(),
            by_ip: HashMap::new(),
            half_open: VecDeque::new(),
        }
    }

    pub fn set_rule(&mut self, rule: Admission) {
        self.rule = rule;
    }

    /// Whether a connection from an address with this connect data may begin, if there is a slot.
    pub fn admits(&self, from: SocketAddr, data: u32, census: &Census) -> bool {
        let is_welcome = match self.rule {
            Admission::Everybody => true,
            Admission::Nobody => false,
            Admission::UniqueData { min, max } => {
                (min..=max).contains(&data) && !census.has_data(data)
            }
        };
        let known = self.by_ip.get(&from.ip()).copied().unwrap_or(0);
        is_welcome && known < self.max_per_ip
    }

    /// Records a new half-open connection.
    pub fn add(&mut self, peer: &Peer, now: u64) {
        *self.by_ip.entry(peer.address().ip()).or_default() += 1;
        let key = self.key(peer.address(), peer.packer.route().token());
        self.by_token.insert(key, peer.id().slot);
        self.half_open.push_back((peer.id(), now));
    }

    /// Forgets a connection that ended.
    pub fn remove(&mut self, peer: &Peer) {
        let key = self.key(peer.address(), peer.packer.route().token());
        self.by_token.remove(&key);
        decrement(&mut self.by_ip, peer.address().ip());
    }

    /// The slot of the connection that this CONNECT began already.
    pub fn find(&self, slots: &Slots, from: SocketAddr, token: u32) -> Option<u16> {
        let slot = *self.by_token.get(&self.key(from, token))?;
        let peer = slots.at(slot)?;
        (peer.address() == from && peer.packer.route().token() == token).then_some(slot)
    }

    fn key(&self, from: SocketAddr, token: u32) -> u64 {
        self.hasher.hash_one((from, token))
    }

    /// The half-open connection to evict when a slot is needed: the oldest, if it had its time and
    /// there are too many to be honest.
    pub fn take_evicted(&mut self, slots: &Slots, now: u64) -> Option<PeerId> {
        if self.half_open.len() * 2 <= slots.count() {
            return None;
        }
        while let Some(&(id, since)) = self.half_open.front() {
            let is_half_open = slots.state(id) == PeerState::AcknowledgingConnect;
            if is_half_open && now < since + HALF_OPEN_GRACE {
                return None;
            }
            self.half_open.pop_front();
            if is_half_open {
                return Some(id);
            }
        }
        None
    }

    /// Removes connections that are not half-open any more from the list.
    pub fn trim_half_open(&mut self, slots: &Slots) {
        let is_half_open =
            |&(id, _): &(PeerId, u64)| slots.state(id) == PeerState::AcknowledgingConnect;
        while self.half_open.front().is_some_and(|it| !is_half_open(it)) {
            self.half_open.pop_front();
        }
        // One that stays must not let those behind it pile up.
        if self.half_open.len() > 2 * slots.count() {
            self.half_open.retain(is_half_open);
        }
    }
}

/// Tells a connector, whose CONNECT came in a datagram of `size` bytes, that it is refused.
pub fn refuse(context: &mut Context, from: SocketAddr, size: usize, terms: &Terms) {
    let framed = Framed {
        channel: CONTROL_CHANNEL,
        sequence: 1,
        wants_ack: false,
        unsequenced: true,
        command: Command::Disconnect { data: 0 },
    };
    let length = SHORT_HEADER_SIZE + context.output.checksum_size() + framed.command.size();
    if !context.config.answers_refused || size < length {
        return;
    }
    const NO_SESSION: u8 = 0xFF;
    let mut route = Route::new(from, NO_SESSION);
    route.set_remote(terms.slot, NO_SESSION);
    route.set_token(terms.token);
    context.output.push_single(&route, &framed, context.now);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Host, HostConfig, Time};

    #[test]
    fn a_connect_that_is_shorter_than_a_refusal_gets_none() {
        let mut host = Host::new(&HostConfig {
            answers_refused: true,
            ..HostConfig::new(1, 1, Time::ZERO)
        });
        host.set_admission(Admission::Nobody);
        // A CONNECT, which a codec made very short.
        let mut datagram = [0; 50];
        datagram[..4].copy_from_slice(&[0x0F, 0xFF, 2, 0]);
        datagram[21] = 1;
        let mut answer = Vec::new();
        for (size, answers) in [(9, false), (10, true)] {
            let from = ([10, 0, 0, 1], 9).into();
            host.receive_decompressed(Time::ZERO, from, &datagram, size);
            let answered = host.next_datagram(&mut answer).is_some();
            assert_eq!(answered, answers, "{size}");
        }
        assert_eq!(answer.len(), 10);
    }

    #[test]
    fn unique_data_lies_in_its_range_and_is_not_in_use() {
        let mut incoming = Incoming::new(1);
        incoming.set_rule(Admission::UniqueData { min: 2, max: 10 });
        let mut census = Census::default();
        census.add(false, Some(7));
        let from = ([10, 0, 0, 1], 9).into();
        let admitted = (0..20).filter(|&data| incoming.admits(from, data, &census));
        assert_eq!(admitted.collect::<Vec<_>>(), [2, 3, 4, 5, 6, 8, 9, 10]);
    }
}
