//! The C library of ENet, and the programs around it that tests and benchmarks run. No crate of this
//! workspace links it.
//!
//! Debian's packages of the library are unpacked below the target folder, not installed. Each file of
//! `tests/c` is compiled to a program beside them, which finds the library by its full path.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::project::{at, root, target};
use crate::{Outcome, apt, process};

/// The environment variable that names a program to use instead of `tests/c/peer.c` compiled here.
pub const VARIABLE: &str = "ENET_C_PEER";
/// The suite that is tried first. Whether its library runs on an older Debian shows when the program
/// starts.
const NEWEST_SUITE: &str = "testing";
const PACKAGES: [&str; 2] = ["libenet-dev", "libenet7"];

/// The path of the program of `tests/c/peer.c`, and the version of the library that it runs on.
pub fn peer() -> Outcome<(PathBuf, String)> {
    if let Some(program) = std::env::var_os(VARIABLE) {
        let program = PathBuf::from(program);
        let version = version(&program)?;
        return Ok((program, version));
    }
    let folder = target().join("c-enet");
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    // Two commands that run at once must not fetch into the same folder.
    let lock = folder.join("lock");
    let lock_file = File::create(&lock).map_err(at(&lock))?;
    lock_file.lock().map_err(at(&lock))?;

    let library = folder.join("debian");
    let program = folder.join("peer");
    if library.is_dir() {
        compile_all(&library, &folder)?;
        let version = version(&program)?;
        return Ok((program, version));
    }
    let mirror = apt::mirror().ok_or_else(|| {
        format!(
            "apt's sources name no Debian archive to fetch ENet from. Compile tests/c/peer.c with \
             another one and name the program in {VARIABLE}."
        )
    })?;
    let mut order = vec!["download"];
    order.extend(PACKAGES);
    let mut causes = String::new();
    for suite in [Some(NEWEST_SUITE.to_owned()), own_suite()]
        .into_iter()
        .flatten()
    {
        apt::remove(&library)?;
        // A library gets its final name only after a program has started with it.
        let attempt = folder.join("unfinished");
        apt::remove(&attempt)?;
        eprintln!("fetching the C library of ENet (Debian {suite})");
        let result = apt::unpack(&attempt, &mirror, &suite, &order).and_then(|()| {
            compile_all(&attempt, &folder)?;
            version(&program)?;
            fs::rename(&attempt, &library).map_err(at(&library))?;
            // Compiled again because a program contains the library's full path.
            compile_all(&library, &folder)?;
            version(&program)
        });
        match result {
            Ok(version) => return Ok((program, version)),
            Err(cause) => causes += &format!("\n  {suite}: {cause}"),
        }
    }
    apt::remove(&library)?;
    Err(format!("no C library of ENet could be had:{causes}"))
}

/// Another program of `tests/c`, by its name.
pub fn program(name: &str) -> Outcome<PathBuf> {
    peer()?;
    let program = target().join("c-enet").join(name);
    if program.is_file() {
        Ok(program)
    } else {
        Err(format!(
            "{VARIABLE} names a program made elsewhere, which leaves out tests/c/{name}.c"
        ))
    }
}

/// Compiles each file of `tests/c` to a program.
fn compile_all(library: &Path, folder: &Path) -> Outcome<()> {
    let unpacked = library.join("root/usr");
    let libraries = unpacked.join(format!("lib/{}-linux-gnu", std::env::consts::ARCH));
    let sources = root().join("tests/c");
    for entry in fs::read_dir(&sources).map_err(at(&sources))? {
        let source = entry.map_err(at(&sources))?.path();
        let Some(name) = source
            .file_stem()
            .filter(|_| source.extension().is_some_and(|extension| extension == "c"))
        else {
            continue;
        };
        let mut compile = Command::new("cc");
        compile
            .args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"])
            .arg("-isystem")
            .arg(unpacked.join("include"))
            .arg("-o")
            .arg(folder.join(name))
            .arg(&source)
            .arg("-L")
            .arg(&libraries)
            .arg("-lenet")
            .arg(format!("-Wl,-rpath,{}", libraries.display()));
        let compiled = process::run(&mut compile, Duration::from_secs(120))?;
        apt::succeeded(&format!("compiling {}", source.display()), &compiled)?;
    }
    Ok(())
}

/// Starts the program and asks it for the library's version.
fn version(program: &Path) -> Outcome<String> {
    let mut ask = Command::new("sh");
    ask.args(["-c", "echo version | \"$0\""]).arg(program);
    let run = process::run(&mut ask, Duration::from_secs(10))?;
    apt::succeeded(&program.display().to_string(), &run)?;
    run.output
        .trim()
        .strip_prefix("ok ")
        .map(str::to_owned)
        .ok_or_else(|| format!("{} does not name its version", program.display()))
}

/// The Debian suite of this machine.
fn own_suite() -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
    Some(name.trim_matches('"').to_owned())
}
