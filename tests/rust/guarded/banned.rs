//! Bans, on a host on a simulated network.

use std::net::SocketAddr;
use std::time::Duration;

use enet_net::{BindAddress, Host, Network};
use enet_proto::{Cause, Event, IpNet, Limit, PeerId, PeerState, Time};
use sim::{SERVER_IP, SimNetwork};

use super::site::{connect, guarded};

struct Ends {
    network: SimNetwork,
    now: Time,
    hosts: [Host; 2],
    events: [Vec<Event>; 2],
}

impl Ends {
    fn new() -> Self {
        let network = SimNetwork::new(1);
        let host = |seed| {
            let socket = network.bind(BindAddress::Any, 0).expect("a port");
            Host::new(&guarded(4, seed), socket)
        };
        let hosts = [host(1), host(2)];
        Self {
            network,
            now: Time::from_secs(5),
            hosts,
            events: [Vec::new(), Vec::new()],
        }
    }

    fn address(&self, end: usize) -> SocketAddr {
        (SERVER_IP, self.hosts[end].local_port()).into()
    }

    fn connect(&mut self) -> PeerId {
        let server = self.address(0);
        let peer = self.hosts[1].connect(self.now, server, 1, 0);
        peer.expect("a slot")
    }

    fn run(&mut self, milliseconds: u64) {
        for _ in 0..milliseconds / 10 {
            self.now += Duration::from_millis(10);
            self.network.advance_to(self.now);
            for (host, events) in self.hosts.iter_mut().zip(&mut self.events) {
                host.service(self.now);
                events.extend(std::iter::from_fn(|| host.next_event()));
            }
        }
    }
}

#[test]
fn a_banned_address_is_dropped_with_a_reason_and_unread_until_its_ban_ends() {
    let mut ends = Ends::new();
    ends.connect();
    ends.run(100);
    let [Event::Connected { peer, .. }] = ends.events[0][..] else {
        panic!("{:?}", ends.events);
    };
    ends.events = [Vec::new(), Vec::new()];
    let network: IpNet = "::ffff:10.0.0.1/128".parse().expect("a network");
    let until = ends.now + Duration::from_secs(10);
    let banned = ends.hosts[0].ban(ends.now, network, Some(until));
    assert_eq!(banned, Ok(()));
    ends.run(100);
    let (limit, data) = (Limit::Banned, Limit::Banned.code());
    let cause = Cause::Limit(limit);
    let expected = [
        Event::OverLimit { peer, limit },
        Event::Disconnected { peer, data, cause },
    ];
    assert_eq!(ends.events[0], expected);
    let told = |event: &Event| matches!(event, Event::Disconnected { data, .. } if *data == Limit::Banned.code());
    assert!(ends.events[1].len() == 1 && told(&ends.events[1][0]));
    assert_eq!(ends.hosts[0].state(peer), PeerState::Disconnected);

    // Its datagrams are not read, others are.
    let sent_before = ends.hosts[0].totals().sent_datagrams;
    let again = ends.connect();
    let to = ends.address(0);
    let stranger = SocketAddr::from(([10, 0, 0, 2], 9));
    ends.network.forge(stranger, to, &connect(5, 0));
    ends.run(1000);
    assert_eq!(ends.hosts[1].state(again), PeerState::Connecting);
    let drops = ends.hosts[0].drops();
    assert_eq!((drops.banned, drops.total()), (2, 2));
    let sent = ends.hosts[0].totals().sent_datagrams;
    assert_eq!(sent, sent_before + 1, "an answer to the stranger");
    let single = "10.0.0.1/32".parse().expect("a network");
    assert_eq!(ends.hosts[0].bans(ends.now), [(single, Some(until))]);
    ends.run(16_000);
    assert!(
        matches!(ends.events[0][..], [.., Event::Connected { .. }]),
        "the ban is over"
    );
    assert!(ends.hosts[0].bans(ends.now).is_empty());
    assert!(!ends.hosts[0].unban(single));
}
