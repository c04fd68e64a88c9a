//! Finding a Godot: `$GODOT`, then the PATH, then the one fetched before, then a fetch.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::apt::DebianGodot;
use crate::process::{self, Ending};
use crate::project::at;
use crate::relocate::PATCHELF;

/// The oldest Godot that loads the extension.
const OLDEST: (u32, u32) = (4, 4);
/// Debian's Godot.
pub const DEBIAN: DebianGodot = DebianGodot {
    folder: "godot",
    packages: &[
        "godot",
        "libgl1",
        "libglx-mesa0",
        "libgl1-mesa-dri",
        "libegl1",
        PATCHELF,
    ],
    binary: "godot",
    is_editor: true,
    size: "160 MB",
};

/// The path of the Godot binary to use.
pub fn find() -> Outcome<PathBuf> {
    if let Some(named) = std::env::var_os("GODOT").filter(|path| !path.is_empty()) {
        let named = PathBuf::from(named);
        // A name without a folder is looked up on the PATH.
        let is_bare = named.components().count() == 1;
        let found = named.to_str().filter(|_| is_bare).and_then(on_path);
        let path = found.unwrap_or(named);
        return match version(&path) {
            // Tests start it from other folders, so the path must be absolute.
            Ok(found) if found >= OLDEST => std::path::absolute(&path).map_err(at(&path)),
            Ok(found) => Err(format!(
                "GODOT names {}, which is version {}; at least {} is needed",
                path.display(),
                dotted(found),
                dotted(OLDEST)
            )),
            Err(cause) => Err(format!("GODOT names {}: {cause}", path.display())),
        };
    }
    for name in ["godot4", "godot"] {
        let Some(path) = on_path(name) else {
            continue;
        };
        match version(&path) {
            Ok(found) if found >= OLDEST => return Ok(path),
            Ok(found) => eprintln!(
                "note: {} is version {}, too old; at least {} is needed",
                path.display(),
                dotted(found),
                dotted(OLDEST)
            ),
            Err(cause) => eprintln!("note: {} is not usable: {cause}", path.display()),
        }
    }
    DEBIAN.cached_or_fetched().map_err(|cause| {
        format!(
            "there is no Godot 4.4 or later on this machine. Get one from godotengine.org, or from \
             your system's packages, and name its binary in the environment variable GODOT.\n\
             ({cause})"
        )
    })
}

/// The major and minor version of a Godot binary.
pub fn version(path: &Path) -> Outcome<(u32, u32)> {
    let text = full_version(path)?;
    parse_version(&text).ok_or_else(|| format!("--version printed no version: {text}"))
}

/// The whole version of a Godot binary, for example 4.6.3.stable.official.
pub fn full_version(path: &Path) -> Outcome<String> {
    let mut command = Command::new(path);
    command.arg("--version");
    let run = process::run(&mut command, Duration::from_secs(60))?;
    if run.ending != Ending::Exit(0) {
        return Err(format!("--version: {}\n{}", run.ending, run.tail(5)));
    }
    let mut lines = run
        .output
        .lines()
        .filter(|line| parse_version(line).is_some());
    lines
        .next()
        .map(|line| line.trim().to_owned())
        .ok_or_else(|| format!("--version printed no version\n{}", run.tail(5)))
}

fn on_path(name: &str) -> Option<PathBuf> {
    let file = match name.ends_with(std::env::consts::EXE_SUFFIX) {
        true => name.to_owned(),
        false => format!("{name}{}", std::env::consts::EXE_SUFFIX),
    };
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file())
}

fn parse_version(line: &str) -> Option<(u32, u32)> {
    let mut parts = line.trim().split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn dotted((major, minor): (u32, u32)) -> String {
    format!("{major}.{minor}")
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn versions_are_parsed() {
        assert_eq!(parse_version("4.6.3.stable.debian4.6.3+ds-2"), Some((4, 6)));
        assert_eq!(parse_version("3.6.stable.custom_build\n"), Some((3, 6)));
        assert_eq!(parse_version("Godot Engine"), None);
        assert_eq!(parse_version(""), None);
    }
}
