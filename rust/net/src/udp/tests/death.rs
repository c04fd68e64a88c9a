//! Sockets that die: what becomes of datagrams, connections and waits.

use std::thread;
use std::time::Instant;

use enet_proto::{Event, HostConfig, PacketFlags, PeerId, Time};

use super::super::*;
use super::local;
use crate::Host;

const LONG: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(10);

/// A transport, and its first socket.
fn transport() -> (UdpTransport, Arc<UdpSocket>) {
    let transport = UdpTransport::open(local()).expect("a socket");
    let socket = transport.kept.shared_socket().expect("open");
    (transport, socket)
}

/// Linux refuses to shut an unconnected socket down, and then does it.
fn kill(socket: &UdpSocket) {
    let _ = SockRef::from(socket).shutdown(std::net::Shutdown::Both);
}

fn broken() -> io::Error {
    io::Error::from_raw_os_error(nix::errno::Errno::EPIPE as i32)
}

fn assert_reopened(transport: &mut UdpTransport) {
    let mishap = transport.take_mishap();
    assert!(matches!(mishap, Some(Mishap::Reopened(_))), "{mishap:?}");
    assert!(transport.take_mishap().is_none());
}

/// Receives one datagram.
fn receive(transport: &mut UdpTransport) -> (SocketAddr, Vec<u8>) {
    let end = Instant::now() + SOON;
    let mut received = None;
    while received.is_none() {
        assert!(Instant::now() < end, "nothing arrives");
        let taken = transport.receive(&mut |from, bytes| received = Some((from, bytes.to_vec())));
        taken.expect("no error");
    }
    received.expect("one")
}

#[test]
fn a_datagram_leaves_by_a_new_socket_at_the_same_address() {
    for in_batches in [false, true] {
        let (mut near, socket) = transport();
        let (mut far, _) = transport();
        let (near_address, far_address) = (
            near.local_address().expect("bound"),
            far.local_address().expect("bound"),
        );
        near.send(far_address, b"before").expect("sent");
        assert_eq!(receive(&mut far), (near_address, b"before".to_vec()));
        assert!(near.take_mishap().is_none());
        kill(&socket);
        drop(socket);
        match in_batches {
            true => assert_eq!(near.send_batch(far_address, b"afterafter", 5), 2),
            false => near.send(far_address, b"after").expect("sent"),
        }
        assert_eq!(receive(&mut far), (near_address, b"after".to_vec()));
        assert_eq!(near.local_address().expect("bound"), near_address);
        assert_reopened(&mut near);
        far.send(near_address, b"answer").expect("sent");
        assert_eq!(receive(&mut near), (far_address, b"answer".to_vec()));
    }
}

#[test]
fn a_wait_finds_the_death_and_the_next_one_waits_again() {
    let (mut near, socket) = transport();
    let (mut poller, _waker) = near.poller().expect("a poller");
    kill(&socket);
    drop(socket);
    assert!(poller.wait(LONG).expect("no error"), "something happened");
    let error = near.receive(&mut |_, _| panic!("nothing came"));
    assert_eq!(
        error.expect_err("it died").kind(),
        ErrorKind::BrokenPipe,
        "the caller counts it"
    );
    assert_reopened(&mut near);
    // The alarm of the replacement.
    assert!(poller.wait(LONG).expect("no error"));
    let clock = Instant::now();
    let timeout = Duration::from_millis(20);
    assert!(!poller.wait(timeout).expect("no error"));
    assert!(clock.elapsed() >= timeout);
    // The same without a thread.
    kill(near.kept.current().expect("open"));
    let error = near.wait(LONG).expect_err("it died");
    assert_eq!(error.raw_os_error(), broken().raw_os_error());
    // The second death within seconds: the next socket takes a moment.
    assert!(near.take_mishap().is_none());
    assert!(near.wait(LONG).expect("no error"), "there is more to do");
    assert!(clock.elapsed() < SOON);
    assert!(!near.wait(timeout).expect("no error"));
    assert_reopened(&mut near);
}

/// The thread sleeps on the dead socket, whose port is free only when it lets go.
#[test]
fn a_thread_that_waits_for_the_dead_socket_lets_it_go() {
    let (mut near, socket) = transport();
    drop(socket);
    let (mut poller, _waker) = near.poller().expect("a poller");
    let to = near.local_address().expect("bound");
    let clock = Instant::now();
    thread::scope(|scope| {
        let waits = scope.spawn(move || {
            while !poller.wait(LONG).expect("no error") {}
            poller
        });
        // Not for the outcome: the wait has probably begun.
        thread::sleep(Duration::from_millis(20));
        let is_open = near.replace(&broken());
        let mut poller = waits.join().expect("woken");
        if !is_open {
            while near.send(to, b"self").is_err() {
                assert!(clock.elapsed() < SOON);
                thread::sleep(Duration::from_millis(1));
            }
        }
        assert_reopened(&mut near);
        assert_eq!(near.local_address().expect("bound"), to);
        near.send(to, b"self").expect("sent");
        assert!(poller.wait(LONG).expect("no error"));
    });
    assert!(clock.elapsed() < SOON);
}

/// The descriptor may be another file's by now.
#[test]
fn a_descriptor_that_was_closed_by_others_is_not_closed_again() {
    use nix::errno::Errno;
    for (errno, is_closed) in [
        (Errno::EBADF, false),
        (Errno::ENOTSOCK, false),
        (Errno::EPIPE, true),
    ] {
        let (mut near, socket) = transport();
        let weak = Arc::downgrade(&socket);
        drop(socket);
        near.replace(&io::Error::from_raw_os_error(errno as i32));
        assert_eq!(weak.upgrade().is_none(), is_closed, "{errno}");
    }
}

/// The wait of the network thread took the error, and no later call has it.
#[test]
fn a_descriptor_that_the_poller_found_closed_is_not_closed_again() {
    use nix::errno::Errno;
    for (errno, is_closed) in [(Errno::EBADF, false), (Errno::EPIPE, true)] {
        let (mut near, socket) = transport();
        let weak = Arc::downgrade(&socket);
        drop(socket);
        let error = io::Error::from_raw_os_error(errno as i32);
        near.kept.note_found_dead(&error);
        let received = near.receive(&mut |_, _| panic!("nothing came"));
        let received = received.expect_err("it died");
        assert_eq!(received.raw_os_error(), Some(errno as i32));
        assert_eq!(weak.upgrade().is_none(), is_closed, "{errno}");
    }
}

#[test]
fn a_socket_that_cannot_be_opened_again_is_lost_after_a_few_seconds() {
    let (mut near, socket) = transport();
    let address = near.local_address().expect("bound");
    // Its port stays taken.
    near.replace(&io::Error::from_raw_os_error(
        nix::errno::Errno::EBADF as i32,
    ));
    let clock = Instant::now();
    let mut errors = 0;
    let mishap = loop {
        assert!(clock.elapsed() < SOON);
        match near.receive(&mut |_, _| panic!("nothing comes")) {
            Ok(count) => assert_eq!(count, 0),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::AddrInUse);
                errors += 1;
            }
        }
        assert!(near.send(address, b"lost").is_err());
        if let Some(mishap) = near.take_mishap() {
            break mishap;
        }
        assert!(near.wait(Duration::from_millis(5)).is_ok());
    };
    assert!(
        matches!(&mishap, Mishap::Lost(error) if error.kind() == ErrorKind::AddrInUse),
        "{mishap:?}"
    );
    assert!(clock.elapsed() > Duration::from_secs(2));
    assert!(errors < 10, "{errors} errors for nine attempts");
    assert_eq!(near.local_address().expect("known"), address);
    drop(socket);
}

/// A client and a server that is a client of nobody.
struct Pair {
    hosts: [Host; 2],
    peers: [Option<PeerId>; 2],
    received: [usize; 2],
    clock: Instant,
}

fn now() -> Time {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

impl Pair {
    fn serve(&mut self) {
        for (index, host) in self.hosts.iter_mut().enumerate() {
            host.service(now());
            while let Some(event) = host.next_event() {
                match event {
                    Event::Connected { peer, .. } => self.peers[index] = Some(peer),
                    Event::Received { .. } => self.received[index] += 1,
                    Event::Disconnected { cause, .. } => panic!("it ended: {cause:?}"),
                    Event::OverLimit { limit, .. } => panic!("{limit:?}"),
                }
            }
        }
        thread::sleep(Duration::from_millis(1));
        assert!(self.clock.elapsed() < LONG);
    }
}

#[test]
fn connections_live_on_when_sockets_die() {
    for is_threaded in [false, true] {
        let transports = [transport(), transport()];
        let sockets = [
            Arc::downgrade(&transports[0].1),
            Arc::downgrade(&transports[1].1),
        ];
        let mut seed = 0;
        let hosts = transports.map(|(transport, _)| {
            seed += 1;
            let config = HostConfig::new(4, seed, now());
            let mut host = Host::new(&config, Box::new(transport));
            if is_threaded {
                host.start_thread(now).expect("a thread");
            }
            host
        });
        let mut pair = Pair {
            hosts,
            peers: [None; 2],
            received: [0; 2],
            clock: Instant::now(),
        };
        let to = (Ipv4Addr::LOCALHOST, pair.hosts[0].local_port()).into();
        let connecting = pair.hosts[1].connect(now(), to, 1, 0);
        connecting.expect("a slot");
        while pair.peers.contains(&None) {
            pair.serve();
        }
        let mut sent = 0;
        for victim in [0, 1] {
            kill(&sockets[victim].upgrade().expect("open"));
            for _ in 0..20 {
                sent += 1;
                for index in [0, 1] {
                    let peer = pair.peers[index].expect("connected");
                    let flags = PacketFlags::RELIABLE;
                    let queued = pair.hosts[index].send(now(), peer, 0, flags, b"hello");
                    queued.expect("connected");
                }
                pair.serve();
            }
            while pair.received != [sent; 2] {
                pair.serve();
            }
            let host = &pair.hosts[victim];
            let trouble = host.socket_trouble();
            assert!(host.has_trouble());
            assert_eq!((trouble.reopened, trouble.lost), (1, 0), "{trouble:?}");
            assert_eq!(trouble.death, Some(broken().to_string()));
        }
    }
}
