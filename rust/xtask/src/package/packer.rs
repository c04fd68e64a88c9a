//! Starting the program `packer`, which has the crates that this one does without.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::process::{self, Ending};
use crate::project::{self, root, target};

/// Long enough to compile it.
const LIMIT: Duration = Duration::from_secs(900);

/// Writes a zip of the folder.
pub fn zip(zip: &Path, folder: &Path) -> Outcome<()> {
    run(&["zip", text(zip)?, text(folder)?]).map(drop)
}

/// Writes the licences of the library for these targets.
pub fn licences(file: &Path, targets: &[&str]) -> Outcome<()> {
    let mut words = vec!["licences", text(file)?];
    words.extend(targets);
    run(&words).map(drop)
}

/// A line about what a library needs and has.
pub fn facts(library: &Path) -> Outcome<String> {
    run(&["facts", text(library)?]).map(|line| line.trim().to_owned())
}

fn run(words: &[&str]) -> Outcome<String> {
    let mut command = Command::new(project::cargo());
    command
        .args(["run", "--quiet", "--package", "packer", "--target-dir"])
        .arg(target())
        .arg("--")
        .args(words)
        .env_remove("CARGO_BUILD_TARGET")
        .current_dir(root());
    let run = process::run(&mut command, LIMIT)?;
    match run.ending {
        Ending::Exit(0) => Ok(run.output),
        ending => Err(format!("packer {}: {ending}\n{}", words[0], run.tail(20))),
    }
}

fn text(path: &Path) -> Outcome<&str> {
    path.to_str()
        .ok_or_else(|| format!("{}: the path is not UTF-8", path.display()))
}
