//! Sessions whose socket stops working: the signals, the reason and the lines of the log.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use enet_multiplayer::{
    ClientOptions, Multiplayer, Reason, ServerOptions, Signal, SocketWarning, Status,
};
use enet_net::{BindAddress, Mishap, Network, Resolution, Taker, Transport};
use sim::SimNetwork;

type Slot = Arc<Mutex<Option<Mishap>>>;

/// A simulated network whose next socket reports what the test puts into the slot.
struct Failing(SimNetwork, Slot);

struct FailingSocket(Box<dyn Transport>, Slot);

impl Network for Failing {
    fn bind(&self, address: BindAddress, port: u16) -> io::Result<Box<dyn Transport>> {
        let socket = self.0.bind(address, port)?;
        Ok(Box::new(FailingSocket(socket, Arc::clone(&self.1))))
    }

    fn resolve(&self, host: &str, port: u16) -> Resolution {
        self.0.resolve(host, port)
    }
}

impl Transport for FailingSocket {
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        self.0.send(to, datagram)
    }

    fn receive(&mut self, take: Taker<'_>) -> io::Result<usize> {
        self.0.receive(take)
    }

    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        self.0.wait(timeout)
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        self.0.local_address()
    }

    fn take_mishap(&mut self) -> Option<Mishap> {
        self.1.lock().expect("no panic").take()
    }
}

struct Node {
    peer: Multiplayer,
    slot: Slot,
    signals: Vec<Signal>,
    warnings: Vec<SocketWarning>,
}

impl Node {
    fn new(network: &SimNetwork, seed: u32) -> Self {
        let slot = Slot::default();
        let failing = Failing(network.clone(), Arc::clone(&slot));
        Self {
            peer: Multiplayer::new(Box::new(failing), seed),
            slot,
            signals: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn poll(&mut self, now: Duration) {
        if self.peer.begin_poll(now).is_err() {
            return;
        }
        self.warnings.extend(self.peer.take_socket_warning(now));
        while let Some(notice) = self.peer.next_notice(now) {
            self.warnings.extend(self.peer.take_socket_warning(now));
            self.signals.push(notice.signal());
            self.peer.finish(notice, now);
        }
        self.peer.flush(now);
    }

    fn suffer(&mut self, mishap: Mishap) {
        *self.slot.lock().expect("no panic") = Some(mishap);
    }
}

fn run(network: &SimNetwork, nodes: &mut [Node], millis: u64) {
    for _ in 0..millis / 10 {
        network.advance_to(network.now() + Duration::from_millis(10));
        for node in nodes.iter_mut() {
            node.poll(network.now());
        }
    }
}

fn error() -> io::Error {
    io::Error::from_raw_os_error(98)
}

#[test]
fn a_session_whose_socket_is_replaced_goes_on_with_one_line() {
    let network = SimNetwork::new(41);
    let mut nodes = connected(&network);
    for node in [0, 1] {
        for _ in 0..3 {
            nodes[node].suffer(Mishap::Reopened(error()));
            run(&network, &mut nodes, 1000);
        }
        run(&network, &mut nodes, 10_000);
        let port = nodes[node].peer.local_port().expect("active");
        let warning = |count| SocketWarning::Reopened {
            error: error().to_string(),
            port,
            count,
        };
        assert_eq!(nodes[node].warnings, [warning(1), warning(2)]);
        let text = nodes[node].warnings[1].to_string();
        assert!(text.contains(&port.to_string()) && text.ends_with("(2 times)"));
    }
    assert!(nodes.iter().all(|node| node.signals.is_empty()));
}

#[test]
fn a_session_whose_socket_is_lost_ends_with_a_reason_and_an_error() {
    for node in [0, 1] {
        let network = SimNetwork::new(43);
        let mut nodes = connected(&network);
        let client_id = nodes[1].peer.unique_id();
        nodes[node].suffer(Mishap::Lost(error()));
        run(&network, &mut nodes, 100);
        let (id, signals) = match node {
            0 => (client_id, vec![Signal::PeerDisconnected(client_id)]),
            _ => {
                let left = Signal::PeerDisconnected(1);
                (1, vec![left, Signal::ServerDisconnected])
            }
        };
        assert_eq!(nodes[node].signals, signals);
        assert_eq!(nodes[node].peer.ended(id).reason, Reason::Socket);
        // The line comes before the signals, so before the host is gone.
        assert!(matches!(
            &nodes[node].warnings[..],
            [SocketWarning::Lost { error: text, .. }] if *text == error().to_string()
        ));
        let text = nodes[node].warnings[0].to_string();
        assert!(text.contains("REASON_SOCKET_LOST"), "{text}");
        assert!(nodes[1 - node].signals.is_empty());
    }
}

#[test]
fn an_attempt_whose_socket_is_lost_fails_with_the_error() {
    let network = SimNetwork::new(44);
    let mut nodes = [Node::new(&network, 7)];
    let options = ClientOptions {
        unique_id: 77,
        ..ClientOptions::new("server", 9)
    };
    let created = nodes[0].peer.create_client(&options, network.now());
    created.expect("a client");
    run(&network, &mut nodes, 100);
    nodes[0].suffer(Mishap::Lost(error()));
    run(&network, &mut nodes, 100);
    assert_eq!(nodes[0].signals, [Signal::ConnectionFailed]);
    assert_eq!(nodes[0].warnings.len(), 1);
    assert_eq!(nodes[0].peer.ended(1).reason, Reason::Socket);
}

/// A server and a client.
fn connected(network: &SimNetwork) -> Vec<Node> {
    let mut nodes = vec![Node::new(network, 1), Node::new(network, 2)];
    let created = (nodes[0].peer).create_server(&ServerOptions::default(), network.now());
    created.expect("a server");
    let port = nodes[0].peer.local_port().expect("active");
    let options = ClientOptions {
        unique_id: 77,
        ..ClientOptions::new("server", port.into())
    };
    let created = nodes[1].peer.create_client(&options, network.now());
    created.expect("a client");
    run(network, &mut nodes, 1000);
    assert_eq!(nodes[1].peer.status(), Status::Connected);
    for node in &mut nodes {
        node.signals.clear();
    }
    nodes
}
