//! Clients that do not encrypt, at a server that does.

use std::net::SocketAddr;

use enet_codec::Compression;
use enet_multiplayer::SharedConnection;
use enet_proto::{Cause, Event, Limits, Refusal, Time};
use sim::{SERVER_IP, World};

use super::{
    client, connect, host, is_connected, is_disconnected, joined, own, serve_until, server,
    trusting,
};

/// Seconds in which a client must hear of its refusal: an unanswered attempt lasts 31.5.
const AT_ONCE: u64 = 1;

fn address_of(server: &SharedConnection) -> SocketAddr {
    (SERVER_IP, server.borrow().local_port().expect("active")).into()
}

fn compress(host: &SharedConnection, mode: Compression) {
    host.borrow_mut().set_compression(mode).expect("active");
}

/// A CONNECT, as a stock client sends it.
fn request(token: u32) -> Vec<u8> {
    let mut bytes = vec![0x8F, 0xFF, 0, 0, 0x82, 0xFF, 0, 1, 0, 0, 0xFF, 0xFF];
    for field in [1392, 65536, 4, 0, 0, 5000, 2, 2, token, 7] {
        bytes.extend(field.to_be_bytes());
    }
    bytes
}

#[test]
fn a_plain_client_learns_at_once_why_it_is_refused() {
    for mode in [
        Compression::None,
        Compression::RangeCoder,
        Compression::FastLz,
    ] {
        let mut world = World::new(1);
        let server = server(&mut world, &own());
        compress(&server, mode.clone());
        for attempt in 0..2 {
            let client = host(&mut world, 1);
            compress(&client, mode.clone());
            let peer = connect(&world, &client, &server);
            let hosts = [&server, &client];
            let events = serve_until(&mut world, &hosts, AT_ONCE, is_disconnected(1));
            let (data, cause) = (Refusal::NotEncrypted.code(), Cause::Remote);
            assert_eq!(events, [(1, Event::Disconnected { peer, data, cause })]);
            let error = client.borrow_mut().take_server_is_encrypted();
            let text = error.expect("an error").to_string();
            assert!(text.contains("dtls_client_setup"), "{text}");
            assert_eq!(client.borrow_mut().take_server_is_encrypted(), None);

            let warning = server.borrow_mut().unencrypted(world.now());
            assert_eq!(
                warning.is_some(),
                attempt == 0,
                "one warning in ten seconds"
            );
            if let Some(warning) = warning {
                let text = warning.to_string();
                let start = "2 requests to connect were refused (the last one from 10.";
                assert!(text.starts_with(start), "{text}");
                assert!(text.contains("dtls_client_setup"), "{text}");
            }
        }
        assert!(server.borrow().peers().is_empty());
    }
}

/// The server cannot read the request, so there is no answer. It knows that there was one.
#[test]
fn a_request_in_an_unknown_codec_is_warned_of() {
    let mut world = World::new(2);
    let server = server(&mut world, &own());
    let packed = {
        let mut codec = Compression::RangeCoder.codec().expect("a codec");
        let mut datagram = request(9);
        let done = enet_proto::datagram::compress(&mut datagram, false, &mut Vec::new(), |a, b| {
            codec.compress(a, b)
        });
        assert!(done);
        datagram
    };
    let from = ([10, 9, 9, 9], 9).into();
    world.network.forge(from, address_of(&server), &packed);
    world.network.record();
    serve_until(&mut world, &[&server], AT_ONCE, |_| false);
    assert!(
        world
            .network
            .take_recording()
            .iter()
            .all(|(sender, ..)| *sender == from)
    );
    let warning = server.borrow_mut().unencrypted(world.now());
    assert_eq!(warning.map(|it| (it.address, it.count)), Some((from, 1)));
}

/// A flood costs its sender more than the server answers, leaves nothing, and keeps no player out.
#[test]
fn forged_requests_are_answered_in_limits_and_leave_nothing() {
    let mut world = World::new(3);
    let pair = own();
    let server = server(&mut world, &pair);
    let (victim, to) = (([10, 9, 9, 9], 9).into(), address_of(&server));
    world.network.record();
    for token in 0..2000 {
        world.network.forge(victim, to, &request(token));
        if token % 100 == 0 {
            serve_until(&mut world, &[&server], 0, |_| true);
            world.run(1);
        }
    }
    serve_until(&mut world, &[&server], AT_ONCE, |_| false);
    let recording = world.network.take_recording();
    let answers = recording
        .iter()
        .filter(|(_, receiver, _)| *receiver == victim);
    let sizes: Vec<_> = answers.map(|(_, _, bytes)| bytes.len()).collect();
    assert!(sizes.iter().all(|&size| size == 10), "{sizes:?}");
    let most = Limits::new(32).connects_per_second_per_address as usize;
    assert!((most..=2 * most).contains(&sizes.len()), "{}", sizes.len());
    let host = server.borrow();
    let drops = host.drops().expect("active");
    assert_eq!(drops.refused, sizes.len() as u64);
    assert_eq!(drops.refused + drops.over_limit, 2000);
    assert!(host.peers().is_empty());
    drop(host);
    let warning = server.borrow_mut().unencrypted(world.now());
    assert_eq!(warning.map(|it| it.count), Some(2000));

    for number in 0..3000u32 {
        let [_, _, high, low] = number.to_be_bytes();
        let from = ([10, 7, high, low], 9).into();
        world.network.forge(from, to, &request(number));
    }
    let client = client(&mut world, &server, trusting(&pair));
    let events = serve_until(&mut world, &[&server, &client], AT_ONCE, is_connected(1));
    assert!(is_connected(1)(&events), "{events:?}");
}

/// Requests in a player's name end nothing, and what is in the clear never reaches the protocol as if it were encrypted.
#[test]
fn forged_requests_do_not_concern_players() {
    let mut world = World::new(4);
    let (server, client) = joined(&mut world);
    let to = address_of(&server);
    let player = {
        let host = server.borrow();
        let peer = host.peers()[0];
        host.address(peer).expect("connected")
    };
    for token in 0..20 {
        world.network.forge(player, to, &request(token));
        // The answer to a plain client, at a client that encrypts.
        let refusal = [0, 0, 0x44, 0xFF, 0, 1, 0x45, 0x4E, 0x54, 0x0A];
        world.network.forge(to, player, &refusal);
    }
    let events = serve_until(&mut world, &[&server, &client], 5, |_| false);
    assert!(events.is_empty(), "{events:?}");
    assert_eq!(server.borrow().peers().len(), 1);
    assert_eq!(client.borrow_mut().take_server_is_encrypted(), None);
}

/// An encrypted client is no server: it answers no requests.
#[test]
fn an_encrypted_client_answers_no_request() {
    let mut world = World::new(5);
    let (server, client) = joined(&mut world);
    let at = {
        let host = server.borrow();
        let peer = host.peers()[0];
        host.address(peer).expect("connected")
    };
    let stranger: SocketAddr = ([10, 9, 9, 9], 9).into();
    world.network.record();
    world.network.forge(stranger, at, &request(1));
    serve_until(&mut world, &[&server, &client], 1, |_| false);
    let recording = world.network.take_recording();
    assert!(
        recording
            .iter()
            .all(|(_, receiver, _)| *receiver != stranger)
    );
    assert!(
        client
            .borrow_mut()
            .unencrypted(Time::from_secs(99))
            .is_none()
    );
}

/// What a remote says when a connection was up is its own affair.
#[test]
fn a_connection_that_was_up_ends_without_the_error() {
    let mut world = World::new(6);
    let (server, client) = joined(&mut world);
    let now = world.now();
    let peer = server.borrow().peers()[0];
    let how = enet_proto::Disconnect::Acknowledged;
    let data = Refusal::NotEncrypted.code();
    server.borrow_mut().disconnect(now, peer, data, how);
    let events = serve_until(&mut world, &[&server, &client], 5, is_disconnected(1));
    assert!(is_disconnected(1)(&events));
    assert_eq!(client.borrow_mut().take_server_is_encrypted(), None);
}
