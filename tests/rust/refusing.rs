//! Who is let in, and that the others are told: our engine as the server, in memory, with clients of
//! both engines. The test hands their datagrams on.

mod stage;

use enet_codec::Compression;
use enet_codec::{Codec, RangeCoder};
use enet_proto::Disconnect;
use enet_proto::{Admission, Event, HostConfig, PacketFlags, PeerState, Timeout};
use sim::oracle::Engine;
use sim::oracle::OwnEngine;

use stage::{BOTH, SERVER, START, Settings, Stage, USUAL, address};

#[test]
fn who_finds_no_slot_is_told_at_once() {
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
fn nobody_comes_in_where_nobody_shall() {
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
fn unique_ids_are_in_range_and_given_once() {
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

/// Whatever data the server gives with its goodbye.
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
fn an_id_is_taken_while_its_connection_is_to_end_later() {
    let mut stage = Stage::new(OwnEngine::boxed, USUAL);
    stage.server.set_admission(sim::oracle::UNIQUE_IDS);
    let first = stage.join(7);
    let peer = stage.connected()[0];
    // It has to deliver this first.
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
    // The disconnect data is nobody's id.
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
fn an_id_is_free_again_when_its_owner_is_given_up() {
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
fn too_many_from_an_address_are_told() {
    for make in BOTH {
        let settings = Settings {
            max_peers_per_address: 2,
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
fn unless_asked_to_answer_a_server_is_silent_as_in_c() {
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
        // Whoever keeps asking comes in as soon as he may.
        stage.server.set_admission(Admission::Everybody);
        let first = stage.connected()[0];
        stage
            .server
            .disconnect(stage.now, first, 0, Disconnect::Now);
        stage.run(4000);
        assert_eq!(stage.connected().len(), 1);
    }
}

/// The answer to a CONNECT is repeated with it; only a new one is judged.
#[test]
fn a_connection_that_has_begun_is_not_refused() {
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
        // The network doubled it.
        stage.sizes_out.clear();
        stage.server.receive(stage.now, from, &connect);
        stage.exchange();
        assert!(stage.sizes_out.is_empty());
        assert!(stage.is_in(client));
    }
}

/// A server that lets nobody in, and what it answers a client's CONNECT.
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
    // The client hears nothing of it all.
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
fn a_refusal_that_gets_lost_is_made_up_for_by_the_next() {
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
fn only_who_was_asked_can_refuse() {
    let (stage, _, answer) = refused(USUAL);
    let mut client = stage.clients.into_iter().next().expect("a client");
    for stranger in [([10, 0, 0, 2], SERVER), ([10, 0, 0, 1], SERVER + 1)] {
        client.engine.receive(stage.now, stranger.into(), &answer);
        assert_eq!(client.engine.state(client.peer), PeerState::Connecting);
    }
    client.engine.receive(stage.now, address(SERVER), &answer);
    assert_eq!(client.engine.state(client.peer), PeerState::Disconnected);
    let (peer, data) = (client.peer, 0);
    let ended = Event::Disconnected { peer, data };
    assert_eq!(client.engine.next_event(), Some(ended));
}

#[test]
fn nobody_refuses_for_everybody() {
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

/// Its address and slot can be read on the way; that is not enough.
#[test]
fn a_connect_forged_in_the_name_of_somebody_connected_does_him_no_harm() {
    let mut stage = Stage::new(OwnEngine::boxed, USUAL);
    let client = stage.join(5);
    let (_, mut connect, _) = refused(USUAL);
    // Another token.
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
fn with_codec_and_checksum_a_refusal_is_understood_and_shorter_than_what_was_asked() {
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

/// About the smallest CONNECT there can be.
#[test]
fn a_connect_that_packs_well_is_not_shorter_than_its_refusal() {
    let (mut stage, ..) = refused(Settings {
        compression: Compression::RangeCoder,
        ..USUAL
    });
    let mut plain = [0; 48];
    // CONNECT, with two channels.
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
