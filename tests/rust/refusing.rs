//! Admission of clients, and refusals sent to the others: our engine as the server, in memory, with
//! clients of both engines. The test delivers their datagrams.

mod stage;

use enet_codec::Compression;
use enet_codec::{Codec, RangeCoder};
use enet_proto::Disconnect;
use enet_proto::{Admission, Cause, Event, HostConfig, PacketFlags, PeerState, Timeout};
use sim::oracle::Engine;
use sim::oracle::OwnEngine;

use stage::{BOTH, SERVER, START, Settings, Stage, USUAL, address};

#[test]
fn a_full_server_refuses_at_once() {
    for make in BOTH {
        let mut stage = Stage::new(make, USUAL);
        let inside: Vec<_> = (0..4).map(|data| stage.join(data)).collect();
        let late = stage.join(9);
        assert!(stage.is_refused(late));
        assert!(inside.iter().all(|&client| stage.is_in(client)));
        let first = stage.connected()[0];
        assert_eq!(stage.server.connected_peers(), 4);
        stage
            .server
            .disconnect(stage.now, first, 0, Disconnect::Now);
        let next = stage.join(10);
        assert!(stage.is_in(next));
        assert_eq!(stage.server.connected_peers(), 4);
    }
}

#[test]
fn a_server_that_admits_nobody_refuses_every_client() {
    for make in BOTH {
        let mut stage = Stage::new(make, USUAL);
        let first = stage.join(5);
        stage.server.set_admission(Admission::Nobody);
        let refused: Vec<_> = (0..8).map(|data| stage.join(data)).collect();
        assert!(refused.iter().all(|&client| stage.is_refused(client)));
        assert!(stage.is_in(first));
        assert_eq!(stage.connected().len(), 1);
        stage.server.set_admission(Admission::Everybody);
        let next = stage.join(5);
        assert!(stage.is_in(next));
    }
}

#[test]
fn unique_ids_must_be_in_range_and_unused() {
    for make in BOTH {
        let settings = Settings {
            max_peers: 8,
            ..USUAL
        };
        let mut stage = Stage::new(make, settings);
        stage.server.set_admission(sim::oracle::UNIQUE_IDS);
        for data in [0, 1, 1 << 31, u32::MAX] {
            let client = stage.join(data);
            assert!(stage.is_refused(client), "{data}");
        }
        for data in [2, 3, i32::MAX as u32] {
            let client = stage.join(data);
            assert!(stage.is_in(client), "{data}");
            let second = stage.join(data);
            assert!(stage.is_refused(second), "{data} again");
            assert!(stage.is_in(client), "{data}");
        }
        assert_eq!(stage.connected().len(), 3);
    }
}

/// The id is free whichever disconnect data the server sends.
#[test]
fn an_id_is_free_again_when_its_connection_ends() {
    use Disconnect::{Acknowledged, Later, Now, Silent};
    for make in BOTH {
        for how in [Acknowledged, Later, Now, Silent] {
            let mut stage = Stage::new(make, USUAL);
            stage.server.set_admission(sim::oracle::UNIQUE_IDS);
            stage.join(7);
            let peer = stage.connected()[0];
            stage.server.disconnect(stage.now, peer, 0, how);
            stage.exchange();
            let second = stage.join(7);
            assert!(stage.is_in(second), "{how:?}");
            let third = stage.join(7);
            assert!(stage.is_refused(third), "{how:?}");
        }
    }
}

#[test]
fn an_id_stays_taken_while_its_connection_waits_to_disconnect() {
    let mut stage = Stage::new(OwnEngine::boxed, USUAL);
    stage.server.set_admission(sim::oracle::UNIQUE_IDS);
    let first = stage.join(7);
    let peer = stage.connected()[0];
    // The connection has to deliver this packet before it ends.
    let sent = stage
        .server
        .send(stage.now, peer, 0, PacketFlags::RELIABLE, &[1]);
    sent.expect("queued");
    stage
        .server
        .disconnect(stage.now, peer, 9, Disconnect::Later);
    assert_eq!(stage.server.state(peer), PeerState::DisconnectLater);
    stage.clients[first].address = address(999);
    let second = stage.join(7);
    assert!(stage.is_refused(second));
    // The disconnect data does not count as an id in use.
    let third = stage.join(9);
    assert!(stage.is_in(third));
    stage
        .server
        .disconnect(stage.now, peer, 0, Disconnect::Silent);
    for (data, comes_in) in [(7, true), (7, false), (9, false)] {
        let client = stage.join(data);
        assert_eq!(stage.is_in(client), comes_in, "{data}");
    }
}

#[test]
fn an_id_is_free_again_when_its_connection_times_out() {
    let mut stage = Stage::new(OwnEngine::boxed, USUAL);
    stage.server.set_admission(sim::oracle::UNIQUE_IDS);
    let gone = stage.join(7);
    let peer = stage.connected()[0];
    let timeout = Timeout {
        limit: 1,
        minimum: 100,
        maximum: 1000,
    };
    stage.server.set_timeout(peer, timeout);
    stage.clients.remove(gone);
    stage.run(5000);
    assert_eq!(stage.server.state(peer), PeerState::Disconnected);
    let second = stage.join(7);
    assert!(stage.is_in(second));
}

#[test]
fn too_many_connections_from_an_address_are_refused() {
    for make in BOTH {
        let settings = Settings {
            peers_per_address: 2,
            ..USUAL
        };
        let mut stage = Stage::new(make, settings);
        let clients: Vec<_> = (0..4).map(|data| stage.join(data)).collect();
        let inside = clients.iter().map(|&client| stage.is_in(client));
        assert_eq!(inside.collect::<Vec<_>>(), [true, true, false, false]);
        assert!(stage.is_refused(2) && stage.is_refused(3));
    }
}

#[test]
fn by_default_a_server_refuses_silently_as_in_c() {
    assert!(!HostConfig::new(1, 1, START).answers_refused);
    let settings = Settings {
        answers: false,
        max_peers: 1,
        ..USUAL
    };
    for make in BOTH {
        let mut stage = Stage::new(make, settings.clone());
        stage.join(5);
        stage.sizes_out.clear();
        for admission in [
            Admission::Everybody,
            Admission::Nobody,
            sim::oracle::UNIQUE_IDS,
        ] {
            stage.server.set_admission(admission);
            stage.join(5);
        }
        assert!(stage.sizes_out.is_empty());
        assert!(stage.clients[1..].iter().all(|client| !client.is_over));
        // Clients that keep retransmitting CONNECT are admitted as soon as there is room.
        stage.server.set_admission(Admission::Everybody);
        let first = stage.connected()[0];
        stage
            .server
            .disconnect(stage.now, first, 0, Disconnect::Now);
        stage.run(4000);
        assert_eq!(stage.connected().len(), 1);
    }
}

/// The server repeats its answer to a repeated CONNECT; only a new CONNECT is subject to admission.
#[test]
fn a_repeated_connect_of_a_connected_client_is_not_refused() {
    for make in BOTH {
        let mut stage = Stage::new(make, USUAL);
        let client = stage.begin(5);
        let mut connect = Vec::new();
        let engine = &mut stage.clients[client].engine;
        engine.flush(stage.now);
        assert!(engine.next_datagram(&mut connect).is_some());
        let from = stage.clients[client].address;
        stage.server.receive(stage.now, from, &connect);
        let mut lost = Vec::new();
        assert!(stage.server.next_datagram(&mut lost).is_some());
        stage.server.set_admission(Admission::Nobody);
        stage.run(2000);
        assert!(stage.is_in(client));
        // The network duplicated the CONNECT.
        stage.sizes_out.clear();
        stage.server.receive(stage.now, from, &connect);
        stage.exchange();
        assert!(stage.sizes_out.is_empty());
        assert!(stage.is_in(client));
    }
}

/// A server that admits nobody, a client's CONNECT, and the server's answer.
fn refused(settings: Settings) -> (Stage, Vec<u8>, Vec<u8>) {
    let mut stage = Stage::new(OwnEngine::boxed, settings);
    stage.server.set_admission(Admission::Nobody);
    let client = stage.begin(5);
    let (mut connect, mut answer) = (Vec::new(), Vec::new());
    let client = &mut stage.clients[client];
    client.engine.flush(stage.now);
    assert!(client.engine.next_datagram(&mut connect).is_some());
    stage.server.receive(stage.now, client.address, &connect);
    assert_eq!(
        stage.server.next_datagram(&mut answer),
        Some(client.address)
    );
    (stage, connect, answer)
}

#[test]
fn a_refusal_is_sent_once_for_each_connect() {
    let (mut stage, connect, answer) = refused(USUAL);
    let from = stage.clients[0].address;
    // The client receives none of the refusals.
    stage.clients.clear();
    stage.run(60_000);
    assert!(stage.sizes_out.is_empty());
    for _ in 0..3 {
        stage.server.receive(stage.now, from, &connect);
        stage.exchange();
    }
    assert_eq!(stage.sizes_out, [answer.len(); 3]);
}

#[test]
fn a_lost_refusal_is_replaced_by_the_next_one() {
    for make in BOTH {
        let mut stage = Stage::new(make, USUAL);
        stage.server.set_admission(Admission::Nobody);
        let client = stage.begin(5);
        stage.loses_answers = true;
        stage.exchange();
        assert_eq!(stage.sizes_out.len(), 1);
        assert!(!stage.clients[client].is_over);
        stage.loses_answers = false;
        stage.run(490);
        assert_eq!(stage.sizes_out.len(), 1);
        stage.run(20);
        assert_eq!(stage.sizes_out.len(), 2);
        assert!(stage.is_refused(client));
    }
}

#[test]
fn only_the_server_that_was_asked_can_refuse() {
    let (stage, _, answer) = refused(USUAL);
    let mut client = stage.clients.into_iter().next().expect("a client");
    for stranger in [([10, 0, 0, 2], SERVER), ([10, 0, 0, 1], SERVER + 1)] {
        client.engine.receive(stage.now, stranger.into(), &answer);
        assert_eq!(client.engine.state(client.peer), PeerState::Connecting);
    }
    client.engine.receive(stage.now, address(SERVER), &answer);
    assert_eq!(client.engine.state(client.peer), PeerState::Disconnected);
    let (peer, data, cause) = (client.peer, 0, Cause::Remote);
    let ended = Event::Disconnected { peer, data, cause };
    assert_eq!(client.engine.next_event(), Some(ended));
}

#[test]
fn a_refusal_does_not_end_a_broadcast_connect() {
    let mut server = Stage::new(OwnEngine::boxed, USUAL).server;
    let mut client = OwnEngine::new(&HostConfig::new(1, 2, START));
    let everybody = ([255, 255, 255, 255], SERVER).into();
    let peer = client.connect(START, everybody, 1, 7).expect("a slot");
    client.flush(START);
    let (mut connect, mut answer) = (Vec::new(), Vec::new());
    assert!(client.next_datagram(&mut connect).is_some());
    for (admission, state) in [
        (Admission::Nobody, PeerState::Connecting),
        (Admission::Everybody, PeerState::Connected),
    ] {
        server.set_admission(admission);
        server.receive(START, address(2), &connect);
        assert!(server.next_datagram(&mut answer).is_some());
        client.receive(START, address(SERVER), &answer);
        assert_eq!(client.state(peer), state, "{admission:?}");
    }
}

/// Address and slot of a connection can be read on its path, but do not suffice to end it.
#[test]
fn a_forged_connect_does_not_harm_an_existing_connection() {
    let mut stage = Stage::new(OwnEngine::boxed, USUAL);
    let client = stage.join(5);
    let (_, mut connect, _) = refused(USUAL);
    // The forged CONNECT has another token.
    connect[47] ^= 1;
    stage.server.set_admission(Admission::Nobody);
    let from = stage.clients[client].address;
    stage.sizes_out.clear();
    stage.server.receive(stage.now, from, &connect);
    stage.exchange();
    assert_eq!(stage.sizes_out.len(), 1, "a refusal");
    stage.run(2000);
    assert!(stage.is_in(client));
}

#[test]
fn with_codec_and_checksum_a_refusal_is_understood_and_shorter_than_the_connect() {
    for make in BOTH {
        for has_checksum in [false, true] {
            for compression in [Compression::None, Compression::RangeCoder] {
                let settings = Settings {
                    has_checksum,
                    compression,
                    ..USUAL
                };
                let (_, connect, answer) = refused(settings.clone());
                assert!(answer.len() < connect.len(), "{settings:?}");
                let mut stage = Stage::new(make, settings.clone());
                stage.server.set_admission(Admission::Nobody);
                let client = stage.join(5);
                assert!(stage.is_refused(client), "{settings:?}");
                assert_eq!(stage.sizes_out.len(), 1);
                stage.server.set_admission(Admission::Everybody);
                let next = stage.join(5);
                assert!(stage.is_in(next), "{settings:?}");
            }
        }
    }
}

/// The test uses about the smallest CONNECT that can be.
#[test]
fn a_refusal_is_no_longer_than_a_well_compressed_connect() {
    let (mut stage, ..) = refused(Settings {
        compression: Compression::RangeCoder,
        ..USUAL
    });
    let mut plain = [0; 48];
    // A CONNECT with two channels.
    plain[0] = 2;
    plain[19] = 2;
    let mut packed = [0; 48];
    let size = RangeCoder::new().compress(&plain, &mut packed);
    let packed = &packed[..size.expect("it packs")];
    assert_eq!(packed.len(), 9);
    let datagram = [&[0x4F, 0xFF], packed].concat();
    stage.server.receive(stage.now, address(50), &datagram);
    let mut answer = Vec::new();
    assert!(stage.server.next_datagram(&mut answer).is_some());
    assert!(answer.len() <= datagram.len());
}
