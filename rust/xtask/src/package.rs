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
    /// Libraries that lie in this folder, under their names in the addon, in place of built ones.
    pub libraries: Option<PathBuf>,
    /// The folder with the symbols of these libraries.
    pub symbols: Option<PathBuf>,
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
    let symbols = choice.symbols.as_deref();
    let zip = make(
        &folder()?,
        &format!("enet_rs-{VERSION}"),
        &libraries,
        symbols,
    )?;
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
    let zip = make(&folder, "enet_rs-test", &[library], None)?;
    check::run(godot, &zip, Depth::Brief)
}

/// Writes the zip, and one of the symbols if there are any; returns the path of the first.
fn make(
    folder: &Path,
    name: &str,
    libraries: &[Library],
    symbols: Option<&Path>,
) -> Outcome<PathBuf> {
    let content = folder.join("content");
    apt::remove(&content)?;
    staging::stage(&content, libraries)?;
    let zip = folder.join(format!("{name}.zip"));
    packer::zip(&zip, &content)?;
    print_size(&zip)?;

    apt::remove(&content)?;
    let symbols_zip = folder.join(format!("{name}-symbols.zip"));
    if symbols_zip.exists() {
        // Those of an earlier package do not fit this one.
        fs::remove_file(&symbols_zip).map_err(at(&symbols_zip))?;
    }
    if let Some(folder) = symbols {
        packer::zip(&symbols_zip, folder)?;
        print_size(&symbols_zip)?;
    } else if staging::stage_symbols(&content, libraries)? {
        packer::zip(&symbols_zip, &content)?;
        print_size(&symbols_zip)?;
        apt::remove(&content)?;
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
