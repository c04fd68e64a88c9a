//! One client sends as much as it can to a server that a game polls.

use enet_multiplayer::TransferMode;
use sim::World;

/// Packets that two polls within five milliseconds take of one client: 512 each, and twice those that it may bring meanwhile.
const MOST: usize = 2 * 512 + 2 * 50;

#[test]
fn a_flood_takes_a_bounded_part_of_each_poll_and_delays_nobody() {
    let mut world = World::new(130);
    world.network.record();
    let (server, clients) = world.connected(2);
    let (hostile, honest) = (clients[0], clients[1]);
    let (from, to) = (world.address(hostile), world.address(server));
    let recorded = world.network.take_recording();
    let mut of_client = recorded.iter().filter(|(sender, ..)| *sender == from);
    let last = of_client.next_back().expect("a datagram").2.clone();
    let header = [last[0] & 0x3F, last[1]];
    let mut number = 0u16;
    let mut echoes = 0;
    for step in 0..600 {
        // 31 Mbit/s, in datagrams of 1,402 bytes.
        for _ in 0..if world.now().as_millis() < 2500 {
            14
        } else {
            2
        } {
            let mut datagram = header.to_vec();
            for _ in 0..140 {
                number = number.wrapping_add(1);
                let [high, low] = number.to_be_bytes();
                datagram.extend([0x49, 0, 0, 0, high, low, 0, 2, 7, 7]);
            }
            world.network.forge(from, to, &datagram);
        }
        world
            .send(honest, 1, TransferMode::Reliable, 0, b"echo")
            .expect("sent");
        echoes += 1;
        let before = world[server].packets.len();
        world.run(5);
        let taken = world[server].packets.len() - before;
        assert!(taken <= MOST + 10, "{taken} in step {step}");
        let honest_id = world[honest].peer.unique_id();
        let packets = world[server].packets.iter();
        let arrived = packets.filter(|packet| packet.peer == honest_id).count();
        assert!(
            arrived + 8 >= echoes,
            "{arrived} of {echoes} in step {step}"
        );
    }
    world.run(100);
    let honest_id = world[honest].peer.unique_id();
    let packets = world[server].packets.iter();
    assert_eq!(packets.filter(|it| it.peer == honest_id).count(), echoes);
    assert!(world[honest].is_up());
    // The server tells the client, whose name the flood has.
    assert!(!world[hostile].is_up());
}
