//! The stages that run headless Godots.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::extension::{self, CLASS, Profile, STOCK_CLASS};
use crate::process::Run;
use crate::project::{self, root, target};
use crate::report::Tally;
use crate::{Outcome, bench, csharp, demo, docs, faults, godot, godot3, package};

use super::overview::Overview;
use super::running::{Logs, cargo, checked, counted, headless};
use super::{blocks, examples, first_minute, fleet, proxied, recipes};

/// Comparisons with the built-in classes: the name of the stage, Godot's arguments, and which lines
/// are expected although [`counted`] takes them for errors.
const COMPARISONS: [(&str, &[&str], &[&str]); 6] = [
    (
        "conformance to the built-in classes",
        &["--script", "res://conformance.gd", "--", "--ours", "rs"],
        &[WRONG_SCRIPT],
    ),
    (
        "the classes as scripts see them",
        &["--script", "res://surface.gd"],
        &[WRONG_SCRIPT],
    ),
    (
        "the help of the editor",
        &["--editor", "--script", "res://surface.gd", "--", "--docs"],
        // An editor that a script quits frees nothing of its own.
        &["leaked", "resources still in use"],
    ),
    (
        "the logic of the debugger's tab",
        &["--script", "res://tab.gd"],
        &[],
    ),
    (
        "the debugger's tab with games",
        &["--editor", "--", "tab-shot", "", "8"],
        &["leaked", "resources still in use"],
    ),
    (
        "the debugger's tab with games over the extension",
        &["--editor", "--", "tab-shot", "", "real"],
        &["leaked", "resources still in use"],
    ),
];
/// The comparisons also load scripts that must not compile.
const WRONG_SCRIPT: &str = "SCRIPT ERROR: Parse Error";

/// Enough cycles to detect a leak of 60 bytes in each, after a warm-up that visits most of a server's slots, which are
/// random.
const SOAK_CYCLES: &str = "15000";
/// The prefix of the suites that talk to Godot 3.
const GODOT3_SUITES: &str = "godot3";
/// The prefix of the suites that need certificates.
const DTLS_SUITES: &str = "dtls";
/// The project that the reload test opens in the editor.
const RELOAD_PROJECT: &str = "tests/godot/reload";

/// Programs and files that the suites use.
struct Programs {
    godot: PathBuf,
    godot3: Option<PathBuf>,
    certificates: Option<PathBuf>,
}

/// Runs all of them, or only those with the suite `suite` in them.
pub fn run(overview: &mut Overview, logs: &Logs, suite: Option<&str>) {
    let Some(programs) = prepare(overview, logs, suite) else {
        return;
    };
    for server in [STOCK_CLASS, CLASS] {
        for client in [STOCK_CLASS, CLASS] {
            let name = format!("server {server}, client {client}");
            overview.stage(&name, || {
                let mut command = suites(&programs, server, client, suite);
                logs.scripts(&mut command, &log_name(&name))
            });
        }
    }
    let name = format!("{CLASS} without its thread, both ends");
    overview.stage(&name, || {
        let mut command = suites(&programs, CLASS, CLASS, suite);
        command.env("ENET_TEST_THREADED", "off");
        logs.scripts(&mut command, &log_name(&name))
    });
    if suite.is_none_or(|suite| suite == proxied::SUITE) {
        overview.stage(proxied::NAME, || {
            proxied::run(logs, &programs.godot, programs.certificates.as_deref())
        });
    }
    if suite.is_none() {
        whole_runs(overview, logs, &programs.godot);
    }
}

/// Builds and finds what the suites need. None if no suite can run.
fn prepare(overview: &mut Overview, logs: &Logs, suite: Option<&str>) -> Option<Programs> {
    let is_wanted = |prefix| suite.is_none_or(|suite| suite.starts_with(prefix));
    let mut found = None;
    overview.stage("extension and Godot", || {
        let godot = godot::find()?;
        extension::build(Profile::Debug)?;
        project::prepare(&godot, &root().join("tests/godot"))?;
        found = Some(godot);
        Ok(Tally::one_passed())
    });
    let mut programs = Programs {
        godot: found?,
        godot3: None,
        certificates: None,
    };
    if is_wanted(GODOT3_SUITES) {
        overview.stage("Godot 3", || {
            match godot3::find()? {
                Ok(program) => {
                    println!("   {}", program.display());
                    programs.godot3 = Some(program);
                }
                Err(cause) => {
                    println!("   left out: {cause}");
                    return Ok(Tally::default());
                }
            }
            Ok(Tally::one_passed())
        });
    }
    if is_wanted(DTLS_SUITES) || is_wanted(proxied::SUITE) {
        overview.stage("certificates", || {
            let folder = target().join("certificates");
            let mut command = cargo(&["run", "--quiet", "--package", "enet_tests"]);
            command.args(["--example", "certificates", "--"]);
            let made = logs.single(command.arg(&folder), "certificates")?;
            programs.certificates = Some(folder);
            Ok(made)
        });
    }
    Some(programs)
}

/// The command that runs the suites on a pair of classes.
fn suites(programs: &Programs, server: &str, client: &str, suite: Option<&str>) -> Command {
    let mut command = headless(&programs.godot, "tests/godot");
    if let Some(godot3) = &programs.godot3 {
        command.env(godot3::VARIABLE, godot3);
    }
    command
        .env("GODOT", &programs.godot)
        .args(["--script", "res://run.gd", "--"])
        .args(["--server-class", server, "--client-class", client]);
    if let Some(suite) = suite {
        command.args(["--suite", suite]);
    }
    if let Some(folder) = &programs.certificates {
        command.arg("--certificates").arg(folder);
    }
    command
}

/// The stages that are no suites.
fn whole_runs(overview: &mut Overview, logs: &Logs, godot: &Path) {
    for (name, arguments, expected) in COMPARISONS {
        overview.stage(name, || compare(logs, godot, name, arguments, expected));
    }
    overview.stage("soak", || {
        let mut command = headless(godot, "tests/godot");
        command.args(["--script", "res://soak.gd", "--"]);
        command.args(["--class", CLASS, "--cycles", SOAK_CYCLES]);
        logs.scripts(&mut command, "soak")
    });
    overview.stage("reloading in the editor", || {
        project::prepare(godot, &root().join(RELOAD_PROJECT))?;
        let mut command = headless(godot, RELOAD_PROJECT);
        command.args(["--editor", "--", "reload"]);
        logs.scripts(&mut command, "reload")
    });
    overview.stage("a game played from the editor", || {
        recipes::play(logs, godot)
    });
    overview.stage("the overlay", || {
        let mut command = headless(godot, "tests/godot");
        logs.scripts(command.args(["--script", "res://overlay.gd"]), "overlay")
    });
    overview.stage(recipes::NAME, || recipes::run(godot));
    overview.stage(blocks::NAME, || blocks::run(godot, logs));
    overview.stage("the class reference", || docs::reference::check(godot));
    overview.stage("an addon without its library", || {
        first_minute::run(logs, godot)
    });
    overview.stage("a server in a fleet", || fleet::run(logs, godot));
    overview.stage("the C# wrapper", || csharp::check(godot));
    overview.stage("the examples of the help", || examples::run(logs, godot));
    overview.stage("faults", || {
        let run = logs.run(&mut faults::command(godot, true), "faults")?;
        for line in run.output.lines().filter(|line| line.contains("skipped")) {
            println!("   {line}");
        }
        checked(&run, Tally::of_suites(&run.output)?)
    });
    overview.stage("a minute of attacks, after which nothing has grown", || {
        logs.single(&mut bench::soak_command(1, Profile::Debug)?, "attacks")
    });
    overview.stage("the package, installed and exported", || {
        package::check_installed(godot).map(|()| Tally::one_passed())
    });
    overview.stage("demo game", || {
        demo::play(CLASS, 12).map(|()| Tally::one_passed())
    });
}

fn compare(
    logs: &Logs,
    godot: &Path,
    name: &str,
    arguments: &[&str],
    expected: &[&str],
) -> Outcome<Tally> {
    let mut command = headless(godot, "tests/godot");
    let run = logs.run(command.args(arguments), &log_name(name))?;
    let is_expected = |line: &&str| expected.iter().any(|text| line.contains(text));
    let lines = run.output.lines().filter(|line| !is_expected(line));
    let output = lines.collect::<Vec<_>>().join("\n");
    counted(&Run { output, ..run })
}

fn log_name(stage: &str) -> String {
    stage.replace([' ', ','], "-")
}
