//! The C# wrapper of the extension's classes, `addons/enet_rs/csharp`, generated from what Godot says of them.

mod class;
mod compiler;
mod types;
mod xml;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Ending};
use crate::project::{at, root, target};
use crate::report::Tally;
use crate::{Outcome, apt};
use class::Class;
use xml::Element;

const FOLDER: &str = "addons/enet_rs/csharp";
/// The project whose extension Godot is asked about.
const PROJECT: &str = "tests/godot";
/// The files of the wrapper that are written by hand.
const BY_HAND: [&str; 1] = ["ENetObject.cs"];

/// Writes the wrapper.
pub fn write(godot: &Path) -> Outcome<()> {
    let folder = root().join(FOLDER);
    for (name, text) in generated(godot)? {
        let file = folder.join(name);
        fs::write(&file, text).map_err(at(&file))?;
    }
    Ok(())
}

/// Whether the files are those that [`write()`] would write, compile, and do what tests/csharp expects.
pub fn check(godot: &Path) -> Outcome<Tally> {
    let folder = root().join(FOLDER);
    let generated = generated(godot)?;
    for (name, text) in &generated {
        let file = folder.join(name);
        let present = fs::read_to_string(&file).unwrap_or_default();
        if &present.replace("\r\n", "\n") != text {
            return Err(format!(
                "{FOLDER}/{name} does not agree with the extension; run \"cargo xtask csharp\""
            ));
        }
    }
    for entry in fs::read_dir(&folder).map_err(at(&folder))? {
        let name = entry.map_err(at(&folder))?.file_name();
        let name = name.to_string_lossy();
        let is_known = BY_HAND.contains(&&*name) || generated.contains_key(&*name);
        if name.ends_with(".cs") && !is_known {
            return Err(format!("{FOLDER}/{name} is the wrapper of no class"));
        }
    }
    compiler::check(&folder)
}

/// The files of the wrapper, by their names.
fn generated(godot: &Path) -> Outcome<BTreeMap<String, String>> {
    let classes = described(godot)?;
    let own: Vec<&str> = classes
        .iter()
        .map(|class| class.needed("name"))
        .collect::<Outcome<_>>()?;
    let mut files = BTreeMap::new();
    for class in &classes {
        let class = Class::read(class, &classes, &own)?;
        files.insert(format!("{}.cs", class.name), class.text());
    }
    Ok(files)
}

/// The classes of the extension as Godot describes them.
fn described(godot: &Path) -> Outcome<Vec<Element>> {
    let folder = target().join("csharp/classes");
    apt::remove(&folder)?;
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let mut command = Command::new(godot);
    command.args(["--headless", "--path"]);
    command.arg(root().join(PROJECT));
    command
        .arg("--doctool")
        .arg(&folder)
        .arg("--gdextension-docs");
    let run = process::run(&mut command, Duration::from_secs(120))?;
    if run.ending != Ending::Exit(0) {
        return Err(format!("{}\n{}", run.ending, run.tail(20)));
    }
    let mut files = files(&folder.join("doc_classes"), "xml")?;
    files.sort();
    if files.is_empty() {
        return Err("Godot describes no class: did it load the extension?".to_owned());
    }
    let read = |file: &PathBuf| Element::parse(&fs::read_to_string(file).map_err(at(file))?);
    files.iter().map(read).collect()
}

/// The files of a folder with the extension.
fn files(folder: &Path, extension: &str) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let file = entry.map_err(at(folder))?.path();
        if file.extension().is_some_and(|it| it == extension) {
            found.push(file);
        }
    }
    found.sort();
    Ok(found)
}
