//! A server and a client on the system's sockets, and what passes between them.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use enet_dtls::{Dtls, Identity, Trust, Verification};
use enet_multiplayer::{Connection, HostOptions, LinkSettings, SharedSimulation};
use enet_net::{Direction, Form, Sink, Tapped, Udp};
use enet_proto::{Event, PeerId, Time};

use super::{Case, PACKETS, Wire};

const UNSEQUENCED: i64 = 2;
const LIMIT: Duration = Duration::from_secs(20);
/// Packets that one turn of the loop sends at most, so that no socket overflows after a turn that came late.
const MOST_AT_ONCE: usize = 40;
/// The time between two frames of a game that polls.
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);
const TURN: Duration = Duration::from_millis(1);

fn now() -> Time {
    static START: OnceLock<Instant> = OnceLock::new();
    Time::from_secs(60) + START.get_or_init(Instant::now).elapsed()
}

/// A datagram that the client gave to its emulated network.
pub struct Datagram {
    pub at: Instant,
    pub size: usize,
    /// When the server's socket had it, and how many others came before it.
    pub arrivals: Vec<(Instant, usize)>,
}

/// What one row saw.
pub struct Run {
    /// In the order in which they were sent.
    pub datagrams: Vec<Datagram>,
    /// Datagrams that the emulated network says it lost.
    pub drops: u64,
    /// The time that all threads waited for a processor, as a share of the run's time; 0 where the system does not tell.
    pub busy: f64,
}

type Heard = Arc<Mutex<Vec<(Instant, Vec<u8>)>>>;

/// Keeps the datagrams of one direction as they are on the wire. The protocol and DTLS have not treated them yet, or not
/// any more, so duplicates are among them.
struct Ear {
    direction: Direction,
    heard: Heard,
}

impl Sink for Ear {
    fn take(&mut self, datagram: &Tapped<'_>) {
        if datagram.direction == self.direction {
            let mut heard = self.heard.lock().expect("no panic");
            heard.push((datagram.time, datagram.bytes.to_vec()));
        }
    }
}

fn tap(connection: &mut Connection, direction: Direction) -> Heard {
    let heard = Heard::default();
    let ear = Ear {
        direction,
        heard: Arc::clone(&heard),
    };
    let host = connection.host().expect("active");
    host.add_sink(Form::Wire, Box::new(ear));
    heard
}

fn connection(
    wire: &Wire,
    is_threaded: bool,
    seed: u32,
    dtls: impl FnOnce() -> Dtls,
) -> Connection {
    let mut connection = Connection::new(Rc::new(Udp), seed);
    if is_threaded {
        connection.set_thread(Some(now)).expect("nothing is open");
    }
    let options = HostOptions {
        bind: Some(("127.0.0.1".to_owned(), 0)),
        max_peers: 1,
        max_channels: 0,
        in_bandwidth: 0,
        out_bandwidth: 0,
    };
    connection.create(&options, now()).expect("a host");
    if wire.is_encrypted {
        connection.encrypt(dtls(), now()).expect("encrypted");
    }
    let set = connection.set_compression(wire.compression.clone());
    set.expect("active");
    connection
}

struct Hosts {
    server: Connection,
    client: Connection,
    peer: PeerId,
}

impl Hosts {
    fn connect(wire: &Wire, is_threaded: bool) -> Self {
        let made = rcgen::generate_simple_self_signed(["game".to_owned()]);
        let made = made.expect("a certificate");
        let pem = made.cert.pem();
        let mut server = connection(wire, is_threaded, 1, || {
            let identity = Identity::from_pem(&made.signing_key.serialize_pem(), &pem);
            Dtls::server(&identity.expect("an identity"), now()).expect("a server")
        });
        let mut client = connection(wire, is_threaded, 2, || {
            let verification = Verification {
                trust: Some(Trust::certificates(&pem).expect("readable")),
                name: Some("game".to_owned()),
            };
            Dtls::client(verification, now())
        });
        let port = server.local_port().expect("active").into();
        let begun = client.connect("127.0.0.1", port, 1, 0, now());
        let peer = begun.expect("a free slot");
        let clock = Instant::now();
        let mut connected = 0;
        while connected < 2 {
            assert!(clock.elapsed() < LIMIT, "{connected} of 2 connected");
            for one in [&mut server, &mut client] {
                let event = one.service(Time::ZERO, now).expect("active");
                connected += usize::from(matches!(event, Some(Event::Connected { .. })));
            }
            sleep(TURN);
        }
        // Without a deceleration, round trips that differ make the throttle drop nothing. No bandwidth is set, so the
        // protocol limits nothing else that is unreliable.
        let set = client.configure_throttle(peer, 5000, 32, 0, now());
        set.expect("connected");
        let set = client.set_timeout(peer, 32, 60_000, 60_000);
        set.expect("connected");
        Self {
            server,
            client,
            peer,
        }
    }

    fn poll(&mut self) {
        for one in [&mut self.client, &mut self.server] {
            while let Some(event) = one.service(Time::ZERO, now).expect("active") {
                let has_ended = matches!(event, Event::Disconnected { .. });
                assert!(!has_ended, "the connection ended");
            }
        }
    }

    /// Sends the packets of a case in equal intervals.
    fn send_all(&mut self, case: &Case) {
        let turn = if case.is_threaded { TURN } else { FRAME };
        let begun = Instant::now();
        let mut turns = 0;
        let mut sent = 0;
        while sent < PACKETS {
            let due = (begun.elapsed().as_secs_f64() * case.per_second) as usize;
            let most = PACKETS.min(sent + MOST_AT_ONCE);
            while sent < due.min(most) {
                let data = case.payload(sent);
                let done = self.client.send(self.peer, 0, UNSEQUENCED, &data, now());
                done.expect("connected");
                self.client.flush(now()).expect("active");
                sent += 1;
            }
            self.poll();
            turns += 1;
            sleep((turn * turns).saturating_sub(begun.elapsed()));
        }
    }

    /// Waits until the last packet has left. What the protocol sends later is not counted.
    fn finish(&mut self) {
        let begun = Instant::now();
        while self.client.host().expect("active").has_unsent() {
            assert!(begun.elapsed() < LIMIT, "the last packet does not leave");
            self.poll();
            sleep(TURN);
        }
        // The thread may be sending it.
        sleep(10 * TURN);
    }

    /// Waits for the last datagrams, which may be in the queue of a rate.
    fn wait(&mut self, is_threaded: bool) {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(1200) {
            self.poll();
            sleep(if is_threaded { TURN } else { FRAME });
        }
    }
}

/// Sends the packets of a case through a network with these settings.
pub(super) fn play(case: &Case, settings: LinkSettings, wire: &Wire, seed: u64) -> Run {
    let mut hosts = Hosts::connect(wire, case.is_threaded);
    let shared = SharedSimulation::default();
    shared.change(|all| {
        all.set_seed(seed);
        all.outgoing = settings;
    });
    (hosts.client).set_simulation(Some(Rc::new(shared)), now);
    let received = tap(&mut hosts.server, Direction::In);
    let sent = tap(&mut hosts.client, Direction::Out);
    let drops_before = hosts.client.simulated_drops().expect("active");
    let (begun, waited_before) = (Instant::now(), waited());
    hosts.send_all(case);
    hosts.finish();
    let sent = std::mem::take(&mut *sent.lock().expect("no panic"));
    let drops = hosts.client.simulated_drops().expect("active") - drops_before;
    hosts.wait(case.is_threaded);
    let delay = waited().zip(waited_before);
    let delay = delay.map_or(Duration::ZERO, |(after, before)| {
        after.saturating_sub(before)
    });
    let busy = delay.div_duration_f64(begun.elapsed());
    let received = std::mem::take(&mut *received.lock().expect("no panic"));
    Run {
        datagrams: matched(&sent, &received),
        drops,
        busy,
    }
}

/// Finds each datagram among the received ones, by its bytes. Equal datagrams, such as two acknowledgements, cannot be
/// told apart and are left out.
fn matched(sent: &[(Instant, Vec<u8>)], received: &[(Instant, Vec<u8>)]) -> Vec<Datagram> {
    let mut counts: HashMap<&[u8], usize> = HashMap::new();
    for (_, bytes) in sent {
        *counts.entry(bytes).or_default() += 1;
    }
    let alike = |bytes: &[u8]| counts[bytes] > 1;
    let mut indices: HashMap<&[u8], usize> = HashMap::new();
    let mut datagrams = Vec::new();
    for (at, bytes) in sent.iter().filter(|(_, bytes)| !alike(bytes)) {
        indices.insert(bytes, datagrams.len());
        datagrams.push(Datagram {
            at: *at,
            size: bytes.len(),
            arrivals: Vec::new(),
        });
    }
    for (order, (at, bytes)) in received.iter().enumerate() {
        if let Some(&index) = indices.get(&bytes[..]) {
            datagrams[index].arrivals.push((*at, order));
        }
    }
    datagrams
}

/// The time that the threads of this process waited for a processor so far; nothing where the system does not tell.
fn waited() -> Option<Duration> {
    let mut nanos = 0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let times = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanos += times.split(' ').nth(1)?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(nanos))
}
