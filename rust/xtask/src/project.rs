//! The checkout's folders, and preparing a Godot project to run.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::extension::CLASS;
use crate::process::{self, Ending, Run};
use crate::{Failure, Outcome};

/// The checkout's root.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest
        .ancestors()
        .nth(2)
        .expect("this crate is in rust/xtask")
        .to_path_buf()
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A program of the tests, which `cargo build --package` made.
pub fn test_program(name: &str) -> PathBuf {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    target().join("debug").join(file)
}

/// The cargo that runs this command, or the one on the PATH.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// An import that takes longer is considered hung.
const IMPORT_LIMIT: Duration = Duration::from_secs(180);

/// Adds the path to an error of the file system.
pub fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Failure + '_ {
    move |error| format!("{}: {error}", path.display())
}

/// Prepares a Godot project: its link to the addon, its list of extensions, its imported files.
pub fn prepare(godot: &Path, project: &Path) -> Outcome<()> {
    prepare_within(godot, project, IMPORT_LIMIT)
}

/// The same with a time limit, for a Godot that is emulated.
pub fn prepare_within(godot: &Path, project: &Path, limit: Duration) -> Outcome<()> {
    link_addons(project)?;
    let run = import_within(godot, project, limit)?;
    if run.ending != Ending::Exit(0) {
        return Err(format!(
            "importing {} failed ({})\n{}",
            project.display(),
            run.ending,
            run.tail(20)
        ));
    }
    if !run.output.contains("Initialize godot-rust") {
        return Err(format!(
            "Godot did not load the extension, so there is no class {CLASS}\n{}",
            run.tail(20)
        ));
    }
    Ok(())
}

/// Imports a Godot project, which may have the addon.
pub fn import(godot: &Path, project: &Path) -> Outcome<Run> {
    import_within(godot, project, IMPORT_LIMIT)
}

fn import_within(godot: &Path, project: &Path, limit: Duration) -> Outcome<Run> {
    // Godot up to 4.7 crashes at the end of a headless import that discovers an extension (Godot's
    // issue 111048). An extension that is listed already avoids it.
    if project.join("addons").exists() {
        let cache = project.join(".godot");
        fs::create_dir_all(&cache).map_err(at(&cache))?;
        let list = cache.join("extension_list.cfg");
        fs::write(&list, "res://addons/enet_rs/enet_rs.gdextension\n").map_err(at(&list))?;
    }
    let mut command = Command::new(godot);
    command
        .arg("--headless")
        .arg("--path")
        .arg(project)
        .arg("--import");
    process::run(&mut command, limit)
}

/// Copies the addon into the project where the checkout has a text file instead of a symbolic link.
fn link_addons(project: &Path) -> Outcome<()> {
    let link = project.join("addons");
    let source = root().join("addons");
    let manifest = source.join("enet_rs/enet_rs.gdextension");
    if !manifest.is_file() {
        return Err(format!("{} is missing", manifest.display()));
    }
    if link.is_symlink() {
        return Ok(());
    }
    if link.is_file() {
        fs::remove_file(&link).map_err(at(&link))?;
    }
    copy_folder(&source, &link)
}

/// Copies a folder with all that is in it; links are followed.
pub fn copy_folder(from: &Path, to: &Path) -> Outcome<()> {
    fs::create_dir_all(to).map_err(at(to))?;
    for entry in fs::read_dir(from).map_err(at(from))? {
        let entry = entry.map_err(at(from))?;
        let (source, copy) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_folder(&source, &copy)?;
        } else {
            fs::copy(&source, &copy).map_err(at(&copy))?;
        }
    }
    Ok(())
}
