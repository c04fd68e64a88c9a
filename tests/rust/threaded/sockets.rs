//! Sockets that end every wait at once, or wake the thread late.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::sleep;
use std::time::{Duration, Instant};

use enet_net::{Poller, Taker, Transport, Waker};
use enet_proto::{HostConfig, PacketFlags};

use super::{address, host, host_on, now, socket, wait_until};

/// A socket whose every wait ends at once with nothing to read. Counts the attempts to read.
#[derive(Clone, Default)]
struct Gone(Arc<AtomicUsize>);

impl Transport for Gone {
    fn send(&mut self, _: SocketAddr, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::NotConnected.into())
    }

    fn receive(&mut self, _: Taker<'_>) -> io::Result<usize> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err(io::ErrorKind::NotConnected.into())
    }

    fn wait(&mut self, _: Duration) -> io::Result<bool> {
        Ok(true)
    }

    fn poller(&mut self) -> io::Result<(Box<dyn Poller>, Arc<dyn Waker>)> {
        Ok((Box::new(self.clone()), Arc::new(self.clone())))
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::NotConnected.into())
    }
}

impl Poller for Gone {
    fn wait(&mut self, _: Duration) -> io::Result<bool> {
        Ok(true)
    }
}

impl Waker for Gone {
    fn wake(&self) {}
}

/// Some systems close the sockets of a suspended application and then end every wait for them at
/// once.
#[test]
fn a_dead_socket_causes_no_busy_loop() {
    let socket = Gone::default();
    let looks = Arc::clone(&socket.0);
    let mut host = host_on(Box::new(socket), &HostConfig::new(1, 1, now()));
    host.start_thread(now).expect("a thread");
    let clock = Instant::now();
    host.receive(now());
    sleep(Duration::from_millis(100));
    let looks = looks.load(Ordering::SeqCst);
    // A pause follows each attempt, which bounds their number on a machine of any speed.
    let most = clock.elapsed().as_millis() + 20;
    assert!(looks as u128 <= most, "{looks} attempts, more than {most}");
}

/// Longest time that an answer may wait.
const NAP: Duration = Duration::from_millis(40);

/// A socket that the owner always reads first: only the waker ends waits longer than [`NAP`].
struct Late(Box<dyn Transport>);

struct Asleep(Receiver<()>);

struct Alarm(Sender<()>);

impl Transport for Late {
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        self.0.send(to, datagram)
    }

    fn receive(&mut self, take: Taker<'_>) -> io::Result<usize> {
        self.0.receive(take)
    }

    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        self.0.wait(timeout)
    }

    fn poller(&mut self) -> io::Result<(Box<dyn Poller>, Arc<dyn Waker>)> {
        let (wake, woken) = channel();
        Ok((Box::new(Asleep(woken)), Arc::new(Alarm(wake))))
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        self.0.local_address()
    }
}

impl Poller for Asleep {
    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        Ok(match timeout > NAP {
            true => self.0.recv().is_ok(),
            false => self.0.recv_timeout(timeout).is_ok(),
        })
    }
}

impl Waker for Alarm {
    fn wake(&self) {
        let _ = self.0.send(());
    }
}

#[test]
fn packets_read_by_a_poll_are_acknowledged_without_a_flush() {
    let config = HostConfig::new(1, 1, now());
    let mut server = host_on(Box::new(Late(socket())), &config);
    server.start_thread(now).expect("a thread");
    let to = address(&server);
    let mut client = host(&config);
    let peer = client.connect(now(), to, 1, 0).expect("a slot");
    wait_until("they connect", || {
        server.receive(now());
        client.service(now());
        client.next_event().is_some()
    });
    // The thread sleeps by now, if it did not before.
    for _ in 0..3 {
        let sent = client.send(now(), peer, 0, PacketFlags::RELIABLE, b"hello");
        sent.expect("queued");
        wait_until("the packet is acknowledged", || {
            server.receive(now());
            client.service(now());
            let statistics = client.statistics(peer).expect("connected");
            statistics.reliable_data_in_transit == 0
        });
    }
}
