//! The stages that need no Godot.

use std::path::Path;
use std::process::Command;

use crate::process::Ending;
use crate::report::Tally;
use crate::{Outcome, apt, c_enet, check, docs, fuzz};

use super::overview::Overview;
use super::running::{Logs, cargo};
use super::{features, layers};

/// Seconds for each fuzz target.
const FUZZING: u64 = 5;
/// Set where the program openssl must be present, for the tests that run it.
const OPENSSL_VARIABLE: &str = "REQUIRE_OPENSSL";
/// The crate that is to be published.
const PUBLIC_CRATE: &str = "enet_proto";
/// The manifest names no place on the web before the crate is published.
const UNPUBLISHED: &str = "warning: manifest has no documentation, homepage or repository";

/// Runs all of them.
pub fn run(overview: &mut Overview, logs: &Logs) {
    overview.stage("formatting", || {
        logs.single(&mut cargo(&["fmt", "--all", "--check"]), "fmt")
    });
    overview.stage("layers", || layers::check(logs));
    overview.stage("documents", docs::check);
    overview.stage("lints", || {
        let mut command = cargo(&["clippy", "--workspace", "--all-targets"]);
        logs.single(command.args(["--", "-D", "warnings"]), "clippy")
    });
    overview.stage("documentation", || {
        let mut command = cargo(&["doc", "--workspace", "--no-deps"]);
        logs.single(command.env("RUSTDOCFLAGS", "-D warnings"), "doc")
    });
    overview.stage("package", || package(logs));
    overview.stage("licences and sources of the dependencies", || {
        check::dependencies(logs)
    });
    let mut c_peer = None;
    // Only Debian's archive is known to have the library. On other systems the tests that need it
    // are left out, and the stage says so.
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
    let c_peer = c_peer.as_deref();
    overview.stage("Rust tests", || {
        let mut command = tests(&["--workspace"], needs_c, c_peer);
        logs.cargo_test(&mut command, "rust")
    });
    overview.stage("allocations, with zstd's", || {
        let words = ["--package", "enet_tests", "--test", "allocations"];
        let mut command = tests(&words, needs_c, c_peer);
        command.args(["--features", "count-zstd"]);
        logs.cargo_test(&mut command, "allocations")
    });
    overview.stage("each crate on its default features", || {
        features::defaults(logs)
    });
    overview.stage("each crate on single features", || features::single(logs));
    overview.stage("fuzzing", || fuzz::stage(FUZZING));
}

/// `cargo test` with what tells the tests which programs they can, or must, run.
fn tests(arguments: &[&str], needs_c: bool, c_peer: Option<&Path>) -> Command {
    let mut command = cargo(&["test", "--no-fail-fast"]);
    command.args(arguments);
    if needs_c {
        command.env("REQUIRE_C_ENET", "1");
    }
    // Every Debian that downloads over https has it: ca-certificates depends on it.
    if apt::is_expected(OPENSSL_VARIABLE) {
        command.env(OPENSSL_VARIABLE, "1");
    }
    if let Some(program) = c_peer {
        command.env(c_enet::VARIABLE, program);
    }
    command
}

/// Packages the public crate and builds what was packaged. A warning is a failure.
fn package(logs: &Logs) -> Outcome<Tally> {
    let mut command = cargo(&["package", "--allow-dirty", "--package", PUBLIC_CRATE]);
    let run = logs.run(&mut command, "package")?;
    let warning = run
        .output
        .lines()
        .find(|line| line.starts_with("warning:") && *line != UNPUBLISHED);
    match (run.ending, warning) {
        (Ending::Exit(0), None) => Ok(Tally::one_passed()),
        (Ending::Exit(0), Some(warning)) => Err(format!("cargo package: {warning}")),
        (ending, _) => Err(format!("{ending}\n{}", run.tail(40))),
    }
}
