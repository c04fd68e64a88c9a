//! The accepting side: which hellos are answered, and when their handshakes start.

use std::net::SocketAddr;
use std::sync::Arc;

use rtc_dtls::config::HandshakeConfig;

use super::{Dtls, Role};
use crate::Time;
use crate::alert;
use crate::cookie::{Cookies, Hello};
use crate::error::SetupError;
use crate::hello_queue::HelloQueue;
use crate::session::{Outgoing, Session};

/// Most handshakes that are started at one time: each costs a signature, about a millisecond.
const MAX_STARTED: usize = 8;

/// State of a server besides its sessions. A client without a valid cookie leaves nothing in it.
pub struct Server {
    config: Arc<HandshakeConfig>,
    cookies: Cookies,
    pub is_refusing: bool,
    queue: HelloQueue,
    /// When handshakes were started last, and how many.
    started: (Time, usize),
}

impl Server {
    pub fn new(config: Arc<HandshakeConfig>, now: Time) -> Result<Self, SetupError> {
        Ok(Self {
            config,
            cookies: Cookies::new(now)?,
            is_refusing: false,
            queue: HelloQueue::default(),
            started: (now, 0),
        })
    }

    /// Number of hellos whose handshake has not started.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// A half-open connection is gone, or has become a session.
    pub fn handshake_ended(&mut self, with: SocketAddr) {
        self.queue.handshake_ended(with);
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
            let refusal = alert::access_denied(hello.record_sequence);
            outgoing.push_back((from, refusal.as_slice().into()));
            return false;
        }
        // A client sends its cookie in its second message, and in no other.
        hello.message_sequence == 1 && self.queue.push(from, datagram)
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
        let Role::Server(server) = &mut self.role else {
            return;
        };
        if server.started.0 != now {
            server.started = (now, 0);
        }
        while let Role::Server(server) = &mut self.role
            && server.started.1 < MAX_STARTED
            && let Some((from, datagram)) = server.queue.pop()
        {
            // The cookie's key may have expired since.
            let hello = Hello::read(&datagram);
            let Some(hello) = hello.filter(|hello| server.cookies.verify(from, hello)) else {
                continue;
            };
            // The client starts over.
            if self.pending.remove(&from).is_some() {
                server.queue.handshake_ended(from);
            }
            server.started.1 += 1;
            let config = server.config.clone();
            let hello = (&hello, datagram.as_slice());
            match Session::accept(from, self.zero, now, config, &self.provider, hello) {
                Ok(mut session) => {
                    session.drain(now, &mut self.outgoing);
                    self.pending.insert(from, session);
                    server.queue.handshake_started(from);
                }
                Err(reason) => self.fail(from, reason),
            }
        }
    }
}
