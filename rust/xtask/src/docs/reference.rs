//! The class reference: the help of the editor as Markdown, one page for a class.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::pages::files;
use crate::godot::version;
use crate::process::{self, Ending, Run};
use crate::project::{self, at, root, target};
use crate::report::Tally;
use crate::{Outcome, apt};

/// Where the pages are.
const FOLDER: &str = "docs/reference";
/// Versions of Godot write some signatures in different forms.
const MADE_BY: (u32, u32) = (4, 6);
/// Has the addon, and the script that makes the pages.
pub const PROJECT: &str = "tests/godot";
/// The classes of the addon that are scripts.
const SCRIPTS: &str = "res://addons/enet_rs/overlay";
const SCRIPT_CLASSES: [&str; 1] = ["ENetOverlayRs"];
const LIMIT: Duration = Duration::from_secs(120);
/// Building the extension's tests takes longer.
const BUILDING: Duration = Duration::from_secs(900);

/// Fails if the pages are not those of today's help.
pub fn check(godot: &Path) -> Outcome<Tally> {
    if version(godot)? != MADE_BY {
        println!(
            "   left out: the pages are those that Godot {}.{} makes",
            MADE_BY.0, MADE_BY.1
        );
        return Ok(Tally::default());
    }
    let (fresh, kept) = (write(godot)?, root().join(FOLDER));
    let mut tally = Tally::default();
    let mut names = files(&fresh)?;
    names.extend(files(&kept)?);
    names.sort();
    names.dedup();
    for name in names {
        let [new, old] = [&fresh, &kept]
            .map(|folder| fs::read_to_string(folder.join(&name)).unwrap_or_default());
        if new == old {
            tally.passed += 1;
        } else {
            tally.failed += 1;
            tally.failures.push(format!(
                "{FOLDER}/{name} is out of date: run cargo xtask docs --reference"
            ));
        }
    }
    Ok(tally)
}

/// Writes the pages anew.
pub fn renew(godot: &Path) -> Outcome<PathBuf> {
    let (fresh, kept) = (write(godot)?, root().join(FOLDER));
    apt::remove(&kept)?;
    project::copy_folder(&fresh, &kept)?;
    Ok(kept)
}

/// Writes today's pages into a folder of the target folder. The project has been imported with the addon.
fn write(godot: &Path) -> Outcome<PathBuf> {
    let work = target().join("reference");
    let (help, scripts, pages) = (
        work.join("doc_classes"),
        work.join("scripts"),
        work.join("pages"),
    );
    for folder in [&help, &scripts, &pages] {
        apt::remove(folder)?;
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    // The texts, from the extension itself; Godot merges its signatures into them.
    let mut command = Command::new(project::cargo());
    command
        .args(["test", "--quiet", "--package", "enet_godot", "--lib"])
        .current_dir(root());
    succeeded(
        "the help",
        &process::run(command.env("ENET_HELP_FOLDER", &help), BUILDING)?,
    )?;
    let mut command = headless(godot);
    command
        .arg("--doctool")
        .arg(&work)
        .arg("--gdextension-docs");
    succeeded("--doctool", &process::run(&mut command, LIMIT)?)?;
    let mut command = headless(godot);
    command
        .arg("--doctool")
        .arg(&scripts)
        .args(["--gdscript-docs", SCRIPTS]);
    succeeded("--doctool of scripts", &process::run(&mut command, LIMIT)?)?;

    let mut command = headless(godot);
    command
        .args(["--script", "res://reference.gd", "--"])
        .arg(&pages);
    let classes = files(&help)?;
    for name in &classes {
        command.arg(help.join(name));
    }
    for name in SCRIPT_CLASSES {
        command.arg(scripts.join(name).with_extension("xml"));
    }
    let run = process::run(&mut command, LIMIT)?;
    succeeded("reference.gd", &run)?;
    let count = classes.len() + SCRIPT_CLASSES.len() + 1;
    if !run.output.contains(&format!("{count} pages")) || run.output.contains("ERROR") {
        return Err(format!(
            "reference.gd made no {count} pages\n{}",
            run.tail(20)
        ));
    }
    Ok(pages)
}

fn headless(godot: &Path) -> Command {
    let mut command = Command::new(godot);
    command
        .args(["--headless", "--path"])
        .arg(root().join(PROJECT));
    command
}

fn succeeded(what: &str, run: &Run) -> Outcome<()> {
    match run.ending {
        Ending::Exit(0) => Ok(()),
        ending => Err(format!("{what}: {ending}\n{}", run.tail(20))),
    }
}
