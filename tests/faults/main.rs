//! Faults of networks and processes, with headless Godots at both ends: the built-in class, ours, and one of each, at
//! the same time. `cargo xtask faults` runs this program.
//!
//! `faults [--brief] [--only TEXT]`. A line "ok", "FAIL" or "skipped" for each fault and pair with our class in it, a
//! table, and the line `N passed, M failed`. What happens to two built-in classes is shown and not judged.

mod cases;
mod process;
mod relay;
mod run;
mod table;
mod wire;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use cases::{Case, Path};
use run::{Report, Verdict};

/// The pairs of classes that play at the same time. Two Godots each need a quarter of a core at most.
const AT_ONCE: usize = 8;

/// The two classes, and what starts a Godot.
pub struct Setting {
    godot: PathBuf,
    project: PathBuf,
    logs: PathBuf,
    stock: String,
    ours: String,
}

/// The classes of the two ends.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    host_is_ours: bool,
    join_is_ours: bool,
}

const PAIRS: [Pair; 4] = [
    Pair {
        host_is_ours: false,
        join_is_ours: false,
    },
    Pair {
        host_is_ours: true,
        join_is_ours: true,
    },
    Pair {
        host_is_ours: true,
        join_is_ours: false,
    },
    Pair {
        host_is_ours: false,
        join_is_ours: true,
    },
];

impl std::fmt::Display for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |is_ours| if is_ours { "ours" } else { "stock" };
        let text = format!("{} + {}", name(self.host_is_ours), name(self.join_is_ours));
        f.pad(&text)
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let is_brief = words.iter().any(|word| word == "--brief");
    let only = words.iter().position(|word| word == "--only");
    let only = only
        .and_then(|at| words.get(at + 1))
        .map_or("", String::as_str);
    let setting = Setting {
        godot: variable("GODOT").into(),
        project: variable("ENET_FAULTS_PROJECT").into(),
        logs: variable("ENET_FAULTS_LOGS").into(),
        stock: variable("ENET_FAULTS_STOCK"),
        ours: variable("ENET_FAULTS_CLASS"),
    };
    std::fs::create_dir_all(&setting.logs).expect("a folder for the logs");
    let cases: Vec<Case> = cases::all()
        .into_iter()
        .filter(|case| case.name.contains(only) && (case.is_brief || !is_brief))
        .collect();
    wire::sweep();
    let reports = play(&setting, &cases);
    table::print(&reports);
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for report in &reports {
        let Report {
            case,
            pair,
            verdict,
            ..
        } = report;
        match verdict {
            Verdict::Shown => {}
            Verdict::Good => {
                passed += 1;
                println!("ok faults {}: {pair}", case.name);
            }
            Verdict::Bad(why) => {
                failed += 1;
                println!("FAIL faults {}: {pair}: {why}", case.name);
            }
            Verdict::Skipped(why) => {
                skipped += 1;
                println!("skipped faults {}: {pair}: {why}", case.name);
            }
        }
    }
    println!("{skipped} skipped");
    println!("{passed} passed, {failed} failed");
    match passed + skipped > 0 && failed == 0 {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Plays each fault on all pairs, the four of a fault at the same time. The longest faults begin first.
fn play(setting: &Setting, cases: &[Case]) -> Vec<Report> {
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(run::expected_seconds(&cases[index])));
    let runs = order
        .into_iter()
        .flat_map(|index| PAIRS.map(|pair| (index, pair)));
    let waiting: Mutex<VecDeque<(usize, Pair)>> = Mutex::new(runs.collect());
    let reports = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().expect("no panic").pop_front();
                    let Some((index, pair)) = next else {
                        return;
                    };
                    let report = run::play(setting, &cases[index], pair);
                    reports.lock().expect("no panic").push((index, report));
                }
            });
        }
    });
    let mut reports = reports.into_inner().expect("no panic");
    let place = |pair: Pair| {
        let is_same = |other: &Pair| other.to_string() == pair.to_string();
        PAIRS.iter().position(is_same)
    };
    reports.sort_by_key(|(index, report)| (*index, place(report.pair)));
    reports.into_iter().map(|(_, report)| report).collect()
}

/// Whether the fault needs network namespaces.
fn needs_wire(path: Path) -> bool {
    matches!(path, Path::Wire { .. } | Path::SlowWire { .. })
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is set by cargo xtask faults"))
}
