//! Simulated networks of sessions, on simulated time.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use enet_multiplayer::{
    Inactive, LinkProperty, PeerError, ServerOptions, SharedSimulation, SimulationSettings,
    TransferMode,
};
use enet_proto::{Disconnect, Time};
use sim::{NodeId, World};

thread_local! {
    static NOW: Cell<Time> = const { Cell::new(Time::ZERO) };
}

fn clock() -> Time {
    NOW.get()
}

fn shared(text: &str) -> Rc<SharedSimulation> {
    let settings: SimulationSettings = text.parse().expect("settings");
    Rc::new(SharedSimulation::new(settings, 0))
}

/// Lets a millisecond pass.
fn step(world: &mut World, nodes: &[NodeId]) {
    NOW.set(world.now());
    for &node in nodes {
        world.poll(node);
    }
    world.network.advance_to(world.now() + Time::from_millis(1));
}

/// Milliseconds until a packet arrives; `None` if it does not within five seconds.
fn travel(world: &mut World, nodes: &[NodeId], from: NodeId, to: NodeId) -> Option<u64> {
    NOW.set(world.now());
    let target = world[to].peer.unique_id();
    let before = world[to].packets.len();
    let sent = world.send(from, target, TransferMode::Unreliable, 0, b"packet");
    sent.expect("connected");
    (0..5_000).find(|_| {
        step(world, nodes);
        world[to].packets.len() > before
    })
}

fn set_both(shared: &SharedSimulation, property: LinkProperty, value: f64) {
    let (set, _) = shared.change(|settings| settings.set_both(property, value));
    set.expect("in range");
}

#[test]
fn each_direction_takes_its_time_and_a_change_applies_while_it_runs() {
    let mut world = World::new(901);
    let (server, clients) = world.connected(1);
    let client = clients[0];
    let nodes = [server, client];
    let usual = travel(&mut world, &nodes, server, client).expect("arrives");
    let simulation = shared("outgoing_latency:100,incoming_latency:30");
    let set = Some(Rc::clone(&simulation));
    world[server].peer.set_simulation(set, clock);
    let times = |world: &mut World| {
        let down = travel(world, &nodes, server, client).expect("arrives");
        let up = travel(world, &nodes, client, server).expect("arrives");
        (down - usual, up - usual)
    };
    assert_eq!(times(&mut world), (100, 30));
    set_both(&simulation, LinkProperty::Latency, 250.0);
    step(&mut world, &nodes);
    assert_eq!(times(&mut world), (250, 250));
    world[server].peer.set_simulation(None, clock);
    assert_eq!(times(&mut world), (0, 0));
}

#[test]
fn one_client_has_a_network_of_its_own_until_it_leaves() {
    let mut world = World::new(902);
    let (server, clients) = world.connected(2);
    let nodes = [server, clients[0], clients[1]];
    let usual = travel(&mut world, &nodes, server, clients[0]).expect("arrives");
    let all = shared("latency:20");
    world[server].peer.set_simulation(Some(all), clock);
    let id = world[clients[0]].peer.unique_id();
    let own = shared("latency:200");
    let peer = &mut world[server].peer;
    let set = peer.set_peer_simulation(id, Some(Rc::clone(&own)), clock);
    assert_eq!(set, Ok(()));
    let time = |world: &mut World, client: usize| {
        let time = travel(world, &nodes, server, clients[client]).expect("arrives");
        time - usual
    };
    assert_eq!((time(&mut world, 0), time(&mut world, 1)), (200, 20));
    set_both(&own, LinkProperty::Latency, 300.0);
    step(&mut world, &nodes);
    assert_eq!((time(&mut world, 0), time(&mut world, 1)), (300, 20));
    let set = world[server].peer.set_peer_simulation(id, None, clock);
    assert_eq!(set, Ok(()));
    assert_eq!((time(&mut world, 0), time(&mut world, 1)), (20, 20));

    let set = (world[server].peer).set_peer_simulation(id, Some(Rc::clone(&own)), clock);
    assert_eq!(set, Ok(()));
    let (host, peer) = world[server].peer.connection_to(id).expect("connected");
    assert_eq!(Rc::strong_count(&own), 2);
    let now = world.now();
    host.borrow_mut().disconnect(now, peer, 0, Disconnect::Now);
    for _ in 0..5 {
        step(&mut world, &nodes);
    }
    assert_eq!(Rc::strong_count(&own), 1, "it went with its peer");
    let set = world[server].peer.set_peer_simulation(id, Some(own), clock);
    assert_eq!(set, Err(PeerError::UnknownPeer(id)));
}

#[test]
fn spikes_and_cuts_need_no_simulation() {
    let mut world = World::new(903);
    let idle = world.idle();
    let time = Duration::from_millis(100);
    assert_eq!(world[idle].peer.simulate_spike(time, clock), Err(Inactive));
    assert_eq!(world[idle].peer.simulate_cut(time, clock), Err(Inactive));
    let (server, clients) = world.connected(1);
    let client = clients[0];
    let nodes = [server, client];
    let usual = travel(&mut world, &nodes, server, client).expect("arrives");
    NOW.set(world.now());
    assert_eq!(world[server].peer.simulate_spike(time, clock), Ok(()));
    let held = travel(&mut world, &nodes, server, client).expect("arrives");
    assert_eq!(held - usual, 100);
    NOW.set(world.now());
    let dropped = world[server].peer.simulated_drops();
    assert_eq!(world[server].peer.simulate_cut(6 * LIMIT, clock), Ok(()));
    assert_eq!(travel(&mut world, &nodes, server, client), None);
    let lost = world[server].peer.simulated_drops();
    assert!(lost > dropped);
    let figures = world[server].peer.figures(world.now()).expect("active");
    assert_eq!(figures.host.simulated_drops, lost);
    assert_eq!(world[server].peer.simulate_cut(Time::ZERO, clock), Ok(()));
    assert_eq!(travel(&mut world, &nodes, server, client), Some(usual));
}

const LIMIT: Duration = Duration::from_secs(1);

#[test]
fn later_hosts_are_simulated_as_well() {
    let mut world = World::new(904);
    let server = world.idle();
    world[server]
        .peer
        .set_simulation(Some(shared("loss:100")), clock);
    for _ in 0..2 {
        let now = world.now();
        let created = (world[server].peer).create_server(&ServerOptions::default(), now);
        created.expect("a server");
        let client = world.client(server);
        for _ in 0..2_000 {
            step(&mut world, &[server, client]);
        }
        assert!(!world[client].is_up() && world[server].signals.is_empty());
        assert!(world[server].peer.simulated_drops() > 0);
        let now = world.now();
        world[server].peer.close(now);
        world[client].peer.close(now);
    }
}
