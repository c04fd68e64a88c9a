//! Connectors that prove their address, and connectors that wait for a verdict.

use std::net::{Ipv4Addr, SocketAddr};

use enet_proto::{Admission, Cause, Event, JoinRequest, Limits, PeerState, Refusal, Verdict};
use sim::oracle::{Engine, OwnEngine};

use super::site::{BOTH, Site, connect, granted, guarded};

const HONEST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

fn stranger(number: u32) -> SocketAddr {
    let [a, b, c, d] = number.wrapping_mul(0x9E37_79B1).to_be_bytes();
    (Ipv4Addr::new(11 + a % 100, b, c, d), 1024).into()
}

/// A CONNECT of a client of ours that has no proof yet.
fn offering(token: u32) -> Vec<u8> {
    [connect(token, 0), vec![0, b'P', 0, 1], vec![0; 16]].concat()
}

/// The flood exceeds all limits, so that a stock client would have to be lucky.
#[test]
fn clients_of_ours_get_in_through_any_flood_in_two_round_trips() {
    let mut site = Site::new(&guarded(32, 1));
    let mut number = 0;
    let mut flood = |site: &mut Site, _| {
        for _ in 0..20 {
            number += 1;
            let datagram = match number % 2 {
                0 => connect(number, 0),
                _ => offering(number),
            };
            site.forge(stranger(number), &datagram);
        }
    };
    site.run(1500, &mut flood);
    for _ in 0..20 {
        let client = site.join(OwnEngine::boxed, HONEST);
        site.run(130, &mut flood);
        assert_eq!(site.clients[client].is_up(), client < 16, "client {client}");
    }
    // The limit for each address holds.
    assert_eq!(site.server.connected_peers(), 16);
    let mut addresses = 0;
    site.server.host.for_each_address(|_, _| addresses += 1);
    assert!(addresses <= 1024 + 32, "{addresses}");
}

#[test]
fn a_host_under_pressure_keeps_nothing_of_who_could_prove_its_address_and_answers_shorter() {
    let mut site = Site::new(&guarded(32, 1));
    for number in 0..512 {
        site.forge(stranger(number), &connect(number, 0));
    }
    site.wait(30);
    site.reflected = (0, 0);
    for number in 1000..3000 {
        site.forge(stranger(number), &offering(number));
    }
    let mut addresses = 0;
    site.server.host.for_each_address(|_, _| addresses += 1);
    assert_eq!(addresses, 512);
    site.wait(30);
    assert_eq!(site.reflected, (2000, 2000 * 22));
    // A proof is of one address.
    let (one, other) = (stranger(5000), stranger(5001));
    let mut answer = Vec::new();
    site.forge(one, &offering(7));
    assert_eq!(site.server.next_datagram(&mut answer), Some(one));
    let proven = [connect(7, 0), answer[2..].to_vec()].concat();
    site.forge(other, &proven);
    assert_eq!(site.server.next_datagram(&mut answer), Some(other));
    assert_eq!(answer[2], 0, "it is asked for a proof");
    site.forge(one, &proven);
    assert_eq!(site.server.next_datagram(&mut answer), Some(one));
    granted(&answer);
}

#[test]
fn a_client_follows_a_forged_proof_a_few_times_only() {
    let mut site = Site::new(&guarded(32, 1));
    for number in 0..512 {
        site.forge(stranger(number), &connect(number, 0));
    }
    let client = site.join(OwnEngine::boxed, HONEST);
    let engine = &mut site.clients[client].engine;
    let mut connect = Vec::new();
    engine.flush(site.now);
    assert!(engine.next_datagram(&mut connect).is_some());
    let slot = [connect[8], connect[9]];
    let mut sent = 0;
    for number in 1..100u8 {
        let forged = [&slot[..], &[0, b'P', 0, 1], &[number; 16]].concat();
        engine.receive(site.now, super::site::server_address(), &forged);
        engine.flush(site.now);
        sent += std::iter::from_fn(|| engine.next_datagram(&mut connect)).count();
    }
    assert_eq!(sent, 6);
    site.wait(700);
    assert!(
        site.clients[client].is_up(),
        "it asks again, and follows the right proof"
    );
}

/// The victim's own bucket of attempts is empty all the time, and it has half-open connections in plenty.
#[test]
fn connects_forged_in_the_name_of_a_client_of_ours_do_not_keep_it_out() {
    for is_judged in [false, true] {
        let mut site = Site::new(&guarded(32, 1));
        site.server.host.set_judged(is_judged);
        let mut number = 0;
        let mut flood = |site: &mut Site, _| {
            number += 1;
            let from = (HONEST, 20_000 + number % 1000).into();
            site.forge(from, &connect(number.into(), 0));
            for request in requests(site).iter().filter(|it| it.is_proven) {
                let now = site.now;
                site.server.host.judge(now, request.id, Verdict::Accept);
            }
        };
        site.run(1500, &mut flood);
        for _ in 0..10 {
            let client = site.join(OwnEngine::boxed, HONEST);
            site.run(130, &mut flood);
            assert!(site.clients[client].is_up(), "client {client}, {is_judged}");
        }
    }
}

fn requests(site: &mut Site) -> Vec<JoinRequest> {
    let now = site.now;
    std::iter::from_fn(|| site.server.host.next_request(now)).collect()
}

#[test]
fn a_connector_gets_no_slot_and_no_answer_before_the_verdict() {
    // Our own clients can prove their address, stock ones cannot.
    for (make, can_prove) in BOTH.into_iter().zip([true, false]) {
        let mut site = Site::new(&guarded(2, 1));
        site.server.host.set_judged(true);
        let (first, second) = (site.join(make, HONEST), site.join(make, HONEST));
        // Both repeat their CONNECT.
        site.wait(1200);
        let asked = requests(&mut site);
        assert_eq!(asked.len(), 2);
        let address = site.clients[first].address;
        let [request, other] = asked[..] else {
            unreachable!("two");
        };
        let expected = JoinRequest {
            id: request.id,
            address,
            is_proven: can_prove,
            data: 7,
            channels: 2,
        };
        assert_eq!(request, expected);
        // Those who wait count as half open, so that their encrypted sessions stay.
        let mut states = Vec::new();
        (site.server.host).for_each_address(|_, state| states.push(state));
        assert_eq!(states, [PeerState::AcknowledgingConnect; 2]);
        assert!(requests(&mut site).is_empty());
        let now = site.now;
        assert!(site.server.host.judge(now, request.id, Verdict::Accept));
        assert!(!site.server.host.judge(now, request.id, Verdict::Accept));
        assert!(site.server.host.judge(now, other.id, Verdict::Refuse(99)));
        site.wait(100);
        assert!(site.clients[first].is_up());
        let peer = site.clients[second].peer;
        let (data, cause) = (99, Cause::Remote);
        let ended = [Event::Disconnected { peer, data, cause }];
        assert_eq!(site.clients[second].events, ended);
        assert_eq!(site.server.host.drops().refused, 1);
        assert_eq!(site.events.len(), 1);
    }
}

#[test]
fn an_accepted_connector_may_find_the_host_full() {
    let mut site = Site::new(&guarded(1, 1));
    site.server.host.set_judged(true);
    let clients = [0, 1].map(|_| site.join(OwnEngine::boxed, HONEST));
    site.wait(100);
    for request in requests(&mut site) {
        let now = site.now;
        site.server.host.judge(now, request.id, Verdict::Accept);
        site.wait(100);
    }
    assert!(site.clients[clients[0]].is_up() && !site.clients[clients[1]].is_up());
    assert_eq!(site.server.host.drops().full, 1);
}

#[test]
fn requests_are_bounded_and_expire() {
    let mut site = Site::new(&guarded(32, 1));
    site.server.host.set_judged(true);
    for port in 0..20 {
        site.forge((HONEST, 1000 + port).into(), &connect(port.into(), 0));
    }
    assert_eq!(requests(&mut site).len(), 8);
    let ours = site.now;
    for number in 0..1000 {
        site.forge(stranger(number), &connect(number, 0));
    }
    let waiting = requests(&mut site);
    assert_eq!(waiting.len(), 256);
    // The newest stay.
    assert_eq!(waiting[255].address, stranger(999));
    assert_eq!(site.server.host.drops().over_limit, 12 + 1000 - 248);
    site.wait(5001);
    let now = site.now;
    assert!(
        now > ours
            && !site
                .server
                .host
                .judge(now, waiting[255].id, Verdict::Accept)
    );
    site.wait(30);
    assert_eq!(site.reflected, (0, 0), "nobody was answered");
    // Those who wait are forgotten with the judge.
    site.forge(stranger(1), &connect(1, 0));
    site.server.host.set_judged(false);
    assert!(requests(&mut site).is_empty());
}

/// Many players may come through a proxy, or from this machine.
#[test]
fn requests_of_an_exempt_address_are_bounded_by_their_number_only() {
    let mut site = Site::new(&guarded(32, 1));
    site.server.host.set_judged(true);
    for port in 0..20 {
        site.forge(
            (Ipv4Addr::LOCALHOST, 1000 + port).into(),
            &connect(port.into(), 0),
        );
    }
    assert_eq!(requests(&mut site).len(), 20);
}

/// The connector did not get the answer, and its half-open connection gave way.
#[test]
fn a_verdict_outlives_the_half_open_connection_and_ends_with_the_connection() {
    let mut site = Site::new(&guarded(4, 1));
    site.server.host.set_judged(true);
    let from = (HONEST, 9).into();
    let accept = |site: &mut Site| {
        site.forge(from, &connect(5, 0));
        let asked = requests(site);
        for request in &asked {
            let now = site.now;
            site.server.host.judge(now, request.id, Verdict::Accept);
        }
        asked.len()
    };
    let count = |site: &Site| {
        let mut addresses = 0;
        site.server.host.for_each_address(|_, _| addresses += 1);
        addresses
    };
    assert_eq!((accept(&mut site), count(&site)), (1, 1));
    let now = site.now;
    site.server.host.reject_pending(now);
    assert_eq!(count(&site), 0);
    site.wait(3000);
    assert_eq!((accept(&mut site), count(&site)), (0, 1));
    let mut answer = Vec::new();
    assert_eq!(site.server.next_datagram(&mut answer), Some(from));
    // Connected, and dropped.
    let (header, number) = granted(&answer);
    let time = (site.now.as_millis() as u16).to_be_bytes();
    let ack = [&header[..], &[1, 0xFF, 0, 1], &number.to_be_bytes(), &time].concat();
    site.forge(from, &ack);
    assert_eq!(site.server.connected_peers(), 1);
    site.server.host.fail_peers_at(from, Cause::Timeout);
    assert_eq!(accept(&mut site), 1);
    let now = site.now;
    site.server.host.reject_pending(now);
    site.wait(10_000);
    assert_eq!(accept(&mut site), 1, "ten seconds later");
}

#[test]
fn a_guarded_host_says_why_it_refuses() {
    for make in BOTH {
        let refused = |site: &mut Site, expected: u32| {
            let client = site.join(make, HONEST);
            site.wait(200);
            for request in requests(site) {
                let now = site.now;
                site.server.host.judge(now, request.id, Verdict::Refuse(0));
            }
            site.wait(100);
            let peer = site.clients[client].peer;
            let ended = [Event::Disconnected {
                peer,
                data: expected,
                cause: Cause::Remote,
            }];
            assert_eq!(site.clients[client].events, ended);
        };
        let mut site = Site::new(&guarded(2, 1));
        site.server.host.set_admission(Admission::Nobody);
        refused(&mut site, Refusal::NotWelcome.code());
        // The clients' data is 7.
        (site.server.host).set_admission(Admission::UniqueData { min: 2, max: 6 });
        refused(&mut site, Refusal::IdInUse.code());
        site.server.host.set_admission(Admission::Everybody);
        site.server.host.set_judged(true);
        refused(&mut site, Refusal::NotWelcome.code());
        site.server.host.set_judged(false);
        site.server.host.set_limits(Limits {
            peers_per_address: 1,
            ..Limits::new(2)
        });
        site.join(make, HONEST);
        site.wait(200);
        refused(&mut site, Refusal::TooManyOfAddress.code());
        site.join(make, Ipv4Addr::new(10, 0, 0, 2));
        site.wait(200);
        refused(&mut site, Refusal::Full.code());
    }
}
