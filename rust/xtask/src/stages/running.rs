//! Running the programs of a stage, with their output in a log.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::process::{self, Ending, Run};
use crate::project::{self, at, root};
use crate::report::{Tally, engine_trouble, unseen_errors};

/// The watchdog ends a program that runs longer.
const LIMIT: Duration = Duration::from_secs(600);

/// The folder of the logs.
pub struct Logs(pub PathBuf);

impl Logs {
    /// Runs a program and writes its output to the log `name`.
    pub fn run(&self, command: &mut Command, name: &str) -> Outcome<Run> {
        let run = process::run(command, LIMIT)?;
        self.write(name, &run.output)?;
        Ok(run)
    }

    /// Runs a program that passes or fails as a whole.
    pub fn single(&self, command: &mut Command, name: &str) -> Outcome<Tally> {
        let run = self.run(command, name)?;
        checked(&run, Tally::one_passed())
    }

    /// Runs several programs, each of which passes or fails as a whole, with one log for all.
    pub fn each(&self, commands: Vec<Command>, name: &str) -> Outcome<Tally> {
        let mut tally = Tally::default();
        let mut log = String::new();
        for mut command in commands {
            let line = shown(&command);
            let run = process::run(&mut command, LIMIT)?;
            log += &format!("$ {line}\n{}\n", run.output);
            if run.ending == Ending::Exit(0) {
                tally.passed += 1;
            } else {
                println!("   {line}: {}\n{}", run.ending, run.tail(8));
                tally.failed += 1;
                tally.failures.push(line);
            }
        }
        self.write(name, &log)?;
        Ok(tally)
    }

    /// Runs `cargo test` and sums its results.
    pub fn cargo_test(&self, command: &mut Command, name: &str) -> Outcome<Tally> {
        let run = self.run(command, name)?;
        let tally = Tally::of_cargo(&run.output);
        checked(&run, tally)
    }

    /// Runs a Godot whose scripts count what passed.
    pub fn scripts(&self, command: &mut Command, name: &str) -> Outcome<Tally> {
        counted(&self.run(command, name)?)
    }

    fn write(&self, name: &str, output: &str) -> Outcome<()> {
        let log = self.0.join(format!("{name}.log"));
        fs::write(&log, output).map_err(at(&log))
    }
}

/// Cargo, in the checkout's root.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(project::cargo());
    command.args(arguments).current_dir(root());
    command
}

/// A headless Godot on a project of the checkout.
pub fn headless(godot: &Path, project: &str) -> Command {
    let mut command = Command::new(godot);
    command
        .arg("--headless")
        .arg("--path")
        .arg(root().join(project));
    command
}

/// The tally that the scripts of a Godot printed. An error of Godot that no case expected makes
/// the whole run fail.
pub fn counted(run: &Run) -> Outcome<Tally> {
    if let Ending::Crash | Ending::Hung = run.ending {
        return Err(format!("{}\n{}", run.ending, run.tail(40)));
    }
    let tally = Tally::of_suites(&run.output)?;
    let trouble = engine_trouble(&run.output).map(str::to_owned);
    if let Some(line) = trouble.or_else(|| unseen_errors(&run.output)) {
        return Err(format!("Godot printed an error: {line}"));
    }
    // A suite that does not apply to the two classes prints "skipped", and may be the only suite.
    if run.ending == Ending::Exit(0) && run.output.lines().any(|line| line.starts_with("skipped "))
    {
        return Ok(tally);
    }
    checked(run, tally)
}

/// The tally, or an error if the exit status contradicts it.
pub fn checked(run: &Run, tally: Tally) -> Outcome<Tally> {
    let failures = tally.failures.join("\n    ");
    match run.ending {
        Ending::Exit(0) if tally.passed > 0 && tally.failed == 0 => Ok(tally),
        Ending::Exit(_) if tally.failed > 0 => {
            println!("    {failures}");
            Ok(tally)
        }
        ending => Err(format!("{ending}\n{}", run.tail(40))),
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once("cargo".into())
        .chain(command.get_args().map(|word| word.to_string_lossy()));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(status: i32, output: &str) -> Run {
        Run {
            ending: Ending::Exit(status),
            output: output.to_owned(),
        }
    }

    #[test]
    fn an_exit_status_that_contradicts_the_tally_is_an_error() {
        assert!(checked(&run(0, ""), Tally::one_passed()).is_ok());
        assert!(checked(&run(1, ""), Tally::one_passed()).is_err());
        assert!(checked(&run(0, ""), Tally::default()).is_err());
    }

    #[test]
    fn a_skipped_suite_may_be_the_only_one() {
        assert!(counted(&run(0, "0 passed, 0 failed\n")).is_err());
        assert!(counted(&run(0, "skipped godot3: stock\n0 passed, 0 failed\n")).is_ok());
        assert!(counted(&run(1, "skipped godot3: stock\n0 passed, 0 failed\n")).is_err());
    }

    #[test]
    fn an_error_of_godot_fails_a_run_that_passed() {
        let output = "ok a one\nSCRIPT ERROR: Invalid call\n1 passed, 0 failed\n";
        assert!(counted(&run(0, output)).is_err());
    }
}
