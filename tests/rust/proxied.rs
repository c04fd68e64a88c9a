//! Clients behind a proxy that routes by the suffix of their datagrams, on the system's sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use enet_codec::Compression;
use enet_dtls::Dtls;
use enet_multiplayer::{
    ClientOptions, CreateError, Multiplayer, ServerOptions, Signal, Status, SuffixError,
    TransferMode,
};
use enet_net::netem::Conditions;
use enet_net::{BindAddress, Udp};
use enet_proto::Time;
use test_proxy::{Options, Proxy};

use crate::dtls::{identity, own, trusting};
use crate::threaded::{LIMIT, Node, now};

mod figures;

/// Fills some 15 datagrams.
const LARGE: usize = 20_000;
/// ENet's largest datagram in Godot, which a suffix must not exceed.
const MTU: usize = 1392;
const TOKENS: [&[u8]; 2] = [b"the first server", b"the other server"];

/// How the two ends of a connection are set up.
#[derive(Debug, Clone, Copy, Default)]
struct Setting {
    is_threaded: bool,
    is_compressed: bool,
    is_encrypted: bool,
    is_emulated: bool,
}

impl Node {
    fn set_up(seed: u32, setting: Setting) -> Self {
        let mut peer = Multiplayer::new(Box::new(Udp), seed);
        if setting.is_threaded {
            peer.set_thread(Some(now)).expect("nothing is open");
        }
        if setting.is_compressed {
            peer.set_compression(Compression::Zlib);
        }
        Self::of(peer)
    }

    fn server(setting: Setting) -> Self {
        let mut node = Self::set_up(1, setting);
        node.peer
            .set_bind_address(BindAddress::Ip(Ipv4Addr::LOCALHOST.into()));
        let created = node.peer.create_server(&ServerOptions::default(), now());
        created.expect("a server");
        if setting.is_encrypted {
            let dtls = Dtls::server(&identity(certificate()), now()).expect("a server");
            node.encrypt(dtls);
        }
        node
    }

    /// A client of a proxy.
    fn client(id: i32, token: &[u8], proxy: &Proxy, setting: Setting) -> Self {
        let mut node = Self::set_up(id as u32, setting);
        node.peer.set_suffix(token).expect("inactive");
        node.peer.set_connect_timeout(Some(Time::from_secs(20)));
        let options = ClientOptions {
            unique_id: id,
            ..ClientOptions::new("127.0.0.1", proxy.address().port().into())
        };
        node.peer.create_client(&options, now()).expect("a client");
        if setting.is_encrypted {
            node.encrypt(Dtls::client(trusting(certificate()), now()));
        }
        if setting.is_emulated {
            let host = Rc::clone(node.peer.host().expect("active"));
            let mut host = host.borrow_mut();
            host.host().expect("active").emulate(now, |emulator| {
                let conditions = Conditions {
                    latency: Duration::from_millis(5),
                    // What a suffix must not exceed.
                    mtu: Some(MTU),
                    ..Conditions::default()
                };
                emulator.set_outgoing(conditions);
            });
        }
        node
    }

    fn encrypt(&mut self, dtls: Dtls) {
        let host = self.peer.host().expect("active");
        host.borrow_mut().encrypt(dtls, now()).expect("encrypted");
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.peer.local_port().expect("active")).into()
    }

    fn put_reliably(&mut self, target: i32, data: &[u8]) {
        self.peer.set_transfer_mode(TransferMode::Reliable);
        self.put(target, data);
    }

    /// Datagrams and bytes that left.
    fn sent(&self) -> (u64, u64) {
        let traffic = self.peer.figures(now()).expect("active").host.traffic;
        (traffic.datagrams_out, traffic.bytes_out)
    }
}

fn certificate() -> &'static crate::dtls::certificates::Pair {
    static PAIR: OnceLock<crate::dtls::certificates::Pair> = OnceLock::new();
    PAIR.get_or_init(own)
}

fn proxy(servers: &[Node], idle: Duration) -> Proxy {
    let endpoints = servers.iter().zip(TOKENS);
    let options = Options {
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        token_size: TOKENS[0].len(),
        endpoints: endpoints
            .map(|(server, token)| (server.address(), token.to_vec()))
            .collect(),
        idle,
    };
    Proxy::start(options).expect("a proxy")
}

fn wait_until(nodes: &mut [Node], what: &str, mut done: impl FnMut(&mut [Node]) -> bool) {
    let clock = Instant::now();
    while !done(nodes) {
        assert!(clock.elapsed() < LIMIT, "{what}");
        nodes.iter_mut().for_each(Node::poll);
        sleep(Duration::from_millis(1));
    }
}

const IDLE: Duration = Duration::from_secs(60);

fn large(first: u8) -> Vec<u8> {
    // Not to be compressed to nothing.
    let mut random = sim::Random::new(first.into());
    let mut bytes: Vec<u8> = (0..LARGE).map(|_| random.number() as u8).collect();
    bytes[0] = first;
    bytes
}

/// Two servers, and a client of each behind one proxy.
fn play(setting: Setting) {
    let servers = [Node::server(setting), Node::server(setting)];
    let proxy = proxy(&servers, IDLE);
    let [first, other] = servers;
    let clients = [(2, TOKENS[0]), (3, TOKENS[1])]
        .map(|(id, token)| Node::client(id, token, &proxy, setting));
    let [one, two] = clients;
    let nodes = &mut [first, other, one, two];
    wait_until(nodes, &format!("{setting:?}: both connect"), |nodes| {
        nodes[2..]
            .iter()
            .all(|client| client.peer.status() == Status::Connected)
            && nodes[..2].iter().all(|server| !server.signals.is_empty())
    });
    assert_eq!(nodes[0].signals, [Signal::PeerConnected(2)]);
    assert_eq!(nodes[1].signals, [Signal::PeerConnected(3)]);
    for (at, to) in [(2, 1), (3, 1), (0, 2), (1, 3)] {
        nodes[at].put_reliably(to, &large(at as u8));
    }
    wait_until(
        nodes,
        &format!("{setting:?}: large packets arrive"),
        |nodes| nodes.iter().all(|node| !node.packets.is_empty()),
    );
    for (at, from) in [(0, 2), (1, 3), (2, 0), (3, 1)] {
        assert_eq!(nodes[at].packets, [large(from)], "{setting:?} {at}");
    }
    let counted = |nodes: &[Node]| {
        let [one, two] = [&nodes[2], &nodes[3]].map(Node::sent);
        (one.0 + two.0, one.1 + two.1)
    };
    // The proxy counts what the clients say that they sent, tokens included.
    wait_until(nodes, &format!("{setting:?}: the same counts"), |nodes| {
        let records = proxy.records();
        setting.is_emulated || counted(nodes) == (records.datagrams, records.bytes)
    });
    let records = proxy.records();
    assert!(records.largest <= MTU, "{setting:?} {records:?}");
    assert!(records.largest > MTU - 64, "{setting:?} {records:?}");
    assert!(records.largest_answer <= MTU, "{setting:?} {records:?}");
    // A client leaves: its goodbye has the token, too.
    nodes[2].peer.close(now());
    wait_until(
        nodes,
        &format!("{setting:?}: the goodbye arrives"),
        |nodes| nodes[0].signals.contains(&Signal::PeerDisconnected(2)),
    );
    assert_eq!(nodes[1].signals.len(), 1, "the other client stays");
    let records = proxy.records();
    assert_eq!((records.unknown, records.too_short), (0, 0), "{setting:?}");
    assert_eq!(records.sessions, 2, "{setting:?}");
}

#[test]
fn tokens_route_to_their_servers() {
    for is_threaded in [false, true] {
        for (is_compressed, is_encrypted, is_emulated) in [
            (false, false, false),
            (true, false, false),
            (false, true, false),
            (true, true, false),
            (false, false, true),
            (false, true, true),
        ] {
            play(Setting {
                is_threaded,
                is_compressed,
                is_encrypted,
                is_emulated,
            });
        }
    }
}

#[test]
fn a_wrong_token_or_none_reaches_nobody() {
    let setting = Setting::default();
    let server = Node::server(setting);
    let nodes = [server];
    let proxy = proxy(&nodes, IDLE);
    let [server] = nodes;
    let wrong = [&b"the third server"[..], b"server", b""];
    let clients = wrong.map(|token| Node::client(2, token, &proxy, setting));
    let [one, two, three] = clients;
    let mut nodes = [server, one, two, three];
    for node in &mut nodes[1..] {
        node.peer.set_connect_timeout(Some(Time::from_millis(700)));
    }
    wait_until(&mut nodes, "the attempts fail", |nodes| {
        nodes[1..].iter().all(|node| !node.peer.is_active())
    });
    for node in &nodes[1..] {
        assert_eq!(node.signals, [Signal::ConnectionFailed]);
    }
    assert!(nodes[0].signals.is_empty());
    let records = proxy.records();
    // A client that gets no answer asks whether the port is closed, with an empty datagram.
    assert_eq!(records.unknown + records.too_short, records.datagrams);
    assert!(records.unknown >= 3 && records.too_short <= 3);
    assert_eq!(records.sessions, 0);
}

/// ENet's pings keep the session of the proxy, which counts what clients send alone.
#[test]
fn pings_keep_the_session_of_an_idle_client() {
    let setting = Setting::default();
    let nodes = [Node::server(setting)];
    let proxy = proxy(&nodes, Duration::from_secs(2));
    let [server] = nodes;
    let client = Node::client(2, TOKENS[0], &proxy, setting);
    let mut nodes = [server, client];
    wait_until(&mut nodes, "they connect", |nodes| {
        !nodes[0].signals.is_empty()
    });
    let end = Instant::now() + Duration::from_secs(4);
    wait_until(&mut nodes, "time passes", |_| Instant::now() > end);
    assert_eq!((proxy.records().sessions, proxy.records().ended), (1, 0));
    assert_eq!(nodes[1].peer.status(), Status::Connected);
    // Nobody polls, and no thread answers.
    sleep(Duration::from_millis(2500));
    assert_eq!(proxy.records().ended, 1);
}

#[test]
fn suffixes_are_checked() {
    let mut node = Node::set_up(1, Setting::default());
    assert_eq!(
        node.peer.set_suffix(&[1; 65]),
        Err(SuffixError::TooLong(65))
    );
    assert_eq!(node.peer.suffix(), [0; 0]);
    node.peer
        .set_suffix(&[1; 64])
        .expect("64 bytes are few enough");
    let server = node.peer.create_server(&ServerOptions::default(), now());
    assert!(matches!(server, Err(CreateError::SuffixOfServer)));
    let mesh = node.peer.create_mesh(1, now());
    assert!(matches!(mesh, Err(CreateError::SuffixOfMesh)));
    let options = ClientOptions {
        unique_id: 7,
        ..ClientOptions::new("127.0.0.1", 9)
    };
    node.peer.create_client(&options, now()).expect("a client");
    assert_eq!(node.peer.set_suffix(b""), Err(SuffixError::PeerIsActive));
    let host = Rc::clone(node.peer.host().expect("active"));
    assert_eq!(host.borrow().suffix(), [1; 64]);
    assert_eq!(
        host.borrow_mut().set_suffix(b""),
        Err(SuffixError::HostIsOpen)
    );
    node.peer.close(now());
    node.peer.set_suffix(b"").expect("inactive");
    node.peer.create_mesh(1, now()).expect("a mesh");
}
