//! The suite behind a proxy that routes by tokens, which the program test_proxy plays with as many Godots as there are
//! pairs of classes. ENET_TEST_PROXY names another one, for example a Quilkin: see tests/godot/lib/proxied_suite.gd.

use std::path::Path;
use std::process::Command;

use crate::extension::{CLASS, STOCK_CLASS};
use crate::report::Tally;
use crate::{Outcome, project};

use super::running::{Logs, cargo, headless};

/// The name of the stage.
pub const NAME: &str = "behind a proxy";
/// The variable that names a proxy.
const VARIABLE: &str = "ENET_TEST_PROXY";
/// The suite, which no other stage runs.
pub const SUITE: &str = "proxied";

/// Runs it with servers of either class, and with our class without its thread.
pub fn run(logs: &Logs, godot: &Path, certificates: Option<&Path>) -> Outcome<Tally> {
    logs.single(
        &mut cargo(&["build", "--quiet", "--package", "test_proxy"]),
        "test-proxy",
    )?;
    let mut sum = Tally::default();
    for (server, threaded) in [(STOCK_CLASS, "on"), (CLASS, "on"), (CLASS, "off")] {
        let mut command = played(godot);
        command
            .env("ENET_TEST_THREADED", threaded)
            .args(["--script", "res://run.gd", "--", "--suite", SUITE])
            .args(["--server-class", server, "--client-class", CLASS]);
        if let Some(folder) = certificates {
            command.arg("--certificates").arg(folder);
        }
        let name = format!("proxied-{server}-{threaded}");
        let tally = logs.scripts(&mut command, &name)?;
        if tally.passed + tally.failed == 0 {
            return Err(format!("the suite {SUITE} was skipped: see the log {name}"));
        }
        sum.add(tally);
    }
    Ok(sum)
}

/// A headless Godot beside a proxy of its own, unless there is one.
fn played(godot: &Path) -> Command {
    let headless = headless(godot, "tests/godot");
    if std::env::var_os(VARIABLE).is_some() {
        return headless;
    }
    let mut command = Command::new(project::test_program("test_proxy"));
    command
        .arg(headless.get_program())
        .args(headless.get_args());
    command
}
