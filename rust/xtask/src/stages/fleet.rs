//! A server in a fleet: AgonesRs with an SDK server of the tests, and its metrics, read by Prometheus' own tool.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::fleet::sidecar::{self, VARIABLE};
use crate::process::{self, Ending};
use crate::project::{at, root, target};
use crate::report::Tally;
use crate::{Outcome, apt};

use super::running::{Logs, cargo, counted, headless};

const PROMTOOL_VARIABLE: &str = "PROMTOOL";
const PAGE: &str = "docs/metrics.md";
const LIMIT: Duration = Duration::from_secs(240);
/// Health is due each second here, and three times missing is too often.
const SIDECAR: [&str; 10] = [
    "--period",
    "1",
    "--threshold",
    "3",
    "--counter",
    "players:32",
    "--list",
    "players:32",
    "--seconds",
    "240",
];

/// Runs all of it.
pub fn run(logs: &Logs, godot: &Path) -> Outcome<Tally> {
    let mut tally = logs.single(
        &mut cargo(&["build", "--quiet", "--package", sidecar::NAME]),
        "fleet-build",
    )?;
    let metrics = target().join("test-logs").join("metrics.txt");
    let metrics = metrics.to_str().ok_or("the target folder is not UTF-8")?;
    for (words, state, never) in [
        (vec!["sdk", metrics], "state Shutdown", "state Unhealthy"),
        (vec!["hang"], "state Unhealthy", "state Shutdown"),
    ] {
        let (mut sidecar, port) = sidecar::start(&SIDECAR, LIMIT)?;
        let mut command = script(godot, &words);
        tally.add(logs.scripts(command.env(VARIABLE, port), &format!("fleet-{}", words[0]))?);
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
    let run = logs.run(
        script(godot, &["alone"]).env_remove(VARIABLE),
        "fleet-alone",
    )?;
    tally.add(counted(&run)?);
    let lines = run.output.lines().filter(|line| line.contains(VARIABLE));
    // The case sets the variable to nonsense at its end, which is an error.
    let told = lines.filter(|line| !line.starts_with("ERROR")).count();
    if told != 1 {
        return Err(format!(
            "{told} lines instead of one tell that Agones does not run"
        ));
    }
    tally.add(check_metrics(Path::new(metrics))?);
    tally.add(check_page(Path::new(metrics))?);
    Ok(tally)
}

/// Compares the metrics with the document about them: names, types, and values of labels.
fn check_page(metrics: &Path) -> Outcome<Tally> {
    let text = fs::read_to_string(metrics).map_err(at(metrics))?;
    let page = root().join(PAGE);
    let document = fs::read_to_string(&page).map_err(at(&page))?;
    let shown: BTreeSet<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .collect();
    let described: BTreeSet<(&str, &str)> = document
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.strip_prefix("| `enet_")?.split_once("` | ")?;
            let name = line.get("| `".len()..)?.get(.."enet_".len() + name.len())?;
            // A formula of the alarms is no name.
            (!name.contains([' ', '(', '{'])).then_some((name, rest.split_once(" |")?.0))
        })
        .collect();
    let mut differences: Vec<String> = shown
        .symmetric_difference(&described)
        .map(|(name, kind)| match shown.contains(&(name, kind)) {
            true => format!("{PAGE} has no {kind} {name}"),
            false => format!("no metric is the {kind} {name} of {PAGE}"),
        })
        .collect();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let labels: BTreeSet<(&str, &str)> = samples
        .filter_map(|line| line.split_once('{')?.1.split_once('}'))
        .flat_map(|(labels, _)| labels.split(','))
        .filter_map(|label| label.split_once('='))
        .filter(|&(name, _)| !matches!(name, "le" | "version"))
        .map(|(name, value)| (name, value.trim_matches('"')))
        .collect();
    for (name, value) in labels {
        let row = format!("| `{name}` | ");
        let row = document.lines().find(|line| line.starts_with(&row));
        if !row.is_some_and(|row| row.contains(&format!("`{value}`"))) {
            differences.push(format!("{PAGE} has no {value} of the label {name}"));
        }
    }
    match differences.is_empty() && shown.len() > 1 {
        true => Ok(Tally::one_passed()),
        false => Err(differences.join("\n")),
    }
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
