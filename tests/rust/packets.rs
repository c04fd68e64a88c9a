//! Delivery of packets on good and bad networks.

use std::time::Duration;

use enet_multiplayer::{ClientOptions, SendError, ServerOptions, TransferMode};
use sim::{Conditions, World};

const MODES: [TransferMode; 3] = [
    TransferMode::Unreliable,
    TransferMode::UnreliableOrdered,
    TransferMode::Reliable,
];

const BAD_NETWORK: Conditions = Conditions {
    latency: Duration::from_millis(40),
    jitter: Duration::from_millis(30),
    loss: 0.1,
    duplication: 0.05,
};

#[test]
fn every_size_arrives_intact_in_every_mode() {
    let mut world = World::new(20);
    let (server, clients) = world.connected(1);
    for size in [0, 1, 2, 1364, 1365, 1392, 1393, 70_000, 4_000_000] {
        for mode in MODES {
            let data = world.random.bytes(size);
            world[server].packets.clear();
            world.send(clients[0], 1, mode, 0, &data).expect("sent");
            let arrived = world.run_until(20_000, |world| !world[server].packets.is_empty());
            assert!(arrived, "{size} bytes, {mode:?}");
            let packet = &world[server].packets[0];
            assert!(packet.data == data, "{size} bytes, {mode:?}");
            // The protocol has no unsequenced fragments.
            let expected = match mode {
                TransferMode::Unreliable if size > 1364 => TransferMode::UnreliableOrdered,
                mode => mode,
            };
            assert_eq!(packet.mode, expected, "{size} bytes");
        }
    }
}

#[test]
fn reliable_packets_arrive_once_and_in_order_on_a_bad_network() {
    for seed in 30..36 {
        let mut world = World::with(seed, BAD_NETWORK);
        let (server, clients) = world.connected(1);
        for number in 0..300u32 {
            let channel = (number % 3) as i32;
            let mut data = number.to_be_bytes().to_vec();
            data.resize(4 + world.random.below(3000) as usize, number as u8);
            world
                .send(clients[0], 1, TransferMode::Reliable, channel, &data)
                .expect("sent");
            if number % 10 == 0 {
                world.run(20);
            }
        }
        assert!(world.run_until(120_000, |world| world[server].packets.len() >= 300));
        world.run(5000);
        assert_eq!(world[server].packets.len(), 300, "none comes twice");
        for channel in 0..3 {
            let numbers: Vec<u32> = world[server].on_channel(channel).map(number_of).collect();
            let expected: Vec<u32> = (0..300)
                .filter(|number| number % 3 == channel as u32)
                .collect();
            assert_eq!(numbers, expected, "channel {channel}");
        }
    }
}

#[test]
fn unreliable_packets_arrive_at_most_once_and_ordered_ones_in_order() {
    for mode in [TransferMode::Unreliable, TransferMode::UnreliableOrdered] {
        let mut world = World::with(40, BAD_NETWORK);
        let (server, clients) = world.connected(1);
        for number in 0..2000u32 {
            world
                .send(clients[0], 1, mode, 2, &number.to_be_bytes())
                .expect("sent");
            world.run(5);
        }
        world.run(1000);
        let numbers: Vec<u32> = world[server].packets.iter().map(number_of).collect();
        assert!(numbers.len() > 900, "{} of 2000, {mode:?}", numbers.len());
        assert!(numbers.len() < 1990, "the network loses some");
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), numbers.len(), "none comes twice, {mode:?}");
        let in_order = sorted == numbers;
        assert_eq!(
            in_order,
            mode == TransferMode::UnreliableOrdered,
            "{mode:?}"
        );
    }
}

fn number_of(packet: &enet_multiplayer::Packet) -> u32 {
    u32::from_be_bytes(packet.data[..4].try_into().expect("four bytes"))
}

#[test]
fn packets_keep_their_channel_and_invalid_channels_are_refused() {
    let mut world = World::new(50);
    let (server, clients) = world.connected(1);
    let client = clients[0];
    for mode in MODES {
        for channel in [-5, 0, 1, 100, 253] {
            world[server].packets.clear();
            world.send(client, 1, mode, channel, b"x").expect("sent");
            assert!(world.run_until(500, |world| world[server].packets.len() == 1));
            assert_eq!(world[server].packets[0].channel, channel.max(0));
        }
        for channel in [254, 255, 256, 257, i32::MAX] {
            let error = world.send(client, 1, mode, channel, b"x");
            assert_eq!(error, Err(SendError::InvalidChannel(channel)));
        }
    }
}

#[test]
fn max_channels_limits_channels() {
    let mut world = World::new(51);
    let options = ServerOptions {
        max_channels: 2,
        ..ServerOptions::default()
    };
    let server = world.server(&options);
    let client = world.client(server);
    assert!(world.run_until(1000, |world| world[client].is_up()));
    for channel in 0..=2 {
        let sent = world.send(client, 1, TransferMode::Reliable, channel, b"x");
        assert_eq!(sent, Ok(()), "channel {channel}");
    }
    let error = world.send(client, 1, TransferMode::Reliable, 3, b"x");
    assert_eq!(
        error,
        Err(SendError::NoSuchChannel {
            peer: 1,
            channel: 3
        })
    );
    // A broadcast skips peers that lack the channel.
    assert_eq!(
        world.send(server, 0, TransferMode::Reliable, 3, b"x"),
        Ok(())
    );
    world.run(500);
    assert!(world[client].packets.is_empty());
}

/// ENet lifts the limit again for a client that sets no outgoing bandwidth of its own.
#[test]
fn incoming_bandwidth_limits_the_client() {
    let mut received = Vec::new();
    for in_bandwidth in [0, 10_000] {
        let mut world = World::new(52);
        let server = world.server(&ServerOptions {
            in_bandwidth,
            ..ServerOptions::default()
        });
        let client = world.idle();
        let port = world.address(server).port();
        let options = ClientOptions {
            unique_id: 5,
            out_bandwidth: 100_000,
            ..ClientOptions::new("server", port.into())
        };
        let now = world.now();
        let created = world[client].peer.create_client(&options, now);
        assert!(created.is_ok());
        assert!(world.run_until(1000, |world| world[client].is_up()));
        world.run(3000);
        for _ in 0..800 {
            world
                .send(client, 1, TransferMode::Unreliable, 0, &[0; 300])
                .expect("sent");
            world.run(5);
        }
        received.push(world[server].packets.len());
    }
    assert!(
        received[0] > 780,
        "nearly all arrive without a limit: {received:?}"
    );
    assert!(received[1] < 400, "{received:?}");
}

#[test]
fn a_packet_beyond_32_mib_is_refused_and_one_of_32_mib_is_not() {
    let mut world = World::new(53);
    let (server, clients) = world.connected(1);
    let mut data = vec![7; 32 * 1024 * 1024 + 1];
    let error = world.send(clients[0], 1, TransferMode::Reliable, 0, &data);
    assert_eq!(error, Err(SendError::TooLarge(data.len())));
    data.pop();
    world
        .send(clients[0], 1, TransferMode::Reliable, 0, &data)
        .expect("sent");
    assert!(world.run_until(600_000, |world| !world[server].packets.is_empty()));
    assert!(world[server].packets[0].data == data);
}

/// Datagrams that a codec makes no smaller travel plain, and must not overtake compressed ones on their way
/// through the receiver.
#[test]
fn compressed_and_plain_datagrams_keep_their_order() {
    const PACKETS: usize = 40;
    let mut world = World::new(106);
    let (server, clients) = world.connected(1);
    for node in [server, clients[0]] {
        let peer = &mut world[node].peer;
        peer.set_compression(enet_codec::Compression::RangeCoder);
    }
    for index in 0..PACKETS {
        let size = if index % 2 == 0 { 1000 } else { 1 };
        let data = vec![index as u8; size];
        let mode = TransferMode::UnreliableOrdered;
        world.send(server, 0, mode, 0, &data).expect("sent");
    }
    world.run(50);
    let packets = &world[clients[0]].packets;
    let received: Vec<usize> = packets.iter().map(|it| it.data[0].into()).collect();
    let expected: Vec<usize> = (0..PACKETS).collect();
    assert_eq!(received, expected);
}
