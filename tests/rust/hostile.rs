//! Malicious datagrams from strangers and in a client's name.

use std::net::SocketAddr;

use enet_codec::Compression;
use enet_multiplayer::TransferMode;
use sim::{NodeId, Random, World};

mod flood;
mod forged;
mod limits;

const STRANGER: &str = "10.9.9.9:666";

fn stranger() -> SocketAddr {
    STRANGER.parse().expect("an address")
}

/// A world with one connected client and a codec, or none, on both ends.
fn connected(seed: u64, compression: Compression) -> (World, NodeId, NodeId) {
    let mut world = World::new(seed);
    let (server, clients) = world.connected(1);
    for node in [server, clients[0]] {
        world.with_host(node, |host| host.set_compression(compression.clone()));
    }
    (world, server, clients[0])
}

fn still_works(world: &mut World, server: NodeId, client: NodeId) {
    world[server].packets.clear();
    world
        .send(client, 1, TransferMode::Reliable, 0, b"still here")
        .expect("sent");
    assert!(world.run_until(5000, |world| !world[server].packets.is_empty()));
    assert_eq!(world[server].packets[0].data, b"still here");
    assert_eq!(world[server].signals.len(), 1, "no client joined or left");
}

/// In rusty_enet a compressed datagram shorter than its header makes a slice of negative length.
#[test]
fn every_length_with_every_header_flag_is_harmless() {
    for compression in [Compression::None, Compression::RangeCoder] {
        let (mut world, server, client) = connected(120, compression.clone());
        let to = world.address(server);
        let mut random = Random::new(9);
        let mut short = 0;
        for from in [stranger(), world.address(client)] {
            for length in 0..=64 {
                for flags in 0..16u8 {
                    for slot in [[0x0F, 0xFF], [0, 0], [0, 1]] {
                        let mut bytes = random.bytes(length);
                        for (byte, slot) in bytes.iter_mut().zip(slot) {
                            *byte = slot;
                        }
                        if let Some(first) = bytes.first_mut() {
                            *first |= flags << 4;
                        }
                        // Longer commands in the client's name could do what the client may do.
                        if from == stranger() || length < 5 {
                            world.network.forge(from, to, &bytes);
                            short += u64::from(length < 5);
                        }
                    }
                }
                world.run(5);
            }
        }
        let totals = world.with_host(server, |host| host.totals());
        assert_eq!(totals.dropped_datagrams, short);
        still_works(&mut world, server, client);
    }
}

#[test]
fn every_length_is_harmless_before_any_client_connects() {
    for compression in [Compression::None, Compression::RangeCoder] {
        let mut world = World::new(121);
        let (server, _) = world.connected(0);
        world.with_host(server, |host| host.set_compression(compression.clone()));
        let to = world.address(server);
        for first in 0..=255u8 {
            for length in 1..=12 {
                let mut bytes = vec![0xFF; length];
                bytes[0] = first;
                world.network.forge(stranger(), to, &bytes);
            }
        }
        world.run(100);
        assert!(world[server].signals.is_empty());
    }
}

#[test]
fn datagrams_larger_than_the_protocol_allows_are_dropped() {
    let (mut world, server, client) = connected(122, Compression::None);
    let to = world.address(server);
    for size in [4097, 9000, 65_000] {
        world.network.forge(stranger(), to, &vec![0xFF; size]);
    }
    world.run(50);
    let totals = world.with_host(server, |host| host.totals());
    assert_eq!(totals.dropped_datagrams, 3);
    still_works(&mut world, server, client);
}

#[test]
fn replayed_and_changed_datagrams_of_a_stranger_disturb_no_connection() {
    for compression in [Compression::None, Compression::RangeCoder] {
        let mut world = World::new(123);
        world.network.record();
        let (server, clients) = world.connected(1);
        let client = clients[0];
        for mode in [TransferMode::Reliable, TransferMode::Unreliable] {
            for size in [1, 500, 5000] {
                world
                    .send(client, 1, mode, 1, &vec![1; size])
                    .expect("sent");
                world.run(20);
            }
        }
        let corpus: Vec<Vec<u8>> = world
            .network
            .take_recording()
            .into_iter()
            .map(|(_, _, bytes)| bytes)
            .collect();
        assert!(corpus.len() > 10);
        for node in [server, client] {
            world.with_host(node, |host| host.set_compression(compression.clone()));
        }
        let to = world.address(server);
        let mut random = Random::new(124);
        for round in 0..40_000u64 {
            let mut bytes = corpus[random.below(corpus.len() as u64) as usize].clone();
            for _ in 0..random.below(6) {
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] = random.number() as u8;
            }
            if random.chance(0.2) {
                bytes.truncate(random.below(bytes.len() as u64 + 1) as usize);
            }
            if random.chance(0.1) {
                let extra = random.below(200) as usize;
                bytes.extend(random.bytes(extra));
            }
            world.network.forge(stranger(), to, &bytes);
            if round % 200 == 0 {
                world.run(5);
            }
        }
        // A changed CONNECT may open an ENet connection, which is then another player's.
        world.run(40_000);
        world[server].packets.clear();
        world
            .send(client, 1, TransferMode::Reliable, 0, b"still here")
            .expect("sent");
        assert!(world.run_until(5000, |world| {
            world[server]
                .packets
                .iter()
                .any(|packet| packet.data == b"still here")
        }));
        assert!(world[client].is_up());
    }
}
