//! Cases in which a host of ours and a C host once waited for each other, pinned for every pairing.

use enet_proto::{Disconnect, Event};
use enet_proto::{HostConfig, Time};
use sim::oracle::Engine;
use sim::oracle::EngineFactory;
use sim::oracle::OwnEngine;
use sim::oracle::RustyEngine;

use super::arena::{Arena, SERVER, START, What, address, all_pairings};
use super::script::{RELIABLE, UNRELIABLE};

/// Flushes one engine and hands its datagrams to another.
fn carry(from: &mut dyn Engine, sender: usize, to: &mut dyn Engine, now: Time) {
    let mut datagram = Vec::new();
    from.flush(now);
    while from.next_datagram(&mut datagram).is_some() {
        to.receive(now, address(sender), &datagram);
    }
    to.service(now);
}

#[test]
fn a_packet_sent_with_the_last_handshake_acknowledgement_arrives() {
    let makes: [EngineFactory; 2] = [RustyEngine::boxed, OwnEngine::boxed];
    for make in makes {
        let now = Time::from_millis(START);
        let mut server = make(&HostConfig::new(2, 1, now));
        let mut client = OwnEngine::boxed(&HostConfig::new(1, 2, now));
        let peer = client.connect(now, address(SERVER), 1, 0);
        let peer = peer.expect("a free slot");
        carry(&mut *client, 1, &mut *server, now);
        carry(&mut *server, SERVER, &mut *client, now);
        // A game answers the event before anything is flushed.
        for flags in [RELIABLE, UNRELIABLE] {
            let sent = client.send(now, peer, 0, flags, b"hello");
            assert_eq!(sent, Ok(()));
        }
        carry(&mut *client, 1, &mut *server, now);
        let events = std::iter::from_fn(|| server.next_event());
        let packets = events.filter(|event| matches!(event, Event::Received { .. }));
        assert_eq!(packets.count(), 2);
    }
}

#[test]
fn two_peers_that_disconnect_later_do_not_wait_for_each_other() {
    for pairing in all_pairings() {
        let mut arena = Arena::new(pairing, 1, 1);
        arena.weather.latency = 20;
        arena.join(1, 2);
        // Both receive bandwidth limits at this time, whose acknowledgements the disconnects wait for.
        arena.run(2000, 1, |arena| arena.now == 2 * START);
        arena.step(6);
        arena.send(1, SERVER, 0, RELIABLE, b"");
        arena.flush(1);
        for (node, remote) in [(1, SERVER), (SERVER, 1)] {
            let (now, peer) = (arena.time(), arena.peer(node, remote));
            let engine = &mut arena.nodes[node].engine;
            engine.disconnect(now, peer, 0, Disconnect::Later);
            arena.flush(node);
        }
        arena.pass(3000, 20);
        for link in [(SERVER, 1, 1), (1, SERVER, 1)] {
            let last = arena.log[&link].last().map(|entry| entry.what);
            assert_eq!(last, Some(What::Disconnected(0)), "{}", pairing.name);
        }
    }
}
