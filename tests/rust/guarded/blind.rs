//! Connections that are completed or ended by someone who does not see what the host sends.

use std::net::{Ipv4Addr, SocketAddr};

use enet_proto::{Event, HostConfig, PacketFlags, PeerState};
use sim::Random;
use sim::oracle::{Engine, EngineFactory, OwnEngine, RustyEngine};

use super::site::{BOTH, Client, START, Site, connect, granted, guarded};

const LOCAL: Ipv4Addr = Ipv4Addr::LOCALHOST;

fn victim() -> SocketAddr {
    ([10, 0, 0, 1], 9).into()
}

/// An acknowledgement of a control command, sent at the start.
fn acknowledgement(header: [u8; 2], number: u16) -> Vec<u8> {
    let time = (START.as_millis() as u16).to_be_bytes();
    [&header[..], &[1, 0xFF, 0, 1], &number.to_be_bytes(), &time].concat()
}

/// A half-open connection, and what its answer says.
fn half_open(seed: u32) -> (OwnEngine, [u8; 2], u16) {
    let mut server = OwnEngine::new(&guarded(32, seed));
    server.receive(START, victim(), &connect(77, 0));
    let mut answer = Vec::new();
    assert!(server.next_datagram(&mut answer).is_some());
    let (header, number) = granted(&answer);
    (server, header, number)
}

#[test]
fn slots_sessions_and_numbers_cannot_be_guessed() {
    let granted = (0..200).map(half_open);
    let all: Vec<([u8; 2], u16)> = granted
        .map(|(_, header, number)| (header, number))
        .collect();
    let distinct = |values: Vec<u16>, least: usize| {
        let mut sorted = values;
        sorted.sort_unstable();
        sorted.dedup();
        assert!(sorted.len() >= least, "{}", sorted.len());
    };
    let slots = all
        .iter()
        .map(|(header, _)| u16::from_be_bytes(*header) & 0x0FFF);
    distinct(slots.collect(), 150);
    distinct(
        all.iter()
            .map(|(header, _)| u16::from(header[0] >> 4))
            .collect(),
        4,
    );
    distinct(all.iter().map(|&(_, number)| number).collect(), 195);
}

/// Whoever knows slot and session still needs the number of 16 bits, and has eight guesses.
#[test]
fn a_connection_is_proven_by_the_number_of_the_answer_alone() {
    let (mut server, header, number) = half_open(1);
    let ping = [&header[..], &[5, 0xFF, 0, 2]].concat();
    let packet = [&header[..], &[0x49, 0, 0, 0, 0, 1, 0, 1, b'x']].concat();
    server.receive(START, victim(), &ping);
    server.receive(START, victim(), &packet);
    for guess in 1..8 {
        server.receive(
            START,
            victim(),
            &acknowledgement(header, number.wrapping_add(guess)),
        );
    }
    assert!(server.next_event().is_none());
    server.receive(START, victim(), &acknowledgement(header, number));
    assert!(matches!(server.next_event(), Some(Event::Connected { .. })));

    let (mut server, header, number) = half_open(1);
    for guess in 1..9 {
        server.receive(
            START,
            victim(),
            &acknowledgement(header, number.wrapping_add(guess)),
        );
    }
    server.receive(START, victim(), &acknowledgement(header, number));
    assert!(
        server.next_event().is_none(),
        "it is gone after eight wrong guesses"
    );
    // Many guesses in a datagram are one.
    let (mut server, header, number) = half_open(1);
    let guesses = (1..300).flat_map(|guess: u16| acknowledgement([0, 0], guess).split_off(2));
    server.receive(
        START,
        victim(),
        &[&header[..], &guesses.collect::<Vec<_>>()].concat(),
    );
    server.receive(START, victim(), &acknowledgement(header, number));
    assert!(matches!(server.next_event(), Some(Event::Connected { .. })));
}

/// Whoever tries sessions learns and changes nothing: two bytes for each would end honest attempts otherwise.
#[test]
fn wrong_sessions_end_no_half_open_connection() {
    let (mut server, header, number) = half_open(1);
    for session in 1..100 {
        let wrong = [header[0] ^ (1 + session % 3) << 4, header[1]];
        server.receive(START, victim(), &wrong);
        server.receive(START, victim(), &acknowledgement(wrong, number));
    }
    assert!(server.next_event().is_none());
    server.receive(START, victim(), &acknowledgement(header, number));
    assert!(matches!(server.next_event(), Some(Event::Connected { .. })));
}

/// Sixty thousand datagrams that guess everything connect nothing, and the victim gets no more than the answer
/// to each CONNECT.
#[test]
fn a_victim_gets_no_more_than_was_sent_in_its_name() {
    let mut site = Site::new(&guarded(32, 1));
    let mut random = Random::new(5);
    let mut sent = 0;
    site.run(6000, |site, millisecond| {
        if millisecond % 100 == 0 {
            let datagram = connect(millisecond as u32, 0);
            sent += datagram.len();
            site.forge(victim(), &datagram);
        }
        for _ in 0..10 {
            let [a, b, c, d] = (random.number() as u32).to_be_bytes();
            // Half of them ping, which would have the answer repeated.
            let datagram = match d % 2 {
                0 => acknowledgement([a & 0x3F, b], u16::from_be_bytes([c, d])),
                _ => vec![a & 0x3F, b, 5, 0xFF, 0, 2],
            };
            sent += datagram.len();
            site.forge(victim(), &datagram);
        }
    });
    assert!(site.events.is_empty());
    assert!(
        site.reflected.1 <= sent / 10,
        "{:?} for {sent}",
        site.reflected
    );
}

/// No ENet repeats the acknowledgement by itself.
#[test]
fn a_lost_acknowledgement_is_asked_for_again() {
    for make in BOTH {
        for sends in [false, true] {
            let mut site = Site::new(&guarded(4, 1));
            site.loses_acknowledgement = true;
            let client = site.join(make, LOCAL);
            site.wait(50);
            assert!(site.clients[client].is_up() && !site.loses_acknowledgement);
            assert!(site.events.is_empty());
            let peer = site.clients[client].peer;
            if sends {
                let engine = &mut site.clients[client].engine;
                let sent = engine.send(site.now, peer, 0, PacketFlags::RELIABLE, b"hello");
                sent.expect("queued");
            }
            // Without a packet the client pings after half a second.
            site.wait(2000);
            assert!(matches!(site.events[0], Event::Connected { .. }));
            let arrived =
                matches!(&site.events[..], [_, Event::Received { data, .. }] if data == b"hello");
            assert_eq!(arrived, sends);
            assert!(site.clients[client].is_up());
        }
    }
}

/// A server and a client that are connected, with the header of the client's datagrams and the address.
fn connected(make: EngineFactory, seed: u32) -> (Site, [u8; 2], SocketAddr) {
    let mut site = Site::new(&guarded(4, seed));
    let client = site.join(make, LOCAL);
    let address = site.clients[client].address;
    let (mut header, mut datagram) = ([0; 2], Vec::new());
    site.wait(100);
    let Client { engine, peer, .. } = &mut site.clients[client];
    engine.ping(site.now, *peer);
    engine.flush(site.now);
    while engine.next_datagram(&mut datagram).is_some() {
        header = [datagram[0] & 0x3F, datagram[1]];
        site.server.receive(site.now, address, &datagram);
    }
    assert_eq!(site.server.connected_peers(), 1);
    (site, header, address)
}

/// A DISCONNECT that wants no acknowledgement.
fn disconnect(number: u32) -> [u8; 8] {
    let [.., high, low] = number.to_be_bytes();
    [0x44, 0xFF, high, low, 0, 0, 0, 0]
}

/// Datagrams with which someone who knows address, slot and session ends a connection: DISCONNECTs as many
/// numbers apart as a host believes at once.
fn forged_disconnects(site: &mut Site, header: [u8; 2], from: SocketAddr) -> usize {
    let mut tried = 0;
    while site.server.connected_peers() > 0 {
        let forged = [&header[..], &disconnect(tried * 32)].concat();
        site.forge(from, &forged);
        tried += 1;
        assert!(tried <= 2048);
    }
    tried as usize
}

/// Pings with all numbers, as far apart as a host believes, lead it to no number that is known afterwards.
#[test]
fn a_ladder_of_pings_leads_nowhere() {
    for seed in 0..20 {
        let (mut site, header, from) = connected(OwnEngine::boxed, seed);
        for start in (0..65_536u32).step_by(512) {
            let end = start + 64 * 32;
            let pings = (start..end).step_by(32).map(|number| {
                let [.., high, low] = number.to_be_bytes();
                [5, 0xFF, high, low]
            });
            let ladder = [&header[..], pings.collect::<Vec<_>>().as_flattened()].concat();
            site.forge(from, &[&ladder[..], &disconnect(end)].concat());
            site.forge(from, &[&header[..], &disconnect(end)].concat());
        }
        assert_eq!(site.server.connected_peers(), 1, "seed {seed}");
    }
}

/// Our own clients number from a random start: ending takes a thousand datagrams on average, in which slot,
/// session and port are right already. A stock client numbers from 1, so that only slot and session protect it.
#[test]
fn a_forged_disconnect_has_to_guess_the_number() {
    let needed = |make| {
        let count = |seed| {
            let (mut site, header, from) = connected(make, seed);
            forged_disconnects(&mut site, header, from)
        };
        let mut counts: Vec<usize> = (0..20).map(count).collect();
        counts.sort_unstable();
        counts
    };
    let ours = needed(OwnEngine::boxed);
    assert!((500..1600).contains(&ours[10]), "{ours:?}");
    assert!(ours[0] > 5, "{ours:?}");
    let stock = needed(RustyEngine::boxed);
    assert!(stock.iter().all(|&count| count <= 2), "{stock:?}");
}

/// The same towards a client of ours.
#[test]
fn a_client_is_not_ended_by_guessing_either() {
    for seed in 0..10 {
        let (mut site, ..) = connected(OwnEngine::boxed, seed);
        let client = &mut site.clients[0];
        let mut ended = 0;
        for session in 0..4u8 {
            for slot in 0..64u16 {
                let [high, low] = slot.to_be_bytes();
                for number in [1u16, 2, 3, 33] {
                    let header = [high | session << 4, low];
                    let [n, m] = number.to_be_bytes();
                    let forged = [&header[..], &[0x44, 0xFF, n, m, 0, 0, 0, 0]].concat();
                    client
                        .engine
                        .receive(site.now, super::site::server_address(), &forged);
                    let state = client.engine.state(client.peer);
                    ended += usize::from(state != PeerState::Connected);
                }
            }
        }
        assert_eq!(ended, 0);
    }
}

/// Both ends count from random numbers that wrap, for long enough that all commands of the control channel were
/// sent both ways.
#[test]
fn stock_clients_and_servers_take_any_numbers() {
    for (server, client) in [
        (
            OwnEngine::boxed as EngineFactory,
            RustyEngine::boxed as EngineFactory,
        ),
        (RustyEngine::boxed, OwnEngine::boxed),
        (OwnEngine::boxed, OwnEngine::boxed),
    ] {
        for seed in 0..30 {
            let config = |seed| HostConfig {
                is_guarded: true,
                offers_proof: true,
                ..HostConfig::new(2, seed, START)
            };
            let ends = [server(&config(seed)), client(&config(seed + 1000))];
            let mut pair = Pair::new(ends);
            let began = pair.ends[1].connect(START, victim(), 2, 5).expect("a slot");
            pair.run(100);
            assert_eq!(pair.events.len(), 2, "seed {seed}");
            let accepted = pair.events.iter().find_map(|event| match event {
                (0, Event::Connected { peer, data: 5 }) => Some(*peer),
                _ => None,
            });
            let peers = [accepted.expect("accepted"), began];
            pair.events.clear();
            for round in 0..40 {
                for (end, peer) in peers.into_iter().enumerate() {
                    let now = pair.now;
                    let engine = &mut pair.ends[end];
                    engine.ping(now, peer);
                    engine.configure_throttle(now, peer, enet_proto::Throttle::default());
                    engine.set_bandwidth(1_000_000 + round, 1_000_000);
                    let sent = engine.send(now, peer, 1, PacketFlags::RELIABLE, b"x");
                    sent.expect("queued");
                }
                pair.run(200);
            }
            let packets = pair.events.drain(..).collect::<Vec<_>>();
            assert_eq!(packets.len(), 80, "seed {seed}");
            let (ending, how) = (seed as usize % 2, enet_proto::Disconnect::Acknowledged);
            let now = pair.now;
            pair.ends[ending].disconnect(now, peers[ending], 9, how);
            pair.run(300);
            let ended = |event: &(usize, Event)| matches!(event.1, Event::Disconnected { .. });
            assert!(
                pair.events.len() == 2 && pair.events.iter().all(ended),
                "{:?}",
                pair.events
            );
        }
    }
}

/// Two engines on a perfect network.
struct Pair {
    ends: [Box<dyn Engine>; 2],
    now: std::time::Duration,
    events: Vec<(usize, Event)>,
}

impl Pair {
    fn new(ends: [Box<dyn Engine>; 2]) -> Self {
        let (now, events) = (START, Vec::new());
        Self { ends, now, events }
    }

    fn run(&mut self, milliseconds: u64) {
        let mut datagram = Vec::new();
        for _ in 0..milliseconds / 5 {
            self.now += std::time::Duration::from_millis(5);
            for end in 0..2 {
                let from = [victim(), ([10, 0, 0, 2], 5).into()][end];
                self.ends[end].service(self.now);
                self.ends[end].flush(self.now);
                while self.ends[end].next_datagram(&mut datagram).is_some() {
                    self.ends[1 - end].receive(self.now, from, &datagram);
                }
                while let Some(event) = self.ends[end].next_event() {
                    self.events.push((end, event));
                }
            }
        }
    }
}
