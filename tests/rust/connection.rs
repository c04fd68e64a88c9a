//! Hosts driven by a script alone, and hosts shared by a script and a session.

use std::cell::RefCell;
use std::rc::Rc;

use enet_multiplayer::{
    ConnectError, Connection, CreateError, HostOptions, HostStatistic, Inactive, PacketError,
    SettingError, SharedConnection, Signal, Status,
};
use enet_proto::Disconnect;
use enet_proto::{Event, PeerId, PeerState, Time};
use sim::World;

#[test]
fn a_script_connects_sends_and_disconnects() {
    let mut world = World::new(200);
    let (one, other) = pair(&mut world, 4_000_000_000);
    let outgoing = other.borrow().peers()[0];
    assert_eq!(other.borrow().state(outgoing), PeerState::Connecting);
    let events = serve(&mut world, &[&one, &other], 40);
    let incoming = one.borrow().peers()[0];
    let [
        (0, Event::Connected { peer, data }),
        (1, Event::Connected { peer: to, .. }),
    ] = *in_order(&events)
    else {
        panic!("{events:?}");
    };
    assert_eq!((*peer, *data, *to), (incoming, 4_000_000_000, outgoing));
    assert!(other.borrow().is_outgoing(outgoing) && !one.borrow().is_outgoing(incoming));

    let now = world.now();
    let sent = other.borrow_mut().send(outgoing, 2, 1, b"hello", now);
    assert_eq!(sent, Ok(()));
    for (channel, flags, error) in [
        (
            -1,
            1,
            PacketError::Channel {
                channel: -1,
                count: 3,
            },
        ),
        (
            3,
            1,
            PacketError::NoSuchChannel {
                channel: 3,
                count: 3,
            },
        ),
        (
            4,
            1,
            PacketError::Channel {
                channel: 4,
                count: 3,
            },
        ),
        (0, 4, PacketError::Flags(4)),
        (3, -1, PacketError::Flags(-1)),
    ] {
        let sent = other.borrow_mut().send(outgoing, channel, flags, b"", now);
        assert_eq!(sent, Err(error));
    }
    let events = serve(&mut world, &[&one, &other], 40);
    assert!(matches!(
        events.as_slice(),
        [(0, Event::Received { channel: 2, data, .. })] if data == b"hello"
    ));

    let now = world.now();
    let how = Disconnect::Acknowledged;
    one.borrow_mut().disconnect(now, incoming, 77, how);
    assert_eq!(one.borrow().state(incoming), PeerState::Disconnecting);
    assert_eq!(one.borrow().channels(incoming), Some(0));
    let events = serve(&mut world, &[&one, &other], 40);
    let [
        (0, Event::Disconnected { data: 0, .. }),
        (1, Event::Disconnected { data: 77, .. }),
    ] = *in_order(&events)
    else {
        panic!("{events:?}");
    };
    assert!(one.borrow().peers().is_empty() && other.borrow().peers().is_empty());
    let sent = other.borrow_mut().send(outgoing, 0, 1, b"", world.now());
    assert_eq!(sent, Err(PacketError::Inactive));
}

#[test]
fn a_reset_peer_is_listed_until_the_next_service_and_reports_no_events() {
    let mut world = World::new(201);
    let (one, other) = pair(&mut world, 7);
    serve(&mut world, &[&one, &other], 40);
    let peer = one.borrow().peers()[0];
    let to = other.borrow().peers()[0];
    // A packet is in flight, or has even arrived.
    let now = world.now();
    other
        .borrow_mut()
        .send(to, 0, 1, b"late", now)
        .expect("sent");
    other.borrow_mut().flush(now).expect("active");
    world.network.advance_to(now + Time::from_millis(50));
    one.borrow_mut().host().expect("active").receive(now);
    one.borrow_mut()
        .disconnect(now, peer, 0, Disconnect::Silent);
    assert!(!one.borrow().is_active_peer(peer));
    assert_eq!(one.borrow().state(peer), PeerState::Disconnected);
    assert_eq!(one.borrow().peers(), [peer]);
    assert!(serve(&mut world, &[&one], 20).is_empty());
    assert!(one.borrow().peers().is_empty());
}

#[test]
fn a_cancelled_attempt_ends_at_once() {
    for how in [Disconnect::Acknowledged, Disconnect::Later, Disconnect::Now] {
        let mut world = World::new(202);
        let (_silent, other) = pair(&mut world, 7);
        let peer = other.borrow().peers()[0];
        other.borrow_mut().disconnect(world.now(), peer, 0, how);
        assert!(!other.borrow().is_active_peer(peer), "{how:?}");
        assert!(serve(&mut world, &[&other], 20).is_empty());
        // The host can try again.
        let again = other.borrow_mut().connect("server", 9, 0, 0, world.now());
        assert!(again.is_ok());
    }
}

#[test]
fn bad_arguments_are_reported_in_their_order() {
    let mut world = World::new(203);
    let now = world.now();
    let host = inactive(&mut world);
    let mut host = host.borrow_mut();
    let bound = |address: &str, port| HostOptions {
        bind: Some((address.to_owned(), port)),
        max_peers: 0,
        ..options()
    };
    let created = host.create(&bound("nowhere", -1), now);
    assert!(matches!(created, Err(CreateError::BindAddress(_))));
    let created = host.create(&bound("*", 65_536), now);
    assert!(matches!(created, Err(CreateError::LocalPort(65_536))));
    let created = host.create(&bound("*", 0), now);
    assert!(matches!(created, Err(CreateError::MaxPeers(0))));
    for channels in [-1, 256] {
        let options = HostOptions {
            max_channels: channels,
            in_bandwidth: -1,
            ..options()
        };
        let created = host.create(&options, now);
        assert!(matches!(created, Err(CreateError::MaxChannels(n)) if n == channels));
    }
    let begun = host.connect("server", 9, 0, 0, now);
    assert!(matches!(begun, Err(ConnectError::Inactive)));
    assert_eq!(host.destroy(), Err(Inactive));
    host.create(&options(), now).expect("a host");
    let created = host.create(&options(), now);
    assert!(matches!(created, Err(CreateError::AlreadyActive)));
    for port in [-1, 0, 65_536] {
        let begun = host.connect("nowhere", port, 0, 0, now);
        assert!(matches!(begun, Err(ConnectError::RemotePort(n)) if n == port));
    }
    let begun = host.connect("nowhere", 9, 0, 0, now);
    assert!(matches!(begun, Err(ConnectError::Resolve { .. })));
    let peer = host.connect("server", 9, 0, 0, now).expect("begins");
    let begun = host.connect("server", 9, 0, 0, now);
    assert!(matches!(begun, Err(ConnectError::HasPeer)));
    let set = host.set_timeout(peer, 5, 4, 9);
    assert!(matches!(set, Err(SettingError::TimeoutOrder { .. })));
    let set = host.set_timeout(peer, -1, 4, 9);
    assert!(matches!(set, Err(SettingError::OutOfRange { .. })));
    assert_eq!(host.set_timeout(peer, 0, 0, 0), Ok(()));
    let set = host.limit_bandwidth(0, -1);
    assert!(matches!(set, Err(SettingError::OutOfRange { .. })));
    for (limit, granted) in [(-1, 255), (0, 255), (7, 7), (255, 255), (256, 255)] {
        assert_eq!(host.set_channel_limit(limit), Ok(()));
        assert_eq!(host.channel_limit(), Ok(granted));
    }
}

#[test]
fn bytes_sent_by_one_host_are_bytes_received_by_the_other() {
    let mut world = World::new(204);
    let (one, other) = pair(&mut world, 7);
    serve(&mut world, &[&one, &other], 40);
    let pop = |host: &SharedConnection, statistic| {
        let popped = host.borrow_mut().pop_statistic(statistic);
        popped.expect("active")
    };
    for host in [&one, &other] {
        assert!(pop(host, HostStatistic::SentData) > 0);
        assert_eq!(pop(host, HostStatistic::SentData), 0);
        pop(host, HostStatistic::ReceivedData);
    }
    let peers = [one.borrow().peers()[0], other.borrow().peers()[0]];
    for (host, peer) in [(&one, peers[0]), (&other, peers[1])] {
        let data = vec![5; 5000];
        let sent = host.borrow_mut().send(peer, 0, 1, &data, world.now());
        assert_eq!(sent, Ok(()));
    }
    serve(&mut world, &[&one, &other], 100);
    let there = pop(&one, HostStatistic::SentData);
    assert!(there > 5000);
    assert_eq!(there, pop(&other, HostStatistic::ReceivedData));
    let back = pop(&other, HostStatistic::SentData);
    assert_eq!(back, pop(&one, HostStatistic::ReceivedData));
}

#[test]
fn a_session_reports_peers_disconnected_through_its_host() {
    let mut world = World::new(205);
    let (server, clients) = world.connected(3);
    let ids: Vec<i32> = world[server].peer.peer_ids().collect();
    world[server].signals.clear();
    let (host, peer) = world[server].peer.connection_to(ids[1]).expect("a peer");
    let now = world.now();
    host.borrow_mut().disconnect(now, peer, 0, Disconnect::Now);
    assert_eq!(world[server].peer.peer_ids().count(), 3);
    world.poll(server);
    assert_eq!(world[server].signals, [Signal::PeerDisconnected(ids[1])]);
    assert_eq!(world[server].peer.peer_ids().count(), 2);
    // A client closes when its only peer is disconnected.
    let client = clients[0];
    let (host, peer) = world[client].peer.connection_to(1).expect("the server");
    host.borrow_mut().disconnect(now, peer, 0, Disconnect::Now);
    world[client].signals.clear();
    world.poll(client);
    assert_eq!(world[client].signals, [Signal::PeerDisconnected(1)]);
    assert!(!world[client].peer.is_active());
}

#[test]
fn a_session_whose_host_is_destroyed_ends() {
    let mut world = World::new(206);
    let (server, _) = world.connected(2);
    let host = world[server].peer.host().expect("active").clone();
    assert_eq!(host.borrow_mut().destroy(), Ok(()));
    world[server].signals.clear();
    world.poll(server);
    assert_eq!(world[server].signals.len(), 2);
    assert!(!world[server].peer.is_active());
}

#[test]
fn a_session_that_joins_a_host_later_reports_its_peers() {
    let mut world = World::new(207);
    let (one, other) = pair(&mut world, 42);
    serve(&mut world, &[&one, &other], 40);
    let server = world.idle();
    world[server].peer.serve(one);
    let client = world.idle();
    let peer = other.borrow().peers()[0];
    world[client].peer.join(other, peer, 42);
    assert_eq!(world[client].peer.status(), Status::Connecting);
    world.run(20);
    assert_eq!(world[server].signals, [Signal::PeerConnected(42)]);
    assert_eq!(world[client].signals, [Signal::PeerConnected(1)]);
    world
        .send(client, 1, Default::default(), 0, b"hello")
        .expect("connected");
    world.run(20);
    assert_eq!(world[server].packets[0].data, b"hello");
}

#[test]
fn a_session_disconnects_peers_without_a_valid_id() {
    for data in [0, 1, 0x8000_0000, u32::MAX] {
        let mut world = World::new(208);
        let (one, other) = pair(&mut world, data);
        serve(&mut world, &[&one, &other], 40);
        let server = world.idle();
        world[server].peer.serve(one);
        world.run(10);
        let events = serve(&mut world, &[&other], 40);
        assert!(matches!(
            events.as_slice(),
            [(0, Event::Disconnected { .. })]
        ));
        assert!(world[server].signals.is_empty());
    }
}

#[test]
fn a_client_closes_if_its_connection_ended_before_its_first_poll() {
    let mut world = World::new(209);
    let (one, other) = pair(&mut world, 42);
    serve(&mut world, &[&one, &other], 40);
    let peer = other.borrow().peers()[0];
    let client = world.idle();
    world[client].peer.join(other.clone(), peer, 42);
    let now = world.now();
    one.borrow_mut().close(now).expect("active");
    world.network.advance_to(now + Time::from_millis(5));
    let event = other.borrow_mut().service(Time::ZERO, || now);
    assert!(matches!(event, Ok(Some(Event::Disconnected { .. }))));
    world.run(20);
    assert!(!world[client].peer.is_active());
    assert!(!other.borrow().is_active());
}

#[test]
fn holders_of_a_host_may_use_different_clocks() {
    let mut world = World::new(210);
    let (server, clients) = world.connected(2);
    let host = world[server].peer.host().expect("active").clone();
    let later = world.now() + Time::from_secs(20);
    host.borrow_mut().flush(later).expect("active");
    world
        .send(server, 0, Default::default(), 0, b"early")
        .expect("sent");
    world.run(100);
    for &client in &clients {
        assert_eq!(world[client].packets[0].data, b"early");
    }
    let id = world[clients[0]].peer.unique_id();
    let now = world.now();
    world[server]
        .peer
        .disconnect_peer(id, false, now)
        .expect("there");
    world[server].peer.close(Time::ZERO);
    world.run(100);
    assert!(
        clients
            .iter()
            .all(|&client| !world[client].peer.is_active())
    );
}

/// Services each host for the given time; returns the events, each with the index of its host.
pub fn serve(
    world: &mut World,
    hosts: &[&SharedConnection],
    milliseconds: u64,
) -> Vec<(usize, Event)> {
    let mut events = Vec::new();
    for _ in 0..milliseconds / 5 {
        for (index, host) in hosts.iter().enumerate() {
            let now = world.now();
            let event = host.borrow_mut().service(Time::ZERO, || now);
            events.extend(event.expect("active").map(|event| (index, event)));
        }
        world.run(5);
    }
    events
}

fn in_order(events: &[(usize, Event)]) -> Vec<&(usize, Event)> {
    let mut events: Vec<_> = events.iter().collect();
    events.sort_by_key(|event| event.0);
    events
}

/// A listening host and one that connects to it.
pub fn pair(world: &mut World, data: u32) -> (SharedConnection, SharedConnection) {
    let hosts = [inactive(world), inactive(world)];
    for host in &hosts {
        let created = host.borrow_mut().create(&options(), world.now());
        created.expect("a host");
    }
    let port = hosts[0].borrow().local_port().expect("active");
    let begun: Result<PeerId, _> =
        (hosts[1].borrow_mut()).connect("server", port.into(), 3, data, world.now());
    begun.expect("begins");
    let [one, other] = hosts;
    (one, other)
}

pub fn inactive(world: &mut World) -> SharedConnection {
    let seed = world.random.number() as u32;
    let network = Rc::new(world.network.clone());
    let host = Connection::new(network, seed);
    Rc::new(RefCell::new(host))
}

pub fn options() -> HostOptions {
    HostOptions {
        bind: None,
        max_peers: 4,
        max_channels: 0,
        in_bandwidth: 0,
        out_bandwidth: 0,
    }
}
