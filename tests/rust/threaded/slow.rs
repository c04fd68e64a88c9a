//! A thread that is busy with something slow does not block its owner.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use enet_codec::Codec;
use enet_net::{Host, Poller, Taker, Transport, Waker};
use enet_proto::{HostConfig, PacketFlags, PeerId};

use super::{LIMIT, address, host, host_on, now, socket, wait_until};

/// Blocks callers of `pass` while it is closed. A caller that gives up after [`LIMIT`] fails the test.
#[derive(Default)]
struct Gate {
    is_closed: Mutex<bool>,
    opened: Condvar,
    /// Set when a caller waits at the gate, and when one has waited too long.
    is_reached: AtomicBool,
    is_late: AtomicBool,
}

impl Gate {
    fn close(&self) {
        *self.is_closed.lock().expect("sound") = true;
    }

    fn open(&self) {
        *self.is_closed.lock().expect("sound") = false;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let is_closed = self.is_closed.lock().expect("sound");
        if !*is_closed {
            return;
        }
        self.is_reached.store(true, Ordering::SeqCst);
        let waits = |is_closed: &mut bool| *is_closed;
        let waited = self.opened.wait_timeout_while(is_closed, LIMIT, waits);
        let is_late = waited.expect("sound").1.timed_out();
        self.is_late.fetch_or(is_late, Ordering::SeqCst);
    }
}

/// Passes the gate, then compresses zeros to half their size.
struct SlowCodec(Arc<Gate>);

impl Codec for SlowCodec {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.0.pass();
        let (head, zeros) = input.split_at_checked(20)?;
        let is_worth_it = zeros.len() > 100 && zeros.iter().all(|&byte| byte == 0);
        is_worth_it.then(|| {
            output[..20].copy_from_slice(head);
            output[20..24].copy_from_slice(&(input.len() as u32).to_be_bytes());
            24
        })
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.0.pass();
        let (head, size) = input.split_at_checked(20)?;
        let size = u32::from_be_bytes(size.try_into().ok()?) as usize;
        output.get_mut(20..size)?.fill(0);
        output[..20].copy_from_slice(head);
        Some(size)
    }
}

/// A socket that passes the gate before it sends.
struct SlowSocket(Box<dyn Transport>, Arc<Gate>);

impl Transport for SlowSocket {
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        self.1.pass();
        self.0.send(to, datagram)
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

/// Connects a threaded host and another one; returns each side's id of the connection.
fn connect(slow: &mut Host, other: &mut Host) -> (PeerId, PeerId) {
    let to = address(slow);
    let theirs = other.connect(now(), to, 1, 0).expect("a slot");
    let mut ours = None;
    wait_until("they connect", || {
        slow.receive(now());
        other.service(now());
        while let Some(event) = slow.next_event() {
            if let enet_proto::Event::Connected { peer, .. } = event {
                ours = Some(peer);
            }
        }
        ours.is_some()
    });
    (ours.expect("connected"), theirs)
}

/// Makes the calls of an owner's frames while the thread waits at the gate.
fn play_frames(host: &mut Host, peer: PeerId, gate: &Gate) {
    wait_until("the thread is at the gate", || {
        gate.is_reached.load(Ordering::SeqCst)
    });
    for _ in 0..100 {
        host.receive(now());
        let sent = host.send(now(), peer, 0, PacketFlags::RELIABLE, &[0; 500]);
        sent.expect("queued");
        assert!(host.statistics(peer).is_some());
        while host.next_event().is_some() {}
        host.flush(now());
    }
    assert!(!gate.is_late.load(Ordering::SeqCst), "blocked");
    gate.open();
}

#[test]
fn a_slow_codec_delays_no_send() {
    for compresses in [true, false] {
        let config = HostConfig::new(1, 1, now());
        let (mut slow, mut other) = (host(&config), host(&config));
        let gate = Arc::<Gate>::default();
        slow.set_codec(Some(Box::new(SlowCodec(Arc::clone(&gate)))));
        other.set_codec(Some(Box::new(SlowCodec(Arc::default()))));
        slow.start_thread(now).expect("a thread");
        let (ours, theirs) = connect(&mut slow, &mut other);
        gate.close();
        if compresses {
            for _ in 0..100 {
                let sent = slow.send(now(), ours, 0, PacketFlags::RELIABLE, &[0; 500]);
                sent.expect("queued");
            }
        } else {
            let sent = other.send(now(), theirs, 0, PacketFlags::RELIABLE, &[0; 500]);
            sent.expect("queued");
            other.flush(now());
        }
        play_frames(&mut slow, ours, &gate);
        // The packets queued meanwhile arrive.
        let mut received = 0;
        wait_until("the packets arrive", || {
            other.service(now());
            let events = std::iter::from_fn(|| other.next_event());
            received += events
                .filter(|event| matches!(event, enet_proto::Event::Received { .. }))
                .count();
            received == if compresses { 200 } else { 100 }
        });
    }
}

#[test]
fn a_slow_socket_delays_no_send() {
    let gate = Arc::<Gate>::default();
    let config = HostConfig::new(1, 1, now());
    let slow_socket = SlowSocket(socket(), Arc::clone(&gate));
    let mut slow = host_on(Box::new(slow_socket), &config);
    let mut other = host(&config);
    slow.start_thread(now).expect("a thread");
    let (ours, _) = connect(&mut slow, &mut other);
    gate.close();
    for _ in 0..100 {
        let sent = slow.send(now(), ours, 0, PacketFlags::RELIABLE, &[0; 500]);
        sent.expect("queued");
    }
    play_frames(&mut slow, ours, &gate);
}
