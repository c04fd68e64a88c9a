//! What the documentation gets: everything as JSON, and the table.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use super::cases::{Case, Clients, PACKETS_PER_SECOND};
use super::run::{self, Figures};
use super::{Row, median};

/// Less than this share of what should have come or gone is told.
const ENOUGH: f64 = 0.95;
/// A client that nobody looks at for longer is late.
const LONGEST_LAP_USEC: f64 = 25_000.0;

/// What was not as it should be: packets lost, clients that could not keep up, a server that could not.
pub fn oddities(case: &Case, figures: &Figures) -> impl Iterator<Item = String> {
    let share = |name: &str, wanted: f64| {
        let share = figures.get(name)? / wanted;
        (wanted > 0.0 && share < ENOUGH).then_some(100.0 * share)
    };
    let ticks = share("ticks", case.seconds * case.ticks_per_second as f64)
        .map(|percent| format!("{percent:.0} % of the ticks in the time"));
    let stayed = share("clients", case.clients as f64)
        .map(|percent| format!("{percent:.0} % of the clients stayed"));
    let delivered = (figures.get("put").copied())
        .and_then(|put| share("delivered", put))
        .map(|percent| format!("{percent:.0} % of the packets arrived"));
    let said = match case.doing {
        Clients::Join | Clients::Listen => 0.0,
        Clients::Talk => 1.0,
        Clients::Relay => case.clients as f64 - 1.0,
    };
    let said = said * case.clients as f64 * f64::from(PACKETS_PER_SECOND) * case.seconds;
    let received = (figures.get("ticks").copied())
        .and_then(|ticks| share("received", said / ticks))
        .map(|percent| format!("{percent:.0} % of what the clients should say came"));
    let late = (figures.get("lap_usec"))
        .filter(|&&usec| usec > LONGEST_LAP_USEC)
        .map(|usec| format!("the clients were late, {:.0} ms", usec / 1000.0));
    [ticks, stayed, delivered, received, late]
        .into_iter()
        .flatten()
}

/// Everything measured, by rounds.
pub fn json(rows: &[Row]) -> String {
    let list = |values: &[f64]| {
        let words: Vec<String> = values.iter().map(|value| format!("{value:.3}")).collect();
        words.join(", ")
    };
    let mut text = String::from("[\n");
    for (index, row) in rows.iter().enumerate() {
        let end = if index + 1 < rows.len() { "," } else { "" };
        let columns = row.columns.iter().map(|column| {
            let ratios = row.ratios(column);
            let goal = (column.goal).map_or("null".to_owned(), |goal| format!("{goal:.2}"));
            format!(
                ",\n   \"{}\": {{\"values\": [{}], \"ratio\": {:.3}, \"lowest_ratio\": {:.3}, \
                 \"highest_ratio\": {:.3}, \"goal\": {goal}}}",
                column.way.name(),
                list(&column.values),
                median(&ratios),
                ratios[0],
                ratios[ratios.len() - 1],
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

/// The table, with the machine it is of.
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
            let ratios = row.ratios(column);
            let ratio = median(&ratios);
            let bold = if column.goal.is_some_and(|goal| ratio > goal) {
                "**"
            } else {
                ""
            };
            let goal = (column.goal).map_or(String::new(), |goal| format!("{goal:.2}"));
            text += &format!(
                " {:.1} | {bold}{ratio:.2}{bold} ({:.2}-{:.2}) | {goal} |",
                median(&column.values),
                ratios[0],
                ratios[ratios.len() - 1],
            );
        }
        text += "\n";
    }
    if !notes.is_empty() {
        text += "\nNot as it should be, so that these rounds compare little:\n\n";
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
