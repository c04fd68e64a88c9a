//! Settings and statistics of a connection: each setting must take effect, each statistic be right.

use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use enet_codec::Compression;
use enet_multiplayer::{Connection, HostOptions, HostStatistic, SharedConnection};
use enet_net::Udp;
use enet_proto::Time;
use sim::World;

use crate::connection::{options, pair, serve};

const STATISTICS: [HostStatistic; 4] = [
    HostStatistic::SentData,
    HostStatistic::SentPackets,
    HostStatistic::ReceivedData,
    HostStatistic::ReceivedPackets,
];

/// Milliseconds until a connection times out whose remote falls silent with a packet in flight.
fn patience(limit: i64, minimum: i64, maximum: i64) -> u64 {
    let mut world = World::new(240);
    let (one, other) = pair(&mut world, 7);
    serve(&mut world, &[&one, &other], 2000);
    let peer = one.borrow().peers()[0];
    let set = one.borrow_mut().set_timeout(peer, limit, minimum, maximum);
    assert_eq!(set, Ok(()));
    let begin = world.now();
    let sent = one.borrow_mut().send(peer, 0, 1, b"anybody?", begin);
    assert_eq!(sent, Ok(()));
    while serve(&mut world, &[&one], 5).is_empty() {
        let waited = world.now() - begin;
        assert!(waited < Time::from_secs(60), "not given up");
    }
    (world.now() - begin).as_millis() as u64
}

#[test]
fn limit_minimum_and_maximum_of_a_timeout_each_take_effect() {
    // The limit is reached before the minimum: the minimum decides.
    let by_minimum = patience(2, 1000, 20_000);
    assert!((1000..3000).contains(&by_minimum), "{by_minimum} ms");
    // The limit is never reached: the maximum decides.
    let by_maximum = patience(20_000, 20_000, 20_000);
    assert!((20_000..30_000).contains(&by_maximum), "{by_maximum} ms");
    // The limit decides, after the minimum and before the maximum.
    let by_limit = patience(128, 1000, 20_000);
    assert!((3000..20_000).contains(&by_limit), "{by_limit} ms");
}

#[test]
fn a_bandwidth_limit_is_sent_to_the_remote() {
    let mut world = World::new(241);
    let (one, other) = pair(&mut world, 7);
    serve(&mut world, &[&one, &other], 40);
    // ENet shares the incoming bandwidth among the peers that set an outgoing bandwidth of their own.
    let limited = other.borrow_mut().limit_bandwidth(0, 90_000);
    assert_eq!(limited, Ok(()));
    serve(&mut world, &[&one, &other], 2500);
    let limited = one.borrow_mut().limit_bandwidth(50_000, 80_000);
    assert_eq!(limited, Ok(()));
    serve(&mut world, &[&one, &other], 2500);
    let peer = other.borrow().peers()[0];
    let told = other.borrow().statistics(peer).expect("active");
    assert_eq!((told.in_bandwidth, told.out_bandwidth), (50_000, 80_000));
}

#[test]
fn the_statistics_of_a_new_host_begin_at_zero() {
    let mut world = World::new(242);
    let (one, other) = pair(&mut world, 7);
    serve(&mut world, &[&one, &other], 40);
    let pop = |host: &SharedConnection, statistic| host.borrow_mut().pop_statistic(statistic);
    for statistic in STATISTICS {
        assert!(pop(&one, statistic).is_ok_and(|popped| popped > 0));
    }
    one.borrow_mut().destroy().expect("active");
    let now = world.now();
    one.borrow_mut().create(&options(), now).expect("a host");
    let port = other.borrow().local_port().expect("active");
    let begun = one.borrow_mut().connect("server", port.into(), 3, 7, now);
    begun.expect("begins");
    serve(&mut world, &[&one, &other], 40);
    // Values popped from the former host must not be subtracted.
    let totals = one.borrow_mut().host().expect("active").totals();
    let totals = [
        totals.sent_bytes,
        totals.sent_datagrams,
        totals.received_bytes,
        totals.received_datagrams,
    ];
    for (statistic, total) in STATISTICS.into_iter().zip(totals) {
        assert!(total > 0);
        assert_eq!(pop(&one, statistic), Ok(total), "{statistic:?}");
    }
}

#[test]
fn on_a_real_socket_service_waits_for_its_timeout_without_cpu_time() {
    let mut host = Connection::new(Rc::new(Udp), 243);
    let clock = Instant::now();
    let bound = HostOptions {
        bind: Some((Ipv4Addr::LOCALHOST.to_string(), 0)),
        ..options()
    };
    host.create(&bound, clock.elapsed()).expect("a host");
    let (cpu, begin) = (ThreadTime::now(), clock.elapsed());
    let timeout = Time::from_millis(500);
    let event = host.service(timeout, || clock.elapsed());
    let (waited, worked) = (clock.elapsed() - begin, cpu.elapsed());
    assert!(matches!(event, Ok(None)), "{event:?}");
    assert!(waited >= timeout, "{waited:?}");
    // A busy machine may return late, but not this late.
    assert!(waited < Duration::from_secs(10), "{waited:?}");
    assert!(worked < timeout / 10, "{worked:?} of {waited:?}");
}

#[test]
fn on_a_real_socket_service_without_a_timeout_returns_at_once() {
    const CALLS: u32 = 100;
    let mut host = Connection::new(Rc::new(Udp), 244);
    let clock = Instant::now();
    host.create(&options(), clock.elapsed()).expect("a host");
    let begin = clock.elapsed();
    for _ in 0..CALLS {
        let event = host.service(Time::ZERO, || clock.elapsed());
        assert!(matches!(event, Ok(None)), "{event:?}");
    }
    // A wait would last until the next bandwidth distribution, up to a second.
    let waited = clock.elapsed() - begin;
    assert!(waited < Duration::from_millis(10) * CALLS, "{waited:?}");
}

#[test]
fn undecodable_datagrams_are_reported_every_ten_seconds() {
    let mut world = World::new(245);
    let (one, other) = pair(&mut world, 7);
    serve(&mut world, &[&one, &other], 40);
    assert_eq!(one.borrow_mut().undecoded(world.now()), None);
    let mode = Compression::Zlib;
    other
        .borrow_mut()
        .set_compression(mode)
        .expect("it is active");
    let peer = other.borrow().peers()[0];
    let mut told = Vec::new();
    let begin = world.now();
    while world.now() - begin < Time::from_secs(25) {
        let now = world.now();
        // Unreliable packets cause no timeout.
        let sent = other.borrow_mut().send(peer, 0, 2, &[7; 500], now);
        assert_eq!(sent, Ok(()));
        serve(&mut world, &[&one, &other], 100);
        told.extend(one.borrow_mut().undecoded(world.now()));
        assert_eq!(other.borrow_mut().undecoded(world.now()), None);
    }
    // The reports come at once, after ten and after twenty seconds.
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.iter().all(|it| it.mode == "COMPRESS_NONE"), "{told:?}");
    assert!(told[1].count > 90, "all since the last report: {told:?}");
}
