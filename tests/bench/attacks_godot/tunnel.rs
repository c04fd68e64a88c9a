//! An encrypted session of a client, whose datagrams go through the client's socket.

use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use enet_dtls::{Dtls, DtlsEvent, Trust, Verification};

/// The name that the server's certificate is for.
const NAME: &str = "game";

pub struct Tunnel {
    dtls: Dtls,
    epoch: Instant,
    server: SocketAddr,
    pub is_ready: bool,
    pub has_ended: bool,
}

impl Tunnel {
    /// A session that has not begun; `certificate` is the server's.
    pub fn new(certificate: &str, server: SocketAddr) -> Self {
        let verification = Verification {
            trust: Some(Trust::certificates(certificate).expect("a certificate")),
            name: Some(NAME.to_owned()),
        };
        let mut dtls = Dtls::client(verification, Duration::ZERO);
        dtls.connect(Duration::ZERO, server);
        Self {
            dtls,
            epoch: Instant::now(),
            server,
            is_ready: false,
            has_ended: false,
        }
    }

    /// Shakes hands on a socket. False if that takes longer than `limit`.
    pub fn shake_hands(&mut self, socket: &UdpSocket, limit: Duration) -> bool {
        let begun = Instant::now();
        self.flush(socket);
        while !self.is_ready && begun.elapsed() < limit {
            let mut bytes = [0; 16 * 1024];
            while let Ok(size) = socket.recv(&mut bytes) {
                self.receive(socket, &bytes[..size]);
            }
            self.service(socket);
            thread::sleep(Duration::from_micros(500));
        }
        self.is_ready
    }

    /// The next datagram that the session would send.
    pub fn next_datagram(&mut self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.dtls.next_datagram(&mut bytes).map(|_| bytes)
    }

    pub fn send(&mut self, socket: &UdpSocket, plain: &[u8]) {
        self.dtls.send(self.epoch.elapsed(), self.server, plain);
        self.flush(socket);
    }

    /// Takes in a datagram; returns the plain ones.
    pub fn receive(&mut self, socket: &UdpSocket, datagram: &[u8]) -> Vec<Vec<u8>> {
        let plain = self.take(datagram);
        self.flush(socket);
        plain
    }

    /// Takes in a datagram and sends nothing.
    pub fn take(&mut self, datagram: &[u8]) -> Vec<Vec<u8>> {
        let mut plain = Vec::new();
        let now = self.epoch.elapsed();
        (self.dtls).receive(now, self.server, datagram, &mut |_, bytes| {
            plain.push(bytes.to_vec());
        });
        plain
    }

    pub fn service(&mut self, socket: &UdpSocket) {
        self.dtls.service(self.epoch.elapsed());
        self.flush(socket);
    }

    fn flush(&mut self, socket: &UdpSocket) {
        while let Some(event) = self.dtls.next_event() {
            match event {
                DtlsEvent::Ready(_) => self.is_ready = true,
                DtlsEvent::Ended(_) | DtlsEvent::Failed(_) => self.has_ended = true,
                DtlsEvent::Slow(_) => {}
            }
        }
        while let Some(bytes) = self.next_datagram() {
            let _ = socket.send_to(&bytes, self.server);
        }
    }
}
