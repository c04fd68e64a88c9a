//! The benchmarks. They are never part of the tests: machines differ, only ratios tell.

use std::process::{Command, ExitCode};

use crate::project::{cargo, root};
use crate::{Outcome, c_enet};

/// `core`: our engine against the C library, over sockets. `engines`: against rusty_enet, in memory.
/// `attacks`: what attacks cost all three.
/// `only` chooses rows by a part of their name.
pub fn run(name: &str, only: Option<&str>) -> Outcome<ExitCode> {
    let (bench, variable) = match name {
        "core" => ("sockets", Some(("ENET_C_BENCH", c_enet::program("bench")?))),
        "engines" => ("engines", None),
        "attacks" => (
            "attacks",
            Some(("ENET_C_VICTIM", c_enet::program("victim")?)),
        ),
        other => {
            return Err(format!(
                "there is no benchmark \"{other}\"; see cargo xtask help"
            ));
        }
    };
    let mut command = Command::new(cargo());
    command
        .current_dir(root())
        .args(["bench", "--package", "enet_tests", "--bench", bench, "--"])
        .args(only)
        .envs(variable);
    let status = command
        .status()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    Ok(match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
