//! Cases with two games, in a process each or both in one: remote procedure calls, and snapshots.

use super::cases::{Case, Clients, Figure, TARGETED, figure, goal};
use super::run::{self, Figures, Process, Subject};

const RPC: &str = "bench_rpc.gd";
const SNAPSHOTS: &str = "bench_snapshots.gd";
/// The size of a snapshot, in bytes.
const SNAPSHOT_SIZE: usize = 803;
const FRAMES_PER_SECOND: usize = 60;
/// As many frames as the machine can do.
const UNLIMITED: usize = 0;

const TRIPS: &[Figure] = &[
    goal("trip_usec", "us a round trip", Some(1.0), Some(1.0)),
    goal(
        "trip_cpu_usec",
        "us CPU a trip, client",
        Some(1.0),
        Some(1.0),
    ),
];
const ANSWER: &[Figure] = &[goal("trip_msec", "ms round trip", Some(1.0), Some(1.0))];
const SNAPSHOT: &[Figure] = &[
    goal(
        "packet_usec",
        "us a packet",
        Some(1.0 / 1.2),
        Some(1.0 / 1.2),
    ),
    goal(
        "packet_wire_bytes",
        "bytes on the wire",
        Some(1.0),
        Some(1.0),
    ),
];

/// A case that others published for their engines.
pub const PUBLISHED: Case = Case {
    packets: 100,
    ticks_per_second: 20,
    figures: &[figure("wire_kb", "KB/s on the wire")],
    ..template("published, 100 RPCs at 20 Hz", "notes", run_one)
};

/// Remote procedure calls back and forth.
pub const CALLS: [Case; 5] = [
    ping_pong("RPC ping-pong, 1 in flight", 1, run_ours),
    ping_pong("RPC ping-pong, 32 in flight", 32, run_ours),
    ping_pong("RPC ping-pong, 1, stock server", 1, run_stock_server),
    ping_pong("RPC ping-pong, 32, stock server", 32, run_stock_server),
    Case {
        figures: ANSWER,
        ..template("answer in a handler, 60 Hz", "both", run_one)
    },
];

/// Snapshots, with each codec that Godot's class has. The kind is Godot's number of the codec.
pub const CODECS: [Case; 5] = [
    snapshots("snapshots, no codec", "0"),
    snapshots("snapshots, range coder", "1"),
    snapshots("snapshots, FastLZ", "2"),
    snapshots("snapshots, zlib", "3"),
    snapshots("snapshots, zstd", "4"),
];

type Run = fn(&Case, &Subject<'_>) -> Figures;

const fn template(name: &'static str, kind: &'static str, run: Run) -> Case {
    Case {
        name,
        kind,
        clients: 1,
        doing: Clients::Listen,
        packets: 1,
        run,
        ..TARGETED
    }
}

const fn ping_pong(name: &'static str, in_flight: usize, run: Run) -> Case {
    Case {
        packets: in_flight,
        figures: TRIPS,
        ..template(name, "client", run)
    }
}

const fn snapshots(name: &'static str, codec: &'static str) -> Case {
    Case {
        size: SNAPSHOT_SIZE,
        figures: SNAPSHOT,
        ..template(name, codec, run_snapshots)
    }
}

/// One process with both ends.
fn run_one(case: &Case, subject: &Subject<'_>) -> Figures {
    rpc(case, subject, case.kind, FRAMES_PER_SECOND, "0").result()
}

/// Two processes with the measured class.
fn run_ours(case: &Case, subject: &Subject<'_>) -> Figures {
    run_two(case, subject, subject)
}

/// The measured class as the client of the stock one.
fn run_stock_server(case: &Case, subject: &Subject<'_>) -> Figures {
    let class = &run::variable("ENET_BENCH_STOCK");
    let server = Subject {
        class,
        is_threaded: false,
        ..*subject
    };
    run_two(case, subject, &server)
}

fn run_two(case: &Case, client: &Subject<'_>, server: &Subject<'_>) -> Figures {
    let server = rpc(case, server, "server", UNLIMITED, "0");
    let port = server.wait_for("@port");
    let mut figures = rpc(case, client, case.kind, UNLIMITED, &port).result();
    figures.insert(
        "turn_usec".to_owned(),
        figures["trip_usec"] * case.packets as f64,
    );
    figures
}

fn rpc(case: &Case, subject: &Subject<'_>, role: &str, frames: usize, port: &str) -> Process {
    let words = [
        format!("role={role}"),
        format!("port={port}"),
        format!("in_flight={}", case.packets),
        format!("calls={}", case.packets),
        format!("frames_per_second={frames}"),
        format!("ticks_per_second={}", case.ticks_per_second),
        format!("seconds={}", case.seconds),
        format!("threaded={}", u8::from(subject.is_threaded)),
    ];
    Process::start(&mut run::godot(&run::script_words(
        RPC,
        subject.class,
        &words,
    )))
}

/// Two processes with the measured class; the server measures.
fn run_snapshots(case: &Case, subject: &Subject<'_>) -> Figures {
    let start = |role: &str, port: &str| {
        let words = [
            format!("role={role}"),
            format!("port={port}"),
            format!("codec={}", case.kind),
            format!("size={}", case.size),
            format!("seconds={}", case.seconds),
            format!("threaded={}", u8::from(subject.is_threaded)),
        ];
        Process::start(&mut run::godot(&run::script_words(
            SNAPSHOTS,
            subject.class,
            &words,
        )))
    };
    let server = start("server", "0");
    let client = start("client", &server.wait_for("@port"));
    let figures = server.result();
    drop(client);
    figures
}
