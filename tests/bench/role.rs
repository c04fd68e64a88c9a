//! The two roles of the socket benchmark on enet_net; tests/c/bench.c describes them.

use std::io::BufRead;
use std::time::Instant;

use cpu_time::ThreadTime;
use enet_net::{BindAddress, Host, Network, Udp};
use enet_proto::{Event, HostConfig, PacketFlags, PeerId, Throttle, Time};

struct Clock(Instant);

impl Clock {
    fn now(&self) -> Time {
        self.0.elapsed()
    }
}

fn flags(kind: &str) -> PacketFlags {
    PacketFlags {
        reliable: kind == "reliable",
        unsequenced: kind != "reliable",
        unreliable_fragment: kind != "reliable",
    }
}

fn host(max_peers: usize, seed: u32) -> Host {
    let config = HostConfig::new(max_peers, seed, Time::ZERO);
    let localhost = BindAddress::Ip([127, 0, 0, 1].into());
    let transport = Udp.bind(localhost, 0).expect("a port");
    Host::new(&config, transport)
}

fn resident_kib() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = statm.split(' ').nth(1).and_then(|it| it.parse().ok());
    pages.unwrap_or(0u64) * 4
}

/// The number of clients that send in one tick, so that the server's socket buffer can hold the datagrams.
pub fn group(size: usize) -> usize {
    if size > 1000 { 4 } else { 32 }
}

/// Reads commands from stdin: a word, a number, and the first client that the command is for.
fn commands() -> impl Iterator<Item = (String, usize, usize)> {
    std::io::stdin().lock().lines().map_while(|line| {
        let line = line.ok()?;
        let mut words = line.split(' ');
        let command = words.next()?.to_owned();
        Some((
            command,
            words.next()?.parse().ok()?,
            words.next()?.parse().ok()?,
        ))
    })
}

pub fn serve(words: &[String]) {
    let [slots, size, kind] = words else {
        panic!("server <slots> <bytes> <kind>");
    };
    let data = vec![0x5A; size.parse().expect("bytes")];
    let flags = flags(kind);
    let mut host = host(slots.parse().expect("slots"), 1);
    let clock = Clock(Instant::now());
    println!("{}", host.local_port());
    let mut connected = 0;
    let mut first = None;
    for (command, number, _) in commands() {
        let mut received = 0;
        let begun = ThreadTime::now();
        match command.as_str() {
            "pump" => {
                host.service(clock.now());
                while let Some(event) = host.next_event() {
                    if let Event::Connected { peer, .. } = event {
                        connected += 1;
                        first.get_or_insert(peer);
                    }
                }
                received = connected;
            }
            "tick" => {
                // All packets have been sent, so a missing one was dropped by a throttle.
                let mut dry = 0;
                while received < number as u64 && dry < 3 {
                    let now = clock.now();
                    host.receive(now);
                    dry += 1;
                    while let Some(event) = host.next_event() {
                        if let Event::Received {
                            peer, data: packet, ..
                        } = event
                        {
                            host.send(now, peer, 0, flags, &data).expect("queued");
                            host.recycle(packet);
                            received += 1;
                            dry = 0;
                        }
                    }
                }
                host.flush(clock.now());
            }
            "idle" => {
                for _ in 0..number {
                    host.service(clock.now());
                    while host.next_event().is_some() {}
                }
            }
            "queue" => {
                // The first peer will not acknowledge them.
                let first = first.expect("a client");
                for _ in 0..number {
                    let queued = host.send(clock.now(), first, 0, flags, &data);
                    queued.expect("queued");
                }
            }
            "flush" => {
                for _ in 0..number {
                    host.flush(clock.now());
                }
            }
            "memory" => received = resident_kib(),
            other => panic!("no such command: {other}"),
        }
        println!("{received} {}", begun.elapsed().as_nanos());
    }
}

pub fn play(words: &[String]) {
    let [port, clients, sockets, size, kind] = words else {
        panic!("clients <port> <clients> <sockets> <bytes> <kind>");
    };
    let port: u16 = port.parse().expect("a port");
    let clients: usize = clients.parse().expect("clients");
    let sockets: usize = sockets.parse().expect("sockets");
    let data = vec![0x5A; size.parse().expect("bytes")];
    let flags = flags(kind);
    let clock = Clock(Instant::now());
    let mut hosts: Vec<Host> = (0..sockets)
        .map(|index| host(clients / sockets, index as u32 + 2))
        .collect();
    let mut peers: Vec<PeerId> = Vec::new();
    println!("0");
    for (command, number, first) in commands() {
        let now = clock.now();
        let mut received = 0;
        if command == "connect" {
            for _ in 0..number {
                let host = &mut hosts[peers.len() % sockets];
                let address = ([127, 0, 0, 1], port).into();
                peers.push(host.connect(now, address, 3, 7).expect("a slot"));
            }
        }
        if command == "calm" {
            // A lower throttle would drop packets that are to be measured.
            let throttle = Throttle {
                interval: 5000,
                acceleration: 32,
                deceleration: 0,
            };
            for (index, &peer) in peers.iter().enumerate() {
                hosts[index % sockets].with_protocol(|protocol| {
                    protocol.configure_throttle(now, peer, throttle);
                });
            }
        }
        let is_tick = command == "tick";
        let range = match is_tick {
            true => first..sockets.min(first + group(data.len())),
            false => 0..sockets,
        };
        for host in &mut hosts[range.clone()] {
            match is_tick {
                true => host.receive(now),
                false => host.service(now),
            }
            while let Some(event) = host.next_event() {
                if let Event::Received { data, .. } = event {
                    host.recycle(data);
                    received += 1;
                }
            }
        }
        if is_tick {
            for index in range {
                for _ in 0..number {
                    let sent = hosts[index].send(now, peers[index], 0, flags, &data);
                    sent.expect("queued");
                }
                hosts[index].flush(now);
            }
        }
        println!("{received} 0");
    }
}
