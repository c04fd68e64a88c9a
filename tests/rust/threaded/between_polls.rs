//! Events that a threaded host handles between two polls and reports in one.

use enet_multiplayer::{Signal, Status};

use super::{now, pair, wait_until};

/// A player leaves and rejoins with the same id while the server does not poll.
#[test]
fn a_client_that_rejoins_between_polls_gets_its_id_again() {
    let (mut server, mut client) = pair(true);
    client.put(1, b"one");
    let left = client.peer.disconnect_peer(1, false, now());
    left.expect("a server to leave");
    wait_until("the client leaves", || {
        client.poll();
        client.peer.status() == Status::Disconnected
    });
    client.join(&server);
    wait_until("the client is back", || {
        client.poll();
        client.peer.status() == Status::Connected
    });
    client.put(1, b"two");
    wait_until("the packet is acknowledged", || {
        client.poll();
        client.in_transit(1) == 0
    });
    wait_until("every event is reported", || {
        server.poll();
        server.packets.len() == 2
    });
    let expected = [
        Signal::PeerConnected(7),
        Signal::PeerDisconnected(7),
        Signal::PeerConnected(7),
    ];
    assert_eq!(server.signals, expected);
    assert_eq!(server.packets, [b"one", b"two"]);
    client.poll();
    assert_eq!(client.peer.status(), Status::Connected);
}

/// A client is connected and disconnected between two of its polls. A game that checks the status
/// after each poll must see that the client was connected.
#[test]
fn a_client_disconnected_at_once_reports_its_connection_first() {
    let (mut server, mut client) = pair(true);
    client.peer.close(now());
    wait_until("the first one leaves", || {
        server.poll();
        server.signals.len() == 2
    });
    client.signals.clear();
    client.join(&server);
    client.poll();
    wait_until("the client is disconnected", || {
        server.poll();
        let ids: Vec<i32> = server.peer.peer_ids().collect();
        for id in ids {
            let _ = server.peer.disconnect_peer(id, false, now());
        }
        server.signals.len() == 4
    });
    client.poll();
    let connected = [Signal::PeerConnected(1), Signal::ConnectionSucceeded];
    assert_eq!(client.signals, connected);
    assert_eq!(client.peer.status(), Status::Connected);
    client.poll();
    let gone = [Signal::PeerDisconnected(1), Signal::ServerDisconnected];
    assert_eq!(client.signals[2..], gone);
    assert_eq!(client.peer.status(), Status::Disconnected);
}
