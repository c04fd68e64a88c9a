//! Attempts that fail for encryption.

use enet_dtls::Dtls;
use enet_multiplayer::{Reason, ServerOptions, Signal};
use sim::{NodeId, World};

use super::{LONG, end};
use crate::dtls::{certificates::Pair, identity, own, trusting};

fn encrypted_server(world: &mut World, pair: &Pair) -> NodeId {
    let server = world.server(&ServerOptions::default());
    let dtls = Dtls::server(&identity(pair), world.now()).expect("a server");
    encrypt(world, server, dtls);
    server
}

fn encrypt(world: &World, node: NodeId, dtls: Dtls) {
    let host = world[node].peer.host().expect("active").clone();
    let done = host.borrow_mut().encrypt(dtls, world.now());
    done.expect("encrypted");
}

#[test]
fn a_refused_certificate_is_explained() {
    let mut world = World::new(1020);
    let server = encrypted_server(&mut world, &own());
    let client = world.client(server);
    encrypt(&world, client, Dtls::client(trusting(&own()), world.now()));
    world.run(LONG);
    let [(signal, why, text)] = &world[client].ends.clone()[..] else {
        panic!("{:?}", world[client].ends);
    };
    assert_eq!(*signal, Signal::ConnectionFailed);
    assert_eq!(*why, end(Reason::Handshake, 0));
    assert!(text.contains("is not signed by"), "{text}");
    // The line for the log is still to come: closing the host did not drop it.
    let now = world.now();
    let line = world[client].peer.next_failed(now).expect("a line");
    assert_eq!(&line.failed.reason.to_string(), text);
    assert!(world[client].peer.next_failed(now).is_none());
}

#[test]
fn a_server_that_does_not_encrypt_answers_no_handshake() {
    let mut world = World::new(1021);
    let server = world.server(&ServerOptions::default());
    let client = world.client(server);
    encrypt(&world, client, Dtls::client(trusting(&own()), world.now()));
    world.run(LONG);
    assert_eq!(world[client].peer.ended(1), end(Reason::Handshake, 0));
}

#[test]
fn a_client_that_does_not_encrypt_is_told() {
    let mut world = World::new(1022);
    let server = encrypted_server(&mut world, &own());
    let client = world.client(server);
    world.run(LONG);
    let told = end(Reason::NotEncrypted, Reason::NotEncrypted.code());
    assert_eq!(world[client].peer.ended(1), told);
    assert_eq!(world[client].ends.len(), 1);
    assert!(world[client].peer.take_server_is_encrypted().is_some());
}
