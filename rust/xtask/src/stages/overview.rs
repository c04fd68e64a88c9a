//! The list of stages, with what each counted and how long it took.

use std::process::ExitCode;
use std::time::Instant;

use crate::Outcome;
use crate::report::Tally;

/// Stages that others need.
pub const PREPARING: [&str; 3] = ["extension and Godot", "Godot 3", "certificates"];

/// The results of the stages so far.
#[derive(Default)]
pub struct Overview {
    lines: Vec<String>,
    /// What the failed stages said. It is printed again at the end, where a reader of a long log looks.
    failures: Vec<String>,
    passed: usize,
    failed: usize,
    /// Only stages with this text in their names run, and those that prepare them.
    only: Option<String>,
}

impl Overview {
    /// An overview of the stages with a text in their names.
    pub fn only(text: Option<String>) -> Self {
        Self {
            only: text,
            ..Self::default()
        }
    }

    /// Runs a stage. A stage that returns an error counts as one failure.
    pub fn stage(&mut self, name: &str, work: impl FnOnce() -> Outcome<Tally>) {
        let is_left_out = |text: &String| !name.contains(text) && !PREPARING.contains(&name);
        if self.only.as_ref().is_some_and(is_left_out) {
            return;
        }
        println!("== {name}");
        let begun = Instant::now();
        let result = work();
        let seconds = begun.elapsed().as_secs_f32();
        let (passed, failed) = match result {
            Ok(tally) => {
                self.note_failures(name, &tally.failures);
                (tally.passed, tally.failed)
            }
            Err(cause) => {
                println!("{cause}");
                let lines: Vec<String> = cause.lines().map(str::to_owned).collect();
                self.note_failures(name, &lines);
                (0, 1)
            }
        };
        let verdict = if failed == 0 { "ok" } else { "FAILED" };
        self.lines.push(format!(
            "{verdict:<7}{name}: {passed} passed, {failed} failed, {seconds:.1} s"
        ));
        self.passed += passed;
        self.failed += failed;
    }

    fn note_failures(&mut self, stage: &str, lines: &[String]) {
        const MAX_LINES: usize = 60;
        if !lines.is_empty() {
            self.failures.push(format!("failed in \"{stage}\":"));
        }
        let shown = lines.iter().take(MAX_LINES);
        self.failures
            .extend(shown.map(|line| format!("    {line}")));
    }

    /// Prints all results. A run in which nothing passed is a failure as well.
    pub fn print(self) -> ExitCode {
        println!();
        for line in &self.failures {
            println!("{line}");
        }
        for line in &self.lines {
            println!("{line}");
        }
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 && self.passed > 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
