//! Builds that give the same bytes in every folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::project::{at, root};

/// Gives a cargo command flags of the compiler that keep this machine's folders out of what it builds, and `others`.
/// They replace the flags of the user's environment and configuration. `target` is the command's target folder.
pub fn set(command: &mut Command, target: &Path, others: &[&str]) -> Outcome<()> {
    let mut flags = Vec::new();
    // Of several folders that contain a file, the compiler takes the last.
    for (folder, name) in folders(target)? {
        let folder = folder.to_str().ok_or("a folder's name is not UTF-8")?;
        flags.push(format!("--remap-path-prefix={folder}={name}"));
    }
    flags.extend(others.iter().map(|&flag| flag.to_owned()));
    command
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        // C code: only macros such as __FILE__ would have paths, as it is built without debug information.
        .env_remove("RUSTFLAGS");
    Ok(())
}

/// Folders of this machine, and what stands for them.
fn folders(target: &Path) -> Outcome<Vec<(PathBuf, &'static str)>> {
    let mut folders = vec![
        (root(), "enet_rs"),
        (std::path::absolute(target).map_err(at(target))?, "target"),
    ];
    // Below it is a folder for each registry, whose name depends on the machine's configuration.
    let registries = cargo_home()?.join("registry/src");
    for entry in std::fs::read_dir(&registries).map_err(at(&registries))? {
        folders.push((entry.map_err(at(&registries))?.path(), "crates"));
    }
    Ok(folders)
}

fn cargo_home() -> Outcome<PathBuf> {
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        return std::path::absolute(&home).map_err(at(Path::new(&home)));
    }
    std::env::home_dir()
        .map(|home| home.join(".cargo"))
        .ok_or_else(|| "this user has no home folder; name Cargo's in CARGO_HOME".to_owned())
}
