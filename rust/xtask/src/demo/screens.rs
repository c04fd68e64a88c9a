//! Operates the screens of the demo game by keys and buttons, in a copy of its project.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::project::{self, at, root, target};
use crate::report::{Tally, engine_trouble};
use crate::{Outcome, apt, process};

const LIMIT: Duration = Duration::from_secs(180);
/// The test is an autoload, because the game itself must be the main scene.
const OVERRIDE: &str = "[autoload]\n\nScreens=\"*res://screens.gd\"\n";

/// Runs tests/demo/screens.gd in the game.
pub fn operate(godot: &Path, project: &Path) -> Outcome<()> {
    let folder = target().join("demo-screens");
    apt::remove(&folder)?;
    project::copy_folder(project, &folder)?;
    let (test, copy) = (
        root().join("tests/demo/screens.gd"),
        folder.join("screens.gd"),
    );
    fs::copy(&test, &copy).map_err(at(&test))?;
    let setting = folder.join("override.cfg");
    fs::write(&setting, OVERRIDE).map_err(at(&setting))?;
    let port = super::free_port()?.to_string();
    let mut command = Command::new(godot);
    command.args(["--headless", "--path"]).arg(&folder);
    command.args([
        "--",
        "--host",
        "--name",
        "Ada",
        "--port",
        &port,
        "--seconds",
        "150",
    ]);
    let run = process::run(&mut command, LIMIT)?;
    let tally = Tally::of_suites(&run.output)?;
    println!(
        "  screens: {} passed, {} failed",
        tally.passed, tally.failed
    );
    match engine_trouble(&run.output) {
        None if tally.failed == 0 && tally.passed > 0 => Ok(()),
        _ => Err(format!("the screens of the demo failed:\n{}", run.tail(30))),
    }
}
