//! A script's calls on the host of a session, and hosts that change their holder.

use enet_multiplayer::{MeshError, SharedConnection, Signal, TransferMode};
use enet_proto::Disconnect;
use enet_proto::{Event, PeerState, Time};
use sim::{NodeId, World};

use crate::connection::{inactive, options, pair, serve};

#[test]
fn a_session_reports_a_peer_whose_connect_event_a_script_took() {
    let mut world = World::new(220);
    let (server, host) = server_and_host(&mut world);
    let client = world.client(server);
    let id = world[client].peer.unique_id();
    let event = take_by_hand(&mut world, &host, client);
    assert!(matches!(event, Event::Connected { data, .. } if data == id as u32));
    assert_eq!(world[server].peer.peer_ids().count(), 0);
    world.poll(server);
    assert_eq!(world[server].signals, [Signal::PeerConnected(id)]);
    world
        .send(server, id, TransferMode::Reliable, 0, b"welcome")
        .expect("known");
    world.run(50);
    assert_eq!(world[client].packets[0].data, b"welcome");
    assert_eq!(world[server].signals.len(), 1);
}

#[test]
fn a_session_reports_a_peer_whose_disconnect_event_a_script_took() {
    let mut world = World::new(221);
    let (server, clients) = world.connected(2);
    let host = world[server].peer.host().expect("active").clone();
    let id = world[clients[0]].peer.unique_id();
    let now = world.now();
    world[clients[0]].peer.close(now);
    world[server].signals.clear();
    let event = take_by_hand(&mut world, &host, clients[1]);
    assert!(matches!(event, Event::Disconnected { .. }));
    assert!(world[server].signals.is_empty());
    world.poll(server);
    assert_eq!(world[server].signals, [Signal::PeerDisconnected(id)]);
    let stays = world[clients[1]].peer.unique_id();
    assert!(world[server].peer.peer_ids().eq([stays]));
}

#[test]
fn a_session_that_leaves_frees_its_host_for_another() {
    let mut world = World::new(222);
    let (one, other) = pair(&mut world, 42);
    serve(&mut world, &[&one, &other], 40);
    let server = world.idle();
    world[server].peer.serve(one.clone());
    world.run(10);
    assert_eq!(world[server].signals, [Signal::PeerConnected(42)]);
    let mesh = world.idle();
    let now = world.now();
    world[mesh].peer.create_mesh(1, now).expect("a mesh");
    let added = world[mesh].peer.add_mesh_peer(42, one.clone());
    assert_eq!(added, Err(MeshError::InUse));
    world[server].peer.leave();
    assert!(!world[server].peer.is_active() && one.borrow().is_active());
    let added = world[mesh].peer.add_mesh_peer(42, one);
    assert_eq!(added, Ok(Signal::PeerConnected(42)));
    let peer = other.borrow().peers()[0];
    let now = world.now();
    let sent = other.borrow_mut().send(peer, 0, 1, b"still here", now);
    assert_eq!(sent, Ok(()));
    serve(&mut world, &[&other], 40);
    assert_eq!(world[mesh].packets[0].data, b"still here");
}

#[test]
fn a_host_that_a_mesh_replaced_can_be_added_elsewhere() {
    let mut world = World::new(223);
    let mut linked = || {
        let (one, other) = pair(&mut world, 0);
        serve(&mut world, &[&one, &other], 40);
        (one, other)
    };
    let (former, _far) = linked();
    let (next, _other_far) = linked();
    let meshes = [world.idle(), world.idle()];
    let now = world.now();
    for (mesh, id) in meshes.into_iter().zip([1, 2]) {
        world[mesh].peer.create_mesh(id, now).expect("a mesh");
    }
    let mut add = |mesh: NodeId, host: &SharedConnection| {
        let added = world[mesh].peer.add_mesh_peer(9, host.clone());
        world.run(10);
        added
    };
    assert_eq!(add(meshes[0], &former), Ok(Signal::PeerConnected(9)));
    assert_eq!(add(meshes[1], &former), Err(MeshError::InUse));
    assert_eq!(add(meshes[0], &next), Ok(Signal::PeerConnected(9)));
    assert_eq!(add(meshes[1], &former), Ok(Signal::PeerConnected(9)));
    assert_eq!(add(meshes[1], &next), Err(MeshError::InUse));
}

#[test]
fn a_full_session_receives_nothing_more_until_it_is_read() {
    const PACKET: usize = 1024 * 1024;
    const PACKETS: usize = 80;
    const LIMIT: usize = 64 * PACKET;
    let mut world = World::new(224);
    let (server, clients) = world.connected(4);
    let data = vec![7; PACKET];
    for &client in &clients {
        for _ in 0..PACKETS / clients.len() {
            world
                .send(client, 1, TransferMode::Reliable, 0, &data)
                .expect("sent");
        }
    }
    let mut counts = Vec::new();
    // A session that has received nothing for half a second is full and stays so.
    while counts.len() < 100 || counts[counts.len() - 100] != counts[counts.len() - 1] {
        assert!(counts.len() < 4000, "{:?}", counts.last());
        counts.push(poll_unread(&mut world, server, &clients));
    }
    let mut unread = Vec::new();
    while let Some(packet) = world[server].peer.take_packet() {
        unread.push(packet.data);
    }
    assert!(unread.len() < PACKETS, "the session takes in all");
    let held: usize = unread.iter().map(Vec::capacity).sum();
    // The last poll before the limit may have received several packets.
    assert!(
        (LIMIT - PACKET..LIMIT + 8 * PACKET).contains(&held),
        "{held} bytes in {} packets",
        unread.len()
    );
    // The same connections deliver the rest.
    world.run(15_000);
    assert_eq!(unread.len() + world[server].packets.len(), PACKETS);
    assert!(
        world[server]
            .packets
            .iter()
            .all(|packet| packet.data == data)
    );
}

#[test]
fn a_session_that_had_been_full_receives_again_after_a_restart() {
    const PACKET: usize = 4 * 1024 * 1024;
    let mut world = World::new(225);
    let (server, clients) = world.connected(4);
    let data = vec![7; PACKET];
    for &client in &clients {
        for _ in 0..5 {
            world
                .send(client, 1, TransferMode::Reliable, 0, &data)
                .expect("sent");
        }
    }
    let mut counts = Vec::new();
    while counts.len() < 100 || counts[counts.len() - 100] != counts[counts.len() - 1] {
        assert!(counts.len() < 4000, "{:?}", counts.last());
        counts.push(poll_unread(&mut world, server, &clients));
    }
    assert!(counts[counts.len() - 1] < 20, "the session is never full");
    let now = world.now();
    world[server].peer.close(now);
    assert_eq!(world[server].peer.available_packets(), 0);
    let created = world[server].peer.create_server(&Default::default(), now);
    created.expect("a server again");
    let client = world.client(server);
    assert!(world.run_until(2000, |world| world[client].is_up()));
    world
        .send(client, 1, TransferMode::Reliable, 0, b"hello")
        .expect("sent");
    world.run(100);
    assert_eq!(world[server].packets[0].data, b"hello");
}

#[test]
fn closing_tells_every_remote() {
    for is_leaving in [false, true] {
        let mut world = World::new(226);
        let (one, other) = pair(&mut world, 7);
        serve(&mut world, &[&one, &other], 40);
        let peer = one.borrow().peers()[0];
        let now = world.now();
        if is_leaving {
            // This packet waits for its acknowledgement.
            let sent = one.borrow_mut().send(peer, 0, 1, b"first this", now);
            assert_eq!(sent, Ok(()));
            one.borrow_mut().disconnect(now, peer, 5, Disconnect::Later);
            assert_eq!(one.borrow().state(peer), PeerState::DisconnectLater);
        }
        assert_eq!(one.borrow_mut().close(now), Ok(()));
        assert!(!one.borrow().is_active());
        let events = serve(&mut world, &[&other], 100);
        let last = events.last().map(|(_, event)| event);
        assert!(
            matches!(last, Some(Event::Disconnected { data: 0, .. })),
            "leaving {is_leaving}: {events:?}"
        );
    }
}

#[test]
fn a_recreated_host_refuses_no_client() {
    let mut world = World::new(227);
    let one = inactive(&mut world);
    let now = world.now();
    one.borrow_mut().create(&options(), now).expect("a host");
    one.borrow_mut().set_refusing(true);
    assert!(one.borrow().is_refusing());
    one.borrow_mut().destroy().expect("active");
    one.borrow_mut().create(&options(), now).expect("a host");
    assert!(!one.borrow().is_refusing());
    let port = one.borrow().local_port().expect("active");
    let other = inactive(&mut world);
    other.borrow_mut().create(&options(), now).expect("a host");
    let begun = other.borrow_mut().connect("server", port.into(), 1, 0, now);
    begun.expect("begins");
    let events = serve(&mut world, &[&one, &other], 40);
    let is_up = |(_, event): &(usize, Event)| matches!(event, Event::Connected { .. });
    assert_eq!(events.iter().filter(|event| is_up(event)).count(), 2);
}

/// A server session, and its host for a script's calls.
fn server_and_host(world: &mut World) -> (NodeId, SharedConnection) {
    let (server, _) = world.connected(0);
    let host = world[server].peer.host().expect("active").clone();
    (server, host)
}

/// The next event of a host, taken by the script while the session does not poll.
fn take_by_hand(world: &mut World, host: &SharedConnection, client: NodeId) -> Event {
    for _ in 0..100 {
        world.poll(client);
        let now = world.now() + Time::from_millis(5);
        world.network.advance_to(now);
        let event = host.borrow_mut().service(Time::ZERO, || now);
        if let Some(event) = event.expect("active") {
            return event;
        }
    }
    panic!("no event");
}

/// Polls the clients and the server without reading; returns the number of waiting packets.
fn poll_unread(world: &mut World, server: NodeId, clients: &[NodeId]) -> usize {
    for &client in clients {
        world.poll(client);
    }
    let now = world.now() + Time::from_millis(5);
    world.network.advance_to(now);
    let peer = &mut world[server].peer;
    peer.begin_poll(now).expect("active");
    while let Some(notice) = peer.next_notice(now) {
        peer.finish(notice, now);
    }
    peer.available_packets()
}
