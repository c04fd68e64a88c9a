//! Waits end when a datagram arrives or a timer is due, and for no other reason.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use enet_net::{BindAddress, Host, Network, Udp};
use enet_proto::{Event, Host as ProtocolHost, HostConfig, PacketFlags, PeerState, Time};
use sim::{SERVER_IP, SimNetwork};

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(120);
const LOCAL: BindAddress = BindAddress::Ip(SERVER_IP);

fn host(network: &dyn Network, address: BindAddress, max_peers: usize) -> Host {
    let config = HostConfig::new(max_peers, 1, Time::ZERO);
    let socket = network.bind(address, 0).expect("a socket");
    Host::new(&config, socket)
}

fn local_host(max_peers: usize) -> Host {
    host(&Udp, BindAddress::Ip(Ipv4Addr::LOCALHOST.into()), max_peers)
}

#[test]
fn waiting_and_servicing_alone_retransmits_a_connect_on_time() {
    let network = SimNetwork::new(1);
    network.record();
    let mut host = host(&network, LOCAL, 1);
    let silent = SocketAddr::new(SERVER_IP, 9);
    let peer = host.connect(Time::ZERO, silent, 1, 0).expect("a slot");
    let (mut times, mut waits) = (Vec::new(), 0);
    let event = loop {
        assert!(!host.wait(network.now(), LONG), "nobody answers");
        waits += 1;
        assert!(waits < 10_000, "still waiting at {:?}", network.now());
        host.service(network.now());
        let sent = network.take_recording().len();
        times.extend(vec![network.now().as_millis(); sent]);
        if let Some(event) = host.next_event() {
            break event;
        }
    };
    let (data, cause) = (0, enet_proto::Cause::Timeout);
    assert_eq!(event, Event::Disconnected { peer, data, cause });
    assert_eq!(network.now(), Duration::from_millis(31_500));
    // The first CONNECT leaves when the first wait begins.
    assert_eq!(times.len(), 6);
    assert_eq!(times[1..], [500, 1500, 3500, 7500, 15_500]);
    // The waits end for each second's bandwidth distribution and for each retransmission.
    assert!(waits <= 40, "{waits}");
}

#[test]
fn a_datagram_ends_the_wait_at_once() {
    let network = SimNetwork::new(1);
    let latency = Duration::from_millis(30);
    network.set_conditions(sim::Conditions {
        latency,
        ..Default::default()
    });
    let mut host = host(&network, LOCAL, 1);
    let mut other = network.bind(LOCAL, 0).expect("a socket");
    let to = SocketAddr::new(SERVER_IP, host.local_port());
    other.send(to, &[0; 5]).expect("sent");
    let woken = (0..100).any(|_| host.wait(network.now(), LONG));
    assert!(woken);
    assert_eq!(network.now(), latency);
}

#[test]
fn the_time_limit_ends_the_wait() {
    let network = SimNetwork::new(1);
    let mut host = host(&network, LOCAL, 1);
    let limit = Duration::from_millis(3);
    assert!(!host.wait(network.now(), limit));
    assert_eq!(network.now(), limit);
}

#[test]
fn queued_packets_leave_before_the_wait() {
    let network = SimNetwork::new(1);
    network.record();
    let mut host = host(&network, LOCAL, 1);
    let begun = host.connect(Time::ZERO, SocketAddr::new(SERVER_IP, 9), 1, 0);
    assert!(begun.is_some());
    assert!(!host.wait(Time::ZERO, Duration::ZERO));
    assert_eq!(network.take_recording().len(), 1);
}

#[test]
fn on_a_real_socket_a_due_timer_ends_the_wait_and_waiting_costs_no_cpu_time() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    silent.set_nonblocking(true).expect("open");
    let mut host = local_host(1);
    let clock = Instant::now();
    let address = silent.local_addr().expect("bound");
    let peer = host.connect(clock.elapsed(), address, 1, 0);
    let peer = peer.expect("a slot");
    let cpu = ThreadTime::now();
    let (mut asked, mut waits) = (0, 0);
    // The third CONNECT is due after 1.5 seconds.
    while asked < 3 {
        host.wait(clock.elapsed(), LONG);
        host.service(clock.elapsed());
        waits += 1;
        while silent.recv_from(&mut [0; 64]).is_ok() {
            asked += 1;
        }
        assert_eq!(host.state(peer), PeerState::Connecting);
    }
    let (waited, worked) = (clock.elapsed(), cpu.elapsed());
    assert!(waited >= Duration::from_millis(1500), "{waited:?}");
    // A busy loop would use CPU time for the whole wait, or for a good part of it on a loaded machine.
    assert!(worked < waited / 10, "{worked:?} of {waited:?}");
    assert!(waits <= 10, "{waits}");
}

#[test]
fn on_real_sockets_datagrams_end_the_waits() {
    const ROUNDS: usize = 200;
    let (port, server_port) = mpsc::channel();
    let clock = Instant::now();
    let server = thread::spawn(move || {
        let mut server = local_host(1);
        port.send(server.local_port()).expect("the receiver exists");
        rally(&mut server, clock, ROUNDS);
    });
    let port = server_port.recv().expect("a port");
    let mut client = local_host(1);
    let address = (Ipv4Addr::LOCALHOST, port).into();
    let peer = client.connect(clock.elapsed(), address, 1, 0);
    let peer = peer.expect("a slot");
    while client.state(peer) != PeerState::Connected {
        client.wait(clock.elapsed(), LONG);
        client.service(clock.elapsed());
    }
    let sent = client.send(clock.elapsed(), peer, 0, PacketFlags::RELIABLE, &[1]);
    sent.expect("queued");
    rally(&mut client, clock, ROUNDS);
    // The server may still be waiting for an acknowledgement.
    drop(client);
    server.join().expect("no panic");
    // If datagrams did not end the waits, only the pings would, and a round would take half a second.
    let waited = clock.elapsed();
    assert!(waited < Duration::from_secs(20), "{waited:?}");
}

/// Sends each received packet back, for `rounds` rounds.
fn rally(host: &mut Host, clock: Instant, rounds: usize) {
    let mut answered = 0;
    while answered < rounds {
        host.wait(clock.elapsed(), LONG);
        host.service(clock.elapsed());
        while let Some(event) = host.next_event() {
            if let Event::Received { peer, data, .. } = event {
                let now = clock.elapsed();
                let sent = host.send(now, peer, 0, PacketFlags::RELIABLE, &data);
                sent.expect("queued");
                host.flush(now);
                answered += 1;
            }
        }
    }
}

fn engine(max_peers: usize) -> ProtocolHost {
    ProtocolHost::new(&HostConfig::new(max_peers, 1, Time::ZERO))
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::new(SERVER_IP, port)
}

/// Services each engine when its timer is due and delivers all datagrams at once. An engine's port is
/// its index. Returns the number of services.
fn run(engines: &mut [ProtocolHost], now: &mut Time, until: Time) -> usize {
    let mut services = 0;
    loop {
        let timers = engines.iter().map(|engine| engine.next_timer());
        let next = timers.min().expect("there are engines");
        if next > until {
            *now = until;
            return services;
        }
        *now = next.max(*now);
        for engine in engines.iter_mut() {
            let timer = engine.next_timer();
            if timer <= *now {
                engine.service(*now);
                services += 1;
                let timer = engine.next_timer();
                assert!(timer > *now, "{timer:?} again at {now:?}");
            }
        }
        exchange(engines, *now);
    }
}

fn exchange(engines: &mut [ProtocolHost], now: Time) {
    let mut datagram = Vec::new();
    let mut is_quiet = false;
    while !is_quiet {
        is_quiet = true;
        for from in 0..engines.len() {
            engines[from].flush(now);
            while let Some(to) = engines[from].next_datagram(&mut datagram) {
                is_quiet = false;
                if let Some(to) = engines.get_mut(usize::from(to.port())) {
                    to.receive(now, address(from as u16), &datagram);
                }
            }
        }
    }
}

#[test]
fn an_idle_connection_wakes_its_hosts_a_few_times_a_second() {
    let mut engines = [engine(1), engine(1)];
    let mut now = Duration::from_secs(5);
    let peer = engines[1].connect(now, address(0), 1, 0).expect("a slot");
    exchange(&mut engines, now);
    assert_eq!(engines[1].state(peer), PeerState::Connected);
    let seconds = 60;
    let until = now + Duration::from_secs(seconds);
    let services = run(&mut engines, &mut now, until);
    assert_eq!(engines[1].state(peer), PeerState::Connected);
    // Each host services two pings a second, whose timers were set before their acknowledgements came,
    // and the bandwidth distribution.
    let most = 2 * 5 * seconds as usize;
    assert!(services <= most, "{services} services in {seconds} s");
}

#[test]
fn ended_connections_wake_the_host_at_most_once() {
    const CLIENTS: usize = 100;
    let mut engines: Vec<ProtocolHost> = vec![engine(CLIENTS)];
    engines.extend((0..CLIENTS).map(|_| engine(1)));
    let mut now = Duration::from_secs(5);
    for (index, client) in engines.iter_mut().enumerate().skip(1) {
        let begun = client.connect(now, address(0), 1, index as u32);
        begun.expect("a slot");
    }
    exchange(&mut engines, now);
    assert_eq!(engines[0].connected_peers(), CLIENTS);
    let until = now + Duration::from_secs(2);
    run(&mut engines, &mut now, until);
    while let Some(event) = engines[0].next_event() {
        if let Event::Connected { peer, .. } = event {
            engines[0].disconnect(now, peer, 0, enet_proto::Disconnect::Now);
        }
    }
    let seconds = 60;
    let until = now + Duration::from_secs(seconds);
    let services = run(&mut engines[..1], &mut now, until);
    let most = seconds as usize + CLIENTS;
    assert!(services <= most, "{services} services in {seconds} s");
}

#[test]
fn a_half_open_connection_is_dropped_in_time() {
    let mut server = [engine(1)];
    let mut strangers = [engine(1), engine(1)];
    let mut now = Duration::from_secs(5);
    let mut ask = |server: &mut ProtocolHost, index: usize, now: Time| {
        let mut datagram = Vec::new();
        let stranger = &mut strangers[index];
        let begun = stranger.connect(now, address(0), 1, 0);
        begun.expect("a slot");
        stranger.flush(now);
        assert!(stranger.next_datagram(&mut datagram).is_some());
        server.receive(now, address(7 + index as u16), &datagram);
        server.next_datagram(&mut datagram).is_some()
    };
    assert!(ask(&mut server[0], 0, now), "answered");
    let dropped = now + Duration::from_secs(5);
    run(&mut server, &mut now, dropped);
    assert!(ask(&mut server[0], 1, now), "the slot is free");
}
