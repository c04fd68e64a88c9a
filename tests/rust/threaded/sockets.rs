//! A socket that leaves the thread no rest.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use enet_core::io::{Taker, Transport, Watch};
use enet_core::{EngineConfig, Host};

use super::now;

/// Every wait ends at once, and there is nothing to read then. Counts the looks.
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

    fn watch(&mut self) -> io::Result<Arc<dyn Watch>> {
        Ok(Arc::new(self.clone()))
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::NotConnected.into())
    }
}

impl Watch for Gone {
    fn wait(&self, _: Duration) -> io::Result<bool> {
        Ok(true)
    }

    fn wake(&self) {}
}

/// Some systems take the sockets of an application that sleeps, and then end every wait for them at once.
#[test]
fn a_socket_that_is_gone_keeps_no_processor_busy() {
    let socket = Gone::default();
    let looks = Arc::clone(&socket.0);
    let engine = enet_core::host::DEFAULT_ENGINE(&EngineConfig::new(1, 1, now()));
    let mut host = Host::new(engine, Box::new(socket));
    host.start_thread(now).expect("a thread");
    let clock = Instant::now();
    host.receive(now());
    sleep(Duration::from_millis(100));
    let looks = looks.load(Ordering::SeqCst);
    // However slow the machine is: no more than there is time for, with a pause after each.
    let most = clock.elapsed().as_millis() + 20;
    assert!(looks as u128 <= most, "{looks} looks, not {most}");
}
