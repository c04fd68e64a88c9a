//! Random scripts of calls. The invariants must hold after every step.

use std::collections::HashMap;
use std::time::Duration;

use enet_multiplayer::{Mode, Signal, Status, TransferMode};
use proptest::prelude::*;
use sim::{Conditions, NodeId, World};

const CLIENTS: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    Join(usize),
    Close(usize),
    CloseServer,
    Disconnect {
        from_server: bool,
        client: usize,
        force: bool,
    },
    Send {
        from: usize,
        target: i8,
        mode: u8,
        channel: i32,
        size: usize,
    },
    Refuse(bool),
    Weather {
        loss: u8,
        jitter: u8,
    },
    Wait(u16),
}

fn step() -> impl Strategy<Value = Step> {
    let client = 0..CLIENTS;
    prop_oneof![
        4 => client.clone().prop_map(Step::Join),
        1 => client.clone().prop_map(Step::Close),
        1 => Just(Step::CloseServer),
        2 => (any::<bool>(), client, any::<bool>())
            .prop_map(|(from_server, client, force)| Step::Disconnect { from_server, client, force }),
        8 => (0..=CLIENTS, -4..5i8, 0..3u8, prop_oneof![Just(0), Just(1), Just(253), Just(300)], 0..3000usize)
            .prop_map(|(from, target, mode, channel, size)| Step::Send { from, target, mode, channel, size }),
        1 => any::<bool>().prop_map(Step::Refuse),
        1 => (0..30u8, 0..50u8).prop_map(|(loss, jitter)| Step::Weather { loss, jitter }),
        6 => (0..400u16).prop_map(Step::Wait),
    ]
}

/// Counts the packets of each reliable stream, to detect gaps and repetitions.
#[derive(Default)]
struct Streams(HashMap<(i32, i32), u32>);

fn play(seed: u64, steps: &[Step]) {
    let mut world = World::new(seed);
    let server = world.server(&Default::default());
    let clients: Vec<NodeId> = (0..CLIENTS).map(|_| world.idle()).collect();
    let mut sent = Streams::default();
    for step in steps {
        let now = world.now();
        match *step {
            Step::Join(index) => {
                let (client, listening) = (clients[index], world[server].peer.is_active());
                if listening && !world[client].peer.is_active() {
                    world.join(client, server);
                }
            }
            Step::Close(index) => world[clients[index]].peer.close(now),
            Step::CloseServer => {
                world[server].peer.close(now);
                let again = world[server].peer.create_server(&Default::default(), now);
                assert!(again.is_ok());
            }
            Step::Disconnect {
                from_server,
                client,
                force,
            } => {
                let id = world[clients[client]].peer.unique_id();
                let (node, target) = if from_server {
                    (server, id)
                } else {
                    (clients[client], 1)
                };
                // An unknown or departed peer is only an error.
                let _ = world[node].peer.disconnect_peer(target, force, now);
            }
            Step::Send {
                from,
                target,
                mode,
                channel,
                size,
            } => {
                send(
                    &mut world,
                    server,
                    &clients,
                    &mut sent,
                    (from, target, mode, channel, size),
                );
            }
            Step::Refuse(refuse) => world[server].peer.set_refuse_new_connections(refuse),
            Step::Weather { loss, jitter } => world.network.set_conditions(Conditions {
                latency: Duration::from_millis(10),
                jitter: Duration::from_millis(jitter.into()),
                loss: f64::from(loss) / 100.0,
                duplication: 0.05,
            }),
            Step::Wait(milliseconds) => world.run(milliseconds.into()),
        }
        for node in clients.iter().copied().chain([server]) {
            check(&world, node);
        }
    }
    world.run(3000);
    for node in clients.into_iter().chain([server]) {
        check(&world, node);
    }
}

fn send(
    world: &mut World,
    server: NodeId,
    clients: &[NodeId],
    sent: &mut Streams,
    (from, target, mode, channel, size): (usize, i8, u8, i32, usize),
) {
    let node = clients.get(from).copied().unwrap_or(server);
    // Small numbers stand for the clients' ids, the others for unknown ids.
    let named = clients.get(usize::from(target.unsigned_abs()).wrapping_sub(2));
    let id = named.map_or(target.unsigned_abs().into(), |&client| {
        world[client].peer.unique_id()
    });
    let target = id * i32::from(target.signum());
    let mode = [
        TransferMode::Unreliable,
        TransferMode::UnreliableOrdered,
        TransferMode::Reliable,
    ][usize::from(mode)];
    // A stream belongs to one session of its sender and one target.
    let key = (world[node].peer.unique_id(), channel * 7 + target);
    let number = sent.0.entry(key).or_default();
    let mut data = number.to_be_bytes().to_vec();
    data.extend(target.to_be_bytes());
    data.resize(8 + size, 0);
    if world.send(node, target, mode, channel, &data).is_ok() && mode == TransferMode::Reliable {
        *sent.0.entry(key).or_default() += 1;
    }
}

fn check(world: &World, node: NodeId) {
    let node = &world[node];
    let peer = &node.peer;
    assert_eq!(peer.is_active(), peer.mode() != Mode::Inactive);
    assert_eq!(peer.is_active(), peer.status() != Status::Disconnected);
    assert_eq!(peer.is_active(), peer.unique_id() != 0);
    // A peer leaves only after it joined, and joins again only after it left.
    let mut there: HashMap<i32, bool> = HashMap::new();
    for signal in &node.signals {
        match *signal {
            Signal::PeerConnected(id) => {
                there.insert(id, true);
                assert!(id >= 1);
            }
            Signal::PeerDisconnected(id) => {
                assert_eq!(there.insert(id, false), Some(true), "{id}");
            }
            signal => panic!("{signal:?} is not about a peer"),
        }
    }
    // Reliable packets of one sender, target and channel arrive in order and once.
    let mut last: HashMap<(i32, i32, Vec<u8>), u32> = HashMap::new();
    for packet in node
        .packets
        .iter()
        .filter(|packet| packet.mode == TransferMode::Reliable)
    {
        let number = u32::from_be_bytes(packet.data[..4].try_into().expect("four bytes"));
        let key = (packet.peer, packet.channel, packet.data[4..8].to_vec());
        // A restarted server has the id 1 again and continues the numbers.
        if let Some(earlier) = last.insert(key, number) {
            assert!(number > earlier, "{number} after {earlier}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_invariants_hold_for_any_script(
        seed in any::<u64>(),
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        play(seed, &steps);
    }
}
