//! All tests of the project: stages that run one after another, and an overview at the end.

mod features;
mod godot;
mod layers;
mod overview;
mod recipes;
pub mod running;
mod rust;

use std::fs;
use std::process::ExitCode;

use crate::Outcome;
use crate::project::{at, target};
use overview::Overview;
use running::Logs;

/// Runs the Rust stages, the Godot stages, or both. `suite` limits the Godot suites to one.
pub fn run(rust: bool, godot: bool, suite: Option<&str>) -> Outcome<ExitCode> {
    let folder = target().join("test-logs");
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    println!("logs: {}", folder.display());
    let logs = Logs(folder);
    let mut overview = Overview::default();
    if rust {
        rust::run(&mut overview, &logs);
    }
    if godot {
        godot::run(&mut overview, &logs, suite);
    }
    Ok(overview.print())
}
