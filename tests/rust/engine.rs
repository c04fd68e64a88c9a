//! Our engine's handling of datagrams that come only from a broken or hostile remote or a bad network,
//! and of cases in which C gets stuck. Both ends are engines in memory; the test delivers their
//! datagrams, or forged ones.

use std::net::SocketAddr;
use std::time::Duration;

use enet_proto::Disconnect;
use enet_proto::{Cause, Event, HostConfig, PacketFlags, PeerId, PeerState, Time};
use sim::oracle::Engine;
use sim::oracle::OwnEngine;
use sim::oracle::RustyEngine;

const SERVER: u16 = 1;
const CLIENT: u16 = 2;

struct Link {
    server: Box<dyn Engine>,
    client: Box<dyn Engine>,
    now: Time,
    events: Vec<Event>,
    /// The id of the server at the client.
    peer: PeerId,
}

fn address(port: u16) -> SocketAddr {
    ([10, 0, 0, 1], port).into()
}

fn datagrams(engine: &mut dyn Engine) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut datagram = Vec::new();
    while engine.next_datagram(&mut datagram).is_some() {
        all.push(datagram.clone());
    }
    all
}

impl Link {
    /// A client that has begun to connect, with its CONNECT not yet delivered.
    fn begun() -> Self {
        let make = OwnEngine::boxed;
        let mut client = make(&HostConfig::new(1, 2, Time::ZERO));
        let peer = client.connect(Time::ZERO, address(SERVER), 2, 7);
        let peer = peer.expect("a slot");
        client.flush(Time::ZERO);
        Self {
            server: make(&HostConfig::new(4, 1, Time::ZERO)),
            client,
            now: Time::ZERO,
            events: Vec::new(),
            peer,
        }
    }

    fn connected() -> Self {
        let mut link = Self::begun();
        link.run(100);
        assert!(matches!(link.events[..], [Event::Connected { .. }]));
        link
    }

    fn server_peer(&self) -> PeerId {
        match self.events.first() {
            Some(Event::Connected { peer, .. }) => *peer,
            other => panic!("not connected: {other:?}"),
        }
    }

    /// Lets time pass; every datagram arrives at once. Collects the server's events.
    fn run(&mut self, milliseconds: u64) {
        for _ in 0..milliseconds / 10 {
            self.now += Duration::from_millis(10);
            self.client.service(self.now);
            self.client.flush(self.now);
            for datagram in datagrams(&mut *self.client) {
                self.server.receive(self.now, address(CLIENT), &datagram);
            }
            self.serve();
            for datagram in datagrams(&mut *self.server) {
                self.client.receive(self.now, address(SERVER), &datagram);
            }
        }
    }

    fn serve(&mut self) {
        self.server.service(self.now);
        self.server.flush(self.now);
        while let Some(event) = self.server.next_event() {
            self.events.push(event);
        }
    }

    /// Makes a round trip of `milliseconds`; returns the client's throttle.
    fn ping(&mut self, milliseconds: u64) -> u32 {
        self.client.ping(self.now, self.peer);
        self.client.flush(self.now);
        for ping in datagrams(&mut *self.client) {
            self.server.receive(self.now, address(CLIENT), &ping);
        }
        self.serve();
        self.now += Duration::from_millis(milliseconds);
        for answer in datagrams(&mut *self.server) {
            self.client.receive(self.now, address(SERVER), &answer);
        }
        let statistics = self.client.statistics(self.peer);
        statistics.expect("connected").packet_throttle
    }

    /// Delivers a datagram in the client's name: a control command with `bytes` after its header. Its
    /// sequence number is `ahead` of the last one.
    fn forge(&mut self, ahead: u16, command: u8, bytes: &[u8]) {
        self.client.ping(self.now, self.peer);
        self.client.flush(self.now);
        let pings = datagrams(&mut *self.client);
        let ping = pings.last().expect("a ping");
        self.server.receive(self.now, address(CLIENT), ping);
        // The ping consists of header, time, command, channel and sequence number.
        let header = u16::from_be_bytes([ping[0], ping[1]]) & 0x3FFF;
        let number = u16::from_be_bytes([ping[6], ping[7]]).wrapping_add(ahead);
        let mut datagram = header.to_be_bytes().to_vec();
        datagram.extend([command, 0xFF]);
        datagram.extend(number.to_be_bytes());
        datagram.extend(bytes);
        self.server.receive(self.now, address(CLIENT), &datagram);
        self.serve();
    }
}

#[test]
fn a_disconnect_that_cannot_be_acknowledged_ends_the_connection() {
    let mut link = Link::connected();
    let peer = link.server_peer();
    // A DISCONNECT requests an acknowledgement in a datagram without a sent time. C keeps the slot.
    link.forge(1, 0x84, &9u32.to_be_bytes());
    assert_eq!(link.server.state(peer), PeerState::Disconnected);
    let (data, cause) = (9, Cause::Remote);
    assert_eq!(
        link.events.last(),
        Some(&Event::Disconnected { peer, data, cause })
    );
}

#[test]
fn a_disconnect_with_a_wrong_sequence_number_is_ignored() {
    for ahead in [0, 2000, 0x8000, 0xFFFF] {
        let mut link = Link::connected();
        let peer = link.server_peer();
        for command in [0x84, 0x44] {
            link.forge(ahead, command, &9u32.to_be_bytes());
        }
        assert_eq!(link.server.state(peer), PeerState::Connected, "{ahead}");
    }
    let mut link = Link::connected();
    let peer = link.server_peer();
    link.forge(1, 0x44, &9u32.to_be_bytes());
    assert_eq!(link.server.state(peer), PeerState::Disconnected);
}

#[test]
fn an_acknowledgement_does_not_answer_a_connect() {
    let mut link = Link::begun();
    let first = datagrams(&mut *link.client).len();
    assert_eq!(first, 1);
    // An ACKNOWLEDGE of the CONNECT, for the client's slot 0. In C the attempt then never ends.
    let forged = [0, 0, 1, 0xFF, 0, 1, 0, 1, 0, 0];
    link.client.receive(Time::ZERO, address(SERVER), &forged);
    let mut repeated = 0;
    for step in 1..4000 {
        let now = Duration::from_millis(step * 10);
        link.client.service(now);
        link.client.flush(now);
        repeated += datagrams(&mut *link.client).len();
    }
    assert_eq!(repeated, 5);
    let (peer, data, cause) = (link.peer, 0, Cause::Timeout);
    let ended = Event::Disconnected { peer, data, cause };
    assert_eq!(link.client.next_event(), Some(ended));
}

#[test]
fn a_c_server_gets_our_acknowledgement_while_a_game_sends() {
    let mut link = Link::begun();
    link.server = RustyEngine::boxed(&HostConfig::new(4, 1, Time::ZERO));
    let mut is_lost = false;
    for _ in 0..200 {
        link.now += Duration::from_millis(16);
        link.client.service(link.now);
        // A game may send in every frame from the start.
        let unreliable = PacketFlags::default();
        let sent = link.client.send(link.now, link.peer, 0, unreliable, b"x");
        link.client.flush(link.now);
        for datagram in datagrams(&mut *link.client) {
            // The first datagram of the connected client carries the acknowledgement.
            if sent.is_ok() && !is_lost {
                is_lost = true;
                continue;
            }
            link.server.receive(link.now, address(CLIENT), &datagram);
        }
        link.serve();
        for datagram in datagrams(&mut *link.server) {
            link.client.receive(link.now, address(SERVER), &datagram);
        }
        if !link.events.is_empty() {
            break;
        }
    }
    assert!(
        is_lost && link.now < Duration::from_secs(2),
        "{:?}",
        link.now
    );
    assert!(matches!(link.events[0], Event::Connected { .. }));
}

#[test]
fn the_throttle_recovers_when_a_bandwidth_limit_is_lifted() {
    let mut link = Link::connected();
    let peer = link.server_peer();
    let throttle = |link: &Link| link.server.statistics(peer).expect("up").packet_throttle;
    // Earlier traffic of a minute must not count against a new limit.
    let talk = |link: &mut Link, seconds: u64| {
        for _ in 0..seconds * 10 {
            for _ in 0..10 {
                let flags = PacketFlags {
                    unsequenced: true,
                    ..PacketFlags::default()
                };
                let sent = link.server.send(link.now, peer, 0, flags, &[1; 1000]);
                sent.expect("queued");
            }
            link.run(100);
        }
    };
    talk(&mut link, 60);
    link.server.set_bandwidth(0, 10_000_000);
    talk(&mut link, 3);
    assert_eq!(throttle(&link), 32);
    link.server.set_bandwidth(0, 25_000);
    talk(&mut link, 5);
    assert!(throttle(&link) < 16, "{}", throttle(&link));
    link.server.set_bandwidth(0, 0);
    talk(&mut link, 60);
    assert_eq!(throttle(&link), 32);
}

#[test]
fn a_distant_client_keeps_its_slot_while_it_connects() {
    let mut server = OwnEngine::boxed(&HostConfig::new(1, 1, Time::ZERO));
    let mut client = OwnEngine::boxed(&HostConfig::new(1, 2, Time::ZERO));
    let mut other = OwnEngine::boxed(&HostConfig::new(1, 3, Time::ZERO));
    let at = Duration::from_millis;
    let begin = |engine: &mut Box<dyn Engine>| {
        let begun = engine.connect(Time::ZERO, address(SERVER), 1, 0);
        begun.expect("a slot");
        engine.flush(Time::ZERO);
        datagrams(&mut **engine).remove(0)
    };
    server.receive(at(750), address(CLIENT), &begin(&mut client));
    let answer = datagrams(&mut *server).remove(0);
    client.receive(at(1500), address(SERVER), &answer);
    // Another client's CONNECT arrives before the answer's acknowledgement.
    server.receive(at(1900), address(3), &begin(&mut other));
    assert!(datagrams(&mut *server).is_empty());
    client.flush(at(1500));
    for datagram in datagrams(&mut *client) {
        server.receive(at(2250), address(CLIENT), &datagram);
    }
    assert!(matches!(server.next_event(), Some(Event::Connected { .. })));
}

#[test]
fn the_first_host_to_answer_a_broadcast_becomes_the_server() {
    let mut server = OwnEngine::boxed(&HostConfig::new(4, 1, Time::ZERO));
    let mut client = OwnEngine::boxed(&HostConfig::new(1, 2, Time::ZERO));
    let everybody = ([255, 255, 255, 255], SERVER).into();
    let peer = client.connect(Time::ZERO, everybody, 1, 7);
    let peer = peer.expect("a slot");
    client.flush(Time::ZERO);
    let connect = datagrams(&mut *client).remove(0);
    server.receive(Time::ZERO, address(CLIENT), &connect);
    let answer = datagrams(&mut *server).remove(0);
    // A stranger who does not know the token cannot answer in its place.
    let mut forged = answer.clone();
    *forged.last_mut().expect("bytes") ^= 1;
    client.receive(Time::ZERO, address(9), &forged);
    assert_eq!(client.state(peer), PeerState::Connecting);
    client.receive(Time::ZERO, address(SERVER), &answer);
    assert_eq!(client.state(peer), PeerState::Connected);
    assert_eq!(client.address(peer), Some(address(SERVER)));
}

#[test]
fn memory_of_waiting_fragments_is_counted() {
    let mut link = Link::connected();
    let peer = link.server_peer();
    // A packet of a thousand bytes in a thousand fragments, from its second fragment on.
    for number in 1..1000u32 {
        let mut bytes = vec![0, 1, 0, 1];
        for field in [1000, number, 1000, number] {
            bytes.extend(u32::to_be_bytes(field));
        }
        bytes.push(0xAB);
        let command = [8 | 0x40, 0, 0, 1];
        link.forge(1, 5, &[&command[..], &bytes].concat());
    }
    let waiting = link.server.statistics(peer).expect("up").waiting_data;
    // A thousand small allocations are far more than a thousand bytes.
    assert!(waiting > 100_000, "{waiting}");
}

#[test]
fn disconnects_complete_whatever_the_remote_does() {
    for how in [Disconnect::Acknowledged, Disconnect::Later] {
        let mut link = Link::connected();
        let peer = link.server_peer();
        let sent = link
            .server
            .send(link.now, peer, 0, PacketFlags::RELIABLE, &[1; 10_000]);
        sent.expect("queued");
        link.server.disconnect(link.now, peer, 3, how);
        // The client never answers again.
        for _ in 0..400 {
            link.now += Duration::from_millis(100);
            link.serve();
            drop(datagrams(&mut *link.server));
        }
        assert_eq!(link.server.state(peer), PeerState::Disconnected, "{how:?}");
        let (data, cause) = (0, Cause::Local);
        let ended = Event::Disconnected { peer, data, cause };
        assert_eq!(link.events.last(), Some(&ended), "{how:?}");
    }
}

/// ENet's throttle compares with the shortest round trip. Where that takes a few milliseconds, a busy
/// machine looks like a congested network.
#[test]
fn tolerated_jitter_does_not_lower_the_throttle() {
    const FRAME: u32 = 17;
    const USUAL: u64 = 4;
    for (tolerated, round_trip, is_open) in [
        (0, 18, false),
        (FRAME, 18, true),
        (FRAME, 60, false),
        (0, USUAL, true),
    ] {
        let mut link = Link::connected();
        let client = link.client.own().expect("our engine");
        client.set_jitter_tolerance(tolerated);
        // Repeats until the throttle compares with this round-trip time.
        for _ in 0..60 {
            link.ping(USUAL);
            link.run(200);
        }
        assert_eq!(link.ping(USUAL), 32);
        let throttle = link.ping(round_trip);
        assert_eq!(throttle == 32, is_open, "{tolerated}, {round_trip}");
    }
}

/// The answer to a CONNECT is in flight, or has arrived, when the server leaves.
#[test]
fn pending_clients_are_told_that_the_server_closes() {
    for is_told in [false, true] {
        let mut link = Link::begun();
        for datagram in datagrams(&mut *link.client) {
            link.server.receive(link.now, address(CLIENT), &datagram);
        }
        link.serve();
        if is_told {
            let server = link.server.own().expect("our engine");
            server.reject_pending(link.now);
        }
        assert!(link.events.is_empty(), "the server reports no client");
        for datagram in datagrams(&mut *link.server) {
            link.client.receive(link.now, address(SERVER), &datagram);
        }
        let peer = link.peer;
        let event = link.client.next_event();
        assert_eq!(event, Some(Event::Connected { peer, data: 0 }));
        let (data, cause) = (0, Cause::Remote);
        let end = Event::Disconnected { peer, data, cause };
        assert_eq!(link.client.next_event(), is_told.then_some(end));
    }
}
