//! The export templates of the check.

use std::fs;
use std::path::Path;

use crate::project::{at, target};
use crate::{Outcome, godot};

/// Paths of templates; empty ones stand for those that Godot's own installation has.
pub struct Templates {
    /// For release exports.
    pub release: String,
    /// For debug exports.
    pub debug: String,
}

impl Templates {
    /// Debian's templates for Debian's Godot. Any other Godot must have its own installed.
    pub fn find(godot: &Path) -> Outcome<Self> {
        let version = godot::full_version(godot)?;
        if !version.contains("debian") {
            println!("   export templates: those that are installed for Godot {version}");
            return Ok(Self {
                release: String::new(),
                debug: String::new(),
            });
        }
        Ok(Self {
            release: fetched("godot-template-release", &version)?,
            debug: fetched("godot-template-debug", &version)?,
        })
    }
}

/// A template that starts with the libraries that Godot was fetched with, as exports of it do.
fn fetched(package: &'static str, version: &str) -> Outcome<String> {
    let folder = target().join("package/templates");
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let place = folder.join(package);
    godot::DEBIAN.with_program(package)?.patched_copy(&place)?;
    let found = godot::full_version(&place)?;
    if found != version {
        return Err(format!(
            "Debian's export template is of Godot {found}, but the editor is {version}; remove {} to fetch both anew",
            target().join(godot::DEBIAN.folder).display()
        ));
    }
    let place = place.to_str().ok_or("the target folder is not UTF-8")?;
    Ok(place.to_owned())
}
