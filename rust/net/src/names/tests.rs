use std::net::Ipv4Addr;
use std::sync::{Condvar, Mutex};

use super::lookups::{MAX_QUEUED, MAX_THREADS};
use super::*;

const LONG: Duration = Duration::from_secs(20);

/// A name server that answers names of "slow" only when the test says so.
struct Server {
    answers: Mutex<bool>,
    changed: Condvar,
    asked: Mutex<Vec<String>>,
}

impl Server {
    const fn new() -> Self {
        Self {
            answers: Mutex::new(false),
            changed: Condvar::new(),
            asked: Mutex::new(Vec::new()),
        }
    }

    fn find(&self, host: &str) -> io::Result<SocketAddr> {
        self.asked.lock().expect("sound").push(host.to_owned());
        if host.starts_with("slow") {
            let answers = self.answers.lock().expect("sound");
            drop(self.changed.wait_while(answers, |answers| !*answers));
        }
        match host.contains("nobody") {
            true => Err(io::Error::new(ErrorKind::NotFound, "no such name")),
            false => Ok((Ipv4Addr::LOCALHOST, 0).into()),
        }
    }

    fn answer(&self) {
        *self.answers.lock().expect("sound") = true;
        self.changed.notify_all();
    }
}

#[test]
fn a_slow_name_server_blocks_neither_callers_nor_other_names() {
    static SERVER: Server = Server::new();
    static LOOKUPS: Lookups = Lookups::new(|host| SERVER.find(host));
    let slow = LOOKUPS.begin("slow", 7).expect("a thread");
    let twin = LOOKUPS.begin("slow", 8).expect("a thread");
    let other = LOOKUPS.begin("other", 9).expect("a thread");
    let nobody = LOOKUPS.begin("nobody", 9).expect("a thread");
    let found = other.wait(LONG).expect("an answer").expect("an address");
    assert_eq!(found, SocketAddr::from((Ipv4Addr::LOCALHOST, 9)));
    let error = nobody
        .wait(LONG)
        .expect("an answer")
        .expect_err("no address");
    assert_eq!(error.to_string(), "no such name");
    assert!(slow.answer().is_none() && twin.answer().is_none());
    assert!(!LOOKUPS.end(Duration::ZERO), "one goes on");
    SERVER.answer();
    assert_eq!(slow.wait(LONG).expect("an answer").expect("one").port(), 7);
    assert_eq!(twin.wait(LONG).expect("an answer").expect("one").port(), 8);
    assert!(LOOKUPS.end(LONG));
    let asked = SERVER.asked.lock().expect("sound");
    assert_eq!(asked.iter().filter(|name| *name == "slow").count(), 1);
}

#[test]
fn lookups_are_bounded_and_abandoned_ones_make_room() {
    static SERVER: Server = Server::new();
    static LOOKUPS: Lookups = Lookups::new(|host| SERVER.find(host));
    let name = |index: usize| format!("slow{index}");
    let begin = |index: usize| LOOKUPS.begin(&name(index), 1);
    let mut lookups: Vec<_> = (0..MAX_THREADS + MAX_QUEUED)
        .map(|index| begin(index).expect("room"))
        .collect();
    let error = begin(lookups.len()).expect_err("no room");
    assert_eq!(error.kind(), ErrorKind::ResourceBusy);
    let abandoned = lookups.len() - 1;
    lookups.pop();
    lookups.push(begin(1000).expect("room"));
    SERVER.answer();
    for lookup in &lookups {
        assert!(lookup.wait(LONG).expect("an answer").is_ok());
    }
    assert!(LOOKUPS.end(LONG));
    let asked = SERVER.asked.lock().expect("sound");
    assert!(!asked.contains(&name(abandoned)), "nobody wants it");
    assert_eq!(asked.len(), MAX_THREADS + MAX_QUEUED);
}

#[test]
fn a_lookup_that_panics_is_answered_and_costs_no_thread() {
    static LOOKUPS: Lookups = Lookups::new(|host| panic!("{host}"));
    for index in 0..2 * MAX_THREADS {
        let lookup = LOOKUPS.begin(&format!("name{index}"), 1).expect("room");
        assert!(lookup.wait(LONG).expect("an answer").is_err());
    }
    assert!(LOOKUPS.end(LONG));
}

#[test]
fn addresses_are_resolved_without_a_lookup() {
    let done = |host| match resolve(host, 5) {
        Resolution::Done(found) => found.expect(host),
        Resolution::Pending(_) => panic!("{host} is an address"),
    };
    assert_eq!(done("10.1.2.3"), SocketAddr::from(([10, 1, 2, 3], 5)));
    assert_eq!(done("::1"), SocketAddr::from((Ipv6Addr::LOCALHOST, 5)));
    assert_eq!(done("[::1]"), SocketAddr::from((Ipv6Addr::LOCALHOST, 5)));
    assert_eq!(
        done("::ffff:10.1.2.3"),
        SocketAddr::from(([10, 1, 2, 3], 5))
    );
    let SocketAddr::V6(scoped) = done("fe80::1%7") else {
        panic!("an IPv6 address");
    };
    assert_eq!((scoped.scope_id(), scoped.port()), (7, 5));
}

#[test]
fn no_name_server_is_asked_for_what_is_no_name() {
    let long = "a".repeat(MAX_NAME + 1);
    for host in [
        "",
        " ",
        "*",
        "a b",
        "example.com:1",
        "256.1.1.1",
        "a.invalid",
        "http://a",
        "a\0b",
        &long,
    ] {
        assert!(check_name(host).is_err(), "{host:?}");
    }
    for host in [
        "localhost",
        "a_b",
        "a.example.",
        "m\u{fc}nchen.example",
        "1.2.3",
        "7.example",
    ] {
        assert!(check_name(host).is_ok(), "{host:?}");
    }
}
