//! The benchmarks. They are never part of the tests: machines differ, only ratios tell.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::project::{self, cargo, root};
use crate::{Outcome, c_enet, extension, godot};

/// Where the documentation has the picture of the codecs.
const PICTURE: &str = "docs/compression.svg";

/// `core`: our engine against the C library, over sockets. `engines`: against rusty_enet, in memory.
/// `attacks`: what attacks cost all three. `compression`: our codecs against the C library's and
/// Godot's.
/// `dtls`: encryption against Godot's own, in Godot.
/// `only` chooses rows by a part of their name; `plot` renews the documentation's picture.
pub fn run(name: &str, only: Option<&str>, plot: bool) -> Outcome<ExitCode> {
    if plot && (name != "compression" || only.is_some()) {
        return Err("--plot is for all of the benchmark \"compression\"".to_owned());
    }
    if name == "dtls" {
        return in_godot("bench_dtls.gd");
    }
    let (bench, variables) = match name {
        "core" => ("sockets", vec![("ENET_C_BENCH", c_enet::program("bench")?)]),
        "engines" => ("engines", Vec::new()),
        "attacks" => (
            "attacks",
            vec![("ENET_C_VICTIM", c_enet::program("victim")?)],
        ),
        "compression" => (
            "compression",
            vec![
                ("ENET_C_CODECS", c_enet::program("codecs")?),
                ("GODOT", godot::find()?),
            ],
        ),
        other => {
            return Err(format!(
                "there is no benchmark \"{other}\"; see cargo xtask help"
            ));
        }
    };
    let picture = ["--plot".into(), root().join(PICTURE).into_os_string()];
    let picture: &[OsString] = if plot { &picture } else { &[] };
    let mut command = Command::new(cargo());
    command
        .current_dir(root())
        .args(["bench", "--package", "enet_tests", "--bench", bench, "--"])
        .args(only)
        .args(picture)
        .envs(variables);
    let status = command
        .status()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    Ok(match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Runs a benchmark that is a script of the test project, with the library that games ship.
fn in_godot(script: &str) -> Outcome<ExitCode> {
    let godot = godot::find()?;
    let project = root().join("tests/godot");
    extension::build_for_editor(extension::Profile::Release, extension::Engine::Own)?;
    project::prepare(&godot, &project)?;
    let status = Command::new(&godot)
        .args(["--headless", "--path"])
        .arg(&project)
        .args(["--script", &format!("res://{script}")])
        .status()
        .map_err(|error| format!("Godot does not start: {error}"))?;
    Ok(match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
