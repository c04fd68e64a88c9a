//! Mesh mode: one host with a single connection for each peer.

use std::cell::RefCell;
use std::rc::Rc;

use enet_multiplayer::{
    Connection, CreateError, HostOptions, MeshError, Mode, SendError, SharedConnection, Signal,
    TransferMode,
};
use enet_proto::Disconnect;
use enet_proto::{Event, Time};
use sim::{NodeId, World};

#[test]
fn three_peers_talk_and_one_leaves() {
    let mut world = World::new(90);
    let nodes: Vec<NodeId> = (0..3).map(|_| world.idle()).collect();
    let ids = [11, 22, 33];
    let now = world.now();
    for (&node, id) in nodes.iter().zip(ids) {
        assert!(world[node].peer.create_mesh(id.into(), now).is_ok());
        assert_eq!(world[node].peer.mode(), Mode::Mesh);
        assert_eq!(world[node].peer.unique_id(), id);
        assert!(!world[node].peer.supports_server_relay());
    }
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let (one, other) = linked_hosts(&mut world);
        let signal = world[nodes[a]].peer.add_mesh_peer(ids[b], one);
        assert_eq!(signal, Ok(Signal::PeerConnected(ids[b])));
        let signal = world[nodes[b]].peer.add_mesh_peer(ids[a], other);
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
    let error = world[server].peer.add_mesh_peer(5, one.clone());
    assert_eq!(error, Err(MeshError::NotAMesh));
    let mesh = world.idle();
    let now = world.now();
    assert!(matches!(
        world[mesh].peer.create_mesh(0, now),
        Err(CreateError::UniqueId { .. })
    ));
    assert!(world[mesh].peer.create_mesh(1, now).is_ok());
    let lonely = lonely_host(&mut world);
    let error = world[mesh].peer.add_mesh_peer(5, lonely);
    assert_eq!(error, Err(MeshError::PeerCount(0)));
    // A host in a mesh cannot be added again, not even under another id or to another mesh.
    let added = world[mesh].peer.add_mesh_peer(5, other.clone());
    assert_eq!(added, Ok(Signal::PeerConnected(5)));
    let error = world[mesh].peer.add_mesh_peer(6, other.clone());
    assert_eq!(error, Err(MeshError::InUse));
    let another = world.idle();
    assert!(world[another].peer.create_mesh(2, now).is_ok());
    let error = world[another].peer.add_mesh_peer(5, other);
    assert_eq!(error, Err(MeshError::InUse));
    // A host whose peer is disconnecting no longer counts as connected.
    let peer = one.borrow().peers()[0];
    one.borrow_mut()
        .disconnect(now, peer, 0, Disconnect::Acknowledged);
    let error = world[another].peer.add_mesh_peer(5, one);
    assert_eq!(error, Err(MeshError::NotConnected));
}

/// Two hosts, connected to each other.
pub fn linked_hosts(world: &mut World) -> (SharedConnection, SharedConnection) {
    let hosts = [lonely_host(world), lonely_host(world)];
    let port = hosts[0].borrow().local_port().expect("active");
    hosts[1]
        .borrow_mut()
        .connect("server", port.into(), 0, 0, world.now())
        .expect("begins");
    let mut connected = 0;
    for _ in 0..100 {
        for host in &hosts {
            let now = world.now();
            let event = host.borrow_mut().service(Time::ZERO, || now);
            if let Ok(Some(Event::Connected { .. })) = event {
                connected += 1;
            }
        }
        world.run(5);
    }
    assert_eq!(connected, 2);
    let [one, other] = hosts;
    (one, other)
}

fn lonely_host(world: &mut World) -> SharedConnection {
    let seed = world.random.number() as u32;
    let network = Rc::new(world.network.clone());
    let mut host = Connection::new(network, seed);
    let options = HostOptions {
        bind: None,
        max_peers: 1,
        max_channels: 0,
        in_bandwidth: 0,
        out_bandwidth: 0,
    };
    host.create(&options, world.now()).expect("a host");
    Rc::new(RefCell::new(host))
}
