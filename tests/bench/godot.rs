//! `cargo xtask bench godot`: our class against Godot's own, in headless Godots.
//!
//! The server is a Godot with one of the classes (tests/godot/bench.gd), the clients are one process on our
//! core. Both classes run in turn, several times. Every figure is a cost, so its ratio is better the
//! smaller it is; the table has medians, and the ratios' range over the rounds.

use std::fmt::Write;
use std::path::Path;

#[path = "godot/load.rs"]
mod load;
#[path = "godot/plot.rs"]
mod plot;
#[path = "godot/run.rs"]
mod run;

const ROUNDS: usize = 5;
/// How long a server is looked at.
const SECONDS: f64 = 2.0;
/// What a client says.
const PACKETS_PER_SECOND: u32 = 20;

/// Something a server does.
pub struct Case {
    /// Its name, for people.
    name: &'static str,
    /// Its name in bench.gd.
    kind: &'static str,
    clients: usize,
    /// Bytes of a packet.
    size: usize,
    /// Whether the clients say something.
    is_busy: bool,
    /// What is taken of it: the figure, its unit, what it is multiplied with, and the goal for the ratio.
    figures: &'static [(&'static str, &'static str, f64, Option<f64>)],
}

/// A tick's: what the peer takes of the main thread, by the clock; CPU time of the whole process; bytes.
const TICK: &[(&str, &str, f64, Option<f64>)] = &[
    ("tick_usec", "us of the main thread", 1.0, Some(0.33)),
    ("cpu_usec", "us CPU of the process", 1.0, Some(0.35)),
    ("wire_bytes", "bytes on the wire", 1.0, None),
];
/// The same of few clients, which the goals do not speak of.
const SMALL_TICK: &[(&str, &str, f64, Option<f64>)] = &[
    ("tick_usec", "us of the main thread", 1.0, None),
    ("cpu_usec", "us CPU of the process", 1.0, None),
    ("wire_bytes", "bytes on the wire", 1.0, None),
];
/// Of two hundred packets a tick.
const RAW: &[(&str, &str, f64, Option<f64>)] =
    &[("tick_usec", "ns a packet", 5.0, Some(1.0 / 3.0))];

/// A client's, with the waiting for the frame that takes the packet in.
const ECHO: &[(&str, &str, f64, Option<f64>)] = &[
    ("rtt_p50", "us round trip, median", 1.0, Some(1.0)),
    ("rtt_p99", "us round trip, 99 %", 1.0, Some(1.0)),
];

const CASES: [Case; 14] = [
    ticks("tick, 8 clients", "tick", 8, 100),
    ticks("tick, 64 clients", "tick", 64, 100),
    ticks("tick, 256 clients", "tick", 256, 100),
    ticks("tick, 256 clients, reliable", "tick_reliable", 256, 100),
    ticks("broadcast, 64 clients", "broadcast", 64, 100),
    raw("raw, 32 bytes", "raw", 32),
    raw("raw, 200 bytes", "raw", 200),
    raw("raw, 1,200 bytes", "raw", 1200),
    raw("raw, 32 bytes, reliable", "raw_reliable", 32),
    raw("raw, 200 bytes, reliable", "raw_reliable", 200),
    echo("echo, 16 clients, 60 Hz", "echo"),
    echo("echo, 5 ms of work a frame", "echo_late"),
    Case {
        name: "joins, 256 at once, 60 Hz",
        kind: "joins",
        clients: 256,
        size: 0,
        is_busy: false,
        figures: &[("join_usec", "us a join", 1.0, Some(0.1))],
    },
    Case {
        name: "memory, 4,095 slots, 256 clients",
        kind: "memory",
        clients: 256,
        size: 0,
        is_busy: false,
        figures: &[
            ("allocated", "bytes a slot", 1.0, Some(1.0)),
            ("connected", "bytes a connected peer", 1.0, Some(1.0)),
        ],
    },
];

const fn ticks(name: &'static str, kind: &'static str, clients: usize, size: usize) -> Case {
    Case {
        name,
        kind,
        clients,
        size,
        is_busy: true,
        figures: if clients < 256 { SMALL_TICK } else { TICK },
    }
}

const fn raw(name: &'static str, kind: &'static str, size: usize) -> Case {
    Case {
        name,
        kind,
        clients: 1,
        size,
        is_busy: false,
        figures: RAW,
    }
}

const fn echo(name: &'static str, kind: &'static str) -> Case {
    Case {
        name,
        kind,
        clients: 16,
        size: 0,
        is_busy: true,
        figures: ECHO,
    }
}

/// One figure of both classes.
pub struct Row {
    case: &'static str,
    unit: &'static str,
    stock: Vec<f64>,
    ours: Vec<f64>,
    goal: Option<f64>,
}

impl Row {
    /// Of each round, ascending.
    fn ratios(&self) -> Vec<f64> {
        let pairs = self.ours.iter().zip(&self.stock);
        let mut ratios: Vec<f64> = pairs.map(|(ours, stock)| ours / stock).collect();
        ratios.sort_by(f64::total_cmp);
        ratios
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(case: &Case) -> Vec<Row> {
    let mut rows: Vec<Row> = (case.figures.iter())
        .map(|&(_, unit, _, goal)| Row {
            case: case.name,
            unit,
            stock: Vec::new(),
            ours: Vec::new(),
            goal,
        })
        .collect();
    let (stock, ours) = (
        run::variable("ENET_BENCH_STOCK"),
        run::variable("ENET_BENCH_CLASS"),
    );
    for _ in 0..ROUNDS {
        let stock = run::run(&stock, case, SECONDS);
        let ours = run::run(&ours, case, SECONDS);
        for (row, (name, _, factor, _)) in rows.iter_mut().zip(case.figures) {
            row.stock.push(stock[*name] * factor);
            row.ours.push(ours[*name] * factor);
        }
    }
    rows
}

fn print(row: &Row) {
    let ratios = row.ratios();
    let goal = row.goal.map_or(String::new(), |goal| format!("{goal:.2}"));
    println!(
        "{:<34}{:<24}{:>11.1}{:>11.1}{:>8.2}{:>7.2}-{:<6.2}{goal:>6}",
        row.case,
        row.unit,
        median(&row.stock),
        median(&row.ours),
        median(&ratios),
        ratios[0],
        ratios[ratios.len() - 1],
    );
}

/// Everything measured, by rounds.
fn json(rows: &[Row]) -> String {
    let list = |values: &[f64]| {
        let words: Vec<String> = values.iter().map(|value| format!("{value:.3}")).collect();
        words.join(", ")
    };
    let mut text = String::from("[\n");
    for (index, row) in rows.iter().enumerate() {
        let end = if index + 1 < rows.len() { "," } else { "" };
        let goal = row
            .goal
            .map_or("null".to_owned(), |goal| format!("{goal:.2}"));
        let ratios = row.ratios();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  {{\"case\": \"{}\", \"unit\": \"{}\", \"stock\": [{}], \"ours\": [{}], \"ratio\": {:.3}, \
             \"lowest_ratio\": {:.3}, \"highest_ratio\": {:.3}, \"goal\": {goal}}}{end}",
            row.case,
            row.unit,
            list(&row.stock),
            list(&row.ours),
            median(&ratios),
            ratios[0],
            ratios[ratios.len() - 1],
        );
    }
    text + "]\n"
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "load") {
        return load::run(&words[1..]);
    }
    let folder = words.iter().skip_while(|&word| word != "--plot").nth(1);
    let only = words.first().filter(|word| !word.starts_with("--"));
    println!(
        "{:<34}{:<24}{:>11}{:>11}{:>8}{:>14}{:>6}",
        "", "", "stock", "ours", "ratio", "range", "goal"
    );
    let mut rows = Vec::new();
    for case in &CASES {
        if only.is_none_or(|only| case.name.contains(only.as_str())) {
            let found = measure(case);
            found.iter().for_each(print);
            rows.extend(found);
        }
    }
    if let Some(folder) = folder {
        let folder = Path::new(folder);
        std::fs::create_dir_all(folder).expect("a folder");
        std::fs::write(folder.join("godot.json"), json(&rows)).expect("written");
        plot::draw(&folder.join("godot.svg"), &rows).expect("drawn");
        println!("\nwrote {}", folder.display());
    }
}
