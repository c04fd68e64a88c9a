//! Connectors that wait for the application's verdict before they get a slot and an answer.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use super::Host;
use super::admission::refuse;
use super::handshake::Request;
use crate::{IpNet, Limits, Refusal, Time, subscriber};

/// Requests that wait, in all and of one subscriber.
const MAX_REQUESTS: usize = 256;
const MAX_REQUESTS_PER_SUBSCRIBER: usize = 8;
/// Milliseconds that a request waits: its connector asks again.
const REQUEST_TIMEOUT: u64 = 5000;
/// The same while the application does not look at the host: C's connectors ask at ever longer intervals, and give up
/// after 31.5 seconds.
const HELD_TIMEOUT: u64 = 32_000;
/// Requests that wait for an application which does not look at the host, at most.
const MAX_HELD: usize = 1024;
/// Accepted connectors that are remembered, and milliseconds for which they are.
const MAX_ACCEPTED: usize = 1024;
const ACCEPTED_TIMEOUT: u64 = 10_000;

/// A connector that waits for a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoinRequest {
    /// Names the request in [`Host::judge`].
    pub id: u64,
    /// Where the connector says it is.
    pub address: SocketAddr,
    /// Whether it receives what is sent there. Otherwise it may have forged the address.
    pub is_proven: bool,
    /// Its connect data.
    pub data: u32,
    /// Number of channels that it asks for.
    pub channels: usize,
}

/// What becomes of a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on as if it had asked now: the host may be full meanwhile.
    Accept,
    /// It is told so, with this as its disconnect data; 0 stands for [`Refusal::NotWelcome`] in a guarded host.
    Refuse(u32),
}

/// The requests of a host, oldest first. They are bounded by their number and their age.
#[derive(Default)]
pub struct Requests {
    /// Whether the application judges.
    pub is_on: bool,
    /// Whether the application does not look at the host: see [`Host::set_attended`].
    pub is_unattended: bool,
    waiting: VecDeque<Waiting>,
    /// Those who were accepted and are not connected yet, oldest first.
    accepted: VecDeque<Accepted>,
    last_id: u64,
}

/// A connector that was accepted. If its half-open connection gives way before it is completed, the next CONNECT begins it anew
/// without another verdict: the first one may have used up a token that is valid once.
struct Accepted {
    from: SocketAddr,
    token: u32,
    since: u64,
}

struct Waiting {
    id: u64,
    request: Request,
    since: u64,
    is_reported: bool,
}

impl Requests {
    /// Adds a request; a repeated one changes nothing. False if there are too many. One whose sender the
    /// limits exempt is not bounded by those of its subscriber.
    fn add(&mut self, request: Request, now: u64, limits: &Limits) -> bool {
        self.expire(now);
        let is_exempt = limits.exempts(request.from.ip());
        let (most, most_of_subscriber) = match self.is_unattended {
            // They become half-open connections all at once.
            true => (
                limits.half_open.clamp(1, MAX_HELD),
                limits.half_open_per_address.max(1),
            ),
            false => (MAX_REQUESTS, MAX_REQUESTS_PER_SUBSCRIBER),
        };
        let mut known = self.waiting.iter().map(|waiting| &waiting.request);
        if known.any(|it| it.from == request.from && it.terms.token == request.terms.token) {
            return true;
        }
        let key = subscriber(request.from.ip());
        // Proven ones and the others do not count for each other: somebody may forge the subscriber's address.
        let is_own = |waiting: &Waiting| {
            let other = &waiting.request;
            other.is_proven == request.is_proven && subscriber(other.from.ip()) == key
        };
        let own = self.waiting.iter().filter(|it| is_own(it)).count();
        // Senders without a proof may be forged: the oldest ones make room.
        let gives_way = match (
            !is_exempt && own >= most_of_subscriber,
            self.waiting.len() >= most,
        ) {
            (true, _) if request.is_proven => None,
            (true, _) => self.waiting.iter().position(is_own),
            (false, true) => {
                let unproven = self.waiting.iter().position(|it| !it.request.is_proven);
                unproven.or_else(|| self.oldest_of_many(own, limits))
            }
            _ => Some(usize::MAX),
        };
        let Some(gives_way) = gives_way else {
            return false;
        };
        let has_replaced = self.waiting.remove(gives_way).is_some();
        self.last_id += 1;
        self.waiting.push_back(Waiting {
            id: self.last_id,
            request,
            since: now,
            is_reported: false,
        });
        !has_replaced
    }

    /// Forgets those who wait in a network.
    pub fn forget_network(&mut self, network: IpNet) {
        let is_inside = |it: &Waiting| network.contains(&it.request.from.ip().to_canonical());
        self.waiting.retain(|it| !is_inside(it));
    }

    /// The oldest request of the subscriber that has the most, if one of `own` requests may take its place: nobody
    /// keeps others out with many.
    fn oldest_of_many(&self, own: usize, limits: &Limits) -> Option<usize> {
        let counted = |it: &Waiting| {
            let ip = it.request.from.ip();
            (!limits.exempts(ip)).then(|| subscriber(ip))
        };
        let mut counts = HashMap::new();
        for key in self.waiting.iter().filter_map(counted) {
            *counts.entry(key).or_insert(0_usize) += 1;
        }
        let (many, count) = counts.into_iter().max_by_key(|&(_, count)| count)?;
        if count <= own + 1 {
            return None;
        }
        self.waiting.iter().position(|it| counted(it) == Some(many))
    }

    /// Forgets those who have waited for too long, and verdicts that are too old.
    pub fn expire(&mut self, now: u64) {
        // Empty queues have no memory.
        if self.waiting.capacity() > 0 || self.accepted.capacity() > 0 {
            self.expire_some(now);
        }
    }

    #[cold]
    fn expire_some(&mut self, now: u64) {
        let timeout = match self.is_unattended {
            true => HELD_TIMEOUT,
            false => REQUEST_TIMEOUT,
        };
        let is_over = |it: &Waiting| now >= it.since.saturating_add(timeout);
        while self.waiting.front().is_some_and(is_over) {
            self.waiting.pop_front();
        }
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
        let is_over = |it: &Accepted| now >= it.since.saturating_add(ACCEPTED_TIMEOUT);
        while self.accepted.front().is_some_and(is_over) {
            self.accepted.pop_front();
        }
        if self.accepted.is_empty() {
            self.accepted = VecDeque::new();
        }
    }

    /// Remembers a connector that was accepted.
    fn remember(&mut self, from: SocketAddr, token: u32, now: u64) {
        if self.accepted.len() >= MAX_ACCEPTED {
            self.accepted.pop_front();
        }
        let since = now;
        self.accepted.push_back(Accepted { from, token, since });
    }

    /// Whether a connector was accepted a short while ago, and is not connected yet.
    pub fn was_accepted(&mut self, from: SocketAddr, token: u32, now: u64) -> bool {
        self.expire(now);
        let mut accepted = self.accepted.iter();
        accepted.any(|it| it.from == from && it.token == token)
    }

    /// Forgets the verdict about a connector that is connected: once it is dropped, it has to ask again.
    pub fn forget_accepted(&mut self, from: SocketAddr, token: u32) {
        (self.accepted).retain(|it| it.from != from || it.token != token);
    }

    /// Whether a new connector waits before it is answered.
    pub fn has_to_wait(&self) -> bool {
        self.is_on || self.is_unattended
    }

    /// Addresses of those who wait.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.waiting.iter().map(|waiting| waiting.request.from)
    }

    /// Has those who are not reported yet wait from now on.
    pub fn restart(&mut self, now: u64) {
        let fresh = self.waiting.iter_mut().filter(|it| !it.is_reported);
        fresh.for_each(|waiting| waiting.since = now);
    }

    /// Takes those who wait, oldest first.
    pub fn take_all(&mut self) -> impl ExactSizeIterator<Item = Request> + use<> {
        let waiting = std::mem::take(&mut self.waiting);
        waiting.into_iter().map(|waiting| waiting.request)
    }

    fn take(&mut self, id: u64) -> Option<Request> {
        let at = self.waiting.iter().position(|it| it.id == id)?;
        self.waiting.remove(at).map(|waiting| waiting.request)
    }
}

impl Host {
    /// Chooses whether new connectors wait for [`Self::judge`], after all limits and before they get a slot or an
    /// answer. A host that is not judged any more forgets those who wait; they ask again.
    pub fn set_judged(&mut self, is_judged: bool) {
        let was_judged = std::mem::replace(&mut self.requests.is_on, is_judged);
        if was_judged && !is_judged {
            self.requests.waiting = VecDeque::new();
            self.requests.accepted = VecDeque::new();
        }
    }

    /// Whether [`Self::next_request`] has something to give. Requests that have waited for too long may count until the next
    /// [`Self::service`].
    pub fn has_requests(&self) -> bool {
        // They are reported oldest first.
        let newest = self.requests.waiting.back();
        self.requests.is_on && newest.is_some_and(|waiting| !waiting.is_reported)
    }

    /// The next connector that waits for a verdict, oldest first. At most 256 wait, 8 of each address, for five
    /// seconds each.
    pub fn next_request(&mut self, now: Time) -> Option<JoinRequest> {
        if !self.requests.is_on {
            return None;
        }
        self.context.advance(now);
        self.requests.expire(self.context.now);
        let mut waiting = self.requests.waiting.iter_mut();
        let next = waiting.find(|waiting| !waiting.is_reported)?;
        next.is_reported = true;
        Some(JoinRequest {
            id: next.id,
            address: next.request.from,
            is_proven: next.request.is_proven,
            data: next.request.data,
            channels: next.request.terms.channels as usize,
        })
    }

    /// Decides about a connector. False if it does not wait any more.
    pub fn judge(&mut self, now: Time, id: u64, verdict: Verdict) -> bool {
        self.context.advance(now);
        self.requests.expire(self.context.now);
        let Some(request) = self.requests.take(id) else {
            return false;
        };
        match verdict {
            Verdict::Accept => {
                (self.requests).remember(request.from, request.terms.token, self.context.now);
                self.accept(&request);
            }
            Verdict::Refuse(data) => {
                let data = match data {
                    0 => self.context.refusal_data(Refusal::NotWelcome),
                    data => data,
                };
                self.context.drops.refused += 1;
                refuse(&mut self.context, &request, data);
            }
        }
        true
    }

    /// Has a connector wait for a verdict, or for an application that looks at the host.
    pub(super) fn request_verdict(&mut self, request: Request) {
        let limits = &self.context.config.limits;
        if !self.requests.add(request, self.context.now, limits) {
            self.context.drops.over_limit += 1;
        }
    }
}
