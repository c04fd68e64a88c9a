//! All tests of the project: stages that run one after another, and an overview at the end.

mod blocks;
mod examples;
mod features;
mod first_minute;
mod fleet;
mod godot;
mod layers;
mod overview;
mod proxied;
mod recipes;
pub mod running;
mod rust;

use std::fs;
use std::process::ExitCode;

use crate::Outcome;
use crate::project::{at, target};
use overview::Overview;
use running::Logs;

/// Runs the Rust stages, the Godot stages, or both. `suite` limits the Godot suites to one, `stage` the stages to those with
/// this text in their names.
pub fn run(
    (rust, godot): (bool, bool),
    suite: Option<&str>,
    stage: Option<String>,
) -> Outcome<ExitCode> {
    let logs = logs()?;
    let mut overview = Overview::only(stage);
    if rust {
        rust::run(&mut overview, &logs);
    }
    if godot {
        godot::run(&mut overview, &logs, suite);
    }
    Ok(overview.print())
}

/// Runs only the stages of the documents' code, with the library that is installed.
pub fn code_of_documents() -> Outcome<ExitCode> {
    let logs = logs()?;
    let godot = crate::godot::find()?;
    let mut overview = Overview::default();
    overview.stage(blocks::NAME, || blocks::run(&godot, &logs));
    overview.stage(recipes::NAME, || recipes::run(&godot));
    Ok(overview.print())
}

fn logs() -> Outcome<Logs> {
    let folder = target().join("test-logs");
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    println!("logs: {}", folder.display());
    Ok(Logs(folder))
}
