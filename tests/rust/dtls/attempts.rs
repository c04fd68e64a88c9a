//! The time of an attempt to connect: handshake and CONNECT together have that of the peer's limits, as a plain
//! connection does, or the one that was chosen.

use std::time::Duration;

use enet_dtls::{HandshakeError, SLOW_HANDSHAKE};
use enet_multiplayer::SharedConnection;
use enet_proto::{Disconnect, Time};
use sim::{Conditions, World};

use super::{
    client, connect, failed, host, is_connected, is_disconnected, only_peer, own, serve_until,
    server, sessions, trusting,
};

/// A plain host, which says nothing to a handshake, and a client that expects an encrypted server.
fn with_a_silent_server(seed: u64) -> (World, SharedConnection, SharedConnection) {
    let mut world = World::new(seed);
    let plain = host(&mut world, 4);
    let client = client(&mut world, &plain, trusting(&own()));
    (world, plain, client)
}

/// Milliseconds until the client's attempt ends, within 200 seconds.
fn ends_after(world: &mut World, silent: &SharedConnection, client: &SharedConnection) -> u128 {
    let before = world.now();
    let events = serve_until(world, &[silent, client], 200, is_disconnected(1));
    assert!(is_disconnected(1)(&events));
    assert!(!is_connected(1)(&events));
    (world.now() - before).as_millis()
}

#[test]
fn an_attempt_without_an_answer_ends_when_a_plain_one_does() {
    let (mut world, silent, encrypted) = with_a_silent_server(1);
    let waited = ends_after(&mut world, &silent, &encrypted);
    assert!((31_400..31_700).contains(&waited), "{waited} ms");
}

#[test]
fn a_slow_handshake_is_said_once_and_goes_on() {
    let (mut world, silent, client) = with_a_silent_server(2);
    let hosts = [&silent, &client];
    let events = serve_until(&mut world, &hosts, SLOW_HANDSHAKE.as_secs() - 1, |_| false);
    assert_eq!((events, failed(&world, &client)), (vec![], None));
    let events = serve_until(&mut world, &hosts, 2, |_| false);
    let said = failed(&world, &client).map(|failed| failed.reason);
    let slow = HandshakeError::Slow(SLOW_HANDSHAKE.as_secs());
    assert_eq!((events, said), (vec![], Some(slow)));
    ends_after(&mut world, &silent, &client);
    assert_eq!(failed(&world, &client), None);
}

#[test]
fn limits_that_are_set_meanwhile_end_the_handshake() {
    let (mut world, silent, client) = with_a_silent_server(3);
    let peer = only_peer(&client);
    let set = client.borrow_mut().set_timeout(peer, 1, 1000, 2000);
    set.expect("valid");
    let waited = ends_after(&mut world, &silent, &client);
    assert!((1400..2100).contains(&waited), "{waited} ms");
}

/// Before, while and after the handshake, the chosen time counts from the beginning of the attempt.
#[test]
fn the_chosen_time_covers_the_whole_attempt() {
    for (seconds, set_late) in [(3, false), (3, true), (75, false)] {
        let mut world = World::new(4);
        let plain = host(&mut world, 4);
        let timeout = Some(Time::from_secs(seconds));
        let client = client(&mut world, &plain, trusting(&own()));
        if set_late {
            serve_until(&mut world, &[&plain, &client], 1, |_| false);
        }
        client.borrow_mut().set_connect_timeout(timeout);
        ends_after(&mut world, &plain, &client);
        let ended = world.now().as_millis();
        let expected = u128::from(seconds) * 1000;
        assert!((expected..expected + 100).contains(&ended), "{ended} ms");
    }
}

/// The session is there, but ENet's CONNECT finds nobody.
#[test]
fn the_time_after_the_handshake_counts_with_the_time_before() {
    let conditions = Conditions {
        latency: Duration::from_millis(50),
        ..Conditions::default()
    };
    let mut world = World::with(5, conditions);
    let pair = own();
    let server = server(&mut world, &pair);
    let client = client(&mut world, &server, trusting(&pair));
    client
        .borrow_mut()
        .set_connect_timeout(Some(Time::from_secs(12)));
    // The server does not look for the first 5 seconds, and vanishes once the session is there.
    serve_until(&mut world, &[&client], 5, |_| false);
    let both = [&server, &client];
    serve_until(&mut world, &both, 5, |_| sessions(&client).0 == 1);
    assert_eq!(sessions(&client).0, 1);
    let events = serve_until(&mut world, &[&client], 30, is_disconnected(0));
    assert!(is_disconnected(0)(&events));
    let ended = world.now().as_millis();
    assert!((12_000..12_100).contains(&ended), "{ended} ms");
}

/// A server that loads does not poll, from before the handshake until it has sent its certificate.
#[test]
fn a_server_that_does_not_poll_for_long_lets_the_client_in() {
    for (seed, busy_after) in (10..).zip([0, 20, 60, 110, 130, 160, 210, 230, 260, 310, 350]) {
        let conditions = Conditions {
            latency: Duration::from_millis(25),
            ..Conditions::default()
        };
        let mut world = World::with(seed, conditions);
        let pair = own();
        let server = server(&mut world, &pair);
        let client = client(&mut world, &server, trusting(&pair));
        let both = [&server, &client];
        let (network, start) = (world.network.clone(), world.now());
        let busy_from = start + Duration::from_millis(busy_after);
        let mut events = serve_until(&mut world, &both, 1, |_| network.now() >= busy_from);
        serve_until(&mut world, &[&client], 14, |_| false);
        events.extend(serve_until(&mut world, &both, 5, |_| false));
        let is_in = is_connected(0)(&events) && sessions(&client).0 == 1;
        let said = [
            failed(&world, &client),
            failed(&world, &client),
            failed(&world, &server),
        ];
        assert!(is_in, "busy after {busy_after} ms: {events:?} {said:?}");
    }
}

/// What gives up leaves nothing behind that goes on asking.
#[test]
fn a_handshake_ends_with_its_peer() {
    let (mut world, silent, client) = with_a_silent_server(6);
    let hosts = [&silent, &client];
    serve_until(&mut world, &hosts, 3, |_| false);
    assert_eq!(sessions(&client), (0, 1));
    let (peer, now) = (only_peer(&client), world.now());
    (client.borrow_mut()).disconnect(now, peer, 0, Disconnect::Silent);
    serve_until(&mut world, &hosts, 3, |_| false);
    assert_eq!(sessions(&client), (0, 0));
    world.network.record();
    serve_until(&mut world, &hosts, 20, |_| false);
    assert_eq!(world.network.take_recording().len(), 0);
    // Another attempt can follow.
    connect(&world, &client, &silent);
    serve_until(&mut world, &hosts, 1, |_| false);
    assert_eq!(sessions(&client), (0, 1));
}

/// A client asks often at first, and ever more rarely.
#[test]
fn a_client_that_gets_no_answer_asks_ever_more_rarely() {
    let (mut world, silent, client) = with_a_silent_server(7);
    world.network.record();
    ends_after(&mut world, &silent, &client);
    let sent = world.network.take_recording().len();
    assert!((8..16).contains(&sent), "{sent} datagrams");
}
