//! The table of what was run, built, or only checked.

use std::process::ExitCode;

use crate::Outcome;

use super::timed;

/// How much a row proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The code ran.
    Ran,
    /// The library was compiled and linked.
    Built,
    /// A file was inspected, or code was only type-checked.
    Checked,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Ran => "run",
            Self::Built => "built",
            Self::Checked => "checked",
        }
    }
}

/// Rows with their results.
#[derive(Default)]
pub struct Table {
    /// Rows whose names do not contain this are left out.
    only: String,
    rows: Vec<String>,
    failures: Vec<String>,
}

impl Table {
    /// A table of the rows with `text` in their names.
    pub fn of(text: &str) -> Self {
        Self {
            only: text.to_owned(),
            ..Self::default()
        }
    }

    /// Does the work of a row, whose result is a text. Returns false if it failed.
    pub fn row(
        &mut self,
        platform: &str,
        what: &str,
        kind: Kind,
        work: impl FnOnce() -> Outcome<String>,
    ) -> bool {
        if !what.contains(&self.only) {
            return true;
        }
        println!("== {platform}: {what}");
        let (result, seconds) = timed(work);
        let is_ok = result.is_ok();
        let (verdict, text) = match result {
            Ok(text) => ("ok", text),
            Err(cause) => {
                println!("{cause}");
                self.failures.push(format!("{platform}, {what}: {cause}"));
                let first = cause.lines().next().unwrap_or_default();
                ("FAILED", first.to_owned())
            }
        };
        self.rows.push(format!(
            "{verdict:<7}{platform:<27}{:<9}{what}: {text}, {seconds:.0} s",
            kind.name()
        ));
        is_ok
    }

    /// Prints all rows. A table without rows is a failure as well.
    pub fn print(self) -> ExitCode {
        println!();
        for failure in &self.failures {
            println!("{failure}\n");
        }
        for row in &self.rows {
            println!("{row}");
        }
        let failed = self.failures.len();
        println!("{} passed, {failed} failed", self.rows.len() - failed);
        if failed == 0 && !self.rows.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
