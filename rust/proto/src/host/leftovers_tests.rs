//! Connections that come and go leave nothing behind.

use std::net::SocketAddr;
use std::time::Duration;

use super::FEW_TIMERS;
use crate::{Disconnect, Host, HostConfig, PeerId, Time};

fn address(port: u16) -> SocketAddr {
    ([10, 0, 0, 1], port).into()
}

fn carry(from: &mut Host, sender: SocketAddr, to: &mut Host, now: Time) {
    from.flush(now);
    let mut datagram = Vec::new();
    while from.next_datagram(&mut datagram).is_some() {
        to.receive(now, sender, &datagram);
    }
}

#[test]
fn connects_that_are_followed_by_disconnects_leave_nothing() {
    let mut now = Time::ZERO;
    let mut server = Host::new(&HostConfig::new(4, 1, now));
    for round in 0..10_000u32 {
        let mut client = Host::new(&HostConfig::new(1, round, now));
        let port = (round % 60_000) as u16;
        let peer: PeerId = client.connect(now, address(1), 1, 0).expect("a slot");
        carry(&mut client, address(port), &mut server, now);
        carry(&mut server, address(1), &mut client, now);
        // Half of them end half-open connections.
        if round % 2 == 0 {
            carry(&mut client, address(port), &mut server, now);
        }
        client.disconnect(now, peer, 0, Disconnect::Now);
        carry(&mut client, address(port), &mut server, now);
        while server.next_event().is_some() {}
        server.service(now);
        now += Duration::from_micros(100);
        let timers = server.timers.len();
        assert!(timers <= 2 * 4 + FEW_TIMERS + 1, "{timers} after {round}");
    }
    assert_eq!(server.connected_peers(), 0);
    assert_eq!(server.slots.iter().count(), 0);
    assert_eq!(server.context.waiting, 0);
    server.service(now + Duration::from_secs(10));
    assert_eq!(server.timers.len(), 0);
}
