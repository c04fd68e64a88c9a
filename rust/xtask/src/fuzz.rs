//! Fuzzing: builds the targets of `tests/fuzz` and runs each for a while.
//!
//! cargo-fuzz sets the flags that instrument a build. Safe code needs no sanitizer, and without one
//! the stable compiler accepts the flags. This module starts the fuzzers itself, so that their
//! corpora and findings are below the target folder.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::Outcome;
use crate::process::{self, Ending, Run};
use crate::project::{at, cargo, root, target};
use crate::report::Tally;

const TOOL_VERSION: &str = "0.13.2";
/// The targets with the largest input of each, in bytes: longer scripts are slow and find no more.
const TARGETS: [(&str, u32); 8] = [
    ("engine", 2048),
    ("range_coder", 4096),
    ("fastlz", 4096),
    ("zlib", 4096),
    ("zstd", 4096),
    ("lz4", 4096),
    ("zstd_dict", 4096),
    ("dtls", 4096),
];
/// The time limit to build the tool or the targets on a slow machine.
const BUILD_LIMIT: Duration = Duration::from_secs(1200);
/// An input that takes longer is a finding.
const SECONDS_PER_INPUT: u32 = 20;

/// Runs every target for `seconds`.
pub fn run(seconds: u64) -> Outcome<ExitCode> {
    let tally = stage(seconds)?;
    Ok(if tally.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs every target for `seconds`, as a stage of the tests.
pub fn stage(seconds: u64) -> Outcome<Tally> {
    let programs = build()?;
    let mut tally = Tally::default();
    for (name, largest) in TARGETS {
        let corpus = folder().join("corpus").join(name);
        let found = folder().join("found");
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

fn folder() -> PathBuf {
    target().join("fuzz")
}

/// Builds the targets and writes their initial corpora; returns the folder of the programs.
fn build() -> Outcome<PathBuf> {
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
    let mut build = Command::new(&tool);
    build
        .args(["fuzz", "build", "--sanitizer", "none"])
        .args(["--release", "--debug-assertions", "--fuzz-dir"])
        .arg(&fuzz)
        .env("CARGO_TARGET_DIR", folder())
        .current_dir(root());
    done(&mut build, "building the fuzz targets")?;
    let mut seeds = Command::new(cargo());
    seeds
        .args(["run", "--quiet", "--example", "seeds", "--manifest-path"])
        .arg(fuzz.join("Cargo.toml"))
        .arg("--")
        .arg(folder().join("corpus"))
        .env("CARGO_TARGET_DIR", folder());
    done(&mut seeds, "writing the first inputs")?;
    // cargo-fuzz passes --target, so the folder has the name of the platform.
    let triple = host_triple()?;
    Ok(folder().join(triple).join("release"))
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
