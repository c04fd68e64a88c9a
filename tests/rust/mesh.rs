//! Mesh mode: a host of one connection per peer.

use enet_core::{
    BindAddress, CreateError, EngineConfig, Event, Host, MeshError, Mode, Network, PeerId,
    SendError, Signal, TransferMode,
};
use sim::{NodeId, World};

#[test]
fn three_peers_talk_and_one_leaves() {
    let mut world = World::new(90);
    let nodes: Vec<NodeId> = (0..3).map(|_| world.idle()).collect();
    let ids = [11, 22, 33];
    let now = world.now();
    for (&node, id) in nodes.iter().zip(ids) {
        assert!(world[node].peer.create_mesh(id, now).is_ok());
        assert_eq!(world[node].peer.mode(), Mode::Mesh);
        assert_eq!(world[node].peer.unique_id(), id);
        assert!(!world[node].peer.supports_server_relay());
    }
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let (one, other) = linked_hosts(&mut world);
        let signal = world[nodes[a]].peer.add_mesh_peer(ids[b], one.0, one.1);
        assert_eq!(signal, Ok(Signal::PeerConnected(ids[b])));
        let signal = world[nodes[b]].peer.add_mesh_peer(ids[a], other.0, other.1);
        assert_eq!(signal, Ok(Signal::PeerConnected(ids[a])));
    }
    let mode = TransferMode::Reliable;
    world.send(nodes[0], 0, mode, 0, b"all").expect("sent");
    world.send(nodes[0], 22, mode, 0, b"one").expect("sent");
    world.send(nodes[0], -22, mode, 0, b"but").expect("sent");
    let error = world.send(nodes[0], 44, mode, 0, b"x");
    assert_eq!(error, Err(SendError::UnknownTarget(44)));
    world.run(500);
    let heard = |node: NodeId| -> Vec<(i32, Vec<u8>)> {
        let packets = world[node].packets.iter();
        packets
            .map(|packet| (packet.peer, packet.data.clone()))
            .collect()
    };
    assert_eq!(
        heard(nodes[1]),
        [(11, b"all".to_vec()), (11, b"one".to_vec())]
    );
    assert_eq!(
        heard(nodes[2]),
        [(11, b"all".to_vec()), (11, b"but".to_vec())]
    );

    let now = world.now();
    world[nodes[2]].peer.close(now);
    world.run(500);
    for node in [nodes[0], nodes[1]] {
        assert_eq!(world[node].signals, [Signal::PeerDisconnected(33)]);
        assert_eq!(world[node].peer.peer_ids().count(), 1);
    }
}

#[test]
fn only_a_mesh_takes_hosts_and_only_connected_ones() {
    let mut world = World::new(91);
    let (server, _) = world.connected(0);
    let (one, other) = linked_hosts(&mut world);
    let error = world[server].peer.add_mesh_peer(5, one.0, one.1);
    assert_eq!(error, Err(MeshError::NotAMesh));
    let mesh = world.idle();
    let now = world.now();
    assert!(matches!(
        world[mesh].peer.create_mesh(0, now),
        Err(CreateError::UniqueId { .. })
    ));
    assert!(world[mesh].peer.create_mesh(1, now).is_ok());
    let stale = PeerId {
        generation: 99,
        ..other.1
    };
    let error = world[mesh].peer.add_mesh_peer(5, other.0, stale);
    assert_eq!(error, Err(MeshError::NotConnected));
}

/// Two hosts, connected to each other.
fn linked_hosts(world: &mut World) -> ((Host, PeerId), (Host, PeerId)) {
    let mut hosts: Vec<Host> = (0..2)
        .map(|_| {
            let seed = world.random.number() as u32;
            let config = EngineConfig::new(1, seed, world.now());
            let transport = world.network.bind(BindAddress::Any, 0).expect("a port");
            Host::new(sim::engine()(&config), transport)
        })
        .collect();
    let address = (sim::SERVER_IP, hosts[0].local_port()).into();
    hosts[1]
        .connect(world.now(), address, 255, 0)
        .expect("a slot");
    let mut peers = [None, None];
    for _ in 0..100 {
        for (host, peer) in hosts.iter_mut().zip(&mut peers) {
            host.service(world.now());
            if let Some(Event::Connected { peer: id, .. }) = host.next_event() {
                *peer = Some(id);
            }
        }
        world.run(5);
    }
    let mut hosts = hosts.into_iter().zip(peers);
    let mut next = || {
        let (host, peer) = hosts.next().expect("two hosts");
        (host, peer.expect("connected"))
    };
    (next(), next())
}
