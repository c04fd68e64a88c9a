//! Exporting the game of the check, and what of the addon the export has.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process;
use crate::project::at;
use crate::{Outcome, apt, extension};

use super::check::{clean, exported};
use super::templates::Templates;

const LIMIT: Duration = Duration::from_secs(600);
const PRESETS: &str = include_str!("game/export_presets.cfg");
/// The preset's name.
const PRESET: &str = "check";
const ADDON: &str = "res://addons/enet_rs/";
/// What a game needs of the addon, besides the library: its description, the overlay, which any scene may have, and
/// the icons, which Godot exports with each project that has them.
const NEEDED: [&str; 3] = ["enet_rs.gdextension", "overlay/", "icons/"];

/// A kind of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For players.
    Release,
    /// With Godot's checks.
    Debug,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Release => "release",
            Self::Debug => "debug",
        })
    }
}

/// Exports the project; returns the program. Fails if the export has more of the addon than a game needs.
pub fn export(godot: &Path, project: &Path, templates: &Templates, kind: Kind) -> Outcome<PathBuf> {
    let presets = project.join("export_presets.cfg");
    fs::write(&presets, settings(templates)?).map_err(at(&presets))?;
    // Beside the project: what lies in it would be exported the next time.
    let folder = project.with_file_name(format!("export-{kind}"));
    apt::remove(&folder)?;
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let program = folder.join("game");
    let mut command = Command::new(godot);
    command.args(["--headless", "--path"]).arg(project);
    command
        .arg(format!("--export-{kind}"))
        .args([PRESET])
        .arg(&program);
    clean(&process::run(&mut command, LIMIT)?, "Godot's export", "")?;

    let files = files(&folder)?;
    let library = extension::place()?;
    let library = library.file_name().unwrap_or_default().to_string_lossy();
    let expected: BTreeSet<String> = ["game", "game.pck", &library].map(str::to_owned).into();
    if files != expected {
        return Err(format!(
            "the export has the files {files:?}, and {expected:?} were expected"
        ));
    }
    check_pack(&program)?;
    Ok(program)
}

fn settings(templates: &Templates) -> Outcome<String> {
    let platform = extension::platform()?;
    let architecture = platform
        .split('.')
        .nth(1)
        .ok_or("a platform without an architecture")?;
    Ok(PRESETS
        .replace("@RELEASE@", &templates.release)
        .replace("@DEBUG@", &templates.debug)
        .replace("@ARCHITECTURE@", architecture))
}

/// Lets the exported game list what is in its pack.
fn check_pack(program: &Path) -> Outcome<()> {
    let run = process::run(&mut exported(program, &["list"]), LIMIT)?;
    clean(&run, "the exported game", "has res://main.tscn")?;
    let listed = run
        .output
        .lines()
        .filter_map(|line| line.trim().strip_prefix("has "));
    let ours: Vec<&str> = listed.filter_map(|file| file.strip_prefix(ADDON)).collect();
    let overlay = ours
        .iter()
        .filter(|file| file.starts_with("overlay/"))
        .count();
    println!(
        "      of the addon: {} files, {overlay} of them the overlay's",
        ours.len()
    );
    let needless = needless(&ours);
    if overlay == 0 || !needless.is_empty() {
        return Err(format!(
            "the pack has {overlay} files of the overlay, and needlessly {needless:?}"
        ));
    }
    Ok(())
}

fn needless<'a>(files: &[&'a str]) -> Vec<&'a str> {
    let is_needed = |file: &str| NEEDED.iter().any(|start| file.starts_with(start));
    files
        .iter()
        .copied()
        .filter(|file| !is_needed(file))
        .collect()
}

fn files(folder: &Path) -> Outcome<BTreeSet<String>> {
    let entries = fs::read_dir(folder).map_err(at(folder))?;
    entries
        .map(|entry| {
            let name = entry.map_err(at(folder))?.file_name();
            Ok(name.to_string_lossy().into_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::needless;

    #[test]
    fn files_of_the_editor_are_needless() {
        let files = [
            "enet_rs.gdextension",
            "overlay/view.gdc",
            "editor/plugin.gdc",
            "plugin.cfg",
        ];
        assert_eq!(needless(&files), ["editor/plugin.gdc", "plugin.cfg"]);
    }
}
