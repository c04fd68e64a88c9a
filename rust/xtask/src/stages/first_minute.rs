//! What a stranger sees in the first minute if something is missing: the addon without its library, and an export for browsers.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::apt;
use crate::extension;
use crate::process::{self, Ending, Run};
use crate::project::{self, at, root, target};
use crate::report::Tally;

use super::running::{Logs, headless};

const LIMIT: Duration = Duration::from_secs(180);
const SCRIPT: &str = "first_minute.gd";
const SETTINGS: &str = "config_version=5\n[application]\nconfig/name=\"first minute\"\n\
    [editor_plugins]\nenabled=PackedStringArray(\"res://addons/enet_rs/plugin.cfg\")\n";
const PRESET: &str = "[preset.0]\nname=\"Web\"\nplatform=\"Web\"\nrunnable=true\nexport_filter=\"all_resources\"\n\
    include_filter=\"\"\nexclude_filter=\"\"\nexport_path=\"\"\n[preset.0.options]\nvariant/extensions_support=true\n";
/// What the engine prints about a missing library, in each of its attempts.
const ENGINE_LINES: [&str; 4] = [
    "!FileAccess::exists(path)",
    "GDExtension dynamic library not found",
    "Error loading extension",
    "No \"wasm32\" library found",
];

/// Runs the cases with the library and without it, and an editor without it.
pub fn run(logs: &Logs, godot: &Path) -> Outcome<Tally> {
    let mut command = headless(godot, "tests/godot");
    command.arg("--script").arg(format!("res://{SCRIPT}"));
    let mut tally = logs.scripts(&mut command, "first-minute")?;

    let folder = target().join("first-minute");
    apt::remove(&folder)?;
    let addon = folder.join("addons/enet_rs");
    project::copy_folder(&root().join("addons/enet_rs"), &addon)?;
    apt::remove(&addon.join("bin"))?;
    let script = fs::read_to_string(root().join("tests/godot").join(SCRIPT));
    let script = script.map_err(|error| format!("{SCRIPT}: {error}"))?;
    for (file, text) in [
        ("project.godot", SETTINGS),
        ("export_presets.cfg", PRESET),
        (SCRIPT, &script),
    ] {
        let file = folder.join(file);
        fs::write(&file, text).map_err(at(&file))?;
    }
    let mut command = program(godot, &folder);
    command.arg("--script").arg(format!("res://{SCRIPT}"));
    tally.add(logs.scripts(&mut command, "first-minute-without")?);

    // One start of the editor shows both: the missing library, and the warning of an export for browsers.
    let mut command = program(godot, &folder);
    command.args(["--export-pack", "Web"]);
    let run = process::run(command.arg(folder.join("web.zip")), LIMIT)?;
    judge(&run)?;
    tally.passed += 1;
    Ok(tally)
}

fn program(godot: &Path, project: &Path) -> Command {
    let mut command = Command::new(godot);
    command.args(["--headless", "--path"]).arg(project);
    command
}

/// Beside the engine's lines, the editor prints one error about the library and one warning about the browser.
fn judge(run: &Run) -> Outcome<()> {
    let library = extension::file_name()?;
    let expected = [
        format!("ERROR: enet_rs: addons/enet_rs/bin/{library} is missing. Copy the whole folder"),
        "WARNING: enet_rs: The exported game lacks the classes of enet_rs: browsers have no UDP"
            .to_owned(),
    ];
    for text in &expected {
        let count = run
            .output
            .lines()
            .filter(|line| line.contains(text))
            .count();
        if count != 1 {
            return Err(format!("{count} lines with \"{text}\"\n{}", run.tail(8)));
        }
    }
    let other = run.output.lines().find(|line| {
        let is_trouble = ["ERROR:", "WARNING: enet_rs"]
            .iter()
            .any(|mark| line.contains(mark));
        let is_known = ENGINE_LINES.iter().any(|text| line.contains(text))
            || expected.iter().any(|text| line.contains(text));
        is_trouble && !is_known
    });
    match (run.ending, other) {
        (Ending::Exit(0), None) => Ok(()),
        (_, Some(line)) => Err(format!("an editor without the library printed: {line}")),
        (ending, None) => Err(format!("{ending}\n{}", run.tail(20))),
    }
}
