//! Connectors that arrive while the application does not look at the host: they wait until it does.
//!
//! Whoever serves the host meanwhile keeps the connections that exist. A new one would be a connection to an
//! application that may never come back.

use super::Host;
use super::admission::refuse;
use crate::Time;

impl Host {
    /// Tells the host whether its application looks at it, as it does at first. While it does not, new connectors wait:
    /// as many as may be half-open (1024 at most), for 32 seconds each. They are answered, or wait for [`Self::judge`],
    /// when the application looks again. True if something may have to leave.
    pub fn set_attended(&mut self, now: Time, is_attended: bool) -> bool {
        if self.requests.is_unattended != is_attended {
            return false;
        }
        self.context.advance(now);
        let now = self.context.now;
        self.requests.expire(now);
        self.requests.is_unattended = !is_attended;
        if !is_attended {
            return false;
        }
        if self.requests.is_on {
            // Their time for a verdict begins.
            self.requests.restart(now);
            return false;
        }
        let held = self.requests.take_all();
        let is_any = held.len() > 0;
        for request in held {
            let known = (self.incoming).find(&self.slots, request.from, request.terms.token);
            if known.is_some() {
                continue;
            }
            // The rule, and the ids in use, may have changed since.
            if let Some(refusal) = (self.incoming).refusal(request.data, &self.context.census) {
                self.context.drops.refused += 1;
                let data = self.context.refusal_data(refusal);
                refuse(&mut self.context, &request, data);
            } else if self.context.events.is_full() {
                self.context.drops.over_limit += 1;
            } else {
                self.accept(&request);
            }
        }
        is_any
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::{Admission, Event, HostConfig, Limits, PeerId, PeerState};

    const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 1);

    fn at(millis: u64) -> Time {
        Time::from_millis(3_600_000 + millis)
    }

    struct Client {
        host: Host,
        from: SocketAddr,
        peer: PeerId,
    }

    fn client(number: u16, data: u32, offers_proof: bool) -> Client {
        let config = HostConfig {
            offers_proof,
            ..HostConfig::new(1, 1, at(0))
        };
        let mut host = Host::new(&config);
        let peer = host.connect(at(0), SERVER.into(), 1, data).expect("a slot");
        let from = ([10, 0, 0, 2], number).into();
        Client { host, from, peer }
    }

    fn server(is_guarded: bool) -> Host {
        Host::new(&HostConfig {
            is_guarded,
            answers_refused: true,
            ..HostConfig::new(64, 1, at(0))
        })
    }

    /// Delivers everything that either side sends.
    fn run(server: &mut Host, clients: &mut [Client], now: Time) {
        let mut datagram = Vec::new();
        for _ in 0..10 {
            for client in &mut *clients {
                client.host.service(now);
                client.host.flush(now);
                while client.host.next_datagram(&mut datagram).is_some() {
                    server.receive(now, client.from, &datagram);
                }
            }
            server.service(now);
            server.flush(now);
            while let Some(to) = server.next_datagram(&mut datagram) {
                if let Some(client) = clients.iter_mut().find(|client| client.from == to) {
                    client.host.receive(now, SERVER.into(), &datagram);
                }
            }
        }
    }

    fn joined(server: &mut Host) -> Vec<u32> {
        let events = std::iter::from_fn(|| server.next_event());
        let joined = events.filter_map(|event| match event {
            Event::Connected { data, .. } => Some(data),
            _ => None,
        });
        joined.collect()
    }

    fn is_in(client: &Client) -> bool {
        client.host.state(client.peer) == PeerState::Connected
    }

    /// The connectors ask at 0, 0.5, 1.5, 3.5 and 7.5 seconds; the application is back between two of these.
    #[test]
    fn who_connects_to_an_unattended_host_is_let_in_when_it_is_attended() {
        for (is_guarded, offers_proof) in [(false, false), (true, false), (true, true)] {
            let mut server = server(is_guarded);
            let mut clients = Vec::new();
            server.set_attended(at(0), false);
            clients.extend((0..9).map(|number| client(number, number.into(), offers_proof)));
            for now in (0..10_000).step_by(100) {
                run(&mut server, &mut clients, at(now));
            }
            assert!(!clients.iter().any(is_in), "{is_guarded}");
            assert_eq!(joined(&mut server), []);
            assert!(server.set_attended(at(10_000), true));
            run(&mut server, &mut clients, at(10_000));
            assert!(clients.iter().all(is_in), "{is_guarded}");
            assert_eq!(joined(&mut server), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        }
    }

    #[test]
    fn a_connection_that_exists_lives_on_in_an_unattended_host() {
        let mut server = server(true);
        let mut clients = [client(1, 1, true)];
        run(&mut server, &mut clients, at(0));
        server.set_attended(at(0), false);
        for now in (0..60_000).step_by(100) {
            run(&mut server, &mut clients, at(now));
        }
        assert!(is_in(&clients[0]));
    }

    #[test]
    fn the_rule_of_the_moment_counts() {
        let mut server = server(false);
        server.set_attended(at(0), false);
        let mut clients = [client(1, 1, false)];
        run(&mut server, &mut clients, at(0));
        server.set_admission(Admission::Nobody);
        server.set_attended(at(100), true);
        run(&mut server, &mut clients, at(100));
        assert_eq!(
            clients[0].host.state(clients[0].peer),
            PeerState::Disconnected
        );
    }

    #[test]
    fn the_time_for_a_verdict_begins_when_the_host_is_attended() {
        let mut server = server(true);
        server.set_judged(true);
        server.set_attended(at(0), false);
        let mut clients = [client(1, 1, true)];
        for now in (0..14_000).step_by(100) {
            run(&mut server, &mut clients, at(now));
        }
        assert!(!server.set_attended(at(14_000), true));
        assert!(server.has_requests());
        // Before the client asks again, at 15.5 seconds.
        let request = server.next_request(at(15_000)).expect("a request");
        assert!(server.judge(at(15_000), request.id, crate::Verdict::Accept));
        run(&mut server, &mut clients, at(15_000));
        assert!(is_in(&clients[0]));
    }

    /// The transmission that carries the proof is no further attempt, which would halve the client's patience.
    #[test]
    fn a_client_that_proves_its_address_asks_for_as_long_as_others() {
        for (is_guarded, offers_proof) in [(false, false), (true, false), (true, true)] {
            let mut server = server(is_guarded);
            server.set_attended(at(0), false);
            let mut clients = [client(1, 1, offers_proof)];
            let has_ended = |clients: &[Client; 1]| {
                clients[0].host.state(clients[0].peer) == PeerState::Disconnected
            };
            for now in (0..31_500).step_by(100) {
                run(&mut server, &mut clients, at(now));
                assert!(!has_ended(&clients), "{is_guarded}, {offers_proof}: {now}");
            }
            run(&mut server, &mut clients, at(32_000));
            assert!(has_ended(&clients), "{is_guarded}, {offers_proof}");
        }
    }

    /// What a flood of forged addresses leaves is bounded, and its age too.
    #[test]
    fn few_wait_and_not_for_ever() {
        let mut config = HostConfig::new(64, 1, at(0));
        config.limits.connects_per_second = 0;
        config.limits.connects_per_second_per_address = 0;
        let mut server = Host::new(&config);
        server.set_attended(at(0), false);
        let mut datagram = Vec::new();
        for number in 0..5000u32 {
            let mut one = client(1, number, false);
            one.host.flush(at(0));
            assert!(one.host.next_datagram(&mut datagram).is_some());
            let [.., a, b, c] = number.to_be_bytes();
            server.receive(at(0), ([11, a, b, c], 9).into(), &datagram);
        }
        assert_eq!(server.requests.addresses().count(), 1024);
        let answers = server.next_datagram(&mut datagram).is_some();
        assert!(!answers);
        server.set_attended(at(33_000), true);
        assert!(server.next_datagram(&mut datagram).is_none());
        assert_eq!(server.requests.addresses().count(), 0);
    }

    #[test]
    fn nobody_keeps_others_out_with_many_requests() {
        let mut server = server(true);
        server.set_addresses_proven(true);
        server.set_limits(Limits {
            half_open: 16,
            half_open_per_address: 8,
            ..Limits::new(64)
        });
        server.set_attended(at(0), false);
        let mut clients: Vec<_> = (0..16)
            .map(|number| {
                let mut client = client(number, u32::from(number) + 100, false);
                client.from = ([10, 0, 1, number as u8 % 4], number + 1).into();
                client
            })
            .collect();
        run(&mut server, &mut clients, at(0));
        clients.push(client(99, 7, false));
        run(&mut server, &mut clients, at(1));
        server.set_attended(at(100), true);
        run(&mut server, &mut clients, at(100));
        let joined = joined(&mut server);
        assert!(joined.contains(&7), "{joined:?}");
        assert_eq!(joined.len(), 16);
    }

    #[test]
    fn who_is_banned_waits_no_more() {
        let mut server = server(true);
        server.set_attended(at(0), false);
        let mut clients = [client(1, 7, false)];
        run(&mut server, &mut clients, at(0));
        server.end_banned(at(50), "10.0.0.0/24".parse().expect("a network"));
        server.set_attended(at(100), true);
        run(&mut server, &mut clients, at(100));
        assert_eq!(joined(&mut server), []);
    }
}
