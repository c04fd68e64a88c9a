//! Checks that are no tests of the code: the levels of Godot's API, the oldest compiler, the dependencies, and the workflows.

mod api;
mod dependencies;
mod msrv;
mod workflows;

use std::process::{Command, ExitCode};

use crate::Outcome;

pub use dependencies::stage as dependencies;

const NAMES: &str = "api, msrv, dependencies, workflows";

/// Runs the check of this name, or all.
pub fn run(name: Option<&str>, only: Option<&str>, has_advisories: bool) -> Outcome<ExitCode> {
    match (name, only, has_advisories) {
        (Some("api"), only, false) => api::run(only)?,
        (Some("msrv"), None, false) => msrv::run()?,
        (Some("dependencies"), None, has_advisories) => dependencies::run(has_advisories)?,
        (Some("workflows"), None, false) => workflows::run()?,
        (None, None, false) => {
            dependencies::run(false)?;
            workflows::run()?;
            api::run(None)?;
            msrv::run()?;
        }
        (Some("api" | "msrv" | "dependencies" | "workflows") | None, _, _) => {
            return Err("--only belongs to the check api, --advisories to dependencies".to_owned());
        }
        (Some(other), _, _) => {
            return Err(format!("there is no check \"{other}\", only {NAMES}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a program that prints for itself; its failure is `failure`.
fn succeed(command: &mut Command, failure: &str) -> Outcome<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(|error| format!("could not start {name}: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(failure.to_owned()),
    }
}
