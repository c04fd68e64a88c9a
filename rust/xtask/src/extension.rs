//! Building the extension into the addon.
//!
//! The editor, debug exports and release exports load the same file, so that what was tested is what players get.
//! The build that came last is the one that they load.

use std::env::consts;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cross::{building, tools};
use crate::project::{self, at, root, target};
use crate::{Outcome, pgo};

/// The class that a game uses.
pub const CLASS: &str = "ENetMultiplayerPeerRs";
/// The class it replaces.
pub const STOCK_CLASS: &str = "ENetMultiplayerPeer";

/// The profile of Cargo for libraries that ship. The profiles of [`pgo`] are for no other.
pub const SHIPPING: &str = "shipping";

/// A kind of library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// With overflow checks and assertions; quick to build.
    Debug,
    /// Optimised, for games.
    Release,
}

/// Builds the library and installs it into the addon; returns its path there.
pub fn build(profile: Profile) -> Outcome<PathBuf> {
    install(&compile(profile)?)
}

fn compile(profile: Profile) -> Outcome<PathBuf> {
    if profile == Profile::Release {
        return release();
    }
    finish(cargo_build().arg("--target-dir").arg(target()))?;
    Ok(target().join("debug").join(built_name()))
}

/// The library that games ship.
fn release() -> Outcome<PathBuf> {
    let triple = tools::host()?;
    let profile = pgo::find(&triple)?;
    let mut flags = pgo::flags(profile.as_deref());
    // A Mac's library would have to be signed again.
    if consts::OS != "linux" || tools::objcopy().is_err() {
        flags.push("-Cstrip=symbols".to_owned());
        return shipping(&target(), &triple, &flags);
    }
    let whole = shipping(&target(), &triple, &flags)?;
    if let Some(profile) = profile
        && let Err(cause) = pgo::fits(&whole, &profile)
    {
        eprintln!("note: {cause}");
    }
    let stripped = whole.with_extension("stripped");
    building::strip(&whole, &stripped)?;
    Ok(stripped)
}

/// Builds the library of the profile [`SHIPPING`] for a target, with flags of the compiler that replace the user's, and
/// returns its path below `folder`.
pub fn shipping(folder: &Path, triple: &str, flags: &[String]) -> Outcome<PathBuf> {
    let (mut command, library) = shipping_command(folder, triple);
    finish(command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")))?;
    Ok(library)
}

/// The command that builds this library, without flags of the compiler, and the library's path.
pub fn shipping_command(folder: &Path, triple: &str) -> (Command, PathBuf) {
    let mut command = cargo_build();
    command
        .args(["--profile", SHIPPING, "--target", triple, "--target-dir"])
        .arg(folder);
    let library = folder.join(triple).join(SHIPPING).join(built_name());
    (command, library)
}

fn cargo_build() -> Command {
    let mut command = Command::new(project::cargo());
    // The user's Cargo configuration must not move the library elsewhere.
    command
        .args(["build", "--quiet", "--package", "enet_godot"])
        .env_remove("CARGO_BUILD_TARGET")
        .current_dir(root());
    command
}

fn finish(command: &mut Command) -> Outcome<()> {
    let status = command
        .status()
        .map_err(|error| format!("could not start cargo: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err("the extension does not build".to_owned()),
    }
}

fn built_name() -> String {
    format!("{}enet_godot{}", consts::DLL_PREFIX, consts::DLL_SUFFIX)
}

fn install(library: &Path) -> Outcome<PathBuf> {
    install_as(library, &file_name()?)
}

/// Installs a library into the addon under a name of the `.gdextension` file; returns its path there.
pub fn install_as(library: &Path, name: &str) -> Outcome<PathBuf> {
    let folder = root().join("addons/enet_rs/bin");
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let place = folder.join(name);
    // A running Godot may have the old library mapped; renaming leaves its file intact.
    let fresh = place.with_extension("new");
    fs::copy(library, &fresh).map_err(at(library))?;
    fs::rename(&fresh, &place).map_err(at(&place))?;
    Ok(place)
}

/// The library's name in the addon, for this machine.
pub fn file_name() -> Outcome<String> {
    let (prefix, suffix) = (consts::DLL_PREFIX, consts::DLL_SUFFIX);
    Ok(format!("{prefix}enet_godot.{}{suffix}", platform()?))
}

/// Where the library for this machine lies in the addon.
pub fn place() -> Outcome<PathBuf> {
    Ok(root().join("addons/enet_rs/bin").join(file_name()?))
}

/// This machine's platform, in the words of enet_rs.gdextension.
pub fn platform() -> Outcome<String> {
    Ok(format!("{}{}", consts::OS, architecture()?))
}

/// The part of the file's name that stands for this machine's architecture, in Godot's words. One file serves all Macs.
fn architecture() -> Outcome<&'static str> {
    match consts::ARCH {
        _ if consts::OS == "macos" => Ok(""),
        "x86_64" => Ok(".x86_64"),
        "x86" => Ok(".x86_32"),
        "aarch64" => Ok(".arm64"),
        "arm" => Ok(".arm32"),
        "riscv64" => Ok(".rv64"),
        other => Err(format!("Godot has no name for the architecture {other}")),
    }
}
