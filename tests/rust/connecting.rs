//! Creating servers and clients, connecting, and refused clients.

use enet_multiplayer::{ClientOptions, CreateError, Mode, ServerOptions, Signal, Status};
use enet_net::{BindAddress, Host, Network};
use enet_proto::{PeerState, Time};
use sim::{SERVER_IP, World};

#[test]
fn a_client_connects_and_both_ends_report_it_once() {
    let mut world = World::new(1);
    let server = world.server(&ServerOptions::default());
    assert_eq!(world[server].peer.status(), Status::Connected);
    assert_eq!(world[server].peer.unique_id(), 1);
    let client = world.idle();
    let id = world.join(client, server);
    assert_eq!(world[client].peer.status(), Status::Connecting);
    assert_eq!(world[client].peer.unique_id(), id);
    world.run(1000);
    assert_eq!(world[server].signals, [Signal::PeerConnected(id)]);
    assert_eq!(world[client].signals, [Signal::PeerConnected(1)]);
    assert_eq!(world[client].peer.status(), Status::Connected);
}

#[test]
fn nothing_is_sent_before_the_first_poll() {
    let mut world = World::new(2);
    let server = world.server(&ServerOptions::default());
    world.network.record();
    let client = world.client(server);
    assert!(world.network.take_recording().is_empty());
    world.poll(client);
    assert_eq!(world.network.take_recording().len(), 1, "one CONNECT");
}

#[test]
fn an_unanswered_attempt_ends_after_31_5_seconds_without_a_signal() {
    let mut world = World::new(3);
    let client = world.idle();
    let options = ClientOptions {
        unique_id: 5,
        ..ClientOptions::new("server", 9)
    };
    let now = world.now();
    assert!(world[client].peer.create_client(&options, now).is_ok());
    assert!(world.run_until(40_000, |world| !world[client].peer.is_active()));
    let waited = world.now().as_millis();
    assert!((31_400..31_700).contains(&waited), "{waited} ms");
    assert!(world[client].signals.is_empty());
}

/// The chosen time counts for the whole attempt, also where it is longer than that of ENet's limits: the CONNECT is
/// repeated at least every 8 seconds then, for a server that starts late.
#[test]
fn an_attempt_ends_after_the_chosen_time() {
    for (seconds, is_late) in [(3, false), (3, true), (60, false)] {
        let mut world = World::new(9);
        let client = world.idle();
        let set = |world: &mut World| {
            let timeout = Some(Time::from_secs(seconds));
            world[client].peer.set_connect_timeout(timeout);
        };
        if !is_late {
            set(&mut world);
        }
        let now = world.now();
        let options = ClientOptions {
            unique_id: 5,
            ..ClientOptions::new("server", 9)
        };
        assert!(world[client].peer.create_client(&options, now).is_ok());
        world.network.record();
        world.run(1000);
        if is_late {
            set(&mut world);
        }
        assert!(world.run_until(100_000, |world| !world[client].peer.is_active()));
        let waited = world.now().as_millis();
        let expected = u128::from(seconds) * 1000;
        assert!((expected..expected + 50).contains(&waited), "{waited} ms");
        let asked = world.network.take_recording().len();
        assert_eq!(asked, if seconds == 3 { 3 } else { 11 });
    }
}

#[test]
fn limits_of_the_peer_end_an_attempt_before_the_chosen_time() {
    let mut world = World::new(10);
    let client = world.idle();
    let timeout = Some(Time::from_secs(20));
    world[client].peer.set_connect_timeout(timeout);
    let now = world.now();
    let options = ClientOptions {
        unique_id: 5,
        ..ClientOptions::new("server", 9)
    };
    assert!(world[client].peer.create_client(&options, now).is_ok());
    {
        let host = world[client].peer.host().expect("active");
        let mut host = host.borrow_mut();
        let peer = host.peers()[0];
        host.set_timeout(peer, 1, 1000, 2000).expect("valid");
    }
    assert!(world.run_until(10_000, |world| !world[client].peer.is_active()));
    let waited = world.now().as_millis();
    assert!((1500..1600).contains(&waited), "{waited} ms");
}

/// The time of the attempt is none of the connection.
#[test]
fn a_connection_outlives_the_time_of_its_attempt() {
    let mut world = World::new(11);
    let server = world.server(&ServerOptions::default());
    let client = world.idle();
    let timeout = Some(Time::from_secs(1));
    world[client].peer.set_connect_timeout(timeout);
    world.join(client, server);
    world.run(5000);
    assert!(world[client].is_up());
}

#[test]
fn a_full_server_refuses_clients_until_there_is_room() {
    let mut world = World::new(4);
    let options = ServerOptions {
        max_clients: 1,
        ..ServerOptions::default()
    };
    let server = world.server(&options);
    let first = world.client(server);
    world.run(100);
    let second = world.client(server);
    assert!(world.run_until(100, |world| !world[second].peer.is_active()));
    assert!(world[second].signals.is_empty());
    let now = world.now();
    world[first].peer.close(now);
    world.run(20);
    world.join(second, server);
    assert!(world.run_until(20_000, |world| world[second].is_up()));
}

#[test]
fn a_refused_client_is_told() {
    let mut world = World::new(5);
    let server = world.server(&ServerOptions::default());
    world[server].peer.set_refuse_new_connections(true);
    let client = world.client(server);
    assert!(world.run_until(1000, |world| !world[client].peer.is_active()));
    assert_eq!(world[client].signals, []);
    assert!(world[server].signals.is_empty());
    // The slot of the refused client is free again.
    world[server].peer.set_refuse_new_connections(false);
    let second = world.client(server);
    assert!(world.run_until(1000, |world| world[second].is_up()));
}

#[test]
fn clients_with_invalid_ids_are_rejected() {
    for data in [0, 1, 0x8000_0000, u32::MAX] {
        let mut world = World::new(6);
        let (server, _) = world.connected(0);
        let mut stranger = raw_client(&mut world, server, data);
        assert!(dismissed(&mut world, &mut stranger), "id {data}");
        assert!(world[server].signals.is_empty(), "id {data}");
    }
}

#[test]
fn an_id_is_accepted_only_once() {
    let mut world = World::new(7);
    let server = world.server(&ServerOptions::default());
    let client = world.client(server);
    world.run(100);
    let id = world[client].peer.unique_id() as u32;
    let mut double = raw_client(&mut world, server, id);
    assert!(dismissed(&mut world, &mut double));
    assert_eq!(world[server].signals.len(), 1);
    assert!(world[client].is_up());
}

/// A plain host that connects with arbitrary data.
fn raw_client(world: &mut World, server: sim::NodeId, data: u32) -> (Host, enet_proto::PeerId) {
    let config = enet_proto::HostConfig::new(1, 77, world.now());
    let transport = world.network.bind(BindAddress::Any, 0).expect("a port");
    let mut host = Host::new(&config, transport);
    let address = world.address(server);
    let peer = host
        .connect(world.now(), address, 255, data)
        .expect("a slot");
    (host, peer)
}

/// Whether the host is refused, without ever being connected.
fn dismissed(world: &mut World, (host, peer): &mut (Host, enet_proto::PeerId)) -> bool {
    let mut connected = false;
    for _ in 0..200 {
        host.service(world.now());
        while let Some(event) = host.next_event() {
            match event {
                enet_proto::Event::Connected { .. } => connected = true,
                enet_proto::Event::Disconnected { .. } => {
                    return !connected;
                }
                enet_proto::Event::Received { .. } | enet_proto::Event::OverLimit { .. } => {}
            }
        }
        world.run(5);
    }
    assert_eq!(host.state(*peer), PeerState::Connected);
    false
}

#[test]
fn wrong_settings_are_reported() {
    let mut world = World::new(8);
    let node = world.idle();
    let now = world.now();
    let peer = &mut world[node].peer;
    let good = ServerOptions::default();
    let mut bad = |options: ServerOptions| {
        let error = peer
            .create_server(&options, now)
            .expect_err("a wrong setting");
        assert_eq!(peer.mode(), Mode::Inactive);
        error
    };
    assert!(matches!(
        bad(ServerOptions {
            port: -1,
            ..good.clone()
        }),
        CreateError::LocalPort(-1)
    ));
    assert!(matches!(
        bad(ServerOptions {
            port: 65536,
            ..good.clone()
        }),
        CreateError::LocalPort(_)
    ));
    assert!(matches!(
        bad(ServerOptions {
            max_clients: 0,
            ..good.clone()
        }),
        CreateError::MaxPeers(0)
    ));
    assert!(matches!(
        bad(ServerOptions {
            max_clients: 4096,
            ..good.clone()
        }),
        CreateError::MaxPeers(_)
    ));
    assert!(matches!(
        bad(ServerOptions {
            in_bandwidth: -1,
            ..good.clone()
        }),
        CreateError::InBandwidth(-1)
    ));
    assert!(matches!(
        bad(ServerOptions {
            out_bandwidth: -1,
            ..good.clone()
        }),
        CreateError::OutBandwidth(-1)
    ));

    let client = |port, id| ClientOptions {
        unique_id: id,
        ..ClientOptions::new("server", port)
    };
    let mut bad = |options: ClientOptions| {
        peer.create_client(&options, now)
            .expect_err("a wrong setting")
    };
    assert!(matches!(bad(client(0, 5)), CreateError::RemotePort(0)));
    assert!(matches!(bad(client(70_000, 5)), CreateError::RemotePort(_)));
    assert!(matches!(
        bad(client(5, 1)),
        CreateError::UniqueId { id: 1, least: 2 }
    ));
    let nowhere = ClientOptions {
        unique_id: 5,
        ..ClientOptions::new("nowhere", 5)
    };
    assert!(matches!(bad(nowhere), CreateError::Resolve { .. }));
    assert!(peer.create_server(&good, now).is_ok(), "still usable");
    assert!(matches!(
        peer.create_server(&good, now),
        Err(CreateError::AlreadyActive)
    ));
}

#[test]
fn a_port_in_use_is_reported() {
    let mut world = World::new(9);
    let options = ServerOptions {
        port: 500,
        ..ServerOptions::default()
    };
    world.server(&options);
    let second = world.idle();
    let now = world.now();
    let error = world[second].peer.create_server(&options, now);
    assert!(matches!(error, Err(CreateError::Bind { port: 500, .. })));
}

#[test]
fn a_client_uses_its_bind_address_only_with_a_local_port() {
    let mut world = World::new(10);
    let server = world.server(&ServerOptions::default());
    let port = world.address(server).port();
    let elsewhere = "10.0.0.2".parse().expect("an address");
    for (local_port, address) in [(0, SERVER_IP), (600, elsewhere)] {
        let client = world.idle();
        let now = world.now();
        world[client]
            .peer
            .set_bind_address(BindAddress::Ip(elsewhere));
        let options = ClientOptions {
            local_port,
            unique_id: 5 + local_port,
            ..ClientOptions::new("server", port.into())
        };
        assert!(world[client].peer.create_client(&options, now).is_ok());
        world.network.record();
        world.poll(client);
        let sent = world.network.take_recording();
        assert_eq!(sent[0].0.ip(), address);
    }
}

#[test]
fn compression_is_switched_at_run_time() {
    let mut world = World::new(11);
    let (server, clients) = world.connected(1);
    let client = clients[0];
    let text = [b'a'; 1000];
    let mut sizes = Vec::new();
    for mode in enet_codec::Compression::all(None) {
        for node in [server, client] {
            world.with_host(node, |host| host.set_compression(mode.clone()));
        }
        world.network.record();
        world[server].packets.clear();
        world
            .send(client, 1, Default::default(), 0, &text)
            .expect("sent");
        let sent = world.network.take_recording();
        sizes.push(sent.iter().map(|(_, _, bytes)| bytes.len()).max());
        assert!(world.run_until(500, |world| world[server].packets.len() == 1));
        assert_eq!(world[server].packets[0].data, text);
    }
    assert!(sizes.len() >= 6 && sizes[0] > Some(1000), "{sizes:?}");
    assert!(sizes[1..].iter().all(|size| *size < Some(200)), "{sizes:?}");
    // An end without the codec drops datagrams that it cannot decompress.
    world[server].packets.clear();
    world.with_host(server, |host| {
        host.set_compression(enet_codec::Compression::None)
    });
    world
        .send(client, 1, Default::default(), 0, &text)
        .expect("sent");
    world.run(500);
    assert!(world[server].packets.is_empty());
}

/// Games choose the codec, or encryption, after they create the client.
#[test]
fn a_codec_that_is_set_before_the_first_poll_compresses_the_connection_request() {
    let mut world = World::new(108);
    let server = world.server(&ServerOptions::default());
    let client = world.idle();
    let now = world.now();
    let peer = &mut world[client].peer;
    peer.set_flush_mode(enet_multiplayer::FlushMode::OnFlush, now);
    world.network.record();
    world.join(client, server);
    let peer = &mut world[client].peer;
    peer.set_compression(enet_codec::Compression::RangeCoder);
    world.run(10);
    let sent = world.network.take_recording();
    let (_, _, request) = sent.first().expect("a request");
    assert!(enet_proto::datagram::is_compressed(request), "{request:?}");
}
