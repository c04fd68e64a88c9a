//! Profile-guided optimisation of the library that ships.
//!
//! A game runs the few functions of a frame cold: between two polls, other code fills the processor's caches. What a poll
//! costs is mostly the fetching of its instructions. With a profile, the compiler puts the code that games run close
//! together, and everything else elsewhere.
//!
//! The profile of a target is a file of the repository, made by [`renew`] from games in Godot. The compiler finds a
//! function in it by its mangled name, which depends on the compiler's version, the target, the Cargo profile and the
//! dependencies. A function that has changed, or is not in the profile, is compiled as without one.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::cross::tools;
use crate::extension::{self, Profile};
use crate::project::{self, at, root, target};
use crate::{Outcome, apt, bench, godot, process};

/// The profiles in the repository.
const FOLDER: &str = "rust/godot/profiles";
/// The benchmarks that are played for a profile, by the text for `--only`, and how much each counts. Those with many
/// clients call everything more often; a library for small games is wanted as much.
const PLAYS: [(&str, u32); 9] = [
    ("fleet", 20),
    ("small", 20),
    ("echo", 5),
    ("broadcast", 5),
    ("tick", 1),
    ("synchronizers", 1),
    ("relay", 1),
    ("raw", 1),
    ("joins", 1),
];

const PLAY_LIMIT: Duration = Duration::from_secs(1800);

/// The file of a target's profile for the compiler that runs here, whether or not it exists.
fn place(triple: &str) -> Outcome<PathBuf> {
    let name = format!("{triple}-{}.profdata", tools::release()?);
    Ok(root().join(FOLDER).join(name))
}

/// The profile of a target, if there is one for the compiler that runs here.
pub fn find(triple: &str) -> Outcome<Option<PathBuf>> {
    let file = place(triple)?;
    if file.is_file() {
        return Ok(Some(file));
    }
    let others = fs::read_dir(root().join(FOLDER)).into_iter().flatten();
    let of_another = others
        .flatten()
        .any(|other| other.file_name().to_string_lossy().starts_with(triple));
    if of_another {
        eprintln!(
            "note: {FOLDER} has no profile for Rust {}, so the library is built without one and takes more time \
             in each frame",
            tools::release()?
        );
    }
    Ok(None)
}

/// Flags of the compiler for a profile, if there is one.
pub fn flags(profile: Option<&Path>) -> Vec<String> {
    match profile {
        Some(file) => vec![
            format!("-Cprofile-use={}", file.display()),
            // Functions change before the profile is made anew.
            "-Cllvm-args=-no-pgo-warn-mismatch".to_owned(),
        ],
        None => Vec::new(),
    }
}

/// Prints how well this machine's profile fits a library with symbols.
pub fn check(library: &Path) -> Outcome<ExitCode> {
    let profile = place(&tools::host()?)?;
    println!("{}: {}", profile.display(), fits(library, &profile)?);
    Ok(ExitCode::SUCCESS)
}

/// How many of a profile's functions a library with symbols has. Fails if it has less than half of them: the compiler does
/// not tell that a profile is for another build. Functions that are part of others in the library have no name there.
pub fn fits(library: &Path, profile: &Path) -> Outcome<String> {
    let (symbols, profiled) = (
        fs::read(library).map_err(at(library))?,
        fs::read(profile).map_err(at(profile))?,
    );
    let profiled = names(&profiled);
    let count = names(&symbols).intersection(&profiled).count();
    let counts = format!("{count} of {} functions", profiled.len());
    if count * 2 < profiled.len() || profiled.is_empty() {
        return Err(format!(
            "the library has {counts} of {}, which is for another build: the library takes more time in each frame. \
             cargo xtask pgo makes a new profile",
            profile.display(),
        ));
    }
    Ok(counts)
}

/// The mangled names of Rust functions in a file: they end with a hash.
fn names(bytes: &[u8]) -> HashSet<&[u8]> {
    const START: &[u8] = b"_ZN";
    const HASH: &[u8] = b"17h";
    const DIGITS: usize = 16;
    const LONGEST: usize = 2000;
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.$".contains(byte);
    let mut found = HashSet::new();
    for (at, _) in (bytes.windows(START.len()).enumerate()).filter(|(_, three)| *three == START) {
        let rest = &bytes[at..bytes.len().min(at + LONGEST)];
        let length = rest.iter().take_while(|byte| is_part(byte)).count();
        let hash = (rest[..length].windows(HASH.len() + DIGITS + 1)).position(|part| {
            let (digits, end) = part[HASH.len()..].split_at(DIGITS);
            part.starts_with(HASH) && digits.iter().all(u8::is_ascii_hexdigit) && end == b"E"
        });
        if let Some(hash) = hash {
            found.insert(&rest[..hash + HASH.len() + DIGITS + 1]);
        }
    }
    found
}

/// Makes the profile of this machine's target anew, then builds and installs the library with it.
pub fn renew() -> Outcome<ExitCode> {
    let library = extension::place()?;
    let former = fs::read(&library).ok();
    let made = make();
    if made.is_err()
        && let Some(former) = former
    {
        // Instead of the one that counts.
        fs::write(&library, former).map_err(at(&library))?;
    }
    println!("building the library with the profile {}", made?.display());
    extension::build(Profile::Release)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds a library that counts, plays games with it, and merges the counts. Returns the profile.
fn make() -> Outcome<PathBuf> {
    let merger = merger()?;
    let godot = godot::find()?;
    let triple = tools::host()?;
    let build = target().join("pgo/build");
    let folder = target().join("pgo/counts");
    apt::remove(&folder)?;
    // For processes that belong to no play.
    let others = folder.join("others");
    println!("building a library that counts; it takes some ten minutes");
    let flags = [format!("-Cprofile-generate={}", others.display())];
    let library = extension::shipping(&build, &triple, &flags)?;
    extension::install_as(&library, &extension::file_name()?)?;
    project::prepare(&godot, &root().join("tests/godot"))?;

    let mut merge = Command::new(merger);
    // A play ends some of its processes while they write.
    merge.args(["merge", "--sparse", "--failure-mode=all"]);
    for (number, (only, weight)) in PLAYS.iter().enumerate() {
        println!("playing \"{only}\"");
        let counts = folder.join(number.to_string());
        // One file for each process, as the number stands for.
        let pattern = counts.join("%p.profraw");
        let run = process::run(
            bench::godot_command(&godot, only)
                .args(["--rounds", "1"])
                .env("LLVM_PROFILE_FILE", &pattern),
            PLAY_LIMIT,
        )?;
        apt::succeeded(&format!("the benchmark \"{only}\""), &run)?;
        for file in files(&counts)? {
            merge.arg(format!("--weighted-input={weight},{}", file.display()));
        }
    }
    let profile = place(&triple)?;
    let fresh = folder.join("profdata");
    merge.arg("--output").arg(&fresh);
    let run = process::run(&mut merge, Duration::from_secs(300))?;
    apt::succeeded("merging the counts", &run)?;
    fs::create_dir_all(root().join(FOLDER)).map_err(at(&profile))?;
    fs::copy(&fresh, &profile).map_err(at(&profile))?;
    Ok(profile)
}

/// The files that the processes of a play wrote.
fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        files.push(entry.map_err(at(folder))?.path());
    }
    match files.is_empty() {
        true => Err(
            "no process wrote its counts: the games did not load the library that counts"
                .to_owned(),
        ),
        false => Ok(files),
    }
}

/// LLVM's program that merges counts. It has to be of the compiler's version of LLVM.
fn merger() -> Outcome<PathBuf> {
    const NAME: &str = "llvm-profdata";
    let version = tools::verbose_version("LLVM version: ")?;
    let major = version.split('.').next().unwrap_or_default();
    let own = tools::beside_compiler(NAME)?;
    let of_debian = PathBuf::from(format!("/usr/lib/llvm-{major}/bin/{NAME}"));
    [own, of_debian]
        .into_iter()
        .find(|program| program.is_file())
        .ok_or_else(|| {
            format!(
                "there is no {NAME} of LLVM {major}. With rustup: rustup component add llvm-tools. Debian: the package \
                 llvm-{major}"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "_ZN8enet_net6driver6Driver8transmit17h0123456789abcdefE";
    const SECOND: &str = "_ZN15zeroizing_alloc11clear_bytes17h3bde0e9b9299ff18E";

    #[test]
    fn names_end_with_their_hash() {
        let text = format!("\0{FIRST}\u{1}..{SECOND}.llvm.123\0_ZN4core3fmt\0_ZN");
        let expected = HashSet::from([FIRST.as_bytes(), SECOND.as_bytes()]);
        assert_eq!(names(text.as_bytes()), expected);
    }

    #[test]
    fn a_profile_of_another_build_is_told() {
        let folder = target().join("tmp/pgo");
        fs::create_dir_all(&folder).expect("a folder");
        let file = |name: &str, text: &str| {
            let file = folder.join(name);
            fs::write(&file, text).expect("a file");
            file
        };
        let library = file("library", &format!("{FIRST}\0{SECOND}"));
        let (other, third) = (FIRST.replace("0123", "3210"), FIRST.replace("0123", "1023"));
        let own = file("own", &format!("{FIRST}.{other}"));
        assert_eq!(fits(&library, &own), Ok("1 of 2 functions".to_owned()));
        assert!(fits(&library, &file("empty", "")).is_err());
        let another = file("another", &format!("{FIRST}.{other}.{third}"));
        assert!(fits(&library, &another).is_err());
    }
}
