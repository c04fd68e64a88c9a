//! A server in a fleet: AgonesRs with an SDK server of the tests, and its metrics, read by Prometheus' own tool.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::process::{self, Ending};
use crate::project::{at, target};
use crate::report::Tally;
use crate::{Outcome, apt};

use super::running::{Logs, cargo, headless};

const VARIABLE: &str = "AGONES_SDK_HTTP_PORT";
const PROMTOOL_VARIABLE: &str = "PROMTOOL";
const LIMIT: Duration = Duration::from_secs(240);

/// Runs all of it.
pub fn run(logs: &Logs, godot: &Path) -> Outcome<Tally> {
    let mut tally = logs.single(
        &mut cargo(&["build", "--quiet", "--package", "enet_sidecar"]),
        "fleet-build",
    )?;
    let metrics = target().join("test-logs").join("metrics.txt");
    let metrics = metrics.to_str().ok_or("the target folder is not UTF-8")?;
    // Health is due each second here, and three times missing is too often.
    for (words, state, never) in [
        (vec!["sdk", metrics], "state Shutdown", "state Unhealthy"),
        (vec!["hang"], "state Unhealthy", "state Shutdown"),
    ] {
        let mut sidecar = process::start(&mut sidecar(), LIMIT)?;
        let line = sidecar
            .wait_for_line("port ")
            .ok_or("the SDK server does not start")?;
        let port = line.trim().trim_start_matches("port ").to_owned();
        let mut command = script(godot, &words);
        add(
            &mut tally,
            logs.scripts(command.env(VARIABLE, port), &format!("fleet-{}", words[0]))?,
        );
        // It ends by itself with the game server.
        let has_ended = sidecar.wait_for(state);
        if !has_ended {
            sidecar.terminate()?;
        }
        let run = sidecar.finish()?;
        if !has_ended || run.output.contains(never) {
            return Err(format!(
                "the SDK server did not say \"{state}\" of \"{}\"\n{}",
                words[0],
                run.tail(10)
            ));
        }
        tally.passed += 1;
    }
    let mut command = script(godot, &["alone"]);
    add(
        &mut tally,
        logs.scripts(command.env_remove(VARIABLE), "fleet-alone")?,
    );
    add(&mut tally, check_metrics(Path::new(metrics))?);
    Ok(tally)
}

fn add(tally: &mut Tally, other: Tally) {
    tally.passed += other.passed;
    tally.failed += other.failed;
    tally.failures.extend(other.failures);
}

fn sidecar() -> Command {
    let name = format!("enet_sidecar{}", std::env::consts::EXE_SUFFIX);
    let mut command = Command::new(target().join("debug").join(name));
    command.args([
        "--period",
        "1",
        "--threshold",
        "3",
        "--counter",
        "players:32",
    ]);
    command.args(["--list", "players:32", "--seconds", "240"]);
    command
}

fn script(godot: &Path, words: &[&str]) -> Command {
    let mut command = headless(godot, "tests/godot");
    command
        .args(["--script", "res://fleet.gd", "--"])
        .args(words);
    command
}

/// Lets promtool judge names, units and texts of the metrics.
fn check_metrics(metrics: &Path) -> Outcome<Tally> {
    let Some(promtool) = promtool()? else {
        println!("   promtool is left out: there is none, and {PROMTOOL_VARIABLE} names none");
        return Ok(Tally::default());
    };
    let file = File::open(metrics).map_err(at(metrics))?;
    let mut command = Command::new(&promtool);
    command.args(["check", "metrics"]).stdin(Stdio::from(file));
    let output = command.output().map_err(at(&promtool))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    match output.status.success() && text.trim().is_empty() {
        true => Ok(Tally::one_passed()),
        false => Err(format!("promtool: {}\n{text}", output.status)),
    }
}

/// The program, which Debian has in the package of Prometheus.
fn promtool() -> Outcome<Option<PathBuf>> {
    if let Some(named) = std::env::var_os(PROMTOOL_VARIABLE) {
        return Ok(Some(PathBuf::from(named)));
    }
    if let Ok(run) = process::run(Command::new("promtool").arg("--version"), LIMIT)
        && run.ending == Ending::Exit(0)
    {
        return Ok(Some(PathBuf::from("promtool")));
    }
    let folder = target().join("prometheus");
    let place = folder.join("root/usr/bin/promtool");
    if place.is_file() {
        return Ok(Some(place));
    }
    if !apt::is_expected(PROMTOOL_VARIABLE) {
        return Ok(None);
    }
    let mirror = apt::mirror().ok_or("apt's sources name no archive of Debian")?;
    apt::unpack(&folder, &mirror, "bookworm", &["download", "prometheus"])?;
    match place.is_file() {
        true => Ok(Some(place)),
        false => Err(format!("{} is not in Debian's package", place.display())),
    }
}
