//! Building the library for a platform.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::project::{self, at, root};
use crate::{Outcome, apt, extension, pgo, process, reproducible};

use super::platforms::{OLDEST_MACOS, Platform, Target};
use super::tools::{self, StandardLibrary, Tools};
use super::{Built, folder, macho};

/// Below a platform's folder: the library with its symbols.
const SYMBOLS: &str = "symbols";
/// Two frameworks of macOS as lists of the functions that the library calls: zig brings the system's libraries, but
/// no frameworks.
const FRAMEWORKS: &str = "rust/xtask/cross/frameworks";

/// What the library for Windows exports. cargo-zigbuild leaves out the compiler's own list, and the linker then exports
/// every function, which are more than a DLL may have.
const WINDOWS_EXPORTS: &str = "rust/xtask/cross/windows/exports.def";

/// Builds the release library, split into the library that ships and the one with symbols.
pub fn build(platform: &Platform) -> Outcome<Built> {
    let tools = Tools::ready()?;
    let name = platform.file_name()?;
    let place = folder().join(platform.key);
    let symbols_folder = place.join(SYMBOLS);
    fs::create_dir_all(&symbols_folder).map_err(at(&symbols_folder))?;
    let (library, symbols) = (place.join(&name), symbols_folder.join(&name));

    let mut parts = Vec::new();
    for target in platform.targets {
        let whole = compile(&tools, target, &name)?;
        let stripped = whole.with_extension("stripped");
        strip(&whole, &stripped)?;
        parts.push((whole, stripped));
    }
    let wholes: Vec<&Path> = parts.iter().map(|(whole, _)| whole.as_path()).collect();
    let stripped: Vec<&Path> = parts.iter().map(|(_, part)| part.as_path()).collect();
    join(&wholes, &symbols)?;
    join(&stripped, &library)?;
    without_paths(&library)?;
    Ok(Built { library, symbols })
}

/// The result of an earlier [`build`], or a new one.
pub fn built(platform: &Platform) -> Outcome<Built> {
    let name = platform.file_name()?;
    let place = folder().join(platform.key);
    let built = Built {
        library: place.join(&name),
        symbols: place.join(SYMBOLS).join(&name),
    };
    if built.library.is_file() && built.symbols.is_file() {
        return Ok(built);
    }
    build(platform)
}

/// Compiles the release library for a target and returns its path. `name` is its name in the addon.
fn compile(tools: &Tools, target: &Target, name: &str) -> Outcome<PathBuf> {
    let mut flags = remapped(tools)?;
    let profile = pgo::find(target.triple)?;
    flags.extend(pgo::flags(profile.as_deref()));
    let has_profile = profile.is_some();
    if target.triple.ends_with("apple-darwin") {
        // The library would be found under the path that it was built at.
        flags.push(format!("-Clink-arg=-Wl,-install_name,@rpath/{name}"));
        let frameworks = root().join(FRAMEWORKS);
        flags.push(format!("-Clink-arg=-F{}", frameworks.display()));
    }
    if target.triple.contains("windows") {
        let exports = root().join(WINDOWS_EXPORTS);
        flags.push(format!("-Clink-arg={}", exports.display()));
    }
    let mut command = cargo(tools, target, "zigbuild", &flags)?;
    command.args(["--profile", extension::SHIPPING, "--package", "enet_godot"]);
    if has_profile && target.triple == tools::host()? {
        command.env("CARGO", tools.plain_cargo()?);
    }
    // Without a time limit, and with Cargo's output: it takes a quarter of an hour on a busy machine.
    let status = command
        .status()
        .map_err(|error| format!("could not start cargo-zigbuild: {error}"))?;
    if !status.success() {
        return Err(format!(
            "the library does not build for {}, see above",
            target.triple
        ));
    }
    Ok(build_folder()
        .join(target.triple)
        .join(extension::SHIPPING)
        .join(target.library))
}

/// cargo-zigbuild for a target, with the command `verb` of Cargo and flags for the compiler.
pub fn cargo(tools: &Tools, target: &Target, verb: &str, flags: &[String]) -> Outcome<Command> {
    with_settings(Command::new(tools.zigbuild()), tools, target, verb, flags)
}

/// The same with Cargo alone, which leaves the C compiler to the caller.
pub fn plain_cargo(
    tools: &Tools,
    target: &Target,
    verb: &str,
    flags: &[String],
) -> Outcome<Command> {
    with_settings(Command::new(project::cargo()), tools, target, verb, flags)
}

fn with_settings(
    mut command: Command,
    tools: &Tools,
    target: &Target,
    verb: &str,
    flags: &[String],
) -> Outcome<Command> {
    command
        .arg(verb)
        .arg("--target")
        .arg(format!("{}{}", target.triple, target.glibc))
        .current_dir(root())
        .env("CARGO_TARGET_DIR", build_folder())
        .env("CARGO_INCREMENTAL", "0")
        // The flags below replace all others of the user.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("CC_SHELL_ESCAPED_FLAGS", "1")
        .env(
            format!("CFLAGS_{}", target.triple.replace('-', "_")),
            c_flags(tools)?,
        )
        .env("MACOSX_DEPLOYMENT_TARGET", OLDEST_MACOS);
    tools.set_caches(&mut command);
    if let StandardLibrary::Source { rustc } = tools.standard_library(target.triple)? {
        let crates = if verb == "test" {
            "-Zbuild-std=std,panic_unwind,test"
        } else {
            "-Zbuild-std=std,panic_unwind"
        };
        command
            .arg(crates)
            .env("RUSTC", rustc)
            // Cargo has no stable option for it. With RUSTC_BOOTSTRAP, many crates would use unstable features.
            .env("__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS", "nightly");
    }
    Ok(command)
}

/// The folder that Cargo builds in.
pub fn build_folder() -> PathBuf {
    folder().join("build")
}

/// The folders of this machine that the compiler writes into a library, in panics' messages and line numbers, and what
/// stands there instead. The last one that fits counts.
fn remappings(tools: &Tools) -> Outcome<Vec<(PathBuf, &'static str)>> {
    let home = reproducible::cargo_home()?;
    let registry = home.join("registry/src");
    let mut remappings = vec![
        (root(), "enet-rs"),
        (home, "cargo"),
        (registry.clone(), "crates"),
    ];
    // One folder for each registry, with its name.
    for entry in fs::read_dir(&registry).into_iter().flatten().flatten() {
        remappings.push((entry.path(), "crates"));
    }
    remappings.extend(tools.source_folders().map(|folder| (folder, "std")));
    Ok(remappings)
}

fn remapped(tools: &Tools) -> Outcome<Vec<String>> {
    let remappings = remappings(tools)?;
    let flags = remappings
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    Ok(flags.collect())
}

/// The same for libraries in C.
fn c_flags(tools: &Tools) -> Outcome<String> {
    let flags = remappings(tools)?
        .into_iter()
        .map(|(from, to)| format!("'-ffile-prefix-map={}={to}'", from.display()));
    Ok(flags.collect::<Vec<_>>().join(" "))
}

/// Fails if the library names a folder of this machine.
fn without_paths(library: &Path) -> Outcome<()> {
    let bytes = fs::read(library).map_err(at(library))?;
    let home = std::env::home_dir().filter(|home| home.as_os_str().len() > 1);
    for folder in [Some(root()), home].into_iter().flatten() {
        let name = format!("{}/", folder.display()).into_bytes();
        if let Some(at) = bytes.windows(name.len()).position(|part| part == name) {
            let end = bytes.len().min(at + 120);
            let text = String::from_utf8_lossy(&bytes[at..end]);
            let text: String = text.chars().take_while(|char| !char.is_control()).collect();
            return Err(format!(
                "{} contains a path of this machine: {text}",
                library.display()
            ));
        }
    }
    Ok(())
}

/// Writes a library without its symbols.
pub fn strip(whole: &Path, stripped: &Path) -> Outcome<()> {
    let mut command = Command::new(tools::objcopy()?);
    // The compiler's own program finds LLVM only by this.
    let sysroot = tools::ask_rustc(&["--print", "sysroot"])?;
    command.env("LD_LIBRARY_PATH", Path::new(sysroot.trim()).join("lib"));
    // macOS finds exported functions in the table that all others are in, too.
    let what: &[&str] = match whole.extension().and_then(|extension| extension.to_str()) {
        Some("dylib") => &["--discard-all", "--strip-debug"],
        _ => &["--strip-all"],
    };
    command.args(what).arg(whole).arg(stripped);
    let run = process::run(&mut command, Duration::from_secs(120))?;
    apt::succeeded(&format!("stripping {}", whole.display()), &run)
}

/// Writes one file for all processors.
fn join(parts: &[&Path], place: &Path) -> Outcome<()> {
    let fresh = place.with_extension("new");
    if let [only] = parts {
        fs::copy(only, &fresh).map_err(at(only))?;
    } else {
        let mut files = Vec::new();
        for part in parts {
            files.push(fs::read(part).map_err(at(part))?);
        }
        fs::write(&fresh, macho::universal(&files)?).map_err(at(&fresh))?;
    }
    fs::rename(&fresh, place).map_err(at(place))
}
