//! The crates that are linked into the library, and the licence files in their sources.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::licences::Part;
use crate::{Outcome, at};

/// The crate of the library.
const LIBRARY: &str = "enet_godot";
/// How the names of files with licences begin, in small letters.
const NAMES: [&str; 6] = [
    "license",
    "licence",
    "copying",
    "copyright",
    "notice",
    "unlicense",
];
/// Source code may have such a name, too.
const CODE: [&str; 6] = ["rs", "c", "h", "py", "sh", "toml"];
/// zstd is under BSD or GPL; this is its GPL, which is not chosen.
const NOT_CHOSEN: &str = "zstd/COPYING";

/// A crate from a registry.
pub struct Package {
    /// What it is.
    pub part: Part,
    folder: PathBuf,
    authors: Vec<String>,
}

/// The crates that are linked for these targets, without those of this workspace.
pub fn packages(targets: &[&str]) -> Outcome<Vec<Package>> {
    let described = described(targets)?;
    let mut names = BTreeSet::new();
    for target in targets {
        names.extend(linked(target)?);
    }
    let mut found = Vec::new();
    for name in &names {
        let package = described
            .get(name)
            .ok_or_else(|| format!("cargo metadata does not describe {}", name.0))?;
        // The crates of this workspace come from no registry.
        if !package["source"].is_null() {
            found.push(Package::new(package)?);
        }
    }
    if found.is_empty() {
        return Err(format!("cargo tree lists no crates for {LIBRARY}"));
    }
    Ok(found)
}

/// The names and versions of the crates in the library, without build scripts and macros.
fn linked(target: &str) -> Outcome<Vec<(String, String)>> {
    let mut words = vec![
        "tree",
        "--package",
        LIBRARY,
        "--target",
        target,
        "--prefix",
        "none",
    ];
    words.extend([
        "--edges",
        "normal,no-proc-macro",
        "--no-dedupe",
        "--format",
        "{p}",
    ]);
    let text = cargo(&words)?;
    let pair = |line: &str| {
        let mut words = line.split_whitespace();
        let (name, version) = (words.next()?, words.next()?);
        Some((name.to_owned(), version.strip_prefix('v')?.to_owned()))
    };
    Ok(text.lines().filter_map(pair).collect())
}

/// What cargo knows about the crates, by name and version.
fn described(targets: &[&str]) -> Outcome<HashMap<(String, String), Value>> {
    let mut words = vec!["metadata", "--format-version", "1"];
    for target in targets {
        words.extend(["--filter-platform", target]);
    }
    let text = cargo(&words)?;
    let mut metadata: Value =
        serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    let Value::Array(packages) = metadata["packages"].take() else {
        return Err("cargo metadata lists no packages".to_owned());
    };
    packages
        .into_iter()
        .map(|package| {
            Ok((
                (field(&package, "name")?, field(&package, "version")?),
                package,
            ))
        })
        .collect()
}

impl Package {
    fn new(package: &Value) -> Outcome<Self> {
        let manifest = PathBuf::from(field(package, "manifest_path")?);
        let folder = manifest.parent().ok_or("a manifest without a folder")?;
        let name = format!("{} {}", field(package, "name")?, field(package, "version")?);
        let authors = package["authors"].as_array().into_iter().flatten();
        Ok(Self {
            part: Part {
                expression: field(package, "license")
                    .map_err(|_| format!("{name} names no licence"))?
                    .replace('/', " OR "),
                source: package["repository"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                name,
            },
            folder: folder.to_path_buf(),
            authors: authors
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        })
    }

    /// The texts of its licences, with those of the C code in it.
    pub fn texts(&self) -> Outcome<Vec<String>> {
        let mut files = Vec::new();
        collect(&self.folder, &self.folder, &mut files)?;
        files.sort();
        let chosen = chosen(&self.part.expression, &files);
        let read = |file: &&String| {
            let place = self.folder.join(file);
            fs::read_to_string(&place).map_err(at(&place))
        };
        let mut texts = chosen.iter().map(read).collect::<Outcome<Vec<_>>>()?;
        if !files.iter().any(|file| !file.contains('/')) {
            texts.push(self.standard_text()?);
        }
        Ok(texts)
    }

    /// The licence's own text, for a crate that has no file with it.
    fn standard_text(&self) -> Outcome<String> {
        let expression = &self.part.expression;
        let id = expression
            .split(" OR ")
            .min_by_key(|name| *name != "Apache-2.0")
            .and_then(spdx::license_id)
            .ok_or_else(|| {
                format!(
                    "{} has no licence file, and \"{expression}\" has no text",
                    self.part.name
                )
            })?;
        let text = id.text();
        // The text of MIT has a place for the authors' names.
        Ok(text.replace("<year> <copyright holders>", &self.authors.join(", ")))
    }
}

/// The files with the licence to use: of a choice that has MIT, only MIT's. Notices and licences of C code always.
fn chosen<'a>(expression: &str, files: &'a [String]) -> Vec<&'a String> {
    let is_mit = |file: &str| file.to_lowercase().contains("mit");
    let is_choice = expression.contains(" OR ") && !expression.contains("AND");
    let has_mit = is_choice && files.iter().any(|file| !file.contains('/') && is_mit(file));
    let is_alternative = |file: &str| {
        let name = file.to_lowercase();
        !file.contains('/') && !name.starts_with("notice") && !name.starts_with("copyright")
    };
    let is_chosen = |file: &&String| !has_mit || !is_alternative(file) || is_mit(file);
    files.iter().filter(is_chosen).collect()
}

/// The licence files below the folder, by their names relative to `root`, with slashes.
fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) -> Outcome<()> {
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
            continue;
        }
        let inner = path.strip_prefix(root).map_err(at(&path))?;
        let parts: Vec<String> = inner
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        let name = parts.join("/");
        if is_licence(&name) {
            files.push(name);
        }
    }
    Ok(())
}

fn is_licence(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file).to_lowercase();
    let is_code = name
        .rsplit_once('.')
        .is_some_and(|(_, ending)| CODE.contains(&ending));
    NAMES.iter().any(|start| name.starts_with(start)) && !is_code && file != NOT_CHOSEN
}

fn field(package: &Value, name: &str) -> Outcome<String> {
    package[name]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("cargo metadata: a package without \"{name}\""))
}

fn cargo(words: &[&str]) -> Outcome<String> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program)
        .args(words)
        .arg("--locked")
        .output()
        .map_err(|error| format!("could not start cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "cargo {}: {}",
            words[0],
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("cargo {}: {error}", words[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen_of(expression: &str, files: &[&str]) -> Vec<String> {
        let files: Vec<String> = files.iter().map(|&file| file.to_owned()).collect();
        chosen(expression, &files).into_iter().cloned().collect()
    }

    #[test]
    fn mit_is_chosen_where_there_is_a_choice() {
        let files = ["COPYRIGHT", "LICENSE-APACHE", "LICENSE-MIT", "c/LICENSE"];
        assert_eq!(
            chosen_of("MIT OR Apache-2.0", &files),
            ["COPYRIGHT", "LICENSE-MIT", "c/LICENSE"]
        );
        assert_eq!(chosen_of("MIT OR Apache-2.0", &["LICENSE"]), ["LICENSE"]);
        let both = ["LICENSE", "LICENSE-BoringSSL"];
        assert_eq!(chosen_of("Apache-2.0 AND ISC", &both), both);
    }

    #[test]
    fn licence_files_are_found_by_name() {
        assert!(is_licence("third_party/fiat/LICENSE"));
        assert!(is_licence("license-apache-2.0"));
        assert!(is_licence("LICENSE.BSD-3-Clause"));
        assert!(!is_licence("src/notice.rs"));
        assert!(!is_licence("zstd/COPYING"));
    }
}
