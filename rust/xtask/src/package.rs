//! The zip that Godot's Asset Store gets, and the one with the symbols.

mod check;
mod export;
mod libraries;
mod packer;
mod staging;
mod templates;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::project::{at, target};
use crate::{Outcome, apt, extension, godot};
use libraries::Library;

pub use check::Depth;

/// The version of the package. Cargo.toml is its only source.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the command's options say.
pub struct Choice {
    /// Libraries of all platforms that this machine can build for.
    pub is_all: bool,
    /// Libraries that lie in this folder, in a folder for each platform, in place of built ones.
    pub libraries: Option<PathBuf>,
    /// Whether the zip is installed, exported and played.
    pub is_checked: bool,
}

/// `cargo xtask package`.
pub fn run(choice: &Choice) -> Outcome<ExitCode> {
    let libraries = match &choice.libraries {
        Some(folder) => libraries::lying_in(folder)?,
        None if choice.is_all => libraries::all()?,
        None => vec![libraries::host()?],
    };
    for library in &libraries {
        library.print()?;
    }
    let zip = make(&folder()?, &format!("enet_rs-{VERSION}"), &libraries)?;
    if choice.is_checked {
        check::run(&godot::find()?, &zip, Depth::Full)?;
        println!("the package was installed, exported and played");
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks a package of the library that lies in the addon.
pub fn check_installed(godot: &Path) -> Outcome<()> {
    let library = Library::new(&extension::platform()?, &extension::place()?, None);
    let folder = folder()?.join("test");
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let zip = make(&folder, "enet_rs-test", &[library])?;
    check::run(godot, &zip, Depth::Brief)
}

/// Writes both zips; returns the path of the first.
fn make(folder: &Path, name: &str, libraries: &[Library]) -> Outcome<PathBuf> {
    let content = folder.join("content");
    apt::remove(&content)?;
    staging::stage(&content, libraries)?;
    let zip = folder.join(format!("{name}.zip"));
    packer::zip(&zip, &content)?;
    print_size(&zip)?;

    apt::remove(&content)?;
    let symbols = folder.join(format!("{name}-symbols.zip"));
    if staging::stage_symbols(&content, libraries)? {
        packer::zip(&symbols, &content)?;
        print_size(&symbols)?;
        apt::remove(&content)?;
    } else if symbols.exists() {
        // Those of an earlier package do not fit this one.
        fs::remove_file(&symbols).map_err(at(&symbols))?;
    }
    Ok(zip)
}

fn folder() -> Outcome<PathBuf> {
    let folder = target().join("package");
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    Ok(folder)
}

fn print_size(file: &Path) -> Outcome<()> {
    let size = fs::metadata(file).map_err(at(file))?.len();
    println!("{} ({})", file.display(), readable(size));
    Ok(())
}

/// A size in megabytes, as the Store shows sizes.
fn readable(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
