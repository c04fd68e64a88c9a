//! What connected clients may bring, and honest clients that never meet the limits.

use enet_proto::{Event, Limit, Limits, PacketFlags};

use super::stage::{RELIABLE, Stage, fragment, reliable};

/// The application takes nothing for half a minute, in which one client sends all it can.
#[test]
fn an_honest_client_loses_nothing_while_another_floods_a_server_that_does_not_read() {
    const MEGABYTE: usize = 1024 * 1024;
    let mut stage = Stage::with(2, |config| {
        config.max_unread_data = 8 * MEGABYTE;
        config.limits = Limits {
            unread_bytes: usize::MAX,
            unread_packets: usize::MAX,
            packets_per_second: 0,
            ..Limits::new(16)
        };
    });
    stage.reads = false;
    let mut sent = 0u32;
    for frame in 0..1800 {
        for _ in 0..100 {
            let group = (frame * 100 % 0x7FFF) as u16;
            let [high, low] = group.to_be_bytes();
            let packet = [0x49, 0, 0, 0, high, low, 0, 4, 1, 2, 3, 4];
            stage.forge(0, &packet.repeat(100));
        }
        if frame % 2 == 0 {
            stage.send(1, RELIABLE, &sent.to_be_bytes());
            sent += 1;
        }
        stage.step(16);
    }
    stage.reads = true;
    stage.run(3000);
    let packets = stage.packets_of(1);
    assert!(stage.is_up(1));
    assert!((0..sent).map(u32::to_be_bytes).eq(packets.iter().copied()));
}

#[test]
fn an_honest_packet_waits_behind_few_packets_of_a_flood() {
    let mut stage = Stage::new(2, Limits::none());
    stage.reads = false;
    for sequence in 1..20_000u16 {
        stage.forge(0, &reliable(0, sequence, b"flood"));
    }
    stage.forge(1, &reliable(0, 1, b"honest"));
    stage.read();
    let honest = stage.clients[1].peer;
    let mut events = stage.events.iter();
    let place =
        events.position(|event| matches!(event, Event::Received { peer, .. } if *peer == honest));
    assert!(place.is_some_and(|place| place <= 2 * 256), "{place:?}");
    assert_eq!(stage.packets_of(0).len(), 19_999);
}

/// 31 Mbit/s of tiny packets.
#[test]
fn a_flood_of_tiny_packets_is_limited_and_then_dropped() {
    let mut stage = Stage::new(2, Limits::new(16));
    let packet = |number: u32| {
        let [_, _, high, low] = number.to_be_bytes();
        [0x49, 0, 0, 0, high, low, 0, 2, 7, 7]
    };
    let mut number = 0;
    let mut most = 0;
    let mut seconds = 0;
    while stage.is_up(0) && seconds < 20 {
        let before = stage.events.len();
        for frame in 0..60 {
            for _ in 0..46 {
                let commands: Vec<u8> = (0..140).flat_map(|it| packet(number + it)).collect();
                stage.forge(0, &commands);
                number += 140;
            }
            if frame % 10 == 0 {
                stage.send(1, RELIABLE, b"echo");
            }
            stage.step(if frame % 3 == 0 { 16 } else { 17 });
        }
        most = most.max(stage.events.len() - before);
        seconds += 1;
    }
    assert_eq!(stage.dropped_for(0), Some(Limit::Flood));
    assert!(most < 32_000, "{most} packets a second");
    assert_eq!(stage.packets_of(1).len(), 6 * seconds);
    assert!(stage.is_up(1));
    assert!(stage.server.drops().over_limit > 100_000);
}

#[test]
fn connections_of_one_subscriber_bring_little_more_than_two() {
    let limits = Limits {
        packets_per_second: 1000,
        ..Limits::new(16)
    };
    let mut stage = Stage::new(1, limits);
    stage.is_one_subscriber = true;
    for _ in 0..8 {
        stage.join();
    }
    let mut group = 0u16;
    for frame in 0..300 {
        for client in 0..8 {
            let packet = |number: u16| {
                let [high, low] = (group + number).to_be_bytes();
                [0x49, 0, 0, 0, high, low, 0, 2, 7, client as u8]
            };
            let commands: Vec<u8> = (0..10).flat_map(packet).collect();
            if client < 7 {
                stage.forge(client, &commands);
            }
        }
        group = (group + 10) % 0x7000;
        if frame % 3 == 0 {
            stage.send(8, RELIABLE, b"quiet");
        }
        stage.step(10);
    }
    // A client of another address brings what it likes.
    assert_eq!(stage.packets_of(0).len(), 3000);
    assert_eq!(stage.packets_of(8).len(), 100, "it shares the address");
    let sum: usize = (1..7).map(|client| stage.packets_of(client).len()).sum();
    // Twice two seconds at once, three seconds, and the batches that are not settled.
    assert!((6000..=10_300).contains(&sum), "{sum}");
}

/// None of the packets has its first fragment.
#[test]
fn packets_in_the_making_count_as_packets_and_those_beyond_a_limit_as_a_flood() {
    let limits = Limits {
        packets_per_second: 1000,
        ..Limits::new(16)
    };
    let mut stage = Stage::new(1, limits);
    let mut number = 2u16;
    let mut begin = |stage: &mut Stage| {
        let commands: Vec<u8> = (0..100)
            .flat_map(|_| {
                number = if number > 20_000 { 2 } else { number + 3 };
                fragment(0, number, [3, 3, 1, 1], b"x")
            })
            .collect();
        stage.forge(0, &commands);
    };
    (0..40).for_each(|_| begin(&mut stage));
    let held = stage.waiting(0);
    assert!(held < 2100 * 1000, "{held} bytes of 2,000 packets");
    let mut seconds = 0;
    while stage.is_up(0) && seconds < 20 {
        (0..2000).for_each(|_| begin(&mut stage));
        seconds += 1;
        stage.run(1000);
    }
    assert_eq!(stage.dropped_for(0), Some(Limit::Flood));
}

/// The waiting bytes are few.
#[test]
fn packets_that_find_no_room_to_wait_are_a_flood_in_the_end() {
    let limits = Limits {
        packets_per_second: 0,
        waiting_bytes: 10_000,
        ..Limits::new(16)
    };
    let mut stage = Stage::new(1, limits);
    let commands: Vec<u8> = (0..100).flat_map(|it| reliable(0, 2 + it, b"")).collect();
    for _ in 0..700 {
        (0..100).for_each(|_| stage.forge(0, &commands));
        stage.step(10);
    }
    assert_eq!(stage.dropped_for(0), Some(Limit::Flood));
}

/// The budget is low, and the client sends without a pause.
#[test]
fn an_honest_client_that_is_held_back_is_not_dropped_and_loses_nothing() {
    let mut stage = Stage::new(
        1,
        Limits {
            packets_per_second: 1000,
            ..Limits::new(16)
        },
    );
    for number in 0..6000u32 {
        stage.send(0, RELIABLE, &number.to_be_bytes());
    }
    stage.run(60_000);
    assert!(stage.is_up(0), "{:?}", stage.events.last());
    let packets = stage.packets_of(0);
    assert!((0..6000).map(u32::to_be_bytes).eq(packets.iter().copied()));
    assert!(
        stage
            .server
            .peer_drops(stage.clients[0].peer)
            .is_some_and(|it| it.over_limit > 0)
    );
}

#[test]
fn a_client_is_not_dropped_while_the_application_reads_nothing_for_a_minute() {
    let mut stage = Stage::new(
        1,
        Limits {
            unread_packets: 1000,
            ..Limits::new(16)
        },
    );
    stage.reads = false;
    // ENet makes some of the others reliable, and gives up when they are not acknowledged for ten seconds.
    let unsequenced = PacketFlags {
        unsequenced: true,
        ..PacketFlags::default()
    };
    for _ in 0..6000 {
        for _ in 0..50 {
            stage.send(0, unsequenced, b"news");
        }
        stage.step(10);
    }
    stage.reads = true;
    stage.run(1000);
    assert!(stage.is_up(0));
    assert_eq!(stage.dropped_for(0), None);
    assert_eq!(stage.packets_of(0).len(), 1000);
}
