//! The owner's flush sends a few datagrams itself and leaves many to the thread. The thread always
//! sends retransmissions.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId, sleep};
use std::time::Duration;

use enet_net::Host;
use enet_net::{Poller, Taker, Transport, Waker};
use enet_proto::{Event, HostConfig, PacketFlags, PeerId, PeerState};

use super::{address, host, host_on, now, panic_in_the_thread, socket, wait_until};

/// State shared by the test and the socket.
#[derive(Default)]
struct Record {
    /// The sending thread of each datagram, in order.
    senders: Mutex<Vec<ThreadId>>,
    /// The socket drops every datagram.
    loses: AtomicBool,
}

struct Recorded(Box<dyn Transport>, Arc<Record>);

impl Transport for Recorded {
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        let id = thread::current().id();
        self.1.senders.lock().expect("sound").push(id);
        match self.1.loses.load(Ordering::SeqCst) {
            true => Ok(()),
            false => self.0.send(to, datagram),
        }
    }

    fn receive(&mut self, take: Taker<'_>) -> io::Result<usize> {
        self.0.receive(take)
    }

    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        self.0.wait(timeout)
    }

    fn poller(&mut self) -> io::Result<(Box<dyn Poller>, Arc<dyn Waker>)> {
        self.0.poller()
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        self.0.local_address()
    }
}

/// A threaded host with `count` hosts connected to it.
fn connected(count: usize) -> (Host, Arc<Record>, Vec<PeerId>, Vec<Host>) {
    let record = Arc::<Record>::default();
    let socket = Box::new(Recorded(socket(), Arc::clone(&record)));
    let config = HostConfig::new(count, 1, now());
    let mut center = host_on(socket, &config);
    center.start_thread(now).expect("a thread");
    center.receive(now());
    let to = address(&center);
    let mut others: Vec<Host> = (0..count).map(|_| host(&config)).collect();
    for other in &mut others {
        other.connect(now(), to, 1, 0).expect("a slot");
    }
    let mut peers = Vec::new();
    wait_until("they connect", || {
        for other in &mut others {
            other.service(now());
        }
        while let Some(event) = center.next_event() {
            if let Event::Connected { peer, .. } = event {
                peers.push(peer);
            }
        }
        let is_up = |&peer: &PeerId| center.state(peer) == PeerState::Connected;
        peers.len() == count && peers.iter().all(is_up)
    });
    (center, record, peers, others)
}

/// Queues a packet for each peer and flushes; returns how many datagrams this thread sent, and how
/// many were sent in all.
fn sent_here(host: &mut Host, record: &Record, peers: &[PeerId]) -> (usize, usize) {
    // Time for earlier packets to be acknowledged and for the thread to fall asleep.
    sleep(Duration::from_millis(20));
    record.senders.lock().expect("sound").clear();
    for &peer in peers {
        let sent = host.send(now(), peer, 0, PacketFlags::default(), b"hello");
        sent.expect("queued");
    }
    host.flush(now());
    let here = thread::current().id();
    let mut counts = (0, 0);
    wait_until("they are sent", || {
        let senders = record.senders.lock().expect("sound");
        counts.0 = senders.iter().filter(|&&sender| sender == here).count();
        counts.1 = senders.len();
        counts.1 >= peers.len()
    });
    counts
}

#[test]
fn a_flush_sends_few_datagrams_and_leaves_many_to_the_thread() {
    let (mut host, record, peers, _others) = connected(40);
    for _ in 0..5 {
        let (here, _) = sent_here(&mut host, &record, &peers);
        assert_eq!(here, 0, "the thread sends them");
    }
    // The thread sends the datagram itself when it happens to hold the socket.
    let tries = (0..20).map(|_| sent_here(&mut host, &record, &peers[..1]).0);
    let here: usize = tries.sum();
    assert!(here > 0, "{here} of 20");
}

/// The thread may have fallen asleep for longer than the retransmission timeout.
#[test]
fn the_thread_retransmits_packets_that_the_owner_sent() {
    let (mut host, record, peers, mut others) = connected(1);
    record.loses.store(true, Ordering::SeqCst);
    let sent = host.send(now(), peers[0], 0, PacketFlags::RELIABLE, b"hello");
    sent.expect("queued");
    host.flush(now());
    sleep(Duration::from_millis(5));
    record.loses.store(false, Ordering::SeqCst);
    let other = &mut others[0];
    wait_until("the packet arrives", || {
        other.service(now());
        let mut events = std::iter::from_fn(|| other.next_event());
        events.any(|event| matches!(event, Event::Received { .. }))
    });
}

/// The owner flushes, then queues a packet without a flush: the thread wakes in time to send it.
#[test]
fn a_packet_queued_after_a_flush_leaves_without_another() {
    let (mut host, record, peers, _others) = connected(1);
    for _ in 0..5 {
        sent_here(&mut host, &record, &peers);
        let count = record.senders.lock().expect("sound").len();
        let sent = host.send(now(), peers[0], 0, PacketFlags::default(), b"again");
        sent.expect("queued");
        wait_until("the packet leaves", || {
            record.senders.lock().expect("sound").len() > count
        });
    }
}

/// A thread that panicked leaves no lock behind that keeps the owner from the socket.
#[test]
fn a_flush_still_sends_few_datagrams_after_a_panic() {
    let (mut host, record, peers, _others) = connected(1);
    host.stop_thread();
    panic_in_the_thread(&mut host);
    host.start_thread(now).expect("another");
    host.receive(now());
    let tries = (0..20).map(|_| sent_here(&mut host, &record, &peers).0);
    let here: usize = tries.sum();
    assert!(here > 0, "{here} of 20");
}
