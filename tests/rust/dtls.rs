//! Encrypted hosts on the simulated network. Only our engine is used: others neither wait for a
//! session nor end a connection with it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use enet_dtls::{Dtls, FailedHandshake, Identity, Trust, Verification};
use enet_multiplayer::{Connection, SharedConnection};
use enet_proto::{Event, PeerId, Time};
use sim::World;

use crate::connection::options;

mod attempts;
pub mod certificates;
mod crafted;
mod figures;
mod hostile;
mod names;
mod openssl;
mod sessions;
mod tapping;
mod unencrypted;
mod verification;

use certificates::{Kind, Pair};

/// A self-signed certificate that clients trust directly.
fn own() -> Pair {
    Kind::named("game").signed_by_itself()
}

fn identity(pair: &Pair) -> Identity {
    Identity::from_pem(&pair.key_pem(), &pair.pem()).expect("an identity")
}

fn trusting(pair: &Pair) -> Verification {
    Verification {
        trust: Some(Trust::certificates(&pair.pem()).expect("readable")),
        name: Some("game".to_owned()),
    }
}

fn inactive(world: &mut World) -> SharedConnection {
    let seed = world.random.number() as u32;
    let network = Rc::new(world.network.clone());
    let host = Connection::new(network, seed);
    Rc::new(RefCell::new(host))
}

fn host(world: &mut World, max_peers: i32) -> SharedConnection {
    let host = inactive(world);
    let options = enet_multiplayer::HostOptions {
        max_peers,
        ..options()
    };
    let created = host.borrow_mut().create(&options, world.now());
    created.expect("a host");
    host
}

fn server(world: &mut World, pair: &Pair) -> SharedConnection {
    let server = host(world, 32);
    let dtls = Dtls::server(&identity(pair), world.now()).expect("a server");
    let done = server.borrow_mut().encrypt(dtls, world.now());
    done.expect("encrypted");
    server
}

/// A client that has begun to connect.
fn client(world: &mut World, server: &SharedConnection, how: Verification) -> SharedConnection {
    let client = host(world, 1);
    let dtls = Dtls::client(how, world.now());
    let done = client.borrow_mut().encrypt(dtls, world.now());
    done.expect("encrypted");
    connect(world, &client, server);
    client
}

fn connect(world: &World, client: &SharedConnection, server: &SharedConnection) -> PeerId {
    let port = server.borrow().local_port().expect("active");
    let begun = (client.borrow_mut()).connect("server", port.into(), 2, 7, world.now());
    begun.expect("begins")
}

/// Services the hosts until the condition holds for the events so far, for at most `seconds` of
/// simulated time. Returns the events, each with the index of its host.
fn serve_until(
    world: &mut World,
    hosts: &[&SharedConnection],
    seconds: u64,
    done: impl Fn(&[(usize, Event)]) -> bool,
) -> Vec<(usize, Event)> {
    let end = world.now() + Duration::from_secs(seconds);
    let mut events = Vec::new();
    while world.now() < end && !done(&events) {
        for (index, host) in hosts.iter().enumerate() {
            let now = world.now();
            while let Ok(Some(event)) = host.borrow_mut().service(Time::ZERO, || now) {
                events.push((index, event));
            }
        }
        world.run(1);
    }
    events
}

fn is_connected(of: usize) -> impl Fn(&[(usize, Event)]) -> bool {
    move |events| {
        let mut events = events.iter();
        events.any(|(index, event)| *index == of && matches!(event, Event::Connected { .. }))
    }
}

fn is_disconnected(of: usize) -> impl Fn(&[(usize, Event)]) -> bool {
    move |events| {
        let mut events = events.iter();
        events.any(|(index, event)| *index == of && matches!(event, Event::Disconnected { .. }))
    }
}

fn failed(world: &World, host: &SharedConnection) -> Option<FailedHandshake> {
    let failed = host.borrow_mut().next_failed(world.now());
    failed.map(|warning| warning.failed)
}

fn sessions(host: &SharedConnection) -> (usize, usize) {
    let mut host = host.borrow_mut();
    let dtls = host.host().and_then(|host| host.sessions());
    let sessions = dtls.expect("encrypted");
    (sessions.ready, sessions.pending)
}

/// A connected server and client.
fn joined(world: &mut World) -> (SharedConnection, SharedConnection) {
    let pair = own();
    let server = server(world, &pair);
    let client = client(world, &server, trusting(&pair));
    let events = serve_until(world, &[&server, &client], 20, |events| {
        is_connected(0)(events) && is_connected(1)(events)
    });
    let failed = failed(world, &client);
    assert!(
        is_connected(0)(&events) && is_connected(1)(&events),
        "{events:?} {failed:?}"
    );
    (server, client)
}

fn only_peer(host: &SharedConnection) -> PeerId {
    host.borrow().peers()[0]
}
