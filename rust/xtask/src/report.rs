//! Parsing the output of tests and of the demo.

use std::collections::HashMap;

use crate::Outcome;

/// The number of tests in an output.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// The lines about the failed ones.
    pub failures: Vec<String>,
}

impl Tally {
    /// The tally of a stage that passed as a whole.
    pub fn one_passed() -> Self {
        Self {
            passed: 1,
            ..Self::default()
        }
    }

    /// Adds the tests of another tally.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
    }

    /// Sums the result lines of `cargo test`. Of a failed test the output's first lines are kept.
    pub fn of_cargo(output: &str) -> Self {
        const KEPT_LINES: usize = 12;
        let mut tally = Self::default();
        let mut kept_lines = KEPT_LINES;
        for line in output.lines() {
            if line.starts_with("---- ") {
                kept_lines = 0;
            } else if line == "failures:" {
                kept_lines = KEPT_LINES;
            }
            if kept_lines < KEPT_LINES && !line.is_empty() {
                kept_lines += 1;
                tally.failures.push(line.to_owned());
            }
            if let Some(counts) = line.trim().strip_prefix("test result: ") {
                tally.passed += number_before(counts, " passed").unwrap_or(0);
                tally.failed += number_before(counts, " failed").unwrap_or(0);
            } else if line.starts_with("test ") && line.ends_with("FAILED") {
                tally.failures.push(line.to_owned());
            }
        }
        tally
    }

    /// Parses the closing line of the Godot suites, which must agree with the lines before it.
    pub fn of_suites(output: &str) -> Outcome<Self> {
        let failures: Vec<String> = output
            .lines()
            .filter(|line| line.starts_with("FAIL "))
            .map(str::to_owned)
            .collect();
        let ok = output
            .lines()
            .filter(|line| line.starts_with("ok "))
            .count();
        let closing = output.lines().rev().find_map(|line| {
            let (passed, failed) = line
                .trim()
                .strip_suffix(" failed")?
                .split_once(" passed, ")?;
            Some((passed.parse::<usize>().ok()?, failed.parse::<usize>().ok()?))
        });
        match closing {
            Some((passed, failed)) if (passed, failed) == (ok, failures.len()) => Ok(Self {
                passed,
                failed,
                failures,
            }),
            Some((passed, failed)) => Err(format!(
                "the closing line counts {passed} passed and {failed} failed, the output shows \
                 {ok} and {}",
                failures.len()
            )),
            None => {
                let last = output.lines().rev().take(30).collect::<Vec<_>>();
                let last: Vec<_> = last.into_iter().rev().collect();
                Err(format!(
                    "the run has no closing line\n    {}",
                    last.join("\n    ")
                ))
            }
        }
    }
}

/// The first line of Godot's output that fails any run: a script error, a crash, a panic or a leak.
pub fn engine_trouble(output: &str) -> Option<&str> {
    const TROUBLE: [&str; 7] = [
        "SCRIPT ERROR",
        "handle_crash",
        "panicked at",
        "Rust function panicked",
        "[panic",
        "ObjectDB instances leaked",
        "resources still in use",
    ];
    output
        .lines()
        .find(|line| TROUBLE.iter().any(|trouble| line.contains(trouble)))
}

/// Describes the error lines that no case checked, if there are any. The suites print `N error lines
/// were seen` for the lines that cases checked; the others come from before or after the cases. A
/// Godot that cannot catch errors prints no such count.
pub fn unseen_errors(output: &str) -> Option<String> {
    let seen = output.lines().find_map(|line| {
        let count = line.trim().strip_suffix(" error lines were seen")?;
        count.parse::<usize>().ok()
    })?;
    let printed: Vec<&str> = output
        .lines()
        .filter(|line| line.starts_with("ERROR:"))
        .collect();
    (printed.len() > seen).then(|| {
        let last = printed.last().copied().unwrap_or_default();
        format!(
            "{} error lines, {seen} of them in cases; the last: {last}",
            printed.len()
        )
    })
}

/// The fields of a report line of the demo, `@demo key=value ...`. A value has no spaces.
pub fn fields(line: &str) -> Option<HashMap<&str, &str>> {
    let rest = line.trim().strip_prefix("@demo ")?;
    rest.split_whitespace()
        .map(|field| field.split_once('='))
        .collect()
}

fn number_before(text: &str, word: &str) -> Option<usize> {
    let head = &text[..text.find(word)?];
    head.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_results_are_summed() {
        let output = "test a::b ... FAILED\n\
                      failures:\n\
                      \n\
                      ---- a::b stdout ----\n\
                      thread 'a::b' panicked at a.rs:1:1:\n\
                      failures:\n\
                      test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured\n\
                      test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured\n";
        let tally = Tally::of_cargo(output);
        assert_eq!((tally.passed, tally.failed), (15, 1));
        let kept = [
            "test a::b ... FAILED",
            "---- a::b stdout ----",
            "thread 'a::b' panicked at a.rs:1:1:",
        ];
        assert_eq!(tally.failures, kept);
    }

    #[test]
    fn a_closing_line_that_disagrees_is_an_error() {
        let good = "ok a one\nFAIL a two: why\n1 passed, 1 failed\n";
        let tally = Tally::of_suites(good).expect("agrees");
        assert_eq!((tally.passed, tally.failed), (1, 1));
        assert!(Tally::of_suites("ok a one\n").is_err());
        assert!(Tally::of_suites("ok a one\n2 passed, 0 failed\n").is_err());
        assert!(Tally::of_suites("FAIL a one: x\n0 passed, 0 failed\n").is_err());
    }

    #[test]
    fn errors_outside_of_cases_are_found() {
        let cases = "ERROR: meant\n   at: x\n1 error lines were seen\n";
        assert_eq!(unseen_errors(cases), None);
        assert!(unseen_errors(&format!("{cases}ERROR: at the end\n")).is_some());
        assert_eq!(unseen_errors("ERROR: who knows\n"), None);
        assert!(engine_trouble("ERROR: 3 resources still in use at exit\n").is_some());
    }

    #[test]
    fn report_lines_are_parsed() {
        let fields = fields("@demo event=joined role=server id=5").expect("a report line");
        assert_eq!(fields["event"], "joined");
        assert_eq!(fields["id"], "5");
        assert!(super::fields("something else").is_none());
        assert!(super::fields("@demo broken").is_none());
    }
}
