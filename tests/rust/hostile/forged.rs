//! Datagrams forged in a client's name by an attacker who knows its address, slot and session, and
//! floods of strangers. Engines run without a network; bounds are counts and bytes, never times.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use enet_proto::{Admission, Event, HostConfig, PeerId, PeerState, Time};
use sim::oracle::Engine;
use sim::oracle::OwnEngine;

/// A server with one connected client, all of whose datagrams the forger writes.
struct Forger {
    server: Box<dyn Engine>,
    peer: PeerId,
    header: [u8; 2],
}

fn address(port: u16) -> SocketAddr {
    ([10, 7, 7, 7], port).into()
}

fn connect(token: u32) -> Vec<u8> {
    let mut bytes = vec![0x8F, 0xFF, 0, 0, 0x82, 0xFF, 0, 1, 0, 0, 0xFF, 0xFF];
    for field in [1392, 65536, 4, 0, 0, 5000, 2, 2, token, 0u32] {
        bytes.extend(field.to_be_bytes());
    }
    bytes
}

fn fragment(sequence: u16, start: u16, numbers: [u32; 4], byte: u8) -> Vec<u8> {
    let mut bytes = vec![8, 0];
    for field in [sequence, start, 1] {
        bytes.extend(field.to_be_bytes());
    }
    bytes.extend(numbers.into_iter().flat_map(u32::to_be_bytes));
    bytes.push(byte);
    bytes
}

impl Forger {
    fn new() -> Self {
        let mut server = OwnEngine::boxed(&HostConfig::new(4, 1, Time::ZERO));
        server.receive(Time::ZERO, address(1), &connect(77));
        let mut answer = Vec::new();
        assert!(server.next_datagram(&mut answer).is_some());
        let header = [answer[11] << 4 | answer[8], answer[9]];
        // A ping shows that the answer arrived.
        let ping = [&header[..], &[5, 0xFF, 0, 2]].concat();
        server.receive(Time::ZERO, address(1), &ping);
        let Some(Event::Connected { peer, .. }) = server.next_event() else {
            panic!("connected");
        };
        Self {
            server,
            peer,
            header,
        }
    }

    fn send(&mut self, commands: &[u8]) -> usize {
        let bytes = [&self.header, commands].concat();
        self.server.receive(Time::ZERO, address(1), &bytes);
        bytes.len()
    }

    fn packets(&mut self) -> Vec<Vec<u8>> {
        let events = std::iter::from_fn(|| self.server.next_event());
        let data = |event| match event {
            Event::Received { data, .. } => data,
            other => panic!("{other:?}"),
        };
        events.map(data).collect()
    }

    fn waiting(&self) -> usize {
        let statistics = self.server.statistics(self.peer);
        statistics.expect("connected").waiting_data
    }
}

/// C delivers uninitialised memory where the fragments left a hole.
#[test]
fn fragments_with_holes_deliver_nothing_and_the_channel_goes_on() {
    let mut forger = Forger::new();
    let parts = [
        fragment(1, 1, [2, 0, 60_000, 0], b'a'),
        fragment(2, 1, [2, 1, 60_000, 59_999], b'b'),
    ];
    forger.send(&parts.concat());
    assert!(forger.packets().is_empty());
    assert_eq!(forger.waiting(), 0);
    forger.send(&[6, 0, 0, 3, 0, 1, b'x']);
    assert_eq!(forger.packets(), [b"x"]);
}

/// A claimed packet size counts in full at once, so that a second claim is refused.
#[test]
fn claimed_packet_sizes_count_as_soon_as_they_are_claimed() {
    const LIMIT: usize = 32 * 1024 * 1024;
    let mut forger = Forger::new();
    let mut sent = 0;
    for start in 1..2800 {
        let claim = fragment(start, start, [1024, 1, LIMIT as u32, 1], 0);
        sent += forger.send(&claim);
    }
    assert!(sent > 70_000);
    let waiting = forger.waiting();
    assert!(
        (1..1000).contains(&waiting),
        "one claim was accepted, and it holds little: {waiting}"
    );
    // A packet in order need not wait, and still arrives.
    let mut forger = Forger::new();
    for start in 2..100 {
        forger.send(&fragment(start, start, [1024, 1, LIMIT as u32, 1], 0));
    }
    forger.send(&[6, 0, 0, 1, 0, 1, b'x']);
    assert_eq!(forger.packets(), [b"x"]);
}

/// Empty packets behind a gap count as memory, and repeated ones add nothing.
#[test]
fn waiting_empty_packets_are_counted_once() {
    let mut forger = Forger::new();
    for sequence in (2..24_000u16).rev().chain(2..24_000) {
        let [high, low] = sequence.to_be_bytes();
        forger.send(&[6, 0, high, low, 0, 0]);
    }
    let waiting = forger.waiting();
    assert!((23_998..=23_998 * 256).contains(&waiting), "{waiting}");
    forger.send(&[6, 0, 0, 1, 0, 0]);
    assert_eq!(forger.packets().len(), 23_999);
    assert_eq!(forger.waiting(), 0);
}

#[test]
fn a_disconnect_with_a_wrong_sequence_number_is_ignored() {
    let mut forger = Forger::new();
    // Old sequence numbers, the latest one, and those too far ahead; and every wrong session.
    for sequence in [0u16, 1, 2, 131, 2000, 32_768, 60_000, 65_535] {
        let [high, low] = sequence.to_be_bytes();
        for kind in [0x04, 0x44, 0x84] {
            forger.send(&[kind, 0xFF, high, low, 0, 0, 0, 0]);
        }
    }
    let right = forger.header;
    for session in 1..4u8 {
        forger.header[0] = right[0] ^ session << 4;
        forger.send(&[0x44, 0xFF, 0, 3, 0, 0, 0, 0]);
    }
    assert_eq!(forger.server.state(forger.peer), PeerState::Connected);
    forger.header = right;
    forger.send(&[0x44, 0xFF, 0, 3, 0, 0, 0, 0]);
    assert_eq!(forger.server.state(forger.peer), PeerState::Disconnected);
}

/// C answers each CONNECT six times: its retransmissions go to the forged sender.
#[test]
fn strangers_get_no_more_bytes_than_were_sent_in_their_name() {
    let mut server = OwnEngine::boxed(&HostConfig::new(4095, 1, Time::ZERO));
    let (mut bytes_in, mut bytes_out) = (0, 0);
    let mut datagram = Vec::new();
    let mut now = Time::ZERO;
    for number in 0..1000 {
        let bytes = connect(number);
        bytes_in += bytes.len();
        server.receive(now, address(number as u16), &bytes);
    }
    for _ in 0..6000 {
        server.service(now);
        server.flush(now);
        while server.next_datagram(&mut datagram).is_some() {
            bytes_out += datagram.len();
        }
        now += Duration::from_millis(10);
    }
    assert!(
        (1..=bytes_in).contains(&bytes_out),
        "{bytes_out} for {bytes_in}"
    );
    assert!(server.next_event().is_none());
    assert_eq!(server.connected_peers(), 0);
}

/// The same holds for a full server that refuses each client, and for one that admits nobody.
#[test]
fn refused_strangers_get_no_more_bytes_than_were_sent_in_their_name() {
    for admission in [
        Admission::Everybody,
        sim::oracle::UNIQUE_IDS,
        Admission::Nobody,
    ] {
        let mut server = OwnEngine::boxed(&HostConfig {
            answers_refused: true,
            ..HostConfig::new(16, 1, Time::ZERO)
        });
        server.set_admission(admission);
        let (mut asked, mut answered) = (HashMap::new(), HashMap::new());
        let mut answers = 0;
        let mut datagram = Vec::new();
        let mut now = Time::ZERO;
        // The flood lasts longer than half-open connections are kept.
        for number in 0..50_000u32 {
            let bytes = connect(number);
            let from = address(number as u16 % 50);
            *asked.entry(from).or_insert(0) += bytes.len();
            server.receive(now, from, &bytes);
            server.service(now);
            server.flush(now);
            let mut count = 0;
            while let Some(to) = server.next_datagram(&mut datagram) {
                *answered.entry(to).or_insert(0) += datagram.len();
                count += 1;
            }
            assert!(count <= 1, "one datagram per CONNECT");
            answers += count;
            now += Duration::from_millis(1);
        }
        assert_eq!(answers, 50_000, "{admission:?}");
        for (from, bytes_out) in answered {
            let bytes_in = asked[&from];
            assert!(bytes_out <= bytes_in, "{bytes_out} for {bytes_in}");
        }
        assert!(server.next_event().is_none());
        assert_eq!(server.connected_peers(), 0);
    }
}
