//! Compiling the wrapper. There is no Godot with .NET here: stubs of Godot's C# API, tests/csharp, take its place.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::files;
use crate::process::{self, Ending};
use crate::project::{at, root, target};
use crate::report::Tally;
use crate::{Outcome, apt};

/// Debian's packages of Mono's compiler and what it needs, 7 MB together.
const PACKAGES: [&str; 11] = [
    "mono-runtime-sgen",
    "mono-runtime-common",
    "mono-mcs",
    "libmono-corlib4.5-dll",
    "libmono-system-core4.0-cil",
    "libmono-system4.0-cil",
    "libmono-system-xml4.0-cil",
    "libmono-system-security4.0-cil",
    "libmono-system-configuration4.0-cil",
    "libmono-system-numerics4.0-cil",
    "libmono-security4.0-cil",
];
/// Releases of Debian that have them.
const SUITES: [&str; 2] = ["bookworm", "trixie"];
const LIMIT: Duration = Duration::from_secs(120);

/// Compiles the wrapper with the stubs, the examples of docs/csharp.md and the test, and runs the test.
pub fn check(wrapper: &Path) -> Outcome<Tally> {
    let mono = match mono() {
        Ok(mono) => mono,
        Err(cause) if apt::mirror().is_none() => {
            println!("   left out, the files agree with the extension: {cause}");
            return Ok(Tally::one_passed());
        }
        Err(cause) => return Err(cause),
    };
    let folder = target().join("csharp");
    let examples = folder.join("Examples.cs");
    fs::write(&examples, self::examples()?).map_err(at(&examples))?;
    let program = folder.join("test.exe");
    let mut compile = mono.command("mcs.exe");
    // Warnings count, as a user's project has them too.
    compile.args(["-nologo", "-warnaserror", "-langversion:7.2"]);
    compile.arg(format!("-out:{}", program.display()));
    compile.args(files(wrapper, "cs")?);
    compile.args(files(&root().join("tests/csharp"), "cs")?);
    let run = process::run(compile.arg(&examples), LIMIT)?;
    apt::succeeded("the C# wrapper does not compile", &run)?;
    let mut test = mono.start();
    let run = process::run(test.arg(&program), LIMIT)?;
    match run.ending {
        Ending::Exit(0) => Tally::of_suites(&run.output),
        ending => Err(format!("tests/csharp: {ending}\n{}", run.tail(20))),
    }
}

/// The code blocks of docs/csharp.md, each in a namespace of its own.
fn examples() -> Outcome<String> {
    let page = root().join("docs/csharp.md");
    let text = fs::read_to_string(&page).map_err(at(&page))?;
    let mut code = String::new();
    for (number, block) in text.split("```csharp\n").skip(1).enumerate() {
        let block = block.split("```").next().unwrap_or_default();
        let (usings, rest): (Vec<&str>, Vec<&str>) =
            block.lines().partition(|line| line.starts_with("using "));
        code += &format!(
            "namespace Example{number}\n{{\n{}\n{}\n}}\n",
            usings.join("\n"),
            rest.join("\n")
        );
    }
    match code.is_empty() {
        true => Err("docs/csharp.md has no example".to_owned()),
        false => Ok(code),
    }
}

/// A Mono below the target folder.
struct Mono(PathBuf);

impl Mono {
    fn start(&self) -> Command {
        let root = self.0.join("root");
        let mut command = Command::new(root.join("usr/bin/mono-sgen"));
        command.env("MONO_PATH", root.join("usr/lib/mono/4.5"));
        command.env("MONO_CFG_DIR", root.join("etc"));
        command
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.start();
        command.arg(self.0.join("root/usr/lib/mono/4.5").join(program));
        command
    }

    fn works(&self) -> Outcome<()> {
        let run = process::run(self.command("mcs.exe").arg("--version"), LIMIT)?;
        apt::succeeded("mcs", &run)
    }
}

fn mono() -> Outcome<Mono> {
    let folder = target().join("mono");
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    // Two commands that run at once must not fetch into the same folder.
    let lock = folder.join("lock");
    let lock_file = File::create(&lock).map_err(at(&lock))?;
    lock_file.lock().map_err(at(&lock))?;

    let mono = Mono(folder.join("debian"));
    if mono.0.is_dir() && mono.works().is_ok() {
        return Ok(mono);
    }
    let mirror = apt::mirror().ok_or("apt's sources name no Debian archive to fetch Mono from")?;
    let mut order = vec!["download"];
    order.extend(PACKAGES);
    let mut causes = String::new();
    for suite in SUITES {
        let attempt = Mono(folder.join("unfinished"));
        apt::remove(&attempt.0)?;
        eprintln!("fetching Mono's C# compiler (Debian {suite}, about 7 MB)");
        let result = apt::unpack(&attempt.0, &mirror, suite, &order).and_then(|()| attempt.works());
        match result {
            Ok(()) => {
                apt::remove(&mono.0)?;
                fs::rename(&attempt.0, &mono.0).map_err(at(&mono.0))?;
                return Ok(mono);
            }
            Err(cause) => causes += &format!("\n  {suite}: {cause}"),
        }
    }
    Err(format!("no C# compiler could be had:{causes}"))
}
