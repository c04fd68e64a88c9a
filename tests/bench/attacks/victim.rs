//! A host in a process of its own that only receives.

use std::io::{BufRead, BufReader, Write, stdin};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use cpu_time::ProcessTime;
use enet_codec::Compression;
use enet_net::{BindAddress, Host, Network, Transport, Udp};
use enet_proto::{Event, HostConfig, Time};
use sim::oracle::{Engine, RustyEngine};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Library {
    C,
    Rusty,
    Ours,
}

/// The work that a victim did, and the memory that it holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Toll {
    pub nanoseconds: u64,
    pub resident_kib: u64,
    pub virtual_kib: u64,
    pub packets: u64,
    pub bytes: u64,
    pub connects: u64,
    pub disconnects: u64,
}

pub struct Victim {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub address: SocketAddr,
    /// The counts of all pumps so far, and the sizes of the last pump.
    pub toll: Toll,
    resident_before: u64,
    virtual_before: u64,
}

impl Victim {
    pub fn start(library: Library, slots: usize, coder: bool) -> Self {
        let own = || std::env::current_exe().expect("a path").into_os_string();
        let (program, name) = match library {
            Library::C => {
                let program = std::env::var_os("ENET_C_VICTIM");
                (program.expect("ENET_C_VICTIM names the C program"), None)
            }
            Library::Rusty => (own(), Some("victim-rusty")),
            Library::Ours => (own(), Some("victim-ours")),
        };
        let mut process = Command::new(program)
            .args(name)
            .args([slots.to_string(), u8::from(coder).to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the victim starts");
        let input = process.stdin.take().expect("piped");
        let mut output = BufReader::new(process.stdout.take().expect("piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        let port: u16 = line.trim().parse().expect("a port");
        let mut victim = Self {
            process,
            input,
            output,
            address: (Ipv4Addr::LOCALHOST, port).into(),
            toll: Toll::default(),
            resident_before: 0,
            virtual_before: 0,
        };
        victim.reset();
        victim
    }

    /// Lets the victim receive all pending datagrams; returns what that took.
    pub fn pump(&mut self) -> Toll {
        writeln!(self.input, "pump").expect("it listens");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("an answer");
        let fields: Vec<u64> = line
            .split_whitespace()
            .map(|word| word.parse().expect("a number"))
            .collect();
        let [
            nanoseconds,
            resident_kib,
            virtual_kib,
            packets,
            bytes,
            connects,
            disconnects,
        ] = fields[..]
        else {
            panic!("the victim is gone");
        };
        let toll = &mut self.toll;
        toll.nanoseconds += nanoseconds;
        toll.resident_kib = resident_kib.saturating_sub(self.resident_before);
        toll.virtual_kib = virtual_kib.saturating_sub(self.virtual_before);
        toll.packets += packets;
        toll.bytes += bytes;
        toll.connects += connects;
        toll.disconnects += disconnects;
        Toll {
            nanoseconds,
            packets,
            bytes,
            connects,
            disconnects,
            ..*toll
        }
    }

    /// Resets the counts before the attack begins.
    pub fn reset(&mut self) {
        (self.resident_before, self.virtual_before) = (0, 0);
        self.pump();
        self.resident_before = self.toll.resident_kib;
        self.virtual_before = self.toll.virtual_kib;
        self.toll = Toll::default();
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // These calls fail if the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A host under attack.
trait Suffers {
    fn port(&self) -> u16;
    fn serve(&mut self, now: Time);
    fn event(&mut self) -> Option<Event>;
    /// The number of datagrams received so far.
    fn received(&self) -> u64;
}

impl Suffers for Host {
    fn port(&self) -> u16 {
        self.local_port()
    }

    fn serve(&mut self, now: Time) {
        self.service(now);
    }

    fn event(&mut self) -> Option<Event> {
        self.next_event()
    }

    fn received(&self) -> u64 {
        self.totals().received_datagrams
    }
}

/// A protocol host directly on a socket.
struct Bare {
    engine: Box<dyn Engine>,
    socket: Box<dyn Transport>,
    received: u64,
}

impl Suffers for Bare {
    fn port(&self) -> u16 {
        let address = self.socket.local_address();
        address.expect("a bound socket").port()
    }

    fn serve(&mut self, now: Time) {
        let (engine, received) = (&mut self.engine, &mut self.received);
        let mut take = |from, datagram: &[u8]| {
            *received += 1;
            engine.receive(now, from, datagram);
        };
        while self.socket.receive(&mut take).expect("a socket") > 0 {}
        self.engine.service(now);
        self.engine.flush(now);
        let mut datagram = Vec::new();
        while let Some(to) = self.engine.next_datagram(&mut datagram) {
            // A datagram that the system refuses is lost, as on a network.
            let _ = self.socket.send(to, &datagram);
        }
    }

    fn event(&mut self) -> Option<Event> {
        self.engine.next_event()
    }

    fn received(&self) -> u64 {
        self.received
    }
}

/// Runs the victim's side for enet_proto and rusty_enet.
pub fn suffer(name: &str, slots: usize, coder: bool) {
    let clock = Instant::now();
    let config = HostConfig::new(slots, 1, Time::ZERO);
    let socket = Udp.bind(BindAddress::Ip(Ipv4Addr::LOCALHOST.into()), 0);
    let socket = socket.expect("a socket");
    let mut host: Box<dyn Suffers> = match name {
        "victim-rusty" => {
            let mut engine = RustyEngine::boxed(&config);
            if coder {
                engine.set_compression(&Compression::RangeCoder);
            }
            Box::new(Bare {
                engine,
                socket,
                received: 0,
            })
        }
        _ => {
            let mut host = Host::new(&config, socket);
            if coder {
                host.set_compression(Compression::RangeCoder);
            }
            Box::new(host)
        }
    };
    println!("{}", host.port());
    for line in stdin().lines() {
        assert_eq!(line.expect("a line"), "pump");
        let mut toll = Toll::default();
        let begun = ProcessTime::now();
        loop {
            let before = host.received();
            host.serve(clock.elapsed());
            while let Some(event) = host.event() {
                match event {
                    Event::Connected { .. } => toll.connects += 1,
                    Event::Disconnected { .. } => toll.disconnects += 1,
                    Event::OverLimit { .. } => {}
                    Event::Received { data, .. } => {
                        toll.packets += 1;
                        toll.bytes += data.len() as u64;
                    }
                }
            }
            if host.received() == before {
                break;
            }
        }
        let spent = begun.elapsed().as_nanos();
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let mut pages = statm
            .split_whitespace()
            .map(|word| word.parse().unwrap_or(0u64) * 4);
        let (size, resident) = (pages.next().unwrap_or(0), pages.next().unwrap_or(0));
        let Toll {
            packets,
            bytes,
            connects,
            disconnects,
            ..
        } = toll;
        println!("{spent} {resident} {size} {packets} {bytes} {connects} {disconnects}");
    }
}
