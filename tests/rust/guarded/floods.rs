//! Floods of CONNECTs.

use std::net::{Ipv4Addr, SocketAddr};

use enet_proto::{Cause, Disconnect, Event, Limits, Refusal};
use sim::oracle::{Engine, OwnEngine, RustyEngine};

use super::site::{BOTH, Site, connect, granted, guarded};

const LOCAL: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A stranger's address, another one for each number, from all of 127.0.0.0/8.
fn stranger(number: u32) -> SocketAddr {
    let [_, b, c, d] = number.wrapping_mul(0x9E37_79B1).to_be_bytes();
    let port = 1024 + (number % 60_000) as u16;
    (Ipv4Addr::new(127, b, c.max(1), d), port).into()
}

fn address(last: u8, port: u16) -> SocketAddr {
    (Ipv4Addr::new(10, 0, 0, last), port).into()
}

/// Of 20 clients that come in the middle of a flood, all get in.
fn all_get_in(max_peers: usize, per_second: u64, room_is_full: bool) {
    for make in BOTH {
        let mut site = Site::new(&guarded(max_peers, 1));
        let mut number = 0;
        let mut flood = |site: &mut Site, millisecond: u64| {
            let due = millisecond * per_second / 1000;
            for _ in (millisecond.saturating_sub(1)) * per_second / 1000..due {
                number += 1;
                site.forge(stranger(number), &connect(number, number));
            }
        };
        site.run(6000, &mut flood);
        assert_eq!(site.server.host.drops().over_limit > 0, room_is_full);
        for _ in 0..20 {
            let client = site.join(make, LOCAL);
            site.run(300, &mut flood);
            assert!(site.clients[client].is_up(), "client {client}");
        }
        assert_eq!(site.events.len(), 20);
        assert_eq!(site.server.host.drops().full, 0);
    }
}

#[test]
fn a_flood_of_forged_connects_keeps_nobody_out() {
    all_get_in(32, 50, false);
    all_get_in(32, 200, false);
    all_get_in(32, 1500, true);
}

/// All slots that the protocol has are places for connections: half-open ones have none besides.
#[test]
fn the_largest_host_is_flooded_in_vain_as_well() {
    all_get_in(4095, 1500, true);
}

#[test]
fn full_is_said_when_connections_fill_the_host() {
    for make in BOTH {
        let mut site = Site::new(&guarded(2, 1));
        for number in 0..100 {
            site.forge(stranger(number), &connect(number, 0));
        }
        site.join(make, LOCAL);
        site.join(make, LOCAL);
        site.wait(200);
        assert!(site.clients.iter().all(|client| client.is_up()));
        assert_eq!(site.server.host.drops().full, 0);
        let late = site.join(make, LOCAL);
        site.wait(200);
        let peer = site.clients[late].peer;
        assert_eq!(
            site.clients[late].events,
            [Event::Disconnected {
                peer,
                data: Refusal::Full.code(),
                cause: Cause::Remote,
            }]
        );
        assert_eq!(site.server.host.drops().full, 1);
        // One that is being ended has its place until it is gone.
        let Event::Connected { peer, .. } = site.events[0] else {
            panic!("connected");
        };
        site.server
            .disconnect(site.now, peer, 0, Disconnect::Acknowledged);
        let early = site.join(make, LOCAL);
        site.wait(10);
        assert!(!site.clients[early].is_up());
        site.wait(200);
        let next = site.join(make, LOCAL);
        site.wait(200);
        assert!(site.clients[next].is_up());
        assert_eq!(site.server.connected_peers(), 2);
    }
}

/// More connectors are half-open than there are places: those that are too late when they prove themselves
/// are told so.
#[test]
fn those_who_prove_themselves_too_late_are_told_that_the_host_is_full() {
    for make in BOTH {
        let mut site = Site::new(&guarded(2, 1));
        for _ in 0..5 {
            site.join(make, LOCAL);
        }
        site.wait(300);
        let up = site.clients.iter().filter(|client| client.is_up());
        assert_eq!(up.count(), 2);
        for client in site.clients.iter().filter(|client| !client.is_up()) {
            let ended = client.events.last();
            assert!(
                matches!(ended, Some(Event::Disconnected { data, .. }) if *data == Refusal::Full.code()),
                "{ended:?}"
            );
        }
        assert_eq!(site.server.host.drops().full, 3);
        assert_eq!(site.events.len(), 2);
    }
}

#[test]
fn an_address_has_so_many_connections_and_127_0_0_1_more() {
    for make in BOTH {
        let mut site = Site::new(&guarded(32, 1));
        for ip in [LOCAL, Ipv4Addr::new(127, 0, 0, 2)] {
            let limit = if ip == LOCAL { 20 } else { 16 };
            // They prove themselves at once: the limit is kept there as well.
            let first = site.clients.len();
            for _ in 0..20 {
                site.join(make, ip);
            }
            site.wait(300);
            let up = site.clients[first..].iter().filter(|it| it.is_up()).count();
            assert_eq!(up, if ip == LOCAL { limit } else { 12 }, "{ip}");
        }
        assert_eq!(site.server.host.drops().full, 8);
        let mut site = Site::new(&guarded(64, 1));
        site.server.host.set_limits(Limits {
            peers_per_address: 5,
            ..Limits::new(64)
        });
        let ip = Ipv4Addr::new(127, 0, 0, 2);
        for _ in 0..9 {
            site.join(make, ip);
        }
        site.wait(300);
        let late = site.join(make, ip);
        site.wait(300);
        assert!(!site.clients[late].is_up());
        assert_eq!(site.events.len(), 5);
        assert_eq!(site.server.host.drops().over_limit, 5);
    }
}

#[test]
fn attempts_over_the_limit_of_a_second_get_no_answer_and_are_counted() {
    let mut site = Site::new(&guarded(4, 1));
    for number in 0..60 {
        site.forge(address(1, 1000 + number), &connect(number.into(), 0));
    }
    assert_eq!(site.server.host.drops().over_limit, 10);
    for number in 0..60 {
        site.forge((LOCAL, 1000 + number).into(), &connect(number.into(), 0));
    }
    assert_eq!(site.server.host.drops().over_limit, 10);
    // Another address of the same IPv6 subscriber is no other subscriber.
    for number in 0..60 {
        let from = format!("[fd00::{number}]:9");
        site.forge(from.parse().expect("an address"), &connect(number, 0));
    }
    assert_eq!(site.server.host.drops().over_limit, 20);
    site.wait(30);
    assert_eq!(site.reflected.0, 160);
    for number in 0..3000 {
        site.forge(stranger(number), &connect(number, 0));
    }
    assert!(site.server.host.drops().over_limit > 20 + 1000);
    assert_eq!(site.server.host.drops().full, 0);
    // A stock client that was ignored asks again.
    let client = site.join(RustyEngine::boxed, LOCAL);
    site.wait(2000);
    assert!(site.clients[client].is_up());
}

/// The newest 64 half-open connections of an address count: somebody may have forged the others.
#[test]
fn half_open_connections_of_an_address_give_way_to_its_newer_ones() {
    let mut site = Site::new(&guarded(4, 1));
    let mut answers = Vec::new();
    for number in 0..80 {
        let (from, mut answer) = (address(1, 1000 + number), Vec::new());
        site.run(30, |_, _| {});
        site.forge(from, &connect(number.into(), 0));
        assert_eq!(site.server.next_datagram(&mut answer), Some(from));
        answers.push((from, granted(&answer)));
    }
    assert_eq!(site.server.host.drops().over_limit, 16);
    let mut prove = |at: usize| {
        let (from, (header, number)) = answers[at];
        let time = (site.now.as_millis() as u16).to_be_bytes();
        let ack = [&header[..], &[1, 0xFF, 0, 1], &number.to_be_bytes(), &time].concat();
        site.forge(from, &ack);
        site.server.connected_peers()
    };
    assert_eq!(prove(15), 0, "it gave way");
    assert_eq!(prove(16), 1);
    assert_eq!(prove(79), 2);
}

/// A repeated CONNECT takes no further room, and no further attempt.
#[test]
fn a_repeated_connect_of_a_half_open_connection_costs_nothing_new() {
    let mut site = Site::new(&guarded(4, 1));
    for _ in 0..1000 {
        site.forge(address(1, 9), &connect(5, 0));
    }
    site.wait(30);
    assert_eq!(site.reflected.0, 1000);
    assert_eq!(site.server.host.drops().total(), 0);
    let mut addresses = 0;
    site.server.host.for_each_address(|_, _| addresses += 1);
    assert_eq!(addresses, 1);
}

#[test]
fn a_host_of_our_own_keeps_its_place_for_connections_that_begin_here() {
    let mut server = OwnEngine::new(&guarded(1, 1));
    let to = address(9, 9);
    let peer = server.connect(super::site::START, to, 1, 0);
    assert!(peer.is_some());
    assert!(server.connect(super::site::START, to, 1, 0).is_none());
    server.receive(super::site::START, address(1, 9), &connect(5, 0));
    assert_eq!(server.host.drops().full, 1);
}

/// A CONNECT of a client of ours, and the same with the proof that the server asks for.
fn prove(site: &mut Site, from: SocketAddr, token: u32) {
    let offering = [connect(token, 0), vec![0, b'P', 0, 1], vec![0; 16]].concat();
    site.forge(from, &offering);
    let mut answer = Vec::new();
    while let Some(to) = site.server.next_datagram(&mut answer) {
        if to == from && answer[2] == 0 {
            site.forge(from, &[connect(token, 0), answer[2..].to_vec()].concat());
        }
    }
}

/// Somebody with a few addresses of his own proves them, and completes nothing.
#[test]
fn proven_half_open_connections_give_way_as_well() {
    let networks: [fn(u16) -> SocketAddr; 2] = [
        |number| address(10 + (number % 16) as u8, 1024 + number),
        |number| {
            let network = std::net::Ipv6Addr::new(0xFD00, 0, 0, number % 16, 0, 0, 0, 1);
            (network, 1024 + number).into()
        },
    ];
    for attacker in networks {
        for all_are_proven in [false, true] {
            let mut site = Site::new(&guarded(64, 1));
            (site.server.host).set_addresses_proven(all_are_proven);
            let mut number = 0;
            let mut flood = |site: &mut Site, _| {
                number += 1;
                match all_are_proven {
                    true => site.forge(attacker(number % 1600), &connect(number.into(), 0)),
                    false => prove(site, attacker(number % 1600), number.into()),
                }
            };
            site.run(4000, &mut flood);
            for _ in 0..10 {
                let client = site.join(OwnEngine::boxed, Ipv4Addr::new(10, 0, 0, 1));
                site.run(200, &mut flood);
                assert!(site.clients[client].is_up(), "client {client}");
            }
        }
    }
}

/// Eight seconds, and then the connector begins anew.
#[test]
fn repetitions_do_not_keep_a_half_open_connection_for_ever() {
    let mut site = Site::new(&guarded(4, 1));
    let from = address(1, 9);
    let mut numbers = Vec::new();
    let mut answer = Vec::new();
    for _ in 0..20 {
        site.forge(from, &connect(5, 0));
        assert_eq!(site.server.next_datagram(&mut answer), Some(from));
        numbers.push(granted(&answer).1);
        site.wait(500);
    }
    numbers.dedup();
    assert_eq!(numbers.len(), 2);
    assert_eq!(site.server.host.drops().total(), 0);
}
