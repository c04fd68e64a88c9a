//! Building the extension into the addon.
//!
//! Godot's editor binary, which runs the demo and the tests, always takes the `debug` entry of
//! enet_rs.gdextension; exported release games take the `release` one. The demo should show the
//! speed a player gets, so it puts the release library under both names.

use std::env::consts;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::project::{self, at, root, target};

/// The class a game uses.
pub const CLASS: &str = "ENetMultiplayerPeerRs";
/// The class it replaces.
pub const STOCK_CLASS: &str = "ENetMultiplayerPeer";

/// Cargo's profiles, and the entries in enet_rs.gdextension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Checks on, quick to build.
    Debug,
    /// What games ship.
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

/// The ENet engine inside of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// The one that games ship.
    #[default]
    Own,
    /// Crate rusty_enet, for comparison.
    Rusty,
}

impl Engine {
    /// Reads what a user wrote.
    pub fn parse(text: Option<&str>) -> Outcome<Self> {
        match text {
            None | Some("own") => Ok(Self::Own),
            Some("rusty") => Ok(Self::Rusty),
            Some(other) => Err(format!("--engine must be own or rusty, not \"{other}\"")),
        }
    }
}

/// Builds the library and puts it into the addon under its own entry's name.
pub fn build(profile: Profile) -> Outcome<PathBuf> {
    let library = compile(profile, Engine::Own)?;
    install(&library, profile)
}

/// Builds the library and puts it where the editor binary loads it from.
pub fn build_for_editor(profile: Profile, engine: Engine) -> Outcome<()> {
    let library = compile(profile, engine)?;
    install(&library, profile)?;
    install(&library, Profile::Debug)?;
    Ok(())
}

fn compile(profile: Profile, engine: Engine) -> Outcome<PathBuf> {
    let mut command = Command::new(project::cargo());
    // Whatever a user's configuration says, the library must be where we look for it.
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
    if engine == Engine::Rusty {
        command.args(["--features", "rusty_enet"]);
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
    // A Godot may have the old one open: it keeps it, and the new one takes over the name.
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
