//! Every test there is: stages one after the other, an overview at the end.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::extension::{CLASS, Engine, Profile, STOCK_CLASS};
use crate::process::{self, Ending, Run};
use crate::project::{self, at, root, target};
use crate::report::{Tally, engine_trouble, unseen_errors};
use crate::{Outcome, apt, c_enet, demo, extension, fuzz, godot, godot3};

/// What is compared with the built-in classes: how Godot is asked to, and what is in lines that would
/// be trouble elsewhere.
const COMPARISONS: [(&str, &[&str], &[&str]); 3] = [
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
        // An editor that a script quits leaves all of itself behind.
        &["leaked", "resources still in use"],
    ),
];
/// Scripts that must not compile are tried too.
const WRONG_SCRIPT: &str = "SCRIPT ERROR: Parse Error";

/// A stage that takes longer is hung.
const LIMIT: Duration = Duration::from_secs(600);
/// Seconds each fuzz target gets.
const FUZZING: u64 = 20;
/// Enough to see a leak of 100 bytes a cycle; the script's own number is for whoever suspects one.
const SOAK_CYCLES: &str = "3000";
/// Suites that talk to Godot 3 are named so.
const GODOT3_SUITES: &str = "godot3";
/// And those that need certificates so.
const DTLS_SUITES: &str = "dtls";
/// Set for the Rust tests that run the program openssl, where it has to be there.
const OPENSSL_VARIABLE: &str = "REQUIRE_OPENSSL";
/// The editor opens it.
const RELOAD_PROJECT: &str = "tests/godot/reload";

/// Runs the Rust stages, the Godot stages, or both. `suite` limits the Godot suites to one; `inside`
/// is the ENet engine that the extension gets for them.
pub fn run(rust: bool, engine: bool, suite: Option<&str>, inside: Engine) -> Outcome<ExitCode> {
    let logs = target().join("test-logs");
    fs::create_dir_all(&logs).map_err(at(&logs))?;
    let mut overview = Overview::default();
    if rust {
        rust_stages(&mut overview, &logs);
    }
    if engine {
        engine_stages(&mut overview, &logs, suite, inside);
    }
    Ok(overview.print())
}

fn rust_stages(overview: &mut Overview, logs: &Path) {
    overview.stage("formatting", || {
        single(&mut cargo(&["fmt", "--all", "--check"]), logs, "fmt")
    });
    overview.stage("lints", || {
        let arguments = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ];
        single(&mut cargo(&arguments), logs, "clippy")
    });
    overview.stage("documentation", || {
        let mut command = cargo(&["doc", "--package", "enet_core", "--no-deps"]);
        single(command.env("RUSTDOCFLAGS", "-D warnings"), logs, "doc")
    });
    let mut c_peer = None;
    // Only Debian's archive is known to have it; elsewhere its tests are left out, and say so.
    let needs_c = apt::is_expected(c_enet::VARIABLE);
    overview.stage("the C library's host", || {
        let (program, version) = match c_enet::peer() {
            Err(cause) if !needs_c => {
                println!("   left out: {cause}");
                return Ok(Tally::default());
            }
            found => found?,
        };
        println!("   {} (ENet {version})", program.display());
        c_peer = Some(program);
        Ok(Tally::one_passed())
    });
    let tests = |arguments: &[&str]| {
        let mut command = cargo(arguments);
        if needs_c {
            command.env("REQUIRE_C_ENET", "1");
        }
        // Every Debian that downloads by https has it: the certificates to trust depend on it.
        if apt::is_expected(OPENSSL_VARIABLE) {
            command.env(OPENSSL_VARIABLE, "1");
        }
        if let Some(program) = &c_peer {
            command.env(c_enet::VARIABLE, program);
        }
        command
    };
    overview.stage("Rust tests", || {
        let mut command = tests(&["test", "--workspace", "--no-fail-fast"]);
        let run = logged(&mut command, logs, "rust")?;
        let tally = Tally::of_cargo(&run.output);
        checked(&run, tally)
    });
    overview.stage("core tests on rusty_enet", || {
        let mut command = tests(&["test", "--package", "enet_tests", "--no-fail-fast"]);
        let run = logged(
            command.env("ENET_TEST_ENGINE", "rusty"),
            logs,
            "rusty-engine",
        )?;
        let tally = Tally::of_cargo(&run.output);
        checked(&run, tally)
    });
    overview.stage("fuzzing", || fuzz::stage(FUZZING));
}

fn engine_stages(overview: &mut Overview, logs: &Path, suite: Option<&str>, inside: Engine) {
    let mut found = None;
    overview.stage("extension and Godot", || {
        let godot = godot::find()?;
        extension::build_for_editor(Profile::Debug, inside)?;
        project::prepare(&godot, &root().join("tests/godot"))?;
        found = Some(godot);
        Ok(Tally::one_passed())
    });
    let Some(godot) = found else {
        overview
            .lines
            .push("FAILED no Godot suite could run".to_owned());
        return;
    };
    let mut old = None;
    if suite.is_none_or(|suite| suite.starts_with(GODOT3_SUITES)) {
        overview.stage("Godot 3", || {
            match godot3::find()? {
                Ok(program) => {
                    println!("   {}", program.display());
                    old = Some(program);
                }
                Err(cause) => {
                    println!("   left out: {cause}");
                    return Ok(Tally::default());
                }
            }
            Ok(Tally::one_passed())
        });
    }
    let mut certificates = None;
    if suite.is_none_or(|suite| suite.starts_with(DTLS_SUITES)) {
        overview.stage("certificates", || {
            let folder = target().join("certificates");
            let mut command = cargo(&[
                "run",
                "--quiet",
                "--package",
                "enet_tests",
                "--example",
                "certificates",
                "--",
            ]);
            let made = single(command.arg(&folder), logs, "certificates")?;
            certificates = Some(folder);
            Ok(made)
        });
    }
    let mut combinations = Vec::new();
    for server in [STOCK_CLASS, CLASS] {
        for client in [STOCK_CLASS, CLASS] {
            let name = format!("server {server}, client {client}");
            combinations.push((name, server, client, None));
        }
    }
    let name = format!("{CLASS} without its thread, both ends");
    combinations.push((name, CLASS, CLASS, Some("off")));
    for (name, server, client, threaded) in combinations {
        overview.stage(&name, || {
            let mut command = headless(&godot, "tests/godot");
            if let Some(threaded) = threaded {
                command.env("ENET_TEST_THREADED", threaded);
            }
            if inside == Engine::Rusty {
                command.env("ENET_ENGINE_INSIDE", "rusty");
            }
            if let Some(old) = &old {
                command.env(godot3::VARIABLE, old);
            }
            command
                .env("GODOT", &godot)
                .args(["--script", "res://run.gd", "--"])
                .args(["--server-class", server, "--client-class", client]);
            if let Some(suite) = suite {
                command.args(["--suite", suite]);
            }
            if let Some(folder) = &certificates {
                command.arg("--certificates").arg(folder);
            }
            scripts(&mut command, logs, &name.replace([' ', ','], "-"))
        });
    }
    // What is compared is what ships.
    if suite.is_none() && inside == Engine::Own {
        for (name, arguments, meant) in COMPARISONS {
            overview.stage(name, || {
                let mut command = headless(&godot, "tests/godot");
                let log = name.replace(' ', "-");
                let run = logged(command.args(arguments), logs, &log)?;
                let lines = run.output.lines();
                let lines = lines.filter(|line| !meant.iter().any(|meant| line.contains(meant)));
                let output = lines.collect::<Vec<_>>().join("\n");
                counted(&Run { output, ..run })
            });
        }
    }
    if suite.is_none() {
        overview.stage("soak", || {
            let mut command = headless(&godot, "tests/godot");
            command.args(["--script", "res://soak.gd", "--"]).args([
                "--class",
                CLASS,
                "--cycles",
                SOAK_CYCLES,
            ]);
            scripts(&mut command, logs, "soak")
        });
        overview.stage("reloading in the editor", || {
            project::prepare(&godot, &root().join(RELOAD_PROJECT))?;
            let mut command = headless(&godot, RELOAD_PROJECT);
            command.args(["--editor", "--", "reload"]);
            scripts(&mut command, logs, "reload")
        });
        overview.stage("demo game", || {
            demo::play(CLASS, 12).map(|()| Tally::one_passed())
        });
    }
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(project::cargo());
    command.args(arguments).current_dir(root());
    command
}

fn headless(godot: &Path, project: &str) -> Command {
    let mut command = Command::new(godot);
    command
        .arg("--headless")
        .arg("--path")
        .arg(root().join(project));
    command
}

/// Runs a Godot whose scripts count what passed.
fn scripts(command: &mut Command, logs: &Path, name: &str) -> Outcome<Tally> {
    counted(&logged(command, logs, name)?)
}

/// What the scripts of a Godot counted, unless it had trouble.
fn counted(run: &Run) -> Outcome<Tally> {
    if let Ending::Crash | Ending::Hung = run.ending {
        return Err(format!("{}\n{}", run.ending, run.tail(40)));
    }
    let tally = Tally::of_suites(&run.output)?;
    let trouble = engine_trouble(&run.output).map(str::to_owned);
    if let Some(line) = trouble.or_else(|| unseen_errors(&run.output)) {
        return Err(format!("the engine reports trouble: {line}"));
    }
    // A suite that has nothing to do with the two classes says so, and may be the only one.
    if run.ending == Ending::Exit(0) && run.output.lines().any(|line| line.starts_with("skipped "))
    {
        return Ok(tally);
    }
    checked(run, tally)
}

fn single(command: &mut Command, logs: &Path, name: &str) -> Outcome<Tally> {
    let run = logged(command, logs, name)?;
    checked(&run, Tally::one_passed())
}

fn logged(command: &mut Command, logs: &Path, name: &str) -> Outcome<Run> {
    let run = process::run(command, LIMIT)?;
    let log = logs.join(format!("{name}.log"));
    fs::write(&log, &run.output).map_err(at(&log))?;
    println!("   log: {}", log.display());
    Ok(run)
}

/// What was counted, unless the program itself says it failed without counting a failure.
fn checked(run: &Run, tally: Tally) -> Outcome<Tally> {
    let failures = tally.failures.join("\n    ");
    match run.ending {
        Ending::Exit(0) if tally.passed > 0 && tally.failed == 0 => Ok(tally),
        Ending::Exit(_) if tally.failed > 0 => {
            println!("    {failures}");
            Ok(tally)
        }
        ending => Err(format!("{ending}\n{}", run.tail(40))),
    }
}

#[derive(Default)]
struct Overview {
    lines: Vec<String>,
    passed: usize,
    failed: usize,
}

impl Overview {
    fn stage(&mut self, name: &str, work: impl FnOnce() -> Outcome<Tally>) {
        println!("== {name}");
        let begun = Instant::now();
        let result = work();
        let seconds = begun.elapsed().as_secs_f32();
        let (passed, failed) = match result {
            Ok(tally) => (tally.passed, tally.failed),
            Err(cause) => {
                println!("{cause}");
                (0, 1)
            }
        };
        let verdict = if failed == 0 { "ok" } else { "FAILED" };
        self.lines.push(format!(
            "{verdict:<7}{name}: {passed} passed, {failed} failed, {seconds:.1} s"
        ));
        self.passed += passed;
        self.failed += failed;
    }

    fn print(self) -> ExitCode {
        println!();
        for line in &self.lines {
            println!("{line}");
        }
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 && self.passed > 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
