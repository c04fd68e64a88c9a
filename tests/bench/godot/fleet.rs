//! The case of a machine full of match servers, a process each. All classes run at once, each beside processes without a
//! peer: the cost of an empty frame changes more from one minute to the next than the classes differ.

use std::ffi::OsStr;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::cases::{Case, Clients, Figure, PACKETS_PER_SECOND, TARGETED, count, figure, goal};
use super::load;
use super::run::{self, Figures, Process, Subject};

const SCRIPT: &str = "bench_fleet.gd";
/// Of each class. With those without a peer, some 40 processes run.
const SERVERS: usize = 10;
const EMPTY: usize = 4;
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
        "cpu_usec",
        "us CPU a server and second",
        Some(0.9),
        Some(0.9),
    ),
    goal("main_usec", "us of its main thread", Some(0.9), Some(0.9)),
    figure("pss_kib", "KiB for a server's peer"),
    count("whole_usec", "us CPU with the empty frames"),
    count("whole_kib", "KiB of a process"),
];

pub const MATCHES: Case = Case {
    name: "fleet, servers with 8 clients",
    kind: "fleet",
    clients: SERVERS * PLAYERS,
    doing: Clients::Talk,
    packets: 1,
    seconds: 10.0,
    is_at_once: true,
    run,
    figures: FIGURES,
    ..TARGETED
};

/// What the kernel counts for each of some processes.
#[derive(Clone, Copy)]
struct Cost {
    cpu_usec: f64,
    main_usec: f64,
    pss_kib: f64,
}

fn run(case: &Case, subject: &Subject<'_>) -> Figures {
    let (whole, empty, mut figures) = play(case, subject);
    figures.extend(
        [
            ("cpu_usec", whole.cpu_usec - empty.cpu_usec),
            ("main_usec", whole.main_usec - empty.main_usec),
            ("pss_kib", whole.pss_kib - empty.pss_kib),
            ("whole_usec", whole.cpu_usec),
            ("whole_kib", whole.pss_kib),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    figures
}

/// Runs the servers and their clients.
fn play(case: &Case, subject: &Subject<'_>) -> (Cost, Cost, Figures) {
    let empty = start(case, EMPTY, "none".as_ref(), false);
    let servers = start(case, SERVERS, subject.class, subject.is_threaded);
    let ports: Vec<String> = (servers.iter())
        .map(|server| server.wait_for("@port"))
        .collect();
    let words = load::words(&ports.join(","), case.clients, PACKETS_PER_SECOND, "talk");
    let mut clients = run::this_program(&words);
    clients.wait_for("@joined");
    thread::sleep(SETTLING);
    let [whole, empty] = costs([&servers, &empty], case.seconds);
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
    (whole, empty, figures)
}

/// Starts servers of a class.
fn start(case: &Case, count: usize, class: &OsStr, is_threaded: bool) -> Vec<Process> {
    let words = [
        format!("clients={PLAYERS}"),
        format!("size={}", case.size),
        format!("every={INTERVAL}"),
        format!("frames_per_second={}", case.ticks_per_second),
        format!("threaded={}", u8::from(is_threaded)),
    ];
    let words = run::script_words(SCRIPT, class, &words);
    (0..count)
        .map(|_| Process::start(&mut run::godot(&words)))
        .collect()
}

/// Measures the processes of two kinds for that many seconds.
fn costs(kinds: [&[Process]; 2], seconds: f64) -> [Cost; 2] {
    let begun = Instant::now();
    let before = kinds.map(times);
    thread::sleep(Duration::from_secs_f64(seconds));
    let after = kinds.map(times);
    let passed = begun.elapsed().as_secs_f64();
    [0, 1].map(|kind| {
        let processes = kinds[kind];
        let count = processes.len() as f64;
        let each = |seconds: f64| 1e6 * seconds / passed / count;
        let kib = processes.iter().map(|process| pss_kib(process.id()));
        Cost {
            cpu_usec: each(after[kind].0 - before[kind].0),
            main_usec: each(after[kind].1 - before[kind].1),
            pss_kib: kib.sum::<f64>() / count,
        }
    })
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
