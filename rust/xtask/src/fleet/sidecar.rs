//! The SDK server of the tests, which stands beside a game server as Agones' own does.

use std::process::Command;
use std::time::Duration;

use crate::process::{self, Running};
use crate::{Outcome, project};

/// The package and the program.
pub const NAME: &str = "enet_sidecar";
/// The variable by which a game server finds it.
pub const VARIABLE: &str = "AGONES_SDK_HTTP_PORT";

/// Starts one, and returns its port for the variable.
pub fn start(words: &[&str], limit: Duration) -> Outcome<(Running, String)> {
    let mut command = Command::new(project::test_program(NAME));
    let mut running = process::start(command.args(words), limit)?;
    let line = running
        .wait_for_line("port ")
        .ok_or("the SDK server does not start")?;
    let port = line.trim().trim_start_matches("port ").to_owned();
    Ok((running, port))
}
