//! The packet throttle of hosts that a game serves once a frame.

use std::cell::RefCell;
use std::rc::Rc;

use enet_multiplayer::{Connection, SharedConnection};
use enet_proto::{PeerState, THROTTLE_SCALE, Time};
use sim::World;

use crate::connection::options;

const FRAME: Time = Time::from_millis(17);

fn host(world: &World) -> SharedConnection {
    let mut host = Connection::new(Rc::new(world.network.clone()), 5);
    host.create(&options(), world.now()).expect("a host");
    Rc::new(RefCell::new(host))
}

/// Packets leave at the frame's end, and their acknowledgements are read in the next frame: the more work a frame has,
/// the shorter its round trip. C sends with the next poll, and measures whole frames. After a time of even round trips
/// the longer ones would lower the throttle until no unreliable packet is sent.
#[test]
fn frames_with_less_work_are_no_congestion() {
    let world = World::new(920);
    let (client, server) = (host(&world), host(&world));
    let port = i32::from(server.borrow().local_port().expect("active"));
    let peer = client
        .borrow_mut()
        .connect("server", port, 2, 0, world.now());
    let peer = peer.expect("begins");
    let mut lowest = THROTTLE_SCALE;
    for frame in 0..900_u32 {
        let begin = FRAME * frame;
        world.network.advance_to(begin);
        for host in [&server, &client] {
            while let Some(_event) =
                (host.borrow_mut().service(Time::ZERO, || begin)).expect("active")
            {}
        }
        let work = if frame < 800 { 14 } else { 1 };
        let end = begin + Time::from_millis(work);
        world.network.advance_to(end);
        if client.borrow().state(peer) == PeerState::Connected {
            let sent = client.borrow_mut().send(peer, 0, 1, b"reliable", end);
            sent.expect("is sent");
            client.borrow_mut().flush(end).expect("active");
        }
        let statistics = client.borrow().statistics(peer).expect("a peer");
        lowest = lowest.min(statistics.packet_throttle);
    }
    assert_eq!(client.borrow().state(peer), PeerState::Connected);
    assert_eq!(lowest, THROTTLE_SCALE);
}
