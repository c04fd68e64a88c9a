//! Fuzzing: builds the targets of `tests/fuzz` and runs each for a while.
//!
//! cargo-fuzz sets the flags that instrument a build. Safe code needs no sanitizer, and without one
//! the stable compiler accepts the flags. Codecs in C do need one: [`Build::Asan`]. This module starts
//! the fuzzers itself, so that their corpora and findings are below the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::Outcome;
use crate::process::{self, Ending, Run};
use crate::project::{at, cargo, root, target};
use crate::report::Tally;

const TOOL_VERSION: &str = "0.13.2";
/// The targets with the largest input of each, in bytes: longer scripts are slow and find no more.
const TARGETS: [(&str, u32); 10] = [
    ("engine", 2048),
    ("connected", 1024),
    ("range_coder", 4096),
    ("fastlz", 4096),
    ("zlib", 4096),
    ("zstd", 4096),
    ("lz4", 4096),
    ("zstd_dict", 4096),
    ("dtls", 4096),
    ("dtls_insider", 2048),
];
/// The targets that run code in C: libdeflate and zstd.
const C_TARGETS: [&str; 3] = ["zlib", "zstd", "zstd_dict"];
/// The archives of these libraries.
const C_ARCHIVES: [&str; 2] = ["libzstd.a", "libdeflate.a"];
/// The function that code with AddressSanitizer calls when a read is out of bounds.
const ASAN_MARK: &[u8] = b"__asan_report_load";
/// What the C compiler needs. Zstandard's assembly cannot be instrumented.
const ASAN_C_FLAGS: &str = "-fsanitize=address -fno-omit-frame-pointer -g1 -DZSTD_DISABLE_ASM=1";
/// The time limit to build the tool or the targets on a slow machine.
const BUILD_LIMIT: Duration = Duration::from_secs(1200);
/// An input that takes longer is a finding.
const SECONDS_PER_INPUT: u32 = 20;

/// How the targets are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Build {
    /// With coverage only.
    Plain,
    /// The same for a few seconds: built in half the time, and slower.
    Brief,
    /// With AddressSanitizer, also in the libraries in C.
    Asan,
}

impl Build {
    fn folder(self) -> PathBuf {
        target().join(match self {
            Self::Plain | Self::Brief => "fuzz",
            Self::Asan => "fuzz-asan",
        })
    }

    fn runs(self, name: &str) -> bool {
        self != Self::Asan || C_TARGETS.contains(&name)
    }
}

/// Runs every target, or only that of this name, for `seconds`; with AddressSanitizer only those with C in them.
pub fn run(seconds: u64, only: Option<&str>, is_asan: bool) -> Outcome<ExitCode> {
    let build = if is_asan { Build::Asan } else { Build::Plain };
    let names = TARGETS.into_iter().filter(|(name, _)| build.runs(name));
    let names: Vec<_> = names
        .filter(|(name, _)| only.is_none_or(|only| only == *name))
        .collect();
    if names.is_empty() {
        return Err("there is no such target".to_owned());
    }
    let tally = play(build, &names, seconds)?;
    Ok(if tally.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs every target for `seconds`, as a stage of the tests.
pub fn stage(seconds: u64) -> Outcome<Tally> {
    play(Build::Brief, &TARGETS, seconds)
}

fn play(build: Build, targets: &[(&str, u32)], seconds: u64) -> Outcome<Tally> {
    let programs = programs(build)?;
    let mut tally = Tally::default();
    for (name, largest) in targets {
        let corpus = build.folder().join("corpus").join(name);
        let found = build.folder().join("found");
        fs::create_dir_all(&found).map_err(at(&found))?;
        // The program "seeds" writes no inputs for some targets.
        fs::create_dir_all(&corpus).map_err(at(&corpus))?;
        let prefix = found.join(format!("{name}-"));
        let mut command = Command::new(programs.join(name));
        command
            .arg(&corpus)
            .arg(format!("-artifact_prefix={}", prefix.display()))
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={largest}"))
            .arg(format!("-timeout={SECONDS_PER_INPUT}"))
            .arg("-print_final_stats=1");
        if build == Build::Asan {
            // libdeflate includes one file with the same static table for several processors.
            command.env("ASAN_OPTIONS", "detect_odr_violation=0");
        }
        let limit = Duration::from_secs(seconds + 120);
        let run = process::run(&mut command, limit)?;
        println!("   {name}: {}", summary(&run.output));
        if run.ending == Ending::Exit(0) {
            tally.passed += 1;
            continue;
        }
        let input = number_text(&run.output, "Test unit written to ").unwrap_or("nowhere");
        tally.failed += 1;
        tally.failures.push(format!(
            "{name}: {}; the input is at {input}\n    again: {} {input}",
            run.ending,
            programs.join(name).display()
        ));
        println!("{}", what_failed(&run));
        println!("    {}", tally.failures.join("\n    "));
    }
    Ok(tally)
}

/// Builds the targets and writes their initial corpora; returns the folder of the programs.
fn programs(kind: Build) -> Outcome<PathBuf> {
    let tools = target().join("tools");
    let tool = tools.join("bin/cargo-fuzz");
    let say = |what: &str| println!("   {what}");
    if !tool.is_file() {
        say("installing cargo-fuzz");
        let mut install = Command::new(cargo());
        install
            .args(["install", "--locked", "--version", TOOL_VERSION, "--root"])
            .arg(&tools)
            .arg("cargo-fuzz");
        done(&mut install, "installing cargo-fuzz")?;
    }
    let fuzz = root().join("tests/fuzz");
    // cargo-fuzz passes --target, so the folder has the name of the platform.
    let triple = host_triple()?;
    let programs = kind.folder().join(&triple).join("release");
    let build = |name: Option<&str>| {
        let mut build = Command::new(&tool);
        build
            .args([
                "fuzz",
                "build",
                "--release",
                "--debug-assertions",
                "--fuzz-dir",
            ])
            .arg(&fuzz)
            .env("CARGO_TARGET_DIR", kind.folder())
            .current_dir(root());
        match kind {
            Build::Plain => build.args(["--sanitizer", "none"]),
            Build::Brief => build
                .args(["--sanitizer", "none"])
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
            // The stable compiler has the sanitizer, behind a flag that is not stable. The crate cc reads
            // the variable with the platform's name.
            Build::Asan => build
                .args(["--sanitizer", "address", "--no-default-features"])
                .env("RUSTC_BOOTSTRAP", "1")
                .env(format!("CFLAGS_{}", triple.replace('-', "_")), ASAN_C_FLAGS),
        };
        build.args(name);
        done(&mut build, "building the fuzz targets")
    };
    match kind {
        Build::Plain | Build::Brief => build(None)?,
        Build::Asan => {
            for name in C_TARGETS {
                build(Some(name))?;
            }
            assert_instrumented(&programs.join("build"))?;
        }
    }
    let mut seeds = Command::new(cargo());
    seeds
        .args(["run", "--quiet", "--example", "seeds", "--manifest-path"])
        .arg(fuzz.join("Cargo.toml"))
        .arg("--")
        .arg(kind.folder().join("corpus"))
        // Without the flags above: one folder serves both kinds.
        .env("CARGO_TARGET_DIR", Build::Plain.folder());
    done(&mut seeds, "writing the first inputs")?;
    Ok(programs)
}

/// Checks that the C compiler put AddressSanitizer into the libraries in C: `CC` may name a compiler, or the environment
/// flags, that do not.
fn assert_instrumented(builds: &Path) -> Outcome<()> {
    for archive in C_ARCHIVES {
        let mut places = Vec::new();
        for entry in fs::read_dir(builds).map_err(at(builds))? {
            let out = entry.map_err(at(builds))?.path().join("out");
            let found = [out.join(archive), out.join("lib").join(archive)];
            places.extend(found.into_iter().filter(|place| place.is_file()));
        }
        if places.is_empty() {
            return Err(format!("there is no {archive} below {}", builds.display()));
        }
        for place in places {
            let bytes = fs::read(&place).map_err(at(&place))?;
            let has_mark = (bytes.windows(ASAN_MARK.len())).any(|window| window == ASAN_MARK);
            if !has_mark {
                return Err(format!("{} has no AddressSanitizer in it", place.display()));
            }
        }
    }
    Ok(())
}

fn done(command: &mut Command, what: &str) -> Outcome<()> {
    let run = process::run(command, BUILD_LIMIT)?;
    match run.ending {
        Ending::Exit(0) => Ok(()),
        ending => Err(format!("{what}: {ending}\n{}", run.tail(30))),
    }
}

fn host_triple() -> Outcome<String> {
    let mut ask = Command::new("rustc");
    let run = process::run(ask.arg("-vV"), Duration::from_secs(60))?;
    let line = run
        .output
        .lines()
        .find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned)
        .ok_or_else(|| "rustc does not name its platform".to_owned())
}

/// A line about what a fuzzer did, from its output.
fn summary(output: &str) -> String {
    let field = |name| number_text(output, name).unwrap_or("?");
    let executions = match field("stat::number_of_executed_units:") {
        // A fuzzer that found something prints no statistics.
        "?" => number_text(output, "Done ").unwrap_or("?"),
        count => count,
    };
    let mut text = format!(
        "{executions} executions, {} edges covered, {} MB resident at most",
        field("cov:"),
        field("stat::peak_rss_mb:")
    );
    if let Some(kib) = number_text(output, "most memory allocated:") {
        text += &format!(", {kib} KiB allocated at most");
    }
    text
}

/// The word behind the last occurrence of `name`.
fn number_text<'a>(output: &'a str, name: &str) -> Option<&'a str> {
    let at = output.rfind(name)? + name.len();
    output[at..].split_whitespace().next()
}

/// The panic in the output, or the last lines if there is none.
fn what_failed(run: &Run) -> String {
    let lines: Vec<&str> = run.output.lines().collect();
    match lines.iter().position(|line| line.contains("panicked at")) {
        Some(at) => lines[at..]
            .iter()
            .take(6)
            .map(|line| format!("    {line}\n"))
            .collect(),
        None => run.tail(12),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_fuzzers_is_parsed() {
        let output = "most memory allocated: 10 KiB\n#1 INITED cov: 5 ft: 9\n\
                      most memory allocated: 20 KiB\n#9 DONE   cov: 12 ft: 30\n\
                      stat::number_of_executed_units: 34\nstat::peak_rss_mb:              56\n";
        assert_eq!(
            summary(output),
            "34 executions, 12 edges covered, 56 MB resident at most, 20 KiB allocated at most"
        );
        let failed = "Test unit written to /x/engine-crash-1\n";
        assert_eq!(
            number_text(failed, "Test unit written to "),
            Some("/x/engine-crash-1")
        );
    }
}
