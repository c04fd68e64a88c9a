//! Building the library for other systems on one Linux machine, and checking there what can be checked of it.
//!
//! zig serves as C compiler and linker for every system, started by cargo-zigbuild. Where the compiler has no standard
//! library for a target, the library is built from the source that Debian packages for the same version of the compiler.

pub mod building;
mod checking;
mod linux;
mod linux_arm64;
mod macho;
mod macos;
mod platforms;
mod prints;
mod table;
mod testing;
pub mod tools;
mod types;
mod windows;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use crate::Outcome;
use crate::project::target;

use platforms::Platform;
use table::{Kind, Table};

/// A library that was built for a platform.
pub struct Built {
    /// The stripped library, under the name that the addon's `.gdextension` file has for it.
    pub library: PathBuf,
    /// The same library with its symbols, under the same name.
    pub symbols: PathBuf,
}

/// Builds the library for a platform: "linux.x86_64", "linux.arm64", "windows.x86_64" or "macos".
pub fn build(platform: &str) -> Outcome<Built> {
    building::build(Platform::named(platform)?)
}

/// Builds the library for one platform or for all of them.
pub fn build_command(only: Option<&str>) -> Outcome<ExitCode> {
    let mut table = Table::default();
    for platform in Platform::chosen(only)? {
        table.row(platform.key, "library", Kind::Built, || {
            let built = build(platform.key)?;
            Ok(described(&built))
        });
    }
    Ok(table.print())
}

/// Checks one platform, or all of them and the code of the platforms that cannot be built here; of the checks only
/// those with `text` in their names.
pub fn check_command(only: Option<&str>, text: Option<&str>) -> Outcome<ExitCode> {
    let mut table = Table::of(text.unwrap_or_default());
    if only.is_none_or(types::is_known) {
        types::check(&mut table, only)?;
    }
    if !only.is_some_and(types::is_known) {
        for platform in Platform::chosen(only)? {
            checking::check(&mut table, platform);
        }
    }
    Ok(table.print())
}

/// The folder of everything that this command makes.
fn folder() -> PathBuf {
    target().join("cross")
}

fn described(built: &Built) -> String {
    let size = |path: &Path| path.metadata().map_or(0, |data| data.len());
    format!(
        "{} bytes, {} with symbols",
        grouped(size(&built.library)),
        grouped(size(&built.symbols))
    )
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Calls `work` and returns its result with the seconds that it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f32) {
    let begun = Instant::now();
    let result = work();
    (result, begun.elapsed().as_secs_f32())
}
