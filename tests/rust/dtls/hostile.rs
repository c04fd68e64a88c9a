//! Strangers that attack an encrypted server, or forge datagrams between it and a client.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use enet_multiplayer::SharedConnection;
use sim::{Conditions, Random, SERVER_IP, World};

use super::{client, is_connected, joined, own, serve_until, server, sessions, trusting};

/// A client's first datagram: its ClientHello.
fn hello() -> Vec<u8> {
    let mut world = World::new(90);
    world.network.record();
    let (_, _) = joined(&mut world);
    world.network.take_recording().swap_remove(0).2
}

fn address_of(host: &SharedConnection) -> SocketAddr {
    let port = host.borrow().local_port().expect("active");
    SocketAddr::new(SERVER_IP, port)
}

fn stranger(number: u32) -> SocketAddr {
    let ip = Ipv4Addr::from(0x0B00_0000 + number / 50_000);
    SocketAddr::new(IpAddr::V4(ip), 1024 + (number % 50_000) as u16)
}

/// The number of bytes sent to strangers.
fn answered(world: &World) -> usize {
    let recording = world.network.take_recording();
    let to_strangers = recording.iter().filter(|(_, to, _)| to.ip() != SERVER_IP);
    to_strangers.map(|(_, _, bytes)| bytes.len()).sum()
}

#[test]
fn a_flood_of_hellos_keeps_no_state_and_blocks_no_client() {
    let conditions = Conditions {
        latency: Duration::from_millis(20),
        ..Conditions::default()
    };
    let mut world = World::with(91, conditions);
    let hello = hello();
    let pair = own();
    let server = server(&mut world, &pair);
    let to = address_of(&server);
    let quiet = client(&mut world, &server, trusting(&pair));
    let before = world.now();
    serve_until(&mut world, &[&server, &quiet], 5, is_connected(1));
    let usual = world.now() - before;

    world.network.record();
    let joining = client(&mut world, &server, trusting(&pair));
    let before = world.now();
    let (mut sent, mut number) = (0, 0);
    let mut is_joined = false;
    while !is_joined || number < 100_000 {
        for _ in 0..1000 {
            world.network.forge(stranger(number), to, &hello);
            number += 1;
            sent += hello.len();
        }
        let now = world.now();
        let mut events = Vec::new();
        for (index, host) in [&server, &joining, &quiet].into_iter().enumerate() {
            let event = host.borrow_mut().service(Duration::ZERO, || now);
            events.extend(event.expect("active").map(|event| (index, event)));
        }
        world.run(1);
        if !is_joined && is_connected(1)(&events) {
            is_joined = true;
            let took = world.now() - before;
            assert!(took < usual * 2, "{took:?} instead of {usual:?}");
        }
        assert!(number < 1_000_000, "the client does not get in");
        // The strangers get cookies, and the server keeps no state for them.
        assert!(sessions(&server).1 <= 1);
    }
    let answered = answered(&world);
    assert!(
        answered > 0 && answered < sent,
        "{answered} bytes for {sent}"
    );
    assert_eq!(sessions(&server), (2, 0));
}

/// Counts panics in the library, including caught ones.
fn panics_in(work: impl FnOnce()) -> usize {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let usual = panic::take_hook();
    panic::set_hook(Box::new(|info| {
        let in_library = info
            .location()
            .is_some_and(|place| place.file().contains("rtc-"));
        if in_library {
            COUNT.fetch_add(1, Ordering::SeqCst);
        }
        eprintln!("{info}");
    }));
    let before = COUNT.load(Ordering::SeqCst);
    work();
    panic::set_hook(usual);
    COUNT.load(Ordering::SeqCst) - before
}

/// Datagrams of real handshakes are truncated, changed, repeated and reordered. They arrive before,
/// during and after a handshake, at both sides, from strangers and in each other's name.
#[test]
fn mutated_handshakes_and_records_change_nothing_for_others() {
    let panics = panics_in(|| {
        for seed in 0..40 {
            mutate(seed);
        }
    });
    assert_eq!(panics, 0);
}

fn mutate(seed: u64) {
    let mut world = World::new(seed);
    let pair = own();
    let server = server(&mut world, &pair);
    let to = address_of(&server);
    // An established session that must not be affected.
    let old = client(&mut world, &server, trusting(&pair));
    serve_until(&mut world, &[&server, &old], 5, is_connected(1));

    world.network.record();
    let mut random = Random::new(seed);
    let victim = client(&mut world, &server, trusting(&pair));
    let victims_address = address_of(&victim);
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for _ in 0..60 {
        serve_until(&mut world, &[&server, &old, &victim], 1, |_| true);
        seen.extend(world.network.take_recording().into_iter().map(|it| it.2));
        world.network.record();
        for _ in 0..30 {
            if seen.is_empty() {
                break;
            }
            let mut bytes = seen[random.below(seen.len() as u64) as usize].clone();
            match random.below(5) {
                0 => bytes.truncate(random.below(bytes.len() as u64 + 1) as usize),
                1 | 2 => {
                    for _ in 0..=random.below(4) {
                        let at = random.below(bytes.len().max(1) as u64) as usize;
                        if let Some(byte) = bytes.get_mut(at) {
                            *byte ^= 1 << random.below(8);
                        }
                    }
                }
                3 => {
                    let more = random.below(40) as usize;
                    bytes.extend(random.bytes(more));
                }
                _ => {}
            }
            let from = match random.below(3) {
                0 => stranger(random.below(5) as u32),
                1 => address_of(&old),
                _ => victims_address,
            };
            world.network.forge(from, to, &bytes);
            // The same bytes in the server's name.
            world.network.forge(to, victims_address, &bytes);
            world.network.forge(to, address_of(&old), &bytes);
        }
    }
    serve_until(&mut world, &[&server, &old, &victim], 12, |_| false);
    // The established session remains. The victim may fail, as with any forger on its path.
    let (ready, pending) = sessions(&server);
    assert!(
        (1..=2).contains(&ready) && pending == 0,
        "{ready} {pending}"
    );
    let peer = old.borrow().peers()[0];
    let now = world.now();
    let sent = old.borrow_mut().send(peer, 0, 1, b"still here", now);
    sent.expect("connected");
    let events = serve_until(&mut world, &[&server, &old], 5, |events| {
        events
            .iter()
            .any(|(_, event)| matches!(event, enet_proto::Event::Received { .. }))
    });
    assert!(!events.is_empty());
    // A new client can still connect.
    let new = client(&mut world, &server, trusting(&pair));
    let events = serve_until(&mut world, &[&server, &new], 5, is_connected(1));
    assert!(is_connected(1)(&events));
}

#[test]
fn garbage_of_every_length_is_dropped() {
    let mut world = World::new(93);
    let (server, client) = joined(&mut world);
    let mut random = Random::new(93);
    let (to, from) = (address_of(&server), address_of(&client));
    for length in 0..1500 {
        for first in [0, 20, 21, 22, 23, 255] {
            let mut bytes = random.bytes(length);
            for (byte, header) in bytes.iter_mut().zip([first, 254, 253, 0, 1]) {
                *byte = header;
            }
            // A matching length makes the bytes look like a record.
            if let Some(content) = length.checked_sub(13) {
                bytes[11..13].copy_from_slice(&(content as u16).to_be_bytes());
            }
            world.network.forge(from, to, &bytes);
            world.network.forge(stranger(1), to, &bytes);
        }
    }
    let events = serve_until(&mut world, &[&server, &client], 3, |_| false);
    assert_eq!(events, []);
    assert_eq!(sessions(&server), (1, 0));
}
