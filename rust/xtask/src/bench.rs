//! The benchmarks. The tests never run them: machines differ, and only ratios are comparable.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::extension::{self, Profile};
use crate::project::{self, cargo, root};
use crate::{Outcome, c_enet, godot, godot3};

/// The documentation's picture of the codecs, and its folder with the figures of the classes.
const PICTURE: &str = "docs/compression.svg";
const FIGURES: &str = "docs/benchmarks";

/// The options of a benchmark.
pub struct Choice {
    /// Measures only the rows whose name contains this text.
    pub only: Option<String>,
    /// Renews the documentation's figures.
    pub plot: bool,
    /// The class to compare with Godot's.
    pub class: Option<String>,
    /// Whether that class runs with its network thread: "no", "yes" or "both".
    pub threaded: Option<String>,
    /// The number of rounds, instead of each case's own.
    pub rounds: Option<u64>,
    /// The number of clients of the case that fills a server.
    pub clients: Option<u64>,
}

/// Runs the benchmark `name`, which `cargo xtask help` describes.
pub fn run(name: &str, choice: &Choice) -> Outcome<ExitCode> {
    match name {
        "dtls" => return in_godot("bench_dtls.gd"),
        "questions" => return in_godot("bench_questions.gd"),
        "debugger" => return in_godot("bench_debugger.gd"),
        _ => {}
    }
    let is_godot = name == "godot";
    let is_special = choice.class.is_some()
        || choice.threaded.is_some()
        || choice.rounds.is_some()
        || choice.clients.is_some();
    let is_all = choice.only.is_none() && !is_special;
    if choice.plot && !(is_all && ["compression", "godot"].contains(&name)) {
        return Err("--plot is for all of the benchmark \"compression\" or \"godot\"".to_owned());
    }
    if is_special && !is_godot {
        return Err(
            "--peer-class, --threaded, --rounds and --clients are for the benchmark \"godot\""
                .to_owned(),
        );
    }
    if choice.rounds == Some(0) {
        return Err("--rounds must be at least 1".to_owned());
    }
    if choice
        .clients
        .is_some_and(|clients| !(1..=4095).contains(&clients))
    {
        return Err("--clients must be 1 to 4095".to_owned());
    }
    let threaded = choice.threaded.as_deref().unwrap_or("both");
    if !["no", "yes", "both"].contains(&threaded) {
        return Err(format!(
            "--threaded must be no, yes or both, not \"{threaded}\""
        ));
    }
    let mut place = PICTURE;
    let (bench, variables): (_, Vec<(&str, OsString)>) = match name {
        "core" => (
            "sockets",
            vec![("ENET_C_BENCH", c_enet::program("bench")?.into())],
        ),
        "engines" => ("engines", Vec::new()),
        "simulator" => ("simulator", Vec::new()),
        "attacks" => (
            "attacks",
            vec![("ENET_C_VICTIM", c_enet::program("victim")?.into())],
        ),
        "attacks-godot" => ("attacks_godot", attack_variables(Profile::Release)?),
        "compression" => (
            "compression",
            vec![
                ("ENET_C_CODECS", c_enet::program("codecs")?.into()),
                ("GODOT", godot::find()?.into()),
            ],
        ),
        "godot" => {
            place = FIGURES;
            let godot = godot::find()?;
            // The editor binary loads the library that games ship.
            extension::build(Profile::Release)?;
            project::prepare(&godot, &root().join("tests/godot"))?;
            let class = choice.class.as_deref().unwrap_or(extension::CLASS);
            ("godot", godot_variables(&godot, class))
        }
        other => {
            return Err(format!(
                "there is no benchmark \"{other}\"; see cargo xtask help"
            ));
        }
    };
    let mut words: Vec<OsString> = Vec::new();
    if let Some(only) = &choice.only {
        // The other benchmarks take the text as a plain argument.
        words.extend(is_godot.then(|| "--only".into()));
        words.push(only.into());
    }
    if is_godot {
        words.extend(["--threaded".into(), threaded.into()]);
    }
    let numbers = [("--rounds", choice.rounds), ("--clients", choice.clients)];
    for (option, number) in numbers {
        if let Some(number) = number {
            words.extend([option.into(), number.to_string().into()]);
        }
    }
    if choice.plot {
        words.extend(["--plot".into(), root().join(place).into_os_string()]);
    }
    let status = (command(bench).args(words).envs(variables))
        .status()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    Ok(match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// What the benchmark "godot" has to know.
fn godot_variables(godot: &Path, class: &str) -> Vec<(&'static str, OsString)> {
    vec![
        ("GODOT", godot.into()),
        ("ENET_BENCH_PROJECT", root().join("tests/godot").into()),
        ("ENET_BENCH_CLASS", class.into()),
        ("ENET_BENCH_STOCK", extension::STOCK_CLASS.into()),
    ]
}

/// The command of the benchmark "godot" for the cases whose names contain a text, with the library that is installed.
pub fn godot_command(godot: &Path, only: &str) -> Command {
    let mut command = command("godot");
    command
        .args(["--only", only, "--threaded", "both"])
        .envs(godot_variables(godot, extension::CLASS));
    command
}

/// The command of a benchmark, whose own arguments follow.
fn command(bench: &str) -> Command {
    let mut command = Command::new(cargo());
    command
        .current_dir(root())
        .args(["bench", "--package", "enet_tests", "--bench", bench, "--"]);
    command
}

/// Runs one server under everything for that many minutes.
pub fn soak(minutes: u64) -> Outcome<ExitCode> {
    let status = (soak_command(minutes, Profile::Release)?.status())
        .map_err(|error| format!("cargo does not start: {error}"))?;
    Ok(match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// The command of [`soak`]. A debug build has overflow checks and assertions, and the tests have made most of it.
pub fn soak_command(minutes: u64, profile: Profile) -> Outcome<Command> {
    let mut command = Command::new(cargo());
    command.current_dir(root()).arg("bench");
    if profile == Profile::Debug {
        command.args(["--profile", "dev"]);
    }
    command
        .args(["--package", "enet_tests", "--bench", "attacks_godot"])
        .args(["--", "soak"])
        .arg(format!("minutes={minutes}"))
        .envs(attack_variables(profile)?);
    Ok(command)
}

/// Builds and finds what the attacks on a running Godot need.
fn attack_variables(profile: Profile) -> Outcome<Vec<(&'static str, OsString)>> {
    let godot = godot::find()?;
    let games = root().join("tests/godot");
    extension::build(profile)?;
    project::prepare(&godot, &games)?;
    // Without a Godot 3, its row says so.
    let godot3 = godot3::find()?.unwrap_or_default();
    Ok(vec![
        ("GODOT", godot.into()),
        ("GODOT3", godot3.into()),
        ("ENET_BENCH_PROJECT", games.into()),
        (
            "ENET_BENCH_GODOT3_PROJECT",
            root().join("tests/godot3").into(),
        ),
        ("ENET_BENCH_CLASS", extension::CLASS.into()),
        ("ENET_BENCH_STOCK", extension::STOCK_CLASS.into()),
        (
            "ENET_BENCH_FIGURES",
            project::target().join("attacks.json").into(),
        ),
    ])
}

/// Runs a script of the test project with the library that games ship.
fn in_godot(script: &str) -> Outcome<ExitCode> {
    let godot = godot::find()?;
    let project = root().join("tests/godot");
    extension::build(Profile::Release)?;
    project::prepare(&godot, &project)?;
    let status = Command::new(&godot)
        .env("GODOT", &godot)
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
