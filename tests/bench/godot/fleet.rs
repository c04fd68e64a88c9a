//! The case of a machine full of match servers: a process each, all at once, less the same processes without a peer.

use std::collections::HashMap;
use std::fs;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::cases::{Case, Clients, Figure, PACKETS_PER_SECOND, TARGETED, count, figure, goal};
use super::load;
use super::run::{self, Figures, Process, Subject};

const SCRIPT: &str = "bench_fleet.gd";
const SERVERS: usize = 40;
const PLAYERS: usize = 8;
/// A server sends in every so many frames: 20 times a second.
const INTERVAL: usize = 3;
/// The time from the last start or join until the measurement.
const SETTLING: Duration = Duration::from_secs(3);
/// In `/proc/PID/stat`, the kernel counts CPU time in hundredths of a second.
const TICKS_A_SECOND: f64 = 100.0;
/// With a smaller share of the packets, a run measured something else.
const LEAST: f64 = 0.9;

const FIGURES: &[Figure] = &[
    goal(
        "cpu_percent",
        "% of a core, all servers",
        Some(0.9),
        Some(0.9),
    ),
    goal(
        "main_percent",
        "% of it, main threads",
        Some(0.9),
        Some(0.9),
    ),
    figure("pss_kib", "KiB for a server's peer"),
    count("total_percent", "% with the empty frames"),
    count("total_mib", "MiB, all processes"),
];

pub const MATCHES: Case = Case {
    name: "fleet, 40 servers, 8 clients each",
    kind: "fleet",
    clients: SERVERS * PLAYERS,
    doing: Clients::Talk,
    packets: 1,
    seconds: 10.0,
    run,
    figures: FIGURES,
    ..TARGETED
};

/// What the kernel counts of all servers together.
#[derive(Clone, Copy)]
struct Cost {
    cpu_percent: f64,
    main_percent: f64,
    pss_kib: f64,
}

fn run(case: &Case, subject: &Subject<'_>) -> Figures {
    let (whole, mut figures) = play(case, subject);
    let empty = empty(case, subject.round);
    figures.extend(
        [
            ("cpu_percent", whole.cpu_percent - empty.cpu_percent),
            ("main_percent", whole.main_percent - empty.main_percent),
            ("pss_kib", (whole.pss_kib - empty.pss_kib) / SERVERS as f64),
            ("total_percent", whole.cpu_percent),
            ("total_mib", whole.pss_kib / 1024.0),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    figures
}

/// The cost of the processes without a peer, measured once in each round.
fn empty(case: &Case, round: usize) -> Cost {
    static MEASURED: Mutex<Option<HashMap<usize, Cost>>> = Mutex::new(None);
    let mut measured = MEASURED.lock().expect("no run panicked");
    *(measured.get_or_insert_default().entry(round)).or_insert_with(|| {
        let servers = start(case, "none".as_ref(), false);
        thread::sleep(SETTLING);
        cost(&servers, case.seconds)
    })
}

/// Runs the servers and their clients.
fn play(case: &Case, subject: &Subject<'_>) -> (Cost, Figures) {
    let servers = start(case, subject.class, subject.is_threaded);
    let ports: Vec<String> = (servers.iter())
        .map(|server| server.wait_for("@port"))
        .collect();
    let words = load::words(&ports.join(","), case.clients, PACKETS_PER_SECOND, "talk");
    let mut clients = run::this_program(&words);
    clients.wait_for("@joined");
    thread::sleep(SETTLING);
    let cost = cost(&servers, case.seconds);
    clients.close_input();
    let mut figures = clients.result();
    let mut sums = Figures::new();
    for server in &servers {
        for (name, value) in server.result() {
            *sums.entry(name).or_default() += value;
        }
    }
    let share = |arrived: f64, sent: f64| {
        assert!(
            arrived >= LEAST * sent,
            "{}: {arrived} of {sent} packets arrived",
            case.name
        );
    };
    share(figures["delivered"], sums["put"]);
    share(sums["received"], figures["talked"]);
    assert!(
        sums["joined"] == case.clients as f64,
        "{} clients joined",
        sums["joined"]
    );
    figures.insert("put".to_owned(), sums["put"]);
    figures.insert("clients".to_owned(), sums["joined"]);
    // In a process of its own each.
    figures.remove("rtt_p50");
    (cost, figures)
}

/// Starts all servers and returns when each runs.
fn start(case: &Case, class: &std::ffi::OsStr, is_threaded: bool) -> Vec<Process> {
    let words = [
        format!("clients={PLAYERS}"),
        format!("size={}", case.size),
        format!("every={INTERVAL}"),
        format!("frames_per_second={}", case.ticks_per_second),
        format!("threaded={}", u8::from(is_threaded)),
    ];
    let words = run::script_words(SCRIPT, class, &words);
    (0..SERVERS)
        .map(|_| Process::start(&mut run::godot(&words)))
        .collect()
}

/// Measures the processes for that many seconds.
fn cost(servers: &[Process], seconds: f64) -> Cost {
    let begun = Instant::now();
    let before = times(servers);
    thread::sleep(Duration::from_secs_f64(seconds));
    let after = times(servers);
    let percent = |seconds: f64| 100.0 * seconds / begun.elapsed().as_secs_f64();
    Cost {
        cpu_percent: percent(after.0 - before.0),
        main_percent: percent(after.1 - before.1),
        pss_kib: servers.iter().map(|server| pss_kib(server.id())).sum(),
    }
}

/// Seconds of CPU time of all threads of all processes, and of their main threads alone.
fn times(servers: &[Process]) -> (f64, f64) {
    let (mut whole, mut main) = (0.0, 0.0);
    for server in servers {
        let text = file(server.id(), "stat");
        // The fields after the program's name, which may contain spaces.
        let (_, fields) = text.rsplit_once(") ").expect("a name in brackets");
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks = |index: usize| fields[index].parse::<f64>().expect("a number");
        whole += (ticks(11) + ticks(12)) / TICKS_A_SECOND;
        let text = file(server.id(), "schedstat");
        let nanoseconds = text.split(' ').next().expect("a first field");
        main += nanoseconds.parse::<f64>().expect("a number") / 1e9;
    }
    (whole, main)
}

/// The process's memory, with its share of the pages that processes have in common.
fn pss_kib(process: u32) -> f64 {
    let text = file(process, "smaps_rollup");
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.expect("Pss").parse().expect("a number")
}

fn file(process: u32, name: &str) -> String {
    let path = format!("/proc/{process}/{name}");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
