//! The case of a server that fills up until the first client is dropped.

use std::time::Duration;

use super::cases::{Case, Clients, Figure, TARGETED, count, figure, optional};
use super::run::{self, Figures, Process, Subject};

const SCRIPT: &str = "bench_slots.gd";
const JOINS_PER_SECOND: u64 = 20;

const FIGURES: &[Figure] = &[
    count("reached", "clients until the first drop"),
    figure("join_p50", "us a join, median"),
    figure("join_p99", "us a join, 99 %"),
    figure("tick_p50", "us of the main thread, median"),
    figure("tick_p99", "us of the main thread, 99 %"),
    optional("tick_third", "the same, a third joined"),
];

/// A case that a studio published. `--clients` changes the number of clients.
pub const PUBLISHED: Case = Case {
    name: "published, 4,095 slots",
    kind: "slots",
    clients: 1500,
    doing: Clients::Listen,
    packets: 1,
    rounds: 1,
    run,
    figures: FIGURES,
    ..TARGETED
};

fn run(case: &Case, subject: &Subject<'_>) -> Figures {
    let words = [
        format!("clients={}", case.clients),
        format!("ticks_per_second={}", case.ticks_per_second),
        format!("threaded={}", u8::from(subject.is_threaded)),
    ];
    let mut server = run::godot(&run::script_words(SCRIPT, subject.class, &words));
    let mut server = Process::start(&mut server);
    server.allow(Duration::from_secs(case.clients as u64 / JOINS_PER_SECOND));
    let port = server.wait_for("@port");
    let words = [
        "bots",
        &port,
        &case.clients.to_string(),
        &JOINS_PER_SECOND.to_string(),
    ];
    let mut bots = run::this_program(&words.map(str::to_owned));
    let mut figures = server.result();
    bots.close_input();
    figures.extend(bots.result());
    // Either end may be the first to notice that a client is gone.
    let reached = figures["reached"].min(figures["bots_reached"]);
    figures.insert("reached".to_owned(), reached);
    assert!(
        figures["delivered"] > 0.0,
        "{}: no packet arrived",
        case.name
    );
    figures
}
