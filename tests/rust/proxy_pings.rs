//! Round trips to proxies, measured with responders on the system's sockets that answer as Quilkin does.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::thread::sleep;
use std::time::{Duration, Instant};

use enet_multiplayer::proxies;
use enet_net::{
    BindAddress, Lookup, MAX_MEASUREMENTS, Measurement, Network, PingPlan, PingResult, Resolution,
    Transport, Udp,
};
use test_proxy::{Fault, Responder};

/// A measurement that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(30);

/// Measurements of a process are bounded in number, so that no two tests measure at the same time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn responder(fault: Fault) -> Responder {
    Responder::start((Ipv4Addr::LOCALHOST, 0).into(), fault).expect("a responder")
}

fn plan(proxies: &[String], pings: i64, timeout: f64) -> PingPlan {
    proxies::plan(proxies, pings, timeout).expect("a plan")
}

fn results(measurement: &Measurement) -> Vec<PingResult> {
    let clock = Instant::now();
    while measurement.is_running() {
        assert!(clock.elapsed() < LIMIT, "it ends");
        sleep(Duration::from_millis(1));
    }
    measurement.take_results().expect("results")
}

fn measured(proxies: &[String], pings: i64, timeout: f64) -> Vec<PingResult> {
    let started = Measurement::start(plan(proxies, pings, timeout), || Udp);
    results(&started.expect("it starts"))
}

fn answers(results: &[PingResult]) -> Vec<u32> {
    results.iter().map(|result| result.answers).collect()
}

#[test]
fn the_nearest_proxy_is_found() {
    let _alone = ONE_AT_A_TIME.lock();
    let slow = |millis, loses_each| {
        responder(Fault {
            delay: Duration::from_millis(millis),
            loses_each,
            ..Fault::default()
        })
    };
    let all = [slow(40, 0), slow(10, 0), slow(20, 0), slow(0, 2)];
    let mut names: Vec<_> = all.iter().map(|it| it.address().to_string()).collect();
    names.push("no-such-proxy.invalid".to_owned());
    let clock = Instant::now();
    let results = measured(&names, 4, 1.0);
    // Half of the last one's pings are lost, the last of them after 0.3 seconds.
    assert!(
        (1.0..3.0).contains(&clock.elapsed().as_secs_f64()),
        "{:?}",
        clock.elapsed()
    );
    assert_eq!(answers(&results), [4, 4, 4, 2, 0]);
    for (result, least) in results.iter().zip([40, 10, 20, 0]) {
        let trip = result.round_trip.expect("answered");
        let range = Duration::from_millis(least)..Duration::from_millis(least + 300);
        assert!(range.contains(&trip), "{trip:?} {least}");
    }
    let lost = &results[4];
    assert_eq!((lost.address, lost.round_trip), (None, None));
    assert!(
        lost.error
            .as_ref()
            .is_some_and(|text| text.contains(".invalid"))
    );
    assert_eq!(proxies::best(&results[..3]), Some(1));
    assert_eq!(all[0].pings(), 4, "no more pings than asked for");
}

#[test]
fn it_ends_early_where_all_answer() {
    let _alone = ONE_AT_A_TIME.lock();
    let proxy = responder(Fault::default());
    let clock = Instant::now();
    let results = measured(&[proxy.address().to_string()], 3, 10.0);
    assert_eq!(answers(&results), [3]);
    assert!(clock.elapsed() < Duration::from_secs(5));
}

#[test]
fn answers_of_others_do_not_count() {
    let _alone = ONE_AT_A_TIME.lock();
    let of = |fault| responder(fault);
    let all = [
        of(Fault {
            wrong_nonce: true,
            ..Fault::default()
        }),
        of(Fault {
            wrong_time: true,
            ..Fault::default()
        }),
        of(Fault {
            other_port: true,
            ..Fault::default()
        }),
        of(Fault {
            delay: Duration::from_millis(800),
            ..Fault::default()
        }),
        of(Fault {
            copies: 50,
            ..Fault::default()
        }),
    ];
    let names: Vec<_> = all.iter().map(|it| it.address().to_string()).collect();
    let results = measured(&names, 2, 0.5);
    assert_eq!(answers(&results), [0, 0, 0, 0, 2]);
    // The slow one may still think about its first ping.
    let clock = Instant::now();
    while all.iter().any(|it| it.pings() != 2) {
        assert!(clock.elapsed() < LIMIT, "all are asked twice");
        sleep(Duration::from_millis(1));
    }
    assert_eq!(proxies::best(&results), Some(4));
}

#[test]
fn a_closed_port_ends_nothing() {
    let _alone = ONE_AT_A_TIME.lock();
    let proxy = responder(Fault::default());
    let closed = {
        let other = responder(Fault::default());
        other.address()
    };
    let names = [closed.to_string(), proxy.address().to_string()];
    assert_eq!(answers(&measured(&names, 3, 0.3)), [0, 3]);
}

/// A network whose name servers never answer.
struct Mute;

impl Network for Mute {
    fn bind(&self, address: BindAddress, port: u16) -> io::Result<Box<dyn Transport>> {
        Udp.bind(address, port)
    }

    fn resolve(&self, host: &str, port: u16) -> Resolution {
        match host.parse::<Ipv4Addr>() {
            Ok(ip) => Resolution::Done(Ok(SocketAddr::from((ip, port)))),
            Err(_) => {
                let (answer, lookup) = Lookup::pending(host, port);
                // As if it still waited.
                std::mem::forget(answer);
                Resolution::Pending(lookup)
            }
        }
    }
}

#[test]
fn silent_name_servers_delay_it_and_no_more() {
    let _alone = ONE_AT_A_TIME.lock();
    let proxy = responder(Fault::default());
    let mut names = vec!["a.example".to_owned(), proxy.address().to_string()];
    names.extend((0..20).map(|number| format!("{number}.example")));
    let clock = Instant::now();
    let started = Measurement::start(plan(&names, 1, 0.3), || Mute).expect("it starts");
    assert!(
        clock.elapsed() < Duration::from_millis(250),
        "nobody waits for it"
    );
    let results = results(&started);
    let error = results[0].error.as_deref().expect("no address");
    assert!(error.contains("did not answer"), "{error}");
    assert!(results[21].error.is_some() && clock.elapsed() < Duration::from_secs(10));
}

#[test]
fn measurements_are_bounded_and_given_up() {
    let _alone = ONE_AT_A_TIME.lock();
    let start = || Measurement::start(plan(&["127.0.0.1:9".to_owned()], 20, 10.0), || Udp);
    let mut all: Vec<_> = (0..MAX_MEASUREMENTS)
        .map(|_| start().expect("it starts"))
        .collect();
    let error = start().err().map(|error| error.kind());
    assert_eq!(error, Some(io::ErrorKind::ResourceBusy));
    all.clear();
    let clock = Instant::now();
    while start().is_err() {
        assert!(clock.elapsed() < Duration::from_secs(5), "the threads end");
        sleep(Duration::from_millis(1));
    }
}
