//! Many clients on a lossy network.

use std::time::Duration;

use enet_multiplayer::TransferMode;
use sim::{Conditions, World};

const CLIENTS: usize = 64;
const ROUNDS: u32 = 60;

#[test]
fn sixty_four_clients_lose_nothing_reliable_at_five_percent_loss() {
    let mut world = World::with(
        110,
        Conditions {
            latency: Duration::from_millis(25),
            jitter: Duration::from_millis(10),
            loss: 0.05,
            duplication: 0.01,
        },
    );
    let (server, clients) = world.connected(CLIENTS);
    for round in 0..ROUNDS {
        let data = round.to_be_bytes();
        world
            .send(server, 0, TransferMode::Reliable, 1, &data)
            .expect("sent");
        world
            .send(server, 0, TransferMode::Unreliable, 2, &data)
            .expect("sent");
        for &client in &clients {
            world
                .send(client, 1, TransferMode::Reliable, 1, &data)
                .expect("sent");
            world
                .send(client, 1, TransferMode::Unreliable, 2, &data)
                .expect("sent");
        }
        world.run(15);
    }
    let all = CLIENTS * ROUNDS as usize;
    let complete = world.run_until(60_000, |world| {
        world[server].on_channel(1).count() == all
            && clients
                .iter()
                .all(|&client| world[client].on_channel(1).count() == ROUNDS as usize)
    });
    assert!(complete, "every reliable packet arrives");
    let expected: Vec<[u8; 4]> = (0..ROUNDS).map(u32::to_be_bytes).collect();
    for &client in &clients {
        let id = world[client].peer.unique_id();
        let from_server: Vec<_> = world[client]
            .on_channel(1)
            .map(|packet| &packet.data)
            .collect();
        assert_eq!(from_server, expected.iter().collect::<Vec<_>>());
        let to_server = world[server]
            .on_channel(1)
            .filter(|packet| packet.peer == id);
        let to_server: Vec<_> = to_server.map(|packet| &packet.data).collect();
        assert_eq!(to_server, expected.iter().collect::<Vec<_>>());
        let lossy = world[client].on_channel(2).count();
        assert!(
            (ROUNDS as usize * 3 / 4..=ROUNDS as usize).contains(&lossy),
            "{lossy}"
        );
    }
}
