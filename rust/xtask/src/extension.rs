//! Building the extension into the addon.
//!
//! Godot's editor binary, which runs the demo and the tests, always loads the `debug` entry of
//! enet_rs.gdextension; exported release games load the `release` entry. The demo should run as fast
//! as an exported game, so it installs the release library under both names.

use std::env::consts;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::project::{self, at, root, target};

/// The class that a game uses.
pub const CLASS: &str = "ENetMultiplayerPeerRs";
/// The class it replaces.
pub const STOCK_CLASS: &str = "ENetMultiplayerPeer";

/// A profile of Cargo, and the entry in enet_rs.gdextension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// With overflow checks and assertions; quick to build.
    Debug,
    /// Optimised, for exported games.
    Release,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

/// Builds the library and installs it under the name of its own entry; returns its path.
pub fn build(profile: Profile) -> Outcome<PathBuf> {
    let library = compile(profile)?;
    install(&library, profile)
}

/// Builds the library and installs it where the editor binary loads it from.
pub fn build_for_editor(profile: Profile) -> Outcome<()> {
    let library = compile(profile)?;
    install(&library, profile)?;
    install(&library, Profile::Debug)?;
    Ok(())
}

fn compile(profile: Profile) -> Outcome<PathBuf> {
    let mut command = Command::new(project::cargo());
    // The user's Cargo configuration must not move the library elsewhere.
    command
        .args([
            "build",
            "--quiet",
            "--package",
            "enet_godot",
            "--target-dir",
        ])
        .arg(target())
        .env_remove("CARGO_BUILD_TARGET")
        .current_dir(root());
    if profile == Profile::Release {
        command.arg("--release");
    }
    let status = command
        .status()
        .map_err(|error| format!("could not start cargo: {error}"))?;
    if !status.success() {
        return Err("the extension does not build".to_owned());
    }
    let name = format!("{}enet_godot{}", consts::DLL_PREFIX, consts::DLL_SUFFIX);
    Ok(target().join(profile.name()).join(name))
}

fn install(library: &Path, entry: Profile) -> Outcome<PathBuf> {
    let folder = root().join("addons/enet_rs/bin");
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let place = folder.join(format!(
        "{}enet_godot.{}.{}.{}{}",
        consts::DLL_PREFIX,
        consts::OS,
        entry.name(),
        architecture()?,
        consts::DLL_SUFFIX
    ));
    // A running Godot may have the old library mapped; renaming leaves its file intact.
    let fresh = place.with_extension("new");
    fs::copy(library, &fresh).map_err(at(library))?;
    fs::rename(&fresh, &place).map_err(at(&place))?;
    Ok(place)
}

/// Godot's name for this machine's architecture.
fn architecture() -> Outcome<&'static str> {
    match consts::ARCH {
        "x86_64" => Ok("x86_64"),
        "x86" => Ok("x86_32"),
        "aarch64" => Ok("arm64"),
        "arm" => Ok("arm32"),
        "riscv64" => Ok("rv64"),
        other => Err(format!("Godot has no name for the architecture {other}")),
    }
}
