//! Finding a Godot 3. The suites "godot3" start it to test our compression and wire protocol with it.

use std::path::{Path, PathBuf};

use crate::apt::{self, DebianGodot};
use crate::{Outcome, godot};

/// The environment variable that names the binary to the suites, and to this command one to use
/// instead of Debian's.
pub const VARIABLE: &str = "GODOT3";
const DEBIAN: DebianGodot = DebianGodot {
    folder: "godot3",
    packages: &["godot3-server"],
    binary: "godot3-server",
    is_editor: false,
    size: "45 MB",
};

/// The path of a headless Godot 3. Only Debian's archive is known to have one; on other systems the
/// inner error says why there is none.
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
