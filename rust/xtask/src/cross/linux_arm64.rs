//! Checks of the library for Linux on 64-bit ARM, under qemu's emulation of one process.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::project::at;
use crate::{Outcome, apt, extension};

use super::building::built;
use super::platforms::Platform;
use super::table::{Kind, Table};
use super::testing::{self, Tests, UNIT_TESTS};
use super::{folder, linux, tools};

/// Debian's name of the processor.
const ARCHITECTURE: &str = "arm64";
/// qemu's program, on the PATH or below the target folder.
const EMULATOR: &str = "qemu-aarch64-static";
const EMULATOR_PACKAGE: &str = "qemu-user-static";
/// A suite that has the package; later ones divide it.
const EMULATOR_SUITE: &str = "bookworm";
/// Suites with a Godot that is new enough and with the C library that it needs.
const SUITES: [&str; 2] = ["testing", "unstable"];
/// Emulated code runs at a tenth of the speed.
const SUITE_LIMIT: Duration = Duration::from_secs(1200);
const TESTS_LIMIT: Duration = Duration::from_secs(3600);

const TESTS: [Tests<'static>; 2] = [
    UNIT_TESTS,
    Tests {
        name: "tests of sockets, threads and encryption",
        chosen: &["-p", "enet_tests", "--test", "core"],
        arguments: &["udp::", "threaded::", "dtls::sessions"],
    },
];

pub fn check(table: &mut Table, platform: &Platform) {
    linux::file(table, platform, true);
    table.row(platform.key, "in Godot", Kind::Ran, || {
        let emulator = Emulator::ready()?;
        extension::install_as(&built(platform)?.library, &platform.file_name()?)?;
        linux::suites(&emulator.godot, SUITE_LIMIT)
    });
    for tests in TESTS {
        table.row(platform.key, tests.name, Kind::Ran, || {
            let runner = Emulator::ready()?.runner.into_os_string();
            testing::run(
                platform,
                &platform.targets[0],
                &runner,
                &[],
                &tests,
                TESTS_LIMIT,
            )
        });
    }
}

/// Scripts that start programs for the other processor.
struct Emulator {
    /// Starts the program in its first argument.
    runner: PathBuf,
    godot: PathBuf,
}

impl Emulator {
    fn ready() -> Outcome<Self> {
        let place = folder().join(ARCHITECTURE);
        fs::create_dir_all(&place).map_err(at(&place))?;
        let emulator = emulator(&place)?;
        let debian = place.join("debian");
        if !debian.join("root/usr/bin/godot").is_file() {
            fetch_godot(&place, &debian)?;
        }
        let libraries = debian.join("root/usr/lib/aarch64-linux-gnu");
        let script = |name: &str, program: &str| -> Outcome<PathBuf> {
            let path = place.join(name);
            let text = format!(
                "#!/bin/sh\nexec '{}' '{}/ld-linux-aarch64.so.1' --library-path '{}:{}/pulseaudio' {program} \"$@\"\n",
                emulator.display(),
                libraries.display(),
                libraries.display(),
                libraries.display(),
            );
            fs::write(&path, text).map_err(at(&path))?;
            apt::make_executable(&path)?;
            Ok(path)
        };
        Ok(Self {
            runner: script("run", "")?,
            godot: script(
                "godot",
                &format!("'{}'", debian.join("root/usr/bin/godot").display()),
            )?,
        })
    }
}

fn fetch_godot(place: &Path, debian: &Path) -> Outcome<()> {
    let mirror = apt::mirror().ok_or("apt's sources name no Debian archive")?;
    let attempt = place.join("unfinished");
    let mut causes = String::new();
    for suite in SUITES {
        apt::remove(&attempt)?;
        eprintln!("fetching Godot for {ARCHITECTURE} (Debian {suite}, about 160 MB)");
        let order = ["--yes", "--download-only", "install", "godot"];
        match apt::unpack_for(ARCHITECTURE, &attempt, &mirror, suite, &order) {
            Ok(()) => {
                apt::remove(debian)?;
                return fs::rename(&attempt, debian).map_err(at(debian));
            }
            Err(cause) => causes += &format!("\n  {suite}: {cause}"),
        }
    }
    apt::remove(&attempt)?;
    Err(format!("fetching Godot for {ARCHITECTURE} failed:{causes}"))
}

fn emulator(place: &Path) -> Outcome<PathBuf> {
    if let Ok(path) = tools::which(EMULATOR) {
        return Ok(path);
    }
    let fetched = place.join("emulator/root/usr/bin").join(EMULATOR);
    if fetched.is_file() {
        return Ok(fetched);
    }
    let cause = |cause: String| {
        format!(
            "there is no {EMULATOR} on the PATH (Debian: qemu-user-static), nor to be fetched: {cause}"
        )
    };
    let mirror =
        apt::mirror().ok_or_else(|| cause("apt's sources name no Debian archive".to_owned()))?;
    eprintln!("fetching qemu (Debian, about 60 MB)");
    let attempt = place.join("unfinished");
    apt::remove(&attempt)?;
    // The program needs no libraries of the system, so the suite may be another than the machine's.
    apt::unpack(
        &attempt,
        &mirror,
        EMULATOR_SUITE,
        &["download", EMULATOR_PACKAGE],
    )
    .map_err(cause)?;
    keep_only(&attempt.join("root/usr/bin"), EMULATOR)?;
    fs::rename(&attempt, place.join("emulator")).map_err(at(&attempt))?;
    if !fetched.is_file() {
        return Err(cause("the package does not hold it".to_owned()));
    }
    Ok(fetched)
}

/// Removes the other files of a folder: the package emulates some thirty processors.
fn keep_only(folder: &Path, name: &str) -> Outcome<()> {
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if path.file_name().is_some_and(|found| found != name) {
            fs::remove_file(&path).map_err(at(&path))?;
        }
    }
    Ok(())
}
