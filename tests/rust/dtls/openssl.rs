//! Sessions with OpenSSL over real sockets, in both roles.

mod program;

use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use enet_dtls::{
    CertificateError, Dtls, DtlsEvent, FailedHandshake, HandshakeError, Identity,
    MAX_DATAGRAM_SIZE, Trust, Verification,
};

use program::{End, Folder, PATIENCE};

/// Lines sent in each direction.
const LINES: usize = 10_000;
/// Most bytes in flight: few enough that none are lost on this machine, and that the data OpenSSL
/// reads at once fits into one datagram.
const MOST_UNDERWAY: usize = 8 * 1024;
/// Content types.
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
/// A message, and where the size of its session id is: behind the headers of record and message, the version and
/// the random number.
const CLIENT_HELLO: u8 = 1;
const SESSION_ID_AT: usize = 13 + 12 + 2 + 32;

/// The type of a server's key.
#[derive(Debug, Clone, Copy)]
enum Key {
    Rsa,
    P256,
    P384,
}

impl Key {
    fn make(self, folder: &Folder, file: &str) {
        folder.run(&match self {
            Self::Rsa => format!("genrsa -out {file} 2048"),
            Self::P256 => format!("ecparam -name prime256v1 -genkey -noout -out {file}"),
            Self::P384 => format!("ecparam -name secp384r1 -genkey -noout -out {file}"),
        });
    }
}

const SUITES: [(Key, &str); 6] = [
    (Key::Rsa, "ECDHE-RSA-AES128-GCM-SHA256"),
    (Key::Rsa, "ECDHE-RSA-CHACHA20-POLY1305"),
    (Key::P256, "ECDHE-ECDSA-AES128-GCM-SHA256"),
    (Key::P256, "ECDHE-ECDSA-CHACHA20-POLY1305"),
    (Key::P384, "ECDHE-ECDSA-AES128-GCM-SHA256"),
    (Key::P384, "ECDHE-ECDSA-CHACHA20-POLY1305"),
];

/// A folder with `game.key` and `game.crt` of a server, `ca.crt` of the authority that signed it,
/// and `other.crt` of another authority.
fn with_certificates(name: &str, key: Key) -> Folder {
    let folder = Folder::new(name);
    for authority in ["ca", "other"] {
        key.make(&folder, &format!("{authority}.key"));
        folder.run(&format!(
            "req -x509 -new -key {authority}.key -subj /CN={authority} -days 10 -out {authority}.crt"
        ));
    }
    folder.write("names", "subjectAltName=DNS:game.example\n");
    key.make(&folder, "game.key");
    folder.run("req -new -key game.key -subj /CN=game -out game.csr");
    folder.run(
        "x509 -req -in game.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile names -days 10 \
         -out game.crt",
    );
    folder
}

/// Our end of a session, on a socket.
struct Node {
    dtls: Dtls,
    socket: UdpSocket,
    begun: Instant,
    remote: Option<SocketAddr>,
    received: String,
    events: Vec<DtlsEvent>,
    /// First bytes of the received datagrams: their content types.
    kinds: Vec<u8>,
    /// Most bytes of a session id in a ClientHello.
    longest_session_id: u8,
}

impl Node {
    fn new(make: impl FnOnce(Duration) -> Dtls) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let pause = Some(Duration::from_millis(1));
        socket.set_read_timeout(pause).expect("a pause");
        Self {
            dtls: make(Duration::ZERO),
            socket,
            begun: Instant::now(),
            remote: None,
            received: String::new(),
            events: Vec::new(),
            kinds: Vec::new(),
            longest_session_id: 0,
        }
    }

    fn server(folder: &Folder) -> Self {
        let identity = Identity::from_pem(&folder.read("game.key"), &folder.read("game.crt"));
        let identity = identity.expect("an identity");
        Self::new(|now| Dtls::server(&identity, now).expect("a server"))
    }

    /// A client that trusts the authority of the given file.
    fn client(folder: &Folder, authority: &str, server: SocketAddr) -> Self {
        let verification = Verification {
            trust: Some(Trust::certificates(&folder.read(authority)).expect("readable")),
            name: Some("game.example".to_owned()),
        };
        let mut client = Self::new(|now| Dtls::client(verification, now));
        client.dtls.connect(client.now(), server);
        client
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn port(&self) -> u16 {
        self.socket.local_addr().expect("bound").port()
    }

    fn is_ready(&self) -> bool {
        self.remote.is_some()
    }

    fn failed(&self) -> Option<&FailedHandshake> {
        self.events.iter().find_map(|event| match event {
            DtlsEvent::Failed(failed) => Some(failed),
            _ => None,
        })
    }

    /// Waits briefly for datagrams, then handles them and all timers.
    fn step(&mut self) {
        let now = self.now();
        if self.dtls.wants_peers(now) {
            let in_use: Vec<_> = self.remote.iter().map(|it| (*it, true)).collect();
            self.dtls.sweep(now, &in_use);
        }
        self.dtls.service(now);
        self.flush();
        let mut buffer = [0; MAX_DATAGRAM_SIZE];
        if let Ok((size, from)) = self.socket.recv_from(&mut buffer) {
            self.kinds.push(buffer[0]);
            if buffer[0] == HANDSHAKE && buffer[13] == CLIENT_HELLO {
                self.longest_session_id = self.longest_session_id.max(buffer[SESSION_ID_AT]);
            }
            let now = self.now();
            let received = &mut self.received;
            self.dtls
                .receive(now, from, &buffer[..size], &mut |_, plain| {
                    received.push_str(std::str::from_utf8(plain).expect("text"));
                });
            self.flush();
        }
        while let Some(event) = self.dtls.next_event() {
            if let DtlsEvent::Ready(address) = event {
                self.remote = Some(address);
            }
            self.events.push(event);
        }
    }

    fn flush(&mut self) {
        let mut datagram = Vec::new();
        while let Some(to) = self.dtls.next_datagram(&mut datagram) {
            let sent = self.socket.send_to(&datagram, to);
            // Sending fails if the other program has already ended.
            sent.ok();
        }
    }

    fn send(&mut self, text: &str) {
        let to = self.remote.expect("a session");
        assert!(self.dtls.send(self.now(), to, text.as_bytes()));
        self.flush();
    }

    fn close(&mut self) {
        self.dtls.close(self.now(), |_| true);
        self.flush();
    }
}

/// Runs both ends until the condition holds.
fn until(what: &str, node: &mut Node, end: &mut End, done: impl Fn(&Node, &mut End) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(node, end) {
        if Instant::now() > deadline {
            let (events, came) = (&node.events, node.received.len());
            let printed = end.output().len();
            let errors = end.errors();
            panic!("{what}: {events:?}, {came} bytes came, {printed} printed; OpenSSL: {errors}");
        }
        node.step();
    }
}

/// Starts an `s_client` for our server.
fn client_of(server: &Node, folder: &Folder, suite: &str, authority: &str) -> End {
    let port = server.port();
    folder.start(&format!(
        "s_client -dtls1_2 -connect 127.0.0.1:{port} -cipher {suite} -CAfile {authority} \
         -verify_hostname game.example -verify_return_error -quiet -no_ign_eof"
    ))
}

/// Starts an `s_server`; returns it with its address.
fn server(folder: &Folder, suite: &str) -> (End, SocketAddr) {
    let mut server = folder.start(&format!(
        "s_server -dtls1_2 -accept 127.0.0.1:0 -naccept 1 -cipher {suite} -cert game.crt -key game.key"
    ));
    let address = server.address();
    (server, address)
}

/// A numbered line. Sizes vary up to the capacity of a datagram. No line begins with a letter, which
/// might be a command to OpenSSL.
fn line(number: usize, from: char) -> String {
    let size = number * 7919 % 1300;
    format!("{number} {}{}\n", "=".repeat(size), from)
}

/// Sends lines in both directions at the same time and checks that all arrive.
fn carry(node: &mut Node, end: &mut End) {
    // A server has printed other output before.
    let first = end.output().len();
    let (mut to_it, mut to_us) = (String::new(), String::new());
    for number in 0..LINES {
        let (ours, its) = (line(number, '>'), line(number, '<'));
        node.send(&ours);
        end.write(&its);
        to_it.push_str(&ours);
        to_us.push_str(&its);
        if to_us.len() > node.received.len() + MOST_UNDERWAY || number + 1 == LINES {
            until("all lines come", node, end, |node, end| {
                end.output().len() >= first + to_it.len() && node.received.len() >= to_us.len()
            });
        }
    }
    assert!(end.output()[first..] == to_it, "OpenSSL got other lines");
    assert!(node.received == to_us, "we got other lines");
}

/// Runs a test with each cipher suite, all at once, since the tests mostly wait.
fn in_each_suite(name: &str, test: impl Fn(&Folder, &str) + Sync) {
    if !program::is_there() {
        return;
    }
    thread::scope(|scope| {
        for (key, suite) in SUITES {
            let test = &test;
            scope.spawn(move || {
                println!("{key:?}, {suite}");
                let folder = with_certificates(&format!("{name}-{key:?}-{suite}"), key);
                test(&folder, suite);
            });
        }
    });
}

#[test]
fn an_openssl_client_talks_to_our_server() {
    in_each_suite("client", |folder, suite| {
        let mut node = Node::server(folder);
        let mut end = client_of(&node, folder, suite, "ca.crt");
        until("a session", &mut node, &mut end, |node, _| node.is_ready());
        carry(&mut node, &mut end);
        end.close_input();
        until("its close_notify", &mut node, &mut end, |node, end| {
            node.events.len() == 2 && end.status().is_some()
        });
        assert!(matches!(
            node.events[..],
            [DtlsEvent::Ready(_), DtlsEvent::Ended(_)]
        ));
        let status = end.status();
        assert!(status.is_some_and(|it| it.success()), "{}", end.errors());
    });
}

/// The client offers to resume a session that it had with another server: its hello has the session's id. It gets a
/// new session.
#[test]
fn an_openssl_client_with_a_session_id_talks_to_our_server() {
    in_each_suite("resuming", |folder, suite| {
        let (mut other, address) = server(folder, &format!("{suite} -no_ticket"));
        let connect = "s_client -dtls1_2 -CAfile ca.crt -no_ticket";
        let mut first = folder.start(&format!(
            "{connect} -connect {address} -cipher {suite} -sess_out session -quiet -no_ign_eof"
        ));
        first.write("1\n");
        let mut node = Node::server(folder);
        until("the first session", &mut node, &mut other, |_, other| {
            other.output().contains("1\n")
        });
        first.close_input();
        until("its end", &mut node, &mut first, |_, first| {
            first.status().is_some()
        });
        folder.run("sess_id -in session -noout -text");
        let port = node.port();
        let mut end = folder.start(&format!(
            "{connect} -connect 127.0.0.1:{port} -cipher {suite} -sess_in session -quiet -no_ign_eof"
        ));
        until("a session", &mut node, &mut end, |node, _| node.is_ready());
        assert_eq!(node.longest_session_id, 32, "the client offered none");
        carry(&mut node, &mut end);
    });
}

#[test]
fn our_server_closes_the_session_of_an_openssl_client() {
    in_each_suite("left", |folder, suite| {
        let mut node = Node::server(folder);
        let mut end = client_of(&node, folder, suite, "ca.crt");
        until("a session", &mut node, &mut end, |node, _| node.is_ready());
        node.close();
        until("its end", &mut node, &mut end, |_, end| {
            end.status().is_some()
        });
        let status = end.status();
        assert!(status.is_some_and(|it| it.success()), "{}", end.errors());
    });
}

#[test]
fn our_client_talks_to_an_openssl_server() {
    in_each_suite("server", |folder, suite| {
        let (mut end, address) = server(folder, suite);
        let mut node = Node::client(folder, "ca.crt", address);
        until("a session", &mut node, &mut end, |node, end| {
            let told = "Secure Renegotiation IS supported\n";
            node.is_ready() && end.output().contains(told)
        });
        let is_as_asked = end.output().contains(&format!("CIPHER is {suite}\n"));
        assert!(is_as_asked, "{}", end.output());
        carry(&mut node, &mut end);
        // OpenSSL would close its socket before its close_notify, so we close first and get an answer.
        assert!(!node.kinds.contains(&ALERT));
        node.close();
        until("its close_notify", &mut node, &mut end, |node, end| {
            node.kinds.contains(&ALERT) && end.status().is_some()
        });
        let output = end.output();
        assert!(output.contains("DONE\nshutting down SSL\n"), "{output}");
    });
}

#[test]
fn an_openssl_client_rejects_a_certificate_of_another_authority() {
    in_each_suite("refusing", |folder, suite| {
        let mut node = Node::server(folder);
        let mut end = client_of(&node, folder, suite, "other.crt");
        until("a verdict", &mut node, &mut end, |node, end| {
            node.failed().is_some() && end.status().is_some()
        });
        let failed = node.failed().expect("seen");
        let alert = "unknown certificate authority (alert 48)".to_owned();
        assert_eq!(failed.reason, HandshakeError::Refused(alert));
        assert!(!failed.is_client && !node.is_ready());
        let status = end.status();
        assert!(status.is_some_and(|it| !it.success()));
    });
}

#[test]
fn our_client_rejects_a_certificate_of_another_authority() {
    in_each_suite("refused", |folder, suite| {
        let (mut end, address) = server(folder, suite);
        let mut node = Node::client(folder, "other.crt", address);
        until("a verdict", &mut node, &mut end, |node, end| {
            node.failed().is_some() && end.errors().contains("SSL alert number 42")
        });
        let untrusted = CertificateError::Untrusted("the trusted certificate");
        let failed = node.failed().expect("seen");
        assert_eq!(failed.reason, HandshakeError::Certificate(untrusted));
        assert!(failed.is_client && !node.is_ready());
    });
}
