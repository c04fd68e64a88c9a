//! `cargo xtask bench godot`: our class against Godot's own, in headless Godots.
//!
//! The measured process is a Godot with one of the classes. The other end is a Godot with the stock class,
//! or for many clients one process on enet_multiplayer. Stock, ours, and ours with its network thread run
//! in turn, several times. Every figure is a cost, so a smaller ratio is better. The table shows the
//! medians, and the range of the ratios over the rounds. docs/benchmarks/README.md describes each case.

use std::ffi::OsStr;
use std::path::Path;

#[path = "godot/bots.rs"]
mod bots;
#[path = "godot/calls.rs"]
mod calls;
#[path = "godot/cases.rs"]
mod cases;
#[path = "godot/fleet.rs"]
mod fleet;
#[cfg_attr(not(target_os = "linux"), path = "godot/no_floor.rs")]
#[path = "godot/floor.rs"]
mod floor;
#[path = "godot/games.rs"]
mod games;
#[path = "godot/load.rs"]
mod load;
#[path = "godot/plot.rs"]
mod plot;
#[path = "godot/report.rs"]
mod report;
#[path = "godot/run.rs"]
mod run;
#[path = "godot/slots.rs"]
mod slots;
#[path = "godot/small.rs"]
mod small;
#[path = "godot/table.rs"]
mod table;

use cases::{Case, Figure};
use run::{Figures, Subject};

/// A way to run our class.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Without the network thread: the calls from the main thread do all the work.
    Plain,
    /// With the network thread.
    Threaded,
}

impl Way {
    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "ours",
            Self::Threaded => "threaded",
        }
    }
}

/// A figure of our class, by round.
pub struct Column {
    way: Way,
    values: Vec<f64>,
    goal: Option<f64>,
}

/// A figure of a case.
pub struct Row {
    case: &'static str,
    unit: &'static str,
    /// The opponent of our class: "stock" or "bare sockets".
    reference: &'static str,
    reference_values: Vec<f64>,
    columns: Vec<Column>,
    has_ratio: bool,
}

/// The ratio of our figure to the reference's, over the rounds.
pub struct Spread {
    median: f64,
    lowest: f64,
    highest: f64,
}

impl Row {
    /// None if the row's figures are shown without ratios.
    fn ratio(&self, column: &Column) -> Option<Spread> {
        let pairs = column.values.iter().zip(&self.reference_values);
        let mut ratios: Vec<f64> = pairs.map(|(ours, reference)| ours / reference).collect();
        ratios.sort_by(f64::total_cmp);
        self.has_ratio.then(|| Spread {
            median: median(&ratios),
            lowest: ratios[0],
            highest: ratios[ratios.len() - 1],
        })
    }
}

/// Adds a run's figure to the values of the earlier rounds.
fn add(values: &mut Vec<f64>, figure: &Figure, figures: &Figures) {
    match figures.get(figure.name) {
        Some(&value) => values.push(value),
        None => assert!(figure.is_optional, "a run has no \"{}\"", figure.name),
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Runs all rounds of a case. Also returns notes on irregular rounds.
fn measure(case: &Case, ways: &[Way]) -> (Vec<Row>, Vec<String>) {
    let mut rows: Vec<Row> = (case.figures.iter())
        .map(|figure| Row {
            case: case.name,
            unit: figure.unit,
            reference: if case.is_floor {
                "bare sockets"
            } else {
                "stock"
            },
            reference_values: Vec::new(),
            has_ratio: figure.has_ratio,
            columns: (ways.iter())
                .map(|&way| Column {
                    way,
                    values: Vec::new(),
                    goal: figure.goal(way),
                })
                .collect(),
        })
        .collect();
    let (stock, ours) = (
        run::variable("ENET_BENCH_STOCK"),
        run::variable("ENET_BENCH_CLASS"),
    );
    let mut oddities = Vec::new();
    let mut check = |who: &str, figures: &Figures| {
        oddities.extend(report::oddities(case, who, figures));
    };
    for round in 0..case.rounds {
        let play = |class: &OsStr, is_threaded| {
            let subject = Subject {
                class,
                is_threaded,
                round,
            };
            (case.run)(case, &subject)
        };
        let mut reference = None;
        let mut at_once = Vec::new();
        if case.is_at_once {
            let (play, ours) = (&play, ours.as_os_str());
            std::thread::scope(|scope| {
                let runs: Vec<_> = (ways.iter())
                    .map(|&way| scope.spawn(move || play(ours, way == Way::Threaded)))
                    .collect();
                reference = Some(play(&stock, false));
                let done = runs.into_iter().map(|run| run.join().expect("a run"));
                at_once.extend(done);
            });
        } else if !case.is_floor {
            reference = Some(play(&stock, false));
        }
        if let Some(figures) = &reference {
            check("stock", figures);
        }
        let mut at_once = at_once.into_iter();
        for (index, &way) in ways.iter().enumerate() {
            let figures = at_once
                .next()
                .unwrap_or_else(|| play(&ours, way == Way::Threaded));
            check(way.name(), &figures);
            for (row, figure) in rows.iter_mut().zip(case.figures) {
                add(&mut row.columns[index].values, figure, &figures);
            }
            // The floor moves as many datagrams as our class did in this round.
            reference.get_or_insert_with(|| floor::measure(case, &figures));
        }
        let reference = reference.expect("at least one way");
        for (row, figure) in rows.iter_mut().zip(case.figures) {
            add(&mut row.reference_values, figure, &reference);
        }
    }
    // A figure that no run of a class had has no row.
    rows.retain(|row| {
        let mut columns = row.columns.iter().map(|column| &column.values);
        !row.reference_values.is_empty() && columns.all(|values| !values.is_empty())
    });
    (rows, report::notes(&oddities))
}

/// The value of an option.
fn value<'a>(words: &'a [String], option: &str) -> Option<&'a str> {
    let mut rest = words.iter().skip_while(|&word| word != option);
    rest.nth(1).map(String::as_str)
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some("load") => return load::run(&words[1..]),
        Some("bots") => return bots::run(&words[1..]),
        Some("floor") => return floor::serve(&words[1..]),
        Some("floor_load") => return floor::play(&words[1..]),
        _ => {}
    }
    let only = value(&words, "--only");
    let ways: &[Way] = match value(&words, "--threaded").unwrap_or("both") {
        "no" => &[Way::Plain],
        "yes" => &[Way::Threaded],
        "both" => &[Way::Plain, Way::Threaded],
        other => panic!("--threaded must be no, yes or both, not \"{other}\""),
    };
    let number = |option| value(&words, option).map(|text| text.parse().expect("a number"));
    let (rounds, clients) = (number("--rounds"), number("--clients"));
    println!("{}", table::head(ways));
    let (mut rows, mut notes) = (Vec::new(), Vec::new());
    for case in cases::all() {
        let is_possible = !case.is_floor || cfg!(target_os = "linux");
        if is_possible && only.is_none_or(|only| case.name.contains(only)) {
            let mut case = *case;
            case.rounds = rounds.unwrap_or(case.rounds);
            if case.name == slots::PUBLISHED.name {
                case.clients = clients.unwrap_or(case.clients);
            }
            let (found, odd) = measure(&case, ways);
            found
                .iter()
                .for_each(|row| println!("{}", table::line(row)));
            odd.iter().for_each(|note| println!("  ! {note}"));
            rows.extend(found);
            notes.extend(odd);
        }
    }
    if let Some(folder) = value(&words, "--plot") {
        let folder = Path::new(folder);
        std::fs::create_dir_all(folder).expect("a folder");
        let write = |name: &str, text: String| {
            std::fs::write(folder.join(name), text).expect("written");
        };
        write("godot.json", report::json(&rows));
        write("godot.md", report::markdown(&rows, &notes));
        plot::draw(&folder.join("godot.svg"), &rows).expect("drawn");
        println!("\nwrote {}", folder.display());
    }
}
