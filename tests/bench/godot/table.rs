//! The table on the terminal.

use super::{Row, Way, median};

/// Prints the names of the columns.
pub fn head(ways: &[Way]) -> String {
    let mut line = format!("{:<36}{:<26}{:>11}", "", "", "stock");
    for way in ways {
        line += &format!(
            " | {:>10}{:>7}{:>13}{:>6}",
            way.name(),
            "ratio",
            "range",
            "goal"
        );
    }
    line
}

/// A ratio, with more digits the smaller it is.
pub fn ratio(ratio: f64) -> String {
    match ratio.abs() < 0.1 {
        true => format!("{ratio:.3}"),
        false => format!("{ratio:.2}"),
    }
}

/// Prints the row of a figure.
pub fn line(row: &Row) -> String {
    let mut line = format!(
        "{:<36}{:<26}{:>11.1}",
        row.case,
        row.unit,
        median(&row.reference_values)
    );
    for column in &row.columns {
        line += &format!(" | {:>10.1}", median(&column.values));
        let Some(spread) = row.ratio(column) else {
            line += &format!("{:>26}", "");
            continue;
        };
        let goal = (column.goal).map_or(String::new(), |goal| format!("{goal:.2}"));
        line += &format!(
            "{:>7}{:>6}-{:<6}{goal:>6}",
            ratio(spread.median),
            ratio(spread.lowest),
            ratio(spread.highest),
        );
    }
    line
}
