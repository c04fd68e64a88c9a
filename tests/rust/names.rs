//! Host names whose lookup takes longer than a frame. The network of the tests leaves names that begin with "slow"
//! unanswered until it is told to.

use std::cell::RefCell;
use std::rc::Rc;

use enet_multiplayer::{
    ClientOptions, Connection, NameError, PeerError, RawSendError, ServerOptions, SharedConnection,
    Status,
};
use enet_net::{BindAddress, Network};
use enet_proto::{Cause, Disconnect, Event, PeerState, Time};
use sim::{NodeId, SERVER_IP, World};

use crate::connection::options;

const PATIENCE: u64 = 1000;

/// A server, and a client that waits for the server's address.
fn resolving(seed: u64) -> (World, NodeId, NodeId) {
    let mut world = World::new(seed);
    let server = world.server(&ServerOptions::default());
    let client = world.idle();
    join(&mut world, client, server);
    (world, server, client)
}

fn join(world: &mut World, client: NodeId, server: NodeId) {
    let port = world[server].peer.local_port().expect("active");
    let options = ClientOptions {
        unique_id: 77,
        ..ClientOptions::new("slow", port.into())
    };
    let now = world.now();
    let created = world[client].peer.create_client(&options, now);
    created.expect("goes on to resolve");
}

fn host(world: &World) -> SharedConnection {
    let mut host = Connection::new(Rc::new(world.network.clone()), 5);
    host.create(&options(), world.now()).expect("a host");
    Rc::new(RefCell::new(host))
}

fn service(world: &World, host: &SharedConnection) -> Option<Event> {
    let now = world.now();
    let event = host.borrow_mut().service(Time::ZERO, || now);
    event.expect("active")
}

#[test]
fn a_client_connects_when_the_name_servers_have_answered() {
    let (mut world, server, client) = resolving(900);
    world.network.record();
    world.run(PATIENCE);
    assert_eq!(world[client].peer.status(), Status::Connecting);
    assert!(world.network.take_recording().is_empty());
    assert_eq!(world.network.answer_lookups(true), 1);
    assert!(world.run_until(PATIENCE, |world| world[client].is_up()));
    assert_eq!(world[client].peer.unique_id(), 77);
    assert!(world.run_until(PATIENCE, |world| world[server].signals.len() == 1));
    assert!(world[client].peer.next_name_error().is_none());
}

#[test]
fn a_client_without_an_address_fails_with_an_error_that_names_the_host() {
    let (mut world, _, client) = resolving(901);
    world.run(PATIENCE);
    world.network.answer_lookups(false);
    let now = world.now();
    world[client].peer.begin_poll(now).expect("active");
    // The error is there before the end is.
    let error = world[client].peer.next_name_error().expect("an error");
    assert_eq!(
        error.to_string(),
        "could not resolve \"slow\": no such name"
    );
    assert_eq!(world[client].peer.status(), Status::Connecting);
    world.poll(client);
    assert_eq!(world[client].peer.status(), Status::Disconnected);
    assert!(world[client].signals.is_empty());
}

#[test]
fn silent_name_servers_are_given_up() {
    let (mut world, _, client) = resolving(902);
    assert!(world.run_until(40_000, |world| !world[client].peer.is_active()));
    let waited = world.now().as_millis();
    assert!((29_900..30_200).contains(&waited), "{waited} ms");
}

/// The lookup is part of the attempt, whose time may be chosen before it or meanwhile.
#[test]
fn a_lookup_ends_with_the_chosen_time_of_the_attempt() {
    for is_late in [false, true] {
        let mut world = World::new(908);
        let server = world.server(&ServerOptions::default());
        let client = world.idle();
        let timeout = Some(Time::from_secs(2));
        if !is_late {
            world[client].peer.set_connect_timeout(timeout);
        }
        join(&mut world, client, server);
        world.run(PATIENCE);
        world[client].peer.set_connect_timeout(timeout);
        world.network.advance_to(Time::from_millis(1990));
        world.poll(client);
        assert_eq!(world[client].peer.status(), Status::Connecting);
        let now = Time::from_millis(2000);
        world.network.advance_to(now);
        world[client].peer.begin_poll(now).expect("active");
        let error = world[client].peer.next_name_error().expect("an error");
        assert!(error.to_string().contains("\"slow\""), "{error}");
        world.poll(client);
        assert!(!world[client].peer.is_active());
    }
}

#[test]
fn the_chosen_time_of_an_attempt_counts_from_before_its_lookup() {
    let (mut world, server, client) = resolving(909);
    let timeout = Some(Time::from_secs(3));
    world[client].peer.set_connect_timeout(timeout);
    world.run(2 * PATIENCE);
    let now = world.now();
    world[server].peer.close(now);
    world.network.answer_lookups(true);
    assert!(world.run_until(40_000, |world| !world[client].peer.is_active()));
    let waited = world.now().as_millis();
    assert!((3000..3100).contains(&waited), "{waited} ms");
}

#[test]
fn what_is_known_of_a_remote_while_its_name_is_resolved() {
    let (mut world, server, client) = resolving(903);
    let port = world[server].peer.local_port();
    world.run(10);
    let peer = &mut world[client].peer;
    assert!(matches!(
        peer.peer_address(1),
        Err(PeerError::Unresolved(1))
    ));
    let (connection, id) = peer.connection_to(1).expect("a peer");
    assert_eq!(connection.borrow().state(id), PeerState::Connecting);
    assert_eq!(connection.borrow().address(id), None);
    assert_eq!(connection.borrow().resolving_port(id), port);
    assert_eq!(peer.set_peer_timeout(1, 1, 500, 900).ok(), Some(()));
    world.network.answer_lookups(true);
    world.poll(client);
    let peer = &world[client].peer;
    let (connection, id) = peer.connection_to(1).expect("a peer");
    let address = connection.borrow().address(id).expect("known");
    assert_eq!((address.ip(), Some(address.port())), (SERVER_IP, port));
    assert_eq!(connection.borrow().resolving_port(id), None);
}

#[test]
fn leaving_while_the_name_is_resolved_sends_nothing_and_the_answer_is_ignored() {
    let (mut world, server, client) = resolving(904);
    world.network.record();
    world.run(10);
    let now = world.now();
    world[client].peer.close(now);
    assert_eq!(world[client].peer.status(), Status::Disconnected);
    join(&mut world, client, server);
    world.run(10);
    let (connection, id) = world[client].peer.connection_to(1).expect("a peer");
    let now = world.now();
    (connection.borrow_mut()).disconnect(now, id, 3, Disconnect::Now);
    world.run(10);
    assert_eq!(world[client].peer.status(), Status::Disconnected);
    assert_eq!(world.network.answer_lookups(true), 2);
    world.run(PATIENCE);
    assert!(world.network.take_recording().is_empty());
    assert!(world[server].signals.is_empty());
    world.join(client, server);
    assert!(world.run_until(PATIENCE, |world| world[client].is_up()));
}

#[test]
fn a_script_sees_the_attempt_begin_or_fail() {
    for exists in [true, false] {
        let mut world = World::new(905);
        let (one, other) = (host(&world), host(&world));
        let port = i32::from(other.borrow().local_port().expect("active"));
        let begun = one.borrow_mut().connect("slow", port, 3, 0, world.now());
        let peer = begun.expect("goes on to resolve");
        assert_eq!(one.borrow().state(peer), PeerState::Connecting);
        assert_eq!(service(&world, &one), None);
        world.network.answer_lookups(exists);
        let mut event = None;
        for _ in 0..PATIENCE {
            event = service(&world, &one);
            let _ = service(&world, &other);
            if event.is_some() {
                break;
            }
            world.run(1);
        }
        match exists {
            true => assert_eq!(event, Some(Event::Connected { peer, data: 0 })),
            false => {
                let (data, cause) = (0, Cause::Unresolved);
                assert_eq!(event, Some(Event::Disconnected { peer, data, cause }));
            }
        }
        assert_eq!(one.borrow_mut().next_name_error().is_some(), !exists);
    }
}

#[test]
fn an_answer_ends_a_service_that_waits() {
    let world = World::new(906);
    let one = host(&world);
    let begun = one.borrow_mut().connect("slow", 9, 3, 0, world.now());
    let peer = begun.expect("goes on to resolve");
    let network = world.network.clone();
    let clock = || {
        let now = network.now() + Time::from_millis(5);
        network.advance_to(now);
        if now > Time::from_millis(500) {
            network.answer_lookups(false);
        }
        now
    };
    let event = one.borrow_mut().service(Time::from_secs(20), clock);
    let (data, cause) = (0, Cause::Unresolved);
    assert_eq!(
        event.expect("active"),
        Some(Event::Disconnected { peer, data, cause })
    );
    assert!(network.now() < Time::from_secs(2), "{:?}", network.now());
}

#[test]
fn datagrams_for_a_name_wait_for_its_address_and_are_bounded() {
    let world = World::new(907);
    let one = host(&world);
    let ip = BindAddress::Ip(SERVER_IP);
    let mut target = world.network.bind(ip, 7_000).expect("a socket");
    let send = |name: &str, data: &[u8]| one.borrow_mut().send_raw(world.now(), name, 7_000, data);
    for number in 0..64 {
        send("slow", &[number]).expect("waits");
    }
    assert!(matches!(send("slow", b"x"), Err(RawSendError::TooManyWait(name)) if name == "slow"));
    // One lookup serves them all.
    assert_eq!(world.network.answer_lookups(true), 1);
    assert_eq!(service(&world, &one), None);
    world.network.advance_to(world.now() + Time::from_millis(1));
    let mut got = Vec::new();
    while let Ok(1..) = target.receive(&mut |_, data| got.extend_from_slice(data)) {}
    assert_eq!(got, (0..64).collect::<Vec<u8>>());

    for index in 0..4 {
        send(&format!("slow{index}"), b"x").expect("waits");
    }
    assert!(send("slow4", b"x").is_err());
    assert!(send("slow0", &[0; 64 * 1024]).is_err());
    world.network.answer_lookups(false);
    assert_eq!(service(&world, &one), None);
    let mut errors = 0;
    while let Some(error) = one.borrow_mut().next_name_error() {
        assert!(matches!(error, NameError::Resolve { .. }));
        errors += 1;
    }
    assert_eq!(errors, 4);
    send("slow", b"x").expect("there is room again");
}
