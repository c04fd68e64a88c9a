//! Two ends without a network: handshakes, sweeps, and timers.

use std::net::SocketAddr;
use std::time::Duration;

use super::*;
use crate::{HANDSHAKE_TIMEOUT, SLOW_HANDSHAKE, Trust};

mod hostile;

fn server_address() -> SocketAddr {
    ([10, 0, 0, 1], 1000).into()
}

fn client_address() -> SocketAddr {
    ([10, 0, 0, 2], 2000).into()
}

struct Ends {
    now: Time,
    server: Dtls,
    client: Dtls,
}

impl Ends {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["game".to_owned()]).expect("a certificate");
        let pem = made.cert.pem();
        let identity = Identity::from_pem(&made.signing_key.serialize_pem(), &pem);
        let verification = Verification {
            trust: Some(Trust::certificates(&pem).expect("readable")),
            name: Some("game".to_owned()),
        };
        let now = Time::from_secs(100);
        let server = Dtls::server(&identity.expect("an identity"), now);
        Self {
            now,
            server: server.expect("a server"),
            client: Dtls::client(verification, now),
        }
    }

    /// Ends with a session between them.
    fn ready() -> Self {
        let mut ends = Self::new();
        assert!(!ends.client.connect(ends.now, server_address()));
        for _ in 0..4 {
            ends.exchange();
        }
        assert!(ends.client.connect(ends.now, server_address()), "is ready");
        assert_eq!(
            ends.server.next_event(),
            Some(DtlsEvent::Ready(client_address()))
        );
        assert_eq!(
            ends.client.next_event(),
            Some(DtlsEvent::Ready(server_address()))
        );
        ends
    }

    /// The timer of a handshake that is done stays until the next service.
    fn forget_handshake_timers(&mut self) {
        self.now += RETRANSMISSION_TIMEOUT;
        self.server.service(self.now);
    }

    /// Sweeps of a server without peers, as often as they are due, and at last `until`.
    fn sweep_until(&mut self, until: Time) {
        while self.now < until {
            self.now = (self.now + SWEEP_INTERVAL).min(until);
            self.server.sweep(self.now, &[]);
        }
    }

    /// Whether data of the client arrives.
    fn works(&mut self) -> bool {
        let mut arrived = false;
        let mut datagram = Vec::new();
        self.client.send(self.now, server_address(), b"data");
        while self.client.next_datagram(&mut datagram).is_some() {
            let plain = &mut |_, bytes: &[u8]| arrived = bytes == b"data";
            (self.server).receive(self.now, client_address(), &datagram, plain);
        }
        arrived
    }

    /// All datagrams arrive, there and back.
    fn exchange(&mut self) {
        let mut datagram = Vec::new();
        while let Some(to) = self.client.next_datagram(&mut datagram) {
            assert_eq!(to, server_address());
            let server = &mut self.server;
            server.receive(self.now, client_address(), &datagram, &mut |_, _| {});
        }
        self.server.service(self.now);
        while let Some(to) = self.server.next_datagram(&mut datagram) {
            assert_eq!(to, client_address());
            let client = &mut self.client;
            client.receive(self.now, server_address(), &datagram, &mut |_, _| {});
        }
        self.client.service(self.now);
    }
}

#[test]
fn without_sessions_nothing_is_swept() {
    let mut ends = Ends::new();
    assert!(!ends.server.wants_peers(ends.now + Duration::from_secs(60)));
    assert_eq!(ends.server.next_timer(), None);
    ends.client.connect(ends.now, server_address());
    let later = ends.now + SWEEP_INTERVAL;
    assert!(
        ends.client.wants_peers(later),
        "an attempt ends with its peer"
    );
}

#[test]
fn a_sweep_is_due_a_second_after_the_last() {
    let mut ends = Ends::ready();
    let first = ends.now + SWEEP_INTERVAL;
    ends.forget_handshake_timers();
    assert_eq!(ends.server.next_timer(), Some(first));
    assert!(!ends.server.wants_peers(first - Duration::from_millis(1)));
    assert!(ends.server.wants_peers(first));
    ends.server.service(first);
    assert!(ends.server.wants_peers(first), "service does not sweep");
    ends.server.sweep(first, &[(client_address(), true)]);
    assert!(!ends.server.wants_peers(first));
    assert_eq!(ends.server.next_timer(), Some(first + SWEEP_INTERVAL));
}

/// The first sweep counts from the first session, not from the last sweep long ago.
#[test]
fn a_sweep_is_not_due_when_a_session_comes_after_long() {
    let mut ends = Ends::new();
    ends.now += Duration::from_secs(60);
    ends.client.connect(ends.now, server_address());
    for _ in 0..4 {
        ends.exchange();
    }
    assert_eq!(ends.server.sessions().ready, 1);
    assert!(!ends.server.wants_peers(ends.now));
    let first = ends.now + SWEEP_INTERVAL;
    ends.forget_handshake_timers();
    assert_eq!(ends.server.next_timer(), Some(first));
}

#[test]
fn a_session_stays_while_its_peer_is_there_and_shortly_after() {
    let mut ends = Ends::ready();
    for _ in 0..20 {
        ends.now += SWEEP_INTERVAL;
        ends.server.sweep(ends.now, &[(client_address(), true)]);
    }
    assert_eq!(ends.server.sessions().ready, 1);
    let other = SocketAddr::from(([10, 0, 0, 2], 2001));
    ends.now += SWEEP_INTERVAL;
    ends.server.sweep(ends.now, &[(other, true)]);
    assert_eq!(ends.server.sessions().ready, 1);
    ends.now += SWEEP_INTERVAL;
    ends.server.sweep(ends.now, &[(other, true)]);
    assert_eq!(ends.server.sessions().ready, 0);
    assert_eq!(ends.server.next_event(), None, "the peer is gone already");
    ends.exchange();
    ends.exchange();
    assert_eq!(
        ends.client.next_event(),
        Some(DtlsEvent::Ended(server_address()))
    );
}

#[test]
fn a_session_without_a_peer_has_the_time_of_a_handshake() {
    let mut ends = Ends::ready();
    let end = ends.now + HANDSHAKE_TIMEOUT;
    ends.sweep_until(end - Duration::from_millis(1));
    assert_eq!(ends.server.sessions().ready, 1);
    ends.server.sweep(end, &[]);
    assert_eq!(ends.server.sessions().ready, 0);
}

#[test]
fn sending_keeps_a_session_from_the_next_sweep() {
    let mut ends = Ends::ready();
    ends.sweep_until(ends.now + HANDSHAKE_TIMEOUT - SWEEP_INTERVAL);
    ends.now += SWEEP_INTERVAL;
    assert!(ends.server.send(ends.now, client_address(), b"data"));
    ends.server.sweep(ends.now, &[]);
    assert_eq!(ends.server.sessions().ready, 1);
}

#[test]
fn a_handshake_that_nobody_answers_is_retransmitted_until_its_peer_gives_up() {
    let mut ends = Ends::new();
    let start = ends.now;
    ends.client.connect(start, server_address());
    let in_use = [(server_address(), false)];
    let (mut datagram, mut sent, mut pauses) = (Vec::new(), Vec::new(), Vec::new());
    while ends.now < start + Time::from_secs(60) {
        while ends.client.next_datagram(&mut datagram).is_some() {
            sent.push(ends.now);
        }
        ends.now = ends.client.next_timer().expect("a timer");
        if ends.client.wants_peers(ends.now) {
            ends.client.sweep(ends.now, &in_use);
        }
        ends.client.service(ends.now);
    }
    pauses.extend(sent.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()));
    assert_eq!(pauses[..7], [500; 7]);
    assert_eq!(pauses[7..11], [1000, 2000, 4000, 8000]);
    assert_eq!(pauses[11..], [8000; 5], "{pauses:?}");
    let slow = FailedHandshake {
        address: server_address(),
        reason: HandshakeError::Slow(SLOW_HANDSHAKE.as_secs()),
        is_client: true,
    };
    assert_eq!(ends.client.next_event(), Some(DtlsEvent::Slow(slow)));
    ends.client.sweep(ends.now, &[]);
    assert_eq!(
        (ends.client.next_event(), ends.client.sessions().pending),
        (None, 0)
    );
    ends.client.service(ends.now + Time::from_secs(10));
    assert_eq!(ends.client.next_timer(), None);
}

/// The hello waits at the server, whose answer belongs to that very hello: the client must not have begun anew.
#[test]
fn a_handshake_that_waits_for_seconds_completes() {
    let mut ends = Ends::new();
    ends.client.connect(ends.now, server_address());
    let mut datagram = Vec::new();
    ends.client.next_datagram(&mut datagram).expect("a hello");
    let server = &mut ends.server;
    server.receive(ends.now, client_address(), &datagram, &mut |_, _| {});
    server.next_datagram(&mut datagram).expect("a cookie");
    (ends.client).receive(ends.now, server_address(), &datagram, &mut |_, _| {});
    ends.client.next_datagram(&mut datagram).expect("a hello");
    server.receive(ends.now, client_address(), &datagram, &mut |_, _| {});
    let end = ends.now + Duration::from_secs(7);
    let mut sent = 0;
    while ends.now < end {
        ends.now = ends.client.next_timer().expect("a timer");
        ends.client.sweep(ends.now, &[(server_address(), false)]);
        ends.client.service(ends.now);
        while ends.client.next_datagram(&mut datagram).is_some() {
            sent += 1;
        }
    }
    assert!((8..=16).contains(&sent), "{sent} hellos");
    for _ in 0..3 {
        ends.exchange();
    }
    assert!(ends.client.connect(ends.now, server_address()), "is ready");
}

#[test]
fn a_closed_end_tells_the_other() {
    let mut ends = Ends::ready();
    ends.client.close(ends.now, |_| true);
    assert_eq!(ends.client.sessions(), Sessions::default());
    assert!(!ends.client.send(ends.now, server_address(), b"data"));
    ends.exchange();
    assert_eq!(
        ends.server.next_event(),
        Some(DtlsEvent::Ended(client_address()))
    );
    assert_eq!(ends.server.sessions(), Sessions::default());
}

#[test]
fn a_server_starts_no_handshake() {
    let mut ends = Ends::new();
    assert!(!ends.server.connect(ends.now, client_address()));
    assert_eq!(ends.server.sessions(), Sessions::default());
    assert_eq!(ends.server.next_datagram(&mut Vec::new()), None);
    assert!(!ends.server.is_client() && ends.client.is_client());
}

/// A server that loads finds the client's CONNECT only after its first sweep.
#[test]
fn time_without_service_does_not_count() {
    let mut ends = Ends::ready();
    ends.now += Duration::from_secs(60);
    ends.server.sweep(ends.now, &[]);
    assert_eq!(ends.server.sessions().ready, 1);
    ends.sweep_until(ends.now + HANDSHAKE_TIMEOUT);
    assert_eq!(ends.server.sessions().ready, 0);
}

/// A script that tries again after its own limit must not wait for a handshake that asks rarely by now.
#[test]
fn a_new_attempt_begins_a_new_handshake_after_some_seconds() {
    let mut ends = Ends::new();
    let mut sent = Vec::new();
    let mut hellos = |ends: &mut Ends| {
        let mut count = 0;
        while ends.client.next_datagram(&mut sent).is_some() {
            count += 1;
        }
        count
    };
    ends.client.connect(ends.now, server_address());
    assert_eq!(hellos(&mut ends), 1);
    ends.client
        .connect(ends.now + Duration::from_secs(3), server_address());
    assert_eq!(hellos(&mut ends), 0, "the handshake goes on");
    ends.client
        .connect(ends.now + SLOW_HANDSHAKE, server_address());
    assert!(hellos(&mut ends) >= 1, "a new handshake");
    assert_eq!(ends.client.sessions().pending, 1);
}
