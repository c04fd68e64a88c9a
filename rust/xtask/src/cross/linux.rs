//! Checks of the library for Linux on x86-64; what both Linux libraries have in common.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::extension::{self, CLASS, STOCK_CLASS};
use crate::project::{self, root};
use crate::report::Tally;
use crate::stages::running::{counted, headless};
use crate::{Outcome, godot, pgo, process};

use super::building::built;
use super::platforms::{OLDEST_GLIBC, Platform};
use super::prints::{needed, newest_glibc, page_alignment, readelf};
use super::table::{Kind, Table};

/// Some devices and servers use pages of 16 KB.
const LEAST_ALIGNMENT: u64 = 16 * 1024;
/// What every Linux with this glibc has.
const SYSTEM_LIBRARIES: [&str; 9] = [
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "libutil.so.1",
    "libgcc_s.so.1",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];
/// Short Godot suites: packets of all kinds, and a game of several players.
const SUITES: [&str; 2] = ["packets", "compression"];

pub fn check(table: &mut Table, platform: &Platform) {
    file(table, platform, false);
    table.row(platform.key, "profile of games", Kind::Checked, || {
        let target = platform.targets.first().ok_or("it has no target")?;
        Ok(match pgo::find(target.triple)? {
            Some(profile) => pgo::fits(&built(platform)?.symbols, &profile)?,
            None => "there is none".to_owned(),
        })
    });
    table.row(platform.key, "in Godot", Kind::Ran, || {
        let godot = godot::find()?;
        extension::install_as(&built(platform)?.library, &platform.file_name()?)?;
        suites(&godot, Duration::from_secs(240))
    });
}

/// Inspects the file: symbols, libraries, pages.
pub fn file(table: &mut Table, platform: &Platform, has_large_pages: bool) {
    table.row(platform.key, "symbols and libraries", Kind::Checked, || {
        let library = &built(platform)?.library;
        let glibc = newest_glibc(&readelf(&["--wide", "--version-info"], library)?)
            .ok_or("the library needs no version of glibc, which cannot be")?;
        if glibc > OLDEST_GLIBC {
            return Err(format!("the library needs glibc {}.{}", glibc.0, glibc.1));
        }
        let dynamic = readelf(&["--wide", "--dynamic"], library)?;
        let needed = needed(&dynamic);
        if let Some(other) = needed.iter().find(|name| !SYSTEM_LIBRARIES.contains(name)) {
            return Err(format!("the library needs {other}"));
        }
        let symbols = readelf(&["--wide", "--dyn-syms"], library)?;
        let is_entry = |line: &str| {
            line.ends_with(" gdext_rust_init") && line.contains(" FUNC ") && !line.contains(" UND ")
        };
        if !symbols.lines().any(is_entry) {
            return Err("the library does not export gdext_rust_init".to_owned());
        }
        let alignment = page_alignment(&readelf(&["--wide", "--segments"], library)?)
            .ok_or("the library has no segments")?;
        if has_large_pages && alignment < LEAST_ALIGNMENT {
            return Err(format!("segments are aligned to {alignment} bytes only"));
        }
        Ok(format!(
            "glibc {}.{}, segments aligned to {} KB, needs {}",
            glibc.0,
            glibc.1,
            alignment / 1024,
            needed.join(", ")
        ))
    });
}

/// Plays the short suites on both mixed pairs of classes, and on ours alone.
pub fn suites(godot: &Path, limit: Duration) -> Outcome<String> {
    let project = "tests/godot";
    project::prepare_within(godot, &root().join(project), limit)?;
    let mut passed = 0;
    for (server, client) in [(CLASS, CLASS), (STOCK_CLASS, CLASS), (CLASS, STOCK_CLASS)] {
        for suite in SUITES {
            let mut command: Command = headless(godot, project);
            command
                .args(["--script", "res://run.gd", "--"])
                .args(["--server-class", server, "--client-class", client])
                .args(["--suite", suite]);
            let run = process::run(&mut command, limit)?;
            let tally: Tally = counted(&run)?;
            if tally.failed > 0 {
                return Err(format!(
                    "suite {suite}, server {server}, client {client}: {} failed\n{}",
                    tally.failed,
                    tally.failures.join("\n")
                ));
            }
            println!(
                "   {suite}, server {server}, client {client}: {} passed",
                tally.passed
            );
            passed += tally.passed;
        }
    }
    Ok(format!(
        "suites {} on three pairs of classes: {passed} passed",
        SUITES.join(" and ")
    ))
}
