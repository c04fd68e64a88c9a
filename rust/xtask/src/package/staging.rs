//! What goes into the zips.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::project::{at, copy_folder, root};

use super::libraries::Library;
use super::{VERSION, packer};

/// The addon's folder in a game.
const ADDON: &str = "addons/enet_rs";
/// What the addon's folder has besides the libraries. A new entry has to be named here: nothing is left out, or
/// goes along, by accident.
const FILES: [&str; 5] = [
    "LICENSE",
    "README.md",
    EXTENSION,
    "enet_rs.gdextension.uid",
    "plugin.cfg",
];
const FOLDERS: [&str; 3] = ["editor", "icons", "overlay"];
/// Folders that need not be there.
const OPTIONAL_FOLDERS: [&str; 1] = ["csharp"];
/// What the files in the folders are: scripts, icons, what Godot made beside them, and the mark that it passes a folder by.
const ENDINGS: [&str; 6] = [".gd", ".uid", ".svg", ".import", ".cs", ".gdignore"];
const LIBRARIES: &str = "bin";
const EXTENSION: &str = "enet_rs.gdextension";
const LICENCES: &str = "THIRD_PARTY_LICENSES.txt";

/// Puts the addon into `content/addons/enet_rs`.
pub fn stage(content: &Path, libraries: &[Library]) -> Outcome<()> {
    let source = root().join(ADDON);
    nothing_unknown(&source)?;
    let settings = source.join("plugin.cfg");
    let text = fs::read_to_string(&settings).map_err(at(&settings))?;
    same_version(&text)?;

    let addon = content.join(ADDON);
    let bin = addon.join(LIBRARIES);
    fs::create_dir_all(&bin).map_err(at(&bin))?;
    for name in FILES {
        copy(&source.join(name), &addon.join(name))?;
    }
    for name in FOLDERS.iter().chain(&OPTIONAL_FOLDERS) {
        if source.join(name).is_dir() {
            copy_folder(&source.join(name), &addon.join(name))?;
        } else if !OPTIONAL_FOLDERS.contains(name) {
            return Err(format!("{} is missing", source.join(name).display()));
        }
    }
    copy(&root().join("CHANGELOG.md"), &addon.join("CHANGELOG.md"))?;

    // What packer takes: names of targets, and titles with files.
    let mut words = BTreeSet::new();
    for library in libraries {
        copy(&library.file, &bin.join(library.name()?))?;
        words.extend(library.targets()?.iter().map(|&target| target.to_owned()));
        for (title, file) in &library.licences {
            words.insert(format!("{title}={}", file.display()));
        }
    }
    let extension = addon.join(EXTENSION);
    let text = fs::read_to_string(&extension).map_err(at(&extension))?;
    let platforms: Vec<&str> = libraries
        .iter()
        .map(|library| library.platform.as_str())
        .collect();
    fs::write(&extension, only(&text, &platforms)).map_err(at(&extension))?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    packer::licences(&addon.join(LICENCES), &words)
}

/// Puts the symbols of each platform into a folder of its name. False if no library has any.
pub fn stage_symbols(content: &Path, libraries: &[Library]) -> Outcome<bool> {
    let mut is_any = false;
    for library in libraries {
        let Some(symbols) = &library.symbols else {
            continue;
        };
        let name = symbols.file_name().ok_or("symbols without a name")?;
        let folder = content.join(&library.platform);
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        // The symbols of a Mac's library may be a folder (dSYM).
        if symbols.is_dir() {
            copy_folder(symbols, &folder.join(name))?;
        } else {
            copy(symbols, &folder.join(name))?;
        }
        is_any = true;
    }
    Ok(is_any)
}

fn nothing_unknown(addon: &Path) -> Outcome<()> {
    for entry in fs::read_dir(addon).map_err(at(addon))? {
        let entry = entry.map_err(at(addon))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let known = FILES.iter().chain(&FOLDERS).chain(&OPTIONAL_FOLDERS);
        if name == LIBRARIES {
            continue;
        }
        if !known.into_iter().any(|known| name == *known) {
            return Err(unknown(&entry.path()));
        }
        nothing_unknown_in(&entry)?;
    }
    Ok(())
}

/// The same for a file, or for what a folder holds: backups of editors, files of a system's file manager and links to
/// elsewhere are not for players.
fn nothing_unknown_in(entry: &fs::DirEntry) -> Outcome<()> {
    let path = entry.path();
    // Of a link itself, not of the file that it leads to.
    let kind = entry.file_type().map_err(at(&path))?;
    let name = entry.file_name();
    let name = name.to_string_lossy();
    if kind.is_dir() && !name.starts_with('.') {
        for inner in fs::read_dir(&path).map_err(at(&path))? {
            nothing_unknown_in(&inner.map_err(at(&path))?)?;
        }
        return Ok(());
    }
    let is_known = ENDINGS.iter().any(|ending| name.ends_with(ending)) || FILES.contains(&&*name);
    // Only the mark begins with a dot.
    let is_hidden = name.starts_with('.') && name != ".gdignore";
    match kind.is_file() && is_known && !is_hidden {
        true => Ok(()),
        false => Err(unknown(&path)),
    }
}

fn unknown(path: &Path) -> String {
    format!(
        "{}: rust/xtask/src/package/staging.rs does not say whether players get it",
        path.display()
    )
}

/// Checks that the plugin has the version of Cargo.toml.
fn same_version(plugin: &str) -> Outcome<()> {
    let line = format!("version=\"{VERSION}\"");
    if plugin.lines().any(|found| found == line) {
        return Ok(());
    }
    Err(format!(
        "{ADDON}/plugin.cfg must have the version of Cargo.toml: {line}"
    ))
}

/// The text of the .gdextension with the entries of these platforms only. Godot's error for a platform without an
/// entry names the platform; for an entry without a file it does not, and an export leaves a game without the library.
fn only(text: &str, platforms: &[&str]) -> String {
    let mut is_libraries = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.starts_with('[') {
            is_libraries = line == "[libraries]";
        }
        let key = line.split_once('=').map(|(key, _)| key.trim());
        if !is_libraries || key.is_none_or(|key| platforms.contains(&key)) {
            kept += line;
            kept.push('\n');
        }
    }
    kept
}

fn copy(from: &Path, to: &Path) -> Outcome<()> {
    fs::copy(from, to).map(drop).map_err(at(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plugin_has_the_version_of_the_libraries() {
        let plugin = root().join(ADDON).join("plugin.cfg");
        let text = fs::read_to_string(plugin).expect("the plugin's settings");
        assert_eq!(same_version(&text), Ok(()));
        assert!(same_version("version=\"0.0.0\"\n").is_err());
    }

    #[test]
    fn all_that_the_addon_has_is_known() {
        assert_eq!(nothing_unknown(&root().join(ADDON)), Ok(()));
    }

    #[test]
    #[cfg(unix)]
    fn what_gets_into_a_folder_by_accident_is_not_packed() {
        use crate::apt;
        let addon = crate::project::target().join("package-of-a-test");
        apt::remove(&addon).expect("the target folder can be written");
        let folder = addon.join("editor/view");
        fs::create_dir_all(&folder).expect("the target folder can be written");
        let write = |name: &str| fs::write(folder.join(name), "x").expect("written");
        write("tab.gd");
        write("tab.gd.uid");
        write(".gdignore");
        assert_eq!(nothing_unknown(&addon), Ok(()));
        for name in [
            ".DS_Store",
            "tab.gd~",
            ".tab.gd.swp",
            "notes.txt",
            "id_ed25519",
            ".env.gd",
        ] {
            write(name);
            assert!(nothing_unknown(&addon).is_err(), "{name}");
            fs::remove_file(folder.join(name)).expect("removed");
        }
        for name in ["link.gd", "link"] {
            let link = folder.join(name);
            std::os::unix::fs::symlink(root(), &link).expect("a link");
            assert!(nothing_unknown(&addon).is_err(), "{name}");
            fs::remove_file(&link).expect("removed");
        }
        fs::create_dir(folder.join(".git")).expect("a folder");
        assert!(nothing_unknown(&addon).is_err());
        apt::remove(&addon).expect("the target folder can be written");
    }

    #[test]
    fn entries_of_other_platforms_are_left_out() {
        let text = "[configuration]\nreloadable = true\n\n[libraries]\n\nlinux.x86_64 = \"bin/a.so\"\n\
                    linux.x86_32 = \"bin/b.so\"\nmacos = \"bin/c.dylib\"\n\n[icons]\n\nA = \"a.svg\"\n";
        let expected = "[configuration]\nreloadable = true\n\n[libraries]\n\nlinux.x86_64 = \"bin/a.so\"\n\
                        \n[icons]\n\nA = \"a.svg\"\n";
        assert_eq!(only(text, &["linux.x86_64"]), expected);
    }
}
