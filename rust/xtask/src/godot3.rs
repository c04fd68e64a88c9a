//! Godot 3, whose compression and wire protocol ours must speak too: the suites "godot3" start it.

use std::path::{Path, PathBuf};

use crate::apt::{self, DebianGodot};
use crate::{Outcome, godot};

/// Names its binary to the suite, and to us one to use instead of Debian's.
pub const VARIABLE: &str = "GODOT3";
const DEBIAN: DebianGodot = DebianGodot {
    folder: "godot3",
    packages: &["godot3-server"],
    binary: "godot3-server",
    size: "45 MB",
};

/// A Godot 3 without windows. Only Debian's archive is known to have it: where that is not at hand,
/// there is none, and this says why.
pub fn find() -> Outcome<Result<PathBuf, String>> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        let named = std::path::absolute(named).map_err(|error| format!("{VARIABLE}: {error}"))?;
        return check(&named).map(|()| Ok(named));
    }
    match DEBIAN.cached_or_fetched() {
        Err(cause) if !apt::is_expected(VARIABLE) => Ok(Err(cause)),
        found => found.map(Ok),
    }
}

fn check(path: &Path) -> Outcome<()> {
    match godot::version(path)? {
        (3, _) => Ok(()),
        (major, _) => Err(format!(
            "{VARIABLE} names {}, which is a Godot {major}",
            path.display()
        )),
    }
}
