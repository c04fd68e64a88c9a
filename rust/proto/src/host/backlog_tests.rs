//! Packets that wait for a peer's window cost nothing until they can be sent. (Earlier versions of the
//! C library walked all of them at every flush: its issue 218.)

use std::net::SocketAddr;
use std::time::Duration;

use crate::send::LOOKS;
use crate::{Event, Host, HostConfig, PacketFlags, PeerId, Time};

const SIZE: usize = 1000;
const RELIABLE: PacketFlags = PacketFlags::RELIABLE;

struct Pair {
    server: Host,
    client: Host,
    peer: PeerId,
    now: Time,
}

impl Pair {
    fn connected() -> Self {
        let config = |seed| HostConfig::new(1, seed, Time::ZERO);
        let mut pair = Self {
            server: Host::new(&config(1)),
            client: Host::new(&config(2)),
            peer: PeerId {
                slot: 0,
                generation: 0,
            },
            now: Time::ZERO,
        };
        let server = address(1);
        (pair.client.connect(Time::ZERO, server, 1, 0)).expect("a slot");
        loop {
            pair.exchange();
            if let Some(Event::Connected { peer, .. }) = pair.server.next_event() {
                pair.peer = peer;
                return pair;
            }
        }
    }

    fn queue(&mut self, packets: usize) {
        for _ in 0..packets {
            let queued = (self.server).send(self.now, self.peer, 0, RELIABLE, &[7; SIZE]);
            queued.expect("queued");
        }
    }

    /// Everything sent arrives a millisecond later. Returns the number of packets received.
    fn exchange(&mut self) -> usize {
        self.now += Duration::from_millis(1);
        carry(&mut self.client, address(2), &mut self.server, self.now);
        carry(&mut self.server, address(1), &mut self.client, self.now);
        let mut received = 0;
        while let Some(event) = self.client.next_event() {
            if let Event::Received { data, .. } = event {
                self.client.recycle(data);
                received += 1;
            }
        }
        received
    }
}

fn address(port: u16) -> SocketAddr {
    ([10, 0, 0, 1], port).into()
}

fn carry(from: &mut Host, sender: SocketAddr, to: &mut Host, now: Time) {
    from.service(now);
    from.flush(now);
    let mut datagram = Vec::new();
    while from.next_datagram(&mut datagram).is_some() {
        to.receive(now, sender, &datagram);
    }
}

fn looks(work: impl FnOnce()) -> usize {
    let before = LOOKS.get();
    work();
    LOOKS.get() - before
}

/// Items looked at by 1,000 flushes and services while the peer acknowledges nothing.
fn looks_while_waiting(packets: usize) -> usize {
    let mut pair = Pair::connected();
    pair.queue(packets);
    pair.server.flush(pair.now);
    looks(|| {
        for _ in 0..1000 {
            pair.server.flush(pair.now);
            pair.server.service(pair.now);
        }
    })
}

#[test]
fn a_flush_that_can_send_nothing_looks_at_no_more_for_32_megabytes() {
    let little = looks_while_waiting(1000);
    assert_eq!(looks_while_waiting(32_000), little);
    assert!(little <= 4000, "{little} looks in 1,000 rounds");
}

#[test]
fn queueing_looks_at_no_more_when_much_waits_already() {
    let mut pair = Pair::connected();
    pair.queue(1000);
    let little = looks(|| pair.queue(1000));
    pair.queue(30_000);
    assert_eq!(looks(|| pair.queue(1000)), little);
}

#[test]
fn sending_a_backlog_looks_at_each_packet_a_few_times() {
    const PACKETS: usize = 32_000;
    let mut pair = Pair::connected();
    let mut received = 0;
    let looks = looks(|| {
        pair.queue(PACKETS);
        while received < PACKETS {
            received += pair.exchange();
        }
    });
    assert!(looks <= 20 * PACKETS, "{looks} looks at {PACKETS} packets");
}

#[test]
fn retransmission_looks_only_at_packets_in_flight() {
    let looks_of_retransmission = |packets| {
        let mut pair = Pair::connected();
        pair.queue(packets);
        pair.server.flush(pair.now);
        pair.now += Duration::from_secs(3);
        looks(|| pair.server.service(pair.now))
    };
    let little = looks_of_retransmission(1000);
    assert!(little > 0, "something is retransmitted");
    assert_eq!(looks_of_retransmission(32_000), little);
}
