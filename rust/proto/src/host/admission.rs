//! Which connectors are accepted, and what refused ones are told.
//!
//! A connector may have forged its sender address. Five rules follow:
//!
//! - An answer goes out only when a CONNECT comes in, and is no longer than that (with a codec, twice
//!   as long at most). (C retransmits its answer for half a minute to whatever address was named.) In a
//!   guarded host a datagram with the right slot and session has the answer repeated, a few times.
//! - A half-open connection is dropped five seconds after the last CONNECT, eight after the first one, or when
//!   it has to give way. In a host that is not guarded it has one of the places for connections, and gives way
//!   after two seconds if most of them are half-open and none is free.
//! - In a guarded host a connection has its place only when it is proven: by the acknowledgement of the
//!   random number of our answer. Wrong guesses end it. So "full" is said only when connections fill the host.
//! - Attempts are counted by the second. One too many gets no answer: an honest connector asks again.
//! - A refusal, if the config asks for them, is a DISCONNECT for the slot that the CONNECT names, which
//!   every ENet that is connecting believes. It waits for no acknowledgement, so nothing is kept, and
//!   it is repeated only when the CONNECT is. A refusal is shorter than an honest CONNECT; where a
//!   codec made the CONNECT shorter still, there is none.
//!
//! A refusal that a forged CONNECT provokes does less than a forged DISCONNECT would: an established
//! connection checks the session, which is always 3 here and never that of a connection that a guarded host
//! accepted, and ours checks the number, which is always 1.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;

use super::context::{Census, Context};
use super::half_open::HalfOpen;
use super::handshake::Request;
use super::rate::ConnectRate;
use super::slots::Slots;
use crate::peer::Peer;
use crate::send::Route;
use crate::wire::{CONTROL_CHANNEL, Command, Framed, SHORT_HEADER_SIZE};
use crate::{Admission, PeerId, Refusal};

/// Milliseconds a half-open connection is kept in a host that is not guarded, even if its slot is needed: an
/// honest answer hardly takes longer.
const HALF_OPEN_GRACE: u64 = 2000;

/// The connections that others began, and the rule for new ones.
pub struct Incoming {
    rule: Admission,
    /// Slots, by a hash of address and token.
    by_token: BTreeMap<u64, u16>,
    hasher: RandomState,
    pub half_open: HalfOpen,
    pub rate: ConnectRate,
}

impl Incoming {
    /// No connections, and every connector welcome.
    pub fn new() -> Self {
        Self {
            rule: Admission::default(),
            by_token: BTreeMap::new(),
            hasher: RandomState::new(),
            half_open: HalfOpen::default(),
            rate: ConnectRate::default(),
        }
    }

    pub fn set_rule(&mut self, rule: Admission) {
        self.rule = rule;
    }

    /// Why the rule refuses a connection with this connect data, if it does.
    pub fn refusal(&self, data: u32, census: &Census) -> Option<Refusal> {
        match self.rule {
            Admission::Everybody => None,
            Admission::Nobody => Some(Refusal::NotWelcome),
            Admission::UniqueData { min, max } => {
                let is_admitted = (min..=max).contains(&data) && !census.has_data(data);
                (!is_admitted).then_some(Refusal::IdInUse)
            }
        }
    }

    /// Records a new half-open connection.
    pub fn add(&mut self, peer: &Peer, now: u64, is_proven: bool) {
        let key = self.key(peer.address(), peer.packer.route().token());
        self.by_token.insert(key, peer.id().slot);
        (self.half_open).add(peer.id(), peer.address().ip(), now, is_proven);
    }

    /// Forgets a connection that ended.
    pub fn remove(&mut self, peer: &Peer) {
        let key = self.key(peer.address(), peer.packer.route().token());
        self.by_token.remove(&key);
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

    /// The half-open connection that gives way in a host that is not guarded: the first one, if it had its
    /// time and there are too many to be honest.
    pub fn first_after_grace(&self, slots: &Slots, now: u64) -> Option<PeerId> {
        if self.half_open.count() * 2 <= slots.count() {
            return None;
        }
        let (id, since) = self.half_open.first()?;
        (now >= since.saturating_add(HALF_OPEN_GRACE)).then_some(id)
    }
}

/// Tells a connector that it is refused. `data` is that of the DISCONNECT.
pub fn refuse(context: &mut Context, request: &Request, data: u32) {
    if context.config.answers_refused {
        answer_once(context, request, &refusing(data));
    }
}

/// The same for a connector that does not encrypt, and so must be told without encryption.
pub fn refuse_unencrypted(context: &mut Context, request: &Request, data: u32) {
    let framed = refusing(data);
    if context.config.answers_refused
        && let Some(route) = route_of_answer(context, request, &framed)
    {
        (context.output).push_unencrypted(&route, &framed, context.now);
    }
}

fn refusing(data: u32) -> Framed {
    Framed {
        channel: CONTROL_CHANNEL,
        sequence: 1,
        wants_ack: false,
        unsequenced: true,
        command: Command::Disconnect { data },
    }
}

/// Sends a connector an answer for the slot that its CONNECT names, if the answer is no longer than that.
pub fn answer_once(context: &mut Context, request: &Request, framed: &Framed) {
    if let Some(route) = route_of_answer(context, request, framed) {
        context.output.push_single(&route, framed, context.now);
    }
}

fn route_of_answer(context: &Context, request: &Request, framed: &Framed) -> Option<Route> {
    let length = SHORT_HEADER_SIZE + context.output.checksum_size() + framed.command.size();
    if request.size < length {
        return None;
    }
    const NO_SESSION: u8 = 0xFF;
    let mut route = Route::new(request.from, NO_SESSION);
    route.set_remote(request.terms.slot, NO_SESSION);
    route.set_token(request.terms.token);
    Some(route)
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

    /// A half-open connection costs some 0.8 kB, with 0.1 kB of counts that lie where datagrams touch the peer anyway. One
    /// that comes and goes leaves nothing.
    #[test]
    fn nothing_stays_of_connectors_that_leave() {
        assert!(size_of::<Peer>() <= 848, "{}", size_of::<Peer>());
        for is_guarded in [false, true] {
            let config = HostConfig {
                is_guarded,
                ..HostConfig::new(4, 1, Time::ZERO)
            };
            let mut host = Host::new(&config);
            // The first one stays half-open.
            for number in 0..1000u16 {
                let from = ([10, 0, 0, 1], number).into();
                let mut connect = [0; 52];
                connect[..8].copy_from_slice(&[0x8F, 0xFF, 0, 0, 0x82, 0xFF, 0, 1]);
                connect[23] = 1;
                host.receive(Time::ZERO, from, &connect);
                let mut answer = Vec::new();
                assert!(host.next_datagram(&mut answer).is_some());
                let header = [answer[11] << 4 | answer[8], answer[9]];
                let disconnect = [&header[..], &[0x44, 0xFF, 0, 2, 0, 0, 0, 0]].concat();
                if number > 0 {
                    host.receive(Time::ZERO, from, &disconnect);
                }
            }
            assert_eq!(host.incoming.half_open.count(), 1);
            assert_eq!(host.incoming.by_token.len(), 1);
            assert!(host.context.output.ready_count() == 0 && host.next_event().is_none());
            let is_left = host.slots.iter().count();
            assert_eq!(is_left, 1);
            let most = 2 * host.slots.count() + 65;
            assert!(host.timers.len() <= most, "{}", host.timers.len());
        }
    }

    #[test]
    fn unique_data_lies_in_its_range_and_is_not_in_use() {
        let mut incoming = Incoming::new();
        incoming.set_rule(Admission::UniqueData { min: 2, max: 10 });
        let mut census = Census::default();
        census.add(false, Some(7));
        let admitted = (0..20).filter(|&data| incoming.refusal(data, &census).is_none());
        assert_eq!(admitted.collect::<Vec<_>>(), [2, 3, 4, 5, 6, 8, 9, 10]);
    }
}
