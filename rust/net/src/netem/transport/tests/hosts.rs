//! Hosts on the system's sockets, with an emulated network between them.

use std::sync::OnceLock;
use std::thread;
use std::time::Instant;

use enet_proto::{Event, HostConfig, PacketFlags};

use super::*;
use crate::{BindAddress, Host, Network, Udp};

const LATENCY: Duration = Duration::from_millis(20);
/// Something is broken if it takes longer.
const LIMIT: Duration = Duration::from_secs(60);

/// A host and its emulator.
fn host(start: Instant, seed: u64) -> (Host, Emulator) {
    let emulator = Emulator::new(seed, Arc::new(move || start.elapsed()));
    let local = BindAddress::Ip(Ipv4Addr::LOCALHOST.into());
    let socket = emulator.wrap(Udp.bind(local, 0).expect("a socket"));
    let config = HostConfig::new(1, 1, start.elapsed());
    (Host::new(&config, socket), emulator)
}

#[test]
fn hosts_deliver_in_order_in_spite_of_loss_and_latency() {
    const PACKETS: u32 = 100;
    let start = Instant::now();
    let conditions = Conditions {
        latency: LATENCY,
        loss: 0.05,
        ..Conditions::default()
    };
    let (mut client, emulator) = host(start, 1);
    emulator.set_conditions(conditions);
    let (mut server, emulator) = host(start, 2);
    emulator.set_conditions(conditions);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.local_port()));

    let receiver = thread::spawn(move || {
        let mut numbers = Vec::new();
        while numbers.len() < PACKETS as usize {
            assert!(start.elapsed() < LIMIT, "{} arrived", numbers.len());
            server.wait(start.elapsed(), millis(500));
            server.service(start.elapsed());
            while let Some(event) = server.next_event() {
                if let Event::Received { data, .. } = event {
                    let number = data.as_slice().try_into().expect("a number");
                    numbers.push(u32::from_be_bytes(number));
                }
            }
        }
        numbers
    });

    let begun = start.elapsed();
    let peer = client.connect(begun, address, 1, 0).expect("a slot");
    let mut connected = None;
    let mut next = 0;
    while !receiver.is_finished() {
        assert!(start.elapsed() < LIMIT, "{next} sent");
        client.wait(start.elapsed(), millis(10));
        client.service(start.elapsed());
        while let Some(event) = client.next_event() {
            if let Event::Connected { .. } = event {
                connected = Some(start.elapsed());
            }
        }
        if connected.is_some() && next < PACKETS {
            let number = next.to_be_bytes();
            let queued = client.send(start.elapsed(), peer, 0, PacketFlags::RELIABLE, &number);
            queued.expect("queued");
            client.flush(start.elapsed());
            next += 1;
        }
    }
    let numbers = receiver.join().expect("all arrive");
    assert!(numbers.into_iter().eq(0..PACKETS));
    // Each way is through both links.
    let handshake = connected.expect("connected") - begun;
    assert!(handshake >= 4 * LATENCY, "{handshake:?}");
}

fn clock() -> Time {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// The thread sleeps no longer than until a held datagram is due: otherwise the retransmission timer
/// were the first to wake it.
#[test]
fn a_network_thread_delivers_held_datagrams_when_they_are_due() {
    let threaded = || {
        let emulator = Emulator::new(1, Arc::new(clock));
        let local = BindAddress::Ip(Ipv4Addr::LOCALHOST.into());
        let socket = emulator.wrap(Udp.bind(local, 0).expect("a socket"));
        let mut host = Host::new(&HostConfig::new(1, 1, clock()), socket);
        host.start_thread(clock).expect("a thread");
        host.receive(clock());
        (host, emulator)
    };
    let (mut server, _) = threaded();
    let (mut client, emulator) = threaded();
    emulator.set_conditions(Conditions {
        latency: Duration::from_millis(50),
        ..Conditions::default()
    });
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.local_port()));
    let begun = clock();
    client.connect(begun, address, 1, 0).expect("a slot");
    assert!(server.wait(clock(), LIMIT));
    let there = clock() - begun;
    // Three ways of 50 ms; the first retransmission would come after 500 ms.
    assert!(there >= millis(150), "{there:?}");
    assert!(there < millis(450), "{there:?}");
}
