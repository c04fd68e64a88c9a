//! Installs the package into an empty project, plays there, exports, and plays the export.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Ending, Run};
use crate::project::{at, target};
use crate::{Outcome, apt};

use super::export::{self, Kind};
use super::templates::Templates;

const LIMIT: Duration = Duration::from_secs(600);
/// The files of the game that uses the package.
const GAME: [(&str, &str); 4] = [
    ("project.godot", include_str!("game/project.godot")),
    ("main.tscn", include_str!("game/main.tscn")),
    ("main.gd", include_str!("game/main.gd")),
    ("setup.gd", include_str!("game/setup.gd")),
];
const EXTENSION_LIST: &str = ".godot/extension_list.cfg";
/// What Godot prints when it has loaded the library.
const LOADED: &str = "Initialize godot-rust";
/// An error of Godot's own release template (4.6.3) when a client closes its peer, of either class.
const GODOTS_OWN: &str = "Attempt to disconnect a nonexistent connection from 'Main:";
/// What a crash prints first.
const CRASH: &str = "handle_crash";

/// How much is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The release export, and one import, in less than a minute.
    Brief,
    /// Also the first import as it comes, the plugin, and the debug export.
    Full,
}

/// Checks a zip.
pub fn run(godot: &Path, zip: &Path, depth: Depth) -> Outcome<()> {
    if !cfg!(target_os = "linux") {
        return Err("the check of the package exports for Linux, and runs there only".to_owned());
    }
    let templates = Templates::find(godot)?;
    let game = Game {
        godot: godot.to_owned(),
        folder: target().join("package/check"),
    };
    game.install(zip)?;
    game.import(depth)?;
    game.load()?;
    step("a server and a client in the project", || {
        play(|words| game.command(words))
    })?;
    let mut kinds = vec![Kind::Release];
    if depth == Depth::Full {
        game.enable_plugin()?;
        kinds.push(Kind::Debug);
    }
    for kind in kinds {
        let program = step(&format!("{kind} export"), || {
            export::export(godot, &game.folder, &templates, kind)
        })?;
        step(
            &format!("a server and a client of the {kind} export"),
            || play(|words| exported(&program, words)),
        )?;
    }
    apt::remove(&game.folder)
}

struct Game {
    godot: PathBuf,
    folder: PathBuf,
}

impl Game {
    /// Makes the project, and unpacks the zip into it with Godot's own reader.
    fn install(&self, zip: &Path) -> Outcome<()> {
        apt::remove(&self.folder)?;
        fs::create_dir_all(&self.folder).map_err(at(&self.folder))?;
        for (name, text) in GAME {
            let file = self.folder.join(name);
            fs::write(&file, text).map_err(at(&file))?;
        }
        let mut command = Command::new(&self.godot);
        command.args(["--headless", "--path"]).arg(&self.folder);
        command.args(["--script", "res://setup.gd", "--"]).arg(zip);
        let run = process::run(&mut command, LIMIT)?;
        clean(&run, "unpacking the zip", "unpacked")?;
        let script = self.folder.join("setup.gd");
        fs::remove_file(&script).map_err(at(&script))
    }

    fn import(&self, depth: Depth) -> Outcome<()> {
        if depth == Depth::Full {
            // As in the editor of a user, who has no list of extensions yet. Godot 4.4 to 4.6 crash at the end of it
            // (Godot's issue 111048), when all is imported.
            let run = self.import_once()?;
            if !matches!(run.ending, Ending::Exit(0) | Ending::Crash) {
                return Err(format!(
                    "the first import: {}\n{}",
                    run.ending,
                    run.tail(20)
                ));
            }
            let before_crash = run.output.split(CRASH).next().unwrap_or_default();
            no_complaint(before_crash, "the first import")?;
            println!(
                "   the first import, without {EXTENSION_LIST}: {}",
                run.ending
            );
        } else {
            let list = self.folder.join(EXTENSION_LIST);
            let folder = self.folder.join(".godot");
            fs::create_dir_all(&folder).map_err(at(&folder))?;
            fs::write(&list, "res://addons/enet_rs/enet_rs.gdextension\n").map_err(at(&list))?;
        }
        step("import", || {
            clean(&self.import_once()?, "the import", LOADED)
        })
    }

    fn import_once(&self) -> Outcome<Run> {
        let mut command = Command::new(&self.godot);
        command.args(["--headless", "--path"]).arg(&self.folder);
        process::run(command.arg("--import"), LIMIT)
    }

    /// Loads every script of the addon, with warnings as errors.
    fn load(&self) -> Outcome<()> {
        let run = process::run(&mut self.command(&["load"]), LIMIT)?;
        clean(
            &run,
            "loading the scripts",
            "loaded res://addons/enet_rs/editor/plugin.gd",
        )?;
        match run
            .output
            .lines()
            .find(|line| line.starts_with("cannot load"))
        {
            Some(line) => Err(line.to_owned()),
            None => Ok(()),
        }
    }

    /// Switches the editor's plugin on for what follows.
    fn enable_plugin(&self) -> Outcome<()> {
        let place = self.folder.join("project.godot");
        let text = fs::read_to_string(&place).map_err(at(&place))?;
        let plugin = "\n[editor_plugins]\n\nenabled=PackedStringArray(\"res://addons/enet_rs/plugin.cfg\")\n";
        fs::write(&place, text + plugin).map_err(at(&place))?;
        step("import with the plugin", || {
            clean(&self.import_once()?, "the import with the plugin", LOADED)
        })
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.godot);
        command.args(["--headless", "--path"]).arg(&self.folder);
        command.arg("--").args(words);
        command
    }
}

/// A command that starts the exported game.
pub fn exported(program: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(["--headless", "--"]).args(words);
    command
}

/// Starts a server and a client, which call each other.
fn play(command: impl Fn(&[&str]) -> Command) -> Outcome<()> {
    // The server also has the overlay, so that an export without its scripts fails.
    let mut server = process::start(&mut command(&["server", "overlay"]), LIMIT)?;
    let Some(line) = server.wait_for_line("port ") else {
        return Err(format!(
            "the server does not listen\n{}",
            server.finish()?.tail(20)
        ));
    };
    let port = line
        .trim()
        .rsplit(' ')
        .next()
        .unwrap_or_default()
        .to_owned();
    let client = process::run(&mut command(&["client", &port]), LIMIT)?;
    clean(&client, "the client", "calls answered")?;
    clean(&server.finish()?, "the server", "a client left")
}

/// Runs a step, and prints its name first.
fn step<T>(name: &str, step: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    println!("   {name}");
    step().map_err(|cause| format!("{name}: {cause}"))
}

/// Fails unless a Godot ended well, printed `text`, and complained about nothing.
pub fn clean(run: &Run, what: &str, text: &str) -> Outcome<()> {
    if run.ending != Ending::Exit(0) {
        return Err(format!("{what}: {}\n{}", run.ending, run.tail(20)));
    }
    no_complaint(&run.output, what)?;
    if run.output.contains(text) {
        return Ok(());
    }
    Err(format!("{what} did not print \"{text}\"\n{}", run.tail(20)))
}

/// Fails if Godot printed an error or a warning.
fn no_complaint(output: &str, what: &str) -> Outcome<()> {
    let is_complaint = |line: &&str| {
        (line.contains("ERROR:") || line.contains("WARNING:")) && !line.contains(GODOTS_OWN)
    };
    let mut lines = output
        .lines()
        .skip_while(|line| !is_complaint(line))
        .take(4)
        .peekable();
    if lines.peek().is_none() {
        return Ok(());
    }
    Err(format!(
        "{what} printed\n    {}",
        lines.collect::<Vec<_>>().join("\n    ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_fails_a_run_that_ended_well() {
        let run = |status, output: &str| Run {
            ending: Ending::Exit(status),
            output: output.to_owned(),
        };
        assert!(clean(&run(0, "made\n"), "it", "made").is_ok());
        assert!(clean(&run(1, "made\n"), "it", "made").is_err());
        assert!(clean(&run(0, ""), "it", "made").is_err());
        assert!(clean(&run(0, "made\nWARNING: but\n"), "it", "made").is_err());
        assert!(clean(&run(0, "made\nSCRIPT ERROR: but\n"), "it", "made").is_err());
    }
}
