//! A simulated network under hosts on the system's sockets, whose threads encrypt, compress and deliver.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use enet_codec::Compression;
use enet_dtls::{Dtls, Identity, Trust, Verification};
use enet_multiplayer::{Connection, HostOptions, LinkProperty, SharedSimulation};
use enet_proto::PeerId;

use super::*;
use crate::dtls::certificates::{Kind, Pair};

const RELIABLE: i64 = 1;
const UNRELIABLE: i64 = 0;

/// What is between the protocol and the wire.
#[derive(Clone, Copy)]
struct Wire {
    is_encrypted: bool,
    is_compressed: bool,
}

const PLAIN: Wire = Wire {
    is_encrypted: false,
    is_compressed: false,
};

/// A host with a thread.
fn connection(wire: Wire, seed: u32, dtls: impl FnOnce() -> Dtls) -> Connection {
    let mut connection = Connection::new(Rc::new(Udp), seed);
    connection.set_thread(CLOCK).expect("nothing is open");
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
    if wire.is_compressed {
        let set = connection.set_compression(Compression::FastLz);
        set.expect("active");
    }
    connection
}

/// Receives until an empty packet comes. Each packet begins with the time at which it was sent; the result has the
/// time that each took.
fn receive(wire: Wire, pair: &Pair, told: Sender<i32>, received: &AtomicUsize) -> Vec<Time> {
    let identity = Identity::from_pem(&pair.key_pem(), &pair.pem()).expect("an identity");
    let dtls = || Dtls::server(&identity, now()).expect("a server");
    let mut server = connection(wire, 1, dtls);
    let port = server.local_port().expect("active");
    told.send(port.into()).expect("somebody listens");
    let begun = Instant::now();
    let mut times = Vec::new();
    loop {
        assert!(begun.elapsed() < 2 * LIMIT, "{} arrived", times.len());
        let event = server.service(Time::from_millis(100), now).expect("active");
        let Some(Event::Received { data, .. }) = event else {
            continue;
        };
        let Some(sent) = data.first_chunk() else {
            return times;
        };
        let sent = Time::from_nanos(u64::from_be_bytes(*sent));
        times.push(now().saturating_sub(sent));
        received.fetch_add(1, Ordering::Relaxed);
    }
}

/// A connected client, its peer, and the receiver's side of the connection.
struct Sending {
    client: Connection,
    peer: PeerId,
    received: Arc<AtomicUsize>,
    receiver: thread::JoinHandle<Vec<Time>>,
}

impl Sending {
    fn begin(wire: Wire) -> Self {
        let pair = Kind::named("game").signed_by_itself();
        let verification = Verification {
            trust: Some(Trust::certificates(&pair.pem()).expect("readable")),
            name: Some("game".to_owned()),
        };
        let received = Arc::<AtomicUsize>::default();
        let (told, port) = channel();
        let count = Arc::clone(&received);
        let receiver = thread::spawn(move || receive(wire, &pair, told, &count));
        let port = port.recv().expect("a port");
        let mut client = connection(wire, 2, || Dtls::client(verification, now()));
        let begun = client.connect("127.0.0.1", port, 1, 0, now());
        let peer = begun.expect("a free slot");
        wait_until("they connect", || {
            let event = client.service(Time::ZERO, now);
            matches!(event, Ok(Some(Event::Connected { .. })))
        });
        // Round trips that differ must not hold packets back.
        let set = client.configure_throttle(peer, 5000, 32, 0, now());
        set.expect("connected");
        Self {
            client,
            peer,
            received,
            receiver,
        }
    }

    fn send(&mut self, flags: i64, data: &[u8]) {
        let sent = self.client.send(self.peer, 0, flags, data, now());
        sent.expect("connected");
        self.client.flush(now()).expect("active");
    }

    /// The time that each packet took.
    fn end(mut self) -> Vec<Time> {
        self.send(RELIABLE, b"");
        let Self {
            mut client,
            receiver,
            ..
        } = self;
        wait_until("the last packet arrives", || {
            while let Ok(Some(_)) = client.service(Time::ZERO, now) {}
            receiver.is_finished()
        });
        receiver.join().expect("no panic")
    }
}

fn simulation(properties: &[(LinkProperty, f64)]) -> Rc<SharedSimulation> {
    let shared = SharedSimulation::default();
    let (set, _) = shared.change(|settings| {
        settings.set_seed(5);
        let mut each = properties.iter();
        each.try_for_each(|&(property, value)| settings.outgoing.set(property, value))
    });
    set.expect("in range");
    Rc::new(shared)
}

/// The share of lost packets is that of lost datagrams: each packet fills one.
#[test]
fn losses_are_as_set_with_encryption_a_codec_and_a_thread() {
    const COUNT: usize = 10_000;
    const LOSS: f64 = 0.1;
    /// Packets on their way, so that no socket overflows.
    const WINDOW: usize = 200;
    let mut sending = Sending::begin(Wire {
        is_encrypted: true,
        is_compressed: true,
    });
    let simulation = simulation(&[
        (LinkProperty::Latency, 2.0),
        (LinkProperty::Loss, 100.0 * LOSS),
    ]);
    sending.client.set_simulation(Some(simulation), now);
    let mut packet = vec![0; 1200];
    for sent in 0..COUNT {
        let nanos = now().as_nanos() as u64;
        packet[..8].copy_from_slice(&nanos.to_be_bytes());
        sending.send(UNRELIABLE, &packet);
        wait_until("packets arrive or are lost", || {
            let lost = sending.client.simulated_drops().expect("active") as usize;
            sent < sending.received.load(Ordering::Relaxed) + lost + WINDOW
        });
    }
    let arrived = sending.end().len() as f64;
    let expected = COUNT as f64 * (1.0 - LOSS);
    let deviation = (COUNT as f64 * LOSS * (1.0 - LOSS)).sqrt();
    assert!((arrived - expected).abs() < 4.0 * deviation, "{arrived}");
}

/// The owner calls nothing after its flush, and no packet is early.
#[test]
fn the_thread_delivers_what_is_due_although_the_owner_does_not_poll() {
    const COUNT: usize = 20;
    let latency = Duration::from_millis(40);
    let mut sending = Sending::begin(PLAIN);
    // The thread stands by.
    for _ in 0..40 {
        let _ = sending.client.service(Time::ZERO, now);
        sleep(Duration::from_millis(10));
    }
    let simulation = simulation(&[(LinkProperty::Latency, 40.0)]);
    sending.client.set_simulation(Some(simulation), now);
    for count in 1..=COUNT {
        let nanos = now().as_nanos() as u64;
        sending.send(UNRELIABLE, &nanos.to_be_bytes());
        wait_until("the packet arrives", || {
            sending.received.load(Ordering::Relaxed) == count
        });
    }
    let times = sending.end();
    assert!(times.iter().all(|&time| time >= latency), "{times:?}");
}
