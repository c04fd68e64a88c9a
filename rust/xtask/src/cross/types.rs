//! Type-checking the code of platforms that a library cannot be built for here, because their makers' development kits
//! are not to be had: `cargo check`, with zig in place of their C compilers.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::project::at;
use crate::{Outcome, apt, process};

use super::platforms::Target;
use super::table::{Kind, Table};
use super::tools::Tools;
use super::{building, folder};

/// A target that is only checked, and the one whose C compiler stands in for its own: C code is compiled, but not used.
struct OnlyChecked {
    target: Target,
    stand_in: &'static str,
}

const fn only_checked(triple: &'static str, stand_in: &'static str) -> OnlyChecked {
    let target = Target {
        triple,
        glibc: "",
        library: "",
    };
    OnlyChecked { target, stand_in }
}

const ONLY_CHECKED: [OnlyChecked; 4] = [
    only_checked("aarch64-linux-android", "aarch64-linux-musl"),
    only_checked("x86_64-linux-android", "x86_64-linux-musl"),
    only_checked("aarch64-apple-ios", "aarch64-macos"),
    only_checked("x86_64-pc-windows-msvc", "x86_64-windows-gnu"),
];

/// Whether this is the name of a target that is only checked.
pub fn is_known(name: &str) -> bool {
    const ALL: &[OnlyChecked] = &ONLY_CHECKED;
    ALL.iter().any(|one| one.target.triple == name)
}

/// Adds a row for each target, or for the one with this name.
pub fn check(table: &mut Table, only: Option<&str>) -> Outcome<()> {
    let tools = Tools::ready()?;
    for one in &ONLY_CHECKED {
        let triple = one.target.triple;
        if only.is_some_and(|only| only != triple) {
            continue;
        }
        table.row(triple, "types", Kind::Checked, || one.check(&tools));
    }
    Ok(())
}

impl OnlyChecked {
    fn check(&self, tools: &Tools) -> Outcome<String> {
        let mut command = building::plain_cargo(tools, &self.target, "check", &[])?;
        let name = self.target.triple.replace('-', "_");
        let no_kit = folder().join("stand-ins/iPhoneOS.sdk");
        fs::create_dir_all(&no_kit).map_err(at(&no_kit))?;
        // Compilers of Microsoft have other options, and the names of programs tell them apart.
        command
            .args(["--package", "enet_godot"])
            .env(format!("CC_{name}"), self.compiler(tools)?)
            .env(format!("AR_{name}"), self.archiver(tools)?)
            .env(format!("CFLAGS_{name}"), "")
            // Otherwise the crate cc asks Apple's programs for a folder. The compiler below takes it out again.
            .env("SDKROOT", no_kit);
        tools.set_caches(&mut command);
        let run = process::run(&mut command, Duration::from_secs(1800))?;
        apt::succeeded(&format!("cargo check for {}", self.target.triple), &run)?;
        Ok("no error".to_owned())
    }

    fn compiler(&self, tools: &Tools) -> Outcome<PathBuf> {
        // zig knows the target under another name than the one that the crate cc passes.
        let text = format!(
            "#!/bin/sh\n\
             for word do\n\
             \tshift\n\
             \tcase $word in\n\
             \t--target=* | -isysroot | -arch | arm64 | *.sdk) ;;\n\
             \t-mios-version-min=* | -miphoneos-version-min=*) ;;\n\
             \t*) set -- \"$@\" \"$word\" ;;\n\
             \tesac\n\
             done\n\
             exec '{}' cc -target {} \"$@\"\n",
            tools.zig().display(),
            self.stand_in
        );
        self.script("cc", &text)
    }

    fn archiver(&self, tools: &Tools) -> Outcome<PathBuf> {
        // For Microsoft's targets the crate cc calls a program with the options of theirs.
        let verb = match self.target.triple.ends_with("-msvc") {
            true => "lib",
            false => "ar",
        };
        let text = format!(
            "#!/bin/sh\nexec '{}' {verb} \"$@\"\n",
            tools.zig().display()
        );
        self.script("ar", &text)
    }

    fn script(&self, name: &str, text: &str) -> Outcome<PathBuf> {
        let place = folder().join("stand-ins").join(self.target.triple);
        fs::create_dir_all(&place).map_err(at(&place))?;
        let script = place.join(name);
        fs::write(&script, text).map_err(at(&script))?;
        apt::make_executable(&script)?;
        Ok(script)
    }
}
