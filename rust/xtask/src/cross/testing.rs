//! Tests in Rust that are compiled here and run by an emulator.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::project::{at, target};
use crate::report::Tally;
use crate::stages::running::checked;
use crate::{Outcome, process};

use super::building;
use super::platforms::{Platform, Target};
use super::tools::Tools;

/// Dependencies are half as quick, and take half as long to compile.
const QUICK_BUILD: [&str; 2] = ["--config", "profile.dev.package.\"*\".opt-level=1"];

/// Some tests of the workspace.
pub struct Tests<'a> {
    /// What they are, for the table.
    pub name: &'a str,
    /// Cargo's arguments that choose them.
    pub chosen: &'a [&'a str],
    /// The arguments of the test programs.
    pub arguments: &'a [&'a str],
}

/// Those of the crates that know nothing of Godot.
pub const UNIT_TESTS: Tests<'static> = Tests {
    name: "unit tests",
    chosen: &[
        "--lib",
        "-p",
        "enet_net",
        "-p",
        "enet_dtls",
        "-p",
        "enet_proto",
        "-p",
        "enet_codec",
        "-p",
        "enet_fleet",
        "-p",
        "enet_multiplayer",
    ],
    arguments: &[],
};

/// Compiles tests for a target and runs them with the program `runner`, all of them even if some fail. The whole
/// output is in the folder of the logs of tests.
pub fn run(
    platform: &Platform,
    target: &Target,
    runner: &OsStr,
    environment: &[(&str, &OsStr)],
    tests: &Tests<'_>,
    limit: Duration,
) -> Outcome<String> {
    let tools = Tools::ready()?;
    let mut command = building::cargo(&tools, target, "test", &[])?;
    let variable = target.triple.replace('-', "_").to_uppercase();
    command
        .arg("--no-fail-fast")
        .args(QUICK_BUILD)
        .args(tests.chosen)
        .env(format!("CARGO_TARGET_{variable}_RUNNER"), runner)
        .envs(environment.iter().copied());
    if !tests.arguments.is_empty() {
        command.arg("--").args(tests.arguments);
    }
    let run = process::run(&mut command, limit)?;
    let log = log(platform, tests.name, &run.output)?;
    let tally = checked(&run, Tally::of_cargo(&run.output))?;
    if tally.failed > 0 {
        return Err(format!(
            "{} passed, {} failed, see {}",
            tally.passed, tally.failed, log
        ));
    }
    Ok(format!("{} passed", tally.passed))
}

fn log(platform: &Platform, name: &str, output: &str) -> Outcome<String> {
    let folder = target().join("test-logs");
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let name = format!(
        "cross-{}-{}.log",
        platform.key,
        name.replace([' ', ','], "-")
    );
    let path: &Path = &folder.join(name);
    fs::write(path, output).map_err(at(path))?;
    Ok(path.display().to_string())
}
