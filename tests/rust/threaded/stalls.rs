//! An owner that stalls: for how long its thread represents it, and what a poll finds afterwards.

use std::thread::sleep;
use std::time::{Duration, Instant};

use enet_multiplayer::{Signal, Status, TransferMode};

use super::{Node, now, pair, wait_until};

/// Polls both for a while, as games do, so that both threads stand by.
fn play(nodes: &mut [&mut Node], time: Duration) {
    let clock = Instant::now();
    while clock.elapsed() < time {
        for node in nodes.iter_mut() {
            node.poll();
        }
        sleep(Duration::from_millis(8));
    }
}

/// Has both ends time out soon.
fn hurry(node: &Node, id: i32) {
    let (host, peer) = node.peer.connection_to(id).expect("connected");
    let mut host = host.borrow_mut();
    host.set_timeout(peer, 1, 200, 600).expect("a timeout");
    host.set_ping_interval(peer, 50, now())
        .expect("an interval");
}

#[test]
fn a_thread_that_stands_by_steps_in() {
    let (mut server, mut client) = pair(true);
    hurry(&server, 7);
    play(&mut [&mut server, &mut client], Duration::from_secs(1));
    // The client stalls for the length of several timeouts.
    play(&mut [&mut server], Duration::from_secs(3));
    assert_eq!(server.signals, [Signal::PeerConnected(7)]);
    client.poll();
    assert_eq!(client.peer.status(), Status::Connected);
    // Both go on as before.
    play(&mut [&mut server, &mut client], Duration::from_secs(1));
    client.put(1, b"still here");
    play(&mut [&mut server, &mut client], Duration::from_millis(100));
    assert_eq!(server.packets, [b"still here"]);
}

#[test]
fn what_a_stalling_owner_queued_leaves() {
    let (mut server, mut client) = pair(true);
    play(&mut [&mut server, &mut client], Duration::from_secs(1));
    server.put(7, b"before the stall");
    wait_until("the packet arrives", || {
        client.poll();
        !client.packets.is_empty()
    });
}

#[test]
fn an_owner_that_hangs_times_out() {
    let (mut server, mut client) = pair(true);
    hurry(&server, 7);
    let timeout = Duration::from_secs(1);
    client.peer.set_stall_timeout(Some(timeout));
    play(&mut [&mut server, &mut client], Duration::from_secs(1));
    // Before the last poll, from which the timeout counts.
    let clock = Instant::now();
    client.poll();
    wait_until("the server gives the client up", || {
        server.poll();
        server.signals.contains(&Signal::PeerDisconnected(7))
    });
    let lasted = clock.elapsed();
    assert!(lasted >= timeout, "{lasted:?}");
    // The client learns of it as it would without a thread.
    wait_until("the client gives the server up", || {
        client.poll();
        client.peer.status() == Status::Disconnected
    });
}

#[test]
fn an_owner_that_is_back_in_time_loses_nothing() {
    const PACKETS: u32 = 100;
    for mode in [TransferMode::Reliable, TransferMode::Unreliable] {
        let (mut server, mut client) = pair(true);
        let timeout = Duration::from_millis(500);
        client.peer.set_stall_timeout(Some(timeout));
        play(&mut [&mut server, &mut client], Duration::from_secs(1));
        server.peer.set_transfer_mode(mode);
        client.peer.set_transfer_mode(mode);
        let clock = Instant::now();
        let mut put = 0;
        while put < PACKETS {
            if clock.elapsed() > Duration::from_millis(20) * put {
                server.put(7, &put.to_be_bytes());
                put += 1;
            }
            server.poll();
            sleep(Duration::from_millis(4));
        }
        assert!(clock.elapsed() > timeout * 3);
        client.put(1, b"back");
        wait_until("all packets arrive", || {
            server.poll();
            client.poll();
            client.packets.len() == PACKETS as usize && !server.packets.is_empty()
        });
        let expected: Vec<_> = (0..PACKETS).map(|one| one.to_be_bytes().to_vec()).collect();
        assert_eq!(client.packets, expected, "{mode:?}");
        assert_eq!(client.peer.status(), Status::Connected);
    }
}

#[test]
fn without_a_limit_the_thread_answers_for_ever() {
    let (mut server, mut client) = pair(true);
    hurry(&server, 7);
    client
        .peer
        .set_stall_timeout(Some(Duration::from_millis(500)));
    client.peer.set_stall_timeout(None);
    play(&mut [&mut server, &mut client], Duration::from_secs(1));
    play(&mut [&mut server], Duration::from_secs(4));
    assert_eq!(server.signals, [Signal::PeerConnected(7)]);
}

/// Its thread keeps those who are connected, but lets nobody new into a game that may never come back.
#[test]
fn a_join_during_a_stall_is_answered_after_it() {
    let (mut server, mut client) = pair(true);
    play(&mut [&mut server, &mut client], Duration::from_secs(1));
    // The thread has taken over by then.
    play(&mut [&mut client], Duration::from_secs(1));
    let mut newcomer = Node::new(3, false);
    newcomer.join_as(8, &server);
    play(&mut [&mut client, &mut newcomer], Duration::from_secs(2));
    assert_eq!(newcomer.peer.status(), Status::Connecting);
    assert_eq!(client.peer.status(), Status::Connected);
    wait_until("the newcomer is in", || {
        server.poll();
        newcomer.poll();
        newcomer.peer.status() == Status::Connected
    });
    assert_eq!(client.peer.status(), Status::Connected);
}
