//! Answers to hostile datagrams of connected clients, and the counts of what was dropped.

use enet_proto::{Limit, Limits};

use super::stage::{Client, Stage, reliable, server_address};

#[test]
fn a_dropped_client_learns_the_limit() {
    let mut stage = Stage::new(1, Limits::new(16));
    let peer = stage.clients[0].peer;
    stage.server.drop_over_limit(stage.now, peer, Limit::Flood);
    stage.read();
    assert_eq!(stage.dropped_for(0), Some(Limit::Flood));
    stage.step(10);
    assert_eq!(stage.clients[0].ended, Some(Limit::Flood.code()));
    // A stale id.
    stage.server.drop_over_limit(stage.now, peer, Limit::Flood);
    stage.events.clear();
    stage.read();
    assert!(stage.events.is_empty());
}

#[test]
fn compressed_pings_are_answered_with_a_few_times_their_bytes() {
    const WIRE: usize = 24;
    let mut stage = Stage::new(1, Limits::none());
    stage.run(1000);
    let mut answer = |commands: &[u8], wire: usize| {
        stage.forge_packed(0, commands, wire);
        stage.server.flush(stage.now);
        let (mut bytes, mut datagrams) = (0, 0);
        let mut datagram = Vec::new();
        while stage.server.next_datagram(&mut datagram).is_some() {
            bytes += datagram.len();
            datagrams += 1;
        }
        (bytes, datagrams)
    };
    // A ping, and one with the channel of packets.
    for channel in [0xFF, 0] {
        let pings: Vec<u8> = (0..1000u16)
            .flat_map(|number| [0x85, channel, (number >> 8) as u8, number as u8])
            .collect();
        let (bytes, datagrams) = answer(&pings, WIRE);
        assert_eq!(datagrams, 1);
        assert!(bytes <= 3 * WIRE, "{bytes}");
        // Plain datagrams are answered in full, up to the control number that is too far ahead.
        let (bytes, _) = answer(&pings[..400], 404);
        let answered = if channel == 0xFF { 60 } else { 100 };
        assert!(bytes >= answered * 8, "{bytes}");
    }
    // The packets of a full datagram of any ENet.
    let packets: Vec<u8> = (1..=32).flat_map(|it| reliable(0, it, b"same")).collect();
    let (bytes, datagrams) = answer(&packets, WIRE);
    assert_eq!((bytes, datagrams), (2 + 32 * 8, 1));
    let more: Vec<u8> = (1..=300).flat_map(|it| reliable(1, it, b"")).collect();
    assert!(answer(&more, WIRE).0 <= 2 + 32 * 8);
    assert!(
        answer(&more[32 * 6..], WIRE).0 > 0,
        "the next ones are acknowledged when they come again"
    );
}

#[test]
fn a_client_of_which_nothing_can_be_decompressed_is_dropped() {
    let mut stage = Stage::new(
        2,
        Limits {
            undecodable: 20,
            ..Limits::new(16)
        },
    );
    stage.clients[0].is_connected = false;
    for round in 0..100 {
        for client in 0..2 {
            let Client {
                header, address, ..
            } = stage.clients[client];
            let start = [header[0] | 0x40, header[1]];
            stage.server.note_undecodable(stage.now, address, &start);
        }
        assert_eq!(stage.is_up(0), round < 60, "{round}");
        stage.step(if round < 59 { 50 } else { 2100 });
        stage.clients[1].is_connected = true;
    }
    assert_eq!(stage.dropped_for(0), Some(Limit::Undecodable));
    assert!(stage.is_up(1), "its other datagrams are good");
    let drops = stage.server.drops();
    assert!(drops.undecodable > 100);
    let of_peer = stage.server.peer_drops(stage.clients[1].peer);
    assert_eq!(of_peer.map(|drops| drops.undecodable), Some(100));
    stage
        .server
        .note_undecodable(stage.now, server_address(), &[0x40, 1]);
    assert_eq!(stage.server.drops().strangers, drops.strangers + 1);
}

#[test]
fn dropped_datagrams_are_counted_by_cause() {
    let mut stage = Stage::new(1, Limits::new(16));
    let before = stage.server.drops();
    assert_eq!(before, enet_proto::Drops::default());
    let stranger = ([10, 9, 9, 9], 9).into();
    let Client {
        header,
        address,
        peer,
        ..
    } = stage.clients[0];
    let whole = [&header[..], &[5, 0xFF, 0, 1]].concat();
    stage.server.receive(stage.now, stranger, &whole);
    stage
        .server
        .receive(stage.now, stranger, &[0x0F, 0xFF, 5, 0xFF, 0, 1]);
    assert_eq!(stage.server.drops().strangers, 2);
    stage.server.receive(stage.now, address, &[]);
    stage.server.receive(stage.now, address, &[0; 5000]);
    assert_eq!(stage.server.drops().malformed, 2);
    // No command, a cut one, and a packet for no channel.
    for rest in [
        &[0, 0, 0, 0, 0][..],
        &[6, 0, 0, 1],
        &[7, 255, 0, 0, 0, 1, 0, 0],
    ] {
        stage
            .server
            .receive(stage.now, address, &[&header[..], rest].concat());
    }
    assert_eq!(stage.server.drops().malformed, 5);
    assert_eq!(
        stage.server.peer_drops(peer).map(|drops| drops.malformed),
        Some(3)
    );
    assert!(stage.is_up(0));
}
