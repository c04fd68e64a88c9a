//! The library crates by themselves, on the features that ship and on fewer.
//!
//! `cargo test --workspace` builds every crate with the union of all features that any member asks
//! for. A crate that compiles only with another crate's features would pass there.

use std::process::Command;

use crate::Outcome;
use crate::report::Tally;

use super::running::{Logs, cargo};

/// The library crates, which are tested on their default features.
const LIBRARIES: [&str; 6] = [
    "enet_proto",
    "enet_codec",
    "enet_dtls",
    "enet_fleet",
    "enet_net",
    "enet_multiplayer",
];

/// Checks that run on a set of features.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// The lints of all targets.
    Lint,
    /// The lints and the unit tests.
    Test,
}

/// The sets of features of each crate that has features: "" stands for none, other entries for a
/// single feature.
const FEATURE_SETS: [(&str, Depth, &[&str]); 3] = [
    ("enet_codec", Depth::Test, &["", "zlib", "zstd", "lz4"]),
    // The unit tests depend on no feature.
    (
        "enet_net",
        Depth::Lint,
        &["", "dtls", "zlib", "zstd", "lz4"],
    ),
    (
        "enet_multiplayer",
        Depth::Lint,
        &["", "dtls", "zlib", "zstd", "lz4"],
    ),
];

/// Tests each library crate on its default features.
pub fn defaults(logs: &Logs) -> Outcome<Tally> {
    let commands = LIBRARIES.map(|name| cargo(&["test", "--quiet", "--package", name]));
    logs.each(commands.into(), "default-features")
}

/// Checks the crates that have features without any, and with each feature alone.
pub fn single(logs: &Logs) -> Outcome<Tally> {
    let commands = FEATURE_SETS
        .iter()
        .flat_map(|&(name, depth, sets)| sets.iter().flat_map(move |set| of_set(name, depth, set)));
    logs.each(commands.collect(), "single-features")
}

fn of_set(name: &str, depth: Depth, features: &str) -> Vec<Command> {
    let command = |word| {
        let package = ["--quiet", "--package", name, "--no-default-features"];
        let mut command = cargo(&[word]);
        command.args(package);
        if !features.is_empty() {
            command.args(["--features", features]);
        }
        command
    };
    let mut lint = command("clippy");
    lint.args(["--all-targets", "--", "-D", "warnings"]);
    let test = (depth == Depth::Test).then(|| command("test"));
    std::iter::once(lint).chain(test).collect()
}
