//! Faults of networks and processes: the program `tests/faults`, with headless Godots.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::extension::{self, CLASS, Profile, STOCK_CLASS};
use crate::project::{self, cargo, root, target};
use crate::{Outcome, godot};

/// Plays the faults whose name contains `only`, or only the brief ones.
pub fn run(only: Option<&str>, is_brief: bool) -> Outcome<ExitCode> {
    let godot = godot::find()?;
    extension::build(Profile::Debug)?;
    project::prepare(&godot, &root().join("tests/godot"))?;
    let mut command = command(&godot, is_brief);
    if let Some(only) = only {
        command.args(["--only", only]);
    }
    let status = command
        .status()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    Ok(match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// The command that plays them in a project that is prepared.
pub fn command(godot: &Path, is_brief: bool) -> Command {
    let mut command = Command::new(cargo());
    command
        .args(["run", "--quiet", "--package", "enet_tests"])
        .args(["--example", "faults", "--"])
        .current_dir(root())
        .env("GODOT", godot)
        .env("ENET_FAULTS_PROJECT", root().join("tests/godot"))
        .env("ENET_FAULTS_LOGS", target().join("test-logs/faults"))
        .env("ENET_FAULTS_STOCK", STOCK_CLASS)
        .env("ENET_FAULTS_CLASS", CLASS);
    if is_brief {
        command.arg("--brief");
    }
    command
}
