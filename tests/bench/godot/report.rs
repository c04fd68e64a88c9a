//! The documentation's files: all figures as JSON, and the table.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use super::cases::Case;
use super::run::{self, Figures};
use super::{Row, median, table};

/// A smaller share of the expected packets or ticks is reported.
const ENOUGH: f64 = 0.95;
/// A longer time between two polls of a client is reported.
const LONGEST_LAP_USEC: f64 = 25_000.0;
/// A longer round trip of two processes that never sleep is reported: it contains a scheduler's time slice.
const LONGEST_TURN_USEC: f64 = 2_000.0;
/// A larger difference of the empty frames before and after a measurement, as a share, is reported.
const LARGEST_CHANGE: f64 = 0.2;

/// An irregularity of a round: a share in percent, or a time.
pub struct Oddity {
    who: String,
    what: &'static str,
    amount: f64,
}

/// Finds the irregularities of a round: lost packets, or clients or a server that fell behind.
pub fn oddities(case: &Case, who: &str, figures: &Figures) -> Vec<Oddity> {
    let mut found = Vec::new();
    let mut tell = |what, amount| {
        let who = format!("{}, {who}", case.name);
        found.push(Oddity { who, what, amount });
    };
    let mut check = |name: &str, wanted: f64, what| {
        let share = figures.get(name).map(|figure| figure / wanted);
        if let Some(share) = share.filter(|&share| wanted > 0.0 && share < ENOUGH) {
            tell(what, 100.0 * share);
        }
    };
    let count = |name: &str| figures.get(name).copied().unwrap_or_default();
    let ticks = case.seconds * case.ticks_per_second as f64;
    check("ticks", ticks, "% of the ticks in the time");
    check("clients", case.clients as f64, "% of the clients stayed");
    check("delivered", count("put"), "% of its packets arrived");
    if count("ticks") > 0.0 {
        let wanted = case.packets_to_it() * case.seconds / count("ticks");
        check("received", wanted, "% of the packets to it were taken in");
    }
    if count("lap_usec") > LONGEST_LAP_USEC {
        tell(
            "ms between two looks at a client",
            count("lap_usec") / 1000.0,
        );
    }
    if count("turn_usec") > LONGEST_TURN_USEC {
        tell(
            "ms a round trip: the two ends took turns on a core",
            count("turn_usec") / 1000.0,
        );
    }
    for name in ["cpu_usec", "main_usec"] {
        if count("empty_usec") > 0.0 && count(name) <= 0.0 {
            tell(
                "us CPU, no more than the empty frame: the ratio says nothing",
                count(name),
            );
        }
    }
    let change = count("empty_change") / count("empty_usec");
    if change > LARGEST_CHANGE {
        tell("% change of the empty frame's CPU time", 100.0 * change);
    }
    found
}

/// A line for each kind of irregularity, with its range over the rounds.
pub fn notes(oddities: &[Oddity]) -> Vec<String> {
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for oddity in oddities {
        let kind = (oddity.who.as_str(), oddity.what);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let line = |(who, what): (&str, &str)| {
        let alike = (oddities.iter()).filter(|it| it.who == who && it.what == what);
        let mut amounts: Vec<f64> = alike.map(|it| it.amount).collect();
        amounts.sort_by(f64::total_cmp);
        let (lowest, highest) = (amounts[0], amounts[amounts.len() - 1]);
        let rounds = amounts.len();
        format!("{who}: {lowest:.0} to {highest:.0} {what} (rounds: {rounds})")
    };
    kinds.into_iter().map(line).collect()
}

/// All figures by round, as JSON.
pub fn json(rows: &[Row]) -> String {
    let list = |values: &[f64]| {
        let words: Vec<String> = values.iter().map(|value| format!("{value:.3}")).collect();
        words.join(", ")
    };
    let mut text = String::from("[\n");
    for (index, row) in rows.iter().enumerate() {
        let end = if index + 1 < rows.len() { "," } else { "" };
        let columns = row.columns.iter().map(|column| {
            let ratio = row.ratio(column).map_or(String::new(), |ratio| {
                format!(
                    ", \"ratio\": {:.3}, \"lowest_ratio\": {:.3}, \"highest_ratio\": {:.3}",
                    ratio.median, ratio.lowest, ratio.highest,
                )
            });
            let goal = (column.goal).map_or("null".to_owned(), |goal| format!("{goal:.2}"));
            format!(
                ",\n   \"{}\": {{\"values\": [{}]{ratio}, \"goal\": {goal}}}",
                column.way.name(),
                list(&column.values),
            )
        });
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  {{\"case\": \"{}\", \"unit\": \"{}\", \"reference\": \"{}\", \"reference_values\": [{}]{}}}{end}",
            row.case,
            row.unit,
            row.reference,
            list(&row.reference_values),
            columns.collect::<String>(),
        );
    }
    text + "]\n"
}

/// The table as Markdown, with the machine that it was measured on.
pub fn markdown(rows: &[Row], notes: &[String]) -> String {
    let mut text = format!(
        "# Our class beside Godot's\n\n\
         Written by `cargo xtask bench godot --plot` on {}. [README.md](README.md) says what each case counts. \
         Everything is a cost; medians of the rounds, with the range of the ratios. A ratio in bold missed its goal.\n\n\
         | case | figure | stock |",
        machine(),
    );
    for column in rows.first().map_or(&[][..], |row| &row.columns) {
        text += &format!(" {} | ratio (range) | goal |", column.way.name());
    }
    text += "\n|---|---|---|";
    for _ in rows.first().map_or(&[][..], |row| &row.columns) {
        text += "---|---|---|";
    }
    text += "\n";
    for row in rows {
        let reference = median(&row.reference_values);
        let of = match row.reference {
            "stock" => String::new(),
            other => format!(" ({other})"),
        };
        text += &format!("| {} | {} | {reference:.1}{of} |", row.case, row.unit);
        for column in &row.columns {
            text += &format!(" {:.1} |", median(&column.values));
            let Some(ratio) = row.ratio(column) else {
                text += "  |  |";
                continue;
            };
            let bold = if column.goal.is_some_and(|goal| ratio.median > goal) {
                "**"
            } else {
                ""
            };
            let goal = (column.goal).map_or(String::new(), |goal| format!("{goal:.2}"));
            text += &format!(
                " {bold}{}{bold} ({}-{}) | {goal} |",
                table::ratio(ratio.median),
                table::ratio(ratio.lowest),
                table::ratio(ratio.highest),
            );
        }
        text += "\n";
    }
    if !notes.is_empty() {
        text += "\nIrregularities:\n\n";
    }
    for note in notes {
        text += &format!("- {note}\n");
    }
    text
}

fn machine() -> String {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.trim().split('-').next().unwrap_or_default();
    let version = Command::new(run::variable("GODOT"))
        .arg("--version")
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = version.unwrap_or_default();
    let version: Vec<&str> = version.split('.').take(3).collect();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{} {kernel} with {cores} cores, Godot {}",
        std::env::consts::OS,
        version.join(".")
    )
}
