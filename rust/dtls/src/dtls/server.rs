//! The accepting side: which hellos are answered, and when their handshakes start.

use std::net::SocketAddr;
use std::sync::Arc;

use rtc_dtls::config::HandshakeConfig;

use super::{Dtls, Role};
use crate::alert;
use crate::budget::Budget;
use crate::cookie::{Cookies, Hello};
use crate::error::SetupError;
use crate::half_open::HalfOpen;
use crate::hello_queue::{HelloQueue, Queued, Waiting};
use crate::limits::DtlsLimits;
use crate::session::{Outgoing, Session};
use crate::{Sessions, Time};

/// Most handshakes that are started at one time: each costs a signature, about a millisecond.
const MAX_STARTED: usize = 2;

/// State of a server besides its sessions. A client without a valid cookie leaves nothing in it.
pub struct Server {
    config: Arc<HandshakeConfig>,
    cookies: Cookies,
    pub is_refusing: bool,
    pub limits: DtlsLimits,
    queue: HelloQueue,
    budget: Budget,
    half_open: HalfOpen,
    /// When handshakes were started last, and how many.
    started: (Time, usize),
    /// Hellos and handshakes that were dropped for a limit.
    over_limit: u64,
    refused: u64,
}

impl Server {
    pub fn new(config: Arc<HandshakeConfig>, now: Time) -> Result<Self, SetupError> {
        Ok(Self {
            config,
            cookies: Cookies::new(now)?,
            is_refusing: false,
            limits: DtlsLimits::default(),
            queue: HelloQueue::default(),
            budget: Budget::default(),
            half_open: HalfOpen::default(),
            started: (now, 0),
            over_limit: 0,
            refused: 0,
        })
    }

    /// Adds the server's counts.
    pub fn count(&self, sessions: &mut Sessions) {
        sessions.waiting = self.queue.len();
        sessions.over_limit = self.over_limit;
        sessions.refused = self.refused;
    }

    /// When the next handshake can start; `None` if no hello waits.
    pub fn next_start(&self, now: Time) -> Option<Time> {
        let ready_at = |it: SocketAddr| self.budget.ready_at(now, it.ip(), &self.limits);
        self.queue.next_addresses().map(ready_at).min()
    }

    /// A half-open connection is gone, or has become a session.
    pub fn handshake_ended(&mut self, with: SocketAddr) {
        self.half_open.remove(with);
    }

    /// Answers a hello with a cookie or a refusal, or queues it; true if it was queued.
    fn answer(
        &mut self,
        now: Time,
        from: SocketAddr,
        hello: &Hello<'_>,
        datagram: &[u8],
        outgoing: &mut Outgoing,
    ) -> bool {
        self.cookies.renew(now);
        if !self.cookies.verify(from, hello) {
            let request = self.cookies.hello_verify_request(from, hello);
            // A larger answer would make the server an amplifier for spoofed addresses.
            if request.len() <= datagram.len() {
                outgoing.push_back((from, request.as_slice().into()));
            }
            return false;
        }
        if self.is_refusing {
            self.refused += 1;
            let refusal = alert::access_denied(hello.record_sequence);
            outgoing.push_back((from, refusal.as_slice().into()));
            return false;
        }
        // A client sends its cookie in its second message, and in no other.
        if hello.message_sequence != 1 {
            return false;
        }
        let queued = self.queue.push(now, from, datagram);
        self.over_limit += u64::from(queued == Queued::OneDropped);
        queued != Queued::Repeated
    }

    /// Takes a hello whose handshake may start now.
    fn next_hello(&mut self, now: Time) -> Option<Waiting> {
        if self.started.0 != now {
            self.started = (now, 0);
        }
        if self.started.1 >= MAX_STARTED {
            return None;
        }
        let (budget, limits) = (&mut self.budget, &self.limits);
        let may_start = |from: SocketAddr| budget.ready_at(now, from.ip(), limits) <= now;
        let next = self.queue.pop(now, may_start)?;
        self.budget.take(now, next.from.ip(), &self.limits);
        self.started.1 += 1;
        Some(next)
    }
}

impl Dtls {
    /// Answers a hello, or queues it for a handshake.
    pub(super) fn answer_hello(
        &mut self,
        now: Time,
        from: SocketAddr,
        hello: &Hello<'_>,
        datagram: &[u8],
    ) {
        let Role::Server(server) = &mut self.role else {
            return;
        };
        // The client retransmits because the answer got lost; the session retransmits that by itself.
        if (self.pending.get(&from)).is_some_and(|session| session.began_with(hello)) {
            return;
        }
        if server.answer(now, from, hello, datagram, &mut self.outgoing) {
            self.timer = Some(now);
        }
    }

    /// Starts some of the queued handshakes. Many calls may come with the same time, as in a burst of
    /// datagrams, and count as one.
    pub(super) fn start_handshakes(&mut self, now: Time) {
        while let Role::Server(server) = &mut self.role
            && let Some(Waiting { from, datagram, .. }) = server.next_hello(now)
        {
            // The cookie's key may have expired since.
            let hello = Hello::read(&datagram);
            let Some(hello) = hello.filter(|hello| server.cookies.verify(from, hello)) else {
                continue;
            };
            // The client starts over.
            if self.pending.remove(&from).is_some() {
                server.half_open.remove(from);
            }
            if let Some(gives_way) = server.half_open.one_too_many(from, &server.limits) {
                server.over_limit += 1;
                server.half_open.remove(gives_way);
                self.pending.remove(&gives_way);
            }
            let config = server.config.clone();
            let hello = (&hello, datagram.as_slice());
            let provider = self.provider.clone();
            let outgoing = &mut self.outgoing;
            match Session::accept(from, self.zero, now, config, provider, hello, outgoing) {
                Ok(session) => {
                    self.pending.insert(from, session);
                    server.half_open.add(now, from);
                }
                Err(reason) => self.fail(from, reason),
            }
        }
    }
}
