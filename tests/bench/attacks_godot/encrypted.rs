//! Attacks on the DTLS sessions of a server. Stock Godot of distributions has no DTLS, so only ours is asked.

use std::collections::VecDeque;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::forger;
use crate::joining::{Background, judged};
use crate::process::{Process, Server, Subject, honest, variable};
use crate::tunnel::Tunnel;
use crate::wire::{Join, Wire, local, socket};
use crate::{Cell, Played};

/// A server that encrypts, with its certificate in a folder of its own.
struct Encrypted {
    server: Server,
    folder: PathBuf,
    certificate: String,
}

impl Encrypted {
    fn start(subject: Subject, words: &[&str]) -> Result<Self, String> {
        let name = format!("enet-attacks-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let place = format!("certificates={}", folder.display());
        let server = Server::start(subject, &[words, &[place.as_str()]].concat())?;
        let certificate = std::fs::read_to_string(folder.join("certificate.pem"));
        Ok(Self {
            server,
            folder,
            certificate: certificate.map_err(|error| error.to_string())?,
        })
    }

    fn tunnel(&self) -> Tunnel {
        Tunnel::new(&self.certificate, local(self.server.port))
    }

    /// Honest clients of our class.
    fn joins(&self, count: u32) -> Process {
        let words = [
            "joins".to_owned(),
            format!("count={count}"),
            "interval=250".to_owned(),
            "limit=6000".to_owned(),
            format!("certificates={}", self.folder.display()),
        ];
        honest(variable("ENET_BENCH_CLASS"), self.server.port, &words)
    }

    /// A connected client whose session is encrypted.
    fn joined(&self, last: u8, id: u32) -> Result<Wire, String> {
        let mut wire = Wire::new(last, self.server.port);
        let mut tunnel = self.tunnel();
        if !tunnel.shake_hands(wire.socket(), Duration::from_secs(3)) {
            return Err("no DTLS session".to_owned());
        }
        wire.set_tunnel(tunnel);
        wire.join(Join::with_id(id))?;
        Ok(wire)
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The worst of a figure since.
fn worst(server: &Process, since: Instant, name: &str) -> f64 {
    let seconds = server.since(since);
    let values = seconds.iter().filter_map(|figures| figures.get(name));
    values.copied().fold(0.0, f64::max)
}

/// Handshakes that end with the second hello, 400 a second, while honest clients join.
pub fn handshakes(subject: Subject) -> Played {
    const RATE: u32 = 400;
    const MOST_OPEN: usize = 200;
    if !subject.is_ours() {
        return Ok(Cell::none());
    }
    let encrypted = Encrypted::start(subject, &[])?;
    let calm = judged(&encrypted.joins(5))?;
    let (certificate, to) = (encrypted.certificate.clone(), local(encrypted.server.port));
    let mut open: VecDeque<(UdpSocket, Tunnel)> = VecDeque::new();
    let begun = Instant::now();
    let flood = Background::start(RATE, move |_| {
        open.retain_mut(|(socket, tunnel)| {
            let mut bytes = [0; 4096];
            let Ok(size) = socket.recv(&mut bytes) else {
                return true;
            };
            tunnel.take(&bytes[..size]);
            while let Some(hello) = tunnel.next_datagram() {
                let _ = socket.send_to(&hello, to);
            }
            false
        });
        let (socket, mut tunnel) = (socket(66), Tunnel::new(&certificate, to));
        while let Some(hello) = tunnel.next_datagram() {
            let _ = socket.send_to(&hello, to);
        }
        open.push_back((socket, tunnel));
        if open.len() > MOST_OPEN {
            open.pop_front();
        }
    });
    thread::sleep(Duration::from_secs(1));
    let mut cell = judged(&encrypted.joins(20))?;
    let rate = flood.sent.load(std::sync::atomic::Ordering::Relaxed) as f64
        / begun.elapsed().as_secs_f64();
    drop(flood);
    let of = |cell: &Cell| {
        let figure = cell.figures.iter().find(|(name, _)| *name == "p50_msec");
        figure.map_or(f64::NAN, |&(_, value)| value)
    };
    let calm = of(&calm);
    let poll = worst(&encrypted.server.process, begun, "poll_msec");
    cell.text += &format!(", calm {calm:.0}; poll {poll:.1} ms");
    cell.figures.push(("calm_p50_msec", calm));
    cell.figures.push(("poll_msec", poll));
    cell.figures.push(("handshakes_per_second", rate));
    Ok(cell)
}

/// Sessions each of which sends 15 encrypted Certificates that claim 16 MiB.
pub fn certificates(subject: Subject) -> Played {
    const TIME: Duration = Duration::from_secs(6);
    if !subject.is_ours() {
        return Ok(Cell::none());
    }
    let encrypted = Encrypted::start(subject, &[])?;
    let before = worst(
        &encrypted.server.process,
        Instant::now() - Duration::from_secs(2),
        "poll_msec",
    );
    let begun = Instant::now();
    let port = encrypted.server.port;
    let sessions: usize = thread::scope(|scope| {
        let threads = [70, 71, 72, 73].map(|last| {
            scope.spawn(move || {
                let mut count = 0;
                while begun.elapsed() < TIME {
                    count += usize::from(forger::claim(last, port));
                }
                count
            })
        });
        threads
            .into_iter()
            .map(|it| it.join().expect("no panic"))
            .sum()
    });
    let rate = sessions as f64 / begun.elapsed().as_secs_f64();
    let process = &encrypted.server.process;
    let (poll, longest) = (
        worst(process, begun, "poll_msec"),
        worst(process, begun, "worst_msec"),
    );
    Ok(Cell::new(
        format!(
            "poll {poll:.2} ms (calm {before:.2}), worst frame {longest:.0} ms, {rate:.0} sessions/s"
        ),
        &[
            ("poll_msec", poll),
            ("calm_poll_msec", before),
            ("worst_frame_msec", longest),
            ("sessions_per_second", rate),
        ],
    ))
}

/// A hello that asks to resume a session, as some libraries send.
pub fn session_id(subject: Subject) -> Played {
    if !subject.is_ours() {
        return Ok(Cell::none());
    }
    let encrypted = Encrypted::start(subject, &[])?;
    let (socket, mut tunnel) = (socket(68), encrypted.tunnel());
    let to = local(encrypted.server.port);
    let mut answered = 0;
    let begun = Instant::now();
    let mut hellos = 0;
    while begun.elapsed() < Duration::from_secs(2) {
        while let Some(hello) = tunnel.next_datagram() {
            // The library's own retransmissions are not needed.
            if hellos < 2 {
                let _ = socket.send_to(&with_session_id(&hello), to);
                hellos += 1;
            }
        }
        let mut bytes = [0; 4096];
        while let Ok(size) = socket.recv(&mut bytes) {
            if hellos < 2 {
                tunnel.take(&bytes[..size]);
            } else {
                answered += size;
            }
        }
        thread::sleep(Duration::from_millis(2));
    }
    // The server's certificate is larger than any refusal.
    let text = match (hellos, answered) {
        (0 | 1, _) => "no cookie",
        (_, 0..200) => "no handshake",
        _ => "handshake",
    };
    Ok(Cell::new(
        text.to_owned(),
        &[("answered_bytes", answered as f64)],
    ))
}

/// A hello with 32 bytes of session id.
fn with_session_id(hello: &[u8]) -> Vec<u8> {
    const ID: u16 = 32;
    // Record header, handshake header, version, random.
    const AT: usize = 13 + 12 + 2 + 32;
    let mut bytes = hello[..AT].to_vec();
    bytes.push(ID as u8);
    bytes.extend([0xAB; ID as usize]);
    bytes.extend(&hello[AT + 1..]);
    // The lengths of the record, the message, and the fragment.
    for at in [11, 15, 23] {
        let length = u16::from_be_bytes([bytes[at], bytes[at + 1]]) + ID;
        bytes[at..at + 2].copy_from_slice(&length.to_be_bytes());
    }
    bytes
}

/// Another handshake begins at the address of a session, and is not finished.
pub fn second_hello(subject: Subject) -> Played {
    second_handshake(subject, 2)
}

/// Another handshake at the address of a session is finished, and nothing follows.
pub fn second_session(subject: Subject) -> Played {
    second_handshake(subject, usize::MAX)
}

/// The second handshake sends so many datagrams at most.
fn second_handshake(subject: Subject, most: usize) -> Played {
    const TIME: Duration = Duration::from_secs(6);
    const HANDSHAKE: Duration = Duration::from_secs(1);
    if !subject.is_ours() {
        return Ok(Cell::none());
    }
    let encrypted = Encrypted::start(subject, &[])?;
    let mut wire = encrypted.joined(68, 8_000_000)?;
    wire.keeps_packets = true;
    let mut second = encrypted.tunnel();
    let begun = Instant::now();
    let mut sent = 0;
    while sent < most && begun.elapsed() < HANDSHAKE {
        while let Some(datagram) = second.next_datagram().filter(|_| sent < most) {
            wire.send_from_socket(&datagram);
            sent += 1;
        }
        let mut bytes = [0; 4096];
        while let Ok(size) = wire.socket().recv(&mut bytes) {
            second.take(&bytes[..size]);
        }
        thread::sleep(Duration::from_millis(2));
    }
    drop(second);
    // Does the session still carry what is sent, and the answers?
    let (mut sent, mut group) = (0, 0_u16);
    let begun = Instant::now();
    let mut last = Duration::ZERO;
    while begun.elapsed() < TIME {
        group += 1;
        sent += 1;
        let mut command = vec![0x49, 0, 0, 0];
        command.extend(group.to_be_bytes());
        command.extend([0, 2, 0x48, 1]);
        wire.send(&command, false);
        let before = wire.heard.packets.len();
        wire.idle(Duration::from_millis(100));
        if wire.heard.packets.len() > before {
            last = begun.elapsed();
        }
    }
    let echoed = wire.heard.packets.len();
    let text = match last + Duration::from_secs(1) > TIME {
        true => format!("the session lives, {echoed} of {sent} echoes"),
        false => format!("ended after {:.1} s", last.as_secs_f64()),
    };
    Ok(Cell::new(
        text,
        &[("last_echo_seconds", last.as_secs_f64())],
    ))
}
