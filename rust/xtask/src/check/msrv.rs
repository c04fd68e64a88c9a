//! The workspace compiles with the oldest compiler that its manifest promises.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::process::{self, Ending};
use crate::project::{self, at, root, target};

use super::succeed;

/// Names the compiler, where rustup has none of that version.
const VARIABLE: &str = "MSRV_RUSTC";

/// Checks all targets of the workspace.
pub fn run() -> Outcome<()> {
    let manifest = root().join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(at(&manifest))?;
    let promised = promised(&text).ok_or("Cargo.toml has no rust-version")?;
    let compiler = compiler(promised)?;
    let version = output(Command::new(&compiler).arg("--version"))?;
    if !is_version(&version, promised) {
        return Err(format!(
            "{} is \"{version}\", but Cargo.toml promises {promised}",
            compiler.display()
        ));
    }
    println!("== {version}");
    let mut command = Command::new(project::cargo());
    command
        .args(["check", "--locked", "--workspace", "--all-targets"])
        .arg("--target-dir")
        .arg(target().join("msrv"))
        .env("RUSTC", &compiler)
        .current_dir(root());
    succeed(
        &mut command,
        &format!("the workspace does not compile with Rust {promised}, which Cargo.toml promises"),
    )
}

fn compiler(version: &str) -> Outcome<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        let named = PathBuf::from(named);
        return std::path::absolute(&named).map_err(at(&named));
    }
    let mut command = Command::new("rustup");
    command.args(["which", "--toolchain", version, "rustc"]);
    output(&mut command)
        .map(|path| Path::new(&path).to_path_buf())
        .map_err(|cause| {
            format!(
                "there is no Rust {version} here: run rustup toolchain install {version} --profile \
                 minimal, or name a rustc of that version in {VARIABLE}\n({cause})"
            )
        })
}

/// What a program prints, without the line's end.
fn output(command: &mut Command) -> Outcome<String> {
    let run = process::run(command, Duration::from_secs(60))?;
    match run.ending {
        Ending::Exit(0) => Ok(run.output.trim().to_owned()),
        ending => Err(format!("{ending}\n{}", run.tail(4))),
    }
}

/// The version in the workspace's manifest.
fn promised(manifest: &str) -> Option<&str> {
    manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'))
}

/// Whether rustc's words name this version, or a patch of it.
fn is_version(words: &str, version: &str) -> bool {
    words
        .strip_prefix("rustc ")
        .and_then(|rest| rest.strip_prefix(version))
        .is_some_and(|rest| rest.starts_with([' ', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_promises_a_version() {
        let manifest = "[workspace.package]\nedition = \"2024\"\nrust-version = \"1.94\"\n";
        assert_eq!(promised(manifest), Some("1.94"));
        assert_eq!(promised("rust-version.workspace = true\n"), None);
    }

    #[test]
    fn a_newer_compiler_is_not_the_oldest() {
        assert!(is_version("rustc 1.94.1 (e408947bf 2026-03-25)", "1.94"));
        assert!(is_version("rustc 1.94.1 (e408947bf 2026-03-25)", "1.94.1"));
        assert!(!is_version("rustc 1.95.0 (f2d3ce0bd 2026-03-21)", "1.94"));
        assert!(!is_version("rustc 1.9.0 (x)", "1.94") && !is_version("rustc 1.94.1 (x)", "1.9"));
    }
}
