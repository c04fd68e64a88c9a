//! A host with its own thread, on the system's sockets: the thread's work between the owner's calls.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use enet_multiplayer::{
    ClientOptions, FlushMode, Multiplayer, ServerOptions, Signal, Status, TransferMode,
};
use enet_net::Clock;
use enet_net::{BindAddress, Host, Network, Transport, Udp};
use enet_proto::Disconnect;
use enet_proto::{Event, HostConfig, PacketFlags, PeerState, Time};

mod between_polls;
mod handshakes;
mod simulated;
mod slow;
mod sockets;
mod stalls;
mod who_sends;

/// A wait that takes longer has failed.
pub const LIMIT: Duration = Duration::from_secs(30);

pub fn now() -> Time {
    static START: OnceLock<Instant> = OnceLock::new();
    Time::from_secs(60) + START.get_or_init(Instant::now).elapsed()
}

const CLOCK: Option<Clock> = Some(now);

/// A peer, and what it told.
pub struct Node {
    pub peer: Multiplayer,
    pub signals: Vec<Signal>,
    pub packets: Vec<Vec<u8>>,
}

impl Node {
    fn new(seed: u32, is_threaded: bool) -> Self {
        let mut peer = Multiplayer::new(Box::new(Udp), seed);
        peer.set_flush_mode(FlushMode::OnFlush, now());
        if is_threaded {
            peer.set_thread(CLOCK).expect("nothing is open");
        }
        Self::of(peer)
    }

    pub const fn of(peer: Multiplayer) -> Self {
        Self {
            peer,
            signals: Vec::new(),
            packets: Vec::new(),
        }
    }

    pub fn poll(&mut self) {
        if self.peer.begin_poll(now()).is_err() {
            return;
        }
        while let Some(notice) = self.peer.next_notice(now()) {
            self.signals.push(notice.signal());
            self.peer.finish(notice, now());
        }
        while let Some(packet) = self.peer.take_packet() {
            self.packets.push(packet.data);
        }
        self.peer.flush(now());
    }

    /// Starts to connect to a server.
    fn join(&mut self, server: &Node) {
        self.join_as(7, server);
    }

    fn join_as(&mut self, unique_id: i32, server: &Node) {
        let port = server.peer.local_port().expect("a port").into();
        let options = ClientOptions {
            unique_id,
            ..ClientOptions::new("127.0.0.1", port)
        };
        let asked = self.peer.create_client(&options, now());
        asked.expect("a client");
    }

    pub fn put(&mut self, target: i32, data: &[u8]) {
        self.peer.set_target(target);
        self.peer.send(data, now()).expect("sent");
    }

    /// Unacknowledged reliable bytes in flight.
    fn in_transit(&self, id: i32) -> u32 {
        let (host, peer) = self.peer.connection_to(id).expect("connected");
        let statistics = host.borrow().statistics(peer).expect("there");
        statistics.reliable_data_in_transit
    }
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let clock = Instant::now();
    while !done() {
        assert!(clock.elapsed() < LIMIT, "{what}");
        sleep(Duration::from_millis(1));
    }
}

/// A server with a thread and a connected client.
fn pair(is_client_threaded: bool) -> (Node, Node) {
    let mut server = Node::new(1, true);
    let options = ServerOptions::default();
    server
        .peer
        .create_server(&options, now())
        .expect("a server");
    let mut client = Node::new(2, is_client_threaded);
    client.join(&server);
    wait_until("they connect", || {
        server.poll();
        client.poll();
        client.peer.status() == Status::Connected && !server.signals.is_empty()
    });
    (server, client)
}

fn socket() -> Box<dyn Transport> {
    let address = BindAddress::parse("127.0.0.1").expect("an address");
    Udp.bind(address, 0).expect("a socket")
}

fn host(config: &HostConfig) -> Host {
    host_on(socket(), config)
}

fn host_on(socket: Box<dyn Transport>, config: &HostConfig) -> Host {
    Host::new(config, socket)
}

fn address(host: &Host) -> SocketAddr {
    ([127, 0, 0, 1], host.local_port()).into()
}

/// Makes the host's thread panic and waits until the host notices.
fn panic_in_the_thread(host: &mut Host) {
    fn clock() -> Time {
        let is_thread = std::thread::current().name() == Some("enet");
        assert!(!is_thread, "the test wants this");
        now()
    }
    host.start_thread(clock).expect("a thread");
    wait_until("the panic is noticed", || {
        host.receive(now());
        !host.is_threaded()
    });
}

#[test]
fn the_thread_acknowledges_between_polls() {
    const PACKETS: usize = 2000;
    let (mut server, mut client) = pair(false);
    client.peer.set_transfer_mode(TransferMode::Reliable);
    for index in 0..PACKETS {
        client.put(1, &index.to_be_bytes());
    }
    client.peer.flush(now());
    assert!(client.in_transit(1) > 0);
    wait_until("every packet is acknowledged", || {
        client.poll();
        client.in_transit(1) == 0
    });
    assert!(server.packets.is_empty());
    wait_until("the packets arrive", || {
        server.poll();
        server.packets.len() == PACKETS
    });
    let expected: Vec<Vec<u8>> = (0..PACKETS)
        .map(|index| index.to_be_bytes().to_vec())
        .collect();
    assert_eq!(server.packets, expected);
}

#[test]
fn the_thread_keeps_connections_alive_and_times_them_out() {
    let (mut server, mut client) = pair(true);
    let (host, peer) = server.peer.connection_to(7).expect("connected");
    let set = host.borrow_mut().set_timeout(peer, 1, 100, 300);
    set.expect("a timeout");
    host.borrow_mut()
        .set_ping_interval(peer, 20, now())
        .expect("an interval");
    // Neither is polled for the length of several timeouts.
    sleep(Duration::from_secs(2));
    server.poll();
    client.poll();
    assert_eq!(server.signals, [Signal::PeerConnected(7)]);
    assert_eq!(client.peer.status(), Status::Connected);
    // Without its thread the client falls silent.
    client.peer.set_thread(None).expect("the thread ends");
    wait_until("the client times out", || {
        server.poll();
        server.signals.contains(&Signal::PeerDisconnected(7))
    });
}

#[test]
fn queued_packets_leave_without_a_flush() {
    let (mut server, mut client) = pair(false);
    server.put(7, b"before a long sleep");
    wait_until("the packet arrives", || {
        client.poll();
        !client.packets.is_empty()
    });
    assert_eq!(client.packets, [b"before a long sleep"]);
}

/// Closing or dropping a peer disconnects, after its queued packets have left.
#[test]
fn closing_sends_every_queued_packet() {
    for is_dropped in [false, true] {
        let (mut server, mut client) = pair(false);
        server.put(7, b"last words");
        if is_dropped {
            server.peer.close(now());
            drop(server);
        } else {
            server.peer.close(now());
            assert!(!server.peer.is_active());
        }
        wait_until("the end is reported", || {
            client.poll();
            client.signals.contains(&Signal::ServerDisconnected)
        });
        assert_eq!(client.packets, [b"last words"]);
    }
}

#[test]
fn the_thread_can_start_and_stop_at_any_time() {
    const ROUNDS: usize = 200;
    let (mut server, mut client) = pair(true);
    for round in 0..ROUNDS {
        let clock = if round % 2 == 0 { None } else { CLOCK };
        server.put(7, &round.to_be_bytes());
        client.put(1, &round.to_be_bytes());
        server.peer.set_thread(clock).expect("changed");
        client.poll();
        server.poll();
    }
    wait_until("all packets arrive", || {
        client.poll();
        server.poll();
        client.packets.len() == ROUNDS && server.packets.len() == ROUNDS
    });
    assert!(client.packets.is_sorted() && server.packets.is_sorted());
}

/// In a script's loop around `service`, an event ends the wait before its timeout.
#[test]
fn a_service_waits_for_events() {
    let (server, mut client) = pair(false);
    let host = Rc::clone(server.peer.host().expect("a host"));
    let clock = Instant::now();
    client.put(1, b"hello");
    client.peer.flush(now());
    let event = host.borrow_mut().service(LIMIT, now).expect("active");
    assert!(event.is_some());
    let none = host.borrow_mut().service(Duration::from_millis(20), now);
    assert_eq!(none.expect("active"), None);
    assert!(clock.elapsed() < LIMIT);
}

/// A server that only waits must learn of a connector that it is to judge, before anything else happens.
#[test]
fn a_connector_that_waits_for_a_verdict_ends_the_wait() {
    let mut server = host(&HostConfig::new(4, 3, now()));
    let mut client = host(&HostConfig::new(4, 4, now()));
    server.set_judged(true);
    server.start_thread(now).expect("a thread");
    server.service(now());
    client.connect(now(), address(&server), 1, 0);
    client.service(now());
    client.flush(now());
    let has_come = server.wait_or_request(now(), LIMIT);
    assert!(
        !server.wait(now(), Duration::from_millis(20)),
        "a caller that does not judge waits on"
    );
    assert!(has_come && server.next_request(now()).is_some());
    assert!(
        !server.wait_or_request(now(), Duration::from_millis(20)),
        "it is told once"
    );
}

/// A wake-up meant for the thread must not end a wait of the owner, who services the host again.
#[test]
fn waits_last_their_time_after_the_thread_has_stopped() {
    const WAIT: Duration = Duration::from_millis(50);
    let mut host = host(&HostConfig::new(4, 3, now()));
    host.start_thread(now).expect("a thread");
    host.service(now());
    host.stop_thread();
    host.service(now());
    let clock = Instant::now();
    assert!(!host.wait(now(), WAIT), "nothing came");
    assert!(clock.elapsed() >= WAIT);
}

/// After a panic in the thread the owner services the host, and the host reports no thread.
#[test]
fn the_owner_services_the_host_after_the_thread_panicked() {
    let mut server = host(&HostConfig::new(4, 3, now()));
    let mut client = host(&HostConfig::new(4, 3, now()));
    // The panic comes before the connection: the owner reads the socket too and may be first.
    panic_in_the_thread(&mut server);
    let to = address(&server);
    client.connect(now(), to, 1, 0).expect("a slot");
    wait_until("they connect", || {
        server.service(now());
        client.service(now());
        client.next_event().is_some()
    });
    assert!(!server.is_threaded());
}

/// The thread may have seen the remote's disconnect before the owner does. The owner's disconnect
/// then still reports the remote's.
#[test]
fn disconnecting_an_ended_connection_still_reports_its_end() {
    let mut server = host(&HostConfig::new(4, 3, now()));
    let mut client = host(&HostConfig::new(4, 3, now()));
    server.start_thread(now).expect("a thread");
    let to = address(&server);
    let near = client.connect(now(), to, 1, 0).expect("a slot");
    let mut far = None;
    wait_until("they connect", || {
        server.service(now());
        client.service(now());
        if let Some(Event::Connected { peer, .. }) = server.next_event() {
            far = Some(peer);
        }
        far.is_some()
    });
    let far = far.expect("connected");
    client.disconnect(now(), near, 5, Disconnect::Now);
    wait_until("the end", || server.state(far) == PeerState::Disconnected);
    let ended = server.disconnect(now(), far, 0, Disconnect::Acknowledged);
    assert_eq!(ended, None);
    let (data, cause) = (5, enet_proto::Cause::Remote);
    let told = Event::Disconnected {
        peer: far,
        data,
        cause,
    };
    assert_eq!(server.next_event(), Some(told));
}

/// The simulated network's sockets have no waker.
#[test]
fn a_socket_without_a_waker_is_reported() {
    let network = sim::SimNetwork::new(5);
    let mut peer = Multiplayer::new(Box::new(network), 1);
    peer.set_thread(CLOCK).expect("nothing is open");
    let created = peer.create_server(&ServerOptions::default(), Time::ZERO);
    let error = created.expect_err("no thread").to_string();
    assert!(error.contains("network thread"), "{error}");
    assert!(!peer.is_active());
    peer.set_thread(None).expect("none");
    let created = peer.create_server(&ServerOptions::default(), Time::ZERO);
    created.expect("a server");
}

/// While the owner does not read, the host keeps no more than the limit, and the connection lives.
#[test]
fn unread_packets_are_bounded() {
    const LIMIT_BYTES: usize = 1024 * 1024;
    const PACKET: usize = 10_000;
    let config = |max_unread_data| HostConfig {
        max_unread_data,
        ..HostConfig::new(4, 3, now())
    };
    let mut reader = host(&config(LIMIT_BYTES));
    let mut writer = host(&config(usize::MAX));
    reader.start_thread(now).expect("a thread");
    reader.receive(now());
    let to = address(&reader);
    let peer = writer.connect(now(), to, 1, 0).expect("a slot");
    wait_until("the writer connects", || {
        writer.service(now());
        writer.next_event().is_some()
    });
    let sent = 4 * LIMIT_BYTES / PACKET;
    for _ in 0..sent {
        let data = [7; PACKET];
        let queued = writer.send(now(), peer, 0, PacketFlags::RELIABLE, &data);
        queued.expect("queued");
    }
    wait_until("the reader is full", || {
        writer.service(now());
        let statistics = writer.statistics(peer);
        statistics.expect("connected").packets_lost > 8
    });
    let mut received = 0;
    let mut take = |reader: &mut Host| {
        let events = std::iter::from_fn(|| reader.next_event());
        received += events
            .filter(|event| matches!(event, Event::Received { .. }))
            .count();
        received
    };
    let kept = take(&mut reader);
    assert!(kept <= LIMIT_BYTES / PACKET + 8, "{kept} were kept");
    wait_until("all packets arrive", || {
        writer.service(now());
        take(&mut reader) == sent
    });
}

/// Clients connect and disconnect while the owner reads no events: those events are bounded too.
#[test]
fn unread_events_are_bounded() {
    const COST: usize = 64;
    const EVENTS: usize = 40;
    let mut server = host(&HostConfig {
        max_unread_data: EVENTS * COST,
        ..HostConfig::new(4, 3, now())
    });
    let mut client = host(&HostConfig::new(4, 3, now()));
    server.start_thread(now).expect("a thread");
    server.receive(now());
    let to = address(&server);
    let mut asking = Vec::new();
    let mut comings = 0;
    let mut come_and_go = |is_over: &mut dyn FnMut(usize, bool) -> bool| {
        wait_until("clients connect and leave", || {
            asking.extend(std::iter::from_fn(|| client.connect(now(), to, 1, 0)));
            client.service(now());
            while let Some(event) = client.next_event() {
                match event {
                    Event::Connected { peer, .. } => {
                        comings += 1;
                        asking.retain(|&asks| asks != peer);
                        client.disconnect(now(), peer, 0, Disconnect::Now);
                    }
                    // The server is full until it has read that others left.
                    Event::Disconnected { peer, .. } => asking.retain(|&asks| asks != peer),
                    _ => {}
                }
            }
            let lost = |peer| {
                client
                    .statistics(peer)
                    .map_or(0, |known| known.packets_lost)
            };
            is_over(comings, asking.iter().all(|&peer| lost(peer) > 0))
        });
    };
    // Ends well beyond the limit, or when the server admits no further client.
    come_and_go(&mut |comings, asks_again| comings > 4 * EVENTS || asks_again);
    let untold = std::iter::from_fn(|| server.next_event()).count();
    // Clients that had a slot by then may still have connected and left.
    assert!(untold <= EVENTS + 2 * 4, "{untold} events waited");
    let mut more = 0;
    come_and_go(&mut |_, _| {
        // By now the thread may admit nobody new for an owner that it has not seen for long.
        server.receive(now());
        more += std::iter::from_fn(|| server.next_event()).count();
        more > EVENTS
    });
}
