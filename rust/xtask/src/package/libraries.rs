//! The libraries that go into the package: built here, or brought from elsewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{self};
use crate::project::{at, root, target};
use crate::{Outcome, apt, cross, extension, pgo, reproducible};

use super::{packer, readable};

/// The oldest glibc that a package should ask for: Debian 10's and that of the systems of its time.
const OLDEST_GLIBC: &str = "2.28";
/// Platforms that this machine can build for, as enet_rs.gdextension names them.
const BUILT_HERE: [&str; 4] = ["linux.x86_64", "linux.arm64", "windows.x86_64", "macos"];
/// The names that Rust has for the platforms of enet_rs.gdextension.
const TARGETS: [(&str, &[&str]); 14] = [
    ("linux.x86_64", &["x86_64-unknown-linux-gnu"]),
    ("linux.x86_32", &["i686-unknown-linux-gnu"]),
    ("linux.arm64", &["aarch64-unknown-linux-gnu"]),
    ("linux.arm32", &["armv7-unknown-linux-gnueabihf"]),
    ("linux.rv64", &["riscv64gc-unknown-linux-gnu"]),
    ("windows.x86_64", &["x86_64-pc-windows-gnu"]),
    ("windows.x86_32", &["i686-pc-windows-msvc"]),
    ("windows.arm64", &["aarch64-pc-windows-msvc"]),
    ("macos", &["aarch64-apple-darwin", "x86_64-apple-darwin"]),
    ("android.x86_64", &["x86_64-linux-android"]),
    ("android.x86_32", &["i686-linux-android"]),
    ("android.arm64", &["aarch64-linux-android"]),
    ("android.arm32", &["armv7-linux-androideabi"]),
    ("ios.arm64", &["aarch64-apple-ios"]),
];
const BUILD_LIMIT: Duration = Duration::from_secs(3600);

/// Licences of code that zig links into libraries, by the start of the platform's name, below zig's folder.
const OF_ZIG: [(&str, &str, &str); 2] = [
    (
        "windows",
        "The run-time files of mingw-w64",
        "lib/libc/mingw/COPYING",
    ),
    ("", "LLVM's libunwind", "lib/libunwind/LICENSE.TXT"),
];

/// A library for players, without symbols.
pub struct Library {
    /// The platform as enet_rs.gdextension names it.
    pub platform: String,
    /// Where it lies, under any name.
    pub file: PathBuf,
    /// Its symbols, if there are any.
    pub symbols: Option<PathBuf>,
    /// Licences of code that is not from a crate: what it is, and the file.
    pub licences: Vec<(&'static str, PathBuf)>,
}

impl Library {
    /// A library that lies somewhere.
    pub fn new(platform: &str, file: &Path, symbols: Option<PathBuf>) -> Self {
        Self {
            platform: platform.to_owned(),
            file: file.to_owned(),
            symbols,
            licences: Vec::new(),
        }
    }

    /// The name under which Godot looks for it.
    pub fn name(&self) -> Outcome<String> {
        file_name(&self.platform)
    }

    /// The names that Rust has for its platform.
    pub fn targets(&self) -> Outcome<&'static [&'static str]> {
        TARGETS
            .iter()
            .find(|(platform, _)| *platform == self.platform)
            .map(|(_, targets)| *targets)
            .ok_or_else(|| format!("there is no platform \"{}\"", self.platform))
    }

    /// Prints its size and what it needs. Fails if it has symbols.
    pub fn print(&self) -> Outcome<()> {
        let facts = packer::facts(&self.file)?;
        let size = fs::metadata(&self.file).map_err(at(&self.file))?.len();
        println!("{}: {facts} ({})", self.platform, readable(size));
        if facts.contains("stripped=no") {
            return Err(format!(
                "{} has symbols; players need none",
                self.file.display()
            ));
        }
        let needed = facts
            .split("glibc=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        if let Some(needed) = needed.filter(|needed| minor(needed) > minor(OLDEST_GLIBC)) {
            println!(
                "   it runs on systems with glibc {needed} or later; {OLDEST_GLIBC} would be enough for a build by \
                 cargo xtask package --all"
            );
        }
        Ok(())
    }
}

fn minor(version: &str) -> Option<u32> {
    version.split('.').nth(1)?.parse().ok()
}

/// The library for this machine.
pub fn host() -> Outcome<Library> {
    if !cfg!(target_os = "linux") {
        return Err(
            "cargo xtask package builds on Linux only. Elsewhere, build with cargo xtask build, and name the \
             folder of the libraries: cargo xtask package --libraries addons/enet_rs/bin"
                .to_owned(),
        );
    }
    let platform = extension::platform()?;
    if cross_folder().join("tools").is_dir() && BUILT_HERE.contains(&platform.as_str()) {
        // For an older glibc than this machine's.
        return cross_built(&platform);
    }
    let folder = target().join("package").join(&platform);
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let built = compile()?;
    let library = folder.join(file_name(&platform)?);
    let symbols = library.with_extension("so.debug");
    objcopy(&["--only-keep-debug"], &built, &symbols)?;
    let link = symbols.to_str().ok_or("the target folder is not UTF-8")?;
    objcopy(
        &["--strip-all", &format!("--add-gnu-debuglink={link}")],
        &built,
        &library,
    )?;
    Ok(Library::new(&platform, &library, Some(symbols)))
}

/// The libraries of all platforms that this machine can build for.
pub fn all() -> Outcome<Vec<Library>> {
    BUILT_HERE
        .iter()
        .map(|platform| cross_built(platform))
        .collect()
}

/// The library of one platform, built by the cross-compiler.
fn cross_built(platform: &str) -> Outcome<Library> {
    let built = cross::build(platform)?;
    let mut library = Library::new(platform, &built.library, Some(built.symbols));
    let zig = cross_folder().join("tools/python/ziglang");
    for (start, title, file) in OF_ZIG {
        if platform.starts_with(start) {
            library.licences.push((title, zig.join(file)));
        }
    }
    Ok(library)
}

fn cross_folder() -> PathBuf {
    target().join("cross")
}

/// The libraries in a folder, under the names that enet_rs.gdextension has for them. No other file may be there.
pub fn lying_in(folder: &Path) -> Outcome<Vec<Library>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let file = entry.map_err(at(folder))?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let platform = platform_of(&name)?;
        found.push(Library::new(platform, &file, None));
    }
    if found.is_empty() {
        return Err(format!("{} has no libraries", folder.display()));
    }
    found.sort_by(|one, other| one.platform.cmp(&other.platform));
    Ok(found)
}

/// The platform whose library has this name.
fn platform_of(name: &str) -> Outcome<&'static str> {
    for (platform, _) in TARGETS {
        if file_name(platform)? == name {
            return Ok(platform);
        }
    }
    Err(format!(
        "enet_rs.gdextension has no library with the name {name}"
    ))
}

/// The file's name that enet_rs.gdextension has for the platform.
fn file_name(platform: &str) -> Outcome<String> {
    let place = root().join("addons/enet_rs/enet_rs.gdextension");
    let text = fs::read_to_string(&place).map_err(at(&place))?;
    name_in(&text, platform).ok_or_else(|| format!("{} has no entry {platform}", place.display()))
}

fn name_in(text: &str, platform: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let name = value.trim().trim_matches('"').strip_prefix("bin/")?;
        (key.trim() == platform).then(|| name.to_owned())
    })
}

/// Builds the library with its symbols.
fn compile() -> Outcome<PathBuf> {
    // A folder of its own: the flags differ from those of other builds, which would all begin anew.
    let folder = target().join("package/build");
    let triple = cross::tools::host()?;
    let (mut command, library) = extension::shipping_command(&folder, &triple);
    command.arg("--locked");
    // Finds the symbols of a library: the debugger of a stranger's crash has nothing else.
    let mut flags = vec!["-Clink-arg=-Wl,--build-id=sha1".to_owned()];
    flags.extend(pgo::flags(pgo::find(&triple)?.as_deref()));
    reproducible::set(&mut command, &flags)?;
    println!("building the library for {}", extension::platform()?);
    let run = process::run(&mut command, BUILD_LIMIT)?;
    apt::succeeded("the library does not build", &run)?;
    Ok(library)
}

fn objcopy(words: &[&str], from: &Path, to: &Path) -> Outcome<()> {
    let mut command = Command::new("objcopy");
    command.args(words).arg(from).arg(to);
    let run = process::run(&mut command, Duration::from_secs(120))?;
    apt::succeeded("objcopy", &run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_of_the_extension_is_known() {
        let place = root().join("addons/enet_rs/enet_rs.gdextension");
        let text = fs::read_to_string(place).expect("the extension's file");
        let entries = text.lines().filter(|line| line.contains("\"bin/")).count();
        let known = TARGETS
            .iter()
            .filter(|(platform, _)| name_in(&text, platform).is_some());
        assert_eq!((known.count(), TARGETS.len()), (entries, entries));
    }

    #[test]
    fn glibc_versions_compare_as_numbers() {
        assert!(minor("2.34") > minor("2.4"));
        assert_eq!(minor(OLDEST_GLIBC), Some(28));
    }
}
