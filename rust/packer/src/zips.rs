//! Zips that depend on nothing but the files in them.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::{Outcome, at};

/// Libraries are loaded, not started, so that no file needs the right to be executed.
const MODE: u32 = 0o644;

/// Signs that mean something in a path on one of the systems that unpack the zip, or that no name should have.
const BAD_SIGNS: [char; 8] = ['\\', ':', '*', '?', '"', '<', '>', '|'];

/// Writes a zip of all files in the folder: sorted by name, with one date and one mode. Fails if there is anything else
/// than files and folders: a link may lead anywhere on this machine.
pub fn write(place: &Path, folder: &Path) -> Outcome<()> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    let mut named = files
        .into_iter()
        .map(|file| Ok((name_in(folder, &file)?, file)))
        .collect::<Outcome<Vec<_>>>()?;
    named.sort();
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        // The first date that the format has.
        .last_modified_time(DateTime::default())
        .unix_permissions(MODE);
    let mut writer = ZipWriter::new(BufWriter::new(File::create(place).map_err(at(place))?));
    for (name, file) in named {
        writer.start_file(name, options).map_err(at(&file))?;
        let mut source = File::open(&file).map_err(at(&file))?;
        io::copy(&mut source, &mut writer).map_err(at(&file))?;
    }
    let buffer = writer.finish().map_err(at(place))?;
    buffer.into_inner().map(drop).map_err(at(place))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome<()> {
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(at(&path))?;
        if kind.is_dir() {
            collect(&path, files)?;
        } else if kind.is_file() {
            files.push(path);
        } else {
            return Err(format!(
                "{}: it is neither a file nor a folder",
                path.display()
            ));
        }
    }
    Ok(())
}

/// The file's name in the zip, which has slashes on every system.
fn name_in(folder: &Path, file: &Path) -> Outcome<String> {
    let inner = file.strip_prefix(folder).map_err(at(file))?;
    let parts: Option<Vec<&str>> = inner.iter().map(|part| part.to_str()).collect();
    let parts = parts.ok_or_else(|| format!("{}: the name is not UTF-8", file.display()))?;
    let is_bad = |sign: char| sign.is_control() || BAD_SIGNS.contains(&sign);
    match parts.iter().any(|part| part.contains(is_bad)) {
        true => Err(format!("{file:?}: not every system has files of this name")),
        false => Ok(parts.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("packer-{}-{name}", std::process::id()));
        fs::create_dir_all(folder.join("b")).expect("a folder");
        folder
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let (one, other) = (folder("one"), folder("other"));
        let texts = [("z.txt", "last"), ("b/a.txt", "first"), ("b.txt", "second")];
        for (name, text) in texts {
            fs::write(one.join(name), text).expect("written");
        }
        // Another order of creation, and other times.
        for (name, text) in texts.iter().rev() {
            fs::write(other.join(name), text).expect("written");
        }
        let zips = [&one, &other].map(|folder| {
            let place = folder.with_extension("zip");
            write(&place, folder).expect("zipped");
            let bytes = fs::read(&place).expect("read");
            fs::remove_file(&place).expect("removed");
            fs::remove_dir_all(folder).expect("removed");
            bytes
        });
        assert!(zips[0] == zips[1]);
        let mut archive = zip::ZipArchive::new(io::Cursor::new(&zips[0])).expect("a zip");
        let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
        assert_eq!(names, ["b.txt", "b/a.txt", "z.txt"]);
        let file = archive.by_name("b/a.txt").expect("inside");
        assert_eq!(io::read_to_string(file).expect("text"), "first");
    }
    /// A backslash is part of a name here, and leads out of the folder where Windows unpacks the zip.
    #[test]
    #[cfg(unix)]
    fn links_and_names_that_lead_elsewhere_are_refused() {
        let folder = folder("refused");
        let place = folder.with_extension("zip");
        for name in ["..\\..\\evil.dll", "C:evil", "a\nb"] {
            let file = folder.join(name);
            fs::write(&file, "x").expect("written");
            assert!(write(&place, &folder).is_err(), "{name}");
            fs::remove_file(&file).expect("removed");
        }
        for to in ["/etc/hostname", "/etc", "."] {
            let link = folder.join("b/link");
            std::os::unix::fs::symlink(to, &link).expect("a link");
            assert!(write(&place, &folder).is_err(), "{to}");
            fs::remove_file(&link).expect("removed");
        }
        fs::write(folder.join("b/file"), "x").expect("written");
        assert_eq!(write(&place, &folder), Ok(()));
        fs::remove_file(&place).expect("removed");
        fs::remove_dir_all(&folder).expect("removed");
    }
}
