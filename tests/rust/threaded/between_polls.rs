//! What happens between two polls of a host with a thread, and shows in one.

use enet_multiplayer::{Signal, Status};

use super::{now, pair, wait_until};

/// While the server's owner is away a player leaves, and comes back with his id.
#[test]
fn who_comes_back_finds_his_id_free() {
    let (mut server, mut client) = pair(true);
    client.put(1, b"one");
    let left = client.peer.disconnect_peer(1, false, now());
    left.expect("a server to leave");
    wait_until("he leaves", || {
        client.poll();
        client.peer.status() == Status::Disconnected
    });
    client.join(&server);
    wait_until("he is back", || {
        client.poll();
        client.peer.status() == Status::Connected
    });
    client.put(1, b"two");
    wait_until("what he says is acknowledged", || {
        client.poll();
        client.in_transit(1) == 0
    });
    wait_until("all is told", || {
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

/// A client that is let in and sent away between two of its polls. A game that looks at the status after
/// each of them must see that it was connected.
#[test]
fn who_is_sent_away_at_once_was_connected() {
    let (mut server, mut client) = pair(true);
    client.peer.close(now());
    wait_until("the first one leaves", || {
        server.poll();
        server.signals.len() == 2
    });
    client.signals.clear();
    client.join(&server);
    client.poll();
    wait_until("it is sent away", || {
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
