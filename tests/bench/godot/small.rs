//! The small cases: a server with a few clients, or a client, in games that run at 60 frames a second.
//! The other end is a process of its own with Godot's class.

use super::calls::Trace;
use super::cases::{Case, Clients, Figure, TARGETED, count, goal, optional};
use super::run::{self, Figures, Process, Subject};

const SCRIPT: &str = "bench_small.gd";
const REMOTES: &str = "bench_remotes.gd";
/// The duration of the measurement without a peer, before and after.
const EMPTY_SECONDS: f64 = 2.0;
/// The duration of every measurement of a run with a trace of the system calls.
const TRACED_SECONDS: f64 = 1.0;
/// With a smaller share of the packets, a run measured something else.
const LEAST: f64 = 0.5;

/// Costs of a frame less those of the frame without a peer.
const SMALL: &[Figure] = &[
    goal("cpu_usec", "us CPU of the process", Some(0.9), Some(0.9)),
    goal(
        "main_usec",
        "us CPU of the main thread",
        Some(0.9),
        Some(0.9),
    ),
    count("wake_ups", "wake-ups a second"),
    optional("calls", "system calls"),
];

/// The small cases. The last ones poll and read in the script.
pub const CASES: [Case; 8] = [
    client("small, a client", "client scene"),
    server("small, server, 1 client", "server scene", 1),
    server("small, server, 4 clients", "server scene", 4),
    server("small, server, 16 clients", "server scene", 16),
    client("small, script, a client", "client script"),
    server("small, script, server, 1 client", "server script", 1),
    server("small, script, server, 4 clients", "server script", 4),
    server("small, script, server, 16 clients", "server script", 16),
];

const fn client(name: &'static str, kind: &'static str) -> Case {
    server(name, kind, 1)
}

const fn server(name: &'static str, kind: &'static str, clients: usize) -> Case {
    Case {
        name,
        kind,
        clients,
        doing: Clients::Play,
        packets: 1,
        seconds: 4.0,
        run,
        figures: SMALL,
        ..TARGETED
    }
}

/// Runs a case; in the first round once more, for the system calls.
fn run(case: &Case, subject: &Subject<'_>) -> Figures {
    let mut figures = play(case, subject, None);
    let trace = (subject.round == 0).then(Trace::new).flatten();
    if let Some(trace) = trace {
        let traced = play(case, subject, Some(&trace));
        let frames = ["empty_frames", "ticks", "last_empty_frames"].map(|name| traced[name]);
        figures.insert("calls".to_owned(), trace.calls(frames));
    }
    figures
}

/// Runs the measured process and the other end.
fn play(case: &Case, subject: &Subject<'_>, trace: Option<&Trace>) -> Figures {
    let (role, api) = case.kind.split_once(' ').expect("a role and an API");
    let (seconds, empty_seconds) = match trace {
        Some(_) => (TRACED_SECONDS, TRACED_SECONDS),
        None => (case.seconds, EMPTY_SECONDS),
    };
    let mut words = vec![
        format!("role={role}"),
        format!("api={api}"),
        format!("clients={}", case.clients),
        format!("size={}", case.size),
        format!("seconds={seconds}"),
        format!("empty_seconds={empty_seconds}"),
        format!("threaded={}", u8::from(subject.is_threaded)),
        "every=1".to_owned(),
    ];
    let start = |words: &[String]| {
        let words = run::script_words(SCRIPT, subject.class, words);
        Process::start(&mut match trace {
            Some(trace) => trace.command(&words),
            None => run::godot(&words),
        })
    };
    let start_remotes = |role: &str, port: &str| {
        let words = [
            format!("role={role}"),
            format!("clients={}", case.clients),
            format!("size={}", case.size),
            format!("port={port}"),
        ];
        let stock = run::variable("ENET_BENCH_STOCK");
        Process::start(&mut run::godot(&run::script_words(REMOTES, &stock, &words)))
    };
    let (measured, remotes) = match role {
        "server" => {
            let server = start(&words);
            let port = server.wait_for("@port");
            (server, start_remotes("clients", &port))
        }
        _ => {
            let server = start_remotes("server", "0");
            words.push(format!("port={}", server.wait_for("@port")));
            (start(&words), server)
        }
    };
    let mut figures = measured.result();
    figures.extend(remotes.result());
    check(case, &figures);
    figures
}

/// Panics if the run did not have the traffic of the case.
fn check(case: &Case, figures: &Figures) {
    let arrived = figures["delivered"] / figures["put"];
    let taken_in = figures["received"] / case.clients as f64;
    assert!(
        arrived >= LEAST && taken_in >= LEAST,
        "{}: {:.0} % of the packets arrived, {:.0} % of those to it",
        case.name,
        100.0 * arrived,
        100.0 * taken_in,
    );
}
