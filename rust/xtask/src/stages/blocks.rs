//! The code of all documents: GDScript is compiled, and run where a mark asks for it; shell lines and settings are checked.
//!
//! A mark is an HTML comment in the line before a block:
//!
//! - `<!-- run -->`: the block runs. Otherwise it is only compiled.
//! - `<!-- run after CODE: TEXT -->`: the block runs after this code, and prints TEXT. Both may be left out.
//! - `<!-- recipe: NAME -->`: `recipes.rs` runs the block.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::docs::markdown::Block;
use crate::docs::pages::{self, Page};
use crate::process::{self, Ending};
use crate::project::{self, at, root, target};
use crate::report::Tally;
use crate::{Outcome, apt, demo};

use super::running::{Logs, counted};

/// The name of the stage.
pub const NAME: &str = "the code of the documents";
const LIMIT: Duration = Duration::from_secs(120);
/// Loads all blocks in one Godot.
const PLAYER: &str = "tests/godot/documents.gd";
const SETTINGS: &str = "config_version=5\n[application]\nconfig/name=\"documents\"\n";
/// The port of the examples. Other programs may have it, so the run takes a free one.
const PORT: &str = "24565";
/// What a fragment may name without declaring it.
const CONTEXT: &str = "\
extends Node
var peer: ENetMultiplayerPeerRs
var server: ENetMultiplayerPeerRs
var client: ENetMultiplayerPeerRs
var connection: ENetConnectionRs
var agones: AgonesRs
var id := 1
";

/// Checks the blocks of all pages.
pub fn run(godot: &Path, logs: &Logs) -> Outcome<Tally> {
    let folder = target().join("documents");
    apt::remove(&folder)?;
    project::copy_folder(&root().join("addons"), &folder.join("addons"))?;
    let player = root().join(PLAYER);
    fs::copy(&player, folder.join("documents.gd")).map_err(at(&player))?;
    let settings = folder.join("project.godot");
    fs::write(&settings, SETTINGS).map_err(at(&settings))?;

    let pages = pages::all()?;
    let port = demo::free_port()?.to_string();
    let mut list = String::new();
    let mut prints = Vec::new();
    for (page, block) in blocks(&pages, "gdscript") {
        let (name, plan) = (
            format!("{}:{}", page.path, block.line),
            Plan::of(&block.mark),
        );
        let file = format!("block_{}.gd", name.replace(['/', ':', '.'], "_"));
        let path = folder.join(&file);
        fs::write(&path, script(&block.code.replace(PORT, &port), plan.before))
            .map_err(at(&path))?;
        let kind = if plan.runs { "run" } else { "compile" };
        let _ = writeln!(list, "{name}\t{file}\t{kind}");
        if !plan.expected.is_empty() {
            prints.push((name, plan.expected));
        }
    }
    for (page, block) in blocks(&pages, "ini") {
        let name = format!("{}:{}", page.path, block.line);
        let file = format!("settings_{}.cfg", name.replace(['/', ':', '.'], "_"));
        let path = folder.join(&file);
        fs::write(&path, &block.code).map_err(at(&path))?;
        let _ = writeln!(list, "{name}\t{file}\tsettings");
    }
    let path = folder.join("blocks.txt");
    fs::write(&path, list).map_err(at(&path))?;

    let import = project::import(godot, &folder)?;
    if import.ending != Ending::Exit(0) {
        return Err(format!(
            "the import: {}\n{}",
            import.ending,
            import.tail(20)
        ));
    }
    let mut command = Command::new(godot);
    command.args(["--headless", "--path"]).arg(&folder);
    let run = logs.run(
        command.args(["--script", "res://documents.gd"]),
        "documents",
    )?;
    let mut tally = counted(&run)?;
    for (name, expected) in prints {
        let printed = run.output.split_once(&format!("begin documents {name}\n"));
        let printed = printed.map_or("", |(_, rest)| {
            rest.split("ok documents").next().unwrap_or_default()
        });
        if !printed.contains(expected) {
            tally.failed += 1;
            tally
                .failures
                .push(format!("{name}: printed no \"{expected}\""));
        }
    }
    let wrong = shell(godot, &pages)?;
    tally.passed += blocks(&pages, "sh").count().saturating_sub(wrong.len());
    tally.failed += wrong.len();
    tally.failures.extend(wrong);
    Ok(tally)
}

/// What a block's mark asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan<'a> {
    runs: bool,
    /// Code that runs before the block.
    before: &'a str,
    /// What it prints.
    expected: &'a str,
}

impl<'a> Plan<'a> {
    fn of(mark: &'a str) -> Self {
        let Some(rest) = mark.strip_prefix("run") else {
            return Self::default();
        };
        let (head, expected) = rest.split_once(':').unwrap_or((rest, ""));
        let before = head.trim().strip_prefix("after ").unwrap_or_default();
        Self {
            runs: true,
            before,
            expected: expected.trim(),
        }
    }
}

fn blocks<'a>(pages: &'a [Page], language: &'a str) -> impl Iterator<Item = (&'a Page, &'a Block)> {
    let all = pages
        .iter()
        .flat_map(|page| page.parts.blocks.iter().map(move |block| (page, block)));
    all.filter(move |(_, block)| block.language == language)
}

/// A script with the code in it. Lines that can stand only in a function are put into one, behind `before`.
fn script(code: &str, before: &str) -> String {
    let is_declaration = |line: &str| {
        let words = [
            "func ",
            "static func ",
            "@",
            "signal ",
            "enum ",
            "class_name ",
            "extends ",
        ];
        words.iter().any(|word| line.starts_with(word))
    };
    if code.lines().any(|line| line.starts_with("extends ")) {
        return code.to_owned();
    }
    if code.lines().any(is_declaration) {
        // What the block declares itself, the context must not declare again.
        let is_new = |line: &&str| {
            let name = line
                .strip_prefix("var ")
                .and_then(|rest| rest.split([':', ' ']).next());
            name.is_none_or(|name| {
                !code
                    .lines()
                    .any(|line| line.starts_with(&format!("var {name} ")))
            })
        };
        let context: Vec<&str> = CONTEXT.lines().filter(is_new).collect();
        return format!("{}\n{code}", context.join("\n"));
    }
    let mut script = format!("{CONTEXT}func _run() -> void:\n");
    // The examples are indented with tabs, or with two or four spaces; a script has tabs alone.
    let is_narrow = code
        .lines()
        .any(|line| line.starts_with("  ") && !line.starts_with("   "));
    let step = if is_narrow { 2 } else { 4 };
    for line in before.lines().chain(code.lines()) {
        let text = line.trim_start_matches(' ');
        let depth = 1 + (line.len() - text.len()) / step;
        let _ = writeln!(script, "{}{text}", "\t".repeat(depth));
    }
    script
}

/// Describes each shell block that the shell cannot parse, and each option that Godot does not know.
fn shell(godot: &Path, pages: &[Page]) -> Outcome<Vec<String>> {
    let help = process::run(Command::new(godot).arg("--help"), LIMIT)?.output;
    // The help is coloured, so that a word may stand right behind a colour's code.
    let options = help.match_indices("--").map(|(at, _)| {
        let rest = &help[at..];
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '-');
        &rest[..end.unwrap_or(rest.len())]
    });
    let known: BTreeSet<&str> = options.collect();
    let mut found = Vec::new();
    for (page, block) in blocks(pages, "sh") {
        if cfg!(unix) {
            let run = process::run(Command::new("sh").args(["-n", "-c", &block.code]), LIMIT)?;
            if run.ending != Ending::Exit(0) {
                found.push(format!(
                    "{}:{}: {}",
                    page.path,
                    block.line,
                    run.output.trim()
                ));
            }
        }
        for (index, line) in block.code.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((_, arguments)) = line
                .split_once("godot ")
                .filter(|(before, _)| !before.contains("xtask"))
            else {
                continue;
            };
            let own = arguments.split(" -- ").next().unwrap_or_default();
            for word in own
                .split_whitespace()
                .filter(|word| word.starts_with("--") && *word != "--")
            {
                let name = word.split('=').next().unwrap_or_default();
                if !known.contains(name) {
                    found.push(format!(
                        "{}:{}: Godot has no option {word}",
                        page.path,
                        block.line + index
                    ));
                }
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_are_put_into_a_function_and_declarations_are_not() {
        let made = script("if a:\n    b()\n", "c()");
        assert!(made.ends_with("func _run() -> void:\n\tc()\n\tif a:\n\t\tb()\n"));
        let own = script("var peer := 1\nfunc a() -> void:\n\tpass\n", "");
        assert!(own.matches("var peer").count() == 1 && own.contains("var server"));
        assert!(!script("func a() -> void:\n\tpass\n", "").contains("_run"));
        assert_eq!(script("extends Control\n", ""), "extends Control\n");
    }

    #[test]
    fn marks_are_read() {
        assert!(!Plan::of("recipe: x").runs && !Plan::of("").runs);
        let plan = Plan::of("run after peer.create_server(0): a b");
        assert_eq!(
            (plan.before, plan.expected),
            ("peer.create_server(0)", "a b")
        );
        assert!(
            Plan::of("run")
                == Plan {
                    runs: true,
                    ..Plan::default()
                }
        );
    }
}
