//! Compiles the examples of the editor's help: those in the doc comments of the classes and of the addon's scripts.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::apt;
use crate::project::{at, root, target};
use crate::report::Tally;

use super::running::{Logs, headless};

/// Fewer than there are, so that a reader of the sources that finds none is noticed.
const LEAST: usize = 20;
/// What an example may take for granted, unless it declares the name itself.
const GIVEN: [(&str, &str); 3] = [
    ("agones", "var agones: AgonesRs"),
    ("peer", "var peer: ENetMultiplayerPeerRs"),
    ("id", "var id: int"),
];

/// Writes each example as a script of its own, and has a headless Godot compile them.
pub fn run(logs: &Logs, godot: &Path) -> Outcome<Tally> {
    let folder = target().join("help-examples");
    apt::remove(&folder)?;
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let mut count = 0;
    for (source, comment, begin, end) in [
        ("rust/godot/src", "///", "```gdscript", "```"),
        ("addons", "##", "[codeblock]", "[/codeblock]"),
    ] {
        for file in files(&root().join(source))? {
            let text = fs::read_to_string(&file).map_err(at(&file))?;
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            for (number, example) in blocks(&text, comment, begin, end).iter().enumerate() {
                let script = folder.join(format!("{stem}_{}.gd", number + 1));
                fs::write(&script, wrapped(example)).map_err(at(&script))?;
                count += 1;
            }
        }
    }
    if count < LEAST {
        return Err(format!("the help has {count} examples, fewer than {LEAST}"));
    }
    let mut command = headless(godot, "tests/godot");
    command.args(["--script", "res://examples.gd", "--"]);
    let tally = logs.scripts(command.arg(&folder), "help-examples")?;
    match tally.passed + tally.failed == count {
        true => Ok(tally),
        false => Err(format!("{count} examples, but {tally:?}")),
    }
}

/// All scripts and Rust files below a folder.
fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        let extension = path.extension().unwrap_or_default();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if extension == "rs" || extension == "gd" {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The code between the marks, without the comment's sign.
fn blocks(text: &str, comment: &str, begin: &str, end: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        let line = line.trim_start().strip_prefix(comment);
        let Some(line) = line.map(|line| line.strip_prefix(' ').unwrap_or(line)) else {
            open = None;
            continue;
        };
        match &mut open {
            None if line.trim() == begin => open = Some(String::new()),
            None => {}
            Some(_) if line.trim() == end => blocks.extend(open.take()),
            Some(code) => {
                *code += line;
                code.push('\n');
            }
        }
    }
    blocks
}

/// A script around the example: a body of functions as it stands, statements in a function.
fn wrapped(example: &str) -> String {
    let example = example.replace("    ", "\t");
    let mut script = String::from("extends Node\n");
    for (name, declaration) in GIVEN {
        let declares = |line: &str| {
            let rest = line.trim_start().strip_prefix("var ");
            rest.is_some_and(|rest| rest.split([' ', ':']).next() == Some(name))
        };
        if !example.lines().any(declares) {
            script += &format!("{declaration}\n");
        }
    }
    if example.lines().any(|line| line.starts_with("func ")) {
        return script + &example;
    }
    script += "func example() -> void:\n";
    for line in example.lines() {
        script += &format!("\t{line}\n");
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_the_code_between_the_marks() {
        let text = "/// Text.\n/// ```gdscript\n/// if a:\n///     b()\n///\n/// ```\nfn f() {}\n";
        let found = blocks(text, "///", "```gdscript", "```");
        assert_eq!(found, ["if a:\n    b()\n\n"]);
        assert_eq!(
            blocks("/// ```gdscript\nfn f() {}\n", "///", "```gdscript", "```"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn statements_get_a_function_and_functions_stay() {
        let script = wrapped("var peer := 1\nif peer:\n    pass\n");
        let body = "func example() -> void:\n\tvar peer := 1\n\tif peer:\n\t\tpass\n";
        assert!(script.starts_with("extends Node\n") && script.ends_with(body));
        // What the example declares is not given to it, and all else is.
        for (name, declaration) in GIVEN {
            assert_eq!(script.contains(&format!("{declaration}\n")), name != "peer");
        }
        assert!(
            wrapped("func f() -> void:\n    pass\n").ends_with("\nfunc f() -> void:\n\tpass\n")
        );
    }
}
