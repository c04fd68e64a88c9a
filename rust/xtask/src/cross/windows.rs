//! Checks of the library for Windows, by Wine.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Ending};
use crate::project::{at, root};
use crate::{Outcome, apt};

use super::building::built;
use super::folder;
use super::platforms::Platform;
use super::prints::{exported, imported, objdump};
use super::table::{Kind, Table};
use super::testing::{self, Tests, UNIT_TESTS};
use super::tools::{self, Tools};

/// What every Windows 10 has, in lower case. The C runtime is the one that came with it.
const SYSTEM_LIBRARIES: [&str; 17] = [
    "advapi32.dll",
    "bcrypt.dll",
    "bcryptprimitives.dll",
    "crypt32.dll",
    "dbghelp.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ncrypt.dll",
    "ntdll.dll",
    "ole32.dll",
    "secur32.dll",
    "shell32.dll",
    "ucrtbase.dll",
    "user32.dll",
    "userenv.dll",
    "ws2_32.dll",
    "iphlpapi.dll",
];
/// The parts of the same C runtime.
const RUNTIME_PREFIX: &str = "api-ms-win-";
/// A library of Windows that Wine 8 lacks.
const STAND_IN: &str = "bcryptprimitives";

pub fn check(table: &mut Table, platform: &Platform) {
    table.row(platform.key, "exports and libraries", Kind::Checked, || {
        let headers = objdump(&["--private-headers"], &built(platform)?.library)?;
        let exported = exported(&headers);
        if exported != ["gdext_rust_init"] {
            return Err(format!(
                "the library exports not gdext_rust_init alone, but {} functions: {}",
                exported.len(),
                exported
                    .iter()
                    .take(5)
                    .copied()
                    .collect::<Vec<_>>()
                    .join(", ")
            ));
        }
        let imported = imported(&headers);
        let is_of_the_system = |name: &str| {
            let name = name.to_lowercase();
            SYSTEM_LIBRARIES.contains(&name.as_str()) || name.starts_with(RUNTIME_PREFIX)
        };
        if let Some(other) = imported.iter().find(|name| !is_of_the_system(name)) {
            return Err(format!("the library needs {other}"));
        }
        Ok(format!("imports {}", imported.join(", ")))
    });
    table.row(platform.key, "loaded by a program", Kind::Ran, || {
        Wine::ready()?.load(&built(platform)?.library)
    });
    for tests in TESTS {
        table.row(platform.key, tests.name, Kind::Ran, || {
            let limit = Duration::from_secs(3600);
            let target = &platform.targets[0];
            let wine = Wine::ready()?;
            testing::run(
                platform,
                target,
                &wine.program,
                &wine.environment(),
                &tests,
                limit,
            )
        });
    }
}

/// The sockets and the network thread are tested in crate `enet_net` and in the tests of the workspace.
const TESTS: [Tests<'static>; 2] = [
    UNIT_TESTS,
    Tests {
        name: "core tests",
        chosen: &["-p", "enet_tests", "--test", "core"],
        arguments: &[],
    },
];

/// Wine, with a folder of its own in place of the user's.
struct Wine {
    program: OsString,
    prefix: OsString,
    /// Where Wine looks for libraries.
    stand_ins: OsString,
}

impl Wine {
    fn ready() -> Outcome<Self> {
        let program = ["wine64", "wine"]
            .iter()
            .find_map(|name| tools::which(name).ok())
            .or_else(|| Some(PathBuf::from("/usr/lib/wine/wine64")).filter(|path| path.is_file()))
            .ok_or("there is no Wine, which runs programs for Windows (Debian: wine64)")?;
        let place = folder().join("wine");
        let stand_ins = place.join("libraries");
        fs::create_dir_all(&stand_ins).map_err(at(&stand_ins))?;
        let wine = Self {
            program: program.into(),
            prefix: place.join("prefix").into(),
            stand_ins: stand_ins.clone().into(),
        };
        wine.compile(
            STAND_IN,
            &stand_ins.join("bcryptprimitives.dll"),
            &["-shared", "-ladvapi32"],
        )?;
        wine.compile("load", &place.join("load.exe"), &[])?;
        // The first start makes the folder, and fails without a screen in parts that are not needed.
        let mut first = wine.command();
        first.args(["cmd", "/c", "ver"]);
        let run = process::run(&mut first, Duration::from_secs(300))?;
        apt::succeeded("starting Wine", &run)?;
        Ok(wine)
    }

    fn environment(&self) -> [(&'static str, &OsStr); 3] {
        [
            ("WINEPREFIX", &self.prefix),
            ("WINEPATH", &self.stand_ins),
            ("WINEDEBUG", OsStr::new("-all")),
        ]
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.envs(self.environment());
        command
    }

    /// Compiles a file of `rust/xtask/cross/windows`.
    fn compile(&self, name: &str, to: &Path, options: &[&str]) -> Outcome<()> {
        let source = root().join(format!("rust/xtask/cross/windows/{name}.c"));
        let mut command = Tools::ready()?.zig_cc();
        // zig takes the folder it runs in into the names of what it caches; Cargo links in this one.
        command
            .current_dir(root())
            .args([
                "-target",
                "x86_64-windows-gnu",
                "-O1",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-o",
            ])
            .arg(to)
            .arg(&source)
            .args(options);
        let run = process::run(&mut command, Duration::from_secs(1200))?;
        apt::succeeded(&format!("compiling {}", source.display()), &run)
    }

    /// Loads the library and finds its entry.
    fn load(&self, library: &Path) -> Outcome<String> {
        let mut command = self.command();
        command.arg(folder().join("wine/load.exe")).arg(library);
        let run = process::run(&mut command, Duration::from_secs(120))?;
        match run.ending {
            Ending::Exit(0) => Ok(run.output.trim().to_owned()),
            ending => Err(format!("{ending}\n{}", run.tail(10))),
        }
    }
}
