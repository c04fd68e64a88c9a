//! Few datagrams are sent by the owner's flush, many by the thread; lost ones are the thread's in any case.

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

/// What the test and the socket both see.
#[derive(Default)]
struct Record {
    /// Who sent, in order.
    senders: Mutex<Vec<ThreadId>>,
    /// Nothing arrives.
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

/// A host with a thread, and so many that are connected to it.
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

/// Puts a packet for each, flushes, and says how many of the datagrams this thread sent, of how many.
fn sent_here(host: &mut Host, record: &Record, peers: &[PeerId]) -> (usize, usize) {
    // What came before is acknowledged, and the thread rests.
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
fn few_leave_with_the_flush_and_many_do_not_hold_it_up() {
    let (mut host, record, peers, _others) = connected(40);
    for _ in 0..5 {
        let (here, _) = sent_here(&mut host, &record, &peers);
        assert_eq!(here, 0, "the thread does it");
    }
    // Now and then the thread is at the socket itself: it sends them then.
    let tries = (0..20).map(|_| sent_here(&mut host, &record, &peers[..1]).0);
    let here: usize = tries.sum();
    assert!(here > 0, "{here} of 20");
}

/// The thread may have been asleep for longer than the answer takes.
#[test]
fn what_the_owner_sent_is_repeated_by_the_thread() {
    let (mut host, record, peers, mut others) = connected(1);
    record.loses.store(true, Ordering::SeqCst);
    let sent = host.send(now(), peers[0], 0, PacketFlags::RELIABLE, b"hello");
    sent.expect("queued");
    host.flush(now());
    sleep(Duration::from_millis(5));
    record.loses.store(false, Ordering::SeqCst);
    let other = &mut others[0];
    wait_until("it comes", || {
        other.service(now());
        let mut events = std::iter::from_fn(|| other.next_event());
        events.any(|event| matches!(event, Event::Received { .. }))
    });
}

/// Who sent and flushed, and then sends without: the thread does not sleep on it.
#[test]
fn what_follows_a_flush_leaves_without_another() {
    let (mut host, record, peers, _others) = connected(1);
    for _ in 0..5 {
        sent_here(&mut host, &record, &peers);
        let count = record.senders.lock().expect("sound").len();
        let sent = host.send(now(), peers[0], 0, PacketFlags::default(), b"again");
        sent.expect("queued");
        wait_until("it leaves", || {
            record.senders.lock().expect("sound").len() > count
        });
    }
}

/// A thread that ended by a defect leaves nothing behind that keeps the owner from the socket.
#[test]
fn few_leave_with_the_flush_after_a_panic_too() {
    let (mut host, record, peers, _others) = connected(1);
    host.stop_thread();
    panic_in_the_thread(&mut host);
    host.start_thread(now).expect("another");
    host.receive(now());
    let tries = (0..20).map(|_| sent_here(&mut host, &record, &peers).0);
    let here: usize = tries.sum();
    assert!(here > 0, "{here} of 20");
}
