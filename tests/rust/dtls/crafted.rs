//! Handshake messages crafted to be expensive, or to end the sessions of others.

use std::net::SocketAddr;
use std::thread;

use enet_dtls::{Dtls, DtlsEvent, FailedHandshake, HandshakeError};
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

/// A server at which a client from each address has returned its cookie.
fn waiting(addresses: impl Iterator<Item = SocketAddr>) -> Dtls {
    let mut ends = Ends::new();
    let verification = trusting(&own());
    let mut datagram = Vec::new();
    for address in addresses {
        let mut client = Dtls::client(verification.clone(), ends.now);
        client.connect(ends.now, server_address());
        for _ in 0..2 {
            while client.next_datagram(&mut datagram).is_some() {
                (ends.server).receive(ends.now, address, &datagram, &mut |_, _| {});
            }
            while ends.server.next_datagram(&mut datagram).is_some() {
                client.receive(ends.now, server_address(), &datagram, &mut |_, _| {});
            }
        }
    }
    ends.server
}

fn neighbour(network: u16, number: u16) -> SocketAddr {
    ([0xfd00, 0, 0, network, 0, 0, 0, number], 1000).into()
}

/// Eight handshakes begin per millisecond, however often a flood has the server serviced.
#[test]
fn few_handshakes_begin_at_a_time() {
    let mut server = waiting((0..20).map(|number| neighbour(number, 1)));
    assert_eq!(server.sessions().waiting, 20);
    for (milliseconds, pending) in [(0, 8), (0, 8), (1, 16), (1, 16), (2, 20)] {
        server.service(Time::from_millis(milliseconds));
        assert_eq!(server.sessions().pending, pending);
    }
}

/// One subscriber's addresses may take an eighth of the places.
#[test]
fn one_subscriber_cannot_take_all_places() {
    let many = (0..600).map(|number| neighbour(0, number));
    let others = (1..101).map(|network| neighbour(network, 0));
    let server = waiting(many.chain(others));
    assert_eq!(server.sessions().waiting, 128 + 100);
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
