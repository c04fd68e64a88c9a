//! Cases of games that run at 60 frames a second, without the cost of the frame itself: the small ones, a
//! client or a server with a few clients, whose other end is one Godot with the stock class; and one
//! broadcast to more clients, which are the load process.

use std::sync::Mutex;

use super::calls::Trace;
use super::cases::{
    Case, Clients, Figure, PACKETS_PER_SECOND, TARGETED, count, figure, goal, optional,
};
use super::load;
use super::run::{self, Figures, Process, Subject};

const SCRIPT: &str = "bench_small.gd";
const REMOTES: &str = "bench_remotes.gd";
/// A broadcast goes out in every so many frames.
const BROADCAST_INTERVAL: usize = 3;
/// The duration of the measurement without a peer, before and after.
const EMPTY_SECONDS: f64 = 4.0;
/// The duration of every measurement of a run with a trace of the system calls.
const TRACED_SECONDS: f64 = 1.0;
/// The net costs are small beside the noise of the frame.
const ROUNDS: usize = 5;
/// With a smaller share of the packets, a run measured something else.
const LEAST: f64 = 0.5;

/// Costs of a frame less those of the frame without a peer.
const SMALL: &[Figure] = &[
    goal("cpu_usec", PROCESS, Some(0.9), Some(0.9)),
    goal("main_usec", MAIN, Some(0.9), Some(0.9)),
    WAKE_UPS,
    CALLS,
];
const FEW_BROADCAST: &[Figure] = &[
    goal("cpu_usec", PROCESS, Some(0.9), Some(0.9)),
    figure("main_usec", MAIN),
    WAKE_UPS,
    CALLS,
];
const BROADCAST: &[Figure] = &[
    goal("cpu_usec", PROCESS, Some(0.9), Some(0.9)),
    goal("main_usec", MAIN, None, Some(0.6)),
    WAKE_UPS,
    CALLS,
];
/// A traced server is too slow for so many clients.
const LARGE_BROADCAST: &[Figure] = &[BROADCAST[0], BROADCAST[1], BROADCAST[2]];
const PROCESS: &str = "us CPU of the process";
const MAIN: &str = "us CPU of the main thread";
const WAKE_UPS: Figure = count("wake_ups", "wake-ups a second");
const CALLS: Figure = optional("calls", "system calls");

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

/// One broadcast to more clients.
pub const BROADCASTS: [Case; 3] = [
    broadcast("one broadcast, 8 clients", 8, FEW_BROADCAST),
    broadcast("one broadcast, 64 clients", 64, BROADCAST),
    broadcast("one broadcast, 256 clients", 256, LARGE_BROADCAST),
];

const fn broadcast(name: &'static str, clients: usize, figures: &'static [Figure]) -> Case {
    Case {
        doing: Clients::Talk,
        rounds: TARGETED.rounds,
        figures,
        is_at_once: false,
        ..server(name, "broadcast scene", clients)
    }
}

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
        seconds: 8.0,
        rounds: ROUNDS,
        is_at_once: true,
        run,
        figures: SMALL,
        ..TARGETED
    }
}

/// Runs a case; in the first round once more, for the system calls.
fn run(case: &Case, subject: &Subject<'_>) -> Figures {
    let mut figures = play(case, subject, None);
    let is_traced = case.figures.iter().any(|figure| figure.name == CALLS.name);
    let trace = (is_traced && subject.round == 0).then(Trace::new).flatten();
    if let Some(trace) = trace {
        // Traced processes that run at once are so slow that they change what the others do.
        static ONE_BY_ONE: Mutex<()> = Mutex::new(());
        let _turn = ONE_BY_ONE.lock().expect("no run panicked");
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
    let is_broadcast = role == "broadcast";
    let every = if is_broadcast { BROADCAST_INTERVAL } else { 1 };
    let mut words = vec![
        format!("role={}", if role == "client" { role } else { "server" }),
        format!("api={api}"),
        format!("clients={}", case.clients),
        format!("size={}", case.size),
        format!("every={every}"),
        format!("broadcast={}", u8::from(is_broadcast)),
        format!("seconds={seconds}"),
        format!("empty_seconds={empty_seconds}"),
        format!("threaded={}", u8::from(subject.is_threaded)),
    ];
    let start = |words: &[String]| {
        let words = run::script_words(SCRIPT, subject.class, words);
        Process::start(&mut match trace {
            Some(trace) => trace.command(&words),
            None => run::godot(&words),
        })
    };
    let (measured, mut remotes) = if role == "client" {
        let server = remotes(case, "server", "0");
        words.push(format!("port={}", server.wait_for("@port")));
        (start(&words), server)
    } else {
        let server = start(&words);
        let port = server.wait_for("@port");
        let clients = if is_broadcast {
            let words = load::words(&port, case.clients, PACKETS_PER_SECOND, "talk");
            run::this_program(&words)
        } else {
            remotes(case, "clients", &port)
        };
        (server, clients)
    };
    let mut figures = measured.result();
    remotes.close_input();
    figures.extend(remotes.result());
    check(case, &figures);
    figures
}

/// Starts a Godot with the stock class: a server, or all clients.
fn remotes(case: &Case, role: &str, port: &str) -> Process {
    let words = [
        format!("role={role}"),
        format!("clients={}", case.clients),
        format!("size={}", case.size),
        format!("port={port}"),
    ];
    let stock = run::variable("ENET_BENCH_STOCK");
    Process::start(&mut run::godot(&run::script_words(REMOTES, &stock, &words)))
}

/// Panics if the run did not have the traffic of the case.
fn check(case: &Case, figures: &Figures) {
    let arrived = figures["delivered"] / figures["put"];
    let taken_in = figures["received"] * case.ticks_per_second as f64 / case.packets_to_it();
    assert!(
        arrived >= LEAST && taken_in >= LEAST,
        "{}: {:.0} % of the packets arrived, {:.0} % of those to it",
        case.name,
        100.0 * arrived,
        100.0 * taken_in,
    );
}
