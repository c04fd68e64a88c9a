//! Builds that give the same bytes in every folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::project::{self, at, root, target};
use crate::{Outcome, apt, process};

/// Gives a cargo command flags of the compilers that keep this machine's folders out of what they build, and `others` for
/// Rust's. They replace the flags of the user's environment and configuration. The command's target folder must be
/// [`target`] or below it.
pub fn set(command: &mut Command, others: &[String]) -> Outcome<()> {
    let mut flags = Vec::new();
    let mut c_flags = Vec::new();
    // Of several folders that contain a file, the compiler takes the last.
    for (folder, name) in folders()? {
        let folder = folder.to_str().ok_or("a folder's name is not UTF-8")?;
        flags.push(format!("--remap-path-prefix={folder}={name}"));
        // ring has its C code compiled with debug information, of which the build id is a hash.
        c_flags.push(format!("'-ffile-prefix-map={folder}={name}'"));
    }
    flags.extend_from_slice(others);
    command
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("CFLAGS", c_flags.join(" "))
        // Folders may have spaces in their names.
        .env("CC_SHELL_ESCAPED_FLAGS", "1");
    Ok(())
}

/// Folders of this machine, and what stands for them.
fn folders() -> Outcome<Vec<(PathBuf, &'static str)>> {
    let mut folders = vec![(root(), "/enet-rs"), (target(), "/enet-rs/target")];
    // Below it is a folder for each registry, whose name depends on the machine's configuration.
    let registries = cargo_home()?.join("registry/src");
    if !registries.is_dir() {
        // Nothing was ever built on this machine: the folders must be there before the flags are made.
        let mut fetch = Command::new(project::cargo());
        fetch.args(["fetch", "--locked"]).current_dir(root());
        let run = process::run(&mut fetch, Duration::from_secs(900))?;
        apt::succeeded("cargo fetch", &run)?;
    }
    for entry in std::fs::read_dir(&registries).map_err(at(&registries))? {
        folders.push((entry.map_err(at(&registries))?.path(), "/crates"));
    }
    Ok(folders)
}

/// The folder with the sources of the crates.
pub fn cargo_home() -> Outcome<PathBuf> {
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        return std::path::absolute(&home).map_err(at(Path::new(&home)));
    }
    std::env::home_dir()
        .map(|home| home.join(".cargo"))
        .ok_or_else(|| "this user has no home folder; name Cargo's in CARGO_HOME".to_owned())
}
