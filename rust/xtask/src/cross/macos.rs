//! Checks of the library for macOS, which nothing here can run.

use std::path::Path;

use crate::Outcome;
use crate::project::root;

use super::building::built;
use super::platforms::{OLDEST_MACOS, Platform};
use super::prints::output;
use super::table::{Kind, Table};
use super::tools::llvm;

/// The processors of Macs, in LLVM's words.
const PROCESSORS: [&str; 2] = ["x86_64", "arm64"];
/// zig's linker exports what the compiler left visible: some 25 symbols, or 90,000 without link-time optimisation.
const MOST_EXPORTS: usize = 200;
/// Where the system's libraries are.
const SYSTEM_FOLDERS: [&str; 2] = ["/usr/lib/", "/System/Library/Frameworks/"];

pub fn check(table: &mut Table, platform: &Platform) {
    table.row(platform.key, "universal file", Kind::Checked, || {
        let printed = output(&llvm("llvm-lipo")?, &["-archs"], &built(platform)?.library)?;
        let mut found: Vec<&str> = printed.split_whitespace().collect();
        found.sort_unstable();
        let mut wanted = PROCESSORS;
        wanted.sort_unstable();
        if found != wanted {
            return Err(format!("the file is for {}", found.join(", ")));
        }
        Ok(found.join(" and "))
    });
    table.row(platform.key, "signature", Kind::Checked, || {
        let python = Path::new("python3");
        let script = root().join("rust/xtask/cross/signature.py");
        let script = script.to_str().ok_or("the checkout's path is not UTF-8")?;
        let printed = output(python, &[script], &built(platform)?.library)?;
        Ok(printed.lines().collect::<Vec<_>>().join(", "))
    });
    for processor in PROCESSORS {
        let what = format!("{processor}: symbols, names, version");
        table.row(platform.key, &what, Kind::Checked, || {
            part(&platform.file_name()?, processor, &built(platform)?.library)
        });
    }
}

/// Checks the part for a processor.
fn part(name: &str, processor: &str, library: &Path) -> Outcome<String> {
    let objdump = llvm("llvm-objdump")?;
    let arch = format!("--arch={processor}");
    let printed = |option: &str| output(&objdump, &["--macho", &arch, option], library);

    let wanted = format!("@rpath/{name}");
    let own_name = printed("--dylib-id")?;
    if !own_name.lines().any(|line| line.trim() == wanted) {
        return Err(format!("the install name is not {wanted}: {own_name}"));
    }
    let exports = printed("--exports-trie")?;
    if !exports
        .lines()
        .any(|line| line.ends_with(" _gdext_rust_init"))
    {
        return Err("the library does not export gdext_rust_init".to_owned());
    }
    let count = exports
        .lines()
        .filter(|line| line.starts_with("0x"))
        .count();
    if count > MOST_EXPORTS {
        return Err(format!(
            "the library exports {count} symbols, as it does without link-time optimisation"
        ));
    }
    let used = printed("--dylibs-used")?;
    let used: Vec<&str> = used
        .lines()
        .filter_map(|line| Some(line.trim().split_once(" (compatibility")?.0))
        .filter(|used| *used != wanted)
        .collect();
    let is_of_the_system =
        |path: &str| SYSTEM_FOLDERS.iter().any(|folder| path.starts_with(folder));
    if let Some(other) = used.iter().find(|path| !is_of_the_system(path)) {
        return Err(format!("the library needs {other}"));
    }
    let commands = printed("--private-headers")?;
    let oldest = oldest_system(&commands).ok_or("the library names no oldest macOS")?;
    if oldest != OLDEST_MACOS {
        return Err(format!("the library demands macOS {oldest}"));
    }
    let used: Vec<&str> = used
        .iter()
        .map(|path| path.rsplit('/').next().unwrap_or(path))
        .collect();
    Ok(format!(
        "macOS {oldest}, exports {count} symbols, needs {}",
        used.join(", ")
    ))
}

/// The version in the load command about the oldest system.
fn oldest_system(commands: &str) -> Option<&str> {
    let lines = commands.lines().map(str::trim);
    let fields = lines.filter_map(|line| line.split_once(' '));
    // The name of the field depends on the load command.
    let mut in_command = false;
    for (name, value) in fields {
        match name {
            "cmd" => {
                let command = value.trim();
                in_command = command == "LC_BUILD_VERSION" || command == "LC_VERSION_MIN_MACOSX";
            }
            "minos" | "version" if in_command => return Some(value.trim()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::oldest_system;

    #[test]
    fn the_oldest_system_is_read_from_either_command() {
        let new = "      cmd LC_BUILD_VERSION\n  cmdsize 24\n platform macos\n    minos 11.0\n      sdk 15.0\n";
        assert_eq!(oldest_system(new), Some("11.0"));
        let old = "      cmd LC_ID_DYLIB\n  version 1.0\n      cmd LC_VERSION_MIN_MACOSX\n  version 10.12\n";
        assert_eq!(oldest_system(old), Some("10.12"));
        assert_eq!(oldest_system(" cmd LC_MAIN\n version 1\n"), None);
    }
}
