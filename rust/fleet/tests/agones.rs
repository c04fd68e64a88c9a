//! An [`Agones`] and an SDK server.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use enet_fleet::agones::{Agones, Event, Pulse, Request, Settings, TooMany};
use enet_sidecar::{Sidecar, State};
use serde_json::{Value, json};

/// More than anything here takes.
const SOON: Duration = Duration::from_secs(30);

fn quick(port: u16) -> Settings {
    Settings {
        health_period: Duration::from_millis(50),
        ..Settings::new(port)
    }
}

/// A port that nothing listens at.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn start(sidecar: &Sidecar) -> Agones {
    Agones::start(quick(sidecar.port()), Arc::new(Pulse::new(None))).unwrap()
}

/// The first event that fits; others are dropped.
fn event<R>(agones: &Agones, fits: impl Fn(&Event) -> Option<R>) -> R {
    let end = Instant::now() + SOON;
    loop {
        match agones.next_event() {
            Some(event) => {
                if let Some(result) = fits(&event) {
                    return result;
                }
            }
            None if Instant::now() < end => std::thread::sleep(Duration::from_millis(5)),
            None => panic!("no event"),
        }
    }
}

/// Makes a request, and returns its answer, or the cause of its failure.
fn ask(agones: &Agones, request: Request) -> Result<Value, String> {
    agones.request(request.clone()).unwrap();
    event(agones, |event| match event {
        Event::Done(done, value) if *done == request => Some(Ok(value.clone())),
        Event::Failed(failed, cause) if *failed == request => Some(Err(cause.clone())),
        _ => None,
    })
}

fn named(name: &str) -> String {
    name.to_owned()
}

#[test]
fn a_server_goes_through_its_states() {
    let sidecar = Sidecar::start(0, State::default()).unwrap();
    let agones = start(&sidecar);
    for (request, state) in [
        (Request::Ready, "Ready"),
        (Request::Allocate, "Allocated"),
        (Request::Reserve(Duration::from_secs(1)), "Reserved"),
    ] {
        assert_eq!(ask(&agones, request), Ok(json!({})));
        assert_eq!(sidecar.with(|known| known.state.clone()), state);
    }
    assert!(
        sidecar.wait(SOON, |known| known.state == "Ready"),
        "a reservation ends"
    );
    assert_eq!(ask(&agones, Request::Shutdown), Ok(json!({})));
    assert_eq!(sidecar.with(|known| known.state.clone()), "Shutdown");
}

#[test]
fn labels_and_annotations_arrive() {
    let sidecar = Sidecar::start(0, State::default()).unwrap();
    let agones = start(&sidecar);
    ask(&agones, Request::SetLabel(named("map"), named("forest"))).unwrap();
    ask(
        &agones,
        Request::SetAnnotation(named("motd"), named("\"hi\"\n{ü}")),
    )
    .unwrap();
    let server = ask(&agones, Request::GameServer).unwrap();
    assert_eq!(
        server["object_meta"]["labels"]["agones.dev/sdk-map"],
        "forest"
    );
    assert_eq!(
        server["object_meta"]["annotations"]["agones.dev/sdk-motd"],
        "\"hi\"\n{ü}"
    );
}

#[test]
fn counters_and_lists_are_kept() {
    let mut state = State::default();
    state.counters.insert(named("rooms"), (0, 3));
    state.lists.insert(named("players"), (Vec::new(), 2));
    let sidecar = Sidecar::start(0, state).unwrap();
    let agones = start(&sidecar);
    let rooms = || named("rooms");
    let count = || ask(&agones, Request::GetCounter(rooms())).unwrap()["count"].clone();
    ask(&agones, Request::SetCount(rooms(), 2)).unwrap();
    assert_eq!(count(), "2");
    ask(&agones, Request::AddCount(rooms(), -1)).unwrap();
    assert_eq!(count(), "1");
    ask(&agones, Request::SetCounterCapacity(rooms(), 9)).unwrap();
    assert_eq!(
        ask(&agones, Request::GetCounter(rooms())).unwrap(),
        json!({ "name": "rooms", "count": "1", "capacity": "9" })
    );
    assert_eq!(
        ask(&agones, Request::AddCount(rooms(), 9)).unwrap_err(),
        "the SDK server answered 500: out of range. Count must be within range [0,Capacity]. Found Count: 10, Capacity: 9"
    );

    let players = || named("players");
    let add = |name: &str| ask(&agones, Request::AddValue(players(), named(name)));
    let values = || ask(&agones, Request::GetList(players())).unwrap()["values"].clone();
    add("ann").unwrap();
    assert_eq!(values(), json!(["ann"]));
    assert_eq!(
        add("ann").unwrap_err(),
        "the SDK server answered 500: already exists. Value: ann already in List: players"
    );
    add("bob").unwrap();
    assert!(add("cy").unwrap_err().contains("No available capacity"));
    ask(&agones, Request::RemoveValue(players(), named("ann"))).unwrap();
    assert_eq!(values(), json!(["bob"]));
    ask(&agones, Request::SetListCapacity(players(), 5)).unwrap();
    let new = vec![named("x"), named("y"), named("z")];
    ask(&agones, Request::SetValues(players(), new.clone())).unwrap();
    assert_eq!(values(), json!(new));
}

/// All errors of the SDK server have the same status, also those that last: what waits behind such a request is not to
/// wait as long as for an SDK server that starts.
#[test]
fn errors_that_last_do_not_hold_up_the_rest_for_long() {
    let sidecar = Sidecar::start(0, State::default()).unwrap();
    let agones = start(&sidecar);
    let begun = Instant::now();
    let unknown = ask(&agones, Request::GetCounter(named("doors"))).unwrap_err();
    assert_eq!(
        unknown,
        "the SDK server answered 500: counter not found: doors"
    );
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    let asked = sidecar.with(|known| {
        let doors = |it: &&String| it.contains("/counters/doors");
        known.requests.iter().filter(doors).count()
    });
    assert!((2..=5).contains(&asked), "asked {asked} times");
}

/// The SDK server would crash.
#[test]
fn a_list_that_does_not_exist_is_not_changed() {
    let sidecar = Sidecar::start(0, State::default()).unwrap();
    let agones = start(&sidecar);
    for request in [
        Request::SetValues(named("players"), vec![named("x")]),
        Request::SetListCapacity(named("players"), 3),
    ] {
        assert_eq!(
            ask(&agones, request).unwrap_err(),
            "the SDK server answered 500: list not found: players"
        );
    }
    assert_eq!(sidecar.with(|known| known.crashes), 0);
}

/// A change between the answer to a question and the first line of the listener's answer is told to nobody.
#[test]
fn a_change_that_the_sdk_server_does_not_tell_is_found() {
    let mut state = State::default();
    state.is_quiet = true;
    let sidecar = Sidecar::start(0, state).unwrap();
    let agones = start(&sidecar);
    event(&agones, |event| {
        matches!(event, Event::GameServer(_)).then_some(())
    });
    sidecar.with(|known| known.is_deaf = true);
    sidecar.with(|known| known.state = named("Allocated"));
    event(&agones, |event| match event {
        Event::GameServer(server) => (server["status"]["state"] == "Allocated").then_some(()),
        _ => None,
    });
}

#[test]
fn the_fleet_decides_how_often_health_is_reported() {
    let mut state = State::default();
    state.health.period = Duration::from_secs(1);
    let sidecar = Sidecar::start(0, state).unwrap();
    let settings = Settings {
        health_period: Duration::from_secs(20),
        ..Settings::new(sidecar.port())
    };
    let _agones = Agones::start(settings, Arc::new(Pulse::new(None))).unwrap();
    assert!(sidecar.wait(SOON / 2, |state| state.reports > 3));
}

#[test]
fn changes_that_others_make_are_told() {
    let sidecar = Sidecar::start(0, State::default()).unwrap();
    let agones = start(&sidecar);
    let state = |wanted: &'static str| {
        event(&agones, |event| match event {
            Event::GameServer(server) => (server["status"]["state"] == wanted).then_some(()),
            _ => None,
        });
    };
    state("Scheduled");
    for next in ["Ready", "Allocated", "Ready"] {
        sidecar.with(|known| known.state = next.to_owned());
        state(next);
    }
    // Larger than a read, and than a chunk's head.
    let long = "ä".repeat(50_000);
    sidecar.with(|known| known.annotations.insert(named("long"), long.clone()));
    event(&agones, |event| match event {
        Event::GameServer(server) => {
            (server["object_meta"]["annotations"]["long"] == long).then_some(())
        }
        _ => None,
    });
}

#[test]
fn a_server_that_loads_stays_healthy_and_one_that_hangs_does_not() {
    let sidecar = Sidecar::start(0, State::default()).unwrap();
    let pulse = Arc::new(Pulse::new(None));
    let agones = Agones::start(quick(sidecar.port()), Arc::clone(&pulse)).unwrap();
    event(&agones, |event| {
        (*event == Event::HealthReported).then_some(())
    });
    let reports = || sidecar.with(|state| state.reports);
    let before = reports();
    assert!(
        sidecar.wait(SOON, |state| state.reports > before + 3),
        "no beat is needed without a timeout"
    );
    pulse.set_timeout(Some(Duration::from_millis(1)));
    event(&agones, |event| (*event == Event::PulseLost).then_some(()));
    let hung = reports();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(reports(), hung, "a server that hangs reports nothing");
    pulse.set_timeout(Some(SOON));
    pulse.beat();
    event(&agones, |event| {
        (*event == Event::HealthReported).then_some(())
    });
    assert!(reports() > hung);
}

#[test]
fn a_sidecar_that_starts_late_is_waited_for() {
    let port = closed_port();
    let agones = Agones::start(quick(port), Arc::new(Pulse::new(None))).unwrap();
    agones.request(Request::Ready).unwrap();
    event(&agones, |event| match event {
        Event::HealthLost(cause) => {
            assert!(
                cause.starts_with(&format!("nothing answers on port {port} of this machine")),
                "{cause}"
            );
            Some(())
        }
        _ => None,
    });
    let sidecar = Sidecar::start(port, State::default()).unwrap();
    assert!(sidecar.wait(SOON, |state| state.state == "Ready"));
    event(&agones, |event| {
        matches!(event, Event::Done(Request::Ready, _)).then_some(())
    });
}

#[test]
fn a_request_that_nobody_answers_fails_with_its_cause() {
    let port = closed_port();
    let settings = Settings {
        patience: Duration::from_millis(600),
        ..quick(port)
    };
    let agones = Agones::start(settings, Arc::new(Pulse::new(None))).unwrap();
    let cause = ask(&agones, Request::Ready).unwrap_err();
    assert!(cause.starts_with("nothing answers on port"), "{cause}");
}

#[test]
fn a_listener_that_says_nothing_does_not_keep_the_threads() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let agones = Agones::start(quick(port), Arc::new(Pulse::new(None))).unwrap();
    agones.request(Request::Ready).unwrap();
    let connections: Vec<_> = (0..3).map(|_| listener.accept().unwrap()).collect();
    let begun = Instant::now();
    drop(agones);
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    drop(connections);
}

#[test]
fn answers_that_are_nonsense_fail_and_end() {
    for answer in [
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        "HTTP/1.1 200 OK\r\n\r\nno json",
        // Nobody follows it.
        "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let settings = Settings {
            patience: Duration::ZERO,
            ..quick(port)
        };
        std::thread::spawn(move || {
            use std::io::{Read, Write};
            while let Ok((mut stream, _)) = listener.accept() {
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        let agones = Agones::start(settings, Arc::new(Pulse::new(None))).unwrap();
        assert!(ask(&agones, Request::Ready).is_err(), "{answer}");
    }
}

#[test]
fn requests_are_bounded_and_states_replace_each_other() {
    let port = closed_port();
    let agones = Agones::start(quick(port), Arc::new(Pulse::new(None))).unwrap();
    agones.request(Request::Ready).unwrap();
    for count in 0..1000 {
        agones
            .request(Request::SetCount(named("players"), count))
            .unwrap();
    }
    assert_eq!(agones.waiting(), 2);
    // What another request changes in between keeps its order.
    for _ in 0..2 {
        agones
            .request(Request::AddCount(named("players"), 1))
            .unwrap();
        agones
            .request(Request::SetCount(named("players"), 7))
            .unwrap();
    }
    assert_eq!(agones.waiting(), 6);
    let refused = (0..300)
        .filter(|_| agones.request(Request::Allocate) == Err(TooMany))
        .count();
    assert_eq!(refused, 300 - 250);
    // One that takes a place that is there needs none.
    assert_eq!(
        agones.request(Request::SetCount(named("players"), 8)),
        Ok(())
    );
}

/// A server that answers everything without an end: what is kept of it is bounded, and it does not keep the threads.
#[test]
fn an_endless_answer_ends() {
    use std::io::{Read, Write};
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000000000\r\n",
        "HTTP/1.1 200 OK\r\nX: ",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                std::thread::spawn(move || {
                    let _ = stream.read(&mut [0; 1024]);
                    let _ = stream.write_all(head.as_bytes());
                    while stream.write_all(&[b'x'; 65536]).is_ok() {}
                });
            }
        });
        let settings = Settings {
            patience: Duration::ZERO,
            ..quick(port)
        };
        let agones = Agones::start(settings, Arc::new(Pulse::new(None))).unwrap();
        let cause = ask(&agones, Request::Ready).unwrap_err();
        assert_eq!(cause, "the answer is too long", "{head}");
        let begun = Instant::now();
        drop(agones);
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "{:?}",
            begun.elapsed()
        );
    }
}

/// A flood of changes: only the newest waits for the owner.
#[test]
fn a_stream_of_changes_is_not_kept() {
    let sidecar = Sidecar::start(0, State::default()).unwrap();
    let agones = start(&sidecar);
    for number in 0..500 {
        sidecar.with(|known| known.annotations.insert(named("n"), number.to_string()));
    }
    std::thread::sleep(Duration::from_millis(500));
    let events: Vec<_> = std::iter::from_fn(|| agones.next_event()).collect();
    let changes = events
        .iter()
        .filter(|event| matches!(event, Event::GameServer(_)));
    assert!(changes.count() <= 1, "{events:?}");
}
