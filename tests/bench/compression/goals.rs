//! The goals, and whether each was reached.

use super::subject::Figures;
use super::{Mode, Row, Set};

/// The share of stock's time that each mode may take.
const TIMES: [(&str, f64); 4] = [
    ("range coder", 2.0 / 3.0),
    ("FastLZ", 1.0),
    ("zlib", 1.0 / 3.0),
    ("zstd", 1.0 / 3.0),
];
/// The share of zstd's bytes that the dictionary may leave.
const DICTIONARY: f64 = 0.5;

/// Prints the goals for all kinds together and for snapshots, the first two sets.
pub fn print(modes: &[Mode], sets: &[Set], rows: &[Vec<Row>]) {
    for (set, rows) in sets.iter().zip(rows).take(2) {
        println!("\nGoals, {}:", set.name);
        let row = |name: &str| {
            let at = modes.iter().position(|mode| mode.name == name)?;
            Some(&rows[at])
        };
        for (name, limit) in TIMES {
            if let Some(row) = row(name) {
                let text = format!("{name}: time at most {limit:.2} of stock's");
                println!("{text:<48}{}", times(&row.ours, &row.stock, limit));
            }
        }
        if let Some(is_identical) = row("range coder").and_then(|row| row.is_identical) {
            let text = "range coder: same bytes as stock's";
            println!("{text:<48}{}", verdict(is_identical));
        }
        if let (Some(lz4), Some(fast)) = (row("LZ4"), row("FastLZ")) {
            let text = "LZ4: time below our FastLZ's";
            println!("{text:<48}{}", times(&lz4.ours, &fast.ours, 1.0));
            let text = "LZ4: share no worse than stock's FastLZ";
            let ratio = lz4.ours.share / fast.stock.share;
            println!("{text:<48}{}", judged(ratio, 1.0));
        }
        if let (Some(dictionary), Some(zstd)) = (row("zstd, dictionary"), row("zstd")) {
            let text = "zstd, dictionary: at most half of zstd's share";
            let ratio = dictionary.ours.share / zstd.stock.share;
            println!("{text:<48}{}", judged(ratio, DICTIONARY));
        }
    }
}

fn times(ours: &Figures, theirs: &Figures, limit: f64) -> String {
    let both = (ours.pack + ours.unpack) / (theirs.pack + theirs.unpack);
    format!(
        "pack {}, unpack {}, both {}",
        judged(ours.pack / theirs.pack, limit),
        judged(ours.unpack / theirs.unpack, limit),
        judged(both, limit)
    )
}

fn judged(value: f64, limit: f64) -> String {
    format!("{value:.2} {}", verdict(value <= limit))
}

fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}
