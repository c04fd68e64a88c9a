//! Handshake messages crafted to be expensive, or to end the sessions of others.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread;

use enet_dtls::{Dtls, DtlsEvent, DtlsLimits, FailedHandshake, HandshakeError, Verification};
use enet_proto::Time;

use super::{identity, own, trusting};

/// A server and a client with the time. The test delivers their datagrams.
struct Ends {
    now: Time,
    server: Dtls,
    client: Dtls,
}

fn server_address() -> SocketAddr {
    ([10, 0, 0, 1], 1000).into()
}

fn client_address() -> SocketAddr {
    ([10, 0, 0, 2], 1001).into()
}

impl Ends {
    fn new() -> Self {
        let (pair, now) = (own(), Time::ZERO);
        let server = Dtls::server(&identity(&pair), now).expect("a server");
        let mut client = Dtls::client(trusting(&pair), now);
        client.connect(now, server_address());
        Self {
            now,
            server,
            client,
        }
    }

    /// Delivers the client's datagrams to the server.
    fn reach_server(&mut self) {
        let mut datagram = Vec::new();
        while self.client.next_datagram(&mut datagram).is_some() {
            self.give_server(&datagram);
        }
        self.server.service(self.now);
    }

    fn reach_client(&mut self) {
        let mut datagram = Vec::new();
        while self.server.next_datagram(&mut datagram).is_some() {
            self.give_client(&datagram);
        }
    }

    fn give_server(&mut self, datagram: &[u8]) {
        (self.server).receive(self.now, client_address(), datagram, &mut |_, _| {});
    }

    fn give_client(&mut self, datagram: &[u8]) {
        (self.client).receive(self.now, server_address(), datagram, &mut |_, _| {});
    }

    /// A handshake in which the server waits for the client's key, which is in flight.
    fn midway() -> Self {
        let mut ends = Self::new();
        ends.reach_server();
        ends.reach_client();
        ends.reach_server();
        assert_eq!(ends.server.sessions().pending, 1);
        ends
    }

    fn ready() -> Self {
        let mut ends = Self::midway();
        ends.reach_client();
        ends.reach_server();
        ends.reach_client();
        assert_eq!(ends.server.sessions().ready, 1);
        assert_eq!(ends.client.sessions().ready, 1);
        ends
    }

    /// Whether data arrives in both directions.
    fn work(&mut self) -> bool {
        let (mut arrived, mut datagram) = (0, Vec::new());
        let mut take = |_, plain: &[u8]| arrived += usize::from(plain == b"data");
        self.client.send(self.now, server_address(), b"data");
        while self.client.next_datagram(&mut datagram).is_some() {
            (self.server).receive(self.now, client_address(), &datagram, &mut take);
        }
        self.server.send(self.now, client_address(), b"data");
        while self.server.next_datagram(&mut datagram).is_some() {
            (self.client).receive(self.now, server_address(), &datagram, &mut take);
        }
        arrived == 2
    }
}

/// The first failure among the events.
fn failure(dtls: &mut Dtls) -> Option<HandshakeError> {
    std::iter::from_fn(|| dtls.next_event()).find_map(|event| match event {
        DtlsEvent::Failed(FailedHandshake { reason, .. }) => Some(reason),
        _ => None,
    })
}

fn record(content_type: u8, epoch: u8, sequence: u64, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![content_type, 254, 253, 0, epoch];
    bytes.extend_from_slice(&sequence.to_be_bytes()[2..]);
    bytes.extend_from_slice(&(content.len() as u16).to_be_bytes());
    bytes.extend_from_slice(content);
    bytes
}

/// A handshake fragment with the sizes it claims.
fn fragment(kind: u8, message: u16, length: u32, offset: u32, size: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend_from_slice(&length.to_be_bytes()[1..]);
    bytes.extend_from_slice(&message.to_be_bytes());
    bytes.extend_from_slice(&offset.to_be_bytes()[1..]);
    bytes.extend_from_slice(&size.to_be_bytes()[1..]);
    bytes.extend_from_slice(data);
    bytes
}

/// Runs `work` with a small stack, such as secondary threads have on some systems. A library that
/// recurses with its input overflows it and aborts the process.
fn with_little_stack(work: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(512 * 1024);
    let done = thread.spawn(work).expect("a thread").join();
    done.expect("no panic");
}

/// Fragments without content, each followed in the message by the one sent before it. The end of
/// the message is missing.
fn empty_chain(message: u16, datagrams: u32) -> Vec<Vec<u8>> {
    const EACH: u32 = 1200;
    let datagram = |number: u32| {
        let offsets = (number * EACH..(number + 1) * EACH).rev();
        let parts = offsets.map(|at| fragment(16, message, 0, at, 1, &[]));
        let content: Vec<u8> = parts.flatten().collect();
        record(22, 0, 1000 + u64::from(number), &content)
    };
    (0..datagrams).map(datagram).collect()
}

/// A message in fragments of one byte, which is legal, without its end.
fn long_chain(message: u16) -> Vec<Vec<u8>> {
    let part = |at: u32| {
        let content = fragment(16, message, 10_000, at, 1, &[7]);
        record(22, 0, 1000 + u64::from(at), &content)
    };
    let parts: Vec<Vec<u8>> = (0..600).rev().map(part).collect();
    parts.chunks(30).map(<[Vec<u8>]>::concat).collect()
}

#[test]
fn fragments_without_content_are_dropped() {
    with_little_stack(|| {
        let mut ends = Ends::midway();
        for datagram in empty_chain(2, 6) {
            ends.give_server(&datagram);
        }
        for datagram in empty_chain(1, 6) {
            ends.give_client(&datagram);
        }
        // The handshake continues.
        ends.reach_client();
        ends.reach_server();
        ends.reach_client();
        assert!(ends.work());
    });
}

#[test]
fn a_handshake_in_too_many_fragments_fails() {
    let mut ends = Ends::midway();
    for datagram in long_chain(2) {
        ends.give_server(&datagram);
    }
    assert_eq!(
        failure(&mut ends.server),
        Some(HandshakeError::LimitExceeded)
    );
    for datagram in long_chain(1) {
        ends.give_client(&datagram);
    }
    assert_eq!(
        failure(&mut ends.client),
        Some(HandshakeError::LimitExceeded)
    );
}

/// An attacker who knows the addresses can send these fragments in a remote's name.
#[test]
fn fragments_do_not_affect_a_session() {
    with_little_stack(|| {
        let mut ends = Ends::ready();
        // The fragments carry the numbers of the next handshake messages.
        for datagram in empty_chain(4, 15).iter().chain(&long_chain(4)) {
            ends.give_server(datagram);
        }
        for datagram in empty_chain(6, 15).iter().chain(&long_chain(6)) {
            ends.give_client(datagram);
        }
        assert!(ends.work());
    });
}

/// A forged record that is unencrypted or malformed does not end a handshake.
#[test]
fn records_that_belong_to_no_handshake_are_dropped() {
    let mut ends = Ends::midway();
    let forged = [
        record(23, 0, 900, b"data"),
        record(24, 0, 901, b"data"),
        record(20, 0, 902, &[2]),
        record(21, 0, 903, &[2]),
        record(22, 0, 904, &[]),
        record(22, 0, 905, &fragment(16, 16, 1, 0, 1, &[7])),
    ];
    for datagram in &forged {
        ends.give_server(datagram);
        ends.give_client(datagram);
    }
    ends.reach_client();
    ends.reach_server();
    ends.reach_client();
    assert!(ends.work());
}

/// Lets a client at the address return its cookie. Says whether the server answered its first hello.
fn prove(server: &mut Dtls, now: Time, address: SocketAddr) -> bool {
    let anyone = Verification {
        trust: None,
        name: None,
    };
    let mut client = Dtls::client(anyone, now);
    client.connect(now, server_address());
    let (mut datagram, mut is_answered) = (Vec::new(), false);
    for _ in 0..2 {
        while client.next_datagram(&mut datagram).is_some() {
            server.receive(now, address, &datagram, &mut |_, _| {});
        }
        while server.next_datagram(&mut datagram).is_some() {
            is_answered = true;
            client.receive(now, server_address(), &datagram, &mut |_, _| {});
        }
    }
    is_answered
}

/// A server at which a client from each address has returned its cookie.
fn waiting(addresses: impl Iterator<Item = SocketAddr>) -> Dtls {
    let Ends {
        now, mut server, ..
    } = Ends::new();
    for address in addresses {
        assert!(prove(&mut server, now, address));
    }
    server
}

/// The addresses that the server sends datagrams to, without repetitions.
fn answered(server: &mut Dtls) -> BTreeSet<SocketAddr> {
    let mut datagram = Vec::new();
    std::iter::from_fn(|| server.next_datagram(&mut datagram)).collect()
}

/// An address in a subscriber's network.
fn neighbour(network: u16, number: u16) -> SocketAddr {
    ([0xfd00, 0, network, 0, 0, 0, 0, number], 1000).into()
}

/// Two handshakes begin per millisecond, however often a flood has the server serviced.
#[test]
fn few_handshakes_begin_at_a_time() {
    let mut server = waiting((0..5).map(|number| neighbour(number, 1)));
    assert_eq!(server.sessions().waiting, 5);
    for (milliseconds, pending) in [(0, 2), (0, 2), (1, 4), (1, 4), (2, 5)] {
        server.service(Time::from_millis(milliseconds));
        assert_eq!(server.sessions().pending, pending);
    }
}

/// One subscriber's addresses may take a sixteenth of the places, and its handshakes the turns of nobody else.
#[test]
fn one_subscriber_can_take_neither_all_places_nor_all_turns() {
    let many = (0..300).map(|number| neighbour(0, number));
    let others = (1..51).map(|network| neighbour(network, 0));
    let mut server = waiting(many.chain(others.clone()));
    let sessions = server.sessions();
    assert_eq!(sessions.waiting, 64 + 50);
    assert_eq!(sessions.over_limit, 300 - 64);
    // Each of the others comes before the second of the many, and so within 26 times two.
    for milliseconds in 0..26 {
        server.service(Time::from_millis(milliseconds));
    }
    let answered = answered(&mut server);
    assert!(others.clone().all(|it| answered.contains(&it)));
}

/// 400 handshakes a second that an address begins and drops: few of them cost the server a signature, and a
/// newcomer from elsewhere gets its answer in the very next poll.
#[test]
fn an_address_that_begins_many_handshakes_delays_nobody() {
    let Ends { mut server, .. } = Ends::new();
    let (mut begun, mut of_flood) = (0u16, 0);
    let flood = |number: u16| SocketAddr::from(([10, 0, 0, 66], 1000 + number));
    let polls = 5 * 1000 / 16;
    for poll in 0..polls {
        let now = Time::from_millis(poll * 16);
        for _ in 0..6 {
            prove(&mut server, now, flood(begun));
            begun += 1;
        }
        let newcomer = SocketAddr::from(([10, 0, 1, (poll / 10) as u8], 1000));
        if poll % 10 == 0 {
            prove(&mut server, now, newcomer);
        }
        server.service(now);
        let answered = answered(&mut server);
        assert!(poll % 10 > 0 || answered.contains(&newcomer), "poll {poll}");
        of_flood += answered
            .iter()
            .filter(|it| it.ip() == flood(0).ip())
            .count();
    }
    // 25 at once and 25 a second, and the retransmissions to those in progress.
    let started = server.sessions().pending - polls as usize / 10 - 1;
    assert!(started <= 25 + 25 * 5, "{started} of {begun}");
    assert!(of_flood > 25, "{of_flood}");
    assert!(server.sessions().over_limit > 1000);
}

/// Handshakes from many addresses take no more than all places, and a newcomer still gets one.
#[test]
fn in_full_places_a_newcomer_gets_one() {
    let Ends { mut server, .. } = Ends::new();
    server.set_limits(DtlsLimits {
        handshakes_per_second: 0,
        handshakes_per_second_per_address: 0,
        half_open: 100,
        half_open_per_address: 30,
        ..DtlsLimits::default()
    });
    let mut now = Time::ZERO;
    for number in 0..40 {
        for host in 1..=4 {
            let from = SocketAddr::from(([10, 0, 0, host], 1000 + number));
            prove(&mut server, now, from);
            now += Time::from_millis(1);
            server.service(now);
        }
    }
    let sessions = server.sessions();
    assert_eq!((sessions.pending, sessions.waiting), (100, 0));
    assert_eq!(sessions.over_limit, 4 * 40 - 100);
    let newcomer = SocketAddr::from(([10, 0, 9, 9], 1000));
    prove(&mut server, now, newcomer);
    now += Time::from_millis(1);
    server.service(now);
    assert!(answered(&mut server).contains(&newcomer));
    assert_eq!(server.sessions().pending, 100);
    // It also keeps its place while others begin.
    for number in 40..80 {
        for host in 1..=4 {
            let from = SocketAddr::from(([10, 0, 0, host], 1000 + number));
            prove(&mut server, now, from);
            now += Time::from_millis(1);
            server.service(now);
        }
    }
    // A forged alert ends the handshake of its address, if there is one.
    let before = server.sessions().pending;
    server.receive(now, newcomer, &record(21, 0, 900, &[1, 0]), &mut |_, _| {});
    assert_eq!(server.sessions().pending, before - 1);
}

/// A server does not wait for another hello where it cannot read one, and keeps no place for it.
#[test]
fn a_hello_that_cannot_be_read_takes_no_place() {
    let Ends {
        now, mut server, ..
    } = Ends::new();
    let mut body = vec![254, 253];
    body.extend([7; 32]);
    body.extend([0, 0, 0, 2, 0xC0, 0x2B, 1, 0]);
    // Extensions that are longer than the message.
    body.extend([0, 200, 0, 0]);
    let hello = |body: &[u8], number: u16| {
        let size = body.len() as u32;
        let message = fragment(1, number, size, 0, size, body);
        record(22, 0, number.into(), &message)
    };
    let mut answer = Vec::new();
    server.receive(now, client_address(), &hello(&body, 0), &mut |_, _| {});
    server.next_datagram(&mut answer).expect("a cookie");
    let cookie = &answer[13 + 12 + 3..];
    let mut with_cookie = body[..35].to_vec();
    with_cookie.push(cookie.len() as u8);
    with_cookie.extend_from_slice(cookie);
    with_cookie.extend_from_slice(&body[36..]);
    server.receive(
        now,
        client_address(),
        &hello(&with_cookie, 1),
        &mut |_, _| {},
    );
    assert_eq!(server.sessions().waiting, 1);
    server.service(now);
    let sessions = server.sessions();
    assert_eq!(
        (sessions.pending, sessions.waiting, sessions.failed),
        (0, 0, 1)
    );
}

/// An unauthenticated close_notify ends a handshake, but not the established session.
#[test]
fn a_forged_close_notify_ends_no_session() {
    let mut ends = Ends::ready();
    while ends.server.next_event().is_some() {}
    // The same client connects again from the same address.
    ends.client = Dtls::client(trusting(&own()), ends.now);
    ends.client.connect(ends.now, server_address());
    ends.reach_server();
    ends.reach_client();
    ends.now = Time::from_millis(1);
    ends.reach_server();
    assert_eq!(ends.server.sessions().pending, 1);
    ends.give_server(&record(21, 0, 900, &[1, 0]));
    assert_eq!(ends.server.sessions().pending, 0);
    assert_eq!(ends.server.sessions().ready, 1);
    assert_eq!(ends.server.next_event(), None);
}
