//! Figures of encrypted hosts, compared with what the simulated network saw.

use enet_proto::{Event, Time};
use sim::World;

use super::{joined, only_peer, serve_until};
use crate::statistics::{counted, on_wire};

#[test]
fn the_bytes_on_the_wire_are_counted_with_encryption_and_handshakes() {
    let mut world = World::new(970);
    world.network.record();
    let (server, client) = joined(&mut world);
    let began = world.network.take_recording();
    let peers = [only_peer(&server), only_peer(&client)];
    let before = [(&server, peers[0]), (&client, peers[1])].map(|(host, peer)| {
        host.borrow()
            .peer_figures(world.now(), peer)
            .expect("active")
    });
    for size in [1, 100, 5000] {
        let sent = client
            .borrow_mut()
            .send(peers[1], 0, 1, &vec![5; size], world.now());
        sent.expect("sent");
    }
    let events = serve_until(&mut world, &[&server, &client], 1, |_| false);
    let packets = events
        .iter()
        .filter(|(_, event)| matches!(event, Event::Received { .. }));
    assert_eq!(packets.count(), 3);
    let since = world.network.take_recording();
    let ends = [(&server, peers[0]), (&client, peers[1])];
    for ((host, peer), before) in ends.into_iter().zip(before) {
        let host = host.borrow();
        let port = host.local_port().expect("active");
        let address = (sim::SERVER_IP, port).into();
        let all = host.figures(world.now(), Time::ZERO).expect("active").host;
        let everything = [began.clone(), since.clone()].concat();
        assert_eq!(counted(&all.traffic), on_wire(&everything, address));
        assert_eq!(all.handshakes, 1);
        // Of a peer only the handshake is missing.
        let now = host.peer_figures(world.now(), peer).expect("active");
        let wire = on_wire(&since, address);
        let [out, incoming] = [0, 1].map(|index| {
            let (count, bytes) = counted(&now.traffic)[index];
            let (former, former_bytes) = counted(&before.traffic)[index];
            (count - former, bytes - former_bytes)
        });
        assert_eq!([out, incoming], wire);
        assert!(wire.iter().all(|&(count, bytes)| count > 4 && bytes > 100));
    }
}
