//! Peers over the system's sockets.

use std::net::Ipv4Addr;
use std::time::Instant;

use enet_multiplayer::{ClientOptions, FlushMode, Multiplayer, ServerOptions, Status};
use enet_net::{BindAddress, Udp};
use enet_proto::Time;

/// Polls and recycles the received packets; returns their number.
fn take_in(peer: &mut Multiplayer, now: Time) -> usize {
    let mut count = 0;
    peer.begin_poll(now).expect("active");
    while let Some(notice) = peer.next_notice(now) {
        peer.finish(notice, now);
    }
    while let Some(packet) = peer.take_packet() {
        count += 1;
        peer.recycle(packet.data);
    }
    count
}

/// A server and its clients over sockets.
struct Game {
    server: Multiplayer,
    clients: Vec<Multiplayer>,
    epoch: Instant,
}

impl Game {
    fn start(clients: usize) -> Self {
        let epoch = Instant::now();
        let mut server = Multiplayer::new(Box::new(Udp), 1);
        server.set_bind_address(BindAddress::Ip(Ipv4Addr::LOCALHOST.into()));
        let options = ServerOptions::default();
        server.create_server(&options, Time::ZERO).expect("a port");
        let port = server.local_port().expect("a server");
        let mut clients: Vec<Multiplayer> = (0..clients as u32)
            .map(|seed| Multiplayer::new(Box::new(Udp), seed + 2))
            .collect();
        for (client, unique_id) in clients.iter_mut().zip(2..) {
            let options = ClientOptions {
                unique_id,
                ..ClientOptions::new("127.0.0.1", port.into())
            };
            client.create_client(&options, Time::ZERO).expect("a port");
        }
        while server.peer_ids().count() < clients.len()
            || clients
                .iter()
                .any(|client| client.status() != Status::Connected)
        {
            for peer in clients.iter_mut().chain([&mut server]) {
                take_in(peer, epoch.elapsed());
            }
            assert!(epoch.elapsed().as_secs() < 20, "the clients connect");
        }
        server.set_flush_mode(FlushMode::OnFlush, epoch.elapsed());
        Self {
            server,
            clients,
            epoch,
        }
    }

    /// Sends `packets` packets from the server to every client, and waits for them to arrive.
    fn broadcast(&mut self, packets: usize, data: &[u8]) {
        self.server.set_target(0);
        for _ in 0..packets {
            self.server.send(data, self.epoch.elapsed()).expect("sent");
        }
        for client in &mut self.clients {
            let mut received = 0;
            while received < packets {
                let now = self.epoch.elapsed();
                self.server.flush(now);
                received += take_in(client, now);
                take_in(&mut self.server, now);
                assert!(now.as_secs() < 60, "packets arrive");
            }
        }
    }
}

/// The test covers the whole path of a game's packets: peers, hosts, sockets.
#[test]
fn peers_reuse_the_memory_of_earlier_packets() {
    const CLIENTS: usize = 3;
    const TICKS: usize = 200;
    let Game {
        mut server,
        mut clients,
        epoch,
    } = Game::start(CLIENTS);
    let mut tick = || {
        let now = epoch.elapsed();
        for target in [0, 2, 3, 4] {
            server.set_target(target);
            server.send(&[1; 100], now).expect("sent");
        }
        server.flush(now);
        for client in &mut clients {
            let mut received = 0;
            while received < 2 {
                received += take_in(client, epoch.elapsed());
                assert!(epoch.elapsed().as_secs() < 60, "packets arrive");
            }
            client.send(&[2; 100], epoch.elapsed()).expect("sent");
        }
        let mut received = 0;
        while received < CLIENTS {
            received += take_in(&mut server, epoch.elapsed());
            server.flush(epoch.elapsed());
            assert!(epoch.elapsed().as_secs() < 60, "answers arrive");
        }
    };
    (0..TICKS).for_each(|_| tick());
    let counted = allocation_counter::measure(|| (0..TICKS).for_each(|_| tick()));
    let allocations = counted.count_total as f64 / TICKS as f64;
    // Nine packets a tick. The remaining allocations are pings and growing tables.
    assert!(allocations < 1.0, "{allocations} in a tick");
}

/// A large packet is sent as many datagrams at a time, from a buffer that grows.
#[test]
fn large_packets_reuse_the_memory_of_earlier_ones() {
    const ROUNDS: usize = 400;
    let mut game = Game::start(1);
    let data = vec![3; 20_000];
    (0..ROUNDS).for_each(|_| game.broadcast(2, &data));
    let counted = allocation_counter::measure(|| {
        (0..ROUNDS).for_each(|_| game.broadcast(2, &data));
    });
    let allocations = counted.count_total as f64 / ROUNDS as f64;
    // A round has some 30 datagrams. The system call library allocates a few bytes for each batch.
    assert!(allocations < 6.0, "{allocations} in a round");
}
