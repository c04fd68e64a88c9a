//! `cargo xtask bench core`: enet_net against the C library, over real sockets on one machine.
//!
//! A server in one process and many clients in another run in lockstep: the clients send, then the
//! server receives everything, answers every packet and flushes. Only the server's CPU time counts,
//! including system calls. Both libraries run the same steps in turn, several times. The table shows
//! medians, and ratios of our time to the C library's: smaller is better. The last column has our server
//! with clients of the C library, as during a migration.
//!
//! The environment variable ENET_C_BENCH names the program around the C library (tests/c/bench.c).

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

#[cfg(target_os = "linux")]
mod batches;
mod role;

const ROUNDS: usize = 7;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Library {
    C,
    Ours,
}

/// A process in one of the roles, which reads commands line by line.
struct Role {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Role {
    fn start(library: Library, words: &[String]) -> (Self, u64) {
        let program = match library {
            Library::C => {
                std::env::var_os("ENET_C_BENCH").expect("ENET_C_BENCH names the C program")
            }
            Library::Ours => std::env::current_exe().expect("a path").into(),
        };
        let mut process = Command::new(program)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the role starts");
        let input = process.stdin.take().expect("piped");
        let output = BufReader::new(process.stdout.take().expect("piped"));
        let mut role = Self {
            process,
            input,
            output,
        };
        let first = role.answer()[0];
        (role, first)
    }

    fn answer(&mut self) -> Vec<u64> {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("an answer");
        let numbers = line.split_whitespace().map(str::parse);
        numbers.collect::<Result<_, _>>().expect("numbers")
    }

    /// Returns the count that the role reports, and the nanoseconds of CPU time.
    fn ask(&mut self, command: &str, number: usize) -> (u64, f64) {
        self.ask_for(command, number, 0)
    }

    fn ask_for(&mut self, command: &str, number: usize, first: usize) -> (u64, f64) {
        writeln!(self.input, "{command} {number} {first}").expect("it listens");
        let answer = self.answer();
        (answer[0], answer[1] as f64)
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        // These calls fail if the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Load {
    name: &'static str,
    slots: usize,
    clients: usize,
    /// The number of client hosts, each with a socket.
    sockets: usize,
    size: usize,
    kind: &'static str,
    packets: usize,
    ticks: usize,
    goal: f64,
}

/// A server and its connected clients.
struct Pair {
    server: Role,
    clients: Role,
    join_time: f64,
    empty_memory: u64,
}

impl Pair {
    fn connect(server: Library, clients: Library, load: &Load) -> Self {
        let words = |words: &[&dyn ToString]| words.iter().map(|it| it.to_string()).collect();
        let words_of_server: Vec<String> = words(&[&"server", &load.slots, &load.size, &load.kind]);
        let (mut server, port) = Role::start(server, &words_of_server);
        let empty_memory = server.ask("memory", 0).0;
        let words_of_clients: Vec<String> = words(&[
            &"clients",
            &port,
            &load.clients,
            &load.sockets,
            &load.size,
            &load.kind,
        ]);
        let (mut clients, _) = Role::start(clients, &words_of_clients);
        let mut join_time = 0.0;
        let mut begun = 0;
        let started = Instant::now();
        loop {
            // No more at a time than a socket buffer holds.
            let next = (load.clients - begun).min(100);
            begun += next;
            clients.ask("connect", next);
            let (connected, spent) = server.ask("pump", 0);
            join_time += spent;
            if connected as usize == load.clients {
                break;
            }
            assert!(started.elapsed().as_secs() < 60, "{connected} connected");
        }
        Self {
            server,
            clients,
            join_time,
            empty_memory,
        }
    }

    /// Returns the nanoseconds per packet received and sent.
    fn measure(&mut self, load: &Load) -> f64 {
        let expected = load.clients * load.packets;
        self.clients.ask("calm", 0);
        let mut total = 0.0;
        let mut received = 0;
        for tick in 0..load.ticks + 20 {
            for first in (0..load.clients).step_by(role::group(load.size)) {
                self.clients.ask_for("tick", load.packets, first);
                let group = role::group(load.size).min(load.clients - first);
                let (count, spent) = self.server.ask("tick", group * load.packets);
                // The first ticks measure the round-trip time.
                if tick >= 20 {
                    total += spent;
                    received += count;
                }
            }
        }
        let sent = (expected * load.ticks) as u64;
        assert!(received * 100 >= sent * 95, "{received} of {sent} arrived");
        total / received as f64
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn row(name: &str, unit: &str, c: Vec<f64>, ours: Vec<f64>, mixed: Vec<f64>, goal: f64) {
    let (c, ours) = (median(c), median(ours));
    let mixed = match mixed.is_empty() {
        true => String::new(),
        false => format!("{:.2}", median(mixed) / c),
    };
    println!(
        "{name:<40}{unit:>12}{c:>12.0}{ours:>12.0}{:>8.2}{goal:>8.2}{mixed:>10}",
        ours / c
    );
}

fn packets(load: &Load) {
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (times, (server, clients)) in times.iter_mut().zip([
            (Library::C, Library::C),
            (Library::Ours, Library::Ours),
            (Library::Ours, Library::C),
        ]) {
            times.push(Pair::connect(server, clients, load).measure(load));
        }
    }
    let [c, ours, mixed] = times;
    row(load.name, "ns/packet", c, ours, mixed, load.goal);
}

/// Measures four thousand peers: connecting, idling and memory.
fn crowd() {
    let load = Load {
        name: "",
        slots: 4095,
        clients: 4000,
        sockets: 1,
        size: 100,
        kind: "reliable",
        packets: 0,
        ticks: 0,
        goal: 0.0,
    };
    let (mut joins, mut idles) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    let (mut empty, mut full) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..ROUNDS {
        for (index, library) in [Library::C, Library::Ours].into_iter().enumerate() {
            let mut pair = Pair::connect(library, library, &load);
            joins[index].push(pair.join_time / load.clients as f64);
            let idle = (0..20).map(|_| pair.server.ask("idle", 100).1 / 100.0);
            idles[index].push(median(idle.collect()));
            let memory = pair.server.ask("memory", 0).0;
            empty[index].push(pair.empty_memory as f64);
            full[index].push(memory as f64);
        }
    }
    for (name, unit, [c, ours], goal) in [
        ("join of 4,000 peers", "ns/peer", joins, 0.5),
        ("service, 4,000 idle peers", "ns/call", idles, 0.05),
        ("memory, 4,095 free slots", "KiB", empty, 1.0),
        ("memory, 4,000 connected peers", "KiB", full, 1.0),
    ] {
        row(name, unit, c, ours, Vec::new(), goal);
    }
}

/// Measures the cost of a call while many packets are queued for a peer that acknowledges nothing.
fn backlogs() {
    let size = 1000;
    for (amount, packets) in [("nothing", 0), ("1 MB", 1000), ("32 MB", 32_000)] {
        let load = Load {
            name: "",
            slots: 1,
            clients: 1,
            sockets: 1,
            size,
            kind: "reliable",
            packets: 0,
            ticks: 0,
            goal: 1.0,
        };
        let mut times = [[Vec::new(), Vec::new()], [Vec::new(), Vec::new()]];
        for _ in 0..ROUNDS {
            for (index, library) in [Library::C, Library::Ours].into_iter().enumerate() {
                let mut pair = Pair::connect(library, library, &load);
                pair.server.ask("queue", packets);
                pair.server.ask("flush", 1);
                for (times, command) in times.iter_mut().zip(["flush", "idle"]) {
                    let calls = 50;
                    let spent = (0..5).map(|_| pair.server.ask(command, calls).1 / calls as f64);
                    times[index].push(median(spent.collect()));
                }
            }
        }
        for (name, [c, ours]) in ["flush", "service"].into_iter().zip(times) {
            let name = format!("{name}, {amount} waits for a peer");
            row(&name, "ns/call", c, ours, Vec::new(), load.goal);
        }
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some("server") => return role::serve(&words[1..]),
        Some("clients") => return role::play(&words[1..]),
        _ => {}
    }
    let only = words.iter().find(|word| !word.starts_with("--"));
    #[cfg(target_os = "linux")]
    if only.is_some_and(|only| only == "batches") {
        return batches::measure();
    }
    println!(
        "{:<40}{:>12}{:>12}{:>12}{:>8}{:>8}{:>10}",
        "server CPU time", "", "C", "ours", "ratio", "goal", "C clients"
    );
    let load = |name, slots, clients, size, kind, packets, ticks, goal| Load {
        name,
        slots,
        clients,
        sockets: clients,
        size,
        kind,
        packets,
        ticks,
        goal,
    };
    for load in [
        load(
            "256 x 100 bytes unreliable, 1 a tick",
            256,
            256,
            100,
            "unreliable",
            1,
            100,
            0.90,
        ),
        load(
            "256 x 100 bytes reliable, 1 a tick",
            256,
            256,
            100,
            "reliable",
            1,
            100,
            0.60,
        ),
        load(
            "256 x 100 bytes unreliable, 8 a tick",
            256,
            256,
            100,
            "unreliable",
            8,
            50,
            0.80,
        ),
        load(
            "256 x 100 bytes reliable, 8 a tick",
            256,
            256,
            100,
            "reliable",
            8,
            50,
            0.50,
        ),
        load(
            "1 x 20,000 bytes reliable, 2 a tick",
            1,
            1,
            20_000,
            "reliable",
            2,
            200,
            0.50,
        ),
        load(
            "16 x 20,000 bytes reliable, 1 a tick",
            16,
            16,
            20_000,
            "reliable",
            1,
            50,
            0.50,
        ),
        load(
            "32 x 100 bytes unreliable, 4,095 slots",
            4095,
            32,
            100,
            "unreliable",
            1,
            200,
            0.85,
        ),
    ] {
        if only.is_none_or(|only| load.name.contains(only.as_str())) {
            packets(&load);
        }
    }
    if only.is_none_or(|only| "crowd".contains(only.as_str())) {
        crowd();
    }
    if only.is_none_or(|only| "backlogs".contains(only.as_str())) {
        backlogs();
    }
}
