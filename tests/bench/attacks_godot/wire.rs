//! A client on a socket of its own that speaks just enough ENet to be connected to a running server,
//! several times if need be, and that sends commands built by hand.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use enet_codec::{Codec, Compression};

use crate::tunnel::Tunnel;

pub const NO_SLOT: [u8; 2] = [0x8F, 0xFF];
const COMPRESSED: u8 = 0x40;
const SENT_TIME: u8 = 0x80;
/// The largest datagram of the protocol.
const MAX_DATAGRAM: usize = 4096;
/// Sizes of the commands by number, without the data that follows.
const SIZES: [usize; 13] = [0, 8, 48, 44, 8, 4, 6, 8, 24, 8, 12, 16, 24];
/// The time a server has to answer a CONNECT.
const PATIENCE: Duration = Duration::from_secs(3);
const REPEAT: Duration = Duration::from_millis(400);

/// How a client connects.
#[derive(Clone, Copy)]
pub struct Join {
    pub channels: u32,
    pub token: u32,
    /// The connect data, which is the peer id in Godot.
    pub id: u32,
}

impl Join {
    pub fn with_id(id: u32) -> Self {
        Self {
            channels: 255,
            token: id.wrapping_mul(0x9E37_79B9),
            id,
        }
    }
}

/// What the server sent.
#[derive(Default)]
pub struct Heard {
    pub bytes: u64,
    pub datagrams: u64,
    /// The numbers of acknowledged commands.
    pub acknowledged: Vec<u16>,
    /// The packets of up to a datagram, when they are wanted.
    pub packets: Vec<Vec<u8>>,
    pub has_ended: bool,
}

pub struct Wire {
    socket: UdpSocket,
    server: SocketAddr,
    tunnel: Option<Box<Tunnel>>,
    codec: Option<Box<dyn Codec + Send>>,
    /// The header of datagrams to the server, for each connection: the slot there and the session.
    pub links: Vec<[u8; 2]>,
    /// The time between two acknowledgements of data. Pings are always acknowledged.
    pub data_pause: Duration,
    data_acknowledged: Instant,
    /// Nothing is answered.
    pub is_mute: bool,
    pub keeps_packets: bool,
    pub heard: Heard,
    pub sent: u64,
    /// The last reliable number sent on channels 0 and 1.
    numbers: [u16; 2],
}

pub fn socket(last: u8) -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, last), 0)).expect("a socket");
    socket.set_nonblocking(true).expect("a setting");
    socket
}

pub fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// A datagram with a CONNECT; `slot` is the connector's.
pub fn connect(join: Join, slot: u16) -> Vec<u8> {
    let mut bytes = NO_SLOT.to_vec();
    bytes.extend([0, 0, 0x82, 0xFF, 0, 1]);
    bytes.extend(slot.to_be_bytes());
    bytes.extend([0xFF, 0xFF]);
    let Join {
        channels,
        token,
        id,
    } = join;
    for field in [1392, 65536, channels, 0, 0, 5000, 2, 2, token, id] {
        bytes.extend(field.to_be_bytes());
    }
    bytes
}

/// A fragment command: its number of fragments, its own number, the packet's size, its offset.
pub fn fragment(
    kind: u8,
    sequence: u16,
    start: u16,
    [count, number, total, offset]: [u32; 4],
    data: &[u8],
) -> Vec<u8> {
    let mut bytes = vec![kind, 0];
    for field in [sequence, start, data.len() as u16] {
        bytes.extend(field.to_be_bytes());
    }
    for field in [count, number, total, offset] {
        bytes.extend(field.to_be_bytes());
    }
    bytes.extend(data);
    bytes
}

impl Wire {
    /// A client at 127.0.0.`last` that is not connected yet.
    pub fn new(last: u8, port: u16) -> Self {
        Self {
            socket: socket(last),
            server: local(port),
            tunnel: None,
            codec: None,
            links: Vec::new(),
            data_pause: Duration::ZERO,
            data_acknowledged: Instant::now(),
            is_mute: false,
            keeps_packets: false,
            heard: Heard::default(),
            sent: 0,
            numbers: [0; 2],
        }
    }

    pub fn joined(last: u8, port: u16, id: u32) -> Result<Self, String> {
        let mut wire = Self::new(last, port);
        wire.join(Join::with_id(id))?;
        Ok(wire)
    }

    /// A server that has accepted the next client at its socket. `begin` starts that client.
    pub fn accepting<T>(begin: impl FnOnce(u16) -> Result<T, String>) -> Result<(Self, T), String> {
        let mut wire = Self::new(1, 0);
        let client = begin(wire.address().port())?;
        let begun = Instant::now();
        while begun.elapsed() < 4 * PATIENCE {
            let mut bytes = [0; MAX_DATAGRAM];
            match wire.socket.recv_from(&mut bytes) {
                Ok((52.., from)) => {
                    let connect = &bytes[..52];
                    wire.server = from;
                    wire.links.push([connect[8] & 0x0F, connect[9]]);
                    // The sessions are both 0, and the slot here too.
                    let mut answer = vec![0x83, 0xFF, 0, 1, 0, 0, 0, 0];
                    answer.extend(&connect[12..48]);
                    wire.send(&answer, true);
                    wire.idle(Duration::from_millis(300));
                    return Ok((wire, client));
                }
                _ => thread::sleep(Duration::from_millis(1)),
            }
        }
        Err("no client came".to_owned())
    }

    /// Sends from this socket as it is, whatever the connection.
    pub fn send_from_socket(&mut self, bytes: &[u8]) {
        let _ = self.socket.send_to(bytes, self.server);
    }

    pub fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    pub fn set_codec(&mut self, compression: &Compression) {
        self.codec = compression.codec();
    }

    /// Everything from now on goes through this encrypted session.
    pub fn set_tunnel(&mut self, tunnel: Tunnel) {
        self.tunnel = Some(Box::new(tunnel));
    }

    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("bound")
    }

    /// Connects once more.
    pub fn join(&mut self, join: Join) -> Result<(), String> {
        let index = self.links.len();
        let bytes = connect(join, index as u16);
        self.links.push(NO_SLOT);
        let begun = Instant::now();
        let mut sent = None;
        while begun.elapsed() < PATIENCE {
            if sent.is_none_or(|at: Instant| at.elapsed() > REPEAT) {
                self.send_raw(&bytes);
                sent = Some(Instant::now());
            }
            self.serve();
            if self.heard.has_ended {
                break;
            }
            if self.links[index] != NO_SLOT {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(1));
        }
        self.links.truncate(index);
        Err(match self.heard.has_ended {
            true => "refused".to_owned(),
            false => "no answer".to_owned(),
        })
    }

    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.sent += bytes.len() as u64;
        if let Some(tunnel) = &mut self.tunnel {
            return tunnel.send(&self.socket, bytes);
        }
        // A full buffer loses the datagram, as a network does.
        let _ = self.socket.send_to(bytes, self.server);
    }

    /// Sends commands over the first connection. `time` adds the time that acknowledgements need.
    pub fn send(&mut self, commands: &[u8], time: bool) -> usize {
        self.send_over(0, commands, time)
    }

    pub fn send_over(&mut self, link: usize, commands: &[u8], time: bool) -> usize {
        let mut header = self.links[link];
        header[0] = header[0] & !SENT_TIME | if time { SENT_TIME } else { 0 };
        let bytes = [&header[..], if time { &[0, 0] } else { &[] }, commands].concat();
        self.send_raw(&bytes);
        bytes.len()
    }

    /// Sends commands compressed; returns the datagram's size.
    pub fn send_packed(&mut self, commands: &[u8]) -> usize {
        self.send_packed_over(self.links[0], commands)
    }

    pub fn send_packed_over(&mut self, mut header: [u8; 2], commands: &[u8]) -> usize {
        let codec = self.codec.as_mut().expect("a codec");
        let mut packed = [0; MAX_DATAGRAM];
        let size = codec.compress(commands, &mut packed).expect("it shrinks");
        header[0] |= COMPRESSED | SENT_TIME;
        let bytes = [&header[..], &[0, 0], &packed[..size]].concat();
        self.send_raw(&bytes);
        bytes.len()
    }

    /// A reliable packet on a channel, 0 or 1, which is not repeated.
    pub fn reliable(&mut self, channel: u8, data: &[u8]) -> Vec<u8> {
        let number = &mut self.numbers[usize::from(channel)];
        *number = number.wrapping_add(1);
        let mut bytes = vec![6, channel];
        bytes.extend(number.to_be_bytes());
        bytes.extend((data.len() as u16).to_be_bytes());
        bytes.extend(data);
        bytes
    }

    /// Reads everything that waits in the socket, and acknowledges it.
    pub fn serve(&mut self) {
        let mut bytes = [0; 65536];
        // Bounded, so that a flood from the server cannot keep this client here.
        for _ in 0..4096 {
            let Ok((size, from)) = self.socket.recv_from(&mut bytes) else {
                break;
            };
            if from != self.server {
                continue;
            }
            self.heard.bytes += size as u64;
            self.heard.datagrams += 1;
            if let Some(mut tunnel) = self.tunnel.take() {
                let plain = tunnel.receive(&self.socket, &bytes[..size]);
                self.tunnel = Some(tunnel);
                for datagram in plain {
                    self.take(&datagram);
                }
            } else {
                let datagram = bytes[..size].to_vec();
                self.take(&datagram);
            }
        }
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.service(&self.socket);
        }
    }

    fn take(&mut self, datagram: &[u8]) {
        let Some((&[high, low], rest)) = datagram.split_first_chunk() else {
            return;
        };
        let index = usize::from(u16::from_be_bytes([high & 0x0F, low]));
        let (time, rest) = match rest.split_first_chunk::<2>() {
            Some((&time, rest)) if high & SENT_TIME != 0 => (time, rest),
            _ => ([0; 2], rest),
        };
        let mut plain = [0; MAX_DATAGRAM];
        let commands = match &mut self.codec {
            Some(codec) if high & COMPRESSED != 0 => match codec.decompress(rest, &mut plain) {
                Some(size) => &plain[..size],
                None => return,
            },
            _ => rest,
        };
        if index < self.links.len() {
            self.take_commands(index, time, commands);
        }
    }

    fn take_commands(&mut self, link: usize, time: [u8; 2], mut commands: &[u8]) {
        let mut answers = Vec::new();
        while let Some(&[first, channel, n0, n1]) = commands.first_chunk() {
            let kind = first & 0x0F;
            let Some(&size) = SIZES.get(usize::from(kind)).filter(|&&size| size > 0) else {
                break;
            };
            // The length of the data is the last field of these, or follows the first of a fragment.
            let length_at = match kind {
                6 => 4,
                7 | 9 => 6,
                8 | 12 => 6,
                _ => 0,
            };
            let length = match commands.get(length_at..length_at + 2) {
                Some(&[high, low]) if length_at > 0 => usize::from(u16::from_be_bytes([high, low])),
                _ => 0,
            };
            let Some(data) = commands.get(size..size + length) else {
                break;
            };
            match kind {
                1 => (self.heard.acknowledged).push(u16::from_be_bytes([commands[4], commands[5]])),
                3 => self.links[link] = [commands[7] << 4 | commands[4], commands[5]],
                4 => self.heard.has_ended = true,
                6 | 7 | 9 if self.keeps_packets => self.heard.packets.push(data.to_vec()),
                _ => {}
            }
            let is_data = matches!(kind, 6 | 8);
            let is_due = !is_data || self.data_acknowledged.elapsed() >= self.data_pause;
            if first & 0x80 != 0 && !self.is_mute && is_due {
                if is_data {
                    self.data_acknowledged = Instant::now();
                }
                answers.extend([[1, channel], [n0, n1], [n0, n1], time].concat());
            }
            commands = &commands[size + length..];
        }
        // C takes at most 32 commands a datagram.
        for answers in answers.chunks(8 * 32) {
            self.send_over(link, answers, false);
        }
    }

    /// Serves the connections for a time.
    pub fn idle(&mut self, time: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < time {
            self.serve();
            thread::sleep(Duration::from_millis(2));
        }
    }
}
